//! A damaged segment is reported and left out; the rest is served.

use std::path::{Path, PathBuf};

use crate::support::{keep_everything, request, span, span_names, start, start_with};

fn parquet_files(dir: &Path, into: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            parquet_files(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "parquet") {
            into.push(path);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rest_is_served() {
    let running = start().await;
    for trace in 1..=3 {
        running.export(request("svc", vec![span(trace, 1, 0, "op", 0, 1)])).await;
        running.server.flush().await.unwrap();
    }
    let dir = running.stop().await;
    let mut files = Vec::new();
    parquet_files(&dir.path().join("traces"), &mut files);
    files.sort();
    assert_eq!(files.len(), 3);
    let mut bytes = std::fs::read(&files[1]).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0xff;
    std::fs::write(&files[1], bytes).unwrap();

    let running = start_with(dir, keep_everything("")).await;
    for (trace, found) in [(1u8, true), (2, false), (3, true)] {
        let id = format!("{trace:02x}").repeat(16);
        let names = span_names(&running.json(&format!("/api/v2/traces/{id}")).await);
        assert_eq!(!names.is_empty(), found, "trace {trace}");
    }
    let metrics = running.get("/metrics").await.text().await.unwrap();
    assert!(metrics.contains("trace_store_damaged_segments_total 1"), "{metrics}");
    assert!(metrics.contains("tempodb_blocklist_length 2"), "{metrics}");
    running.stop().await;
}
