//! `kill -9` at random moments under load: what was acknowledged is there, once.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::store::{client, get, lines};

const ROUNDS: u64 = 20;
const WRITERS: u64 = 4;
const LINES_PER_PUSH: u64 = 20;
/// Heads of this size are sealed every few pushes, so that kills hit sealing, too.
const HEAD_BYTES: &str = "64KB";

/// Pushes until the store is gone; returns the numbers of the lines that were acknowledged.
async fn write(url: String, numbers: Arc<AtomicU64>) -> Vec<u64> {
    let client = client();
    let mut acknowledged = Vec::new();
    loop {
        let first = numbers.fetch_add(LINES_PER_PUSH, Ordering::Relaxed);
        let pushed: Vec<u64> = (first..first + LINES_PER_PUSH).collect();
        let values: Vec<Value> =
            pushed.iter().map(|n| json!([n.to_string(), format!("line {n} {}", "x".repeat(100))])).collect();
        let body = json!({ "streams": [{ "stream": { "app": "crash" }, "values": values }] });
        match client.post(format!("{url}/loki/api/v1/push")).json(&body).send().await {
            Ok(response) if response.status() == 204 => acknowledged.extend(pushed),
            Ok(response) => panic!("unexpected status {}", response.status()),
            Err(_) => return acknowledged,
        }
    }
}

/// How often each line number is in the store.
async fn read(url: &str, up_to: u64) -> BTreeMap<u64, u64> {
    let client = client();
    let mut found = BTreeMap::new();
    for start in (0..up_to).step_by(4000) {
        let (start, end) = (format!("{start:011}"), format!("{:011}", start + 4000));
        let params = [
            ("query", r#"{app="crash"}"#),
            ("start", &start),
            ("end", &end),
            ("limit", "5000"),
            ("direction", "forward"),
        ];
        let (status, text) = get(&client, &format!("{url}/loki/api/v1/query_range"), &params).await;
        assert_eq!(status, 200, "{text}");
        for line in lines(&text) {
            let number: u64 = line.split(' ').nth(1).unwrap().parse().unwrap();
            *found.entry(number).or_default() += 1;
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_or_doubled() {
    let dir = tempfile::tempdir().unwrap();
    let config = dir.path().join("loki.yaml");
    std::fs::write(&config, crate::store::NO_LIMITS).unwrap();
    let serve = testkit::Serve::new("log-store", dir.path())
        .flag("--config.file", config.to_str().unwrap())
        .flag("--head-max-bytes", HEAD_BYTES);
    let numbers = Arc::new(AtomicU64::new(0));
    let mut acknowledged: Vec<u64> = Vec::new();
    for round in 0..ROUNDS {
        let mut process = serve.start().unwrap();
        let url = format!("http://{}", process.address("").unwrap());
        let found = read(&url, numbers.load(Ordering::Relaxed)).await;
        let lost: Vec<_> = acknowledged.iter().filter(|number| !found.contains_key(number)).collect();
        assert!(lost.is_empty(), "round {round}: lost {lost:?}");
        assert!(found.values().all(|count| *count == 1), "round {round}: doubled lines");
        let mut writers = JoinSet::new();
        for _ in 0..WRITERS {
            writers.spawn(write(url.clone(), Arc::clone(&numbers)));
        }
        // Spread over the phases of a head's life; the moment itself is as random as the scheduler.
        tokio::time::sleep(Duration::from_millis(40 + round * 37 % 200)).await;
        process.kill().unwrap();
        acknowledged.extend(writers.join_all().await.concat());
    }
    assert!(acknowledged.len() > 1000, "only {} lines were acknowledged", acknowledged.len());
}
