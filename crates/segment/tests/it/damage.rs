//! Files that are cut, flipped, missing or unknown: reported, put aside, and the rest served.

use std::path::{Path, PathBuf};

use segment::Error;

use crate::toy::{HOUR, Toy, append, open, options, rows};

/// A closed store with one segment per hour 0, 1 and 2, and one row in the log.
async fn store(dir: &Path) -> Vec<PathBuf> {
    let engine = open(dir).await;
    append(&engine, &[(1, 1), (HOUR, 2), (2 * HOUR, 3)]).await;
    engine.flush().await.unwrap();
    append(&engine, &[(5, 4)]).await;
    let snapshot = engine.snapshot(&crate::toy::tenant(), model::TimeRange::ALL);
    let paths = snapshot.segments.iter().map(|meta| dir.join(&meta.path)).collect();
    engine.close().await;
    paths
}

fn flip(path: &Path, at: usize) {
    let mut bytes = std::fs::read(path).unwrap();
    bytes[at] ^= 0x40;
    std::fs::write(path, bytes).unwrap();
}

const ALL: [(i64, i64); 4] = [(1, 1), (5, 4), (HOUR, 2), (2 * HOUR, 3)];
const WITHOUT_HOUR_1: [(i64, i64); 3] = [(1, 1), (5, 4), (2 * HOUR, 3)];

#[tokio::test]
async fn a_damaged_segment_is_quarantined_and_the_rest_is_served() {
    for damage in [|path: &Path| flip(path, 10), |path: &Path| std::fs::write(path, b"PAR1").unwrap()] {
        let dir = tempfile::tempdir().unwrap();
        let paths = store(dir.path()).await;
        damage(&paths[1]);
        let engine = open(dir.path()).await;
        assert_eq!(rows(&engine).await, WITHOUT_HOUR_1);
        assert_eq!(engine.stats().segments, 2);
        assert!(!paths[1].exists());
        let aside = dir.path().join("quarantine").join(paths[1].strip_prefix(dir.path()).unwrap());
        assert!(aside.exists(), "{}", aside.display());
    }
}

#[tokio::test]
async fn a_missing_segment_is_dropped_from_the_manifest() {
    let dir = tempfile::tempdir().unwrap();
    let paths = store(dir.path()).await;
    std::fs::remove_file(&paths[1]).unwrap();
    assert_eq!(rows(&open(dir.path()).await).await, WITHOUT_HOUR_1);
}

#[tokio::test]
async fn a_damaged_or_lost_manifest_is_rebuilt() {
    let damages: [fn(&Path); 3] = [
        |path| flip(path, 5),
        |path| std::fs::write(path, b"").unwrap(),
        |path| std::fs::remove_file(path).unwrap(),
    ];
    for damage in damages {
        let dir = tempfile::tempdir().unwrap();
        store(dir.path()).await;
        damage(&dir.path().join("manifest.json"));
        assert_eq!(rows(&open(dir.path()).await).await, ALL);
        assert_eq!(rows(&open(dir.path()).await).await, ALL, "and stays so");
    }
}

#[tokio::test]
async fn a_segment_that_no_manifest_names_is_put_aside() {
    let dir = tempfile::tempdir().unwrap();
    let paths = store(dir.path()).await;
    let stray = paths[0].with_file_name("01ARZ3NDEKTSV4RRFFQ69G5FAV.parquet");
    std::fs::copy(&paths[0], &stray).unwrap();
    assert_eq!(rows(&open(dir.path()).await).await, ALL);
    assert!(!stray.exists());
}

#[tokio::test]
async fn a_log_cut_anywhere_keeps_what_was_complete() {
    let dir = tempfile::tempdir().unwrap();
    let engine = open(dir.path()).await;
    for number in 0..3 {
        append(&engine, &[(number, number)]).await;
    }
    engine.close().await;
    drop(engine);
    let log = std::fs::read_dir(dir.path().join("wal")).unwrap().next().unwrap().unwrap().path();
    let bytes = std::fs::read(&log).unwrap();
    for cut in [0, 7, 16, 17, bytes.len() - 1] {
        let copy = tempfile::tempdir().unwrap();
        std::fs::create_dir(copy.path().join("wal")).unwrap();
        std::fs::write(copy.path().join("wal").join(log.file_name().unwrap()), &bytes[..cut]).unwrap();
        let expected = if cut == bytes.len() - 1 { 2 } else { 0 };
        assert_eq!(rows(&open(copy.path()).await).await.len(), expected, "cut at {cut}");
    }
}

#[tokio::test]
async fn a_store_of_a_newer_version_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    store(dir.path()).await;
    let path = dir.path().join("manifest.json");
    let text = std::fs::read_to_string(&path).unwrap();
    let body = text.lines().next().unwrap().replace("\"format\":1", "\"format\":9");
    std::fs::write(&path, format!("{body}\ncrc32:{:08x}\n", crc32fast::hash(body.as_bytes()))).unwrap();
    let opened = segment::Engine::open(Toy, options(dir.path())).await;
    assert!(matches!(opened, Err(Error::Newer { found: 9, .. })), "{opened:?}");
}
