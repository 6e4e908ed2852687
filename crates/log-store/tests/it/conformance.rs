//! Answers of a real Loki to recorded requests, over the same data: `tests/conformance/logs` of the repository, whose
//! scripts load the data through every ingest path and compare answer by answer.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::store::Store;

/// Cases that are answered otherwise, each with its reason in `docs/compatibility.md` or among what is missing.
const DIFFERENT: [&str; 1] = [
    "push-047", // an entry without a time: refused as malformed, since nothing is refused for being far behind
];

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/conformance/logs")
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

/// What the runner printed, and the cases that failed: id, category, reason.
async fn failures(store: &Store, dir: &Path) -> (String, Vec<(String, String, String)>) {
    let results = dir.join("results.json");
    let printed =
        script("run.py", vec![store.url.clone(), "--json".into(), results.display().to_string()]).await;
    let results: Value = serde_json::from_slice(&std::fs::read(results).unwrap()).unwrap();
    assert!(results["total"].as_u64().unwrap() > 1100, "the corpus has shrunk");
    let text = |case: &Value, key: &str| case[key].as_str().unwrap_or_default().to_owned();
    let cases = results["cases"].as_array().unwrap().iter().filter(|case| case["ok"] == false);
    (printed, cases.map(|case| (text(case, "id"), text(case, "category"), text(case, "why"))).collect())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn recorded_requests_get_the_recorded_answers_from_memory_and_from_segments() {
    let dir = tempfile::tempdir().unwrap();
    let config = "auth_enabled: false\nlimits_config: {reject_old_samples: false, volume_enabled: true}\n";
    let store = Store::with(&dir.path().join("data"), config).await;
    let loaded = script("load.py", vec![store.url.clone()]).await;
    for flushed in [false, true] {
        if flushed {
            assert_eq!(store.get("/flush", &[]).await.0, 204);
        }
        let (printed, failed) = failures(&store, dir.path()).await;
        let unexpected: Vec<_> =
            failed.iter().filter(|(id, _, _)| !DIFFERENT.contains(&id.as_str())).collect();
        assert!(unexpected.is_empty(), "{loaded}{printed}flushed: {flushed}: {unexpected:#?}");
    }
    store.close().await;
}
