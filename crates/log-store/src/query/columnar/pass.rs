//! One way through the columns of a segment, a batch at a time.

use std::ops::Range;

use arrow::array::{AsArray as _, RecordBatch};
use arrow::datatypes::TimestampNanosecondType;
use segment::{Error, SchemaError, SegmentReader};

use crate::columns::{Projection, names, record_batches};
use crate::query::budget::QueryError;
use crate::query::sources::SegmentRows;

/// Neighbouring rows of a stream.
#[derive(Debug, Clone)]
pub(super) struct Piece {
    /// Among the streams of the source.
    pub stream: usize,
    pub rows: Range<usize>,
}

/// The part of a piece that lies in a batch.
#[derive(Debug, Clone)]
pub(super) struct Run {
    pub stream: usize,
    /// In the batch.
    pub at: Range<usize>,
    /// The row in the segment that is `at.start` in the batch.
    pub row: usize,
}

/// The rows of the chosen streams, without row groups that are known to have nothing.
pub(super) fn pieces(source: &SegmentRows, reader: &SegmentReader, groups: Option<&[bool]>) -> Vec<Piece> {
    let streams = source.streams.iter().enumerate().map(|(stream, entry)| {
        let start = entry.first_row as usize;
        Piece { stream, rows: start..start + entry.rows as usize }
    });
    let Some(groups) = groups else { return streams.collect() };
    let mut kept = Vec::new();
    for piece in streams {
        let mut first = 0;
        for (group, wanted) in reader.footer.metadata().row_groups().iter().zip(groups) {
            let end = first + usize::try_from(group.num_rows()).unwrap_or_default();
            let rows = piece.rows.start.max(first)..piece.rows.end.min(end);
            if *wanted && !rows.is_empty() {
                kept.push(Piece { stream: piece.stream, rows });
            }
            first = end;
        }
    }
    kept
}

/// Reads the columns of the pieces; `each` gets a batch and what its rows are.
pub(super) fn read(
    reader: SegmentReader,
    columns: Vec<String>,
    pieces: &[Piece],
    mut each: impl FnMut(&RecordBatch, &[Run]) -> Result<(), QueryError>,
) -> Result<(), QueryError> {
    let mut rest = pieces.iter().map(Clone::clone);
    let mut current = rest.next();
    let ranges = pieces.iter().map(|piece| piece.rows.clone());
    for batch in record_batches(reader, &Projection::Some(columns), ranges)? {
        let batch = batch.map_err(Error::from)?;
        let mut runs = Vec::new();
        let mut at = 0;
        while at < batch.num_rows() {
            let Some(piece) = &mut current else { break };
            let length = piece.rows.len().min(batch.num_rows() - at);
            if length > 0 {
                runs.push(Run { stream: piece.stream, at: at..at + length, row: piece.rows.start });
            }
            at += length;
            piece.rows.start += length;
            if piece.rows.is_empty() {
                current = rest.next();
            }
        }
        each(&batch, &runs)?;
    }
    Ok(())
}

/// The times of a batch's rows.
pub(super) fn times(batch: &RecordBatch) -> Result<&[i64], Error> {
    let times = batch
        .column_by_name(names::TIMESTAMP)
        .and_then(|column| column.as_primitive_opt::<TimestampNanosecondType>())
        .ok_or_else(|| SchemaError("timestamps are missing or have another type".to_owned()))?;
    Ok(times.values())
}
