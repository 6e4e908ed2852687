//! Reading the rows of selected streams.

use std::sync::Arc;

use arrow::array::{Array as _, AsArray as _, MapArray, RecordBatch, StringArray, TimestampNanosecondArray};
use arrow::datatypes::TimestampNanosecondType;
use model::{TimeRange, TimestampNanos};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReaderBuilder, RowSelection};
use segment::{Error, SegmentReader};

use super::{STREAMS_NOTE, StreamEntry};
use crate::batch::{LogBatch, MetadataWriter, Stream};

const BATCH_ROWS: usize = 4 << 10;

/// A stream of a segment and its rows there.
#[derive(Debug, Clone)]
pub(crate) struct SegmentStream {
    pub text: String,
    pub first_row: u64,
    pub rows: u64,
    pub first: TimestampNanos,
    pub last: TimestampNanos,
}

/// One row on its way to the query.
#[derive(Debug)]
pub(crate) struct SegmentRow<'a> {
    /// Index into the streams that were asked for.
    pub stream: usize,
    pub timestamp: TimestampNanos,
    pub line: &'a str,
    columns: &'a Columns<'a>,
    at: usize,
}

#[derive(Debug)]
struct Columns<'a> {
    timestamps: &'a TimestampNanosecondArray,
    lines: &'a StringArray,
    metadata: &'a MapArray,
    names: &'a StringArray,
    values: &'a StringArray,
}

impl SegmentRow<'_> {
    /// The pairs of structured metadata.
    pub(crate) fn metadata(&self) -> impl Iterator<Item = (&str, &str)> {
        let offsets = self.columns.metadata.value_offsets();
        let all = offsets[self.at] as usize..offsets[self.at + 1] as usize;
        let range = if self.columns.metadata.is_null(self.at) { 0..0 } else { all };
        range.map(|at| (self.columns.names.value(at), self.columns.values.value(at)))
    }
}

/// The segment's stream table.
pub(crate) fn streams(reader: &SegmentReader) -> Result<Vec<SegmentStream>, Error> {
    let notes = reader.footer.metadata().file_metadata().key_value_metadata();
    let note = notes.and_then(|notes| notes.iter().find(|note| note.key == STREAMS_NOTE)?.value.as_deref());
    let malformed = |why: &str| segment::SchemaError(format!("{}: stream table: {why}", reader.meta.path));
    let table: Vec<StreamEntry> = serde_json::from_str(note.ok_or_else(|| malformed("missing"))?)
        .map_err(|error| malformed(&error.to_string()))?;
    Ok(table
        .into_iter()
        .map(|StreamEntry(text, first_row, rows, first, last)| SegmentStream {
            text,
            first_row,
            rows,
            first: TimestampNanos(first),
            last: TimestampNanos(last),
        })
        .collect())
}

/// Reads the whole segment; `intern` turns label text into a shared stream.
pub(crate) fn load(
    reader: SegmentReader,
    intern: impl Fn(&str) -> Result<Arc<Stream>, segment::SchemaError>,
) -> Result<LogBatch, Error> {
    let table = streams(&reader)?;
    let mut batch = LogBatch::default();
    for entry in &table {
        batch.add_stream(intern(&entry.text)?);
    }
    let mut metadata = MetadataWriter::default();
    read(reader, &table, TimeRange::ALL, |row| {
        metadata.clear();
        row.metadata().for_each(|(name, value)| metadata.push(name, value));
        batch.push(row.stream as u32, row.timestamp, row.line.as_bytes(), metadata.bytes());
        true
    })?;
    batch.shrink();
    Ok(batch)
}

/// Hands the rows of `wanted` (in the order of the stream table) that lie in `range` to `each`, until it says stop.
pub(crate) fn read(
    reader: SegmentReader,
    wanted: &[SegmentStream],
    range: TimeRange,
    mut each: impl FnMut(&SegmentRow<'_>) -> bool,
) -> Result<(), Error> {
    let total: u64 = reader.meta.rows;
    let ranges = wanted
        .iter()
        .map(|stream| stream.first_row as usize..(stream.first_row + stream.rows).min(total) as usize);
    let selection = RowSelection::from_consecutive_ranges(ranges, total as usize);
    let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(reader.file, reader.footer);
    let mask =
        ProjectionMask::columns(builder.parquet_schema(), ["timestamp", "line", "structured_metadata"]);
    let batches =
        builder.with_projection(mask).with_row_selection(selection).with_batch_size(BATCH_ROWS).build()?;
    let mut cursor = Cursor { wanted, stream: 0, row: wanted.first().map_or(0, |stream| stream.first_row) };
    for batch in batches {
        if !cursor.visit(&batch?, range, &mut each)? {
            break;
        }
    }
    Ok(())
}

/// Knows which stream and row the next selected row is.
struct Cursor<'a> {
    wanted: &'a [SegmentStream],
    stream: usize,
    row: u64,
}

impl Cursor<'_> {
    fn visit(
        &mut self,
        batch: &RecordBatch,
        range: TimeRange,
        each: &mut impl FnMut(&SegmentRow<'_>) -> bool,
    ) -> Result<bool, Error> {
        let columns = columns(batch)?;
        for at in 0..batch.num_rows() {
            while self.wanted.get(self.stream).is_some_and(|s| self.row >= s.first_row + s.rows) {
                self.stream += 1;
                self.row = self.wanted.get(self.stream).map_or(0, |stream| stream.first_row);
            }
            let timestamp = TimestampNanos(columns.timestamps.value(at));
            self.row += 1;
            if !range.contains(timestamp) {
                continue;
            }
            let line = columns.lines.value(at);
            if !each(&SegmentRow { stream: self.stream, timestamp, line, columns: &columns, at }) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

fn columns(batch: &RecordBatch) -> Result<Columns<'_>, Error> {
    let column = |name: &str| {
        batch.column_by_name(name).ok_or_else(|| segment::SchemaError(format!("column {name} is missing")))
    };
    let wrong = || segment::SchemaError("a column has an unexpected type".to_owned());
    let metadata = column("structured_metadata")?.as_map_opt().ok_or_else(wrong)?;
    Ok(Columns {
        timestamps: column("timestamp")?.as_primitive_opt::<TimestampNanosecondType>().ok_or_else(wrong)?,
        lines: column("line")?.as_string_opt().ok_or_else(wrong)?,
        metadata,
        names: Arc::as_ref(metadata.keys()).as_string_opt().ok_or_else(wrong)?,
        values: Arc::as_ref(metadata.values()).as_string_opt().ok_or_else(wrong)?,
    })
}
