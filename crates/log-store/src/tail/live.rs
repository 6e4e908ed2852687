//! From batches to entries that may be sent: the selector, the pipeline, and what the backlog has shown already.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use ahash::{HashMap, RandomState};
use logql::{CompiledSelector, Pipeline, Row, Runner};
use smallvec::SmallVec;
use tokio::time::Instant;

use super::delay::Delay;
use super::entry::Entry;
use crate::batch::LogBatch;

/// Rows between two looks at what else there is to do.
const ROWS_PER_STEP: usize = 256;
/// Entries that may wait for the socket, and their bytes: with more, batches wait instead.
const ENOUGH_READY: usize = 1000;
const ENOUGH_READY_BYTES: usize = 1 << 20;
/// What one message carries.
const FRAME_ENTRIES: usize = 100;
const FRAME_BYTES: usize = 256 << 10;

/// The state of a tail between its queue of batches and its socket.
pub(super) struct Live<'p> {
    runner: Runner<'p>,
    selector: CompiledSelector,
    work: Option<Work>,
    delay: Delay,
    ready: Ready,
    shown: Shown,
}

/// A batch that is being looked at: its wanted rows, in order of time.
struct Work {
    batch: Arc<LogBatch>,
    rows: Vec<u32>,
    next: usize,
}

#[derive(Default)]
struct Ready {
    entries: VecDeque<Entry>,
    bytes: usize,
}

impl Ready {
    fn push(&mut self, entry: Entry) {
        self.bytes += entry.bytes();
        self.entries.push_back(entry);
    }

    fn is_enough(&self) -> bool {
        self.entries.len() >= ENOUGH_READY || self.bytes >= ENOUGH_READY_BYTES
    }
}

/// Entries of the backlog. One that comes again was written while the backlog was read.
#[derive(Default)]
struct Shown {
    hasher: RandomState,
    counts: HashMap<u64, u32>,
}

impl Shown {
    fn add(&mut self, entry: &Entry) {
        *self.counts.entry(self.hasher.hash_one(entry)).or_default() += 1;
    }

    /// Whether it was shown; each time counts once.
    fn take(&mut self, entry: &Entry) -> bool {
        if self.counts.is_empty() {
            return false;
        }
        let hash = self.hasher.hash_one(entry);
        let Some(count) = self.counts.get_mut(&hash) else { return false };
        *count -= 1;
        if *count == 0 {
            self.counts.remove(&hash);
        }
        true
    }
}

impl<'p> Live<'p> {
    pub(super) fn new(pipeline: &'p Pipeline, selector: CompiledSelector, wait: Duration) -> Self {
        Self {
            runner: pipeline.runner(),
            selector,
            work: None,
            delay: Delay::new(wait),
            ready: Ready::default(),
            shown: Shown::default(),
        }
    }

    /// Takes an entry that was there before.
    pub(super) fn backlog(&mut self, entry: Entry) {
        self.shown.add(&entry);
        self.ready.push(entry);
    }

    pub(super) fn wants_batch(&self) -> bool {
        self.work.is_none() && !self.ready.is_enough()
    }

    pub(super) fn has_work(&self) -> bool {
        self.work.is_some() && !self.ready.is_enough()
    }

    pub(super) fn has_ready(&self) -> bool {
        !self.ready.entries.is_empty()
    }

    pub(super) fn due(&self) -> Option<Instant> {
        self.delay.due()
    }

    /// Takes a batch to work at.
    pub(super) fn take(&mut self, batch: Arc<LogBatch>) {
        let matching: Vec<bool> =
            batch.streams.iter().map(|stream| self.selector.matches(&stream.labels)).collect();
        let wanted = |row: &u32| matching[batch.stream[*row as usize] as usize];
        let mut rows: Vec<u32> = (0..batch.len() as u32).filter(wanted).collect();
        rows.sort_by_key(|row| batch.timestamp[*row as usize]); // stable: arrival decides between equal times
        self.work = Some(Work { batch, rows, next: 0 });
    }

