//! Queries such as `{ … } | count() > 3`, judged where the spans lie: rows of a trace lie together in a segment, and stages
//! behind a filter look at nothing but the spans that passed it.

use traceql::Query;

use super::{Candidate, Candidates, note};
use crate::batch::SpanBatch;
use crate::query::scan::RowIndices;
use crate::query::traceql::{BatchSpans, RowTests};

/// The bit of a query's first filter.
const FIRST: u64 = 1;

/// Notes the traces that have a row which may pass the filter, and whether the query selects nothing from these rows. A
/// trace of which there are rows elsewhere, too, is noted again there, and then counts as undecided.
pub(super) fn judge(query: &Query, batch: &SpanBatch, rows: RowIndices<'_>, found: &mut Candidates) {
    let spans = BatchSpans::of_batch(batch, query.fields());
    let tests = RowTests::new(query.fields(), query.conditions());
    let met: Vec<(usize, u64)> = rows.map(|at| (at, tests.met(&spans, at))).collect();
    let mut passing: Vec<(usize, u64)> = met.into_iter().filter(|(_, met)| met & FIRST > 0).collect();
    // In memory, rows are in the order in which they came. A span that was sent twice is there once.
    let key = |(at, _): &(usize, u64)| {
        let row = &batch.rows[*at];
        (row.trace_id, row.start, row.span_id, row.kind, row.clamped_end())
    };
    passing.sort_by_key(key);
    passing.dedup_by_key(|at| key(at));
    for trace in passing.chunk_by(|a, b| batch.rows[a.0].trace_id == batch.rows[b.0].trace_id) {
        let starts = trace.iter().map(|(at, _)| batch.rows[*at].start);
        let ends = trace.iter().map(|(at, _)| batch.rows[*at].clamped_end());
        let seen = Candidate {
            start: starts.min().unwrap_or_default(),
            end: ends.max().unwrap_or_default(),
            met: trace.iter().fold(0, |met, (_, own)| met | own),
            refuted: query.refutes(&spans, trace.iter().map(|(at, _)| *at).collect()),
        };
        note(found, batch.rows[trace[0].0].trace_id, seen);
    }
}
