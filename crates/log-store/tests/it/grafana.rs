//! The requests that Grafana's Loki data source sends, and the parts of the answers that it needs.

use serde_json::{Value, json};

use crate::store::Store;
use crate::tail::Tail;

const SECOND: i64 = 1_000_000_000;
/// A quarter of an hour ago, on a whole minute, so that retention and lookback are of no matter.
fn base() -> i64 {
    let minute = 60 * SECOND;
    (model::TimestampNanos::now().0 / minute - 15) * minute
}

/// Grafana sends GET requests only, with these headers.
async fn ask(store: &Store, path: &str, params: &[(&str, &str)], tags: &str) -> Value {
    let request = store
        .client
        .get(format!("{}/loki/api/v1/{path}", store.url))
        .query(params)
        .header("X-Loki-Response-Encoding-Flags", "categorize-labels")
        .header("X-Query-Tags", tags)
        .header("Accept-Encoding", "gzip")
        .header("User-Agent", "Grafana/13.2.0");
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 200, "{path} {params:?}");
    // The client of this test does not undo compression by itself.
    let compressed = answer.headers().get("content-encoding").is_some();
    let body = answer.bytes().await.unwrap();
    if compressed {
        serde_json::from_reader(flate2::read::GzDecoder::new(&body[..])).unwrap()
    } else {
        serde_json::from_slice(&body).unwrap()
    }
}

/// Twelve orders, one every ten seconds; every third fails.
async fn filled(dir: &std::path::Path, base: i64) -> Store {
    let store = Store::open(dir).await;
    let value = |at: i64| {
        let (level, event) =
            if at % 3 == 2 { ("error", "payment_declined") } else { ("info", "order_created") };
        let line = format!(r#"{{"level":"{level}","event":"{event}","n":{at}}}"#);
        json!([(base + at * 10 * SECOND).to_string(), line, { "trace_id": format!("{at:032x}") }])
    };
    let values: Vec<Value> = (0..12).map(value).collect();
    let stream = json!({ "service_name": "order-service", "env": "lab" });
    let body = json!({ "streams": [{ "stream": stream, "values": values }] });
    assert_eq!(store.post("/loki/api/v1/push", &body).await.status(), 204);
    store
}

#[tokio::test]
async fn the_health_check_succeeds() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).await;
    let params = [("query", "vector(1)+vector(1)"), ("direction", "backward"), ("time", "4000000000")];
    let answer = ask(&store, "query", &params, "").await;
    assert_eq!(answer["status"], "success");
    assert_eq!(answer["data"]["resultType"], "vector");
    assert_eq!(answer["data"]["result"], json!([{ "metric": {}, "value": [4_000_000_000_i64, "2"] }]));
    assert!(answer["data"]["encodingFlags"].is_null(), "flags are for streams");
    let info = ask(&store, "status/buildinfo", &[], "").await;
    assert!(info["version"].as_str().unwrap().starts_with("3."));
    store.close().await;
}