    /// Looks at some more rows.
    pub(super) fn step(&mut self, now: Instant) {
        let Some(mut work) = self.work.take() else { return };
        let mut current = None;
        let end = work.rows.len().min(work.next + ROWS_PER_STEP);
        while work.next < end && !self.ready.is_enough() {
            let row = work.batch.row(work.rows[work.next] as usize);
            work.next += 1;
            if current != Some(row.stream) {
                current = Some(row.stream);
                self.runner.begin_stream(&work.batch.streams[row.stream as usize].labels);
            }
            let Ok(line) = std::str::from_utf8(row.line) else { continue };
            let metadata: SmallVec<[(&str, &str); 8]> = row.metadata.iter().collect();
            let timestamp = row.timestamp.0;
            let Some(passed) = self.runner.run(Row { timestamp, line, metadata: &metadata }) else {
                continue;
            };
            let entry = Entry::of(timestamp, &passed);
            if !self.shown.take(&entry) {
                let ready = &mut self.ready;
                self.delay.push(entry, now, &mut |entry| ready.push(entry));
            }
        }
        if work.next < work.rows.len() {
            self.work = Some(work);
        }
    }

    /// Lets go what has waited long enough.
    pub(super) fn release(&mut self, now: Instant) {
        let ready = &mut self.ready;
        self.delay.release(now, &mut |entry| ready.push(entry));
    }

    /// Entries for the next message.
    pub(super) fn frame(&mut self) -> Vec<Entry> {
        let (mut frame, mut bytes) = (Vec::new(), 0);
        while frame.len() < FRAME_ENTRIES && bytes < FRAME_BYTES {
            let Some(entry) = self.ready.entries.pop_front() else { break };
            bytes += entry.bytes();
            frame.push(entry);
        }
        self.ready.bytes -= bytes;
        frame
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batch::tests::batch;

    fn pipeline(query: &str) -> Pipeline {
        let logql::Expr::Log(log) = logql::parse_expr(query).unwrap() else { panic!("a log query") };
        Pipeline::new(&log.stages).unwrap()
    }

    fn live<'p>(pipeline: &'p Pipeline) -> Live<'p> {
        let selector = CompiledSelector::new(&logql::parse_selector(r#"{a="1"}"#).unwrap()).unwrap();
        Live::new(pipeline, selector, Duration::ZERO)
    }

    fn rows(count: usize) -> Arc<LogBatch> {
        let row = |at: usize| {
            let labels = if at.is_multiple_of(2) { r#"{a="1"}"# } else { r#"{a="2"}"# };
            (labels.to_owned(), (count - at) as i64, format!("n={at}"), vec![])
        };
        Arc::new(batch(&(0..count).map(row).collect::<Vec<_>>()))
    }

    fn drained(live: &mut Live<'_>) -> Vec<(i64, String)> {
        let mut found = Vec::new();
        loop {
            let frame = live.frame();
            assert!(frame.len() <= FRAME_ENTRIES);
            if frame.is_empty() && !live.has_work() {
                return found;
            }
            found.extend(frame.into_iter().map(|entry| (entry.timestamp, entry.line)));
            live.step(Instant::now());
        }
    }

    #[test]
    fn rows_come_in_their_order_through_the_pipeline() {
        let pipeline = pipeline(r#"{a="1"} | logfmt | n > 3 | line_format "{{.n}}!""#);
        let mut live = live(&pipeline);
        live.take(rows(10));
        assert!(!live.wants_batch() && live.has_work());
        assert_eq!(drained(&mut live), [(2, "8!".to_owned()), (4, "6!".to_owned()), (6, "4!".to_owned())]);
        assert!(live.wants_batch() && !live.has_ready());
    }

    #[test]
    fn a_full_tail_takes_no_more_until_something_is_sent() {
        let pipeline = pipeline(r#"{a="1"}"#);
        let mut live = live(&pipeline);
        live.take(rows(4000));
        while live.has_work() {
            live.step(Instant::now());
        }
        assert!(!live.wants_batch());
        assert!((ENOUGH_READY..ENOUGH_READY + ROWS_PER_STEP).contains(&live.ready.entries.len()));
        assert_eq!(drained(&mut live).len(), 2000);
    }

    #[test]
    fn what_the_backlog_has_shown_does_not_come_again() {
        let pipeline = pipeline(r#"{a="1"}"#);
        let mut live = live(&pipeline);
        live.take(rows(6));
        let all = {
            live.step(Instant::now());
            live.frame()
        };
        let mut live = self::live(&pipeline);
        live.backlog(all[1].clone());
        live.take(rows(6));
        live.step(Instant::now());
        assert_eq!(live.frame(), [all[1].clone(), all[0].clone(), all[2].clone()]);
        live.take(rows(6));
        live.step(Instant::now());
        assert_eq!(live.frame(), all, "the second time it is new");
    }
}
