//! Bad parameters for every endpoint that reads.

use serde_json::json;

use super::absurd;
use crate::store::Store;

/// Everything that takes `start`, `end` and a selector.
const READING: [&str; 11] = [
    "/loki/api/v1/query_range",
    "/loki/api/v1/query",
    "/loki/api/v1/labels",
    "/loki/api/v1/label/app/values",
    "/loki/api/v1/series",
    "/loki/api/v1/index/stats",
    "/loki/api/v1/index/volume",
    "/loki/api/v1/index/volume_range",
    "/loki/api/v1/detected_labels",
    "/api/prom/label/app/values",
    "/api/prom/series",
];
const RANGE: &str = "/loki/api/v1/query_range";
const INSTANT: &str = "/loki/api/v1/query";

async fn store_with_lines(dir: &std::path::Path) -> Store {
    let store = Store::open(dir).await;
    let lines =
        [(1, r#"{"a":"b","n":5,"deep":{"x":[1]}}"#), (2, "a=b n=7 msg=\"hello world\""), (3, "plain")];
    store.push(&json!({ "app": "x" }), &lines).await;
    store
}

/// Sends parameters as a form; returns status and text.
async fn ask(store: &Store, path: &str, params: &[(&str, &str)]) -> (u16, String) {
    let response = store.client.post(format!("{}{path}", store.url)).form(params).send().await.unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn times_steps_and_limits_that_are_none() {
    let dir = tempfile::tempdir().unwrap();
    let store = store_with_lines(dir.path()).await;
    let long = "9".repeat(1 << 20);
    let selector = ("query", r#"{app="x"}"#);
    for path in READING.into_iter().filter(|path| *path != INSTANT) {
        for (name, value) in [
            ("start", "NaN"),
            ("start", "1.NaN"),
            ("start", "1e400.0"),
            ("end", "yesterday"),
            ("end", "99999999999999999999"),
            ("end", &long),
            ("start", "9223372036854775807"),
            ("start", "-"),
            ("since", "-1h"),
            ("since", "1e99h"),
            ("since", "99999999999999999h"),
        ] {
            let (status, text) = ask(&store, path, &[selector, (name, value)]).await;
            assert_eq!(status, 400, "{path} {name}={value:.40}: {text:.300}");
            assert!(!text.is_empty() && text.len() < 200_000, "{path} {name}: {} bytes", text.len());
        }
    }
    for (path, name, value, reason) in [
        (RANGE, "limit", "0", "positive"),
        (RANGE, "limit", "-1", "positive"),
        (RANGE, "limit", "NaN", "invalid syntax"),
        (RANGE, "limit", "9223372036854775807", "out of range"),
        (RANGE, "limit", "5001", "max entries limit"),
        (RANGE, "direction", "sideways", "invalid direction"),
        (RANGE, "interval", "-1", "must be >= 0"),
        (RANGE, "interval", "NaN", "valid duration"),
        (RANGE, "step", "NaN", "zero or negative"),
        (RANGE, "step", "-inf", "zero or negative"),
        (RANGE, "step", "inf", "valid duration"),
        (RANGE, "step", "1e-300", "maximum resolution"),
        (RANGE, "step", "1e300", "valid duration"),
        (INSTANT, "time", "NaN", "could not parse 'time'"),
        (INSTANT, "limit", "x", "invalid syntax"),
        ("/loki/api/v1/index/volume", "limit", "-1", "positive"),
        ("/loki/api/v1/index/volume", "aggregateBy", "nothing", "invalid aggregation option"),
        ("/loki/api/v1/index/volume_range", "step", "-1", "zero or negative"),
    ] {
        let (status, text) = ask(&store, path, &[selector, (name, value)]).await;
        assert_eq!(status, 400, "{path} {name}={value}: {text}");
        assert!(text.contains(reason), "{path} {name}={value}: {text}");
    }
    store.withstands(&[]).await;
    store.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn queries_that_are_wrong_or_absurd() {
    let dir = tempfile::tempdir().unwrap();
    let store = store_with_lines(dir.path()).await;
    for (name, query, statuses) in absurd::syntax().into_iter().chain(absurd::amounts()) {
        for path in
            [RANGE, INSTANT, "/loki/api/v1/format_query", "/loki/api/v1/series", "/loki/api/v1/index/volume"]
        {
            let key = if path.ends_with("series") { "match[]" } else { "query" };
            let range = [(key, query.as_str()), ("start", "0"), ("end", "1000"), ("time", "1000")];
            let (status, text) = ask(&store, path, &range).await;
            // What is no query for one endpoint may be one for another.
            let fits = statuses.contains(&status)
                || (status == 400 || path.ends_with("format_query") && status == 200);
            assert!(fits, "{name} on {path}: {status} {text:.300}");
            assert!(!text.is_empty(), "{name} on {path}");
        }
    }
    store.withstands(&[]).await;
    store.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn forms_that_are_none() {
    let dir = tempfile::tempdir().unwrap();
    let store = store_with_lines(dir.path()).await;
    let many = "a&".repeat(1 << 20);
    for path in READING {
        let form = "application/x-www-form-urlencoded";
        for (name, content_type, body, status, reason) in [
            (
                "another type",
                "multipart/form-data; boundary=x",
                "--x--".to_owned(),
                400,
                "x-www-form-urlencoded",
            ),
            ("JSON", "application/json", "{}".to_owned(), 400, "x-www-form-urlencoded"),
            ("many parameters", form, many.clone(), 400, "more than 4096 parameters"),
        ] {
            let request =
                store.client.post(format!("{}{path}", store.url)).header("content-type", content_type);
            let response = request.body(body).send().await.unwrap();
            let (found, text) = (response.status().as_u16(), response.text().await.unwrap());
            assert_eq!(found, status, "{name} on {path}: {text:.300}");
            assert!(text.contains(reason), "{name} on {path}: {text:.300}");
        }
    }
    let (status, _) = store.get("/loki/api/v1/label/x%00%0a/values", &[("start", "0"), ("end", "1")]).await;
    assert_eq!(status, 200);
    store.withstands(&[]).await;
    store.close().await;
}
