//! Rows of a batch become an Arrow record batch.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryArray, DictionaryArray, FixedSizeBinaryBuilder, Int32Array, Int64Array, RecordBatch,
    StringArray, TimestampNanosecondArray, UInt32Array,
};
use protocols::otlp::{AnyValue, any_value};
use serde_json::{Map, Value as Json};

use super::attributes::attribute_columns;
use super::dedicated::Plan;
use super::layout::Layout;
use super::lists::{ArrowResult, event_lists, link_lists, text_column};
use crate::batch::{Run, SpanBatch, SpanRow, StringId, Value, any_value_of};

/// What all record batches of a sealed batch share: the values of the dictionary columns.
pub(super) struct Encoder<'a> {
    batch: &'a SpanBatch,
    texts: ArrayRef,
    resources: ArrayRef,
    resource_attributes: ArrayRef,
    scopes: ArrayRef,
}

impl<'a> Encoder<'a> {
    pub(super) fn new(batch: &'a SpanBatch) -> Self {
        let wire = |ids: &mut dyn Iterator<Item = crate::batch::BlobId>| -> ArrayRef {
            Arc::new(BinaryArray::from_iter_values(ids.map(|id| batch.blobs.get(id))))
        };
        let flat = batch.resources.iter().map(|row| flat_json(batch, row.attributes));
        Self {
            texts: Arc::new(StringArray::from_iter_values(batch.strings.iter())),
            resources: wire(&mut batch.resources.iter().map(|row| row.wire)),
            resource_attributes: Arc::new(StringArray::from_iter_values(flat)),
            scopes: wire(&mut batch.scopes.iter().map(|row| row.wire)),
            batch,
        }
    }

    /// The rows at `order`, in that order.
    pub(super) fn encode(&self, layout: &Layout, plan: &Plan, order: &[u32]) -> ArrowResult<RecordBatch> {
        let batch = self.batch;
        let rows: Vec<&SpanRow> = order.iter().map(|at| &batch.rows[*at as usize]).collect();
        let mut columns = self.fixed(&rows)?;
        for (_, get) in
            Layout::COUNTS.iter().zip(layout.counts).filter(|(_, present)| *present).map(|(count, _)| count)
        {
            columns.push(Arc::new(UInt32Array::from_iter_values(rows.iter().map(|row| get(row)))));
        }
        columns.extend(attribute_columns(batch, &self.texts, layout, plan, &rows, order)?);
        let runs = |get: fn(&SpanRow) -> Run| -> Vec<Run> { rows.iter().map(|row| get(row)).collect() };
        if layout.events {
            columns.push(Arc::new(event_lists(batch, &self.texts, &runs(|row| row.events))?));
        }
        if layout.links {
            columns.push(Arc::new(link_lists(batch, &self.texts, &runs(|row| row.links))?));
        }
        RecordBatch::try_new(Arc::clone(&layout.schema), columns)
    }

    fn fixed(&self, rows: &[&SpanRow]) -> ArrowResult<Vec<ArrayRef>> {
        let batch = self.batch;
        let int = |get: fn(&SpanRow) -> i32| -> ArrayRef {
            Arc::new(Int32Array::from_iter_values(rows.iter().map(|row| get(row))))
        };
        let text = |get: &dyn Fn(&SpanRow) -> StringId| -> ArrowResult<ArrayRef> {
            let ids = rows.iter().map(|row| Some(get(row)).filter(|id| !id.is_empty()));
            Ok(Arc::new(text_column(&self.texts, ids)?))
        };
        let by_index = |values: &ArrayRef, get: fn(&SpanRow) -> u32| -> ArrowResult<ArrayRef> {
            let keys = Int32Array::from_iter_values(rows.iter().map(|row| get(row).cast_signed()));
            Ok(Arc::new(DictionaryArray::try_new(keys, Arc::clone(values))?))
        };
        let starts = TimestampNanosecondArray::from_iter_values(rows.iter().map(|row| row.start));
        let durations = Int64Array::from_iter_values(rows.iter().map(|row| row.end.wrapping_sub(row.start)));
        let (trace_ids, span_ids, parents) = ids(rows)?;
        Ok(vec![
            trace_ids,
            span_ids,
            parents,
            Arc::new(starts.with_timezone("UTC")),
            Arc::new(durations),
            text(&|row| row.name)?,
            text(&|row| batch.resource(row).service_name)?,
            int(|row| row.kind),
            int(|row| row.status),
            text(&|row| row.status_message)?,
            text(&|row| row.trace_state)?,
            by_index(&self.resources, |row| row.resource)?,
            by_index(&self.resource_attributes, |row| row.resource)?,
            by_index(&self.scopes, |row| row.scope)?,
            text(&|row| batch.scope(row).name)?,
            text(&|row| batch.scope(row).version)?,
        ])
    }
}

fn ids(rows: &[&SpanRow]) -> ArrowResult<(ArrayRef, ArrayRef, ArrayRef)> {
    let mut trace_ids = FixedSizeBinaryBuilder::with_capacity(rows.len(), 16);
    let mut span_ids = FixedSizeBinaryBuilder::with_capacity(rows.len(), 8);
    let mut parents = FixedSizeBinaryBuilder::with_capacity(rows.len(), 8);
    for row in rows {
        trace_ids.append_value(row.trace_id.0)?;
        span_ids.append_value(row.span_id.0)?;
        if row.parent_span_id.is_zero() {
            parents.append_null();
        } else {
            parents.append_value(row.parent_span_id.0)?;
        }
    }
    Ok((Arc::new(trace_ids.finish()), Arc::new(span_ids.finish()), Arc::new(parents.finish())))
}

/// Attributes as people write them in SQL: `{"service.name":"order-service","process.pid":7}`.
fn flat_json(batch: &SpanBatch, attributes: Run) -> String {
    let pairs = batch
        .attributes
        .of(attributes)
        .map(|(key, value)| (batch.text(key).to_owned(), json_of(batch, value)));
    Json::Object(pairs.collect::<Map<_, _>>()).to_string()
}

fn json_of(batch: &SpanBatch, value: Value) -> Json {
    match value {
        Value::Empty => Json::Null,
        Value::String(id) => Json::from(batch.text(id)),
        Value::Int(number) => Json::from(number),
        Value::Double(number) => Json::from(number),
        Value::Bool(value) => Json::from(value),
        Value::Other(_) => json_of_message(&any_value_of(batch, value)),
    }
}

fn json_of_message(message: &AnyValue) -> Json {
    match &message.value {
        None | Some(any_value::Value::StringValueStrindex(_)) => Json::Null,
        Some(any_value::Value::StringValue(text)) => Json::from(text.as_str()),
        Some(any_value::Value::IntValue(number)) => Json::from(*number),
        Some(any_value::Value::DoubleValue(number)) => Json::from(*number),
        Some(any_value::Value::BoolValue(value)) => Json::from(*value),
        Some(any_value::Value::BytesValue(bytes)) => Json::from(hex::encode(bytes)),
        Some(any_value::Value::ArrayValue(array)) => array.values.iter().map(json_of_message).collect(),
        Some(any_value::Value::KvlistValue(list)) => Json::Object(
            list.values
                .iter()
                .map(|pair| {
                    let value = pair.value.as_ref().map_or(Json::Null, json_of_message);
                    (pair.key.clone(), value)
                })
                .collect(),
        ),
    }
}
