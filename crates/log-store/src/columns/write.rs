//! Sorting the rows of a head and writing them.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, MapBuilder, MapFieldNames, RecordBatch, StringBuilder, StringDictionaryBuilder,
    TimestampNanosecondArray,
};
use arrow::datatypes::{DataType, Field, FieldRef, Schema, UInt32Type};
use model::TimestampNanos;
use parquet::basic::{Compression, Encoding as Coded, ZstdLevel};
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesBuilder};
use parquet::schema::types::ColumnPath;
use segment::{Error, Part, PartWriter, PartitionHour, SchemaError, SealContext};

use super::index::{FieldNote, NOTE, Note, StreamEntry};
use super::metadata::MetadataShredder;
use super::shred::Shredder;
use super::typed::{Built, Encoding, Order, Values};
use super::words::{Words, WordsEntry};
use super::{FIELD_PREFIX, METADATA_PREFIX, names};
use crate::batch::{LogBatch, Row};

const ROW_GROUP_ROWS: usize = 64 << 10;
/// Small pages let a reader skip what it does not need.
const PAGE_ROWS: usize = 8 << 10;
/// Differences have to be added up from the start of the page, and do not compress better in larger ones.
const DELTA_PAGE_ROWS: usize = 1 << 10;
const ZSTD_LEVEL: i32 = 3;

/// Where a row is: its stream's rank, its time, its batch and its place there.
type Key = (u32, i64, u32, u32);

pub(crate) fn write(
    batches: &[Arc<LogBatch>],
    context: &SealContext,
    emit: &mut dyn FnMut(Part) -> Result<(), Error>,
) -> Result<(), Error> {
    let (texts, keys) = sorted(batches);
    let mut by_hour: BTreeMap<PartitionHour, Vec<Key>> = BTreeMap::new();
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
    let mut columns = Columns::default();
    let mut note = Note { streams: stream_table(batches, texts, keys), ..Note::default() };
    let order = order(keys);
    columns.base(texts, keys, &order)?;
    lines(batches, keys, &order, (&mut columns, &mut note))?;
    metadata(batches, keys, &order, (&mut columns, &mut note))?;
    let first = note.streams.iter().map(|entry| entry.3).min().unwrap_or_default();
    let last = note.streams.iter().map(|entry| entry.4).max().unwrap_or_default();
    let Columns { fields, arrays, properties, words } = columns;
    let schema = Arc::new(Schema::new(fields));
    let rows = RecordBatch::try_new(Arc::clone(&schema), arrays)?;
    let mut writer = PartWriter::new(context, hour, schema, properties.0.build())?;
    writer.write(&rows)?;
    for (column, words) in words {
        if let Some((filter, longest)) = words.finish()? {
            let offset = writer.attach(&filter)?;
            note.words.push(WordsEntry { column, offset, bytes: filter.len(), longest });
        }
    }
    let note = serde_json::to_string(&note).map_err(|error| SchemaError(error.to_string()))?;
    writer.note(NOTE, note);
    writer.finish(TimestampNanos(first), TimestampNanos(last))
}

fn order(keys: &[Key]) -> Order {
    let mut order = Order { times: keys.iter().map(|key| key.1).collect(), ends: Vec::new() };
    let mut end = 0;
    for stream in keys.chunk_by(|a, b| a.0 == b.0) {
        end += stream.len() as u32;
        order.ends.push(end);
    }
    order
}

fn stream_table(batches: &[Arc<LogBatch>], texts: &[&str], keys: &[Key]) -> Vec<StreamEntry> {
    let mut row_number = 0;
    let mut table = Vec::new();
    for stream in keys.chunk_by(|a, b| a.0 == b.0) {
        let (first, last) = (stream[0], stream[stream.len() - 1]);
        let rows = stream.len() as u64;
        let bytes = stream.iter().map(|key| row(batches, key).line.len() as u64).sum();
        table.push(StreamEntry(texts[first.0 as usize].to_owned(), row_number, rows, first.1, last.1, bytes));
        row_number += rows;
    }
    table
}

/// The columns `template`, `line` and one per field.
fn lines(
    batches: &[Arc<LogBatch>],
    keys: &[Key],
    order: &Order,
    (columns, note): (&mut Columns, &mut Note),
) -> Result<(), Error> {
    let bytes = note.streams.iter().map(|entry| entry.5 as usize).sum();
    let mut shredder = Shredder::new(keys.len());
    let mut values: Vec<Values> = Vec::new();
    let mut templates: Vec<Option<u32>> = Vec::with_capacity(keys.len());
    let mut whole = StringBuilder::new();
    let mut words: Option<Words> = None;
    for (at, line) in keys.iter().map(|key| row(batches, key).line).enumerate() {
        let Some(shredded) = shredder.shred(line) else {
            templates.push(None);
            words.get_or_insert_with(|| Words::new(bytes)).add(line);
            whole.append_value(std::str::from_utf8(line).map_err(|_| {
                SchemaError("a line is not UTF-8 although it was checked on the way in".to_owned())
            })?);
            note.whole_lines += 1;
            continue;
        };
        whole.append_null();
        templates.push(Some(shredded.template));
        let fields = shredded.fields.iter().max().map_or(0, |field| *field as usize + 1);
        if values.len() < fields {
            values.resize_with(fields, Values::default);
        }
        for (field, cut) in shredded.fields.iter().zip(shredded.cuts) {
            values[*field as usize].push(at, cut.of(line));
        }
    }
    note.templates = shredder.templates().map(str::to_owned).collect();
    columns.texts(names::TEMPLATE, &note.templates, &templates)?;
    columns.words.extend(words.map(|words| (names::LINE.to_owned(), words)));
    columns.push(names::LINE, Arc::new(whole.finish()), Encoding::Texts);
    for (name, values) in shredder.fields().iter().zip(values) {
        note.fields.push(columns.field(FIELD_PREFIX, name, values.build(order)));
    }
    Ok(())
}

