//! The processors on digests, without a server.
use std::sync::Arc;

use promql::{Labels, METRIC_NAME};
use protocols::otlp::{
    AnyValue, ExportTraceServiceRequest, KeyValue, Resource, ResourceSpans, ScopeSpans, Span, Status,
    any_value,
};

use super::digest::Digest;
use super::history::{History, HistoryLimits};
use super::registry::Registry;
use super::service_graphs::ServiceGraphs;
use super::settings::{Dimension, Settings};
use super::span_metrics;
use crate::batch::batch_of;

const NOW: i64 = 1_700_000_000_000;

fn pair(key: &str, value: &str) -> KeyValue {
    let value = any_value::Value::StringValue(value.to_owned());
    KeyValue { key: key.to_owned(), value: Some(AnyValue { value: Some(value) }), key_strindex: 0 }
}

/// A span of trace 1 that took `millis` and ended now.
fn span(id: u8, parent: u8, kind: i32, millis: u64, attributes: &[(&str, &str)]) -> Span {
    let end = NOW as u64 * 1_000_000;
    Span {
        trace_id: vec![1; 16],
        span_id: vec![id; 8],
        parent_span_id: if parent == 0 { Vec::new() } else { vec![parent; 8] },
        name: format!("op-{id}"),
        kind,
        start_time_unix_nano: end - millis * 1_000_000,
        end_time_unix_nano: end,
        attributes: attributes.iter().map(|(key, value)| pair(key, value)).collect(),
        ..Span::default()
    }
}

fn request(service: &str, spans: Vec<Span>) -> ExportTraceServiceRequest {
    let resource = Resource { attributes: vec![pair("service.name", service)], ..Resource::default() };
    ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans {
            resource: Some(resource),
            scope_spans: vec![ScopeSpans { spans, ..ScopeSpans::default() }],
            ..ResourceSpans::default()
        }],
    }
}

fn settings() -> Settings {
    let mut settings = Settings::default();
    settings.graphs.enabled = true;
    settings.graphs.buckets = vec![1.0];
    settings
}

/// Non-zero values after the requests were counted and everything that waits has expired.
fn graph(settings: &Settings, requests: &[ExportTraceServiceRequest]) -> Vec<String> {
    let mut registry = Registry::new(1000);
    let mut graphs = ServiceGraphs::new(&settings.graphs);
    for request in requests {
        graphs.count(&mut registry, &Digest::of(&batch_of(request.clone()), settings), &settings.graphs, NOW);
    }
    graphs.expire(&mut registry, &settings.graphs, NOW + 60_000);
    shown(&mut registry)
}

fn shown(registry: &mut Registry) -> Vec<String> {
    let mut history = History::new(HistoryLimits { bytes: 1 << 20, age: i64::MAX });
    let collected = registry.collect(&mut history, NOW, 15_000, 0, &"traceID".into());
    let text = |(place, value): &(u32, f64)| {
        let labels: &Labels = history.labels(*place).unwrap();
        let name = labels.get(METRIC_NAME).trim_start_matches("traces_service_graph_");
        let rest = labels.without_name();
        let is_bucket = name.ends_with("_bucket");
        (*value != 0.0 && !is_bucket).then(|| format!("{name}{rest} {value}"))
    };
    let mut lines: Vec<String> = collected.samples.iter().filter_map(text).collect();
    lines.sort();
    lines
}

#[test]
fn two_spans_of_a_call_make_an_edge_whichever_comes_first() {
    let mut failed = span(2, 1, 2, 500, &[]);
    failed.status = Some(Status { code: 2, ..Status::default() });
    let client = request("shop", vec![span(1, 9, 3, 2000, &[])]);
    let server = request("stock", vec![failed]);
    let expected = [
        r#"request_client_seconds_count{client="shop", server="stock"} 1"#,
        r#"request_client_seconds_sum{client="shop", server="stock"} 2"#,
        r#"request_failed_total{client="shop", server="stock"} 1"#,
        r#"request_server_seconds_count{client="shop", server="stock"} 1"#,
        r#"request_server_seconds_sum{client="shop", server="stock"} 0.5"#,
        r#"request_total{client="shop", server="stock"} 1"#,
    ];
    assert_eq!(graph(&settings(), &[client.clone(), server.clone()]), expected);
    assert_eq!(graph(&settings(), &[server, client]), expected);
}

