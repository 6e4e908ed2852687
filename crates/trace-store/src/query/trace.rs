//! One trace by its id.

pub(crate) mod diff;
pub(crate) mod filter;

use std::sync::Arc;

use ahash::AHashMap;
use model::TraceId;
use prost::Message as _;
use protocols::otlp::{KeyValue, ResourceSpans, any_value};

use super::scan::{Sources, TraceIds, Wanted, fold};
use super::{Guard, QueryError, zipkin};
use crate::batch::{FoundSpan, found_span, grouped};
use crate::columns::Columns;
use crate::store::Store;

/// A trace, as far as it is known.
#[derive(Debug, Default)]
pub(crate) struct FoundTrace {
    pub resource_spans: Vec<ResourceSpans>,
    /// The trace has more spans than an answer may have.
    pub partial: bool,
}

/// All spans of a trace, by start time; spans that were sent twice appear once.
pub(crate) async fn trace_by_id(
    store: &Arc<Store>,
    id: TraceId,
    guard: &Arc<Guard>,
) -> Result<FoundTrace, QueryError> {
    let sources = Sources::all(store);
    let wanted =
        Wanted { columns: Columns::ALL, traces: Some(Arc::new(TraceIds::new([id]))), ..Wanted::default() };
    let mut found: Vec<FoundSpan> = Vec::new();
    fold(
        store,
        &sources,
        &wanted,
        guard,
        |spans: &mut Vec<FoundSpan>, batch, rows| {
            spans.extend(rows.map(|at| found_span(batch, &batch.rows[at])));
        },
        |spans| {
            found.extend(spans);
            Ok(())
        },
    )
    .await?;
    found.sort_by(|a, b| sort_key(a).cmp(&sort_key(b)));
    let mut found = without_twins(found);
    let partial = cut(&mut found, store.query_limits.trace_bytes);
    zipkin::separate_shared_ids(&mut found);
    let mut resource_spans = grouped(found);
    for resource in resource_spans.iter_mut().filter_map(|spans| spans.resource.as_mut()) {
        resource.attributes.retain(|pair| !is_empty_service(pair));
    }
    Ok(FoundTrace { resource_spans, partial })
}

/// An empty `service.name` says nothing; it is left out, as in the original.
fn is_empty_service(pair: &KeyValue) -> bool {
    let value = pair.value.as_ref().and_then(|value| value.value.as_ref());
    pair.key == "service.name"
        && matches!(value, Some(any_value::Value::StringValue(text)) if text.is_empty())
}

fn sort_key(found: &FoundSpan) -> (u64, &[u8], i32, u64, &str) {
    let span = &found.span;
    (span.start_time_unix_nano, &span.span_id, span.kind, span.end_time_unix_nano, &span.name)
}

/// Leaves one of each set of equal spans: a client that got no answer sends its spans again.
fn without_twins(sorted: Vec<FoundSpan>) -> Vec<FoundSpan> {
    let mut by_id: AHashMap<Vec<u8>, Vec<usize>> = AHashMap::new();
    let mut kept: Vec<FoundSpan> = Vec::with_capacity(sorted.len());
    for span in sorted {
        let twins = by_id.entry(span.span.span_id.clone()).or_default();
        if !twins.iter().any(|at| kept[*at] == span) {
            twins.push(kept.len());
            kept.push(span);
        }
    }
    kept
}

/// Keeps the first spans up to `limit` bytes; tells whether any were left out.
fn cut(found: &mut Vec<FoundSpan>, limit: usize) -> bool {
    let mut bytes = 0;
    let fitting = found.iter().take_while(|found| {
        bytes += found.span.encoded_len();
        bytes <= limit
    });
    let fitting = fitting.count();
    let partial = fitting < found.len();
    found.truncate(fitting);
    partial
}
