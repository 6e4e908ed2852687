//! `/api/search`.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::any;
use http::HeaderMap;
use protocols::otlp::status::StatusCode as SpanStatus;
use protocols::tempo::{SearchMetrics, SearchResponse, SearchSpan, SpanSet, TraceSearchMetadata};

use super::answer::answer;
use super::params::{Params, bad};
use super::{ApiError, guarded, logfmt};
use crate::query::QueryLimits;
use crate::query::search::{Condition, Conditions, SearchQuery, SearchResult, search};
use crate::query::summary::TraceSummary;
use crate::store::Store;

/// Shown while the root is unknown.
const NO_ROOT: &str = "<root span not yet received>";
/// Parameters of this endpoint; when none of the first four is there, all others are tags.
const KNOWN: [&str; 10] =
    ["q", "tags", "start", "end", "since", "limit", "spss", "minDuration", "maxDuration", "query"];

pub(super) fn routes() -> Router<Arc<Store>> {
    Router::new().route("/api/search", any(run))
}

async fn run(
    State(store): State<Arc<Store>>,
    params: Params,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let request = Request::new(&params, &store.query_limits)?;
    let spans_per_set = request.spans_per_set;
    let found = guarded(&store, async |guard| {
        let found = search(&store, request.query, &guard).await?;
        Ok((found, guard.spans(), guard.bytes()))
    });
    let (found, spans, bytes) = found.await?;
    Ok(answer(&headers, &response(&store.query_limits, &found, spans_per_set, spans, bytes)))
}

struct Request {
    query: SearchQuery,
    /// `None` when the query selects traces, not spans.
    spans_per_set: Option<usize>,
}

impl Request {
    fn new(params: &Params, limits: &QueryLimits) -> Result<Self, ApiError> {
        let limit = match params.number("limit")? {
            None => limits.default_limit,
            Some(0) => return Err(bad("invalid limit: must be a positive number")),
            Some(limit) if limit as usize > limits.max_limit => {
                return Err(bad(format!("limit {limit} exceeds max limit {}", limits.max_limit)));
            }
            Some(limit) => limit as usize,
        };
        let spans_per_set = match params.number("spss")? {
            None | Some(0) => limits.default_spans_per_span_set,
            Some(spans) if spans as usize > limits.max_spans_per_span_set => {
                let most = limits.max_spans_per_span_set;
                return Err(bad(format!("spans per span set exceeds {most}. received {spans}")));
            }
            Some(spans) => spans as usize,
        };
        let (start_secs, end_secs) = params.window(limits.max_range)?;
        let (min_duration, max_duration) = (params.duration("minDuration")?, params.duration("maxDuration")?);
        if let (Some(least), Some(most)) = (min_duration, max_duration)
            && most <= least
        {
            return Err(bad("invalid maxDuration: must be greater than minDuration"));
        }
        let traceql = params.get("q").map(check_traceql).transpose()?;
        if traceql.is_some() && params.get("tags").is_some() {
            return Err(bad("invalid request: can't specify tags and q in the same query"));
        }
        let nanos = |duration: Duration| i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX);
        // With q, durations are part of the query; the parameters are ignored as in Tempo.
        let only_tags = |duration: Option<Duration>| duration.filter(|_| traceql.is_none()).map(nanos);
        let query = SearchQuery {
            conditions: conditions(params)?,
            min_duration: only_tags(min_duration),
            max_duration: only_tags(max_duration),
            start_secs,
            end_secs,
            limit,
        };
        Ok(Self { query, spans_per_set: traceql.map(|()| spans_per_set) })
    }
}

/// Only the query that selects all spans is understood.
fn check_traceql(query: &str) -> Result<(), ApiError> {
    let compact: String = query.chars().filter(|c| !c.is_whitespace()).collect();
    match compact.as_str() {
        "{}" | "{true}" => Ok(()),
        _ => Err(bad(format!(
            "invalid TraceQL query: only {{}} is supported by this version, not {query:.200}; \
             search by tags, for example tags=service.name=order-service&minDuration=500ms"
        ))),
    }
}

