//! The list columns: attributes, events, links.

use arrow::array::{
    Array as _, ArrayRef, AsArray as _, BinaryArray, BooleanArray, Float64Array, Int64Array, ListArray,
    StructArray, TimestampNanosecondArray, UInt32Array,
};
use arrow::datatypes::{Float64Type, Int64Type, TimestampNanosecondType, UInt32Type};

use super::{text_ids, unexpected};
use crate::batch::{BatchBuilder, EventRow, LinkRow, Run, StringId, Value};
use crate::columns::lists::ArrowResult;

/// Attributes of all lists, one after the other.
pub(super) type Pairs = Vec<(StringId, Value)>;

pub(super) fn attribute_runs(builder: &mut BatchBuilder, lists: &ListArray) -> ArrowResult<Vec<Run>> {
    let base = builder.batch().attributes.keys.len() as u32;
    for (key, value) in attribute_pairs(builder, lists)? {
        builder.attribute_of_id(key, value);
    }
    Ok(Items::of(lists)?.runs(base))
}

/// Reads attributes without adding them.
pub(super) fn attribute_pairs(builder: &mut BatchBuilder, lists: &ListArray) -> ArrowResult<Pairs> {
    let items = Items::of(lists)?;
    let keys = text_ids(builder, &items.column("key")?)?;
    let (strings, ints) = (items.column("string")?, items.column("int")?);
    let string_ids = text_ids(builder, &strings)?;
    let ints: &Int64Array = ints.as_primitive_opt::<Int64Type>().ok_or_else(|| unexpected("int"))?;
    let doubles = items.column("double")?;
    let doubles: &Float64Array =
        doubles.as_primitive_opt::<Float64Type>().ok_or_else(|| unexpected("double"))?;
    let bools = items.column("bool")?;
    let bools: &BooleanArray = bools.as_boolean_opt().ok_or_else(|| unexpected("bool"))?;
    let others = items.column("other")?;
    let others: &BinaryArray = others.as_binary_opt().ok_or_else(|| unexpected("other"))?;
    let mut pairs = Vec::with_capacity(keys.len());
    for (at, key) in keys.into_iter().enumerate() {
        let value = if strings.is_valid(at) {
            Value::String(string_ids[at])
        } else if ints.is_valid(at) {
            Value::Int(ints.value(at))
        } else if doubles.is_valid(at) {
            Value::Double(doubles.value(at))
        } else if bools.is_valid(at) {
            Value::Bool(bools.value(at))
        } else if others.is_valid(at) {
            Value::Other(builder.blob(others.value(at)))
        } else {
            Value::Empty
        };
        pairs.push((key, value));
    }
    Ok(pairs)
}

pub(super) fn event_runs(builder: &mut BatchBuilder, lists: &ListArray) -> ArrowResult<Vec<Run>> {
    let items = Items::of(lists)?;
    let times = items.column("time")?;
    let times: &TimestampNanosecondArray =
        times.as_primitive_opt::<TimestampNanosecondType>().ok_or_else(|| unexpected("time"))?;
    let names = text_ids(builder, &items.column("name")?)?;
    let dropped = items.column("dropped_attributes_count")?;
    let dropped: &UInt32Array =
        dropped.as_primitive_opt::<UInt32Type>().ok_or_else(|| unexpected("dropped"))?;
    let attributes = items.column("attributes")?;
    let runs = attribute_runs(builder, attributes.as_list_opt().ok_or_else(|| unexpected("attributes"))?)?;
    let base = builder.batch().events.len() as u32;
    for (at, attributes) in runs.into_iter().enumerate() {
        builder.push_event(EventRow {
            time: times.value(at).cast_unsigned(),
            name: names[at],
            attributes,
            dropped_attributes: dropped.value(at),
        });
    }
    Ok(items.runs(base))
}

pub(super) fn link_runs(builder: &mut BatchBuilder, lists: &ListArray) -> ArrowResult<Vec<Run>> {
    let items = Items::of(lists)?;
    let (trace_ids, span_ids) = (items.column("trace_id")?, items.column("span_id")?);
    let trace_ids: &BinaryArray = trace_ids.as_binary_opt().ok_or_else(|| unexpected("trace_id"))?;
    let span_ids: &BinaryArray = span_ids.as_binary_opt().ok_or_else(|| unexpected("span_id"))?;
    let states = text_ids(builder, &items.column("trace_state")?)?;
    let (dropped, flags) = (items.column("dropped_attributes_count")?, items.column("flags")?);
    let dropped: &UInt32Array =
        dropped.as_primitive_opt::<UInt32Type>().ok_or_else(|| unexpected("dropped"))?;
    let flags: &UInt32Array = flags.as_primitive_opt::<UInt32Type>().ok_or_else(|| unexpected("flags"))?;
    let attributes = items.column("attributes")?;
    let runs = attribute_runs(builder, attributes.as_list_opt().ok_or_else(|| unexpected("attributes"))?)?;
    let base = builder.batch().links.len() as u32;
    for (at, attributes) in runs.into_iter().enumerate() {
        let row = LinkRow {
            trace_id: builder.blob(trace_ids.value(at)),
            span_id: builder.blob(span_ids.value(at)),
            trace_state: states[at],
            attributes,
            dropped_attributes: dropped.value(at),
            flags: flags.value(at),
        };
        builder.push_link(row);
    }
    Ok(items.runs(base))
}

/// The items of a list column, without what a slice of it leaves out.
struct Items<'a> {
    lists: &'a ListArray,
    items: StructArray,
}

impl<'a> Items<'a> {
    fn of(lists: &'a ListArray) -> ArrowResult<Self> {
        let offsets = lists.value_offsets();
        let (first, last) = (offsets[0] as usize, offsets[lists.len()] as usize);
        let items = lists.values().as_struct_opt().ok_or_else(|| unexpected("a list"))?;
        Ok(Self { lists, items: items.slice(first, last - first) })
    }

    fn column(&self, name: &str) -> ArrowResult<ArrayRef> {
        self.items.column_by_name(name).cloned().ok_or_else(|| unexpected(name))
    }

    /// Where the items of each list are, if the first of all is at `base`.
    fn runs(&self, base: u32) -> Vec<Run> {
        let mut start = base;
        let lengths = self.lists.offsets().lengths().map(|length| length as u32);
        lengths
            .map(|len| {
                let run = Run { start, len };
                start += len;
                run
            })
            .collect()
    }
}
