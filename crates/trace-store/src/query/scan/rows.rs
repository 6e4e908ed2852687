//! Visiting row by row: columns become rows of the form that spans in memory have.

use std::sync::Arc;

use arrow::array::{AsArray as _, BooleanArray, RecordBatch};
use model::TraceId;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowPredicate, ArrowPredicateFn, RowFilter};

use super::pages;
use super::pushdown::{self, BoundFilter, Pushdown};
use super::{OpenSegment, Piece, PieceError, TraceIds, Visitor};
use crate::batch::{BatchBuilder, SpanBatch};
use crate::columns::{Columns, WantedKeys, decode_into, may_be_listed};
use crate::query::QueryError;

/// Rows decoded at once.
const BATCH_ROWS: usize = 8 << 10;

/// Which rows and columns are wanted.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wanted {
    pub columns: Columns,
    /// Only rows of these traces.
    pub traces: Option<Arc<TraceIds>>,
    /// Of the attributes of spans only these.
    pub keys: WantedKeys,
    /// Only rows that may pass one of these filters; others may be seen all the same.
    pub filters: Option<Pushdown>,
    /// Ids are not needed: not read from segments.
    pub no_ids: bool,
}

/// Indices of the rows of a batch that are wanted.
pub(crate) type RowIndices<'a> = &'a mut dyn Iterator<Item = usize>;

/// How all pieces of a segment are read.
#[derive(Debug)]
pub(crate) struct Way {
    filters: Option<Arc<[BoundFilter]>>,
    projection: ProjectionMask,
}

impl Way {
    /// `None` if no row of the segment is wanted.
    pub(crate) fn new(segment: &OpenSegment, wanted: &Wanted) -> Option<Self> {
        let filters = match wanted.filters.as_ref().map(|filters| filters.through(&segment.footer)) {
            None | Some(pushdown::Way::Everything) => None,
            Some(pushdown::Way::Nothing) => return None,
            Some(pushdown::Way::Some(filters)) => Some(filters),
        };
        let listed = wanted.keys.as_ref().is_none_or(|keys| may_be_listed(segment.footer.metadata(), keys));
        let schema = segment.footer.parquet_schema();
        let projection = wanted.columns.projection_of(schema, &wanted.keys, listed, !wanted.no_ids);
        Some(Self { filters, projection })
    }

    /// The columns to read.
    pub(crate) fn projection(&self) -> ProjectionMask {
        self.projection.clone()
    }
}

/// Lets a function see the wanted rows.
#[derive(Debug, Clone)]
pub(crate) struct ByRow<F> {
    pub wanted: Arc<Wanted>,
    pub step: F,
}

impl<T, F> Visitor<T> for ByRow<F>
where
    F: Fn(&mut T, &SpanBatch, RowIndices<'_>) + Clone + Send + Sync + 'static,
{
    type Way = Way;

    fn way(&self, segment: &OpenSegment) -> Option<Way> {
        Way::new(segment, &self.wanted)
    }

    fn memory(&self, value: &mut T, batch: &SpanBatch) -> Result<(), QueryError> {
        match &self.wanted.traces {
            None => (self.step)(value, batch, &mut (0..batch.rows.len())),
            Some(ids) => {
                let mut rows = (0..batch.rows.len()).filter(|at| ids.contains(batch.rows[*at].trace_id));
                (self.step)(value, batch, &mut rows);
            }
        }
        Ok(())
    }

    fn segment(&self, value: &mut T, piece: &Piece<Way>) -> Result<(), PieceError> {
        piece.rows(&piece.way, self.wanted.traces.as_ref(), &self.wanted.keys, |batch| {
            (self.step)(value, batch, &mut (0..batch.rows.len()));
            Ok(())
        })
    }
}

impl<W> Piece<W> {
    /// Lets `step` see the wanted rows, some thousand at a time.
    pub(crate) fn rows(
        &self,
        way: &Way,
        traces: Option<&Arc<TraceIds>>,
        keys: &WantedKeys,
        mut step: impl FnMut(&SpanBatch) -> Result<(), PieceError>,
    ) -> Result<(), PieceError> {
        let mut builder = self.segment.builder();
        let mut groups = self.groups.clone();
        let mut predicates: Vec<Box<dyn ArrowPredicate>> = Vec::new();
        if let Some(ids) = traces {
            groups = self.groups_with(&builder, ids)?;
            predicates.push(self.only(ids));
        }
        if let Some(filters) = &way.filters {
            groups = self.groups_passing(&builder, filters, &groups)?;
            predicates.push(Box::new(pushdown::predicate(filters, &self.segment.footer)));
        }
        if groups.is_empty() {
            return Ok(());
        }
        self.count_bytes(&groups);
        if let Some(ids) = traces {
            let metadata = self.segment.footer.metadata();
            let pages = pages::rows_of(metadata, &groups, self.segment.trace_id_leaf(), ids);
            builder = builder.with_row_selection(pages);
        }
        if !predicates.is_empty() {
            builder = builder.with_row_filter(RowFilter::new(predicates));
        }
        let mask = way.projection.clone();
        let reader =
            builder.with_row_groups(groups).with_projection(mask).with_batch_size(BATCH_ROWS).build()?;
        for records in reader {
            self.guard.check()?;
            let records = records?;
            let mut rows = BatchBuilder::default();
            decode_into(&mut rows, &records, keys)?;
            let batch = rows.finish();
            self.guard.count(batch.rows.len(), 0);
            step(&batch)?;
        }
        Ok(())
    }

    fn only(&self, ids: &Arc<TraceIds>) -> Box<dyn ArrowPredicate> {
        let schema = self.segment.footer.parquet_schema();
        let mask = ProjectionMask::leaves(schema, [self.segment.trace_id_leaf()]);
        let ids = Arc::clone(ids);
        let predicate = ArrowPredicateFn::new(mask, move |records: RecordBatch| {
            let column = records.column(0).as_fixed_size_binary();
            let wanted =
                column.iter().map(|id| id.and_then(TraceId::from_slice).is_some_and(|id| ids.contains(id)));
            Ok(BooleanArray::from(wanted.collect::<Vec<bool>>()))
        });
        Box::new(predicate)
    }
}
