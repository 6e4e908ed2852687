//! Restarts, duplicates and damage, seen through the API.

use serde_json::json;

use crate::store::Store;

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
