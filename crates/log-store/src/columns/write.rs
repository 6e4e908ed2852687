//! Sorting the rows of a head and writing them.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, MapBuilder, MapFieldNames, RecordBatch, StringBuilder, StringDictionaryBuilder,
    TimestampNanosecondBuilder,
};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit, UInt32Type};
use model::TimestampNanos;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::file::properties::WriterProperties;
use parquet::schema::types::ColumnPath;
use segment::{Error, Part, PartWriter, PartitionHour, SealContext};

use super::{STREAMS_NOTE, StreamEntry};
use crate::batch::{LogBatch, Row};

const ROW_GROUP_ROWS: usize = 64 << 10;
const BATCH_ROWS: usize = 8 << 10;
const ZSTD_LEVEL: i32 = 3;

/// Where a row is: its stream's rank, its time, its batch and its place there.
type Key = (u32, i64, u32, u32);

pub(crate) fn write(
    batches: &[Arc<LogBatch>],
    context: &SealContext,
    emit: &mut dyn FnMut(Part) -> Result<(), Error>,
) -> Result<(), Error> {
    let (texts, keys) = sorted(batches);
    let mut by_hour: std::collections::BTreeMap<PartitionHour, Vec<Key>> = std::collections::BTreeMap::new();
    for key in keys {
        by_hour.entry(PartitionHour::of(TimestampNanos(key.1))).or_default().push(key);
    }
    for (hour, keys) in by_hour {
        emit(write_part(batches, &texts, hour, &keys, context)?)?;
    }
    Ok(())
}

/// All rows ordered by (labels, time, arrival) without exact duplicates, and the label texts by rank.
fn sorted(batches: &[Arc<LogBatch>]) -> (Vec<&str>, Vec<Key>) {
    let mut texts: Vec<&str> =
        batches.iter().flat_map(|batch| batch.streams.iter().map(|stream| &*stream.text)).collect();
    texts.sort_unstable();
    texts.dedup();
    let rank: ahash::HashMap<&str, u32> = texts.iter().zip(0..).map(|(text, at)| (*text, at)).collect();
    let mut keys: Vec<Key> = Vec::with_capacity(batches.iter().map(|batch| batch.len()).sum());
    for (batch, at) in batches.iter().zip(0..) {
        let ranks: Vec<u32> = batch.streams.iter().map(|stream| rank[&*stream.text]).collect();
        let rows = batch.stream.iter().zip(&batch.timestamp).zip(0..);
        keys.extend(rows.map(|((stream, time), row)| (ranks[*stream as usize], *time, at, row)));
    }
    keys.sort_unstable();
    drop_duplicates(batches, &mut keys);
    (texts, keys)
}

/// Drops rows that equal an earlier one of the same stream and time.
fn drop_duplicates(batches: &[Arc<LogBatch>], keys: &mut Vec<Key>) {
    let same_moment = |a: &Key, b: &Key| (a.0, a.1) == (b.0, b.1);
    if !keys.windows(2).any(|pair| same_moment(&pair[0], &pair[1])) {
        return;
    }
    let mut kept: Vec<Key> = Vec::with_capacity(keys.len());
    for moment in keys.chunk_by(same_moment) {
        let mut seen = ahash::HashSet::default();
        kept.extend(moment.iter().filter(|key| {
            let row = row(batches, key);
            seen.insert((row.line, row.metadata.as_bytes()))
        }));
    }
    *keys = kept;
}

fn row<'a>(batches: &'a [Arc<LogBatch>], key: &Key) -> Row<'a> {
    batches[key.2 as usize].row(key.3 as usize)
}

