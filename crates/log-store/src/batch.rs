//! Log rows in memory: columns over one arena, so that a line costs no allocation of its own.

use std::fmt;
use std::sync::Arc;

use model::{Labels, TimeRange, TimestampNanos};

mod codec;
mod metadata;

pub(crate) use codec::{decode, encode};
pub(crate) use metadata::{Metadata, MetadataWriter};

/// A stream: its labels and their canonical text, shared by all its rows.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Stream {
    pub labels: Labels,
    pub text: Box<str>,
    hash: u64,
}

impl Stream {
    pub(crate) fn new(labels: Labels) -> Arc<Self> {
        let text: Box<str> = labels.to_string().into();
        let hash = fnv1a(&text);
        Arc::new(Self { labels, text, hash })
    }

    /// The same in every process: decides between streams where times are equal.
    pub(crate) fn hash(&self) -> u64 {
        self.hash
    }
}

fn fnv1a(text: &str) -> u64 {
    text.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// The rows of one or several pushes, in order of arrival.
#[derive(Default)]
pub(crate) struct LogBatch {
    pub streams: Vec<Arc<Stream>>,
    /// Per row: index into `streams`.
    pub stream: Vec<u32>,
    pub timestamp: Vec<i64>,
    /// Per row: where its line ends in the arena. It starts where the row before ends.
    line_end: Vec<u32>,
    /// Per row: where its structured metadata, which follows the line, ends.
    row_end: Vec<u32>,
    arena: Vec<u8>,
    first: i64,
    last: i64,
}

/// One row, borrowed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row<'a> {
    pub stream: u32,
    pub timestamp: TimestampNanos,
    /// Valid UTF-8, checked on the way in.
    pub line: &'a [u8],
    pub metadata: Metadata<'a>,
}

/// An arena holds at most this many bytes: offsets are 32 bits wide.
const MAX_ARENA: usize = u32::MAX as usize;

impl fmt::Debug for LogBatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LogBatch({} rows, {} streams, {} bytes)", self.len(), self.streams.len(), self.arena.len())
    }
}

impl LogBatch {
    pub(crate) fn len(&self) -> usize {
        self.timestamp.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.timestamp.is_empty()
    }

    /// Whether a row of `bytes` still fits.
    pub(crate) fn has_room(&self, bytes: usize) -> bool {
        self.arena.len() + bytes <= MAX_ARENA
    }

    /// Adds a stream; rows refer to it by the index returned.
    pub(crate) fn add_stream(&mut self, stream: Arc<Stream>) -> u32 {
        self.streams.push(stream);
        (self.streams.len() - 1) as u32
    }

    /// Adds a row. The caller has made sure that it [has room](Self::has_room).
    pub(crate) fn push(&mut self, stream: u32, timestamp: TimestampNanos, line: &[u8], metadata: &[u8]) {
        debug_assert!(self.has_room(line.len() + metadata.len()));
        self.stream.push(stream);
        self.note_time(timestamp.0);
        self.timestamp.push(timestamp.0);
        self.arena.extend_from_slice(line);
        self.line_end.push(self.arena.len() as u32);
        self.arena.extend_from_slice(metadata);
        self.row_end.push(self.arena.len() as u32);
    }

    fn note_time(&mut self, at: i64) {
        if self.is_empty() {
            (self.first, self.last) = (at, at);
        } else {
            self.first = self.first.min(at);
            self.last = self.last.max(at);
        }
    }

