//! Arrow record batches become rows again. Columns that were not read leave their fields at zero or empty.

mod attributes;
mod lists;

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray as _, BinaryArray, DictionaryArray, FixedSizeBinaryArray, Int32Array,
    Int64Array, RecordBatch, StringArray, TimestampNanosecondArray, UInt32Array,
};
use arrow::datatypes::{DataType, Int32Type};
use arrow::error::ArrowError;
use model::{SpanId, TraceId};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::schema::types::SchemaDescriptor;
use segment::SegmentReader;

pub(crate) use self::attributes::WantedKeys;
use self::attributes::span_attributes;
use self::lists::{event_runs, link_runs};
use super::lists::ArrowResult;
use super::{
    ATTRIBUTE_NAMES, ATTRIBUTES, DROPPED_ATTRIBUTES, DROPPED_EVENTS, DROPPED_LINKS, DURATION, EVENTS, FLAGS,
    KIND, LINKS, NAME, PARENT_SPAN_ID, RESOURCE, SCOPE, SPAN_ID, SPAN_PREFIX, START_TIME, STATUS_CODE,
    STATUS_MESSAGE, TRACE_ID, TRACE_STATE,
};
use crate::batch::{BatchBuilder, SpanBatch, SpanRow, StringId};

/// Which columns a query needs; ids and times are always read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Columns {
    pub name: bool,
    pub kind: bool,
    pub status: bool,
    pub resource: bool,
    pub scope: bool,
    pub attributes: bool,
    pub events: bool,
    pub links: bool,
    /// Everything else: status message, trace state, flags, dropped counts.
    pub rest: bool,
}

impl Columns {
    pub(crate) const ALL: Self = Self {
        name: true,
        kind: true,
        status: true,
        resource: true,
        scope: true,
        attributes: true,
        events: true,
        links: true,
        rest: true,
    };

    /// What either needs.
    pub(crate) fn and(self, other: Self) -> Self {
        Self {
            name: self.name || other.name,
            kind: self.kind || other.kind,
            status: self.status || other.status,
            resource: self.resource || other.resource,
            scope: self.scope || other.scope,
            attributes: self.attributes || other.attributes,
            events: self.events || other.events,
            links: self.links || other.links,
            rest: self.rest || other.rest,
        }
    }

    /// The same as Parquet's reader wants it.
    pub(crate) fn projection(self, schema: &SchemaDescriptor) -> ProjectionMask {
        self.projection_of(schema, &None, true, true)
    }

    /// The same with only some keys of span attributes; `listed` tells whether one of them may be in the list.
    pub(crate) fn projection_of(
        self,
        schema: &SchemaDescriptor,
        keys: &WantedKeys,
        listed: bool,
        ids: bool,
    ) -> ProjectionMask {
        const REST: [&str; 6] =
            [STATUS_MESSAGE, TRACE_STATE, FLAGS, DROPPED_ATTRIBUTES, DROPPED_EVENTS, DROPPED_LINKS];
        let wanted = |name: &str| match name {
            TRACE_ID | SPAN_ID | PARENT_SPAN_ID => ids,
            START_TIME | DURATION => true,
            NAME => self.name,
            KIND => self.kind,
            STATUS_CODE => self.status,
            RESOURCE => self.resource,
            SCOPE => self.scope,
            ATTRIBUTES => self.attributes && listed,
            ATTRIBUTE_NAMES => self.attributes && keys.is_none(),
            EVENTS => self.events,
            LINKS => self.links,
            other => match other.strip_prefix(SPAN_PREFIX) {
                Some(key) => {
                    let is_wanted = |keys: &Arc<[Box<str>]>| keys.iter().any(|wanted| **wanted == *key);
                    self.attributes && keys.as_ref().is_none_or(is_wanted)
                }
                None => self.rest && REST.contains(&other),
            },
        };
        let roots = schema.root_schema().get_fields().iter().enumerate();
        ProjectionMask::roots(schema, roots.filter(|(_, field)| wanted(field.name())).map(|(at, _)| at))
    }
}

