//! Counts spans wherever they are: column by column where every field of the query has a column, else row by row.

use std::sync::Arc;

use parquet::file::metadata::RowGroupMetaData;
use parquet::file::statistics::Statistics;
use traceql::{Metrics, Part};

use super::exemplars::Offered;
use crate::batch::SpanBatch;
use crate::columns::START_TIME;
use crate::query::QueryError;
use crate::query::scan::pushdown::{self, BoundFilter};
use crate::query::scan::{OpenSegment, Piece, PieceError, RowsWay, Visitor, Wanted};
use crate::query::traceql::{BatchColumns, Binding, SegmentColumns, SegmentRows};

/// What a task has counted.
#[derive(Debug, Default)]
pub(super) struct Counted {
    pub part: Option<Part>,
    /// Rows of segments that would do as exemplars.
    pub offered: Vec<Offered>,
}

#[derive(Debug, Clone)]
pub(super) struct Counting {
    pub query: Arc<Metrics>,
    /// What is read where the query goes row by row.
    pub wanted: Arc<Wanted>,
}

/// How a segment is counted.
pub(super) enum Way {
    Columns { binding: Binding, filters: Option<Arc<[BoundFilter]>> },
    Rows(RowsWay),
}

impl Visitor<Counted> for Counting {
    type Way = Way;

    fn way(&self, segment: &OpenSegment) -> Option<Way> {
        let binding =
            if self.query.is_columnar() { Binding::new(self.query.fields(), &segment.footer) } else { None };
        let Some(binding) = binding else {
            return RowsWay::new(segment, &self.wanted).map(Way::Rows);
        };
        let filters = match self.wanted.filters.as_ref().map(|filters| filters.through(&segment.footer)) {
            None | Some(pushdown::Way::Everything) => None,
            Some(pushdown::Way::Nothing) => return None,
            Some(pushdown::Way::Some(filters)) => Some(filters),
        };
        Some(Way::Columns { binding, filters })
    }

    fn memory(&self, counted: &mut Counted, batch: &SpanBatch) -> Result<(), QueryError> {
        let part = counted.part.get_or_insert_with(|| self.query.part());
        let columns = BatchColumns::new(batch, self.query.fields());
        if self.query.is_columnar() {
            let offers = self.query.add_columns(part, &columns)?;
            self.query.add_exemplars(part, columns.spans(), offers.into_iter().map(|offer| offer.row));
        } else {
            self.query.add_rows(part, columns.spans(), 0..batch.rows.len())?;
        }
        Ok(())
    }

    fn segment(&self, counted: &mut Counted, piece: &Piece<Way>) -> Result<(), PieceError> {
        match &*piece.way {
            Way::Rows(way) => {
                piece.rows(way, None, &self.wanted.keys, |batch| Ok(self.memory(counted, batch)?))
            }
            Way::Columns { binding, filters } => {
                let groups = match filters {
                    Some(filters) => {
                        piece.groups_passing(&piece.segment.builder(), filters, &piece.groups)?
                    }
                    None => piece.groups.clone(),
                };
                piece.count_bytes(&groups);
                for group in groups {
                    piece.guard.check()?;
                    self.group(counted, piece, binding, group)?;
                }
                Ok(())
            }
        }
    }
}

impl Counting {
    fn group(
        &self,
        counted: &mut Counted,
        piece: &Piece<Way>,
        binding: &Binding,
        group: usize,
    ) -> Result<(), PieceError> {
        let part = counted.part.get_or_insert_with(|| self.query.part());
        let metadata = piece.segment.footer.metadata().row_group(group);
        let rows = usize::try_from(metadata.num_rows()).unwrap_or_default();
        piece.guard.count(rows, 0);
        if let Some((first, last)) = times(metadata) {
            let axis = self.query.axis();
            if last <= axis.begin() || first > axis.end() {
                return Ok(());
            }
            if self.query.counts_everything() && self.query.add_count(part, (first, last), rows as u64) {
                return Ok(());
            }
        }
        let reader = piece.segment.builder().with_row_groups(vec![group]);
        let reader = reader.with_projection(binding.projection()).with_batch_size(rows.max(1)).build()?;
        let mut before = 0;
        for records in reader {
            let records = records?;
            let read = SegmentRows::new(&records, binding)?;
            let columns = SegmentColumns::new(&read, self.query.fields());
            for offer in self.query.add_columns(part, &columns)? {
                let row = before + offer.row;
                counted.offered.push(Offered { slot: offer.slot, segment: piece.number, group, row });
            }
            before += records.num_rows();
        }
        Ok(())
    }
}

/// The first and the last start in a row group.
fn times(group: &RowGroupMetaData) -> Option<(i64, i64)> {
    let column = group.columns().iter().find(|column| column.column_path().parts() == [START_TIME])?;
    match column.statistics()? {
        Statistics::Int64(bounds) => Some((*bounds.min_opt()?, *bounds.max_opt()?)),
        _ => None,
    }
}
