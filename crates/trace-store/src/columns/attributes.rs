//! The columns of span attributes: one for each that is frequent, the order they came in, and the list of the rest.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, DictionaryArray, Float64Array, Int32Array, Int64Array, StringArray,
};

use super::dedicated::{Kind, LISTED, Plan};
use super::layout::Layout;
use super::lists::{ArrowResult, lists_of_pairs};
use crate::batch::{SpanBatch, SpanRow, Value};

/// Values of one column, as they are collected.
enum Cells {
    Texts(Vec<Option<i32>>),
    Ints(Vec<Option<i64>>),
    Doubles(Vec<Option<f64>>),
    Bools(Vec<Option<bool>>),
}

impl Cells {
    fn new(kind: Kind, rows: usize) -> Self {
        match kind {
            Kind::String => Self::Texts(vec![None; rows]),
            Kind::Int => Self::Ints(vec![None; rows]),
            Kind::Double => Self::Doubles(vec![None; rows]),
            Kind::Bool => Self::Bools(vec![None; rows]),
        }
    }

    fn set(&mut self, row: usize, value: Value) {
        match (self, value) {
            (Self::Texts(cells), Value::String(id)) => cells[row] = Some(id.0.cast_signed()),
            (Self::Ints(cells), Value::Int(number)) => cells[row] = Some(number),
            (Self::Doubles(cells), Value::Double(number)) => cells[row] = Some(number),
            (Self::Bools(cells), Value::Bool(value)) => cells[row] = Some(value),
            // The plan gives a place to values of the column's kind only.
            _ => {}
        }
    }

    fn finish(self, texts: &ArrayRef) -> ArrowResult<ArrayRef> {
        Ok(match self {
            Self::Texts(ids) => Arc::new(DictionaryArray::try_new(Int32Array::from(ids), Arc::clone(texts))?),
            Self::Ints(cells) => Arc::new(Int64Array::from(cells)),
            Self::Doubles(cells) => Arc::new(Float64Array::from(cells)),
            Self::Bools(cells) => Arc::new(BooleanArray::from(cells)),
        })
    }
}

/// Columns for some rows, which are at `order` in the batch.
pub(super) fn attribute_columns(
    batch: &SpanBatch,
    texts: &ArrayRef,
    layout: &Layout,
    plan: &Plan,
    rows: &[&SpanRow],
    order: &[u32],
) -> ArrowResult<Vec<ArrayRef>> {
    let mut cells: Vec<Cells> =
        plan.columns.iter().map(|column| Cells::new(column.kind, rows.len())).collect();
    let shapes: Vec<u32> = order.iter().map(|row| plan.row_shapes[*row as usize]).collect();
    let mut listed = Vec::new();
    let mut lengths = Vec::with_capacity(rows.len());
    for (at, (row, shape)) in rows.iter().zip(&shapes).enumerate() {
        let before = listed.len();
        let places = &plan.shapes[*shape as usize];
        for ((key, value), place) in batch.attributes.of(row.attributes).zip(places) {
            match cells.get_mut(*place as usize) {
                Some(cells) if *place != LISTED => cells.set(at, value),
                _ => listed.push((key, value)),
            }
        }
        lengths.push(listed.len() - before);
    }
    let mut columns = cells.into_iter().map(|cells| cells.finish(texts)).collect::<ArrowResult<Vec<_>>>()?;
    if layout.has_shapes {
        let of_row = |shape: &u32| (!plan.shapes[*shape as usize].is_empty()).then_some(shape.cast_signed());
        let keys = Int32Array::from_iter(shapes.iter().map(of_row));
        let names: StringArray = layout.shape_texts.iter().map(|text| Some(text.as_str())).collect();
        columns.push(Arc::new(DictionaryArray::try_new(keys, Arc::new(names))?));
    }
    if layout.listed {
        columns.push(Arc::new(lists_of_pairs(batch, texts, listed.into_iter(), lengths.into_iter())?));
    }
    Ok(columns)
}
