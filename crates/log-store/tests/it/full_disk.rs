//! A full disk, seen through the API.

use log_store::Options;
use serde_json::json;
use testkit::SmallDisk;

use crate::store::{NO_LIMITS, Store, config};

const DISK_BYTES: u64 = 2 << 20;

#[tokio::test]
async fn pushes_are_refused_queries_go_on_and_space_heals() {
    let small = SmallDisk::mount(DISK_BYTES).unwrap();
    let Some(disk) = &small else {
        return segments_that_cannot_be_written().await;
    };
    let app = json!({ "app": "x" });
    let store = Store::with(disk.path(), CONFIG).await;
    store.push(&app, &[(1, "one"), (2, "two")]).await;
    store.get("/flush", &[]).await;
    store.push(&app, &[(3, "three")]).await;
    disk.fill(0).unwrap();
    let text = "x".repeat(5000);
    let response = push(&store, 4, &text).await;
    assert_eq!(response.status(), 503);
    let why = response.text().await.unwrap();
    assert!(why.contains("not stored, try again later") && why.contains("No space left on device"), "{why}");
    let (status, why) = store.get("/flush", &[]).await;
    assert_eq!(status, 500, "{why}");
    let everything = [("query", r#"{app="x"}"#), ("start", "0")];
    let delete = store.with_query("/loki/api/v1/delete", &everything);
    let response = store.client.post(delete).send().await.unwrap();
    assert_eq!(response.status(), 503, "a delete that is not durable is not in force");
    assert_eq!(store.lines(r#"{app="x"}"#, &[("direction", "forward")]).await, ["one", "two", "three"]);
    store.close().await;

    let store = Store::with(disk.path(), CONFIG).await;
    assert_eq!(store.lines(r#"{app="x"}"#, &[]).await.len(), 3, "a store starts on a full disk");
    assert_eq!(push(&store, 4, &text).await.status(), 503);
    disk.free().unwrap();
    assert_eq!(push(&store, 4, "four").await.status(), 204);
    assert_eq!(store.get("/flush", &[]).await.0, 204);
    assert_eq!(
        store.lines(r#"{app="x"}"#, &[("direction", "forward")]).await,
        ["one", "two", "three", "four"]
    );
    let delete = store.with_query("/loki/api/v1/delete", &everything);
    assert_eq!(store.client.post(delete).send().await.unwrap().status(), 204);
    assert!(store.lines(r#"{app="x"}"#, &[]).await.is_empty());
    store.close().await;
}

const CONFIG: &str =
    "auth_enabled: false\nlimits_config: {reject_old_samples: false}\ncompactor: {retention_enabled: true}\n";

async fn push(store: &Store, at: i64, line: &str) -> reqwest::Response {
    let body = json!({ "streams": [{ "stream": { "app": "x" }, "values": [[at.to_string(), line]] }] });
    store.post("/loki/api/v1/push", &body).await
}

/// Heads that cannot be sealed: pushes are refused when memory is full.
async fn segments_that_cannot_be_written() {
    let dir = tempfile::tempdir().unwrap();
    let address = "127.0.0.1:0".parse().unwrap();
    let options = Options { head_max_bytes: 4096, ..Options::new(dir.path(), address, config(NO_LIMITS)) };
    let store = Store::start(options).await;
    let in_the_way = dir.path().join("logs");
    std::fs::write(&in_the_way, "no folder").unwrap();
    let mut kept = 0;
    let refused = loop {
        let response = push(&store, kept + 1, &"x".repeat(1000)).await;
        if response.status() != 204 {
            break response;
        }
        kept += 1;
    };
    assert_eq!(refused.status(), 503);
    assert!(refused.text().await.unwrap().contains("segments cannot be written"));
    let limit = [("limit", "5000")];
    assert_eq!(store.lines(r#"{app="x"}"#, &limit).await.len(), usize::try_from(kept).unwrap());
    std::fs::remove_file(&in_the_way).unwrap();
    assert_eq!(store.get("/flush", &[]).await.0, 204);
    assert_eq!(push(&store, 1_000_000, "y").await.status(), 204);
    assert_eq!(store.lines(r#"{app="x"}"#, &limit).await.len(), usize::try_from(kept + 1).unwrap());
    store.close().await;
}