/// Reads a whole segment.
pub(crate) fn load(reader: SegmentReader) -> Result<SpanBatch, segment::Error> {
    let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(reader.file, reader.footer);
    let mask = Columns::ALL.projection(builder.parquet_schema());
    let mut batch = BatchBuilder::default();
    for records in builder.with_projection(mask).build()? {
        decode_into(&mut batch, &records?, &None)?;
    }
    Ok(batch.finish_compact())
}

/// Appends the rows of `records` to `builder`. Of the attributes of spans those of `keys` are enough.
pub(crate) fn decode_into(
    builder: &mut BatchBuilder,
    records: &RecordBatch,
    keys: &WantedKeys,
) -> ArrowResult<()> {
    let first = builder.batch().rows.len();
    let column = |name: &str| records.column_by_name(name);
    // Rows without a resource or scope column still need one to point at.
    let no_resource = builder.resource_from_wire(&[]).map_err(bad_message)?;
    let no_scope = builder.scope_from_wire(&[]).map_err(bad_message)?;
    let empty = SpanRow { resource: no_resource, scope: no_scope, ..SpanRow::default() };
    builder.push_copies(empty, records.num_rows());
    if let Some(ids) = column(TRACE_ID) {
        for (row, id) in builder.rows_from(first).zip(fixed::<16>(ids)?) {
            row.trace_id = TraceId(id.unwrap_or_default());
        }
    }
    if let Some(ids) = column(SPAN_ID) {
        for (row, id) in builder.rows_from(first).zip(fixed::<8>(ids)?) {
            row.span_id = SpanId(id.unwrap_or_default());
        }
    }
    if let Some(ids) = column(PARENT_SPAN_ID) {
        for (row, id) in builder.rows_from(first).zip(fixed::<8>(ids)?) {
            row.parent_span_id = SpanId(id.unwrap_or_default());
        }
    }
    decode_numbers(builder, first, records)?;
    decode_texts(builder, first, records)?;
    if let Some(values) = column(RESOURCE) {
        let known = remapped(values, |array: &BinaryArray, at| builder.resource_from_wire(array.value(at)))?;
        builder.rows_from(first).zip(known).for_each(|(row, id)| row.resource = id.unwrap_or(no_resource));
    }
    if let Some(values) = column(SCOPE) {
        let known = remapped(values, |array: &BinaryArray, at| builder.scope_from_wire(array.value(at)))?;
        builder.rows_from(first).zip(known).for_each(|(row, id)| row.scope = id.unwrap_or(no_scope));
    }
    let runs = span_attributes(builder, records, keys)?;
    builder.rows_from(first).zip(runs).for_each(|(row, run)| row.attributes = run);
    if let Some(lists) = column(EVENTS) {
        let runs = event_runs(builder, lists.as_list_opt().ok_or_else(|| unexpected(EVENTS))?)?;
        builder.rows_from(first).zip(runs).for_each(|(row, run)| row.events = run);
    }
    if let Some(lists) = column(LINKS) {
        let runs = link_runs(builder, lists.as_list_opt().ok_or_else(|| unexpected(LINKS))?)?;
        builder.rows_from(first).zip(runs).for_each(|(row, run)| row.links = run);
    }
    Ok(())
}

/// Puts a value into a row.
type Setter<T> = fn(&mut SpanRow, T);

fn decode_numbers(builder: &mut BatchBuilder, first: usize, records: &RecordBatch) -> ArrowResult<()> {
    let start: &TimestampNanosecondArray =
        typed(records, START_TIME)?.ok_or_else(|| unexpected(START_TIME))?;
    let duration: &Int64Array = typed(records, DURATION)?.ok_or_else(|| unexpected(DURATION))?;
    for (at, row) in builder.rows_from(first).enumerate() {
        row.start = start.value(at);
        row.end = row.start.wrapping_add(duration.value(at));
    }
    let ints: [(&str, Setter<i32>); 2] =
        [(KIND, |row, value| row.kind = value), (STATUS_CODE, |row, value| row.status = value)];
    for (name, set) in ints {
        if let Some(values) = typed::<Int32Array>(records, name)? {
            builder.rows_from(first).zip(values.values()).for_each(|(row, value)| set(row, *value));
        }
    }
    let counts: [(&str, Setter<u32>); 4] = [
        (FLAGS, |row, value| row.flags = value),
        (DROPPED_ATTRIBUTES, |row, value| row.dropped_attributes = value),
        (DROPPED_EVENTS, |row, value| row.dropped_events = value),
        (DROPPED_LINKS, |row, value| row.dropped_links = value),
    ];
    for (name, set) in counts {
        if let Some(values) = typed::<UInt32Array>(records, name)? {
            builder.rows_from(first).zip(values.values()).for_each(|(row, value)| set(row, *value));
        }
    }
    Ok(())
}

