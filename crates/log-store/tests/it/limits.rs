//! Limits of the configuration file, in force.

use serde_json::{Value, json};

use crate::store::Store;

const SECOND: i64 = 1_000_000_000;

fn config(limits: &str) -> String {
    format!("auth_enabled: false\nlimits_config:\n  reject_old_samples: false\n{limits}")
}

async fn with(limits: &str) -> (tempfile::TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::with(dir.path(), &config(limits)).await;
    (dir, store)
}

async fn ask(store: &Store, query: &str, more: &[(&str, &str)]) -> (u16, String) {
    let params = [&[("query", query), ("start", "0"), ("end", "100")][..], more].concat();
    store.get("/loki/api/v1/query_range", &params).await
}

#[tokio::test]
async fn queries_are_limited_as_the_file_says() {
    let (_dir, store) = with("  max_query_series: 2\n  max_query_range: 1h\n  max_streams_matchers_per_query: 2\n  required_labels: [env]\n  minimum_labels_number: 1\n  max_query_bytes_read: 1KB\n  blocked_queries:\n    - {pattern: 'secret', regex: true}\n    - {types: metric, query_tags: {source: blocked}}\n").await;
    for n in ["1", "2", "3"] {
        store.push(&json!({ "env": "lab", "n": n }), &[(SECOND, "x")]).await;
    }
    let long = "y".repeat(2000);
    store.push(&json!({ "env": "prod" }), &[(SECOND, &long)]).await;
    for (query, reason) in [
        (r#"{env="lab"}"#, None),
        (r#"sum by (n) (count_over_time({env="lab", n=~"1|2"}[1h]))"#, None),
        (
            r#"sum by (n) (count_over_time({env="lab"}[1h]))"#,
            Some("maximum number of series (2) reached for a single query"),
        ),
        (r#"rate({env="lab"}[2h])"#, Some("[interval] value exceeds limit: [2h] > [1h]")),
        (
            r#"{env="lab", a="", b=""}"#,
            Some("max streams matchers per query exceeded, matchers-count > limit (3 > 2)"),
        ),
        (
            r#"{n="1"}"#,
            Some("stream selector is missing required matchers [env], labels present in the query were [n]"),
        ),
        (r#"{env="prod"}"#, None),
        (
            r#"{env="prod"} |= "y""#,
            Some("the query would read too many bytes (query: 2.0 KiB, limit: 1.0 KiB)"),
        ),
        (r#"sum(rate({env="prod"}[1h]))"#, Some("the query would read too many bytes")),
        (r#"{env="lab"} |= "secret""#, Some("query blocked by policy")),
    ] {
        let (status, text) = ask(&store, query, &[("step", "100")]).await;
        match reason {
            None => assert_eq!(status, 200, "{query}: {text}"),
            Some(reason) => assert!(status == 400 && text.starts_with(reason), "{query}: {status} {text}"),
        }
    }
    let url = format!("{}/loki/api/v1/query", store.url);
    for (tags, status) in [("Source=blocked,Feature=x", 400), ("Source=other", 200)] {
        let request = store.client.get(&url).query(&[("query", "vector(1)")]).header("X-Query-Tags", tags);
        assert_eq!(request.send().await.unwrap().status(), status, "{tags}");
    }
    store.close().await;
}

#[tokio::test]
async fn old_lines_are_out_of_sight() {
    let (_dir, store) = with("  max_query_lookback: 1h\n  max_query_length: 2h\n").await;
    let now = model::TimestampNanos::now().0;
    store.push(&json!({ "a": "b" }), &[(now - 5400 * SECOND, "old"), (now - 60 * SECOND, "young")]).await;
    let hours_ago = |hours: i64| (now - hours * 3600 * SECOND).to_string();
    // Longer than the limit on length, but not when what cannot be seen is left out.
    let params = [("query", r#"{a="b"}"#), ("start", &hours_ago(9))];
    let (status, text) = store.get("/loki/api/v1/query_range", &params).await;
    assert_eq!((status, crate::store::lines(&text)), (200, vec!["young".to_owned()]));
    let reason = "this data is no longer available, it is past now - max_query_lookback (1h0m0s)";
    let params = [("query", r#"{a="b"}"#), ("start", &hours_ago(4)), ("end", &hours_ago(3))];
    assert_eq!(store.get("/loki/api/v1/query_range", &params).await, (400, reason.to_owned()));
    let params = [("query", r#"count_over_time({a="b"}[1m])"#), ("time", &*hours_ago(2))];
    assert_eq!(store.get("/loki/api/v1/query", &params).await, (400, reason.to_owned()));
    store.close().await;
}

async fn push(store: &Store, streams: Value) -> (u16, String) {
    let answer = store.post("/loki/api/v1/push", &json!({ "streams": streams })).await;
    (answer.status().as_u16(), answer.text().await.unwrap())
}

fn stream(name: &str, bytes: usize) -> Value {
    json!({ "stream": { "service_name": name }, "values": [[SECOND.to_string(), "x".repeat(bytes)]] })
}

#[tokio::test]
async fn a_tenants_pushes_are_limited_in_bytes() {
    let (_dir, store) = with(
        "  discover_log_levels: false\n  ingestion_rate_mb: 0.000001\n  ingestion_burst_size_mb: 0.001\n",
    )
    .await;
    assert_eq!(push(&store, json!([stream("a", 1000)])).await.0, 204);
    let (status, text) = push(&store, json!([stream("a", 900), stream("b", 100)])).await;
    let reason = "ingestion rate limit exceeded for user fake (limit: 1 bytes/sec) while attempting to ingest '2' lines totaling '1000' bytes, reduce log volume or contact your Loki administrator to see if the limit can be increased\n";
    assert_eq!((status, text.as_str()), (429, reason));
    assert_eq!(store.lines(r#"{service_name=~".+"}"#, &[]).await.len(), 1, "all or nothing");
    let (_, metrics) = store.get("/metrics", &[]).await;
    let discarded = r#"loki_discarded_samples_total{reason="rate_limited",tenant="fake"} 2"#;
    assert!(metrics.lines().any(|line| line == discarded), "{metrics}");
    store.close().await;
}

#[tokio::test]
async fn streams_are_limited_in_bytes_and_number() {
    let (_dir, store) = with("  discover_log_levels: false\n  per_stream_rate_limit: 1\n  per_stream_rate_limit_burst: 1KB\n  max_global_streams_per_user: 2\n").await;
    assert_eq!(push(&store, json!([stream("a", 1024)])).await.0, 204);
    let (status, text) = push(&store, json!([stream("a", 512), stream("b", 512), stream("c", 1)])).await;
    assert_eq!(status, 429, "{text}");
    for part in [
        r#"Per stream rate limit exceeded (limit: 1B/sec) while attempting to ingest for stream '{service_name="a"}' totaling 512B"#,
        r#"maximum active stream limit exceeded when trying to create stream {service_name="c"}"#,
        "user: 'fake'",
    ] {
        assert!(text.contains(part), "{text}");
    }
    assert_eq!(store.lines(r#"{service_name=~"b|c"}"#, &[]).await.len(), 1, "the others are stored");
    let (_, metrics) = store.get("/metrics", &[]).await;
    for reason in ["per_stream_rate_limit", "stream_limit"] {
        let line = format!("loki_discarded_samples_total{{reason=\"{reason}\",tenant=\"fake\"}} 1");
        assert!(metrics.contains(&line), "{metrics}");
    }
    store.close().await;
}

#[tokio::test]
async fn entries_of_one_moment_are_moved_apart() {
    let (_dir, store) = with("  increment_duplicate_timestamp: true\n").await;
    let values: Vec<Value> =
        ["a", "b", "b", "c"].iter().map(|line| json!([SECOND.to_string(), line])).collect();
    let body = json!([{ "stream": { "a": "b" }, "values": values }]);
    assert_eq!(push(&store, body).await.0, 204);
    let (_, text) = ask(&store, r#"{a="b"}"#, &[("direction", "forward")]).await;
    let answer: Value = serde_json::from_str(&text).unwrap();
    let at = |nanos: i64, line: &str| json!([(SECOND + nanos).to_string(), line]);
    assert_eq!(
        answer["data"]["result"][0]["values"],
        json!([at(0, "a"), at(0, "b"), at(1, "b"), at(1, "c")]),
    );
    store.close().await;
}
