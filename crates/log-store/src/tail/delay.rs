//! `delay_for`: lines are held back for a moment, so that those of slow senders still come in their order.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::time::Duration;

use tokio::time::Instant;

use super::entry::Entry;

/// What is held back at most; the oldest lines go earlier when it is more.
const MAX_HELD: usize = 20_000;
const MAX_HELD_BYTES: usize = 4 << 20;
/// Lines that arrive within it count as arriving together.
const GRAIN: Duration = Duration::from_millis(10);

/// Lines that wait, ordered by their own time; each leaves when it has waited long enough, or with a younger one.
#[derive(Debug)]
pub(super) struct Delay {
    wait: Duration,
    held: BinaryHeap<Held>,
    arrived: VecDeque<(Instant, i64)>,
    bytes: usize,
    count: u64,
}

#[derive(Debug)]
struct Held {
    order: Reverse<(i64, u64)>,
    entry: Entry,
}

impl PartialEq for Held {
    fn eq(&self, other: &Self) -> bool {
        self.order == other.order
    }
}

impl Eq for Held {}

impl PartialOrd for Held {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Held {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.order.cmp(&other.order)
    }
}

impl Delay {
    pub(super) fn new(wait: Duration) -> Self {
        Self { wait, held: BinaryHeap::new(), arrived: VecDeque::new(), bytes: 0, count: 0 }
    }

    /// Takes a line; hands out those that may go because of it.
    pub(super) fn push(&mut self, entry: Entry, now: Instant, out: &mut impl FnMut(Entry)) {
        if self.wait.is_zero() {
            return out(entry);
        }
        self.count += 1;
        self.bytes += entry.bytes();
        self.note_arrival(now, entry.timestamp);
        self.held.push(Held { order: Reverse((entry.timestamp, self.count)), entry });
        while self.held.len() > MAX_HELD || self.bytes > MAX_HELD_BYTES {
            self.pop(out);
        }
    }

    /// Remembers few moments however many lines there are: an older line leaves with a younger one anyway.
    fn note_arrival(&mut self, now: Instant, timestamp: i64) {
        match self.arrived.back_mut() {
            Some((_, youngest)) if *youngest >= timestamp => {}
            Some((at, youngest)) if now.saturating_duration_since(*at) < GRAIN => *youngest = timestamp,
            _ => self.arrived.push_back((now, timestamp)),
        }
    }

    /// When the next line is due.
    pub(super) fn due(&self) -> Option<Instant> {
        self.arrived.front().map(|(arrived, _)| *arrived + self.wait)
    }

    /// Hands out what is due at `now`.
    pub(super) fn release(&mut self, now: Instant, out: &mut impl FnMut(Entry)) {
        while let Some((arrived, timestamp)) = self.arrived.front().copied()
            && arrived + self.wait <= now
        {
            self.arrived.pop_front();
            while self.held.peek().is_some_and(|first| first.entry.timestamp <= timestamp) {
                self.pop(out);
            }
        }
    }

    fn pop(&mut self, out: &mut impl FnMut(Entry)) {
        if let Some(held) = self.held.pop() {
            self.bytes -= held.entry.bytes();
            out(held.entry);
        }
        if self.held.is_empty() {
            self.arrived.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn entry(timestamp: i64, line: &str) -> Entry {
        Entry { timestamp, line: line.to_owned(), labels: Default::default() }
    }

    #[test]
    fn late_lines_find_their_place() {
        let start = Instant::now();
        let after = |seconds| start + Duration::from_secs(seconds);
        let mut delay = Delay::new(Duration::from_secs(5));
        let mut out = Vec::new();
        for (at, second, line) in [(20, 0, "b"), (10, 1, "a"), (30, 2, "c"), (20, 3, "b again")] {
            delay.push(entry(at, line), after(second), &mut |entry: Entry| out.push(entry.line));
        }
        assert_eq!((out.len(), delay.due()), (0, Some(after(5))));
        delay.release(after(5), &mut |entry: Entry| out.push(entry.line));
        assert_eq!(out, ["a", "b", "b again"]);
        delay.release(after(7), &mut |entry: Entry| out.push(entry.line));
        assert_eq!((out.last().map(String::as_str), delay.due()), (Some("c"), None));
    }

    #[test]
    fn without_a_delay_nothing_waits_and_with_one_not_everything() {
        let now = Instant::now();
        let mut out = 0;
        let mut delay = Delay::new(Duration::ZERO);
        delay.push(entry(1, "x"), now, &mut |_| out += 1);
        assert_eq!((out, delay.due()), (1, None));
        let mut delay = Delay::new(Duration::from_secs(5));
        for at in 0..MAX_HELD as i64 + 3 {
            delay.push(entry(at, "x"), now, &mut |_| out += 1);
        }
        assert_eq!(out, 4);
        delay.push(entry(9, &"x".repeat(MAX_HELD_BYTES)), now, &mut |_| out += 1);
        assert!(delay.held.len() < MAX_HELD && delay.bytes <= MAX_HELD_BYTES);
    }

    proptest! {
        /// Whatever comes when: each line leaves once, not earlier than it may and not later than it must.
        #[test]
        fn every_line_leaves_in_time(pauses in prop::collection::vec((0..3000u64, 0..20i64), 1..40)) {
            let wait = Duration::from_secs(2);
            let mut delay = Delay::new(wait);
            let (mut now, mut out) = (Instant::now(), Vec::new());
            let mut arrived = Vec::new();
            for (number, (millis, timestamp)) in pauses.iter().enumerate() {
                now += Duration::from_millis(*millis);
                delay.release(now, &mut |entry: Entry| out.push(entry.line));
                for (line, at) in arrived.iter().enumerate() {
                    let left = out.contains(&line.to_string());
                    prop_assert!(left || now < *at + wait, "line {line} is late");
                }
                delay.push(entry(*timestamp, &number.to_string()), now, &mut |entry: Entry| out.push(entry.line));
                arrived.push(now);
            }
            delay.release(now + wait, &mut |entry: Entry| out.push(entry.line));
            prop_assert_eq!(delay.due(), None);
            out.sort_by_key(|line| line.parse::<usize>().unwrap());
            prop_assert_eq!(out, (0..pauses.len()).map(|line| line.to_string()).collect::<Vec<_>>());
        }
    }
}
