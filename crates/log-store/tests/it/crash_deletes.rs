//! `kill -9` while deletes are carried out and segments are joined: what was deleted stays away, the rest stays there, once.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};

use crate::store::{client, get, lines};

const ROUNDS: u64 = 20;
/// Lines per round and stream; small heads make several segments of them.
const LINES: u64 = 400;
const CONFIG: &str = "
auth_enabled: false
limits_config: {reject_old_samples: false}
compactor: {retention_enabled: true, delete_request_cancel_period: 0s}
";

/// Stores lines `first..first + LINES`, one nanosecond apart, in two pushes with a flush between them.
async fn fill(url: &str, first: u64) {
    let client = client();
    for half in [first..first + LINES / 2, first + LINES / 2..first + LINES] {
        let values: Vec<Value> = half
            .map(|n| json!([n.to_string(), format!("line {n} kind={} {}", n % 5, "x".repeat(100))]))
            .collect();
        let body = json!({ "streams": [{ "stream": { "app": "crash" }, "values": values }] });
        let response = client.post(format!("{url}/loki/api/v1/push")).json(&body).send().await.unwrap();
        assert_eq!(response.status(), 204);
        assert_eq!(get(&client, &format!("{url}/flush"), &[]).await.0, 204);
    }
}

/// The numbers of all lines, in order; a line that is there twice is twice in it.
async fn read(url: &str, up_to: u64) -> Vec<u64> {
    let client = client();
    let mut found = Vec::new();
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
        found.extend(lines(&text).iter().map(|line| line.split(' ').nth(1).unwrap().parse::<u64>().unwrap()));
    }
    found
}

/// Deletes lines of one kind among those that exist now. Whether the answer came: if not, nobody knows.
async fn delete(url: &str, kind: u64, up_to: u64) -> bool {
    let query = format!("{{app=\"crash\"}} |= \"kind={kind} \"");
    let mut target = reqwest::Url::parse(&format!("{url}/loki/api/v1/delete")).unwrap();
    let end = format!("{:011}", up_to - 1);
    target.query_pairs_mut().extend_pairs([
        ("query", query.as_str()),
        ("start", "00000000000"),
        ("end", &end),
    ]);
    match client().post(target).send().await {
        Ok(response) => {
            assert_eq!(response.status(), 204);
            true
        }
        Err(_) => false,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deleted_lines_stay_away_and_others_stay_there() {
    let dir = tempfile::tempdir().unwrap();
    let config = dir.path().join("loki.yaml");
    std::fs::write(&config, CONFIG).unwrap();
    let serve = testkit::Serve::new("log-store", dir.path())
        .flag("--config.file", config.to_str().unwrap())
        .flag("--head-max-bytes", "16KB");
    let mut expected: BTreeSet<u64> = BTreeSet::new();
    let mut written = 0;
    for round in 0..ROUNDS {
        let mut process = serve.start().unwrap();
        let url = format!("http://{}", process.address("").unwrap());
        let found = read(&url, written).await;
        assert_eq!(found, expected.iter().copied().collect::<Vec<_>>(), "round {round}");
        fill(&url, written).await;
        expected.extend(written..written + LINES);
        written += LINES;
        let kind = round % 5;
        assert!(delete(&url, kind, written).await, "the store was running");
        expected.retain(|number| number % 5 != kind);
        assert_eq!(read(&url, written).await, expected.iter().copied().collect::<Vec<_>>(), "at once");
        // Segments are rewritten and joined now; the moment of the kill is as random as the scheduler.
        tokio::time::sleep(Duration::from_millis(round * 7 % 60)).await;
        process.kill().unwrap();
    }
}
