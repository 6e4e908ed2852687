//! What lines have in them: detected fields and their values.

use serde_json::{Value, json};

use crate::store::Store;

const SECOND: i64 = 1_000_000_000;
const RANGE: [(&str, &str); 2] = [("start", "0"), ("end", "100")];
const FIELDS: &str = "/loki/api/v1/detected_fields";

/// A JSON line with structured metadata, a logfmt line and a plain one, a second apart.
async fn filled(dir: &std::path::Path) -> Store {
    let store = Store::open(dir).await;
    let entry = |at: i64, line: &str, metadata: Value| json!([(at * SECOND).to_string(), line, metadata]);
    let values = [
        entry(
            1,
            r#"{"job":"inner","http":{"took":"15ms","status":200},"ok":true}"#,
            json!({ "trace": "t1", "ok": "1" }),
        ),
        entry(2, "ok=false size=1KiB http_status=x", json!({ "trace": "t2" })),
        entry(3, "plain words", json!({ "trace": "t3" })),
    ];
    let body = json!({ "streams": [{ "stream": { "job": "shop" }, "values": values }] });
    assert_eq!(store.post("/loki/api/v1/push", &body).await.status(), 204);
    store
}

async fn ask(store: &Store, path: &str, more: &[(&str, &str)]) -> Value {
    let params: Vec<_> = RANGE.iter().chain(more).copied().collect();
    let (status, text) = store.get(path, &params).await;
    assert_eq!(status, 200, "{path} {more:?}: {text}");
    serde_json::from_str(&text).unwrap()
}

/// `label type cardinality parsers path`
fn shown(answer: &Value) -> Vec<String> {
    let join = |list: &Value, between: &str| {
        let list = list.as_array().map_or(&[][..], Vec::as_slice);
        list.iter().map(|item| item.as_str().unwrap()).collect::<Vec<_>>().join(between)
    };
    let field = |field: &Value| {
        let (label, kind) = (field["label"].as_str().unwrap(), field["type"].as_str().unwrap());
        let (parsers, path) = (join(&field["parsers"], ","), join(&field["jsonPath"], "/"));
        format!("{label} {kind} {} {parsers} {path}", field["cardinality"]).trim_end().to_owned()
    };
    answer["fields"].as_array().map_or(Vec::new(), |fields| fields.iter().map(field).collect())
}

#[tokio::test]
async fn fields_come_from_metadata_and_lines_of_any_form() {
    let dir = tempfile::tempdir().unwrap();
    let store = filled(dir.path()).await;
    for flushed in [false, true] {
        if flushed {
            assert_eq!(store.get("/flush", &[]).await.0, 204);
        }
        let answer = ask(&store, FIELDS, &[("query", r#"{job="shop"}"#)]).await;
        let all = [
            "detected_level string 1",
            "http_status string 2 json,logfmt http/status",
            "http_took duration 1 json http/took",
            "job_extracted string 1 json job",
            "ok boolean 3 json,logfmt ok",
            "size bytes 1 logfmt",
            "trace string 3",
        ];
        assert_eq!(shown(&answer), all, "flushed: {flushed}");
        assert_eq!(answer["limit"], 1000);
        assert_eq!(answer["fields"][0]["parsers"], Value::Null);
        // What the query makes of a line counts, too, and what it takes away does not.
        let query = r#"{job="shop"} | json | ok_extracted="true" | label_format x="y" | drop trace"#;
        let answer = ask(&store, FIELDS, &[("query", query)]).await;
        let expected = [
            "detected_level string 1",
            "http_status int 1 json http/status",
            "http_took duration 1 json http/took",
            "job_extracted string 1 json job",
            "ok boolean 2 json ok",
            "ok_extracted boolean 1 json",
            "x string 1 json",
        ];
        assert_eq!(shown(&answer), expected, "flushed: {flushed}");
    }
    store.close().await;
}

#[tokio::test]
async fn only_the_newest_lines_and_so_many_fields_are_looked_at() {
    let dir = tempfile::tempdir().unwrap();
    let store = filled(dir.path()).await;
    let query = ("query", r#"{job="shop"}"#);
    let newest = ask(&store, FIELDS, &[query, ("line_limit", "1")]).await;
    assert_eq!(shown(&newest), ["detected_level string 1", "trace string 1"]);
    for limit in ["limit", "field_limit"] {
        let few = ask(&store, FIELDS, &[query, (limit, "2")]).await;
        assert_eq!((shown(&few).len(), &few["limit"]), (2, &json!(2)));
    }
    let nothing = ask(&store, FIELDS, &[("query", r#"{job="none"}"#)]).await;
    assert_eq!(nothing, json!({}));
    let form = [("query", r#"{job="shop"}"#), ("start", "0"), ("end", "100"), ("line_limit", "1")];
    let posted = store.client.post(format!("{}{FIELDS}", store.url)).form(&form).send().await.unwrap();
    assert_eq!(posted.json::<Value>().await.unwrap(), newest);
    store.close().await;
}

#[tokio::test]
async fn values_of_a_field_are_listed() {
    let dir = tempfile::tempdir().unwrap();
    let store = filled(dir.path()).await;
    for (name, more, expected) in [
        ("ok", &[][..], json!({ "values": ["1", "false", "true"], "limit": 1000 })),
        ("trace", &[], json!({ "values": ["t1", "t2", "t3"], "limit": 1000 })),
        ("trace", &[("line_limit", "1")], json!({ "values": ["t3"], "limit": 1000 })),
        ("trace", &[("limit", "1")], json!({ "values": ["t1"], "limit": 1 })),
        ("http_took", &[], json!({ "values": ["15ms"], "limit": 1000 })),
        ("http.took", &[], json!({})),
        ("job", &[], json!({})),
    ] {
        let params: Vec<_> = [("query", r#"{job="shop"}"#)].iter().chain(more).copied().collect();
        let answer = ask(&store, &format!("/loki/api/v1/detected_field/{name}/values"), &params).await;
        assert_eq!(answer, expected, "{name} {more:?}");
    }
    store.close().await;
}

#[tokio::test]
async fn bad_questions_for_fields_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).await;
    let query = ("query", r#"{job="shop"}"#);
    for (params, reason) in [
        (&[][..], "parse error"),
        (&[("query", "{")], "parse error at line 1, col 2"),
        (&[("query", r#"rate({job="shop"}[1m])"#)], "only log selector is supported"),
        (&[query, ("line_limit", "0")], "limit must be a positive value"),
        (&[query, ("line_limit", "5001")], "max entries limit per query exceeded"),
        (&[query, ("limit", "-1")], "limit must be a positive value"),
        (&[query, ("limit", "x")], "invalid syntax"),
        (&[query, ("step", "0")], "zero or negative query resolution"),
        (&[query, ("start", "200"), ("end", "100")], "end timestamp must not be before"),
    ] {
        for path in [FIELDS, "/loki/api/v1/detected_field/x/values"] {
            let (status, text) = store.get(path, params).await;
            assert!(status == 400 && text.contains(reason), "{path} {params:?}: {status} {text}");
        }
    }
    store.close().await;
}
