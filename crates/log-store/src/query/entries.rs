//! The best `limit` entries of a query, in order, each once.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::TimestampNanos;

use super::budget::{Budget, QueryError};
use crate::batch::Stream;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Direction {
    Forward,
    #[default]
    Backward,
}

/// One line of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub stream: Arc<Stream>,
    pub timestamp: TimestampNanos,
    pub line: Box<[u8]>,
    /// Encoded as in [`crate::batch::Metadata`].
    pub metadata: Box<[u8]>,
}

/// Time, then labels, then arrival: the order of an answer.
type Key = (TimestampNanos, Box<str>, Arrival);

/// Source and row: earlier ones arrived earlier.
pub(super) type Arrival = (u32, u64);

/// Keeps the first or last `limit` entries by time.
#[derive(Debug)]
pub(super) struct Best {
    direction: Direction,
    limit: usize,
    entries: BTreeMap<Key, Entry>,
    bytes: usize,
}

impl Best {
    pub(super) fn new(direction: Direction, limit: usize) -> Self {
        Self { direction, limit, entries: BTreeMap::new(), bytes: 0 }
    }

    /// Whether an entry of this time could still get in.
    pub(super) fn wants(&self, at: TimestampNanos) -> bool {
        if self.entries.len() < self.limit {
            return true;
        }
        let worst = match self.direction {
            Direction::Forward => self.entries.last_key_value().is_some_and(|(key, _)| at <= key.0),
            Direction::Backward => self.entries.first_key_value().is_some_and(|(key, _)| at >= key.0),
        };
        worst && self.limit > 0
    }

    /// Adds an entry unless it is there already; then drops the worst if there are too many.
    pub(super) fn add(&mut self, entry: Entry, arrival: Arrival) -> Result<(), QueryError> {
        let key = |arrival| (entry.timestamp, entry.stream.text.clone(), arrival);
        let moment = key((0, 0))..=key((u32::MAX, u64::MAX));
        if self
            .entries
            .range(moment)
            .any(|(_, known)| known.line == entry.line && known.metadata == entry.metadata)
        {
            return Ok(());
        }
        let key = key(arrival);
        self.bytes += entry.line.len() + entry.metadata.len();
        self.entries.insert(key, entry);
        if self.entries.len() > self.limit {
            let dropped = match self.direction {
                Direction::Forward => self.entries.pop_last(),
                Direction::Backward => self.entries.pop_first(),
            };
            self.bytes -= dropped.map_or(0, |(_, entry)| entry.line.len() + entry.metadata.len());
        }
        Budget::check_bytes(self.bytes)
    }

    /// The entries in the direction asked for.
    pub(super) fn finish(self) -> Vec<Entry> {
        let entries = self.entries.into_values();
        match self.direction {
            Direction::Forward => entries.collect(),
            Direction::Backward => entries.rev().collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn entry(at: i64, label: u8, line: u8) -> Entry {
        let labels = model::parse_label_set(&format!("{{a=\"{label}\"}}")).unwrap();
        Entry {
            stream: Stream::new(labels),
            timestamp: TimestampNanos(at),
            line: Box::new([line]),
            metadata: Box::new([]),
        }
    }

    proptest! {
        /// Naive definition: sort all distinct entries, take the first or last `limit`.
        #[test]
        fn the_best_entries_are_kept(
            rows in prop::collection::vec((0..8i64, 0..3u8, 0..3u8), 0..40),
            limit in 1..10usize,
            backward in any::<bool>(),
        ) {
            let direction = if backward { Direction::Backward } else { Direction::Forward };
            let mut best = Best::new(direction, limit);
            let mut naive: Vec<(i64, u8, usize, u8)> = Vec::new();
            for (arrival, &(at, label, line)) in rows.iter().enumerate() {
                if best.wants(TimestampNanos(at)) {
                    best.add(entry(at, label, line), (0, arrival as u64)).unwrap();
                }
                if !naive.iter().any(|known| (known.0, known.1, known.3) == (at, label, line)) {
                    naive.push((at, label, arrival, line));
                }
            }
            naive.sort_unstable();
            if backward {
                naive.reverse();
            }
            naive.truncate(limit);
            let found: Vec<_> = best.finish().iter().map(|entry| (entry.timestamp.0, entry.line[0])).collect();
            let expected: Vec<_> = naive.iter().map(|row| (row.0, row.3)).collect();
            // An entry that was pushed out and came again may arrive later than its twin did; times decide.
            let times = |rows: &[(i64, u8)]| rows.iter().map(|row| row.0).collect::<Vec<_>>();
            prop_assert_eq!(times(&found), times(&expected));
        }
    }
}
