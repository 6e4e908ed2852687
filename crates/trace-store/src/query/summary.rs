//! What a search tells about a trace: its root, its length, its services.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use ahash::{AHashMap, AHashSet};
use model::{SpanId, TimeRange, TimestampNanos, TraceId};
use protocols::otlp::{any_value, status};
use protocols::tempo::ServiceStats;

use super::scan::{Sources, TraceIds, Wanted, fold};
use super::{Guard, QueryError};
use crate::batch::{SpanBatch, SpanRow, Value, any_value_of};
use crate::columns::Columns;
use crate::store::Store;

/// How far before and after the spans that a search found the rest of their traces is looked for.
pub(super) const REACH_NS: i64 = 24 * 3600 * 1_000_000_000;

/// A span, as far as summaries need it.
#[derive(Debug, Clone)]
pub(crate) struct SpanFact {
    pub span_id: SpanId,
    pub kind: i32,
    pub start: i64,
    pub end: i64,
    pub error: bool,
    service: Box<str>,
    /// Only of root spans.
    root_name: Option<Box<str>>,
}

/// A whole trace.
#[derive(Debug, Clone)]
pub(crate) struct TraceSummary {
    pub trace_id: TraceId,
    pub start: i64,
    pub end: i64,
    /// Empty when there is no root yet, or it names no service.
    pub root_service: String,
    pub root_name: String,
    pub services: BTreeMap<String, ServiceStats>,
    /// By start time.
    pub spans: Vec<SpanFact>,
}

pub(super) const COLUMNS: Columns = Columns {
    name: true,
    kind: true,
    status: true,
    resource: true,
    links: true,
    scope: false,
    attributes: false,
    events: false,
    rest: false,
};

/// Summaries of some traces, looked up around `found`, the time range in which spans of them were seen.
pub(crate) async fn summaries(
    store: &Arc<Store>,
    sources: &Sources,
    ids: impl IntoIterator<Item = TraceId>,
    found: (i64, i64),
    guard: &Arc<Guard>,
) -> Result<AHashMap<TraceId, TraceSummary>, QueryError> {
    let wanted = Wanted { columns: COLUMNS, traces: Some(Arc::new(TraceIds::new(ids))), ..Wanted::default() };
    let range = TimeRange::new(
        TimestampNanos(found.0.saturating_sub(REACH_NS)),
        TimestampNanos(found.1.saturating_add(REACH_NS)),
    );
    let mut spans: AHashMap<TraceId, Vec<SpanFact>> = AHashMap::new();
    fold(
        store,
        &sources.within(range),
        &wanted,
        guard,
        |facts: &mut Vec<(TraceId, SpanFact)>, batch, rows| {
            facts.extend(rows.map(|at| (batch.rows[at].trace_id, fact(batch, &batch.rows[at]))));
        },
        |facts| {
            for (id, fact) in facts {
                spans.entry(id).or_default().push(fact);
            }
            Ok(())
        },
    )
    .await?;
    Ok(spans.into_iter().map(|(id, spans)| (id, summary(id, spans))).collect())
}

/// The row of the root: of several, the one that starts last, then the one with the smallest id.
pub(super) fn root_of(batch: &SpanBatch, rows: &[u32]) -> Option<u32> {
    let row = |at: &u32| &batch.rows[*at as usize];
    let roots = rows.iter().filter(|at| is_root(batch, row(at)));
    roots.max_by_key(|at| (row(at).start, Reverse(row(at).span_id))).copied()
}

/// The summary of a trace whose rows are in order.
pub(super) fn summary_of(batch: &SpanBatch, rows: &[u32]) -> TraceSummary {
    let facts: Vec<SpanFact> = rows.iter().map(|at| fact(batch, &batch.rows[*at as usize])).collect();
    let id = rows.first().map_or_else(TraceId::default, |at| batch.rows[*at as usize].trace_id);
    summary_of_facts(id, facts)
}

fn fact(batch: &SpanBatch, row: &SpanRow) -> SpanFact {
    SpanFact {
        span_id: row.span_id,
        kind: row.kind,
        start: row.start,
        end: row.clamped_end(),
        error: row.status == status::StatusCode::Error as i32,
        service: batch.service_name(row).into(),
        root_name: is_root(batch, row).then(|| batch.text(row.name).into()),
    }
}

/// Whether a span is the root of its trace, or one of several.
pub(super) fn is_root(batch: &SpanBatch, row: &SpanRow) -> bool {
    row.parent_span_id.is_zero() && !is_opentracing_child(batch, row)
}

/// OpenTracing's bridge expresses a parent as a link within the trace.
fn is_opentracing_child(batch: &SpanBatch, row: &SpanRow) -> bool {
    batch.links[row.links.range()].iter().any(|link| {
        batch.blobs.get(link.trace_id) == row.trace_id.0
            && batch.attributes.of(link.attributes).any(|(key, value)| {
                batch.text(key) == "opentracing.ref_type" && text_is(batch, value, "child_of")
            })
    })
}

fn text_is(batch: &SpanBatch, value: Value, wanted: &str) -> bool {
    matches!(any_value_of(batch, value).value, Some(any_value::Value::StringValue(text)) if text == wanted)
}

fn summary(trace_id: TraceId, mut spans: Vec<SpanFact>) -> TraceSummary {
    spans.sort_by_key(|span| (span.start, span.span_id, span.kind, span.end));
    // A span that was sent twice counts once.
    let mut seen = AHashSet::new();
    spans.retain(|span| seen.insert((span.span_id, span.kind, span.start, span.end)));
    summary_of_facts(trace_id, spans)
}

fn summary_of_facts(trace_id: TraceId, spans: Vec<SpanFact>) -> TraceSummary {
    let mut services: BTreeMap<String, ServiceStats> = BTreeMap::new();
    for span in &spans {
        let stats = services.entry(span.service.to_string()).or_default();
        stats.span_count += 1;
        stats.error_count += u32::from(span.error);
    }
    let roots = spans.iter().filter(|span| span.root_name.is_some());
    let root = roots.max_by_key(|span| (span.start, Reverse(span.span_id)));
    TraceSummary {
        trace_id,
        start: spans.first().map_or(0, |span| span.start),
        end: spans.iter().map(|span| span.end).max().unwrap_or(0),
        root_service: root.map(|root| root.service.to_string()).unwrap_or_default(),
        root_name: root.and_then(|root| root.root_name.as_deref()).unwrap_or_default().to_owned(),
        services,
        spans,
    }
}
