//! Names and services of the roots of traces. Which span is the root depends on all spans of a trace.

use std::cmp::Reverse;
use std::sync::Arc;

use ahash::AHashMap;
use model::{SpanId, TraceId};

use super::TagFilter;
use super::values::TagValues;
use crate::batch::SpanBatch;
use crate::columns::Columns;
use crate::query::scan::{Sources, Wanted, fold};
use crate::query::summary::is_root;
use crate::query::traceql::columns_of;
use crate::query::{Guard, QueryError};
use crate::store::Store;

/// What is asked about roots.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RootField {
    Name,
    Service,
}

/// A root: the one that starts last counts, then the one with the smallest id, as in summaries.
type Root = (i64, Reverse<SpanId>, Box<str>);

/// The root of each trace so far, and whether some span of it passes the filter; traces without a root are there, too.
type Roots = AHashMap<TraceId, (Option<Root>, bool)>;

fn note(roots: &mut Roots, id: TraceId, root: Option<Root>, passes: bool) {
    let known = roots.entry(id).or_default();
    if root > known.0 {
        known.0 = root;
    }
    known.1 |= passes;
}

/// Adds the field's values; traces without a root have the empty one.
pub(super) async fn root_values(
    store: &Arc<Store>,
    sources: &Sources,
    field: RootField,
    filter: Option<TagFilter>,
    guard: &Arc<Guard>,
    values: &mut TagValues,
) -> Result<(), QueryError> {
    let columns = Columns {
        name: field == RootField::Name,
        resource: field == RootField::Service,
        links: true,
        ..Columns::default()
    };
    let columns = filter.as_ref().map_or(columns, |filter| columns.and(columns_of(filter.fields())));
    let mut roots = Roots::default();
    let limit = store.query_limits.search_candidates;
    fold(
        store,
        sources,
        &Wanted { columns, traces: None, ..Wanted::default() },
        guard,
        move |found: &mut Roots, batch: &SpanBatch, rows| {
            let rows: Vec<usize> = rows.collect();
            let passing = filter.as_ref().map(|filter| filter.passing(batch, &mut rows.iter().copied()));
            for at in rows {
                let passes = passing.as_ref().is_none_or(|passing| passing.binary_search(&at).is_ok());
                let row = &batch.rows[at];
                let text = || match field {
                    RootField::Name => batch.text(row.name),
                    RootField::Service => batch.service_name(row),
                };
                let root = is_root(batch, row).then(|| (row.start, Reverse(row.span_id), text().into()));
                note(found, row.trace_id, root, passes);
            }
        },
        |found| {
            found.into_iter().for_each(|(id, (root, passes))| note(&mut roots, id, root, passes));
            if roots.len() > limit { Err(QueryError::TooManyTraces(limit)) } else { Ok(()) }
        },
    )
    .await?;
    for (root, _) in roots.into_values().filter(|(_, passes)| *passes) {
        values.add("string", root.unwrap_or_default().2.into());
    }
    Ok(())
}
