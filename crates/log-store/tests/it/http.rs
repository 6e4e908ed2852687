//! The API as clients use it.

use serde_json::{Value, json};

use crate::store::Store;

const SECOND: i64 = 1_000_000_000;

#[tokio::test]
async fn lines_are_found_by_labels_and_content_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).await;
    let app = |name: &str| json!({ "service_name": name, "env": "lab" });
    store.push(&app("orders"), &[(SECOND, "order created"), (3 * SECOND, "payment declined")]).await;
    store.push(&app("users"), &[(2 * SECOND, "login failed")]).await;
    for flushed in [false, true] {
        if flushed {
            assert_eq!(store.get("/flush", &[]).await.0, 204);
        }
        for (query, more, expected) in [
            (r#"{service_name="orders"}"#, &[][..], &["payment declined", "order created"][..]),
            (
                r#"{service_name="orders"}"#,
                &[("direction", "forward")],
                &["order created", "payment declined"],
            ),
            (r#"{env="lab"} |= "ed" != "order""#, &[], &["payment declined", "login failed"]),
            (r#"{service_name=~"o.*|u.*"} |~ "^login""#, &[], &["login failed"]),
            (r#"{env="lab"}"#, &[("limit", "1")], &["payment declined"]),
            (r#"{env="lab"}"#, &[("limit", "1"), ("direction", "forward")], &["order created"]),
            (r#"{env="prod"}"#, &[], &[]),
        ] {
            assert_eq!(store.lines(query, more).await, expected, "{query} {more:?} flushed: {flushed}");
        }
    }
    store.close().await;
}

#[tokio::test]
async fn answers_have_lokis_shape() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).await;
    let value = json!([SECOND.to_string(), "hi", { "trace_id": "abc", "env": "clash" }]);
    let body = json!({ "streams": [{ "stream": { "service_name": "s", "env": "lab" }, "values": [value] }] });
    assert_eq!(store.post("/loki/api/v1/push", &body).await.status(), 204);
    let params = [("query", r#"{env="lab"}"#), ("start", "0"), ("end", "10")];
    let (_, text) = store.get("/loki/api/v1/query_range", &params).await;
    let answer: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(answer["status"], "success");
    assert_eq!(answer["data"]["resultType"], "streams");
    let result = json!([{ "stream": { "env": "lab", "env_extracted": "clash", "service_name": "s", "trace_id": "abc", "detected_level": "unknown" }, "values": [["1000000000", "hi"]] }]);
    assert_eq!(answer["data"]["result"], result);
    assert_eq!(answer["data"]["stats"]["summary"]["totalLinesProcessed"], 1);

    let url = format!("{}/loki/api/v1/query_range", store.url);
    let request =
        store.client.get(url).query(&params).header("X-Loki-Response-Encoding-Flags", "categorize-labels");
    let answer: Value = request.send().await.unwrap().json().await.unwrap();
    let metadata = json!({ "structuredMetadata": { "trace_id": "abc", "env_extracted": "clash", "detected_level": "unknown" } });
    assert_eq!(answer["data"]["encodingFlags"], json!(["categorize-labels"]));
    assert_eq!(answer["data"]["result"][0]["values"], json!([["1000000000", "hi", metadata]]));
    store.close().await;
}

#[tokio::test]
async fn labels_values_and_series_are_listed() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).await;
    for (name, level) in [("orders", "info"), ("orders", "error"), ("users", "info")] {
        store.push(&json!({ "service_name": name, "level": level }), &[(SECOND, "x")]).await;
    }
    let range = [("start", "0"), ("end", "10")];
    for flushed in [false, true] {
        if flushed {
            store.get("/flush", &[]).await;
        }
        let ask = async |path: &str, more: &[(&str, &str)]| {
            let (status, text) = store.get(path, &[&range[..], more].concat()).await;
            assert_eq!(status, 200, "{text}");
            serde_json::from_str::<Value>(&text).unwrap()
        };
        let success = |data: Value| json!({ "status": "success", "data": data });
        assert_eq!(ask("/loki/api/v1/labels", &[]).await, success(json!(["level", "service_name"])));
        let values = "/loki/api/v1/label/service_name/values";
        assert_eq!(ask(values, &[]).await, success(json!(["orders", "users"])));
        assert_eq!(ask(values, &[("query", r#"{level="error"}"#)]).await, success(json!(["orders"])));
        assert_eq!(ask("/loki/api/v1/label/nothing/values", &[]).await, json!({ "status": "success" }));
        let series = ask("/loki/api/v1/series", &[("match[]", r#"{level="error"}"#)]).await;
        assert_eq!(series, success(json!([{ "level": "error", "service_name": "orders" }])));
        assert_eq!(ask("/loki/api/v1/series", &[]).await["data"].as_array().unwrap().len(), 3);
    }
    assert_eq!(
        store.get("/loki/api/v1/labels", &[("start", "500"), ("end", "600")]).await.1,
        r#"{"status":"success"}"#
    );
    store.close().await;
}

#[tokio::test]
async fn bad_requests_get_a_4xx_that_says_why() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).await;
    let query = |query: &'static str| vec![("query", query)];
    for (path, params, status, part) in [
        ("/loki/api/v1/query_range", vec![], 400, "unexpected $end"),
        ("/loki/api/v1/query_range", query("{a=b}"), 400, "parse error at line 1, col 4"),
        ("/loki/api/v1/query_range", query("{}"), 400, "queries require at least one"),
        (
            "/loki/api/v1/query_range",
            vec![("query", r#"{a="b"}"#), ("limit", "9999")],
            400,
            "max entries limit",
        ),
        ("/loki/api/v1/query", query(r#"{a="b"}"#), 400, "not supported as an instant query type"),
        (
            "/loki/api/v1/series",
            vec![("match[]", r#"{a="b"} |= "x""#)],
            400,
            "only label matchers are supported",
        ),
        ("/loki/api/v1/labels", vec![("start", "never")], 400, "could not parse 'start'"),
        ("/loki/api/v1/nothing", vec![], 404, "404 page not found"),
        ("/loki/api/v1/push", vec![], 405, "not allowed"),
    ] {
        let (found, text) = store.get(path, &params).await;
        assert_eq!(found, status, "{path} {params:?}: {text}");
        assert!(text.contains(part), "{path} {params:?}: {text}");
    }
    let push = format!("{}/loki/api/v1/push", store.url);
    for (content_type, encoding, body, status, part) in [
        (None, None, &b"{}"[..], 400, "mime: no media type"),
        (Some("application/json"), None, b"{", 400, "the JSON body cannot be read"),
        (Some("application/json"), Some("br"), b"{}", 400, "not supported"),
        (Some("application/json"), Some("gzip"), b"{}", 400, "damaged"),
        (Some("application/json"), None, b"{}", 422, "at least one valid stream"),
        (Some("application/x-protobuf"), None, b"{}", 400, "not a snappy block"),
    ] {
        let mut request = store.client.post(&push).body(body);
        if let Some(content_type) = content_type {
            request = request.header("content-type", content_type);
        }
        if let Some(encoding) = encoding {
            request = request.header("content-encoding", encoding);
        }
        let response = request.send().await.unwrap();
        let (found, text) = (response.status().as_u16(), response.text().await.unwrap());
        assert_eq!(found, status, "{content_type:?} {encoding:?}: {text}");
        assert!(text.contains(part), "{content_type:?} {encoding:?}: {text}");
    }
    store.close().await;
}

#[tokio::test]
async fn queries_may_be_sent_as_forms() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).await;
    store.push(&json!({ "a": "b" }), &[(SECOND, "hello")]).await;
    let form = [("query", r#"{a="b"}"#), ("start", "0"), ("end", "10")];
    let response =
        store.client.post(format!("{}/loki/api/v1/query_range", store.url)).form(&form).send().await;
    assert_eq!(crate::store::lines(&response.unwrap().text().await.unwrap()), ["hello"]);
    store.close().await;
}

#[tokio::test]
async fn tenants_see_only_their_own_lines() {
    let dir = tempfile::tempdir().unwrap();
    let store =
        Store::with(dir.path(), "auth_enabled: true\nlimits_config: {reject_old_samples: false}\n").await;
    let body = json!({ "streams": [{ "stream": { "a": "b" }, "values": [["1", "secret"]] }] });
    let push = |tenant: &'static str| {
        store
            .client
            .post(format!("{}/loki/api/v1/push", store.url))
            .header("X-Scope-OrgID", tenant)
            .json(&body)
            .send()
    };
    assert_eq!(push("one").await.unwrap().status(), 204);
    assert_eq!(push("../two").await.unwrap().status(), 400);
    assert_eq!(store.post("/loki/api/v1/push", &body).await.status(), 401);
    for (tenant, expected) in [("one", 1), ("two", 0)] {
        let url = format!("{}/loki/api/v1/query_range", store.url);
        let request = store.client.get(url).query(&[("query", r#"{a="b"}"#), ("start", "0"), ("end", "10")]);
        let text = request.header("X-Scope-OrgID", tenant).send().await.unwrap().text().await.unwrap();
        assert_eq!(crate::store::lines(&text).len(), expected, "{tenant}");
    }
    store.close().await;
}

#[tokio::test]
async fn status_pages_answer() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).await;
    store.push(&json!({ "a": "b" }), &[(SECOND, "x")]).await;
    for (path, part) in [
        ("/ready", "ready\n"),
        ("/metrics", "loki_distributor_lines_received_total{tenant=\"fake\"} 1"),
        ("/metrics", "loki_compactor_pending_delete_requests_count 0\n"),
        ("/services", "Running"),
        ("/config", "auth_enabled: false"),
        ("/loki/api/v1/status/buildinfo", "\"version\":\"3."),
    ] {
        let (status, text) = store.get(path, &[]).await;
        assert_eq!(status, 200, "{path}");
        assert!(text.contains(part), "{path}: {text}");
    }
    store.close().await;
}