    pub(crate) fn row(&self, at: usize) -> Row<'_> {
        let start = at.checked_sub(1).map_or(0, |before| self.row_end[before] as usize);
        let (line_end, row_end) = (self.line_end[at] as usize, self.row_end[at] as usize);
        Row {
            stream: self.stream[at],
            timestamp: TimestampNanos(self.timestamp[at]),
            line: &self.arena[start..line_end],
            metadata: Metadata::new(&self.arena[line_end..row_end]),
        }
    }

    pub(crate) fn overlaps(&self, range: TimeRange) -> bool {
        !self.is_empty() && range.overlaps(TimestampNanos(self.first), TimestampNanos(self.last))
    }

    /// The times of the earliest and the latest row.
    pub(crate) fn first_and_last(&self) -> (TimestampNanos, TimestampNanos) {
        (TimestampNanos(self.first), TimestampNanos(self.last))
    }

    pub(crate) fn memory_bytes(&self) -> usize {
        // Labels are shared by all batches with the stream, so each batch counts only a part of them.
        let streams: usize = self.streams.iter().map(|stream| 32 + stream.labels.heap_bytes() / 4).sum();
        self.arena.capacity() + self.timestamp.capacity() * 20 + streams + size_of::<Self>()
    }

    /// Gives back what was allocated ahead.
    pub(crate) fn shrink(&mut self) {
        self.arena.shrink_to_fit();
        self.stream.shrink_to_fit();
        self.timestamp.shrink_to_fit();
        self.line_end.shrink_to_fit();
        self.row_end.shrink_to_fit();
    }

    /// Appends all rows of `other`; `map` translates its stream indices.
    fn extend(&mut self, other: &Self, map: &[u32]) {
        let base = self.arena.len() as u32;
        if other.is_empty() {
            return;
        }
        self.note_time(other.first);
        self.timestamp.extend_from_slice(&other.timestamp);
        self.note_time(other.last);
        self.stream.extend(other.stream.iter().map(|stream| map[*stream as usize]));
        self.line_end.extend(other.line_end.iter().map(|end| base + end));
        self.row_end.extend(other.row_end.iter().map(|end| base + end));
        self.arena.extend_from_slice(&other.arena);
    }

    /// The rows at these places, in order.
    pub(crate) fn pick(&self, rows: &[u32]) -> Self {
        let mut picked = Self { streams: self.streams.clone(), ..Self::default() };
        for row in rows.iter().map(|at| self.row(*at as usize)) {
            picked.push(row.stream, row.timestamp, row.line, row.metadata.as_bytes());
        }
        picked.shrink();
        picked
    }

    /// One batch with the rows of all, in order.
    pub(crate) fn coalesce(batches: &[Arc<Self>]) -> Self {
        let mut joined = Self::default();
        joined.arena.reserve_exact(batches.iter().map(|batch| batch.arena.len()).sum());
        let mut known: ahash::HashMap<*const Stream, u32> = ahash::HashMap::default();
        let mut map = Vec::new();
        for batch in batches {
            map.clear();
            for stream in &batch.streams {
                let next = joined.streams.len() as u32;
                let id = *known.entry(Arc::as_ptr(stream)).or_insert(next);
                if id == next {
                    joined.streams.push(Arc::clone(stream));
                }
                map.push(id);
            }
            joined.extend(batch, &map);
        }
        joined.shrink();
        joined
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proptest::prelude::*;

    /// (labels, time, line, metadata)
    pub(crate) type Plain = (String, i64, String, Vec<(String, String)>);

    pub(crate) fn batch(rows: &[Plain]) -> LogBatch {
        let mut batch = LogBatch::default();
        for (labels, at, line, pairs) in rows {
            let known = batch.streams.iter().position(|stream| *stream.text == **labels);
            let stream = known.map_or_else(
                || batch.add_stream(Stream::new(model::parse_label_set(labels).unwrap())),
                |at| at as u32,
            );
            let mut metadata = MetadataWriter::default();
            pairs.iter().for_each(|(name, value)| metadata.push(name, value));
            batch.push(stream, TimestampNanos(*at), line.as_bytes(), metadata.bytes());
        }
        batch
    }

    pub(crate) fn plain(batch: &LogBatch) -> Vec<Plain> {
        (0..batch.len())
            .map(|at| {
                let row = batch.row(at);
                let labels = batch.streams[row.stream as usize].text.to_string();
                let pairs = row.metadata.iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
                (labels, row.timestamp.0, String::from_utf8(row.line.to_vec()).unwrap(), pairs.collect())
            })
            .collect()
    }

    pub(crate) fn rows() -> impl Strategy<Value = Vec<Plain>> {
        let labels = prop::sample::select(vec![r#"{a="1"}"#, r#"{a="2", b="x\"y"}"#, r#"{c="ü"}"#]);
        let pairs = prop::collection::vec(("[a-z_]{1,6}", ".{0,8}"), 0..3);
        let row = (labels.prop_map(str::to_owned), any::<i64>(), ".{0,40}", pairs);
        prop::collection::vec(row, 0..20)
    }

    proptest! {
        #[test]
        fn rows_come_back_as_they_were_pushed(rows in rows()) {
            prop_assert_eq!(plain(&batch(&rows)), rows);
        }

        #[test]
        fn joining_keeps_rows_and_order(parts in prop::collection::vec(rows(), 0..5)) {
            let batches: Vec<_> = parts.iter().map(|rows| Arc::new(batch(rows))).collect();
            let joined = LogBatch::coalesce(&batches);
            prop_assert_eq!(plain(&joined), parts.concat());
            let times = parts.concat().into_iter().map(|row| row.1);
            if let (Some(first), Some(last)) = (times.clone().min(), times.max()) {
                prop_assert_eq!((joined.first, joined.last), (first, last));
            }
        }
    }
}
