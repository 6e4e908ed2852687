//! Validation: entry by entry, with Loki's limits and messages. Valid entries go into the batch, the others are named.

use std::borrow::Cow;
use std::sync::Arc;

use bytes::Bytes;
use model::{LabelError, Labels, TimestampNanos};
use segment::Payload;

use super::body::PushError;
use super::level::{self, Clues, DETECTED_LEVEL, LevelDetector};
use super::refused::{Refused, quoted};
use crate::batch::{self, LogBatch, MetadataWriter, Stream};
use crate::limits::Limits;
use crate::streams::Streams;

mod checks;

/// What the entries of one push may come to in memory, which is more than its record in the write-ahead log takes.
const MAX_WEIGHT: usize = 255 << 20;
/// What an entry and a stream take besides their texts.
const ENTRY_WEIGHT: usize = 24;
const STREAM_WEIGHT: usize = 256;

/// Collects the valid entries of one push.
pub(crate) struct Acceptor<'a> {
    limits: &'a Limits,
    streams: &'a Streams,
    now: TimestampNanos,
    oldest: TimestampNanos,
    newest: TimestampNanos,
    batch: LogBatch,
    /// The text of the batch as it came, compressed.
    packed: Option<Bytes>,
    metadata: MetadataWriter,
    levels: Option<LevelDetector<'a>>,
    /// Per stream of the batch: the level that its labels name.
    stream_levels: Vec<Option<Cow<'static, str>>>,
    seen_streams: usize,
    /// The entry before, with the time that it came with.
    before: Option<(u32, TimestampNanos)>,
    refused: Refused,
    /// Of all that was accepted so far.
    weight: usize,
}

/// What became of a push.
#[derive(Debug)]
pub(crate) struct Accepted {
    pub batch: LogBatch,
    pub refused: Refused,
    /// The text of the batch as it came, compressed.
    pub packed: Option<Bytes>,
}

impl Accepted {
    /// What the write-ahead log is given, the batch, and what was refused.
    pub(crate) fn into_parts(self) -> (Payload, LogBatch, Refused) {
        let payload = batch::encode(&self.batch, self.packed);
        (payload, self.batch, self.refused)
    }
}

impl<'a> Acceptor<'a> {
    pub(crate) fn new(limits: &'a Limits, streams: &'a Streams, now: TimestampNanos) -> Self {
        let age = limits.reject_old_samples_max_age;
        Self {
            limits,
            streams,
            now,
            oldest: age.map_or(TimestampNanos(i64::MIN), |age| now.saturating_sub(age)),
            newest: now.saturating_add(limits.creation_grace_period),
            batch: LogBatch::default(),
            packed: None,
            metadata: MetadataWriter::default(),
            levels: LevelDetector::new(limits),
            stream_levels: Vec::new(),
            seen_streams: 0,
            before: None,
            refused: Refused::default(),
            weight: 0,
        }
    }

    /// Whether this much more can be accepted; it then counts as accepted. Once it cannot, nothing is any more.
    fn has_room(&mut self, weight: usize) -> bool {
        self.weight = self.weight.saturating_add(weight);
        if self.weight <= MAX_WEIGHT {
            return true;
        }
        self.refused.add("request_too_large", || {
            format!("the entries of one push may take {MAX_WEIGHT} bytes in memory; send several pushes")
        });
        false
    }

    /// Lines will lie in `text`, and stay there. `packed` is the text as a snappy block.
    pub(super) fn sharing(&mut self, text: &Bytes, packed: Option<Bytes>) -> &mut Self {
        self.batch = LogBatch::over(text.clone());
        self.packed = packed;
        self
    }

    /// Lines will be copied; all together they have about as many `bytes`.
    pub(super) fn copying(&mut self, bytes: usize) -> &mut Self {
        self.batch.reserve_text(bytes);
        self
    }

