//! A server on free ports, and requests to send it.

use std::time::Duration;

use protocols::otlp::trace_service_client::TraceServiceClient;
use protocols::otlp::{
    AnyValue, ExportTraceServiceRequest, KeyValue, Resource, ResourceSpans, ScopeSpans, Span, Status,
    any_value,
};
use reqwest::{Client, Response};
use runtime::CancellationToken;
use serde_json::Value as Json;
use tempfile::TempDir;
use tonic::transport::Channel;
use trace_store::{Config, Options, Server};

/// 2026-11-20T10:00:00Z.
pub const BASE_SECS: u64 = 1_795_168_800;
pub const SECOND: u64 = 1_000_000_000;

pub fn keep_everything(more: &str) -> Config {
    let text = format!("backend_worker: {{compaction: {{block_retention: 0s}}}}\n{more}");
    Config::parse(&text, "test").unwrap()
}

pub struct Running {
    pub dir: TempDir,
    pub server: Server,
    pub client: Client,
    stop: CancellationToken,
}

pub async fn start() -> Running {
    start_with(tempfile::tempdir().unwrap(), keep_everything("")).await
}

pub async fn start_with(dir: TempDir, config: Config) -> Running {
    let stop = CancellationToken::new();
    let server = Server::start(Options::on_free_ports(dir.path(), config), stop.clone()).await.unwrap();
    let client = Client::builder().timeout(Duration::from_secs(20)).build().unwrap();
    Running { dir, server, client, stop }
}

impl Running {
    /// Stops the server; the folder stays.
    pub async fn stop(self) -> TempDir {
        self.stop.cancel();
        self.server.wait().await.unwrap();
        self.dir
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.server.address)
    }

    pub fn otlp_url(&self) -> String {
        format!("http://{}/v1/traces", self.server.otlp_http.unwrap())
    }

    pub async fn get(&self, path: &str) -> Response {
        self.client.get(self.url(path)).send().await.unwrap()
    }

    pub async fn json(&self, path: &str) -> Json {
        let response = self.get(path).await;
        let status = response.status();
        let text = response.text().await.unwrap();
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).unwrap()
    }

    pub async fn grpc(&self) -> TraceServiceClient<Channel> {
        let address = format!("http://{}", self.server.otlp_grpc.unwrap());
        TraceServiceClient::connect(address).await.unwrap()
    }

    pub async fn export(&self, request: ExportTraceServiceRequest) {
        let answer = self.grpc().await.export(request).await.unwrap().into_inner();
        assert_eq!(answer.partial_success, None);
    }
}

pub fn text(key: &str, value: &str) -> KeyValue {
    pair(key, any_value::Value::StringValue(value.into()))
}

pub fn pair(key: &str, value: any_value::Value) -> KeyValue {
    KeyValue { key: key.into(), value: Some(AnyValue { value: Some(value) }), key_strindex: 0 }
}

/// A span of trace `trace`, `offset_ms` after the base time.
pub fn span(trace: u8, id: u8, parent: u8, name: &str, offset_ms: u64, duration_ms: u64) -> Span {
    let start = BASE_SECS * SECOND + offset_ms * 1_000_000;
    Span {
        trace_id: vec![trace; 16],
        span_id: vec![id; 8],
        parent_span_id: if parent == 0 { Vec::new() } else { vec![parent; 8] },
        name: name.into(),
        kind: 2,
        start_time_unix_nano: start,
        end_time_unix_nano: start + duration_ms * 1_000_000,
        status: Some(Status::default()),
        ..Span::default()
    }
}

pub fn request(service: &str, spans: Vec<Span>) -> ExportTraceServiceRequest {
    let resource = Resource { attributes: vec![text("service.name", service)], ..Resource::default() };
    ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans {
            resource: Some(resource),
            scope_spans: vec![ScopeSpans { spans, ..ScopeSpans::default() }],
            ..ResourceSpans::default()
        }],
    }
}

/// The order of a shop over three services, in trace 1.
pub fn shop() -> Vec<ExportTraceServiceRequest> {
    let mut failed = span(1, 4, 3, "reserve_inventory", 20, 50);
    failed.status = Some(Status { code: 2, message: "sold out".into() });
    failed.attributes = vec![text("product.id", "p-7"), pair("quantity", any_value::Value::IntValue(2))];
    vec![
        request(
            "order-service",
            vec![span(1, 1, 0, "POST /orders", 0, 200), span(1, 3, 1, "create_order", 10, 150)],
        ),
        request("product-service", vec![failed]),
        request("user-service", vec![span(1, 2, 1, "validate_user", 5, 4)]),
    ]
}

/// The names of all spans of a v2 answer, sorted.
pub fn span_names(answer: &Json) -> Vec<String> {
    let list = |json: &Json, key: &str| json[key].as_array().cloned().unwrap_or_default();
    let mut names: Vec<String> = list(&answer["trace"], "resourceSpans")
        .iter()
        .flat_map(|resource| list(resource, "scopeSpans"))
        .flat_map(|scope| list(&scope, "spans"))
        .map(|span| span["name"].as_str().unwrap_or_default().to_owned())
        .collect();
    names.sort();
    names
}
