//! Restarts, duplicates and damage, seen through the API.

use protocols::loki;
use serde_json::json;

use crate::store::Store;

const SECOND: i64 = 1_000_000_000;

fn entry(at: i64, line: &str, pairs: &[(&str, &str)]) -> loki::Entry {
    let pair =
        |(name, value): &(&str, &str)| loki::LabelPair { name: (*name).into(), value: (*value).into() };
    loki::Entry {
        timestamp: Some(loki::Timestamp::from_nanos(at)),
        line: line.to_owned(),
        structured_metadata: pairs.iter().map(pair).collect(),
    }
}

/// Streams `{n="0"}` to `{n="2"}` with lines of 0 to 900 bytes; every tenth is refused for coming from the future.
fn snappy_push() -> (Vec<u8>, Vec<String>) {
    let mut lines = Vec::new();
    let mut streams = Vec::new();
    for n in 0..3 {
        let mut entries = Vec::new();
        for at in 0..300 {
            let line = format!("{n} {at} {}", "ü\"x".repeat(at % 300));
            let pairs = [("trace", at.to_string())];
            let pairs: Vec<(&str, &str)> =
                pairs.iter().map(|(name, value)| (*name, value.as_str())).collect();
            if at % 10 == 9 {
                entries.push(entry(i64::MAX, &line, &pairs));
            } else {
                entries.push(entry(at as i64 * SECOND, &line, &pairs[..at % 2]));
                lines.push(line);
            }
        }
        streams.push(loki::Stream { labels: format!("{{n=\"{n}\", app=\"x\"}}"), entries, hash: 0 });
    }
    lines.sort();
    (loki::encode_push(&loki::PushRequest { streams }).unwrap(), lines)
}

#[tokio::test]
async fn a_snappy_push_is_the_same_in_memory_in_the_log_and_in_segments() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = Store::open(dir.path()).await;
    let (body, expected) = snappy_push();
    let push = store.client.post(format!("{}/loki/api/v1/push", store.url));
    let response = push.header("Content-Type", "application/x-protobuf").body(body).send().await.unwrap();
    assert_eq!(response.status(), 400);
    assert!(response.text().await.unwrap().contains("has timestamp too new"));
    for step in ["live", "restarted", "flushed", "restarted again"] {
        let mut found = store.lines(r#"{app="x"}"#, &[("limit", "5000")]).await;
        found.sort();
        assert_eq!(found, expected, "{step}");
        let traced = store.lines(r#"{n="1"} | trace="33" | detected_level="unknown""#, &[]).await;
        assert_eq!(traced.len(), 1, "{step}");
        if step == "restarted" {
            store.get("/flush", &[]).await;
        } else {
            store.close().await;
            store = Store::open(dir.path()).await;
        }
    }
    store.close().await;
}

#[tokio::test]
async fn lines_survive_restarts_with_and_without_a_flush() {
    let dir = tempfile::tempdir().unwrap();
    let app = json!({ "app": "x" });
    let store = Store::open(dir.path()).await;
    store.push(&app, &[(1, "flushed")]).await;
    store.get("/flush", &[]).await;
    store.push(&app, &[(2, "in the log")]).await;
    store.close().await;
    let store = Store::open(dir.path()).await;
    store.push(&app, &[(3, "new")]).await;
    let forward = [("direction", "forward")];
    assert_eq!(store.lines(r#"{app="x"}"#, &forward).await, ["flushed", "in the log", "new"]);
    store.close().await;
}

#[tokio::test]
async fn exact_duplicates_appear_once() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).await;
    let app = json!({ "app": "x" });
    store.push(&app, &[(1, "same"), (1, "other"), (1, "same")]).await;
    assert_eq!(store.lines(r#"{app="x"}"#, &[]).await.len(), 2);
    store.get("/flush", &[]).await;
    store.push(&app, &[(1, "same")]).await;
    assert_eq!(store.lines(r#"{app="x"}"#, &[]).await.len(), 2);
    store.close().await;
}

#[tokio::test]
async fn a_damaged_segment_costs_only_its_own_lines() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).await;
    let app = json!({ "app": "x" });
    store.push(&app, &[(1, "lost")]).await;
    store.get("/flush", &[]).await;
    let hour = dir.path().join("logs/tenant=fake/date=1970-01-01/hour=00");
    let damaged = std::fs::read_dir(hour).unwrap().next().unwrap().unwrap().path();
    store.push(&app, &[(2, "kept")]).await;
    store.get("/flush", &[]).await;
    store.close().await;
    let mut bytes = std::fs::read(&damaged).unwrap();
    bytes[20] ^= 1;
    std::fs::write(&damaged, bytes).unwrap();
    let store = Store::open(dir.path()).await;
    let params = [("query", r#"{app="x"}"#), ("start", "0"), ("end", "10")];
    let (status, text) = store.get("/loki/api/v1/query_range", &params).await;
    assert_eq!((status, crate::store::lines(&text)), (200, vec!["kept".to_owned()]));
    assert!(text.contains("\"warnings\""), "{text}");
    assert!(!damaged.exists(), "the damaged file is in quarantine");
    store.close().await;
}
