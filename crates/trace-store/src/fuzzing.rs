//! What fuzz targets and the tests that stand in for them do with arbitrary bytes. A panic is a bug.

use prost::Message as _;
use protocols::otlp::ExportTraceServiceRequest;

use crate::batch::{SpanBatch, WireLimits, batch_from_wire, batch_of, found_span};
use crate::ingest::{jaeger, zipkin};

fn spans(batch: &SpanBatch) -> Vec<Vec<u8>> {
    batch.rows.iter().map(|row| found_span(batch, row).span.encode_to_vec()).collect()
}

/// What is read without messages is the same as with them.
pub fn otlp(data: &[u8]) {
    if let Ok(batch) = batch_from_wire(data, &WireLimits::NONE) {
        let request = ExportTraceServiceRequest::decode(data);
        assert!(request.as_ref().is_ok_and(|request| spans(&batch_of(request.clone())) == spans(&batch)));
    }
}

pub fn thrift(data: &[u8]) {
    if let Ok(request) = jaeger::read_thrift(data) {
        batch_of(request);
    }
}

pub fn zipkin(data: &[u8]) {
    if let Ok(request) = zipkin::read(data) {
        batch_of(request);
    }
}
