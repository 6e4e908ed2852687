//! Files that were cut or flipped anywhere: the store starts, serves the rest, and keeps the damaged file aside.

use std::path::{Path, PathBuf};

use serde_json::json;

use crate::store::{NO_LIMITS, Store};

const HOUR: i64 = 3_600_000_000_000;

/// Segments of two hours with a line each, and two pushes in the log.
async fn filled(dir: &Path) {
    let store = Store::with(dir, NO_LIMITS).await;
    let app = json!({ "app": "x" });
    store.push(&app, &[(1, "segment one"), (HOUR, "segment two")]).await;
    store.get("/flush", &[]).await;
    store.push(&app, &[(2 * HOUR, "log one")]).await;
    store.push(&app, &[(2 * HOUR + 1, "log two")]).await;
    store.close().await;
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let (path, target) = (entry.as_ref().unwrap().path(), to.join(entry.unwrap().file_name()));
        if path.is_dir() {
            copy(&path, &target);
        } else {
            std::fs::copy(&path, &target).unwrap();
        }
    }
}

/// The one file below `dir` whose name ends so, from the oldest hour.
fn file(dir: &Path, ending: &str) -> PathBuf {
    let mut found: Vec<PathBuf> = Vec::new();
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.to_str().unwrap().ends_with(ending) && std::fs::metadata(&path).unwrap().len() > 16
            {
                found.push(path);
            }
        }
    }
    found.sort();
    found.remove(0)
}

/// Flips a bit in, and cuts, at places spread over the file.
fn damages(bytes: &[u8]) -> Vec<Vec<u8>> {
    let places = (0..7).map(|at| at * (bytes.len() - 1) / 6);
    let flipped = places.clone().map(|at| {
        let mut flipped = bytes.to_vec();
        flipped[at] ^= 0x20;
        flipped
    });
    flipped.chain(places.map(|at| bytes[..at].to_vec())).collect()
}

async fn lines(store: &Store) -> Vec<String> {
    let end = (3 * HOUR).to_string();
    let params = [("query", r#"{app="x"}"#), ("start", "0"), ("end", end.as_str()), ("direction", "forward")];
    let (status, text) = store.get("/loki/api/v1/query_range", &params).await;
    assert_eq!(status, 200, "{text}");
    crate::store::lines(&text)
}

/// Damages the file in every way; `expected` are the lines that must be there, of all that may.
async fn check(ending: &str, expected: &[&str]) {
    let dir = tempfile::tempdir().unwrap();
    filled(dir.path()).await;
    let damaged = file(dir.path(), ending).strip_prefix(dir.path()).unwrap().to_owned();
    let bytes = std::fs::read(dir.path().join(&damaged)).unwrap();
    for (at, content) in damages(&bytes).into_iter().enumerate() {
        let next = tempfile::tempdir().unwrap();
        copy(dir.path(), next.path());
        std::fs::write(next.path().join(&damaged), content).unwrap();
        for start in ["first", "second"] {
            let store = Store::with(next.path(), NO_LIMITS).await;
            let found = lines(&store).await;
            let told = format!("{ending}, damage {at}, {start} start: {found:?}");
            assert!(expected.iter().all(|line| found.iter().any(|other| other == line)), "{told}");
            let all = ["segment one", "segment two", "log one", "log two"];
            assert!(found.iter().all(|line| all.contains(&line.as_str())), "{told}");
            store.push(&json!({ "app": "y" }), &[(1, "goes on")]).await;
            store.close().await;
        }
    }
}

#[tokio::test]
async fn a_damaged_segment_costs_its_own_lines() {
    check(".parquet", &["segment two", "log one", "log two"]).await;
}

#[tokio::test]
async fn a_damaged_log_costs_one_push() {
    check(".wal", &["segment one", "segment two"]).await;
}

#[tokio::test]
async fn a_damaged_manifest_costs_nothing() {
    check("manifest.json", &["segment one", "segment two", "log one", "log two"]).await;
}

#[tokio::test]
async fn a_damaged_segment_and_a_damaged_manifest_cost_the_segments_lines() {
    let dir = tempfile::tempdir().unwrap();
    filled(dir.path()).await;
    for name in [".parquet", "manifest.json"] {
        let path = file(dir.path(), name);
        let bytes = std::fs::read(&path).unwrap();
        std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    }
    let store = Store::with(dir.path(), NO_LIMITS).await;
    assert_eq!(lines(&store).await, ["segment two", "log one", "log two"]);
    assert!(dir.path().join("quarantine").exists());
    store.close().await;
}
