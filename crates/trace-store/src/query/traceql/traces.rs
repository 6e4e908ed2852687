//! The second pass: whole traces, put together from wherever their spans are.

use std::sync::Arc;

use ahash::AHashMap;
use model::{TimeRange, TimestampNanos, TraceId};

use crate::batch::{BatchBuilder, SpanBatch, SpanRow, merged};
use crate::columns::{Columns, WantedKeys};
use crate::query::scan::{Sources, TraceIds, Wanted, fold};
use crate::query::summary::{REACH_NS, root_of};
use crate::query::{Guard, QueryError};
use crate::store::Store;
use traceql::Field;

use super::spans::{BatchSpans, BatchTrace};

/// Some traces, complete as far as the store has them.
pub(crate) struct Assembled {
    batch: SpanBatch,
    /// The rows of each trace, by start time, then id.
    rows: Vec<(TraceId, Vec<u32>)>,
}

/// Reads traces; with `once`, a span that was sent twice is there once. They are looked up around `found`, the time range in which spans of them were seen.
pub(crate) async fn assemble(
    store: &Arc<Store>,
    sources: &Sources,
    ids: impl IntoIterator<Item = TraceId>,
    found: (i64, i64),
    (columns, keys): (Columns, WantedKeys),
    once: bool,
    guard: &Arc<Guard>,
) -> Result<Assembled, QueryError> {
    let traces = Some(Arc::new(TraceIds::new(ids)));
    let wanted = Wanted { columns, traces, keys, ..Wanted::default() };
    let range = TimeRange::new(
        TimestampNanos(found.0.saturating_sub(REACH_NS)),
        TimestampNanos(found.1.saturating_add(REACH_NS)),
    );
    let mut parts: Vec<SpanBatch> = Vec::new();
    let mut bytes = 0;
    let limit = store.query_limits.assembled_bytes;
    fold(
        store,
        &sources.within(range),
        &wanted,
        guard,
        |builder: &mut BatchBuilder, batch, rows| builder.extract(batch, rows),
        |builder| {
            let part = builder.finish();
            if !part.rows.is_empty() {
                bytes += part.memory_bytes();
                parts.push(part);
            }
            if bytes > limit { Err(QueryError::TooLarge(limit)) } else { Ok(()) }
        },
    )
    .await?;
    let batch = match parts.len() {
        1 => parts.swap_remove(0),
        _ => merged(&parts),
    };
    let rows = by_trace(&batch, once);
    Ok(Assembled { batch, rows })
}

fn by_trace(batch: &SpanBatch, once: bool) -> Vec<(TraceId, Vec<u32>)> {
    let mut traces: AHashMap<TraceId, Vec<u32>> = AHashMap::new();
    for (at, row) in batch.rows.iter().enumerate() {
        traces.entry(row.trace_id).or_default().push(at as u32);
    }
    let mut traces: Vec<(TraceId, Vec<u32>)> = traces.into_iter().collect();
    for (_, rows) in &mut traces {
        let key = |row: &SpanRow| (row.start, row.span_id, row.kind, row.clamped_end());
        rows.sort_by_key(|at| key(&batch.rows[*at as usize]));
        if once {
            rows.dedup_by_key(|at| key(&batch.rows[*at as usize]));
        }
    }
    traces.sort_by_key(|(id, rows)| {
        (std::cmp::Reverse(rows.first().map(|at| batch.rows[*at as usize].start)), *id)
    });
    traces
}

impl Assembled {
    pub(crate) fn batch(&self) -> &SpanBatch {
        &self.batch
    }

    /// Calls `visit` with each trace and its rows, the newest first.
    pub(crate) fn for_each<E>(
        &self,
        fields: &[Field],
        all_attributes: bool,
        mut visit: impl FnMut(&BatchTrace<'_>, &[u32]) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut trace = BatchTrace {
            spans: BatchSpans::of_rows(&self.batch, Vec::new(), fields, all_attributes),
            root_name: "",
            root_service: "",
        };
        for (_, rows) in &self.rows {
            let root = root_of(&self.batch, rows).map(|at| &self.batch.rows[at as usize]);
            trace.root_name = root.map_or("", |row| self.batch.text(row.name));
            trace.root_service = root.map_or("", |row| self.batch.service_name(row));
            trace.spans.set_rows(rows);
            visit(&trace, rows)?;
        }
        Ok(())
    }
}
