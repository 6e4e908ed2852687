//! OpenTelemetry's log records over HTTP.

use std::io::Write as _;

use prost::Message as _;
use protocols::otlp::any_value::Value;
use protocols::otlp::{
    AnyValue, ExportLogsServiceRequest, KeyValue, LogRecord, Resource, ResourceLogs, ScopeLogs,
};
use protocols::rpc_status::RpcStatus;

use crate::store::Store;

const PROTOBUF: &str = "application/x-protobuf";
const JSON: &str = "application/json";

fn request(line: &str) -> ExportLogsServiceRequest {
    let text = |text: &str| Some(AnyValue { value: Some(Value::StringValue(text.to_owned())) });
    let name = KeyValue { key: "service.name".into(), value: text("shop"), key_strindex: 0 };
    let record = LogRecord { time_unix_nano: 1_000_000_000, body: text(line), ..LogRecord::default() };
    ExportLogsServiceRequest {
        resource_logs: vec![ResourceLogs {
            resource: Some(Resource { attributes: vec![name], ..Resource::default() }),
            scope_logs: vec![ScopeLogs { log_records: vec![record], ..ScopeLogs::default() }],
            ..ResourceLogs::default()
        }],
    }
}

impl Store {
    async fn export(&self, content_type: &str, encoding: &str, body: Vec<u8>) -> (u16, Vec<u8>) {
        let url = format!("{}/otlp/v1/logs", self.url);
        let mut request = self.client.post(url).header("content-type", content_type).body(body);
        if !encoding.is_empty() {
            request = request.header("content-encoding", encoding);
        }
        let response = request.send().await.unwrap();
        (response.status().as_u16(), response.bytes().await.unwrap().to_vec())
    }
}

fn gzip(body: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(body).unwrap();
    encoder.finish().unwrap()
}

fn lz4(body: &[u8]) -> Vec<u8> {
    let mut encoder = lz4_flex::frame::FrameEncoder::new(Vec::new());
    encoder.write_all(body).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test]
async fn records_come_in_every_encoding() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).await;
    let body = |line: &str| request(line).encode_to_vec();
    let json = br#"{"resourceLogs":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}}]},
        "scopeLogs":[{"logRecords":[{"timeUnixNano":"1000000000","body":{"stringValue":"json"}}]}]}]}"#;
    for (content_type, encoding, body) in [
        (PROTOBUF, "", body("plain")),
        (PROTOBUF, "gzip", gzip(&body("gzip"))),
        (PROTOBUF, "zstd", zstd::encode_all(&body("zstd")[..], 0).unwrap()),
        (PROTOBUF, "lz4", lz4(&body("lz4"))),
        (JSON, "", json.to_vec()),
    ] {
        assert_eq!(store.export(content_type, encoding, body).await, (204, vec![]), "{encoding}");
    }
    let mut lines = store.lines(r#"{service_name="shop"}"#, &[]).await;
    lines.sort_unstable();
    assert_eq!(lines, ["gzip", "json", "lz4", "plain", "zstd"]);
    store.close().await;
}

#[tokio::test]
async fn refusals_are_a_status_in_protobuf() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).await;
    let mut late = request("x");
    late.resource_logs[0].scope_logs[0].log_records[0].time_unix_nano = 4_102_444_800_000_000_000;
    for (content_type, encoding, body, status, reason) in [
        (JSON, "", b"{}".to_vec(), 422, "error at least one valid stream is required for ingestion"),
        (JSON, "", b"{".to_vec(), 400, "invalid OTLP JSON"),
        (
            JSON,
            "br",
            b"{}".to_vec(),
            400,
            "unsupported content encoding br: only gzip, lz4 and zstd are supported",
        ),
        (JSON, "zstd", b"{}".to_vec(), 400, "damaged"),
        (JSON, "lz4", b"{}".to_vec(), 400, "damaged"),
        ("text/plain", "", b"{}".to_vec(), 400, "content type: text/plain is not supported"),
        (PROTOBUF, "", vec![0xff, 0xff], 400, "the protobuf body cannot be read"),
        (PROTOBUF, "", late.encode_to_vec(), 400, "has timestamp too new"),
    ] {
        let (found, body) = store.export(content_type, encoding, body).await;
        let answer = RpcStatus::decode(&body[..]).unwrap();
        assert_eq!((found, answer.code), (status, 0), "{reason}");
        assert!(answer.message.contains(reason), "{reason}: {}", answer.message);
    }
    store.close().await;
}
