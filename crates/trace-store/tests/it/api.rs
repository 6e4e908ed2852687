//! Tempo's API over live spans, over segments, and after a restart.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use prost::Message as _;
use protocols::tempo::{SearchResponse, Trace, TraceByIdResponse};
use serde_json::{Value as Json, json};

use crate::support::{
    BASE_SECS, Running, keep_everything, request, shop, span, span_names, start, start_with, text,
};

const ID: &str = "01010101010101010101010101010101";

fn window() -> String {
    format!("start={}&end={}", BASE_SECS - 60, BASE_SECS + 60)
}

async fn search(running: &Running, tags: &str) -> Vec<String> {
    let found = running.json(&format!("/api/search?{}&{tags}", window())).await;
    let traces = found["traces"].as_array().unwrap();
    traces.iter().map(|trace| trace["traceID"].as_str().unwrap().to_owned()).collect()
}

async fn check_shop(running: &Running) {
    let trace = running.json(&format!("/api/v2/traces/{ID}")).await;
    assert_eq!(span_names(&trace), ["POST /orders", "create_order", "reserve_inventory", "validate_user"]);
    for (tags, found) in [
        ("tags=service.name%3Dorder-service", true),
        ("tags=service.name%3Dorder", false),
        ("tags=name%3Dreserve_inventory%20product.id%3Dp-7", true),
        ("tags=status%3Derror", true),
        ("tags=status.code%3Dok", false),
        ("tags=quantity%3D2", false),
        ("tags=root.name%3D%22POST%20%2Forders%22", true),
        ("tags=root.service.name%3Duser-service", false),
        ("minDuration=199ms", true),
        ("minDuration=201ms", false),
        ("maxDuration=200ms", true),
        ("maxDuration=199ms", false),
        ("q=%7B%7D", true),
    ] {
        let expected = if found { vec![ID] } else { Vec::new() };
        assert_eq!(search(running, tags).await, expected, "{tags}");
    }
    let found = running.json(&format!("/api/search?{}", window())).await;
    let stats = json!({
        "order-service": {"spanCount": 2},
        "product-service": {"spanCount": 1, "errorCount": 1},
        "user-service": {"spanCount": 1},
    });
    assert_eq!(
        found["traces"],
        json!([{"traceID": ID, "rootServiceName": "order-service", "rootTraceName": "POST /orders",
            "startTimeUnixNano": format!("{BASE_SECS}000000000"), "durationMs": 200}])
    );
    let found = running.json(&format!("/api/search?{}&q=%7B%7D", window())).await;
    assert_eq!(found["traces"][0]["serviceStats"], stats);
}