fn conditions(params: &Params) -> Result<Conditions, ApiError> {
    let pairs = match params.get("tags") {
        Some(tags) => logfmt::parse(tags).map_err(|error| bad(format!("invalid tags: {error}")))?,
        // The oldest form of this API: any unknown parameter is a tag.
        None if !params.0.iter().any(|(key, _)| KNOWN[..4].contains(&key.as_str())) => {
            params.0.iter().filter(|(key, _)| !KNOWN.contains(&key.as_str())).cloned().collect()
        }
        None => Vec::new(),
    };
    let list = pairs.into_iter().map(|(key, value)| condition(key, value)).collect();
    Conditions::new(list).ok_or_else(|| bad("invalid tags: at most 64 tags can be searched for at once"))
}

fn condition(key: String, value: String) -> Condition {
    match key.as_str() {
        "service.name" => Condition::Service(value),
        "name" => Condition::Name(value),
        "root.name" => Condition::RootName(value),
        "root.service.name" => Condition::RootService(value),
        "status.code" | "status" => match value.as_str() {
            "unset" => Condition::Status(SpanStatus::Unset as i32),
            "ok" => Condition::Status(SpanStatus::Ok as i32),
            "error" => Condition::Status(SpanStatus::Error as i32),
            _ => Condition::Never,
        },
        _ => Condition::Attribute { key, value },
    }
}

fn response(
    limits: &QueryLimits,
    found: &SearchResult,
    spans_per_set: Option<usize>,
    inspected_spans: u64,
    inspected_bytes: u64,
) -> SearchResponse {
    let jobs = u32::try_from(found.segments + 1).unwrap_or(u32::MAX);
    SearchResponse {
        traces: found.traces.iter().map(|trace| metadata(limits, trace, spans_per_set)).collect(),
        metrics: Some(SearchMetrics {
            inspected_traces: u32::try_from(found.inspected_traces).unwrap_or(u32::MAX),
            inspected_bytes,
            total_blocks: u32::try_from(found.segments).unwrap_or(u32::MAX),
            completed_jobs: jobs,
            total_jobs: jobs,
            total_block_bytes: found.segment_bytes,
            inspected_spans,
        }),
    }
}

fn metadata(limits: &QueryLimits, trace: &TraceSummary, spans_per_set: Option<usize>) -> TraceSearchMetadata {
    let id = trace.trace_id.to_string();
    let trace_id = if limits.pad_trace_ids { id.as_str() } else { id.trim_start_matches('0') };
    let root_service = if trace.root_service.is_empty() { NO_ROOT } else { &trace.root_service };
    let span_set = spans_per_set.map(|most| span_set(trace, most));
    TraceSearchMetadata {
        trace_id: trace_id.to_owned(),
        root_service_name: root_service.to_owned(),
        root_trace_name: trace.root_name.clone(),
        start_time_unix_nano: trace.start.cast_unsigned(),
        duration_ms: u32::try_from((trace.end - trace.start) / 1_000_000).unwrap_or(u32::MAX),
        span_set: span_set.clone(),
        span_sets: span_set.into_iter().collect(),
        service_stats: trace.services.clone(),
    }
}

fn span_set(trace: &TraceSummary, most: usize) -> SpanSet {
    let span = |span: &crate::query::summary::SpanFact| SearchSpan {
        span_id: span.span_id.to_string(),
        name: String::new(),
        start_time_unix_nano: span.start.cast_unsigned(),
        duration_nanos: (span.end - span.start).cast_unsigned(),
        attributes: Vec::new(),
    };
    SpanSet {
        spans: trace.spans.iter().take(most).map(span).collect(),
        matched: u32::try_from(trace.spans.len()).unwrap_or(u32::MAX),
        attributes: Vec::new(),
    }
}
