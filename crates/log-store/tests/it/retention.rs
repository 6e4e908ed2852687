//! Retention by stream, by tenant and by size.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use log_store::Options;
use serde_json::json;

use crate::store::{Knobs, Store, config};

const HOUR: i64 = 3_600_000_000_000;

fn now() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos()).unwrap()
}

/// Everything that is left, oldest first.
async fn left(store: &Store, tenant: &str) -> Vec<String> {
    let end = (now() + HOUR).to_string();
    let params =
        [("query", r#"{app=~".+"}"#), ("start", "0"), ("end", end.as_str()), ("direction", "forward")];
    let request = store.client.get(store.with_query("/loki/api/v1/query_range", &params));
    let text = request.header("X-Scope-OrgID", tenant).send().await.unwrap().text().await.unwrap();
    let mut lines = crate::store::lines(&text);
    lines.sort();
    lines
}

async fn until_left(store: &Store, tenant: &str, expected: &[&str]) {
    while left(store, tenant).await != expected {
        tokio::time::sleep(Knobs::QUICK.every).await;
    }
}

const RULES: &str = "
auth_enabled: true
limits_config:
  reject_old_samples: false
  max_query_length: 0s
  retention_period: 100h
  retention_stream:
    - {selector: '{app=\"debug\"}', priority: 1, period: 24h}
    - {selector: '{app=\"audit\"}', priority: 1, period: 0s}
  per_tenant_override_config: OVERRIDES
compactor: {retention_enabled: true}
";

#[tokio::test]
async fn streams_and_tenants_have_periods_of_their_own() {
    let dir = tempfile::tempdir().unwrap();
    let overrides = dir.path().join("overrides.yaml");
    std::fs::write(&overrides, "overrides:\n  short: {retention_period: 30h, max_line_size: 20}\n").unwrap();
    let config_text = RULES.replace("OVERRIDES", overrides.to_str().unwrap());
    let store = Store::with_knobs(
        dir.path(),
        &config_text,
        Knobs { every: Duration::from_secs(3600), ..Knobs::QUICK },
    )
    .await;
    let start = now() / HOUR * HOUR;
    for tenant in ["short", "long"] {
        let streams: Vec<_> = ["debug", "audit", "shop"]
            .iter()
            .map(|app| {
                let values: Vec<_> = [2, 26, 40, 200]
                    .iter()
                    .map(|age| json!([(start - age * HOUR).to_string(), format!("{app} {age}")]))
                    .collect();
                json!({ "stream": { "app": app }, "values": values })
            })
            .collect();
        let push = store.client.post(format!("{}/loki/api/v1/push", store.url));
        let response =
            push.header("X-Scope-OrgID", tenant).json(&json!({ "streams": streams })).send().await.unwrap();
        assert_eq!(response.status(), 204);
        assert_eq!(left(&store, tenant).await.len(), 12);
    }
    let too_long = json!({ "streams": [{ "stream": { "app": "shop" }, "values": [[start.to_string(), "x".repeat(21)]] }] });
    for (tenant, status) in [("short", 400), ("long", 204)] {
        let push = store.client.post(format!("{}/loki/api/v1/push", store.url));
        let response = push.header("X-Scope-OrgID", tenant).json(&too_long).send().await.unwrap();
        assert_eq!(response.status(), status, "limits of {tenant}");
    }
    store.get("/flush", &[]).await;
    store.close().await;

    let store = Store::quick(dir.path(), &config_text).await;
    let long = [
        "audit 2",
        "audit 200",
        "audit 26",
        "audit 40",
        "debug 2",
        "shop 2",
        "shop 26",
        "shop 40",
        "xxxxxxxxxxxxxxxxxxxxx",
    ];
    until_left(&store, "long", &long).await;
    until_left(&store, "short", &["audit 2", "audit 26", "debug 2", "debug 26", "shop 2", "shop 26"]).await;
    store.close().await;
    let store = Store::quick(dir.path(), &config_text).await;
    assert_eq!(left(&store, "long").await, long);
    store.close().await;
}

#[tokio::test]
async fn overrides_that_change_take_effect_while_the_store_runs() {
    let dir = tempfile::tempdir().unwrap();
    let overrides = dir.path().join("overrides.yaml");
    std::fs::write(&overrides, "overrides: {}\n").unwrap();
    let config_text = RULES.replace("OVERRIDES", overrides.to_str().unwrap())
        + "runtime_config: {file: FILE, period: 1ms}\n".replace("FILE", overrides.to_str().unwrap()).as_str();
    let store = Store::quick(dir.path(), &config_text).await;
    let start = now() / HOUR * HOUR - 50 * HOUR;
    let body =
        json!({ "streams": [{ "stream": { "app": "shop" }, "values": [[start.to_string(), "old"]] }] });
    let push = store.client.post(format!("{}/loki/api/v1/push", store.url)).header("X-Scope-OrgID", "a");
    assert_eq!(push.json(&body).send().await.unwrap().status(), 204);
    store.get("/flush", &[]).await;
    assert_eq!(left(&store, "a").await, ["old"]);
    std::fs::write(&overrides, "overrides: {a: {retention_period: 24h}}\n").unwrap();
    until_left(&store, "a", &[]).await;
    store.close().await;
}

#[tokio::test]
async fn the_oldest_lines_go_when_there_are_too_many_bytes() {
    let dir = tempfile::tempdir().unwrap();
    let config_text =
        "auth_enabled: false\nlimits_config: {reject_old_samples: false, max_query_length: 0s}\n";
    let store = Store::with(dir.path(), config_text).await;
    let start = now() / HOUR * HOUR;
    for age in [1, 2, 3] {
        store.push(&json!({ "app": "shop" }), &[(start - age * HOUR, &format!("{age}"))]).await;
    }
    store.get("/flush", &[]).await;
    assert_eq!(left(&store, "fake").await, ["1", "2", "3"]);
    let bytes = crate::store::metric(&store, "logstore_segment_bytes").await;
    store.close().await;
    let address = "127.0.0.1:0".parse().unwrap();
    let options = Options {
        retention_bytes: Some(bytes - 1),
        janitor_every: Knobs::QUICK.every,
        ..Options::new(dir.path(), address, config(config_text))
    };
    let store = Store::start(options).await;
    until_left(&store, "fake", &["1", "2"]).await;
    assert!(crate::store::metric(&store, "logstore_segment_bytes").await < bytes);
    store.close().await;
}
