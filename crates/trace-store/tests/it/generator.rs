//! From spans over the generator to answers of PromQL, over restarts, and on to a receiver of remote writes.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::routing::post;
use http::HeaderMap;
use parking_lot::Mutex;
use protocols::otlp::{ExportTraceServiceRequest, Span, Status, any_value};
use protocols::prometheus::WriteRequest;
use serde_json::Value as Json;
use trace_store::Config;

use crate::support::{Running, keep_everything, pair, request, start_with, text};

/// Longer than a loaded machine takes.
const PATIENCE: Duration = Duration::from_secs(60);
const ENABLED: &str = "
metrics_generator:
  registry: {collection_interval: 200ms}
  processor: {service_graphs: {wait: 1s}}
overrides: {defaults: {metrics_generator: {processors: [service-graphs, span-metrics]}}}
";

fn now_nanos() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos() as u64
}

/// A span that took a quarter of a second and ends now.
fn span(trace: u8, id: u8, parent: u8, kind: i32, name: &str) -> Span {
    let end = now_nanos();
    Span {
        trace_id: vec![trace; 16],
        span_id: vec![id; 8],
        parent_span_id: if parent == 0 { Vec::new() } else { vec![parent; 8] },
        name: name.into(),
        kind,
        start_time_unix_nano: end - 250_000_000,
        end_time_unix_nano: end,
        ..Span::default()
    }
}

/// An order: the user's call, a call to the stock, which fails, and one to a database.
fn order(trace: u8) -> Vec<ExportTraceServiceRequest> {
    let mut reserve = span(trace, 3, 2, 2, "POST /reserve");
    reserve.status = Some(Status { code: 2, message: "sold out".into() });
    let mut database = span(trace, 4, 3, 3, "SELECT");
    database.attributes = vec![text("db.system", "postgresql"), pair("rows", any_value::Value::IntValue(2))];
    vec![
        request("orders", vec![span(trace, 1, 0, 2, "POST /orders"), span(trace, 2, 1, 3, "reserve")]),
        request("stock", vec![reserve, database]),
    ]
}

async fn send(running: &Running, trace: u8) {
    for request in order(trace) {
        running.export(request).await;
    }
}

async fn query(running: &Running, query: &str) -> Vec<(Json, String)> {
    let url = running.url("/prometheus/api/v1/query");
    let answer: Json =
        running.client.get(url).query(&[("query", query)]).send().await.unwrap().json().await.unwrap();
    assert_eq!(answer["status"], "success", "{query}: {answer}");
    let one = |one: &Json| (one["metric"].clone(), one["value"][1].as_str().unwrap().to_owned());
    answer["data"]["result"].as_array().unwrap().iter().map(one).collect()
}

