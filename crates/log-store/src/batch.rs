//! Log rows in memory: columns over one text, so that a line costs no allocation of its own — and no copy if it can stay
//! where it is in the body of the push.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use model::{TimeRange, TimestampNanos};

mod codec;
mod join;
mod metadata;
mod stream;
mod text;

pub(crate) use codec::{decode, encode};
use metadata::MetadataTable;
pub(crate) use metadata::{Metadata, MetadataWriter};
pub(crate) use stream::Stream;
use text::Text;

/// The rows of one or several pushes, in order of arrival.
#[derive(Default)]
pub(crate) struct LogBatch {
    pub streams: Vec<Arc<Stream>>,
    /// Per row: index into `streams`.
    pub stream: Vec<u32>,
    pub timestamp: Vec<i64>,
    /// Per row: where its line lies in the text. Lines are disjoint.
    line_start: Vec<u32>,
    line_end: Vec<u32>,
    /// Per row: its structured metadata in the table.
    metadata: Vec<u32>,
    table: MetadataTable,
    text: Text,
    /// Bytes of all lines.
    line_bytes: usize,
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

/// A text or table holds at most this many bytes: offsets are 32 bits wide.
const MAX_TEXT: usize = u32::MAX as usize;
/// Bytes per row beside its line and metadata.
const ROW_BYTES: usize = 4 + 8 + 4 + 4 + 4;

impl fmt::Debug for LogBatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LogBatch({} rows, {} streams, {} bytes)", self.len(), self.streams.len(), self.line_bytes)
    }
}

impl LogBatch {
    /// An empty batch whose lines lie in `text`, such as the body of a push.
    pub(crate) fn over(text: Bytes) -> Self {
        Self { text: Text::fixed(text), ..Self::default() }
    }

    pub(crate) fn len(&self) -> usize {
        self.timestamp.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.timestamp.is_empty()
    }

    /// Whether a row of `bytes` still fits.
    pub(crate) fn has_room(&self, bytes: usize) -> bool {
        self.text.len().max(self.table.bytes().len()) + bytes <= MAX_TEXT
    }

    /// Makes room for lines of `bytes` in all that are going to be copied.
    pub(crate) fn reserve_text(&mut self, bytes: usize) {
        self.text.growing().reserve_exact(bytes);
    }

    /// Adds a stream; rows refer to it by the index returned.
    pub(crate) fn add_stream(&mut self, stream: Arc<Stream>) -> u32 {
        self.streams.push(stream);
        (self.streams.len() - 1) as u32
    }

    /// Adds a row. Its line is copied unless it lies in the text of the batch. The caller has made sure that it
    /// [has room](Self::has_room).
    pub(crate) fn push(&mut self, stream: u32, timestamp: TimestampNanos, line: &[u8], metadata: &[u8]) {
        debug_assert!(self.has_room(line.len() + metadata.len()));
        let start = self.text.offset_of(line).unwrap_or_else(|| {
            let text = self.text.growing();
            text.extend_from_slice(line);
            text.len() - line.len()
        });
        self.note_time(timestamp.0);
        self.stream.push(stream);
        self.timestamp.push(timestamp.0);
        self.line_start.push(start as u32);
        self.line_end.push((start + line.len()) as u32);
        self.line_bytes += line.len();
        self.metadata.push(self.table.intern(metadata));
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
        Row {
            stream: self.stream[at],
            timestamp: TimestampNanos(self.timestamp[at]),
            line: self.line(at),
            metadata: self.table.get(self.metadata[at]),
        }
    }

    #[inline]
    fn line(&self, at: usize) -> &[u8] {
        &self.text.as_bytes()[self.line_start[at] as usize..self.line_end[at] as usize]
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
        let rows = self.timestamp.capacity() * ROW_BYTES + self.table.memory_bytes();
        self.text.memory_bytes() + rows + streams + size_of::<Self>()
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

    /// Gives back what was allocated ahead.
    pub(crate) fn shrink(&mut self) {
        self.text.fix();
        self.table.shrink();
        self.streams.shrink_to_fit();
        self.stream.shrink_to_fit();
        self.timestamp.shrink_to_fit();
        self.line_start.shrink_to_fit();
        self.line_end.shrink_to_fit();
        self.metadata.shrink_to_fit();
    }

    /// Leaves behind a text that consists mostly of other things than lines; true if it did.
    pub(crate) fn leave_sparse_text(&mut self) -> bool {
        if self.line_bytes >= self.text.len() / 2 {
            return false;
        }
        let mut lines = Vec::with_capacity(self.line_bytes);
        for at in 0..self.len() {
            let start = lines.len() as u32;
            lines.extend_from_slice(self.line(at));
            (self.line_start[at], self.line_end[at]) = (start, lines.len() as u32);
        }
        self.text = Text::fixed(lines.into());
        true
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

    /// The same rows as a push brings them: those of one stream share it with all others, wherever they are.
    pub(crate) fn pushed(rows: &[Plain], streams: &crate::streams::Streams) -> LogBatch {
        let mut batch = batch(rows);
        for stream in &mut batch.streams {
            *stream = streams.parse(&stream.text).unwrap();
        }
        batch
    }

    /// The same rows in a batch over a text in which they lie among other bytes.
    pub(crate) fn over_text(rows: &[Plain]) -> LogBatch {
        let separate = |row: &Plain| ["??", &row.2, "!"].concat();
        let text = Bytes::from(rows.iter().map(separate).collect::<String>() + "end");
        let mut batch = LogBatch::over(text.clone());
        let mut at = 0;
        for (labels, time, line, pairs) in rows {
            let stream = batch.add_stream(Stream::new(model::parse_label_set(labels).unwrap()));
            let mut metadata = MetadataWriter::default();
            pairs.iter().for_each(|(name, value)| metadata.push(name, value));
            let line = &text[at + 2..at + 2 + line.len()];
            batch.push(stream, TimestampNanos(*time), line, metadata.bytes());
            at += line.len() + 3;
        }
        assert_eq!(batch.text.share().as_ptr(), text.as_ptr(), "nothing was copied");
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
            prop_assert_eq!(&plain(&batch(&rows)), &rows);
            let mut over = over_text(&rows);
            prop_assert_eq!(&plain(&over), &rows);
            let sparse = over.leave_sparse_text();
            prop_assert_eq!(&plain(&over), &rows);
            prop_assert!(!sparse || over.text.len() == over.line_bytes);
            // What is not in the text is copied, whatever the text was.
            over.add_stream(Stream::new(model::parse_label_set("{z=\"1\"}").unwrap()));
            over.push(over.streams.len() as u32 - 1, TimestampNanos(5), b"more", b"");
            prop_assert_eq!(over.row(rows.len()).line, b"more");
            prop_assert_eq!(&plain(&over)[..rows.len()], &rows[..]);
        }
    }
}
