//! What fuzz targets and the tests that stand in for them do with arbitrary bytes. A panic is a bug.

use prost::Message;

use crate::loki::{PushRequest, Timestamp};
use crate::otlp::json::{parse_export_request, parse_logs_request};
use crate::otlp::{ExportLogsServiceRequest, protobuf_logs_weight};
use crate::rpc_status::RpcStatus;

/// What was read is the same after it has been sent on.
fn comes_back<M: Message + Default>(message: &M) {
    let sent = message.encode_to_vec();
    match M::decode(&sent[..]) {
        // Compared as bytes: NaN is not equal to itself.
        Ok(received) => assert_eq!(received.encode_to_vec(), sent),
        // JSON may be nested deeper than protobuf.
        Err(error) => assert!(error.to_string().contains("recursion limit"), "{error}"),
    }
}

/// Log records in OTLP's JSON.
pub fn otlp_logs_json(data: &[u8]) {
    if let Ok(request) = parse_logs_request(data) {
        comes_back(&request);
    }
}

/// Spans in OTLP's JSON.
pub fn otlp_spans_json(data: &[u8]) {
    if let Ok(request) = parse_export_request(data) {
        comes_back(&request);
    }
}

/// Messages in protobuf.
pub fn protobuf(data: &[u8]) {
    assert!(protobuf_logs_weight(data) <= data.len() * 200);
    if let Ok(request) = ExportLogsServiceRequest::decode(data) {
        comes_back(&request);
    }
    if let Ok(request) = PushRequest::decode(data) {
        comes_back(&request);
        for entry in request.streams.iter().flat_map(|stream| &stream.entries) {
            let nanos = entry.timestamp.and_then(Timestamp::to_nanos);
            assert!(nanos.is_none_or(|nanos| Timestamp::from_nanos(nanos).to_nanos() == Some(nanos)));
        }
    }
    drop(RpcStatus::decode(data));
}
