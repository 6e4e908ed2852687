//! Everything at once: rotations of both kinds, a store that comes and goes, a collector that is killed.

use std::collections::HashMap;
use std::time::Duration;

use crate::lab::Lab;
use crate::loki::Mood;

const FILES: usize = 2;
const LINES: usize = 10_000;
const STEP: usize = 250;

/// Lines of a file by number; each is as long as its number has digits, so that sizes vary.
fn line(file: usize, number: usize) -> String {
    format!("file={file} n={number} {}", "x".repeat(number % 97))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_and_order_is_kept() {
    let mut lab = Lab::new().await;
    lab.client = "batchsize: 20000, timeout: 500ms".to_owned();
    lab.start().await;
    for step in 0..LINES / STEP {
        for file in 0..FILES {
            let name = format!("{file}.log");
            let text: String = (0..STEP).map(|index| line(file, step * STEP + index) + "\n").collect();
            // In two writes that cut a line in the middle.
            let (first, second) = text.split_at(text.len() / 2);
            lab.append(&name, first);
            lab.append(&name, second);
            if step % 3 == 2 && file == 0 {
                lab.rename(&name, &format!("{name}.{step}"));
            }
        }
        disturb(&mut lab, step).await;
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    lab.loki.set_mood(Mood::Accept);
    let is_complete = |entries: &[crate::loki::Received]| {
        let lines: std::collections::HashSet<&str> =
            entries.iter().map(|entry| entry.line.as_str()).collect();
        lines.len() == FILES * LINES
    };
    // Counting is slow; it starts when enough has arrived.
    let arrived = lab.loki.wait(|entries| entries.len() >= FILES * LINES && is_complete(entries));
    if tokio::time::timeout(Duration::from_secs(10), arrived).await.is_err() {
        panic!("lost: {:?}\n{}", lost(&lab), lab.positions());
    }
    lab.stop().await;
    check_order(&lab);
}

/// The store's and the collector's misfortunes, and truncation of what was read.
async fn disturb(lab: &mut Lab, step: usize) {
    match step % 10 {
        1 => lab.loki.set_mood(Mood::Answer(503)),
        2 => lab.loki.set_mood(Mood::AcceptAndFail),
        3 => lab.loki.set_mood(Mood::Accept),
        4 => lab.loki.go_away().await,
        5 => lab.crash(),
        6 => {
            lab.loki.come_back().await;
            lab.start().await;
        }
        8 => lab.loki.set_mood(Mood::Answer(429)),
        9 => {
            lab.loki.set_mood(Mood::Accept);
            // Truncation loses what wasn't read, whoever reads; so the collector catches up first.
            let last = line(1, (step + 1) * STEP - 1);
            lab.loki.wait(|entries| entries.iter().rev().any(|entry| entry.line == last)).await;
            lab.truncate("1.log");
        }
        _ => {}
    }
}

/// Lines may come again after a failure, from some point on; the first arrivals are in order.
fn check_order(lab: &Lab) {
    let mut next: HashMap<usize, usize> = HashMap::new();
    let mut repeated = 0;
    for entry in lab.loki.entries() {
        let number_of = |key: &str| -> usize {
            let rest = entry.line.split_once(key).unwrap().1;
            rest.split(' ').next().unwrap().parse().unwrap()
        };
        let (file, number) = (number_of("file="), number_of("n="));
        assert_eq!(entry.line, line(file, number));
        let expected = next.entry(file).or_insert(0);
        assert!(number <= *expected, "file {file}: line {number} before line {expected}");
        if number == *expected {
            *expected += 1;
        } else {
            repeated += 1;
        }
    }
    assert!(next.values().all(|count| *count == LINES), "{next:?}");
    assert!(repeated < FILES * LINES / 2, "{repeated} lines came more than once");
}

/// The ranges of lines that never arrived, for each file.
fn lost(lab: &Lab) -> Vec<(usize, Vec<(usize, usize)>)> {
    let arrived: std::collections::HashSet<String> = lab.loki.lines().into_iter().collect();
    let ranges = |file| {
        let mut ranges: Vec<(usize, usize)> = Vec::new();
        for number in (0..LINES).filter(|number| !arrived.contains(&line(file, *number))) {
            match ranges.last_mut().filter(|(_, end)| *end + 1 == number) {
                Some((_, end)) => *end = number,
                None => ranges.push((number, number)),
            }
        }
        ranges
    };
    (0..FILES).map(|file| (file, ranges(file))).collect()
}
