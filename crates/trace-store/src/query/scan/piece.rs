//! Some row groups of one segment: what a task reads.

use std::sync::Arc;

use arrow::error::ArrowError;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::pushdown::BoundFilter;
use super::{OpenSegment, SharedFile, TraceIds};
use crate::columns::TRACE_ID;
use crate::query::{Guard, QueryError};

/// Why a piece was not read to its end.
pub(crate) enum PieceError {
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

impl From<QueryError> for PieceError {
    fn from(error: QueryError) -> Self {
        Self::Query(error)
    }
}

impl From<traceql::EvalError> for PieceError {
    fn from(error: traceql::EvalError) -> Self {
        Self::Query(error.into())
    }
}

/// Some row groups of a segment.
pub(crate) struct Piece<W> {
    /// The segment's index among the sources.
    pub number: usize,
    pub segment: OpenSegment,
    pub way: Arc<W>,
    pub groups: Vec<usize>,
    pub guard: Arc<Guard>,
}

pub(super) type Builder = ParquetRecordBatchReaderBuilder<SharedFile>;

impl OpenSegment {
    /// A reader to be told what to read.
    pub(crate) fn builder(&self) -> Builder {
        Builder::new_with_metadata(self.file.clone(), self.footer.clone())
    }

    pub(super) fn trace_id_leaf(&self) -> usize {
        let columns = self.footer.parquet_schema().columns();
        columns.iter().position(|column| column.path().string() == TRACE_ID).unwrap_or_default()
    }
}

impl<W> Piece<W> {
    /// Counts row groups as read.
    pub(crate) fn count_bytes(&self, groups: &[usize]) {
        let metadata = self.segment.footer.metadata();
        let bytes: i64 = groups.iter().map(|at| metadata.row_group(*at).compressed_size()).sum();
        self.guard.count(0, usize::try_from(bytes).unwrap_or(0));
    }

    /// Row groups in which some filter may let a row pass.
    pub(crate) fn groups_passing(
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
    pub(super) fn groups_with(&self, builder: &Builder, ids: &TraceIds) -> Result<Vec<usize>, PieceError> {
        let metadata = self.segment.footer.metadata();
        let column = self.segment.trace_id_leaf();
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
}
