//! Reads some row groups of one segment, leaving out what cannot be wanted.

use std::sync::Arc;

use arrow::array::{AsArray as _, BooleanArray, RecordBatch};
use arrow::error::ArrowError;
use model::TraceId;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowPredicateFn, ParquetRecordBatchReaderBuilder, RowFilter};

use super::{OpenSegment, RowIndices, SharedFile, TraceIds, Wanted};
use crate::batch::{BatchBuilder, SpanBatch};
use crate::columns::{TRACE_ID, decode_into};
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

/// Some row groups of a segment.
pub(super) struct Piece {
    pub segment: OpenSegment,
    pub groups: Vec<usize>,
    pub wanted: Wanted,
    pub guard: Arc<Guard>,
}

impl Piece {
    /// Lets `step` see the wanted rows.
    pub(super) fn visit<T>(
        &self,
        value: &mut T,
        step: &impl Fn(&mut T, &SpanBatch, RowIndices<'_>),
    ) -> Result<(), PieceError> {
        let footer = self.segment.footer.clone();
        let mut builder =
            ParquetRecordBatchReaderBuilder::new_with_metadata(self.segment.file.clone(), footer);
        let mut groups = self.groups.clone();
        if let Some(ids) = &self.wanted.traces {
            groups = self.groups_with(&builder, ids)?;
            builder = builder.with_row_filter(self.only(ids));
        }
        if groups.is_empty() {
            return Ok(());
        }
        let mask = self.wanted.columns.projection(self.segment.footer.parquet_schema());
        let metadata = Arc::clone(self.segment.footer.metadata());
        let bytes: i64 = groups.iter().map(|at| metadata.row_group(*at).compressed_size()).sum();
        self.guard.count(0, usize::try_from(bytes).unwrap_or(0));
        let reader =
            builder.with_row_groups(groups).with_projection(mask).with_batch_size(BATCH_ROWS).build()?;
        for records in reader {
            self.guard.check().map_err(PieceError::Query)?;
            let records = records?;
            let mut rows = BatchBuilder::default();
            decode_into(&mut rows, &records)?;
            let batch = rows.finish();
            self.guard.count(batch.rows.len(), 0);
            step(value, &batch, &mut (0..batch.rows.len()));
        }
        Ok(())
    }

    /// Row groups that may have one of the traces, by bounds first and bloom filter second.
    fn groups_with(
        &self,
        builder: &ParquetRecordBatchReaderBuilder<SharedFile>,
        ids: &TraceIds,
    ) -> Result<Vec<usize>, PieceError> {
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

    fn only(&self, ids: &Arc<TraceIds>) -> RowFilter {
        let mask = ProjectionMask::leaves(self.segment.footer.parquet_schema(), [self.trace_id_leaf()]);
        let ids = Arc::clone(ids);
        let predicate = ArrowPredicateFn::new(mask, move |records: RecordBatch| {
            let column = records.column(0).as_fixed_size_binary();
            let wanted =
                column.iter().map(|id| id.and_then(TraceId::from_slice).is_some_and(|id| ids.contains(id)));
            Ok(BooleanArray::from(wanted.collect::<Vec<bool>>()))
        });
        RowFilter::new(vec![Box::new(predicate)])
    }
}
