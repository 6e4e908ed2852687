//! Pages for operators and tools.

use serde_json::{Value, json};

use crate::store::Store;

async fn json_of(store: &Store, path: &str, params: &[(&str, &str)]) -> Value {
    let (status, text) = store.get(path, params).await;
    assert_eq!(status, 200, "{path}: {text}");
    serde_json::from_str(&text).unwrap()
}

#[tokio::test]
async fn the_log_level_can_be_changed() {
    runtime::init_logging("log-store");
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).await;
    let set = async |level: &str| {
        let url = format!("{}/log_level", store.url);
        let answer = store.client.post(url).form(&[("log_level", level)]).send().await.unwrap();
        (answer.status().as_u16(), answer.json::<Value>().await.unwrap())
    };
    let (status, answer) = set("warn").await;
    assert_eq!((status, answer), (200, json!({ "status": "success", "message": "Log level set to warn" })));
    assert_eq!(json_of(&store, "/log_level", &[]).await, json!({ "message": "Current log level is warn" }));
    let (status, answer) = set("loud").await;
    assert_eq!((status, &answer["status"]), (400, &json!("failed")));
    store.close().await;
}

#[tokio::test]
async fn tools_find_what_they_look_for() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).await;
    store.push(&json!({ "a": "b" }), &[(1_000_000_000, "12345")]).await;
    for path in ["/ring", "/distributor/ring", "/compactor/ring", "/memberlist"] {
        let (status, text) = store.get(path, &[]).await;
        assert!(status == 200 && text.starts_with("This log store is one process"), "{path}: {text}");
    }
    let request = store.client.get(format!("{}/ring", store.url)).header("Accept", "application/json");
    let ring: Value = request.send().await.unwrap().json().await.unwrap();
    assert_eq!(ring["shards"][0]["state"], "ACTIVE");
    let range = [("query", r#"{a="b"}"#), ("start", "0"), ("end", "10")];
    let stats = json_of(&store, "/loki/api/v1/index/stats", &range).await;
    let shards = json_of(&store, "/loki/api/v1/index/shards", &range).await;
    assert_eq!(shards["shards"], json!([{ "bounds": { "min": 0, "max": u64::MAX }, "stats": stats }]));
    let bad = [&range[..], &[("targetBytesPerShard", "many")]].concat();
    assert_eq!(store.get("/loki/api/v1/index/shards", &bad).await.0, 400);
    let drilldown = json_of(&store, "/loki/api/v1/drilldown-limits", &[]).await;
    assert_eq!(drilldown["limits"]["max_entries_limit_per_query"], 5000);
    assert_eq!(drilldown["limits"]["query_timeout"], "1m");
    let (_, limits) = store.get("/config/tenant/v1/limits", &[]).await;
    assert!(limits.lines().any(|line| line == "max_query_series: 500"), "{limits}");
    assert_eq!(store.get("/nosuch", &[]).await.0, 404);
    store.close().await;
}

#[tokio::test]
async fn other_methods_are_answered_cleanly() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).await;
    for (method, path, status, allow) in [
        ("HEAD", "/ready", 200, None),
        ("HEAD", "/loki/api/v1/labels", 200, None),
        ("OPTIONS", "/loki/api/v1/labels", 405, Some("GET,HEAD,POST")),
        ("DELETE", "/loki/api/v1/push", 405, Some("POST")),
        ("GET", "/loki/api/v1/push", 405, Some("POST")),
        ("POST", "/loki/api/v1/tail", 405, Some("GET,HEAD")),
    ] {
        let request = store.client.request(method.parse().unwrap(), format!("{}{path}", store.url));
        let answer = request.send().await.unwrap();
        let allowed = answer.headers().get("allow").map(|value| value.to_str().unwrap().to_owned());
        assert_eq!((answer.status().as_u16(), allowed.as_deref()), (status, allow), "{method} {path}");
    }
    store.close().await;
}