/// Asks until the only value of the answer is `expected`.
async fn await_value(running: &Running, text: &str, expected: &str) {
    let begun = Instant::now();
    loop {
        let found = query(running, text).await;
        if found.len() == 1 && found[0].1 == expected {
            return;
        }
        assert!(begun.elapsed() < PATIENCE, "{text}: {found:?} instead of {expected}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn enabled() -> Running {
    start_with(tempfile::tempdir().unwrap(), keep_everything(ENABLED)).await
}

#[tokio::test]
async fn a_service_graph_comes_of_spans() {
    let running = enabled().await;
    send(&running, 1).await;
    send(&running, 2).await;
    await_value(&running, r#"traces_service_graph_request_total{client="orders",server="stock"}"#, "2").await;
    await_value(
        &running,
        r#"traces_service_graph_request_failed_total{client="orders",server="stock"}"#,
        "2",
    )
    .await;
    await_value(&running, r#"traces_service_graph_request_total{client="user",server="orders"}"#, "2").await;
    await_value(&running, r#"traces_service_graph_request_total{connection_type="database"}"#, "2").await;
    // What Grafana's view asks.
    await_value(
        &running,
        r#"sum by (client, server) (increase(traces_service_graph_request_total{server="stock"}[5m])) > bool 0"#,
        "1",
    )
    .await;
    await_value(
        &running,
        r#"topk(5, sum(rate(traces_spanmetrics_calls_total{span_kind="SPAN_KIND_SERVER"}[5m])) by (span_name)) > bool 0 and on(span_name) count by (span_name) (traces_spanmetrics_calls_total{status_code="STATUS_CODE_ERROR"})"#,
        "1",
    )
    .await;
    let quantile = r#"round(histogram_quantile(.9, sum(rate(traces_spanmetrics_latency_bucket{span_name="POST /orders"}[5m])) by (le)), 0.001)"#;
    await_value(&running, quantile, "0.243").await;
    running.stop().await;
}

#[tokio::test]
async fn counters_go_on_after_a_restart() {
    let running = enabled().await;
    let total = r#"traces_service_graph_request_total{client="orders",server="stock"}"#;
    send(&running, 1).await;
    await_value(&running, total, "1").await;
    let dir = running.stop().await;
    let running = start_with(dir, keep_everything(ENABLED)).await;
    await_value(&running, total, "1").await;
    send(&running, 2).await;
    await_value(&running, total, "2").await;
    await_value(&running, &format!("resets({total}[10m])"), "0").await;
    let count = r#"traces_spanmetrics_latency_count{span_name="POST /orders"}"#;
    await_value(&running, count, "2").await;
    // What was counted is still shown when nothing is generated any more.
    let dir = running.stop().await;
    let running = start_with(dir, keep_everything("")).await;
    await_value(&running, total, "2").await;
    running.stop().await;
}

#[tokio::test]
async fn the_rest_of_prometheus_api() {
    let running = enabled().await;
    send(&running, 1).await;
    await_value(&running, r#"traces_spanmetrics_calls_total{span_name="SELECT"}"#, "1").await;
    let get = async |path: &str| running.json(&format!("/prometheus/api/v1/{path}")).await["data"].clone();
    let names = get("label/span_name/values").await;
    assert_eq!(names, serde_json::json!(["POST /orders", "POST /reserve", "SELECT", "reserve"]));
    let labels = get("labels?match[]=traces_spanmetrics_calls_total").await;
    assert_eq!(labels, serde_json::json!(["__name__", "service", "span_kind", "span_name", "status_code"]));
    let series = get("series?match[]=traces_spanmetrics_calls_total%7Bservice%3D%22stock%22%7D").await;
    assert_eq!(series.as_array().unwrap().len(), 2, "{series}");
    assert_eq!(get("metadata").await["traces_spanmetrics_latency"][0]["type"], "histogram");
    assert!(get("status/buildinfo").await["version"].is_string());
    let (start, end) = (now_nanos() / 1_000_000_000 - 60, now_nanos() / 1_000_000_000 + 60);
    let exemplars =
        get(&format!("query_exemplars?query=traces_spanmetrics_latency_bucket&start={start}&end={end}"))
            .await;
    assert_eq!(exemplars[0]["exemplars"][0]["labels"]["traceID"], "01".repeat(16), "{exemplars}");
    let params = [
        ("query", "count(traces_spanmetrics_calls_total)".to_owned()),
        ("start", start.to_string()),
        ("end", end.to_string()),
        ("step", "15".to_owned()),
    ];
    let url = running.url("/prometheus/api/v1/query_range");
    let answer: Json = running.client.post(url).form(&params).send().await.unwrap().json().await.unwrap();
    assert_eq!(answer["data"]["resultType"], "matrix", "{answer}");
    assert_eq!(answer["data"]["result"][0]["values"][0][1], "4", "{answer}");
    for path in ["-/healthy", "-/ready"] {
        assert!(running.get(&format!("/prometheus/{path}")).await.status().is_success());
    }
    let metrics = running.get("/metrics").await.text().await.unwrap();
    assert!(metrics.contains("tempo_metrics_generator_spans_received_total 4"), "{metrics}");
    running.stop().await;
}

#[tokio::test]
async fn bad_requests_say_what_is_wrong() {
    let running = start_with(tempfile::tempdir().unwrap(), keep_everything("")).await;
    for (path, status, kind) in [
        ("query", 400, "bad_data"),
        ("query?query=sum(", 400, "bad_data"),
        ("query?query=1&time=x", 400, "bad_data"),
        ("query?query=vector(1)%2Bon()vector(1)%2Binfo(a)", 422, "execution"),
        ("query_range?query=1&start=1&end=2", 400, "bad_data"),
        ("query_range?query=1&start=2&end=1&step=1", 400, "bad_data"),
        ("query_range?query=1&start=1&end=20000&step=1", 400, "bad_data"),
        ("query_range?query=a[5m]&start=1&end=2&step=1", 400, "bad_data"),
        ("series", 400, "bad_data"),
        ("series?match[]=sum(a)", 400, "bad_data"),
        ("labels?match[]=%7B%7D", 400, "bad_data"),
        ("label/a-b/values", 400, "bad_data"),
        ("query_exemplars?query=a", 400, "bad_data"),
    ] {
        let response = running.get(&format!("/prometheus/api/v1/{path}")).await;
        assert_eq!(response.status().as_u16(), status, "{path}");
        let answer: Json = response.json().await.unwrap();
        assert_eq!(
            (&answer["status"], &answer["errorType"]),
            (&"error".into(), &kind.into()),
            "{path}: {answer}"
        );
    }
    let answer = running.json("/prometheus/api/v1/query?query=1%2B1&time=5.5").await;
    assert_eq!(answer["data"], serde_json::json!({"resultType": "scalar", "result": [5.5, "2"]}));
    running.stop().await;
}

#[derive(Clone, Default)]
struct Receiver(Arc<Mutex<Vec<(HeaderMap, WriteRequest)>>>);

async fn take(State(receiver): State<Receiver>, headers: HeaderMap, body: Bytes) -> http::StatusCode {
    let mut requests = receiver.0.lock();
    let body = snap::raw::Decoder::new().decompress_vec(&body).unwrap();
    requests.push((headers, prost::Message::decode(body.as_slice()).unwrap()));
    // The first attempt fails, so that it has to be repeated.
    if requests.len() == 1 { http::StatusCode::SERVICE_UNAVAILABLE } else { http::StatusCode::NO_CONTENT }
}

#[tokio::test]
async fn samples_are_written_to_a_receiver() {
    let receiver = Receiver::default();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = Router::new().route("/write", post(take)).with_state(receiver.clone());
    let serving = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    let config = format!(
        "
metrics_generator:
  registry: {{collection_interval: 200ms, external_labels: {{source: shop}}}}
  storage:
    remote_write: [{{url: 'http://{address}/write', basic_auth: {{username: me, password: hush}}}}]
overrides: {{defaults: {{metrics_generator: {{processors: [span-metrics-count]}}}}}}
"
    );
    let running = start_with(tempfile::tempdir().unwrap(), Config::parse(&config, "test").unwrap()).await;
    send(&running, 1).await;
    let begun = Instant::now();
    let values = || {
        let requests = receiver.0.lock();
        let delivered = requests.iter().skip(1).flat_map(|(_, request)| &request.timeseries);
        let wanted =
            delivered.filter(|series| series.labels.iter().any(|label| label.value == "POST /orders"));
        wanted.flat_map(|series| &series.samples).map(|sample| sample.value).collect::<Vec<_>>()
    };
    while !values().ends_with(&[1.0]) {
        assert!(begun.elapsed() < PATIENCE, "{:?}", values());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(values()[0], 0.0, "a counter begins with zero");
    let (headers, request) = receiver.0.lock()[1].clone();
    assert_eq!(headers["authorization"], "Basic bWU6aHVzaA==");
    let labels = &request.timeseries[0].labels;
    assert!(labels.is_sorted_by_key(|label| label.name.as_str()), "{labels:?}");
    assert!(labels.iter().any(|label| (label.name.as_str(), label.value.as_str()) == ("source", "shop")));
    assert!(!running.get("/status/config").await.text().await.unwrap().contains("hush"));
    running.stop().await;
    serving.abort();
}
