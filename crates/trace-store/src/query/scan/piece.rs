//! Reads some row groups of one segment, leaving out what cannot be wanted.

use std::sync::Arc;

use arrow::array::{AsArray as _, BooleanArray, RecordBatch};
use arrow::error::ArrowError;
use model::TraceId;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowPredicate, ArrowPredicateFn, ParquetRecordBatchReaderBuilder, RowFilter,
};

use super::pages;
use super::pushdown::{self, BoundFilter};
use super::{OpenSegment, RowIndices, SharedFile, TraceIds, Wanted};
use crate::batch::{BatchBuilder, SpanBatch};
use crate::columns::{TRACE_ID, decode_into, may_be_listed};
use crate::query::{Guard, QueryError};

/// Rows decoded at once.
const BATCH_ROWS: usize = 8 << 10;

/// Why a piece was not read to its end.
pub(super) enum PieceError {
    Query(QueryError),
    Damaged(ArrowError),
}

impl From<ArrowError> for PieceError {
    fn from(error: ArrowError) -> Self {
        Self::Damaged(error)
    }
}

impl From<parquet::errors::ParquetError> for PieceError {
    fn from(error: parquet::errors::ParquetError) -> Self {
        Self::Damaged(error.into())
    }
}

/// How all pieces of a segment are read.
#[derive(Debug)]
pub(super) struct Way {
    filters: Option<Arc<[BoundFilter]>>,
    projection: ProjectionMask,
}

impl Way {
    /// `None` if no row of the segment is wanted.
    pub(super) fn new(segment: &OpenSegment, wanted: &Wanted) -> Option<Self> {
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
}

/// Some row groups of a segment.
pub(super) struct Piece {
    pub segment: OpenSegment,
    pub way: Arc<Way>,
    pub groups: Vec<usize>,
    pub wanted: Wanted,
    pub guard: Arc<Guard>,
}

type Builder = ParquetRecordBatchReaderBuilder<SharedFile>;

impl Piece {
    /// Lets `step` see the wanted rows.
    pub(super) fn visit<T>(
        &self,
        value: &mut T,
        step: &impl Fn(&mut T, &SpanBatch, RowIndices<'_>),
    ) -> Result<(), PieceError> {
        let footer = self.segment.footer.clone();
        let mut builder = Builder::new_with_metadata(self.segment.file.clone(), footer);
        let mut groups = self.groups.clone();
        let mut predicates: Vec<Box<dyn ArrowPredicate>> = Vec::new();
        if let Some(ids) = &self.wanted.traces {
            groups = self.groups_with(&builder, ids)?;
            predicates.push(self.only(ids));
        }
        if let Some(filters) = &self.way.filters {
            groups = self.groups_passing(&builder, filters, &groups)?;
            predicates.push(Box::new(pushdown::predicate(filters, &self.segment.footer)));
        }
        if groups.is_empty() {
            return Ok(());
        }
        let metadata = Arc::clone(self.segment.footer.metadata());
        let bytes: i64 = groups.iter().map(|at| metadata.row_group(*at).compressed_size()).sum();
        self.guard.count(0, usize::try_from(bytes).unwrap_or(0));
        if let Some(ids) = &self.wanted.traces {
            let pages = pages::rows_of(&metadata, &groups, self.trace_id_leaf(), ids);
            builder = builder.with_row_selection(pages);
        }
        if !predicates.is_empty() {
            builder = builder.with_row_filter(RowFilter::new(predicates));
        }
        let mask = self.way.projection.clone();
        let reader =
            builder.with_row_groups(groups).with_projection(mask).with_batch_size(BATCH_ROWS).build()?;
        for records in reader {
            self.guard.check().map_err(PieceError::Query)?;
            let records = records?;
            let mut rows = BatchBuilder::default();
            decode_into(&mut rows, &records, &self.wanted.keys)?;
            let batch = rows.finish();
            self.guard.count(batch.rows.len(), 0);
            step(value, &batch, &mut (0..batch.rows.len()));
        }
        Ok(())
    }

    /// Row groups in which some filter may let a row pass.
    fn groups_passing(
        &self,
        builder: &Builder,
        filters: &[BoundFilter],
        groups: &[usize],
    ) -> Result<Vec<usize>, PieceError> {
        let metadata = self.segment.footer.metadata();
        let mut kept = Vec::new();
        for &group in groups {
            let mut contains = |column: usize, text: &str| {
                let filter = builder.get_row_group_column_bloom_filter(group, column)?;
                Ok(filter.is_none_or(|filter| filter.check(text)))
            };
            for filter in filters {
                if filter.may_pass(metadata.row_group(group), &mut contains)? {
                    kept.push(group);
                    break;
                }
            }
        }
        Ok(kept)
    }

    /// Row groups that may have one of the traces, by bounds first and bloom filter second.
    fn groups_with(&self, builder: &Builder, ids: &TraceIds) -> Result<Vec<usize>, PieceError> {
        let metadata = self.segment.footer.metadata();
        let column = self.trace_id_leaf();
        let mut kept = Vec::new();
        for &group in &self.groups {
            let bounds = metadata
                .row_group(group)
                .column(column)
                .statistics()
                .and_then(|statistics| Some((statistics.min_bytes_opt()?, statistics.max_bytes_opt()?)));
            let candidates = bounds.map_or(&ids.sorted[..], |(first, last)| ids.between(first, last));
            if candidates.is_empty() {
                continue;
            }
            let found = match builder.get_row_group_column_bloom_filter(group, column)? {
                Some(filter) => candidates.iter().any(|id| filter.check(id.0.as_slice())),
                None => true,
            };
            if found {
                kept.push(group);
            }
        }
        Ok(kept)
    }

    fn trace_id_leaf(&self) -> usize {
        let columns = self.segment.footer.parquet_schema().columns();
        columns.iter().position(|column| column.path().string() == TRACE_ID).unwrap_or_default()
    }

    fn only(&self, ids: &Arc<TraceIds>) -> Box<dyn ArrowPredicate> {
        let mask = ProjectionMask::leaves(self.segment.footer.parquet_schema(), [self.trace_id_leaf()]);
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