#[test]
fn what_has_no_other_side_is_virtual_or_unpaired() {
    let cases: &[(Span, &[&str])] = &[
        (
            span(1, 0, 2, 1000, &[]),
            &[
                r#"request_server_seconds_count{client="user", connection_type="virtual_node", server="shop"} 1"#,
                r#"request_server_seconds_sum{client="user", connection_type="virtual_node", server="shop"} 1"#,
                r#"request_total{client="user", connection_type="virtual_node", server="shop"} 1"#,
            ],
        ),
        (
            span(1, 9, 3, 1000, &[("peer.service", "mail")]),
            &[
                r#"request_client_seconds_count{client="shop", connection_type="virtual_node", server="mail"} 1"#,
                r#"request_client_seconds_sum{client="shop", connection_type="virtual_node", server="mail"} 1"#,
                r#"request_total{client="shop", connection_type="virtual_node", server="mail"} 1"#,
            ],
        ),
        (span(1, 9, 3, 1000, &[]), &[r#"unpaired_spans_total{client="shop"} 1"#]),
        (span(1, 9, 2, 1000, &[]), &[r#"unpaired_spans_total{server="shop"} 1"#]),
        (span(1, 9, 1, 1000, &[]), &[]),
        (
            span(1, 9, 3, 1000, &[("db.system", "postgresql"), ("server.address", "db-1")]),
            &[
                r#"request_client_seconds_count{client="shop", connection_type="database", server="db-1"} 1"#,
                r#"request_client_seconds_sum{client="shop", connection_type="database", server="db-1"} 1"#,
                r#"request_server_seconds_count{client="shop", connection_type="database", server="db-1"} 1"#,
                r#"request_server_seconds_sum{client="shop", connection_type="database", server="db-1"} 1"#,
                r#"request_total{client="shop", connection_type="database", server="db-1"} 1"#,
            ],
        ),
    ];
    for (span, expected) in cases {
        assert_eq!(graph(&settings(), &[request("shop", vec![span.clone()])]), *expected, "{span:?}");
    }
}

#[test]
fn messages_and_dimensions() {
    let mut settings = settings();
    settings.graphs.dimensions = vec![Dimension { attribute: "zone".into(), label: "zone".into() }];
    settings.graphs.side_prefix = true;
    settings.graphs.messaging_latency = true;
    let mut producer = span(1, 9, 4, 1000, &[("zone", "a")]);
    producer.end_time_unix_nano -= 750_000_000;
    producer.start_time_unix_nano -= 750_000_000;
    let found = graph(
        &settings,
        &[request("shop", vec![producer]), request("mail", vec![span(2, 1, 5, 500, &[("zone", "b")])])],
    );
    let labels = r#"{client="shop", client_zone="a", connection_type="messaging_system", server="mail", server_zone="b"}"#;
    assert!(found.contains(&format!("request_total{labels} 1")), "{found:?}");
    assert!(found.contains(&format!("request_messaging_system_seconds_sum{labels} 0.25")), "{found:?}");
}

#[test]
fn edges_are_bounded() {
    let mut settings = settings();
    settings.graphs.max_items = 2;
    let spans = (1..=5).map(|id| span(id, 9, 3, 1, &[])).collect();
    let found = graph(&settings, &[request("shop", spans)]);
    let expected = [r#"dropped_spans_total{service="shop"} 3"#, r#"unpaired_spans_total{client="shop"} 2"#];
    assert_eq!(found, expected);
}

#[test]
fn spans_are_counted_by_their_labels() {
    let mut settings = Settings::default();
    (settings.spans.calls, settings.spans.latency, settings.spans.size) = (true, true, true);
    settings.spans.target_info = true;
    settings.spans.dimensions =
        vec![Dimension { attribute: "http.route".into(), label: "http_route".into() }];
    let mut late = span(3, 0, 2, 10, &[]);
    late.end_time_unix_nano -= 31_000_000_000;
    let spans = vec![
        span(1, 0, 2, 100, &[("http.route", "/a")]),
        span(1, 0, 2, 300, &[("http.route", "/a")]),
        span(1, 0, 2, 100, &[("http.route", "/b")]),
        late,
    ];
    // A stored span always says its status.
    let size = prost::Message::encoded_len(&spans[2]) + 2;
    let mut request = request("shop", spans);
    request.resource_spans[0].resource.as_mut().unwrap().attributes.push(pair("os.type", "linux"));
    let mut registry = Registry::new(1000);
    let bounds: Arc<[f64]> = settings.spans.buckets.as_slice().into();
    let digest = Digest::of(&batch_of(request), &settings);
    let left_out = span_metrics::count(&mut registry, &digest, &settings.spans, &bounds, NOW, 30_000);
    assert_eq!(left_out, 1);
    let labels = |route: &str| {
        format!(
            r#"{{http_route="{route}", job="shop", service="shop", span_kind="SPAN_KIND_SERVER", span_name="op-1", status_code="STATUS_CODE_UNSET"}}"#
        )
    };
    let expected = [
        format!("traces_spanmetrics_calls_total{} 2", labels("/a")),
        format!("traces_spanmetrics_calls_total{} 1", labels("/b")),
        format!("traces_spanmetrics_latency_count{} 2", labels("/a")),
        format!("traces_spanmetrics_latency_count{} 1", labels("/b")),
        format!("traces_spanmetrics_latency_sum{} 0.4", labels("/a")),
        format!("traces_spanmetrics_latency_sum{} 0.1", labels("/b")),
        format!("traces_spanmetrics_size_total{} {}", labels("/a"), size * 2),
        format!("traces_spanmetrics_size_total{} {size}", labels("/b")),
        r#"traces_target_info{job="shop", os_type="linux"} 1"#.to_owned(),
    ];
    assert_eq!(shown(&mut registry), expected);
}
