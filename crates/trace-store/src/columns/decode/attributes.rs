//! Attributes of spans: from the columns of their own and the list, in the order they came.

use std::sync::Arc;

use arrow::array::{
    Array as _, ArrayRef, AsArray as _, BooleanArray, Float64Array, Int64Array, ListArray, RecordBatch,
    StringArray,
};
use arrow::datatypes::{DataType, Float64Type, Int32Type, Int64Type};

use super::lists::{Pairs, attribute_pairs};
use super::{remapped_texts, unexpected};
use crate::batch::{BatchBuilder, Run, StringId, Value};
use crate::columns::lists::ArrowResult;
use crate::columns::{ATTRIBUTE_NAMES, ATTRIBUTES, SPAN_PREFIX};

/// Keys of attributes of spans that a query needs; `None` for all.
pub(crate) type WantedKeys = Option<Arc<[Box<str>]>>;

/// A column of one attribute.
struct Column<'a> {
    key: StringId,
    name: &'a str,
    cells: Cells<'a>,
}

enum Cells<'a> {
    Texts(Vec<Option<u32>>),
    Ints(&'a Int64Array),
    Doubles(&'a Float64Array),
    Bools(&'a BooleanArray),
}

impl Cells<'_> {
    fn get(&self, row: usize) -> Option<Value> {
        match self {
            Self::Texts(ids) => ids[row].map(|id| Value::String(StringId(id))),
            Self::Ints(cells) => cells.is_valid(row).then(|| Value::Int(cells.value(row))),
            Self::Doubles(cells) => cells.is_valid(row).then(|| Value::Double(cells.value(row))),
            Self::Bools(cells) => cells.is_valid(row).then(|| Value::Bool(cells.value(row))),
        }
    }
}

/// The attributes of each row. Of those in the list only the keys that are wanted.
pub(super) fn span_attributes(
    builder: &mut BatchBuilder,
    records: &RecordBatch,
    keys: &WantedKeys,
) -> ArrowResult<Vec<Run>> {
    let columns = columns(builder, records)?;
    if columns.is_empty() && records.column_by_name(ATTRIBUTES).is_none() {
        return Ok(Vec::new());
    }
    let listed = match records.column_by_name(ATTRIBUTES) {
        Some(lists) => {
            Some(Listed::new(builder, lists.as_list_opt().ok_or_else(|| unexpected(ATTRIBUTES))?)?)
        }
        None => None,
    };
    match records.column_by_name(ATTRIBUTE_NAMES) {
        Some(shapes) if keys.is_none() => {
            in_order(builder, records.num_rows(), &columns, listed.as_ref(), shapes)
        }
        _ => Ok(in_any_order(builder, records.num_rows(), &columns, listed.as_ref(), keys)),
    }
}

fn columns<'a>(builder: &mut BatchBuilder, records: &'a RecordBatch) -> ArrowResult<Vec<Column<'a>>> {
    let schema = records.schema_ref();
    let mut columns = Vec::new();
    for (field, array) in schema.fields().iter().zip(records.columns()) {
        let Some(name) = field.name().strip_prefix(SPAN_PREFIX) else { continue };
        let cells = cells(builder, array)?;
        columns.push(Column { key: builder.text(name), name, cells });
    }
    Ok(columns)
}

fn cells<'a>(builder: &mut BatchBuilder, array: &'a ArrayRef) -> ArrowResult<Cells<'a>> {
    Ok(match array.data_type() {
        DataType::Dictionary(..) => Cells::Texts(remapped_texts(builder, array)?),
        DataType::Int64 => Cells::Ints(array.as_primitive::<Int64Type>()),
        DataType::Float64 => Cells::Doubles(array.as_primitive::<Float64Type>()),
        DataType::Boolean => Cells::Bools(array.as_boolean()),
        _ => return Err(unexpected("an attribute's column")),
    })
}

/// The list of the rest.
struct Listed<'a> {
    lists: &'a ListArray,
    pairs: Pairs,
    first: usize,
}

impl<'a> Listed<'a> {
    fn new(builder: &mut BatchBuilder, lists: &'a ListArray) -> ArrowResult<Self> {
        let first = lists.value_offsets()[0] as usize;
        Ok(Self { lists, pairs: attribute_pairs(builder, lists)?, first })
    }

    fn of(&self, row: usize) -> &[(StringId, Value)] {
        let offsets = self.lists.value_offsets();
        &self.pairs[offsets[row] as usize - self.first..offsets[row + 1] as usize - self.first]
    }
}

/// Puts the attributes of each row together as its shape says.
fn in_order(
    builder: &mut BatchBuilder,
    rows: usize,
    columns: &[Column<'_>],
    listed: Option<&Listed<'_>>,
    shapes: &ArrayRef,
) -> ArrowResult<Vec<Run>> {
    let dictionary = shapes.as_dictionary_opt::<Int32Type>().ok_or_else(|| unexpected(ATTRIBUTE_NAMES))?;
    let texts: &StringArray =
        dictionary.values().as_string_opt().ok_or_else(|| unexpected(ATTRIBUTE_NAMES))?;
    let mut parsed: Vec<Option<Vec<Option<usize>>>> = vec![None; texts.len()];
    let mut runs = Vec::with_capacity(rows);
    for row in 0..rows {
        let start = builder.batch().attributes.keys.len() as u32;
        let mut rest = listed.map_or(&[][..], |listed| listed.of(row)).iter();
        if dictionary.keys().is_valid(row) {
            let at = dictionary.keys().value(row) as usize;
            if parsed[at].is_none() {
                parsed[at] = Some(places(texts.value(at), columns)?);
            }
            for place in parsed[at].iter().flatten() {
                let (key, value) = match place {
                    Some(column) => {
                        let column = &columns[*column];
                        (column.key, column.cells.get(row).ok_or_else(|| unexpected(column.name))?)
                    }
                    None => *rest.next().ok_or_else(|| unexpected(ATTRIBUTES))?,
                };
                builder.attribute_of_id(key, value);
            }
        }
        runs.push(Run { start, len: builder.batch().attributes.keys.len() as u32 - start });
    }
    Ok(runs)
}

/// The columns that a shape names; `None` for the next attribute of the list.
fn places(shape: &str, columns: &[Column<'_>]) -> ArrowResult<Vec<Option<usize>>> {
    let place = |name: &str| match name {
        "" => Ok(None),
        name => {
            columns.iter().position(|column| column.name == name).map(Some).ok_or_else(|| unexpected(name))
        }
    };
    shape.split(',').map(place).collect()
}

/// What is wanted, in no particular order; all of the list in format 1, whose lists have everything in order.
fn in_any_order(
    builder: &mut BatchBuilder,
    rows: usize,
    columns: &[Column<'_>],
    listed: Option<&Listed<'_>>,
    keys: &WantedKeys,
) -> Vec<Run> {
    let wanted: Option<Vec<StringId>> =
        keys.as_ref().map(|keys| keys.iter().map(|key| builder.text(key)).collect());
    let mut runs = Vec::with_capacity(rows);
    for row in 0..rows {
        let start = builder.batch().attributes.keys.len() as u32;
        for column in columns {
            if let Some(value) = column.cells.get(row) {
                builder.attribute_of_id(column.key, value);
            }
        }
        for (key, value) in listed.map_or(&[][..], |listed| listed.of(row)) {
            if wanted.as_ref().is_none_or(|wanted| wanted.contains(key)) {
                builder.attribute_of_id(*key, *value);
            }
        }
        runs.push(Run { start, len: builder.batch().attributes.keys.len() as u32 - start });
    }
    runs
}