fn write_part(
    batches: &[Arc<LogBatch>],
    texts: &[&str],
    hour: PartitionHour,
    keys: &[Key],
    context: &SealContext,
) -> Result<Part, Error> {
    let schema = schema();
    let mut writer = PartWriter::new(context, hour, Arc::clone(&schema), properties())?;
    for chunk in keys.chunks(BATCH_ROWS) {
        writer.write(&record_batch(batches, texts, chunk, &schema)?)?;
    }
    let table = stream_table(texts, keys);
    let first = table.iter().map(|entry| entry.3).min().unwrap_or_default();
    let last = table.iter().map(|entry| entry.4).max().unwrap_or_default();
    let note = serde_json::to_string(&table).map_err(|error| segment::SchemaError(error.to_string()))?;
    writer.note(STREAMS_NOTE, note);
    writer.finish(TimestampNanos(first), TimestampNanos(last))
}

fn stream_table(texts: &[&str], keys: &[Key]) -> Vec<StreamEntry> {
    let mut row = 0;
    let mut table = Vec::new();
    for stream in keys.chunk_by(|a, b| a.0 == b.0) {
        let (first, last) = (stream[0], stream[stream.len() - 1]);
        let rows = stream.len() as u64;
        table.push(StreamEntry(texts[first.0 as usize].to_owned(), row, rows, first.1, last.1));
        row += rows;
    }
    table
}

fn record_batch(
    batches: &[Arc<LogBatch>],
    texts: &[&str],
    keys: &[Key],
    schema: &SchemaRef,
) -> Result<RecordBatch, Error> {
    let mut labels = StringDictionaryBuilder::<UInt32Type>::new();
    let mut timestamps = TimestampNanosecondBuilder::with_capacity(keys.len());
    let mut lines = StringBuilder::new();
    let mut metadata = map_builder();
    for key in keys {
        let row = row(batches, key);
        labels.append_value(texts[key.0 as usize]);
        timestamps.append_value(row.timestamp.0);
        lines.append_value(std::str::from_utf8(row.line).map_err(|_| {
            segment::SchemaError("a line is not UTF-8 although it was checked on the way in".to_owned())
        })?);
        for (name, value) in row.metadata.iter() {
            metadata.keys().append_value(name);
            metadata.values().append_value(value);
        }
        metadata.append(!row.metadata.is_empty())?;
    }
    let columns: Vec<ArrayRef> = vec![
        Arc::new(labels.finish()),
        Arc::new(timestamps.finish().with_timezone("UTC")),
        Arc::new(lines.finish()),
        Arc::new(metadata.finish()),
    ];
    Ok(RecordBatch::try_new(Arc::clone(schema), columns)?)
}

fn map_builder() -> MapBuilder<StringBuilder, StringBuilder> {
    let names =
        MapFieldNames { entry: "entries".to_owned(), key: "key".to_owned(), value: "value".to_owned() };
    MapBuilder::new(Some(names), StringBuilder::new(), StringBuilder::new()).with_values_field(Field::new(
        "value",
        DataType::Utf8,
        false,
    ))
}

fn schema() -> SchemaRef {
    let entries = Field::new(
        "entries",
        DataType::Struct(
            vec![Field::new("key", DataType::Utf8, false), Field::new("value", DataType::Utf8, false)].into(),
        ),
        false,
    );
    let label_type = DataType::Dictionary(Box::new(DataType::UInt32), Box::new(DataType::Utf8));
    Arc::new(Schema::new(vec![
        Field::new("labels", label_type, false),
        Field::new("timestamp", DataType::Timestamp(TimeUnit::Nanosecond, Some("UTC".into())), false),
        Field::new("line", DataType::Utf8, false),
        Field::new("structured_metadata", DataType::Map(Arc::new(entries), false), true),
    ]))
}

fn properties() -> WriterProperties {
    let zstd = ZstdLevel::try_new(ZSTD_LEVEL).unwrap_or_default();
    WriterProperties::builder()
        .set_compression(Compression::ZSTD(zstd))
        .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
        .set_column_encoding(ColumnPath::from("timestamp"), Encoding::DELTA_BINARY_PACKED)
        .set_column_dictionary_enabled(ColumnPath::from("timestamp"), false)
        .set_column_dictionary_enabled(ColumnPath::from("line"), false)
        .build()
}
