//! A disk without space: writes are refused with a reason, queries go on, and all is well when there is space again.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

use model::TimestampNanos;
use segment::{AppendError, Durability, Engine, Options};
use testkit::SmallDisk;

use crate::toy::{HOUR, Row, Toy, append, open, options, rows, tenant};

const DISK_BYTES: u64 = 1 << 20;
const PAGE: u64 = 4096;

async fn try_append(engine: &Engine<Toy>, row: Row) -> Result<(), AppendError> {
    let payload = serde_json::to_vec(&[row]).unwrap();
    engine.append(&tenant(), TimestampNanos(0), payload, vec![row]).await
}

/// Appends until the disk is full; returns what was acknowledged. The write-ahead log needs a page for that at most.
async fn append_until_refused(engine: &Engine<Toy>, from: i64) -> Vec<Row> {
    let mut kept = Vec::new();
    for number in from..from + 1000 {
        match try_append(engine, (number, number)).await {
            Ok(()) => kept.push((number, number)),
            Err(AppendError::Storage(why)) => {
                assert!(why.contains("No space left on device"), "{why}");
                return kept;
            }
            Err(other) => panic!("{other}"),
        }
    }
    panic!("the full disk took 1000 writes");
}

fn disk() -> Option<SmallDisk> {
    SmallDisk::mount(DISK_BYTES).unwrap()
}

async fn fsynced(dir: &Path) -> Arc<Engine<Toy>> {
    let options = Options { durability: Durability::Fsync, ..options(dir) };
    Engine::open(Toy, options).await.unwrap()
}

#[tokio::test]
async fn writes_are_refused_and_queries_go_on_until_there_is_space() {
    let Some(disk) = disk() else { return without_a_log_folder().await };
    let engine = fsynced(disk.path()).await;
    append(&engine, &[(-2, 1), (-1, 2)]).await;
    engine.flush().await.unwrap();
    disk.fill(0).unwrap();
    let mut expected = vec![(-2, 1), (-1, 2)];
    expected.extend(append_until_refused(&engine, 0).await);
    assert_eq!(rows(&engine).await, expected);
    assert!(try_append(&engine, (5000, 0)).await.is_err());
    disk.free().unwrap();
    append(&engine, &[(5001, 0)]).await;
    engine.flush().await.unwrap();
    expected.push((5001, 0));
    assert_eq!(rows(&engine).await, expected);
    engine.close().await;
    drop(engine);
    assert_eq!(rows(&open(disk.path()).await).await, expected, "nothing refused came back");
}

#[tokio::test]
async fn a_store_on_a_full_disk_starts_and_answers() {
    let Some(disk) = disk() else { return without_a_log_folder().await };
    let engine = fsynced(disk.path()).await;
    append(&engine, &[(1, 1)]).await;
    engine.flush().await.unwrap();
    append(&engine, &[(2, 2)]).await;
    engine.close().await;
    drop(engine);
    disk.fill(0).unwrap();
    let engine = fsynced(disk.path()).await;
    assert_eq!(rows(&engine).await, [(1, 1), (2, 2)]);
    assert_eq!(append_until_refused(&engine, 10).await, []);
    disk.free().unwrap();
    append(&engine, &[(3, 3)]).await;
    engine.flush().await.unwrap();
    assert_eq!(rows(&engine).await, [(1, 1), (2, 2), (3, 3)]);
    engine.close().await;
    drop(engine);
    assert_eq!(rows(&open(disk.path()).await).await, [(1, 1), (2, 2), (3, 3)]);
}

#[tokio::test]
async fn retention_makes_room_on_a_full_disk() {
    let Some(disk) = disk() else { return without_a_log_folder().await };
    let engine = fsynced(disk.path()).await;
    append(&engine, &[(1, 1), (HOUR, 2)]).await;
    engine.flush().await.unwrap();
    disk.fill(0).unwrap();
    let oldest = engine.segments()[0].id.clone();
    assert_eq!(engine.remove(&HashSet::from([oldest])).await.unwrap(), 1);
    assert_eq!(rows(&engine).await, [(HOUR, 2)]);
    engine.close().await;
    drop(engine);
    assert_eq!(rows(&open(disk.path()).await).await, [(HOUR, 2)]);
}

#[tokio::test]
async fn segments_that_do_not_fit_leave_nothing_behind() {
    let Some(disk) = disk() else { return without_a_log_folder().await };
    let engine = fsynced(disk.path()).await;
    append(&engine, &[(1, 1), (HOUR, 2)]).await;
    disk.fill(0).unwrap();
    let refused = engine.flush().await.expect_err("there is no space even for a new log file");
    assert!(refused.to_string().contains("No space left on device"), "{refused}");
    disk.free().unwrap();
    disk.fill(PAGE).unwrap(); // for the log file, not for segments
    let flushing = {
        let engine = Arc::clone(&engine);
        tokio::spawn(async move { engine.flush().await })
    };
    while engine.stats().flush_error.is_none() && !flushing.is_finished() {
        tokio::task::yield_now().await;
    }
    let why = engine.stats().flush_error.expect("sealing must have failed");
    assert!(why.contains("No space left on device"), "{why}");
    assert_eq!(rows(&engine).await, [(1, 1), (HOUR, 2)]);
    let files = std::fs::read_dir(disk.path().join("toys/tenant=fake"));
    let left = files.map_or(0, |dates| {
        let hours = dates.flat_map(|date| std::fs::read_dir(date.unwrap().path()).unwrap());
        hours.flat_map(|hour| std::fs::read_dir(hour.unwrap().path()).unwrap()).count()
    });
    assert_eq!(left, 0, "files of failed attempts");
    disk.free().unwrap();
    flushing.await.unwrap().unwrap();
    assert_eq!(engine.stats().flush_error, None);
    assert_eq!((rows(&engine).await.len(), engine.stats().segments), (2, 2));
}

/// The same promises where nothing can be mounted: the folder of the write-ahead log is gone for a while.
async fn without_a_log_folder() {
    let dir = tempfile::tempdir().unwrap();
    let engine = Engine::open(Toy, Options { head_max_bytes: 16, ..options(dir.path()) }).await.unwrap();
    append(&engine, &[(1, 1)]).await;
    engine.flush().await.unwrap();
    let (wal, aside) = (dir.path().join("wal"), dir.path().join("aside"));
    let segments = dir.path().join("toys");
    std::fs::rename(&segments, &aside).unwrap();
    std::fs::write(&segments, "no folder").unwrap();
    // Heads cannot be sealed: sooner or later writes are refused.
    let mut expected = vec![(1, 1)];
    let refused = loop {
        let row = (expected.len() as i64 + 1, 0);
        match try_append(&engine, row).await {
            Ok(()) => expected.push(row),
            Err(error) => break error,
        }
    };
    assert!(matches!(refused, AppendError::Backlog(Some(_))), "{refused}");
    std::fs::remove_file(&segments).unwrap();
    std::fs::rename(&aside, &segments).unwrap();
    engine.flush().await.unwrap();
    append(&engine, &[(1_000_000, 1)]).await;
    expected.push((1_000_000, 1));
    assert_eq!(rows(&engine).await, expected);
    assert!(wal.exists());
}