    pub(super) fn limits(&self) -> &'a Limits {
        self.limits
    }

    pub(super) fn now(&self) -> TimestampNanos {
        self.now
    }

    /// Announces a stream by its label text; `None` if it is refused.
    pub(super) fn stream_text(&mut self, text: &str) -> Option<u32> {
        // The common case: pushed before.
        if let Some(stream) = self.streams.pushed(text)
            && self.check_labels(&stream.labels).is_ok()
        {
            self.seen_streams += 1;
            return self.add_stream(stream);
        }
        let id = self.stream(model::parse_label_set(text))?;
        self.streams.note_pushed(text, &self.batch.streams[id as usize]);
        Some(id)
    }

    /// Announces a stream; `None` if it is refused.
    pub(super) fn stream(&mut self, labels: Result<Labels, LabelError>) -> Option<u32> {
        self.seen_streams += 1;
        let mut labels = match labels {
            Ok(labels) => labels,
            Err(error @ LabelError::Duplicate(_)) => {
                self.refused.add("duplicate_label_names", || quoted(&error.to_string()).into_owned());
                return None;
            }
            Err(error) => {
                self.refused.add("invalid_labels", || {
                    format!("couldn't parse labels: {}", quoted(&error.to_string()))
                });
                return None;
            }
        };
        if let Err((reason, message)) = self.check_labels(&labels) {
            self.refused.add(reason, || message);
            return None;
        }
        self.discover_service_name(&mut labels);
        if labels.is_empty() {
            self.refused
                .add("missing_labels", || "error at least one label pair is required per stream".to_owned());
            return None;
        }
        let stream = self.streams.intern(labels);
        self.add_stream(stream)
    }

    fn add_stream(&mut self, stream: Arc<Stream>) -> Option<u32> {
        if !self.has_room(STREAM_WEIGHT + 2 * stream.text.len()) {
            return None;
        }
        self.stream_levels.push(self.levels.and_then(|levels| levels.of_labels(&stream.labels)));
        Some(self.batch.add_stream(stream))
    }

    fn discover_service_name(&self, labels: &mut Labels) {
        if self.limits.discover_service_name.is_empty() || labels.get("service_name").is_some() {
            return;
        }
        let found = self.limits.discover_service_name.iter().find_map(|name| labels.get(name));
        let name = found.unwrap_or("unknown_service").to_owned();
        labels.set("service_name", &name);
    }

    /// Adds an entry to a stream that was announced, if it is valid.
    pub(super) fn entry<'m>(
        &mut self,
        stream: u32,
        timestamp: TimestampNanos,
        line: &str,
        metadata: impl Iterator<Item = (&'m str, &'m str)>,
    ) {
        let mut line = line;
        if self.weight > MAX_WEIGHT {
            self.has_room(0);
            return;
        }
        if let Err((reason, message)) = self.check_entry(stream, timestamp, line) {
            self.refused.add(reason, || message);
            return;
        }
        if line.len() > self.limits.max_line_size {
            line = &line[..line.floor_char_boundary(self.limits.max_line_size)];
        }
        let clues = match self.take_metadata(stream, metadata) {
            Ok(clues) => clues,
            Err((reason, message)) => {
                self.refused.add(reason, || message);
                return;
            }
        };
        if let Some(levels) = self.levels
            && !clues.given
        {
            let level = self.stream_levels[stream as usize].as_deref();
            self.metadata.push(DETECTED_LEVEL, level.unwrap_or_else(|| levels.of_entry(&clues, line)));
        }
        let timestamp = if self.limits.ingest.increment_duplicate_timestamp {
            self.distinct(stream, timestamp, line)
        } else {
            timestamp
        };
        if self.has_room(ENTRY_WEIGHT + line.len() + self.metadata.bytes().len()) {
            self.batch.push(stream, timestamp, line.as_bytes(), self.metadata.bytes());
        }
    }

    /// The time of an entry, moved on when that of the one before it, with another line, is the same.
    fn distinct(&mut self, stream: u32, timestamp: TimestampNanos, line: &str) -> TimestampNanos {
        if self.before == Some((stream, timestamp))
            && let Some(last) = self.batch.len().checked_sub(1)
            && self.batch.row(last).line != line.as_bytes()
        {
            return TimestampNanos(self.batch.row(last).timestamp.0.saturating_add(1));
        }
        self.before = Some((stream, timestamp));
        timestamp
    }

    /// Encodes the structured metadata into `self.metadata`, names normalised, and notes what it says about the level.
    fn take_metadata<'m>(
        &mut self,
        stream: u32,
        pairs: impl Iterator<Item = (&'m str, &'m str)>,
    ) -> Result<Clues<'m>, (&'static str, String)> {
        self.metadata.clear();
        let mut clues = Clues::default();
        let (mut size, mut count) = (0, 0);
        for (name, value) in pairs {
            size += name.len() + value.len();
            count += 1;
            let name = normalised(name);
            let mut stored = readable(value);
            if let Some(levels) = self.levels {
                if name == DETECTED_LEVEL && !value.is_empty() {
                    clues.given = true;
                    stored = Cow::Borrowed(level::normalised(value));
                } else {
                    levels.note(&mut clues, &name, value);
                }
            }
            // An empty value is no value, as with labels.
            if !stored.is_empty() {
                self.metadata.push(&name, &stored);
            }
        }
        self.check_metadata(stream, size, count).map(|()| clues)
    }

    pub(super) fn finish(mut self) -> Result<Accepted, PushError> {
        if self.seen_streams == 0 {
            return Err(PushError::NoStreams);
        }
        if self.batch.leave_sparse_text() {
            self.packed = None;
        }
        self.batch.shrink();
        Ok(Accepted { batch: self.batch, refused: self.refused, packed: self.packed })
    }
}

/// A value without the marks of undecodable text, which Loki turns into blanks.
fn readable(value: &str) -> Cow<'_, str> {
    if value.contains('\u{FFFD}') { Cow::Owned(value.replace('\u{FFFD}', " ")) } else { Cow::Borrowed(value) }
}

/// A name of structured metadata made a label name: other characters become `_`, a leading digit gets `key_` before it.
pub(super) fn normalised(name: &str) -> Cow<'_, str> {
    if model::is_label_name(name) {
        return Cow::Borrowed(name);
    }
    let mut out = String::with_capacity(name.len() + 4);
    if name.starts_with(|c: char| c.is_ascii_digit()) {
        out.push_str("key_");
    }
    out.extend(name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '_' }));
    if out.is_empty() {
        out.push('_');
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests;
