use bytes::Bytes;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use proptest::prelude::*;

use super::dedicated::Plan;
use super::encode::Encoder;
use super::layout::Layout;
use super::seal::properties;
use super::*;
use crate::batch::testing::{request, sorted, spans_of};
use crate::batch::{BatchBuilder, Run, SpanBatch, SpanRow, Value, batch_of, found_span};
use model::{SpanId, TraceId};

/// Writes all rows as one file.
fn parquet_of(batch: &SpanBatch) -> Bytes {
    let order: Vec<u32> = (0..batch.rows.len() as u32).collect();
    let encoder = Encoder::new(batch);
    let plan = Plan::new(batch, &order);
    let layout = Layout::new(batch, &order, &plan);
    let (schema, properties) = (Arc::clone(&layout.schema), properties(&plan, order.len()));
    let mut writer = ArrowWriter::try_new(Vec::new(), schema, Some(properties)).unwrap();
    for chunk in order.chunks(5) {
        writer.write(&encoder.encode(&layout, &plan, chunk).unwrap()).unwrap();
    }
    writer.into_inner().unwrap().into()
}

fn read(file: Bytes, columns: Columns, batch_size: usize) -> SpanBatch {
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap();
    let mask = columns.projection(reader.parquet_schema());
    let mut builder = BatchBuilder::default();
    for records in reader.with_projection(mask).with_batch_size(batch_size).build().unwrap() {
        decode_into(&mut builder, &records.unwrap(), &None).unwrap();
    }
    builder.finish()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn spans_survive_parquet(request in request(), batch_size in 1..20usize) {
        let expected = spans_of(&request.resource_spans);
        let back = read(parquet_of(&batch_of(request)), Columns::ALL, batch_size);
        let found = sorted(back.rows.iter().map(|row| found_span(&back, row)).collect());
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn columns_that_are_not_read_are_empty(request in request()) {
        let batch = batch_of(request);
        let back = read(parquet_of(&batch), Columns { name: true, ..Columns::default() }, 7);
        prop_assert_eq!(back.rows.len(), batch.rows.len());
        for (row, original) in back.rows.iter().zip(&batch.rows) {
            prop_assert_eq!((row.trace_id, row.span_id, row.start, row.end), (original.trace_id, original.span_id, original.start, original.end));
            prop_assert_eq!(back.text(row.name), batch.text(original.name));
            prop_assert_eq!((row.attributes.len, row.events.len, row.kind), (0, 0, 0));
            prop_assert_eq!(back.service_name(row), "");
        }
    }
}

fn with_attributes(rows: &[&[(&str, Value)]]) -> SpanBatch {
    let mut builder = BatchBuilder::default();
    let (resource, scope) = (builder.resource_from_wire(&[]).unwrap(), builder.scope_from_wire(&[]).unwrap());
    for (at, attributes) in rows.iter().enumerate() {
        let start = builder.batch().attributes.keys.len() as u32;
        attributes.iter().for_each(|(key, value)| builder.attribute(key, *value));
        let attributes = Run { start, len: attributes.len() as u32 };
        let (trace_id, span_id) = (TraceId([1; 16]), SpanId((at as u64 + 1).to_be_bytes()));
        builder.push(SpanRow { trace_id, span_id, resource, scope, attributes, ..SpanRow::default() });
    }
    builder.finish_compact()
}

fn columns_of(batch: &SpanBatch) -> String {
    let order: Vec<u32> = (0..batch.rows.len() as u32).collect();
    let layout = Layout::new(batch, &order, &Plan::new(batch, &order));
    layout.schema.fields().iter().map(|field| field.name().as_str()).collect::<Vec<_>>().join(" ")
}

#[test]
fn the_layout_is_what_format_2_says() {
    let fixed = "trace_id span_id parent_span_id start_time duration_nano name service_name kind status_code \
        status_message trace_state resource resource_attributes scope scope_name scope_version";
    assert_eq!(columns_of(&with_attributes(&[&[]])), fixed);
    let (int, double, empty) = (Value::Int(1), Value::Double(1.0), Value::Empty);
    let batch = with_attributes(&[
        &[("a", int), ("b,c", int), ("n", empty)],
        &[("a", double), ("d", double), ("a", int)],
    ]);
    assert_eq!(columns_of(&batch), format!("{fixed} span.a span.d attribute_names attributes"));
    assert_eq!(FORMAT, 2);
}

#[test]
fn keys_that_are_asked_for_are_found_in_columns_and_in_the_list() {
    let (int, double) = (Value::Int(1), Value::Double(1.0));
    let batch = with_attributes(&[&[("a", int), ("b", int)], &[("b", int), ("a", double), ("a", int)]]);
    let reader = ParquetRecordBatchReaderBuilder::try_new(parquet_of(&batch)).unwrap();
    let keys: WantedKeys = Some(Arc::from([Box::from("a")]));
    let columns = Columns { attributes: true, ..Columns::default() };
    let mask = columns.projection_of(reader.parquet_schema(), &keys, true, true);
    let mut builder = BatchBuilder::default();
    for records in reader.with_projection(mask).build().unwrap() {
        decode_into(&mut builder, &records.unwrap(), &keys).unwrap();
    }
    let back = builder.finish();
    let found: Vec<Vec<(&str, Value)>> = back
        .rows
        .iter()
        .map(|row| back.attributes.of(row.attributes).map(|(key, value)| (back.text(key), value)).collect())
        .collect();
    assert_eq!(found, [vec![("a", int)], vec![("a", int), ("a", double)]]);
}

#[test]
fn rows_of_very_many_shapes_come_back() {
    let mut rows = Vec::new();
    for at in 0..3000u32 {
        let bits = (0..12).filter(|bit| at >> bit & 1 == 1);
        rows.push(bits.map(|bit| (format!("key-{bit}"), Value::Int(i64::from(at)))).collect::<Vec<_>>());
    }
    let borrowed: Vec<Vec<(&str, Value)>> =
        rows.iter().map(|row| row.iter().map(|(key, value)| (key.as_str(), *value)).collect()).collect();
    let batch = with_attributes(&borrowed.iter().map(Vec::as_slice).collect::<Vec<_>>());
    let back = read(parquet_of(&batch), Columns::ALL, 1000);
    for (at, row) in back.rows.iter().enumerate() {
        let found: Vec<_> =
            back.attributes.of(row.attributes).map(|(key, value)| (back.text(key), value)).collect();
        assert_eq!(found, borrowed[at]);
    }
}
