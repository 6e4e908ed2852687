//! How much there is, which labels, and the endpoints of old.

use serde_json::{Value, json};

use crate::store::Store;

const SECOND: i64 = 1_000_000_000;
const RANGE: [(&str, &str); 2] = [("start", "0"), ("end", "100")];

async fn filled(dir: &std::path::Path) -> Store {
    let store = Store::open(dir).await;
    store.push(&json!({ "job": "a", "pod": "1" }), &[(SECOND, "12345"), (31 * SECOND, "1234567890")]).await;
    store.push(&json!({ "job": "a", "pod": "2" }), &[(70 * SECOND, "1")]).await;
    store.push(&json!({ "job": "b", "replica": "1" }), &[(SECOND, "<b>")]).await;
    store
}

async fn ask(store: &Store, path: &str, more: &[(&str, &str)]) -> Value {
    let params: Vec<_> = RANGE.iter().chain(more).copied().collect();
    let (status, text) = store.get(path, &params).await;
    assert_eq!(status, 200, "{path} {more:?}: {text}");
    serde_json::from_str(&text).unwrap()
}

#[tokio::test]
async fn stats_and_volumes_are_the_same_in_memory_and_in_segments() {
    let dir = tempfile::tempdir().unwrap();
    let store = filled(dir.path()).await;
    let (of_a, of_b) = (16, 3);
    for sealed in [false, true] {
        if sealed {
            assert_eq!(store.get("/flush", &[]).await.0, 204);
        }
        let stats = ask(&store, "/loki/api/v1/index/stats", &[("query", r#"{job="a"}"#)]).await;
        assert_eq!(stats, json!({ "streams": 2, "chunks": 2, "bytes": of_a, "entries": 3 }), "{sealed}");
        let volume =
            ask(&store, "/loki/api/v1/index/volume", &[("query", "{}"), ("targetLabels", "job")]).await;
        let series =
            |job: &str, bytes: u64| json!({ "metric": { "job": job }, "value": [100, bytes.to_string()] });
        assert_eq!(volume["data"]["result"], json!([series("a", of_a), series("b", of_b)]), "{sealed}");
        let names = [("query", r#"{job="a"}"#), ("aggregateBy", "labels"), ("limit", "1")];
        let volume = ask(&store, "/loki/api/v1/index/volume", &names).await;
        assert_eq!(
            volume["data"]["result"],
            json!([{ "metric": { "job": "" }, "value": [100, of_a.to_string()] }])
        );
    }
    store.close().await;
}

#[tokio::test]
async fn volumes_come_in_steps() {
    let dir = tempfile::tempdir().unwrap();
    let store = filled(dir.path()).await;
    let params = [("query", r#"{job="a"}"#), ("step", "40")];
    let answer = ask(&store, "/loki/api/v1/index/volume_range", &params).await;
    assert_eq!(answer["data"]["resultType"], "matrix");
    let values = json!([[39.999, "15"], [79.999, "1"], [100, "0"]]);
    assert_eq!(answer["data"]["result"], json!([{ "metric": { "job": "a" }, "values": values }]));
    let nothing = ask(&store, "/loki/api/v1/index/volume_range", &[("query", r#"{job="c"}"#)]).await;
    assert_eq!(nothing["data"]["result"], json!([]));
    store.close().await;
}

#[tokio::test]
async fn labels_without_meaning_are_not_offered() {
    let dir = tempfile::tempdir().unwrap();
    let store = filled(dir.path()).await;
    let label = |name: &str, cardinality: usize| json!({ "label": name, "cardinality": cardinality });
    let all = ask(&store, "/loki/api/v1/detected_labels", &[]).await;
    assert_eq!(
        all,
        json!({ "detectedLabels": [label("job", 2), label("pod", 2), label("service_name", 2)] })
    );
    let none = ask(&store, "/loki/api/v1/detected_labels", &[("query", r#"{job="c"}"#)]).await;
    assert_eq!(none, json!({}));
    store.close().await;
}

#[tokio::test]
async fn queries_are_laid_out() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).await;
    let answer = ask(&store, "/loki/api/v1/format_query", &[("query", r#"{a = "b"}|="c""#)]).await;
    assert_eq!(answer, json!({ "status": "success", "data": r#"{a="b"} |= "c""# }));
    let (status, text) = store.get("/loki/api/v1/format_query", &[("query", "{")]).await;
    let answer: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((status, &answer["status"]), (400, &json!("invalid-query")));
    assert!(answer["error"].as_str().unwrap().starts_with("parse error at line 1, col 2"), "{text}");
    store.close().await;
}

#[tokio::test]
async fn bad_questions_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).await;
    for path in ["index/stats", "index/volume", "index/volume_range", "detected_labels", "labels", "series"] {
        let name = if path == "series" { "match[]" } else { "query" };
        for (query, reason) in [
            (r#"{a="b"} |= "x""#, "only label matchers are supported"),
            (r#"rate({a="b"}[1m])"#, "only label matchers are supported"),
            (r#"{a!="b"}"#, "at least one regexp or equality matcher"),
        ] {
            let path = format!("/loki/api/v1/{path}");
            let (status, text) = store.get(&path, &[(name, query), RANGE[0], RANGE[1]]).await;
            assert_eq!(status, 400, "{path} {query}");
            assert!(text.contains(reason), "{path} {query}: {text}");
        }
    }
    let query = ("query", r#"{a="b"}"#);
    for (more, reason) in
        [(("limit", "-1"), "limit must be"), (("aggregateBy", "x"), "invalid aggregation option")]
    {
        let (status, text) = store.get("/loki/api/v1/index/volume", &[query, more]).await;
        assert!(status == 400 && text.contains(reason), "{text}");
    }
    store.close().await;
    let off = "auth_enabled: false\nlimits_config: {volume_enabled: false}\n";
    let store = Store::with(dir.path(), off).await;
    assert_eq!(store.get("/loki/api/v1/index/volume", &[query]).await.0, 404);
    store.close().await;
}

#[tokio::test]
async fn the_api_of_old_still_takes_lines() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).await;
    let entry = |at: &str| json!({ "ts": at, "line": "old <line>" });
    let push = |entry: Value| json!({ "streams": [{ "labels": "{job=\"old\"}", "entries": [entry] }] });
    let ok = store.post("/api/prom/push", &push(entry("1970-01-01T00:00:01.5Z"))).await;
    assert_eq!(ok.status(), 204);
    for (body, status) in [
        (push(entry("yesterday")), 400),
        (push(entry("9999-01-01T00:00:00Z")), 400),
        (json!({ "streams": [] }), 422),
        (json!({ "streams": [{ "labels": "{job=", "entries": [] }] }), 400),
    ] {
        assert_eq!(store.post("/api/prom/push", &body).await.status(), status, "{body}");
    }
    assert_eq!(store.lines(r#"{job="old"}"#, &[]).await, ["old <line>"]);
    let (_, text) =
        store.get("/loki/api/v1/query_range", &[("query", r#"{job="old"}"#), RANGE[0], RANGE[1]]).await;
    assert!(text.contains(r"old \u003cline\u003e"), "{text}");
    assert_eq!(ask(&store, "/api/prom/label", &[]).await, json!({ "values": ["job", "service_name"] }));
    assert_eq!(ask(&store, "/api/prom/label/job/values", &[]).await, json!({ "values": ["old"] }));
    assert_eq!(ask(&store, "/api/prom/label/x/values", &[]).await, json!({}));
    store.close().await;
}
