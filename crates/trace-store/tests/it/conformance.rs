//! Answers of a real Tempo to recorded requests, over the same data: `tests/conformance/traces` of the repository, whose
//! scripts load the data and compare answer by answer.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::support::{Running, keep_everything, start_with};

/// Cases that are answered otherwise, because the original is wrong: each with its reason in `docs/compatibility.md`.
const DIFFERENT: [&str; 6] = [
    // Parent pointers decide where an id occurs more than twice.
    "traceql-intrinsic-079",
    "metrics-range-069",
    "metrics-instant-070",
    // Every name and message that spans of a service have.
    "tagvalues-v2-074",
    "tagvalues-v2-085",
    "tagvalues-v2-094",
];

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/conformance/traces")
}

async fn script(name: &'static str, arguments: Vec<String>) -> String {
    let run = tokio::task::spawn_blocking(move || {
        Command::new("python3")
            .arg(corpus().join(name))
            .args(arguments)
            .output()
            .expect("python3 is installed")
    });
    let output = run.await.unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// What the runner printed, and the cases that failed with the reason.
async fn failures(running: &Running, otlp: &str) -> (String, Vec<(String, String)>) {
    let results = running.dir.path().join("results.json");
    let arguments = ["--otlp", otlp, "--no-quirks", "--jobs", "2", "--json"].map(str::to_owned);
    let mut arguments: Vec<String> = std::iter::once(running.url("")).chain(arguments).collect();
    arguments.push(results.display().to_string());
    let printed = script("run.py", arguments).await;
    let results: Value = serde_json::from_slice(&std::fs::read(results).unwrap()).unwrap();
    assert!(results["total"].as_u64().unwrap() > 1100, "the corpus has shrunk");
    let text = |case: &Value, key: &str| case[key].as_str().unwrap_or_default().to_owned();
    let failed = results["results"].as_array().unwrap().iter().filter(|case| case["ok"] == false);
    (printed, failed.map(|case| (text(case, "id"), text(case, "why"))).collect())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn recorded_requests_get_the_recorded_answers_from_memory_and_from_segments() {
    let running = start_with(tempfile::tempdir().unwrap(), keep_everything("")).await;
    let otlp = format!("http://{}", running.server.otlp_http.unwrap());
    let loaded = script("load.py", vec![otlp.clone()]).await;
    for sealed in [false, true] {
        if sealed {
            running.server.flush().await.unwrap();
        }
        let (printed, failed) = failures(&running, &otlp).await;
        let unexpected: Vec<_> = failed.iter().filter(|(id, _)| !DIFFERENT.contains(&id.as_str())).collect();
        assert!(unexpected.is_empty(), "{loaded}{printed}sealed: {sealed}: {unexpected:#?}");
    }
    running.stop().await;
}
