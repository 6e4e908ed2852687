//! Names and services of the roots of traces. Which span is the root depends on all spans of a trace.

use std::cmp::Reverse;
use std::sync::Arc;

use ahash::AHashMap;
use model::{SpanId, TraceId};

use super::values::TagValues;
use crate::batch::SpanBatch;
use crate::columns::Columns;
use crate::query::scan::{Sources, Wanted, fold};
use crate::query::summary::is_root;
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

/// The root of each trace so far; traces without one are there, too.
type Roots = AHashMap<TraceId, Option<Root>>;

fn note(roots: &mut Roots, id: TraceId, root: Option<Root>) {
    let known = roots.entry(id).or_default();
    if root > *known {
        *known = root;
    }
}

/// Adds the field's values; traces without a root have the empty one.
pub(super) async fn root_values(
    store: &Arc<Store>,
    sources: &Sources,
    field: RootField,
    guard: &Arc<Guard>,
    values: &mut TagValues,
) -> Result<(), QueryError> {
    let columns = Columns {
        name: field == RootField::Name,
        resource: field == RootField::Service,
        links: true,
        ..Columns::default()
    };
    let mut roots = Roots::default();
    let limit = store.query_limits.search_candidates;
    fold(
        store,
        sources,
        &Wanted { columns, traces: None, ..Wanted::default() },
        guard,
        move |found: &mut Roots, batch: &SpanBatch, rows| {
            for at in rows {
                let row = &batch.rows[at];
                let text = || match field {
                    RootField::Name => batch.text(row.name),
                    RootField::Service => batch.service_name(row),
                };
                let root = is_root(batch, row).then(|| (row.start, Reverse(row.span_id), text().into()));
                note(found, row.trace_id, root);
            }
        },
        |found| {
            found.into_iter().for_each(|(id, root)| note(&mut roots, id, root));
            if roots.len() > limit { Err(QueryError::TooManyTraces(limit)) } else { Ok(()) }
        },
    )
    .await?;
    for (_, _, text) in roots.into_values().map(Option::unwrap_or_default) {
        values.add("string", text.into());
    }
    Ok(())
}
