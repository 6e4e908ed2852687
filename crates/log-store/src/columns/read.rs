//! Reading columns of chosen rows.

use std::ops::Range;
use std::sync::Arc;

use model::{TimeRange, TimestampNanos};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder, RowSelection};
use segment::{Error, SchemaError, SegmentReader};

use super::index::{SegmentIndex, SegmentStream};
use super::rows::{Pairs, RowBuffer, Rows};
use crate::batch::{LogBatch, MetadataWriter, Stream};

/// Rows of a batch.
const BATCH_ROWS: usize = 8 << 10;

/// Which columns are read.
#[derive(Debug, Clone)]
pub(crate) enum Projection {
    All,
    Some(Vec<String>),
}

/// Reads `rows` (ascending, apart from each other) of some columns.
pub(crate) fn record_batches(
    reader: SegmentReader,
    projection: &Projection,
    rows: impl Iterator<Item = Range<usize>>,
) -> Result<ParquetRecordBatchReader, Error> {
    let total = reader.meta.rows as usize;
    let clipped = rows.map(|rows| rows.start.min(total)..rows.end.min(total));
    let selection = RowSelection::from_consecutive_ranges(clipped, total);
    let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(reader.file, reader.footer);
    let mask = match projection {
        Projection::All => ProjectionMask::all(),
        Projection::Some(columns) => {
            // By position: a dot in a name would be taken for a path.
            let schema = builder.parquet_schema().root_schema().get_fields();
            let is_wanted = |at: &usize| columns.iter().any(|column| column == schema[*at].name());
            ProjectionMask::roots(builder.parquet_schema(), (0..schema.len()).filter(is_wanted))
        }
    };
    Ok(builder.with_projection(mask).with_row_selection(selection).with_batch_size(BATCH_ROWS).build()?)
}

/// One row on its way to the query.
#[derive(Debug)]
pub(crate) struct SegmentRow<'a> {
    /// Index into the streams that were asked for.
    pub stream: usize,
    pub timestamp: TimestampNanos,
    pub line: &'a str,
    pub metadata: Pairs<'a>,
}

/// Hands the rows of `wanted` (in the order of the index) that lie in `range` to `each`, until it says stop.
pub(crate) fn read_rows(
    reader: SegmentReader,
    index: &SegmentIndex,
    wanted: &[SegmentStream],
    range: TimeRange,
    mut each: impl FnMut(SegmentRow<'_>) -> bool,
) -> Result<(), Error> {
    let ranges =
        wanted.iter().map(|stream| stream.first_row as usize..(stream.first_row + stream.rows) as usize);
    let mut buffer = RowBuffer::default();
    let mut cursor = Cursor { wanted, stream: 0, row: wanted.first().map_or(0, |stream| stream.first_row) };
    for batch in record_batches(reader, &Projection::All, ranges)? {
        let batch = batch?;
        let rows = Rows::new(&batch, index)?;
        for at in 0..batch.num_rows() {
            let stream = cursor.next_row();
            let timestamp = TimestampNanos(rows.timestamp(at));
            if !range.contains(timestamp) {
                continue;
            }
            let (line, metadata) = rows.row(at, &mut buffer);
            if !each(SegmentRow { stream, timestamp, line, metadata }) {
                return Ok(());
            }
        }
    }
    Ok(())
}

/// Knows which stream the next selected row is of.
struct Cursor<'a> {
    wanted: &'a [SegmentStream],
    stream: usize,
    row: u64,
}

impl Cursor<'_> {
    fn next_row(&mut self) -> usize {
        while self.wanted.get(self.stream).is_some_and(|s| self.row >= s.first_row + s.rows) {
            self.stream += 1;
            self.row = self.wanted.get(self.stream).map_or(0, |stream| stream.first_row);
        }
        self.row += 1;
        self.stream
    }
}

/// Reads the whole segment; `intern` turns label text into a shared stream.
pub(crate) fn load(
    reader: SegmentReader,
    intern: impl Fn(&str) -> Result<Arc<Stream>, SchemaError>,
) -> Result<LogBatch, Error> {
    let index = SegmentIndex::read(&reader, intern)?;
    let mut batch = LogBatch::default();
    for entry in &index.streams {
        batch.add_stream(Arc::clone(&entry.stream));
    }
    let mut metadata = MetadataWriter::default();
    read_rows(reader, &index, &index.streams, TimeRange::ALL, |row| {
        metadata.clear();
        row.metadata.iter().for_each(|(name, value)| metadata.push(name, value));
        batch.push(row.stream as u32, row.timestamp, row.line.as_bytes(), metadata.bytes());
        true
    })?;
    batch.shrink();
    Ok(batch)
}
