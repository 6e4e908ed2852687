//! Appending, flushing, restarting, crashing, expiring.

use std::time::Duration;

use model::{TenantId, TimeRange, TimestampNanos};
use proptest::prelude::*;
use segment::{Engine, Error, Options};

use crate::toy::{HOUR, Row, Toy, append, copy, open, options, rows, tenant};

#[tokio::test]
async fn what_was_acknowledged_is_visible_at_once_and_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let engine = open(dir.path()).await;
    append(&engine, &[(1, 10), (2, 20)]).await;
    assert_eq!(rows(&engine).await, [(1, 10), (2, 20)]);
    assert!(engine.snapshot(&TenantId::new("other").unwrap(), TimeRange::ALL).batches.is_empty());
    engine.close().await;
    drop(engine);
    assert_eq!(rows(&open(dir.path()).await).await, [(1, 10), (2, 20)]);
}

#[tokio::test]
async fn a_flush_writes_one_segment_per_hour_and_removes_the_log() {
    let dir = tempfile::tempdir().unwrap();
    let engine = open(dir.path()).await;
    append(&engine, &[(HOUR - 1, 1), (HOUR, 2), (2 * HOUR, 3)]).await;
    engine.flush().await.unwrap();
    let snapshot = engine.snapshot(&tenant(), TimeRange::new(TimestampNanos(HOUR), TimestampNanos(2 * HOUR)));
    assert!(snapshot.batches.is_empty());
    let paths: Vec<_> = snapshot.segments.iter().map(|meta| meta.path.clone()).collect();
    assert_eq!(paths.len(), 1);
    assert!(paths[0].starts_with("toys/tenant=fake/date=1970-01-01/hour=01/"), "{paths:?}");
    assert_eq!(std::fs::read_dir(dir.path().join("wal")).unwrap().count(), 1);
    assert_eq!(rows(&engine).await, [(HOUR - 1, 1), (HOUR, 2), (2 * HOUR, 3)]);
}

#[tokio::test]
async fn many_small_writes_become_few_batches() {
    let dir = tempfile::tempdir().unwrap();
    let engine = open(dir.path()).await;
    for number in 0..1000 {
        append(&engine, &[(number, number)]).await;
    }
    let batches = engine.snapshot(&tenant(), TimeRange::ALL).batches.len();
    assert!(batches < 50, "{batches} batches");
    assert_eq!(rows(&engine).await.len(), 1000);
}

#[tokio::test]
async fn a_full_head_is_sealed_by_itself() {
    let dir = tempfile::tempdir().unwrap();
    let engine = Engine::open(Toy, Options { head_max_bytes: 1600, ..options(dir.path()) }).await.unwrap();
    for number in 0..1000 {
        append(&engine, &[(number, number)]).await;
    }
    engine.flush().await.unwrap();
    assert!(engine.stats().segments >= 5, "{:?}", engine.stats());
    assert_eq!(engine.stats().segment_rows, 1000);
    assert_eq!(rows(&engine).await, (0..1000).map(|number| (number, number)).collect::<Vec<_>>());
}

#[tokio::test]
async fn concurrent_writers_are_all_acknowledged() {
    let dir = tempfile::tempdir().unwrap();
    let engine =
        Engine::open(Toy, Options { head_max_bytes: 4000, ..Options::new(dir.path()) }).await.unwrap();
    let mut tasks = tokio::task::JoinSet::new();
    for writer in 0..8 {
        let engine = std::sync::Arc::clone(&engine);
        tasks.spawn(async move {
            for number in 0..50 {
                append(&engine, &[(writer, number)]).await;
            }
        });
    }
    tasks.join_all().await;
    let expected: Vec<Row> = (0..8).flat_map(|writer| (0..50).map(move |number| (writer, number))).collect();
    assert_eq!(rows(&engine).await, expected);
}

#[tokio::test]
async fn only_one_engine_opens_a_folder() {
    let dir = tempfile::tempdir().unwrap();
    let _first = open(dir.path()).await;
    let second = Engine::open(Toy, options(dir.path())).await;
    assert!(matches!(second, Err(Error::Locked(_))), "{second:?}");
}

#[tokio::test]
async fn a_closed_folder_is_free_and_no_longer_written() {
    let dir = tempfile::tempdir().unwrap();
    let first = open(dir.path()).await;
    append(&first, &[(1, 1), (HOUR, 2)]).await;
    first.flush().await.unwrap();
    first.close().await;
    let second = open(dir.path()).await;
    let all: std::collections::HashSet<String> =
        first.segments().iter().map(|meta| meta.id.clone()).collect();
    assert!(matches!(first.remove(&all).await, Err(Error::Closed)));
    assert!(matches!(first.rewrite(&first.segments()[0], |_| Some(vec![])).await, Err(Error::Closed)));
    drop(first);
    assert_eq!(rows(&second).await, [(1, 1), (HOUR, 2)]);
    second.close().await;
    assert_eq!(rows(&open(dir.path()).await).await, [(1, 1), (HOUR, 2)]);
}

