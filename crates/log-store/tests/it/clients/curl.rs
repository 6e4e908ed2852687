//! curl, as in shell scripts.

use std::io::Write as _;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use model::TimestampNanos;
use serde_json::{Value, json};
use tokio::process::Command;

use super::found::Expected;
use super::{Client, text};
use crate::store::Store;

/// Runs curl; returns the answer's body and its status.
async fn curl(arguments: &[&str]) -> (String, String) {
    let mut command = Command::new("curl");
    command.args(["--silent", "--show-error", "--max-time", "60", "--write-out", "\n%{http_code}"]);
    let printed = Client::start(command.args(arguments)).finish().await;
    let (body, status) = printed.rsplit_once('\n').unwrap();
    (body.to_owned(), status.to_owned())
}

/// Pushes a file, as `--data-binary @file` does.
async fn push(store: &Store, file: &Path, encoding: &str) -> (String, String) {
    let data = format!("@{}", file.display());
    let url = format!("{}/loki/api/v1/push", store.url);
    let encoding = format!("Content-Encoding: {encoding}");
    curl(&["-H", "Content-Type: application/json", "-H", &encoding, "--data-binary", &data, &url]).await
}

fn push_of(lines: &[(i64, String)]) -> String {
    let values: Vec<Value> =
        lines.iter().map(|(at, line)| json!([at.to_string(), line, { "trace_id": "0af7" }])).collect();
    json!({ "streams": [{ "stream": { "app": "curl", "level": "warn" }, "values": values }] }).to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn curl_pushes_json_plain_and_gzipped_and_queries() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(&dir.path().join("data")).await;
    let now = TimestampNanos::now().0;
    let (plain, gzipped) = (dir.path().join("plain.json"), dir.path().join("push.json.gz"));
    std::fs::write(&plain, push_of(&[(now - 3, text("plain")), (now - 2, text("unicode"))])).unwrap();
    let mut encoder = GzEncoder::new(std::fs::File::create(&gzipped).unwrap(), Compression::default());
    encoder.write_all(push_of(&[(now - 1, text("lines"))]).as_bytes()).unwrap();
    encoder.finish().unwrap();
    assert_eq!(push(&store, &plain, "").await, (String::new(), "204".to_owned()));
    assert_eq!(push(&store, &gzipped, "gzip").await, (String::new(), "204".to_owned()));
    let (reason, status) = push(&store, &plain, "gzip").await;
    assert!(status == "400" && reason.contains("damaged"), "{status} {reason}");

    let labels = json!({ "app": "curl", "level": "warn", "service_name": "curl" });
    let expected = ["plain", "unicode", "lines"].map(|name| {
        Expected::exactly(text(name), labels.clone(), json!({ "trace_id": "0af7", "detected_level": "warn" }))
    });
    store.expect(r#"{app="curl"}"#, &expected).await;

    let url = format!("{}/loki/api/v1/query_range", store.url);
    let query = r#"query={app="curl"} |= "漢字""#;
    let (answer, status) = curl(&["--compressed", "-G", "--data-urlencode", query, &url]).await;
    assert_eq!((crate::store::lines(&answer), status), (vec![text("unicode")], "200".to_owned()));
    store.close().await;
}