#[tokio::test]
async fn everything_may_lie_below_a_prefix_and_belong_to_another_tenant() {
    let dir = tempfile::tempdir().unwrap();
    let config = "auth_enabled: false\nno_auth_tenant: shop\nserver: {http_path_prefix: /logs/}\n";
    let store = Store::with(dir.path(), config).await;
    for (path, status) in [("/logs/ready", 200), ("/ready", 404), ("/logs/nosuch", 404)] {
        assert_eq!(store.get(path, &[]).await.0, status, "{path}");
    }
    let now = model::TimestampNanos::now().0.to_string();
    let body = json!({ "streams": [{ "stream": { "a": "b" }, "values": [[now, "x"]] }] });
    assert_eq!(store.post("/logs/loki/api/v1/push", &body).await.status(), 204);
    let (_, text) = store.get("/logs/metrics", &[]).await;
    let lines = r#"loki_distributor_lines_received_total{tenant="shop"} 1"#;
    assert!(text.lines().any(|line| line == lines), "{text}");
    assert!(text.contains(r#"route="logs_loki_api_v1_push""#), "{text}");
    store.close().await;
}

#[tokio::test]
async fn metrics_have_lokis_names() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).await;
    store.push(&json!({ "a": "b" }), &[(1_000_000_000, "x")]).await;
    assert_eq!(store.get("/nosuch/page", &[]).await.0, 404);
    assert_eq!(store.get("/loki/api/v1/label/a/values", &[]).await.0, 200);
    let (_, text) = store.get("/metrics", &[]).await;
    let labels = |method: &str, route: &str, status: &str| {
        format!(
            "loki_request_duration_seconds_count{{method=\"{method}\",route=\"{route}\",status_code=\"{status}\",ws=\"false\"}} 1"
        )
    };
    for line in [
        labels("POST", "loki_api_v1_push", "204"),
        labels("GET", "loki_api_v1_label_name_values", "200"),
        labels("GET", "other", "404"),
        r#"loki_distributor_lines_received_total{tenant="fake"} 1"#.to_owned(),
    ] {
        assert!(text.lines().any(|found| found == line), "{line}\n{text}");
    }
    for start in
        ["loki_build_info{version=\"3.", "process_resident_memory_bytes ", "process_cpu_seconds_total "]
    {
        assert!(text.lines().any(|found| found.starts_with(start)), "{start}\n{text}");
    }
    // Every sample belongs to a family that was declared before it.
    let mut families = std::collections::HashSet::new();
    for line in text.lines() {
        if let Some(family) = line.strip_prefix("# TYPE ") {
            assert!(families.insert(family.split(' ').next().unwrap().to_owned()), "twice: {family}");
        } else if !line.starts_with('#') {
            let name = line.split(['{', ' ']).next().unwrap();
            let base = ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end));
            assert!(families.contains(name) || base.is_some_and(|base| families.contains(base)), "{line}");
        }
    }
    store.close().await;
}

#[tokio::test]
async fn queries_of_old_are_answered_in_their_shape() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).await;
    let labels = json!({ "service_name": "s" });
    store.push(&labels, &[(1_500_000_000, "total=<1>"), (2_000_000_000, "none")]).await;
    let params = [("query", r#"{service_name="s"}"#), ("start", "0"), ("end", "10"), ("regexp", "tot.l")];
    let answer = json_of(&store, "/api/prom/query", &params).await;
    let entry = json!({ "ts": "1970-01-01T00:00:01.5Z", "line": "total=<1>" });
    let stream = json!({ "labels": r#"{detected_level="unknown", service_name="s"}"#, "entries": [entry] });
    assert_eq!(answer["streams"], json!([stream]));
    let metric = [("query", r#"rate({service_name="s"}[1m])"#)];
    let reason = "legacy endpoints only support streams result type";
    assert_eq!(store.get("/api/prom/query", &metric).await, (400, reason.to_owned()));
    store.close().await;
}