/// The columns `metadata_names`, `structured_metadata` and one per name.
fn metadata(
    batches: &[Arc<LogBatch>],
    keys: &[Key],
    order: &Order,
    (columns, note): (&mut Columns, &mut Note),
) -> Result<(), Error> {
    let mut shredder = MetadataShredder::new(keys.len());
    let mut map = map_builder();
    let mut sets: Vec<Option<u32>> = Vec::with_capacity(keys.len());
    for (at, key) in keys.iter().enumerate() {
        let metadata = row(batches, key).metadata;
        let set = if metadata.is_empty() { None } else { shredder.shred(at, metadata) };
        let is_mapped = set.is_none() && !metadata.is_empty();
        if is_mapped {
            note.mapped_metadata += 1;
            for (name, value) in metadata.iter() {
                map.keys().append_value(name);
                map.values().append_value(value);
            }
        }
        map.append(is_mapped)?;
        sets.push(set);
    }
    let (name_sets, fields) = shredder.finish();
    columns.texts(names::METADATA_NAMES, &name_sets, &sets)?;
    columns.push(names::METADATA, Arc::new(map.finish()), Encoding::Texts);
    for (name, values) in fields {
        note.metadata.push(columns.field(METADATA_PREFIX, &name, values.build(order)));
    }
    Ok(())
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

/// Columns in the making.
#[derive(Default)]
struct Columns {
    fields: Vec<FieldRef>,
    arrays: Vec<ArrayRef>,
    properties: Properties,
    words: Vec<(String, Words)>,
}

impl Columns {
    /// The columns `labels` and `timestamp`.
    fn base(&mut self, texts: &[&str], keys: &[Key], order: &Order) -> Result<(), Error> {
        let ranks: Vec<Option<u32>> = keys.iter().map(|key| Some(key.0)).collect();
        self.texts(names::LABELS, texts, &ranks)?;
        let timestamps = TimestampNanosecondArray::from_iter_values(order.times.iter().copied());
        self.push(names::TIMESTAMP, Arc::new(timestamps.with_timezone("UTC")), Encoding::Delta);
        Ok(())
    }

    /// A dictionary column; only texts that occur get into the dictionary.
    fn texts(&mut self, name: &str, texts: &[impl AsRef<str>], rows: &[Option<u32>]) -> Result<(), Error> {
        let mut builder = StringDictionaryBuilder::<UInt32Type>::new();
        for run in rows.chunk_by(|a, b| a == b) {
            match run[0] {
                None => builder.append_nulls(run.len()),
                Some(at) => builder.append_values(texts[at as usize].as_ref(), run.len()),
            }
        }
        self.push(name, Arc::new(builder.finish()), Encoding::Dictionary);
        Ok(())
    }

    fn field(&mut self, prefix: &str, name: &str, built: Built) -> FieldNote {
        let Built { array, kind, encoding, stats, words, zones } = built;
        let column = format!("{prefix}{name}");
        if let Some(array) = array {
            self.push(&column, array, encoding);
        }
        self.words.extend(words.map(|words| (column, words)));
        FieldNote { name: name.to_owned(), kind, stats, zones }
    }

    fn push(&mut self, name: &str, array: ArrayRef, encoding: Encoding) {
        let is_nullable = !matches!(name, names::LABELS | names::TIMESTAMP);
        self.properties.set(name, encoding, array.len());
        self.fields.push(Arc::new(Field::new(name, array.data_type().clone(), is_nullable)));
        self.arrays.push(array);
    }
}

struct Properties(WriterPropertiesBuilder);

impl Default for Properties {
    fn default() -> Self {
        let zstd = ZstdLevel::try_new(ZSTD_LEVEL).unwrap_or_default();
        let builder = WriterProperties::builder()
            .set_compression(Compression::ZSTD(zstd))
            .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
            .set_data_page_row_count_limit(PAGE_ROWS)
            .set_write_batch_size(DELTA_PAGE_ROWS)
            .set_statistics_enabled(EnabledStatistics::None);
        Self(builder)
    }
}

impl Properties {
    fn set(&mut self, name: &str, encoding: Encoding, rows: usize) {
        let path = || ColumnPath::new(vec![name.to_owned()]);
        let mut builder = std::mem::take(self).0;
        builder = match encoding {
            Encoding::Dictionary => builder,
            // Differences are bit-packed: there is little left to compress, and much to skip.
            Encoding::Delta => builder
                .set_column_dictionary_enabled(path(), false)
                .set_column_encoding(path(), Coded::DELTA_BINARY_PACKED)
                .set_column_compression(path(), Compression::UNCOMPRESSED)
                .set_column_data_page_row_count_limit(path(), DELTA_PAGE_ROWS)
                .set_column_statistics_enabled(path(), EnabledStatistics::Chunk),
            Encoding::Unique => builder
                .set_column_dictionary_enabled(path(), false)
                .set_column_compression(path(), Compression::UNCOMPRESSED)
                .set_column_bloom_filter_enabled(path(), true)
                .set_column_bloom_filter_fpp(path(), 0.01)
                .set_column_bloom_filter_max_ndv(path(), rows.min(ROW_GROUP_ROWS) as u64),
            Encoding::Texts => builder
                .set_column_dictionary_enabled(path(), false)
                .set_column_encoding(path(), Coded::DELTA_LENGTH_BYTE_ARRAY),
        };
        self.0 = builder;
    }
}
