//! Rewriting segments without some of their rows.

use std::collections::HashSet;
use std::time::Duration;

use model::{TimeRange, TimestampNanos};
use segment::Rewritten;

use crate::toy::{HOUR, Row, append, open, rows, tenant};

#[tokio::test]
async fn a_rewritten_segment_takes_the_place_of_the_old_one() {
    let dir = tempfile::tempdir().unwrap();
    let engine = open(dir.path()).await;
    append(&engine, &[(1, 1), (2, 2), (HOUR, 3)]).await;
    engine.flush().await.unwrap();
    let before = engine.snapshot(&tenant(), TimeRange::ALL);
    let [first, second] = &before.segments[..] else { panic!("{before:?}") };

    assert_eq!(engine.rewrite(first, |_| None).await.unwrap(), Rewritten::Unchanged);
    let keep_two = |batch: Vec<Row>| Some(batch.into_iter().filter(|row| row.1 == 2).collect());
    let Rewritten::Replaced(new) = engine.rewrite(first, keep_two).await.unwrap() else { panic!("kept") };
    assert_eq!((new.len(), new[0].rows, new[0].hour), (1, 1, first.hour));
    assert_eq!(rows(&engine).await, [(2, 2), (HOUR, 3)]);
    assert_eq!(engine.rewrite(first, keep_two).await.unwrap(), Rewritten::Gone);
    assert_eq!(engine.rewrite(second, |_| Some(Vec::new())).await.unwrap(), Rewritten::Replaced(vec![]));
    assert_eq!(rows(&engine).await, [(2, 2)]);

    assert!(engine.is_doomed(&first.id) && engine.is_doomed(&second.id));
    engine.open_segment(second).await.expect("queries that began before still read it");
    assert_eq!(engine.sweep(Duration::ZERO).await.unwrap(), 2);
    assert!(!engine.is_doomed(&second.id));
    engine.close().await;
    drop(engine);
    assert_eq!(rows(&open(dir.path()).await).await, [(2, 2)]);
}

#[tokio::test]
async fn rewriting_and_compaction_side_by_side_keep_every_row() {
    let dir = tempfile::tempdir().unwrap();
    let engine = open(dir.path()).await;
    for number in 0..20 {
        append(&engine, &[(number, number)]).await;
        engine.flush().await.unwrap();
    }
    let rewriting = async {
        // Until no segment holds an odd number any more, whatever compaction makes of them meanwhile.
        loop {
            let mut changed = false;
            for meta in engine.segments() {
                let done = engine.rewrite(&meta, |batch| {
                    let kept: Vec<Row> = batch.iter().copied().filter(|row| row.1 % 2 == 0).collect();
                    (kept.len() < batch.len()).then_some(kept)
                });
                changed |= done.await.unwrap() != Rewritten::Unchanged;
            }
            if !changed {
                break;
            }
        }
    };
    let compacting = async {
        for _ in 0..5 {
            engine.compact(TimestampNanos(2 * HOUR)).await.unwrap();
            tokio::task::yield_now().await;
        }
    };
    tokio::join!(rewriting, compacting);
    let even: Vec<Row> = (0..20).filter(|number| number % 2 == 0).map(|number| (number, number)).collect();
    assert_eq!(rows(&engine).await, even);
    engine.sweep(Duration::ZERO).await.unwrap();
    assert_eq!(rows(&engine).await, even);
}

#[tokio::test]
async fn segments_can_be_removed_by_name() {
    let dir = tempfile::tempdir().unwrap();
    let engine = open(dir.path()).await;
    append(&engine, &[(1, 1), (HOUR, 2)]).await;
    engine.flush().await.unwrap();
    let oldest = engine.segments()[0].id.clone();
    assert_eq!(engine.remove(&HashSet::from([oldest.clone(), "other".to_owned()])).await.unwrap(), 1);
    assert_eq!(rows(&engine).await, [(HOUR, 2)]);
    assert_eq!(engine.remove(&HashSet::from([oldest])).await.unwrap(), 0);
}
