//! The list columns: attributes, events, links.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryBuilder, BooleanBuilder, DictionaryArray, Float64Builder, Int32Array, Int32Builder,
    Int64Builder, ListArray, StructArray, TimestampNanosecondArray, UInt32Array,
};
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::{Fields, Int32Type};
use arrow::error::ArrowError;

use super::{ATTRIBUTE_FIELDS, EVENT_FIELDS, LINK_FIELDS, item};
use crate::batch::{EventRow, LinkRow, Run, SpanBatch, StringId, Value};

pub(super) type ArrowResult<T> = Result<T, ArrowError>;

/// Turns ids into a dictionary column over all texts of the batch.
pub(super) fn text_column(
    texts: &ArrayRef,
    ids: impl Iterator<Item = Option<StringId>>,
) -> ArrowResult<DictionaryArray<Int32Type>> {
    let keys: Int32Array = ids.map(|id| id.map(|id| id.0.cast_signed())).collect();
    DictionaryArray::try_new(keys, Arc::clone(texts))
}

fn list_of(
    fields: &Fields,
    lengths: impl Iterator<Item = usize>,
    columns: Vec<ArrayRef>,
) -> ArrowResult<ListArray> {
    let items = StructArray::try_new(fields.clone(), columns, None)?;
    ListArray::try_new(item(fields), OffsetBuffer::from_lengths(lengths), Arc::new(items), None)
}

/// One list of attributes for each run.
pub(super) fn attribute_lists(batch: &SpanBatch, texts: &ArrayRef, runs: &[Run]) -> ArrowResult<ListArray> {
    let pairs = runs.iter().flat_map(|run| batch.attributes.of(*run));
    lists_of_pairs(batch, texts, pairs, runs.iter().map(|run| run.len as usize))
}

/// Lists of `lengths`, one after the other.
pub(super) fn lists_of_pairs(
    batch: &SpanBatch,
    texts: &ArrayRef,
    pairs: impl Iterator<Item = (StringId, Value)>,
    lengths: impl Iterator<Item = usize>,
) -> ArrowResult<ListArray> {
    let mut keys = Int32Builder::new();
    let mut strings = Int32Builder::new();
    let mut ints = Int64Builder::new();
    let mut doubles = Float64Builder::new();
    let mut bools = BooleanBuilder::new();
    let mut others = BinaryBuilder::new();
    for (key, value) in pairs {
        keys.append_value(key.0.cast_signed());
        let (mut string, mut int, mut double, mut bool, mut other) = (None, None, None, None, None);
        match value {
            Value::Empty => {}
            Value::String(id) => string = Some(id.0.cast_signed()),
            Value::Int(number) => int = Some(number),
            Value::Double(number) => double = Some(number),
            Value::Bool(value) => bool = Some(value),
            Value::Other(id) => other = Some(batch.blobs.get(id)),
        }
        strings.append_option(string);
        ints.append_option(int);
        doubles.append_option(double);
        bools.append_option(bool);
        others.append_option(other);
    }
    let dictionary = |mut keys: Int32Builder| DictionaryArray::try_new(keys.finish(), Arc::clone(texts));
    let columns: Vec<ArrayRef> = vec![
        Arc::new(dictionary(keys)?),
        Arc::new(dictionary(strings)?),
        Arc::new(ints.finish()),
        Arc::new(doubles.finish()),
        Arc::new(bools.finish()),
        Arc::new(others.finish()),
    ];
    list_of(&ATTRIBUTE_FIELDS, lengths, columns)
}

/// One list of events for each run.
pub(super) fn event_lists(batch: &SpanBatch, texts: &ArrayRef, runs: &[Run]) -> ArrowResult<ListArray> {
    let events: Vec<&EventRow> = runs.iter().flat_map(|run| &batch.events[run.range()]).collect();
    let attributes: Vec<Run> = events.iter().map(|event| event.attributes).collect();
    let times = events.iter().map(|event| event.time.cast_signed());
    let columns: Vec<ArrayRef> = vec![
        Arc::new(TimestampNanosecondArray::from_iter_values(times).with_timezone("UTC")),
        Arc::new(text_column(texts, events.iter().map(|event| Some(event.name)))?),
        Arc::new(attribute_lists(batch, texts, &attributes)?),
        Arc::new(UInt32Array::from_iter_values(events.iter().map(|event| event.dropped_attributes))),
    ];
    list_of(&EVENT_FIELDS, runs.iter().map(|run| run.len as usize), columns)
}

/// One list of links for each run.
pub(super) fn link_lists(batch: &SpanBatch, texts: &ArrayRef, runs: &[Run]) -> ArrowResult<ListArray> {
    let links: Vec<&LinkRow> = runs.iter().flat_map(|run| &batch.links[run.range()]).collect();
    let attributes: Vec<Run> = links.iter().map(|link| link.attributes).collect();
    let mut trace_ids = BinaryBuilder::new();
    let mut span_ids = BinaryBuilder::new();
    for link in &links {
        trace_ids.append_value(batch.blobs.get(link.trace_id));
        span_ids.append_value(batch.blobs.get(link.span_id));
    }
    let columns: Vec<ArrayRef> = vec![
        Arc::new(trace_ids.finish()),
        Arc::new(span_ids.finish()),
        Arc::new(text_column(texts, links.iter().map(|link| Some(link.trace_state)))?),
        Arc::new(attribute_lists(batch, texts, &attributes)?),
        Arc::new(UInt32Array::from_iter_values(links.iter().map(|link| link.dropped_attributes))),
        Arc::new(UInt32Array::from_iter_values(links.iter().map(|link| link.flags))),
    ];
    list_of(&LINK_FIELDS, runs.iter().map(|run| run.len as usize), columns)
}
