use bytes::Bytes;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use proptest::prelude::*;

use super::encode::Encoder;
use super::seal::properties;
use super::*;
use crate::batch::testing::{request, sorted, spans_of};
use crate::batch::{BatchBuilder, SpanBatch, batch_of, found_span};

/// Writes all rows as one file.
fn parquet_of(batch: &SpanBatch) -> Bytes {
    let order: Vec<u32> = (0..batch.rows.len() as u32).collect();
    let encoder = Encoder::new(batch);
    let mut writer = ArrowWriter::try_new(Vec::new(), Arc::clone(&SCHEMA), Some(properties())).unwrap();
    for chunk in order.chunks(5) {
        writer.write(&encoder.encode(chunk).unwrap()).unwrap();
    }
    writer.into_inner().unwrap().into()
}

fn read(file: Bytes, columns: Columns, batch_size: usize) -> SpanBatch {
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap();
    let mask = columns.projection(reader.parquet_schema());
    let mut builder = BatchBuilder::default();
    for records in reader.with_projection(mask).with_batch_size(batch_size).build().unwrap() {
        decode_into(&mut builder, &records.unwrap()).unwrap();
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

#[test]
fn the_layout_is_what_format_1_says() {
    let columns: Vec<String> = SCHEMA.fields().iter().map(|field| field.name().clone()).collect();
    let expected = "trace_id span_id parent_span_id start_time duration_nano name service_name kind status_code \
        status_message trace_state flags dropped_attributes_count dropped_events_count dropped_links_count resource \
        resource_attributes scope scope_name scope_version attributes events links";
    assert_eq!(columns.join(" "), expected);
    assert_eq!(FORMAT, 1);
}
