//! Numbers over time.
//!
//! Queries of one filter are counted wherever the rows are, column by column ([`counting`]). Others need whole traces: a first pass finds the
//! candidates, which are then put together some hundred at a time.

mod counting;
mod exemplars;

use std::sync::Arc;

use ahash::AHashMap;
use model::{TimeRange, TimestampNanos, TraceId};
use traceql::{Field, Intrinsic, Metrics, Part, Series};

use self::counting::{Counted, Counting};
use self::exemplars::exemplars;
use super::scan::{Pushdown, Sources, Wanted, fold, visit};
use super::search::fields_in;
use super::summary::COLUMNS;
use super::traceql::{BatchSpans, RowTests, assemble, columns_of, keys_of};
use super::{Guard, QueryError};
use crate::columns::{Columns, WantedKeys};
use crate::store::Store;

/// Traces put together in one go.
const CHUNK: usize = 512;
/// How far around the time range the other spans of a trace are looked for at first.
const MARGIN_NS: i64 = 3600 * 1_000_000_000;

/// Runs a query.
pub(crate) async fn metrics(
    store: &Arc<Store>,
    query: Arc<Metrics>,
    guard: &Arc<Guard>,
) -> Result<Vec<Series>, QueryError> {
    let parts = if query.needs_traces() {
        by_trace(store, &query, guard).await?
    } else {
        by_row(store, &query, guard).await?
    };
    let finish = move || query.finish(parts).map_err(QueryError::from);
    tokio::task::spawn_blocking(finish).await?
}

fn range_of(query: &Metrics, margin: i64) -> TimeRange {
    let axis = query.axis();
    TimeRange::new(
        TimestampNanos(axis.begin().saturating_sub(margin)),
        TimestampNanos(axis.end().saturating_add(margin).saturating_add(1)),
    )
}

fn reads(query: &Metrics) -> (Columns, WantedKeys) {
    if query.needs_all_attributes() {
        return (Columns::ALL, None);
    }
    let mut columns = columns_of(query.fields());
    columns.rest |= query.needs_trace_state();
    (columns, Some(keys_of(query.fields())))
}

fn pushdown(query: &Metrics) -> Option<Pushdown> {
    Pushdown::of_conditions(query.conditions(), query.fields())
}

async fn by_row(
    store: &Arc<Store>,
    query: &Arc<Metrics>,
    guard: &Arc<Guard>,
) -> Result<Vec<Part>, QueryError> {
    let sources = Sources::all(store).within(range_of(query, 0));
    let (columns, keys) = reads(query);
    let no_ids = query.is_columnar() && !query.wants_exemplars() && !names_ids(query.fields());
    let wanted = Wanted { columns, keys, filters: pushdown(query), no_ids, ..Wanted::default() };
    let counting = Counting { query: Arc::clone(query), wanted: Arc::new(wanted) };
    let wanted = Arc::clone(&counting.wanted);
    let (mut parts, mut offered) = (Vec::new(), Vec::new());
    visit(store, &sources, guard, counting, |counted: Counted| {
        parts.extend(counted.part);
        offered.extend(counted.offered);
        Ok(())
    })
    .await?;
    if !offered.is_empty() {
        parts.push(exemplars(store, &sources, query, &wanted, offered, guard).await?);
    }
    Ok(parts)
}

fn names_ids(fields: &[Field]) -> bool {
    fields.iter().any(|field| {
        matches!(field, Field::Intrinsic(Intrinsic::TraceId | Intrinsic::SpanId | Intrinsic::ParentId))
    })
}

/// Where spans of a trace were seen, and which filters they may pass.
#[derive(Debug, Clone, Copy)]
struct Seen {
    start: i64,
    end: i64,
    met: u64,
}

async fn by_trace(
    store: &Arc<Store>,
    query: &Arc<Metrics>,
    guard: &Arc<Guard>,
) -> Result<Vec<Part>, QueryError> {
    let sources = Sources::all(store);
    let candidates = candidates(store, &sources, query, guard).await?;
    let (columns, keys) = reads(query);
    let mut parts = Vec::new();
    for chunk in candidates.chunks(CHUNK) {
        let first = chunk.iter().map(|(_, seen)| seen.start).min().unwrap_or_default();
        let last = chunk.iter().map(|(_, seen)| seen.end).max().unwrap_or_default();
        let ids = chunk.iter().map(|(id, _)| *id);
        let read = (COLUMNS.and(columns), keys.clone());
        let assembled = assemble(store, &sources, ids, (first, last), read, false, guard).await?;
        let (query, guard) = (Arc::clone(query), Arc::clone(guard));
        let count = move || {
            let mut part = query.part();
            assembled.for_each(query.fields(), query.needs_all_attributes(), |trace, _| {
                guard.check()?;
                query.add_trace(&mut part, trace).map_err(QueryError::from)
            })?;
            Ok::<_, QueryError>(part)
        };
        parts.push(tokio::task::spawn_blocking(count).await??);
    }
    Ok(parts)
}

/// Traces that may have a span to count, the newest first.
async fn candidates(
    store: &Arc<Store>,
    sources: &Sources,
    query: &Arc<Metrics>,
    guard: &Arc<Guard>,
) -> Result<Vec<(TraceId, Seen)>, QueryError> {
    let fields = fields_in(query.conditions(), query.fields());
    let wanted = Wanted {
        columns: columns_of(&fields),
        keys: Some(keys_of(&fields)),
        filters: pushdown(query),
        ..Wanted::default()
    };
    let note = |seen: &mut AHashMap<TraceId, Seen>, id: TraceId, new: Seen| {
        seen.entry(id)
            .and_modify(|known| {
                known.start = known.start.min(new.start);
                known.end = known.end.max(new.end);
                known.met |= new.met;
            })
            .or_insert(new);
    };
    let mut found: AHashMap<TraceId, Seen> = AHashMap::new();
    let limit = store.query_limits.search_candidates;
    let testing = Arc::clone(query);
    fold(
        store,
        &sources.within(range_of(query, MARGIN_NS)),
        &wanted,
        guard,
        move |seen: &mut AHashMap<TraceId, Seen>, batch, rows| {
            let spans = BatchSpans::of_batch(batch, testing.fields());
            let tests = RowTests::new(testing.fields(), testing.conditions());
            for at in rows {
                let row = &batch.rows[at];
                let met = tests.met(&spans, at);
                note(seen, row.trace_id, Seen { start: row.start, end: row.clamped_end(), met });
            }
        },
        |seen| {
            seen.into_iter().for_each(|(id, seen)| note(&mut found, id, seen));
            if found.len() > limit { Err(QueryError::TooManyTraces(limit)) } else { Ok(()) }
        },
    )
    .await?;
    let mut candidates: Vec<(TraceId, Seen)> =
        found.into_iter().filter(|(_, seen)| query.conditions().trace.holds(seen.met)).collect();
    candidates.sort_unstable_by_key(|(id, seen)| (std::cmp::Reverse(seen.start), *id));
    Ok(candidates)
}