#[tokio::test(flavor = "multi_thread")]
async fn spans_are_found_at_once_in_segments_and_after_a_restart() {
    let running = start().await;
    for request in shop() {
        running.export(request).await;
    }
    check_shop(&running).await;
    // A client that repeats itself changes nothing.
    running.export(shop().remove(0)).await;
    check_shop(&running).await;
    running.server.flush().await.unwrap();
    check_shop(&running).await;
    running.export(shop().remove(1)).await;
    check_shop(&running).await;
    let dir = running.stop().await;
    let running = start_with(dir, keep_everything("")).await;
    check_shop(&running).await;
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trace_in_both_versions_and_encodings() {
    let running = start().await;
    for request in shop() {
        running.export(request).await;
    }
    let v1 = running.json(&format!("/api/traces/{ID}")).await;
    let first = &v1["batches"][0]["scopeSpans"][0]["spans"][0];
    assert_eq!(first["traceId"], STANDARD.encode([1; 16]));
    assert_eq!(first["spanId"], STANDARD.encode([1; 8]));
    assert_eq!((&first["kind"], &first["status"]), (&json!("SPAN_KIND_SERVER"), &json!({})));
    let get =
        |path: String| running.client.get(running.url(&path)).header("accept", "application/protobuf").send();
    let response = get(format!("/api/traces/{ID}")).await.unwrap();
    assert_eq!(response.headers()["content-type"], "application/protobuf");
    let trace = Trace::decode(response.bytes().await.unwrap()).unwrap();
    assert_eq!(trace.resource_spans.len(), 3);
    let v2 = get(format!("/api/v2/traces/{ID}")).await.unwrap().bytes().await.unwrap();
    assert_eq!(TraceByIdResponse::decode(v2).unwrap().trace, Some(trace));
    let found = get(format!("/api/search?{}", window())).await.unwrap().bytes().await.unwrap();
    assert_eq!(SearchResponse::decode(found).unwrap().traces[0].trace_id, ID);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_and_impossible_ids() {
    let running = start().await;
    let unknown = "ff".repeat(16);
    let response = running.get(&format!("/api/traces/{unknown}")).await;
    assert_eq!((response.status().as_u16(), response.text().await.unwrap()), (404, String::new()));
    assert_eq!(running.json(&format!("/api/v2/traces/{unknown}")).await["trace"], json!({}));
    for (path, status, message) in [
        ("/api/traces/xyz".to_owned(), 400, "hex characters: invalid character 'x' at position 1"),
        (format!("/api/v2/traces/{unknown}f"), 400, "can't be larger than 128 bits"),
        ("/api/v2/traces/1?start=x".to_owned(), 400, "invalid start"),
        ("/api/v2/traces/1?start=5&end=4".to_owned(), 400, "start must be before end"),
        ("/api/nosuch".to_owned(), 404, "not found"),
    ] {
        let response = running.get(&path).await;
        assert_eq!(response.status(), status, "{path}");
        let text = response.text().await.unwrap();
        assert!(text.contains(message), "{path}: {text}");
    }
    // Short ids have leading zeros.
    let mut short = span(0, 1, 0, "short", 0, 1);
    short.trace_id[15] = 7;
    running.export(request("svc", vec![short])).await;
    for id in ["7", "07", "00000000000000000000000000000007"] {
        assert_eq!(span_names(&running.json(&format!("/api/v2/traces/{id}")).await), ["short"], "{id}");
    }
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn searches_are_newest_first_and_bounded() {
    let running = start().await;
    // Every other minute a trace, over three hours: some in segments, some live.
    for trace in 1..=90u8 {
        let minute = u64::from(trace) * 2;
        running.export(request("svc", vec![span(trace, 1, 0, "op", minute * 60_000, 10)])).await;
        if trace % 25 == 0 {
            running.server.flush().await.unwrap();
        }
    }
    let ids = |found: &Json| -> Vec<String> {
        let traces = found["traces"].as_array().unwrap();
        traces.iter().map(|trace| trace["traceID"].as_str().unwrap()[..2].to_owned()).collect()
    };
    let newest =
        |from: u8, count: u8| (0..count).map(|back| format!("{:02x}", from - back)).collect::<Vec<_>>();
    let all = format!("start={BASE_SECS}&end={}", BASE_SECS + 4 * 3600);
    for (parameters, expected) in [
        (format!("{all}&tags=service.name%3Dsvc"), newest(90, 20)),
        (format!("{all}&limit=3"), newest(90, 3)),
        (format!("{all}&limit=90"), newest(90, 90)),
        (format!("start={}&end={}&limit=50", BASE_SECS + 600, BASE_SECS + 1200), newest(10, 6)),
    ] {
        assert_eq!(ids(&running.json(&format!("/api/search?{parameters}")).await), expected, "{parameters}");
    }
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_searches_say_what_is_wrong() {
    let running = start().await;
    let window = window();
    for (parameters, message) in [
        (format!("{window}&limit=0"), "invalid limit: must be a positive number"),
        (format!("{window}&limit=x"), "invalid limit"),
        (format!("{window}&limit=262145"), "limit 262145 exceeds max limit 262144"),
        (format!("{window}&spss=101"), "spans per span set exceeds 100"),
        (format!("{window}&minDuration=5"), "invalid minDuration"),
        (format!("{window}&minDuration=2s&maxDuration=1s"), "invalid maxDuration: must be greater"),
        (format!("{window}&tags=%22a%22%3Db"), "invalid tags: unexpected"),
        (format!("{window}&tags=a%3D1%20a%3D2"), "set twice"),
        (format!("{window}&tags=a%3D1&q=%7B%7D"), "tags and q"),
        (format!("{window}&q=%7Bstatus%3D%7D"), "parse error at line 1"),
        (format!("{window}&q=%7Bstatus%3Derror%7D%20%7C%20nosuch()"), "invalid TraceQL query"),
        ("start=5".to_owned(), "only one of start and end provided"),
        ("start=5&end=4".to_owned(), "start must be before end"),
        ("start=0&end=604801".to_owned(), "exceeds 168h0m0s"),
        ("start=x&end=4".to_owned(), "invalid start"),
        ("start=1795168800000&end=1795168900000".to_owned(), "invalid start"),
    ] {
        let response = running.get(&format!("/api/search?{parameters}")).await;
        let status = response.status();
        let text = response.text().await.unwrap();
        assert!(status == 400 && text.contains(message), "{parameters}: {status} {text}");
    }
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tags_and_their_values_live_and_sealed() {
    let running = start().await;
    for request in shop() {
        running.export(request).await;
    }
    for sealed in [false, true] {
        if sealed {
            running.server.flush().await.unwrap();
        }
        let tags = running.json("/api/search/tags").await;
        assert_eq!(tags["tagNames"], json!(["product.id", "quantity", "service.name"]));
        let scopes = running.json("/api/v2/search/tags").await;
        assert_eq!(scopes["scopes"][0], json!({"name": "resource", "tags": ["service.name"]}));
        assert_eq!(scopes["scopes"][1], json!({"name": "span", "tags": ["product.id", "quantity"]}));
        assert_eq!(scopes["scopes"][2]["name"], "intrinsic");
        let values = running.json("/api/search/tag/service.name/values").await;
        assert_eq!(values["tagValues"], json!(["order-service", "product-service", "user-service"]));
        for (tag, expected) in [
            ("span.quantity", json!([{"type": "int", "value": "2"}])),
            (".product.id", json!([{"type": "string", "value": "p-7"}])),
            ("rootServiceName", json!([{"type": "string", "value": "order-service"}])),
            ("status", json!(["error", "ok", "unset"].map(|text| json!({"type": "keyword", "value": text})))),
            ("span.nosuch", json!([])),
        ] {
            let values = running.json(&format!("/api/v2/search/tag/{tag}/values")).await;
            assert_eq!(values["tagValues"], expected, "{tag}");
        }
    }
    for (path, status) in [
        ("/api/search/tags?scope=nosuch", 400),
        ("/api/v2/search/tag/nosuch/values", 400),
        ("/api/search/tags?start=x&end=5", 400),
        ("/api/search/tag/values", 404),
    ] {
        assert_eq!(running.get(path).await.status(), status, "{path}");
    }
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn client_and_server_spans_with_one_id_are_told_apart() {
    let running = start().await;
    let mut client = span(1, 5, 0, "client", 0, 10);
    client.kind = 3;
    let spans = vec![client, span(1, 5, 0, "server", 1, 8), span(1, 6, 5, "child", 2, 5)];
    running.export(request("svc", spans)).await;
    let trace = running.json(&format!("/api/v2/traces/{ID}")).await;
    let spans = trace["trace"]["resourceSpans"][0]["scopeSpans"][0]["spans"].as_array().unwrap();
    let ids: Vec<_> = spans
        .iter()
        .map(|span| (span["name"].clone(), span["spanId"].clone(), span["parentSpanId"].clone()))
        .collect();
    let own = json!(STANDARD.encode([0, 0, 0, 0, 0, 0, 0, 1]));
    let shared = json!(STANDARD.encode([5; 8]));
    assert_eq!(ids[0], (json!("client"), shared.clone(), Json::Null));
    assert_eq!(ids[1], (json!("server"), own.clone(), shared));
    assert_eq!(ids[2], (json!("child"), json!(STANDARD.encode([6; 8])), own));
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn large_traces_are_answered_in_part_and_say_so() {
    let running = start_with(
        tempfile::tempdir().unwrap(),
        keep_everything("overrides: {defaults: {global: {max_bytes_per_trace: 1000}}}"),
    )
    .await;
    let spans = (1..=50).map(|id| span(1, id, 0, "op", u64::from(id), 1)).collect();
    running.export(request("svc", spans)).await;
    let trace = running.json(&format!("/api/v2/traces/{ID}")).await;
    assert_eq!(trace["status"], "PARTIAL");
    assert!(trace["message"].as_str().unwrap().contains("1000 bytes"), "{trace}");
    assert!((1..50).contains(&span_names(&trace).len()));
    assert_eq!(running.get(&format!("/api/traces/{ID}")).await.status(), 422);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn status_pages() {
    let running = start().await;
    for (path, content) in [
        ("/ready", "ready\n"),
        ("/api/echo", "echo\n"),
        ("/status/version", "version"),
        ("/status/endpoints", "/api/search"),
        ("/status/config", "block_retention"),
        ("/metrics", "tempo_distributor_spans_received_total 0"),
        ("/api/status/buildinfo", "\"version\""),
    ] {
        let response = running.get(path).await;
        assert_eq!(response.status(), 200, "{path}");
        assert!(response.text().await.unwrap().contains(content), "{path}");
    }
    let mut attribute = span(1, 1, 0, "op", 0, 1);
    attribute.attributes = vec![text("a/b", "slash")];
    running.export(request("svc", vec![attribute])).await;
    let values = running.json("/api/search/tag/a%2Fb/values").await;
    assert_eq!(values["tagValues"], json!(["slash"]));
    running.stop().await;
}
