//! Exemplars from segments: counting reads no ids, so the few rows that stand for the others are read afterwards.

use std::collections::BTreeMap;
use std::sync::Arc;

use parquet::arrow::arrow_reader::RowSelection;
use traceql::{Metrics, Part};

use crate::batch::BatchBuilder;
use crate::columns::decode_into;
use crate::query::scan::{OpenSegment, PieceError, RowsWay, Sources, Wanted, open, report_damage, slot};
use crate::query::traceql::BatchSpans;
use crate::query::{Guard, QueryError};
use crate::store::Store;

/// A row that would do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Offered {
    pub slot: usize,
    pub segment: usize,
    pub group: usize,
    pub row: usize,
}

/// Reads as many of the rows as an answer may need.
pub(super) async fn exemplars(
    store: &Arc<Store>,
    sources: &Sources,
    query: &Arc<Metrics>,
    wanted: &Arc<Wanted>,
    mut offered: Vec<Offered>,
    guard: &Arc<Guard>,
) -> Result<Part, QueryError> {
    // Tasks end in any order; the first in the order of segments are taken.
    offered.sort_unstable();
    let enough = query.offers_per_slot();
    let mut places: BTreeMap<usize, BTreeMap<usize, Vec<usize>>> = BTreeMap::new();
    for slot in offered.chunk_by(|a, b| a.slot == b.slot) {
        for row in slot.iter().take(enough) {
            places.entry(row.segment).or_default().entry(row.group).or_default().push(row.row);
        }
    }
    let mut part = query.part();
    for (number, groups) in places {
        guard.check()?;
        let Some(meta) = sources.segments.get(number) else { continue };
        let Some(segment) = open(store, meta).await? else { continue };
        let permit = slot(store).await?;
        let (query, wanted) = (Arc::clone(query), Arc::clone(wanted));
        let metrics = Arc::clone(&store.metrics);
        let read = move || {
            let _permit = permit;
            match of_segment(&segment, &groups, &query, &wanted, &mut part) {
                Err(PieceError::Query(error)) => return Err(error),
                Err(PieceError::Damaged(error)) => report_damage(&metrics, &segment, &error),
                Ok(()) => {}
            }
            Ok(part)
        };
        part = tokio::task::spawn_blocking(read).await??;
    }
    Ok(part)
}

fn of_segment(
    segment: &OpenSegment,
    groups: &BTreeMap<usize, Vec<usize>>,
    query: &Metrics,
    wanted: &Wanted,
    part: &mut Part,
) -> Result<(), PieceError> {
    let Some(way) = RowsWay::new(segment, wanted) else { return Ok(()) };
    let mut ranges = Vec::new();
    let mut before = 0;
    for (group, rows) in groups {
        let mut rows = rows.clone();
        rows.sort_unstable();
        rows.dedup();
        ranges.extend(rows.into_iter().map(|row| before + row..before + row + 1));
        let count = segment.footer.metadata().row_group(*group).num_rows();
        before += usize::try_from(count).unwrap_or_default();
    }
    let reader = segment
        .builder()
        .with_row_groups(groups.keys().copied().collect())
        .with_row_selection(RowSelection::from_consecutive_ranges(ranges.into_iter(), before))
        .with_projection(way.projection())
        .build()?;
    for records in reader {
        let mut rows = BatchBuilder::default();
        decode_into(&mut rows, &records?, &wanted.keys)?;
        let batch = rows.finish();
        let spans = BatchSpans::of_batch(&batch, query.fields());
        query.add_exemplars(part, &spans, 0..batch.rows.len());
    }
    Ok(())
}
