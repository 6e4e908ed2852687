//! Questions to the store: a trace by its id, traces by their tags, tags and their values.

mod guard;
pub(crate) mod metrics;
mod scan;
pub(crate) mod search;
pub(crate) mod summary;
pub(crate) mod tags;
pub(crate) mod trace;
pub(crate) mod traceql;
mod zipkin;

use std::time::Duration;

use model::TimeRange;

use crate::store::Store;

pub(crate) use guard::{CancelOnDrop, Guard};
pub(crate) use scan::Sources;

/// What a query over `range` has to look at; everything without one.
pub(crate) fn sources_within(store: &Store, range: Option<TimeRange>) -> Sources {
    let all = Sources::all(store);
    match range {
        Some(range) => all.within(range),
        None => all,
    }
}

/// How much a query may cost.
#[derive(Debug, Clone, Copy)]
pub(crate) struct QueryLimits {
    pub timeout: Duration,
    /// A trace longer than this many bytes of protobuf is answered in part.
    pub trace_bytes: usize,
    /// Traces that a search may hold in memory while it looks for the newest that match.
    pub search_candidates: usize,
    /// Bytes of the traces that a query has in memory at one time.
    pub assembled_bytes: usize,
    /// Longest range of a metrics query; `None` for any.
    pub max_metrics_range: Option<Duration>,
    /// Most points in time of a metrics query.
    pub max_intervals: usize,
    /// Most exemplars of an answer.
    pub max_exemplars: usize,
    pub default_limit: usize,
    pub max_limit: usize,
    pub default_spans_per_span_set: usize,
    pub max_spans_per_span_set: usize,
    /// Longest range of a search; `None` for any.
    pub max_range: Option<Duration>,
    /// Bytes of tag values in one answer.
    pub tag_value_bytes: usize,
    /// Trace ids in search answers have all their 32 digits.
    pub pad_trace_ids: bool,
}

impl Default for QueryLimits {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(30),
            trace_bytes: 64 << 20,
            search_candidates: 1 << 20,
            assembled_bytes: 256 << 20,
            max_metrics_range: Some(Duration::from_secs(24 * 3600)),
            max_intervals: 10_000,
            max_exemplars: 100,
            default_limit: 20,
            max_limit: 262_144,
            default_spans_per_span_set: 3,
            max_spans_per_span_set: 100,
            max_range: Some(Duration::from_secs(168 * 3600)),
            tag_value_bytes: 1_000_000,
            pad_trace_ids: true,
        }
    }
}

/// Why a query was not answered.
#[derive(Debug, thiserror::Error)]
pub(crate) enum QueryError {
    #[error("the query took longer than {0:?}; ask for a shorter time range")]
    Timeout(Duration),
    #[error("the client left before the query was answered")]
    Cancelled,
    #[error("more than {0} traces are in the time range; ask for a shorter one")]
    TooManyTraces(usize),
    #[error(
        "the traces to look at take more than {0} bytes; ask for a shorter time range or a narrower query"
    )]
    TooLarge(usize),
    #[error("{0}")]
    Eval(#[from] ::traceql::EvalError),
    #[error("storage: {0}")]
    Storage(#[from] segment::Error),
    #[error("a part of the query ended abnormally: {0}")]
    Task(#[from] tokio::task::JoinError),
    #[error("the store is shutting down")]
    Closed,
}

#[cfg(test)]
mod tests;