#[tokio::test]
async fn retention_deletes_whole_segments_that_are_too_old() {
    let dir = tempfile::tempdir().unwrap();
    let retention = Some(Duration::from_secs(3600));
    let engine = Engine::open(Toy, Options { retention, ..options(dir.path()) }).await.unwrap();
    // Recent enough for the retention that runs by itself, so that only the one asked for here counts.
    let now = TimestampNanos::now().0;
    append(&engine, &[(now, 1), (now + 2 * HOUR, 2)]).await;
    engine.flush().await.unwrap();
    assert_eq!(engine.expire(TimestampNanos(now + HOUR + HOUR / 2)).await.unwrap(), 1);
    assert_eq!(rows(&engine).await, [(now + 2 * HOUR, 2)]);
    engine.close().await;
    drop(engine);
    assert_eq!(rows(&open(dir.path()).await).await, [(now + 2 * HOUR, 2)]);
}

#[tokio::test]
async fn a_closed_store_refuses_writes() {
    let dir = tempfile::tempdir().unwrap();
    let engine = open(dir.path()).await;
    engine.close().await;
    let refused = engine.append(&tenant(), TimestampNanos(0), b"[]".to_vec(), vec![]).await;
    assert!(refused.is_err());
}

#[tokio::test]
async fn small_segments_of_a_closed_hour_become_one() {
    let dir = tempfile::tempdir().unwrap();
    let engine = open(dir.path()).await;
    for number in 0..5 {
        append(&engine, &[(number, number), (HOUR + number, number)]).await;
        engine.flush().await.unwrap();
    }
    let expected = rows(&engine).await;
    let before = engine.snapshot(&tenant(), TimeRange::ALL);
    // The second hour still grows and has too few.
    assert_eq!(engine.compact(TimestampNanos(HOUR + 5)).await.unwrap(), 5);
    assert_eq!((engine.stats().segments, engine.stats().segment_rows), (6, 10));
    assert_eq!(rows(&engine).await, expected);
    for meta in &before.segments {
        engine.open_segment(meta).await.expect("a query that began before still reads the old files");
    }
    assert_eq!(engine.sweep(Duration::ZERO).await.unwrap(), 5);
    assert!(matches!(engine.open_segment(&before.segments[0]).await, Err(Error::Gone(_))));
    assert_eq!(rows(&engine).await, expected);
    engine.close().await;
    drop(engine);
    assert_eq!(rows(&open(dir.path()).await).await, expected);
}

#[tokio::test]
async fn replaced_files_that_were_not_deleted_stay_out() {
    for lose_manifest in [false, true] {
        let dir = tempfile::tempdir().unwrap();
        let engine = open(dir.path()).await;
        for number in 0..3 {
            append(&engine, &[(number, number)]).await;
            engine.flush().await.unwrap();
        }
        assert_eq!(engine.compact(TimestampNanos(2 * HOUR)).await.unwrap(), 3);
        engine.close().await;
        drop(engine);
        if lose_manifest {
            std::fs::remove_file(dir.path().join("manifest.json")).unwrap();
        }
        let engine = open(dir.path()).await;
        assert_eq!(rows(&engine).await, [(0, 0), (1, 1), (2, 2)]);
        assert_eq!(engine.stats().segments, 1);
        let hour = dir.path().join("toys/tenant=fake/date=1970-01-01/hour=00");
        assert_eq!(std::fs::read_dir(hour).unwrap().count(), 1, "lost manifest: {lose_manifest}");
    }
}

#[derive(Debug, Clone)]
enum Action {
    Append(Vec<Row>),
    Flush,
    Compact,
    /// Drop rows whose number has this remainder by 7.
    Rewrite(i64),
    /// Delete what was replaced.
    Sweep,
    Restart,
    /// Continue from a copy of the folder, as a crash would leave it.
    Crash,
}

fn action() -> impl Strategy<Value = Action> {
    prop_oneof![
        4 => prop::collection::vec((0..3 * HOUR, 0..1000i64), 1..5).prop_map(Action::Append),
        3 => Just(Action::Flush),
        2 => Just(Action::Compact),
        1 => (0..7i64).prop_map(Action::Rewrite),
        1 => Just(Action::Sweep),
        1 => Just(Action::Restart),
        1 => Just(Action::Crash),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn the_store_equals_the_list_of_acknowledged_rows(actions in prop::collection::vec(action(), 1..25)) {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let root = tempfile::tempdir().unwrap();
            let mut dir = root.path().join("0");
            let mut engine = open(&dir).await;
            let mut expected: Vec<Row> = Vec::new();
            for (step, action) in actions.iter().enumerate() {
                match action {
                    Action::Append(rows) => {
                        append(&engine, rows).await;
                        expected.extend(rows);
                    }
                    Action::Flush => engine.flush().await.unwrap(),
                    Action::Compact => {
                        engine.compact(TimestampNanos(i64::MAX)).await.unwrap();
                    }
                    Action::Rewrite(remainder) => {
                        let remainder = *remainder;
                        engine.flush().await.unwrap();
                        let stays = move |row: &Row| row.1 % 7 != remainder;
                        for meta in engine.segments() {
                            let prune = move |batch: Vec<Row>| Some(batch.into_iter().filter(stays).collect());
                            engine.rewrite(&meta, prune).await.unwrap();
                        }
                        expected.retain(stays);
                    }
                    Action::Sweep => {
                        engine.sweep(Duration::ZERO).await.unwrap();
                    }
                    Action::Restart => {
                        engine.close().await;
                        drop(engine);
                        engine = open(&dir).await;
                    }
                    Action::Crash => {
                        let next = root.path().join((step + 1).to_string());
                        copy(&dir, &next);
                        engine.close().await;
                        dir = next;
                        engine = open(&dir).await;
                    }
                }
            }
            expected.sort_unstable();
            assert_eq!(rows(&engine).await, expected);
        });
    }
}