#[tokio::test]
async fn the_label_browser_finds_names_values_and_series() {
    let (dir, base) = (tempfile::tempdir().unwrap(), base());
    let store = filled(dir.path(), base).await;
    let (start, end) = (base.to_string(), (base + 200 * SECOND).to_string());
    let range = [("start", start.as_str()), ("end", end.as_str())];
    let with = |more: &[(&'static str, &'static str)]| [&range[..], more].concat();
    for flushed in [false, true] {
        if flushed {
            assert_eq!(store.get("/flush", &[]).await.0, 204);
        }
        assert_eq!(ask(&store, "labels", &range, "").await["data"], json!(["env", "service_name"]));
        let selector = [("query", r#"{service_name="order-service"}"#)];
        assert_eq!(ask(&store, "labels", &with(&selector), "").await["data"], json!(["env", "service_name"]));
        let values =
            ask(&store, "label/env/values", &with(&[("query", r#"{service_name=~".+"}"#)]), "").await;
        assert_eq!(values["data"], json!(["lab"]));
        let series = ask(&store, "series", &with(&[("match[]", r#"{env="lab"}"#)]), "").await;
        assert_eq!(series["data"], json!([{ "env": "lab", "service_name": "order-service" }]));
        let stats = ask(&store, "index/stats", &with(&[("query", r#"{env="lab"}"#)]), "").await;
        assert_eq!((&stats["streams"], &stats["entries"]), (&json!(1), &json!(12)));
        assert!(stats["bytes"].as_u64().unwrap() > 0 && stats["chunks"].as_u64().unwrap() > 0);
        let detected = ask(&store, "detected_labels", &with(&[("query", r#"{env="lab"}"#)]), "").await;
        assert_eq!(detected["detectedLabels"][0], json!({ "label": "env", "cardinality": 1 }));
    }
    store.close().await;
}

#[tokio::test]
async fn lines_come_with_their_labels_by_category() {
    let (dir, base) = (tempfile::tempdir().unwrap(), base());
    let store = filled(dir.path(), base).await;
    let (start, end) = (base.to_string(), (base + 200 * SECOND).to_string());
    for flushed in [false, true] {
        if flushed {
            assert_eq!(store.get("/flush", &[]).await.0, 204);
        }
        let params = [
            ("query", r#"{service_name="order-service"} | json | event="payment_declined""#),
            ("direction", "backward"),
            ("limit", "1000"),
            ("start", &start),
            ("end", &end),
            ("step", "1000ms"),
        ];
        let answer = ask(&store, "query_range", &params, "Source=grafana").await;
        let data = &answer["data"];
        assert_eq!(data["resultType"], "streams");
        assert_eq!(data["encodingFlags"], json!(["categorize-labels"]));
        assert_eq!(data["result"].as_array().unwrap().len(), 1, "a stream of labels, not one for each line");
        let stream = &data["result"][0];
        assert_eq!(stream["stream"], json!({ "env": "lab", "service_name": "order-service" }));
        assert_eq!(stream["values"].as_array().unwrap().len(), 4);
        let newest = &stream["values"][0];
        assert_eq!(newest[0], (base + 110 * SECOND).to_string());
        assert_eq!(
            newest[2]["structuredMetadata"],
            json!({ "detected_level": "error", "trace_id": format!("{:032x}", 11) })
        );
        assert_eq!(newest[2]["parsed"], json!({ "event": "payment_declined", "level": "error", "n": "11" }));
        assert!(data["stats"]["summary"]["totalBytesProcessed"].as_u64().unwrap() > 0);
        assert!(data["stats"]["summary"]["execTime"].is_number());
    }
    store.close().await;
}

#[tokio::test]
async fn the_log_volume_is_counted_by_level() {
    let (dir, base) = (tempfile::tempdir().unwrap(), base());
    let store = filled(dir.path(), base).await;
    let (start, end) = (base.to_string(), (base + 120 * SECOND).to_string());
    let params = [
        (
            "query",
            r#"sum by (level, detected_level) (count_over_time({service_name="order-service"} | drop __error__[1m]))"#,
        ),
        ("direction", "backward"),
        ("start", &start),
        ("end", &end),
        ("step", "60000ms"),
    ];
    for flushed in [false, true] {
        if flushed {
            assert_eq!(store.get("/flush", &[]).await.0, 204);
        }
        let answer = ask(&store, "query_range", &params, "Source=logvolhist").await;
        assert_eq!(answer["data"]["resultType"], "matrix");
        let total = |level: &str| -> u64 {
            let series = answer["data"]["result"].as_array().unwrap();
            let found = series.iter().find(|series| series["metric"] == json!({ "detected_level": level }));
            let values = found.unwrap()["values"].as_array().unwrap().iter();
            values.map(|point| point[1].as_str().unwrap().parse::<u64>().unwrap()).sum()
        };
        assert_eq!((total("info"), total("error")), (8, 4));
    }
    store.close().await;
}

/// Context: the lines before and after a row, from two queries around it.
#[tokio::test]
async fn the_context_of_a_row_is_found_in_both_directions() {
    let (dir, base) = (tempfile::tempdir().unwrap(), base());
    let store = filled(dir.path(), base).await;
    let row = base + 50 * SECOND;
    let hours = 2 * 3600 * SECOND;
    let numbers = |answer: &Value| -> Vec<u64> {
        let values = answer["data"]["result"][0]["values"].as_array().unwrap().iter();
        values
            .map(|value| {
                serde_json::from_str::<Value>(value[1].as_str().unwrap()).unwrap()["n"].as_u64().unwrap()
            })
            .collect()
    };
    let query = r#"{env="lab", service_name="order-service"}"#;
    for (direction, start, end, expected) in [
        // The row itself is left out by Grafana, which asks from it on.
        ("backward", row - hours, row, [4, 3, 2]),
        ("forward", row, row + hours, [5, 6, 7]),
    ] {
        let (start, end) = (start.to_string(), end.to_string());
        let params =
            [("query", query), ("direction", direction), ("limit", "3"), ("start", &start), ("end", &end)];
        let answer = ask(&store, "query_range", &params, "").await;
        assert_eq!(numbers(&answer), expected, "{direction}");
    }
    store.close().await;
}

#[tokio::test]
async fn live_tail_shows_new_rows() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).await;
    let query = ("query", r#"{service_name="order-service"} |= "order""#);
    let mut tail = Tail::open(&store, &[query]).await;
    let at = model::TimestampNanos::now().0;
    let labels = json!({ "service_name": "order-service" });
    store.push(&labels, &[(at, "order created"), (at + 1, "something else")]).await;
    let message = tail.message().await;
    let stream = json!({ "service_name": "order-service", "detected_level": "unknown" });
    assert_eq!(
        message["streams"],
        json!([{ "stream": stream, "values": [[at.to_string(), "order created"]] }])
    );
    store.close().await;
}

/// The plugin shows the text of an error as it is.
#[tokio::test]
async fn errors_are_text_for_people() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).await;
    let answer = store
        .client
        .get(format!("{}/loki/api/v1/query_range", store.url))
        .query(&[("query", r#"{a="b" | json"#)])
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 400);
    assert_eq!(answer.headers()["content-type"], "text/plain; charset=utf-8");
    assert!(answer.text().await.unwrap().starts_with("parse error at line 1, col 8: "));
    store.close().await;
}
