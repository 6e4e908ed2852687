//! Numbers that follow from the shape of traces: how many children spans have, and where they stand among the others. The
//! traces are put together, some at a time, until there are enough values.

use std::sync::Arc;

use ahash::AHashMap;
use model::TraceId;
use traceql::{OwnedValue, Query};

use super::TagFilter;
use super::values::TagValues;
use crate::batch::SpanBatch;
use crate::query::scan::{Sources, Wanted, fold};
use crate::query::summary::COLUMNS;
use crate::query::traceql::{assemble, columns_of, keys_of};
use crate::query::{Guard, QueryError};
use crate::store::Store;

/// Traces that are put together at a time.
const CHUNK: usize = 2048;

type Times = AHashMap<TraceId, (i64, i64)>;

fn note(times: &mut Times, id: TraceId, (first, last): (i64, i64)) {
    let known = times.entry(id).or_insert((first, last));
    *known = (known.0.min(first), known.1.max(last));
}

/// Adds the values that `field` of TraceQL has, of spans that pass the filter.
pub(super) async fn shape_values(
    store: &Arc<Store>,
    sources: &Sources,
    field: &str,
    filter: Option<TagFilter>,
    guard: &Arc<Guard>,
    values: &mut TagValues,
) -> Result<(), QueryError> {
    let spans = filter.as_ref().map_or("{ }", TagFilter::text);
    let Ok(query) = Query::parse(&format!("{spans} | select({field})")) else { return Ok(()) };
    let query = Arc::new(query);
    let budget = store.query_limits.tag_value_bytes;
    let traces = traces(store, sources, guard).await?;
    for chunk in traces.chunks(CHUNK) {
        let first = chunk.iter().map(|(_, (first, _))| *first).min().unwrap_or_default();
        let last = chunk.iter().map(|(_, (_, last))| *last).max().unwrap_or_default();
        let ids = chunk.iter().map(|(id, _)| *id);
        let read = (COLUMNS.and(columns_of(query.fields())), Some(keys_of(query.fields())));
        let all = Sources::all(store);
        let assembled = assemble(store, &all, ids, (first, last), read, true, guard).await?;
        let (query, guard, field) = (Arc::clone(&query), Arc::clone(guard), field.to_owned());
        let evaluate = move || {
            let mut found: Vec<i64> = Vec::new();
            assembled.for_each(query.fields(), false, |trace, _| {
                guard.check()?;
                found.extend(numbers(&query.evaluate(trace, usize::MAX)?, &field));
                Ok::<_, QueryError>(())
            })?;
            found.sort_unstable();
            found.dedup();
            Ok::<_, QueryError>(found)
        };
        let found = tokio::task::spawn_blocking(evaluate).await??;
        found.into_iter().for_each(|number| values.add("int", number.to_string()));
        if values.is_full(budget) {
            break;
        }
    }
    Ok(())
}

fn numbers(sets: &[traceql::SpanSet], field: &str) -> Vec<i64> {
    let attributes = sets.iter().flat_map(|set| &set.spans).flat_map(|span| &span.attributes);
    let number = |(name, value): &(String, OwnedValue)| match value {
        OwnedValue::Int(number) if name == field => Some(*number),
        _ => None,
    };
    attributes.filter_map(number).collect()
}

/// The traces that have a span in some sources, by id.
async fn traces(
    store: &Arc<Store>,
    sources: &Sources,
    guard: &Arc<Guard>,
) -> Result<Vec<(TraceId, (i64, i64))>, QueryError> {
    let mut times = Times::default();
    let limit = store.query_limits.search_candidates;
    fold(
        store,
        sources,
        &Wanted::default(),
        guard,
        |found: &mut Times, batch: &SpanBatch, rows| {
            for row in rows.map(|at| &batch.rows[at]) {
                note(found, row.trace_id, (row.start, row.clamped_end()));
            }
        },
        |found| {
            found.into_iter().for_each(|(id, seen)| note(&mut times, id, seen));
            if times.len() > limit { Err(QueryError::TooManyTraces(limit)) } else { Ok(()) }
        },
    )
    .await?;
    let mut traces: Vec<(TraceId, (i64, i64))> = times.into_iter().collect();
    traces.sort_unstable_by_key(|(id, _)| *id);
    Ok(traces)
}