fn decode_texts(builder: &mut BatchBuilder, first: usize, records: &RecordBatch) -> ArrowResult<()> {
    let texts: [(&str, Setter<StringId>); 3] = [
        (NAME, |row, id| row.name = id),
        (STATUS_MESSAGE, |row, id| row.status_message = id),
        (TRACE_STATE, |row, id| row.trace_state = id),
    ];
    for (name, set) in texts {
        if let Some(values) = records.column_by_name(name) {
            let ids = text_ids(builder, values)?;
            builder.rows_from(first).zip(ids).for_each(|(row, id)| set(row, id));
        }
    }
    Ok(())
}

/// Ids of a dictionary column of texts; null is the empty text.
fn text_ids(builder: &mut BatchBuilder, values: &ArrayRef) -> ArrowResult<Vec<StringId>> {
    let ids = remapped_texts(builder, values)?;
    Ok(ids.into_iter().map(|id| StringId(id.unwrap_or_default())).collect())
}

/// Ids of a dictionary column of texts.
fn remapped_texts(builder: &mut BatchBuilder, values: &ArrayRef) -> ArrowResult<Vec<Option<u32>>> {
    remapped(values, |array: &StringArray, at| Ok::<_, ArrowError>(builder.text(array.value(at)).0))
}

/// Translates a dictionary column: `add` is asked once per dictionary entry that is used.
fn remapped<A: Array + 'static, E: std::fmt::Display>(
    values: &ArrayRef,
    mut add: impl FnMut(&A, usize) -> Result<u32, E>,
) -> ArrowResult<Vec<Option<u32>>> {
    let dictionary: &DictionaryArray<Int32Type> =
        values.as_dictionary_opt().ok_or_else(|| unexpected("a dictionary"))?;
    let entries: &A =
        dictionary.values().as_any().downcast_ref().ok_or_else(|| unexpected("a dictionary"))?;
    let mut known: Vec<Option<u32>> = vec![None; entries.len()];
    let mut translate = |key: i32| {
        let at = key as usize;
        if known[at].is_none() {
            known[at] = Some(add(entries, at).map_err(bad_message)?);
        }
        Ok(known[at])
    };
    let keys = dictionary.keys();
    (0..keys.len()).map(|at| if keys.is_valid(at) { translate(keys.value(at)) } else { Ok(None) }).collect()
}

fn fixed<const N: usize>(
    values: &ArrayRef,
) -> ArrowResult<impl Iterator<Item = Option<[u8; N]>> + use<'_, N>> {
    let array: &FixedSizeBinaryArray =
        values.as_fixed_size_binary_opt().ok_or_else(|| unexpected("fixed-size bytes"))?;
    if *array.data_type() != DataType::FixedSizeBinary(N as i32) {
        return Err(unexpected("fixed-size bytes"));
    }
    Ok(array.iter().map(|id| id.and_then(|bytes| bytes.try_into().ok())))
}

fn typed<'a, A: Array + 'static>(records: &'a RecordBatch, name: &str) -> ArrowResult<Option<&'a A>> {
    records
        .column_by_name(name)
        .map(|column| column.as_any().downcast_ref().ok_or_else(|| unexpected(name)))
        .transpose()
}

fn unexpected(what: &str) -> ArrowError {
    ArrowError::SchemaError(format!("{what} has not the expected type"))
}

fn bad_message(error: impl std::fmt::Display) -> ArrowError {
    ArrowError::ParseError(error.to_string())
}
