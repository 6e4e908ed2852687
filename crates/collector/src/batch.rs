//! Batches: entries of a job grouped by stream, encoded as they arrive, with the positions they stand for.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use prost::encoding::{encode_varint, encoded_len_varint};

use crate::entry::Entry;
use crate::labels::LabelSet;
use crate::positions::{Checkpoint, Positions};

/// Keys of protobuf fields: `number << 3 | wire type`.
const VARINT_1: u8 = 1 << 3;
const VARINT_2: u8 = 2 << 3;
const BYTES_1: u8 = 1 << 3 | 2;
const BYTES_2: u8 = 2 << 3 | 2;
const BYTES_3: u8 = 3 << 3 | 2;

/// Entries of one stream.
#[derive(Debug)]
pub struct StreamBatch {
    /// Chosen by a stage; else the client's.
    pub tenant: Option<String>,
    pub labels: LabelSet,
    /// Field 2 of a `Stream` message, repeated.
    pub entries: Vec<u8>,
    pub count: usize,
    /// Bytes of lines.
    pub line_bytes: usize,
}

/// What is sent to every client, and then counts as done.
#[derive(Debug)]
pub struct Batch {
    pub streams: Vec<StreamBatch>,
    checkpoints: Vec<Checkpoint>,
    pending_clients: AtomicUsize,
}

impl Batch {
    /// One client has delivered the batch or dropped it for good. Clients do so in order; after the last of them the
    /// positions move.
    pub fn complete(&self, positions: &Positions) {
        if self.pending_clients.fetch_sub(1, Ordering::AcqRel) == 1 {
            positions.commit(&self.checkpoints);
        }
    }
}

/// When a batch is big or old enough.
#[derive(Debug, Clone, Copy)]
pub struct BatchLimits {
    pub bytes: usize,
    pub wait: Duration,
    /// Different streams at most in the collector's life; 0 is no limit.
    pub max_streams: usize,
}

/// Collects entries.
#[derive(Debug)]
pub struct BatchBuilder {
    limits: BatchLimits,
    streams: Vec<StreamBatch>,
    index: HashMap<u64, Vec<usize>>,
    hasher: ahash::RandomState,
    bytes: usize,
    began: Option<Instant>,
    known_streams: HashSet<u64>,
}

/// Whether an entry was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Added {
    Yes,
    /// It would begin a stream beyond the limit.
    TooManyStreams,
}

impl BatchBuilder {
    /// An empty batch.
    pub fn new(limits: BatchLimits) -> Self {
        Self {
            limits,
            streams: Vec::new(),
            index: HashMap::new(),
            hasher: ahash::RandomState::new(),
            bytes: 0,
            began: None,
            known_streams: HashSet::new(),
        }
    }

    /// Adds an entry; labels that begin with two underscores stay behind.
    pub fn add(&mut self, entry: &Entry, now: Instant) -> Added {
        let hash = self.hasher.hash_one((&entry.labels, &entry.tenant));
        if self.limits.max_streams > 0 && !self.known_streams.contains(&hash) {
            if self.known_streams.len() >= self.limits.max_streams {
                return Added::TooManyStreams;
            }
            self.known_streams.insert(hash);
        }
        let index = self.stream(hash, entry);
        let stream = &mut self.streams[index];
        encode_entry(entry, &mut stream.entries);
        stream.count += 1;
        stream.line_bytes += entry.line.len();
        self.bytes += entry.line.len() + metadata_bytes(entry);
        self.began.get_or_insert(now);
        Added::Yes
    }

    fn stream(&mut self, hash: u64, entry: &Entry) -> usize {
        let candidates = self.index.entry(hash).or_default();
        let found = candidates.iter().copied().find(|&index| {
            let stream = &self.streams[index];
            stream.labels == entry.labels && stream.tenant == entry.tenant
        });
        if let Some(index) = found {
            return index;
        }
        candidates.push(self.streams.len());
        self.streams.push(StreamBatch {
            tenant: entry.tenant.clone(),
            labels: entry.labels.clone(),
            entries: Vec::new(),
            count: 0,
            line_bytes: 0,
        });
        self.streams.len() - 1
    }

    /// Whether there is nothing to send.
    pub fn is_empty(&self) -> bool {
        self.streams.is_empty()
    }

    /// Whether the batch has its size.
    pub fn is_full(&self) -> bool {
        self.bytes >= self.limits.bytes
    }

    /// When the batch must go even if it is small.
    pub fn due(&self) -> Option<Instant> {
        self.began.map(|began| began + self.limits.wait)
    }

    /// Takes the batch for `clients` clients and starts the next.
    pub fn take(&mut self, checkpoints: Vec<Checkpoint>, clients: usize) -> Arc<Batch> {
        self.index.clear();
        self.bytes = 0;
        self.began = None;
        let mut streams = std::mem::take(&mut self.streams);
        for stream in &mut streams {
            stream.labels.retain(|name, _| !name.starts_with("__"));
        }
        Arc::new(Batch { streams, checkpoints, pending_clients: AtomicUsize::new(clients) })
    }
}

fn metadata_bytes(entry: &Entry) -> usize {
    entry.metadata.iter().map(|(name, value)| name.len() + value.len()).sum()
}

/// Appends an `Entry` as field 2 of a `Stream`.
fn encode_entry(entry: &Entry, out: &mut Vec<u8>) {
    let seconds = entry.timestamp_ns.div_euclid(1_000_000_000) as u64;
    let nanoseconds = entry.timestamp_ns.rem_euclid(1_000_000_000) as u64;
    let time_len = 2 + encoded_len_varint(seconds) + encoded_len_varint(nanoseconds);
    let pairs_len: usize = entry
        .metadata
        .iter()
        .map(|(name, value)| bytes_len(bytes_len(name.len()) + bytes_len(value.len())))
        .sum();
    let entry_len = bytes_len(time_len) + bytes_len(entry.line.len()) + pairs_len;
    out.reserve(bytes_len(entry_len));
    out.push(BYTES_2);
    encode_varint(entry_len as u64, out);

    out.push(BYTES_1);
    encode_varint(time_len as u64, out);
    out.push(VARINT_1);
    encode_varint(seconds, out);
    out.push(VARINT_2);
    encode_varint(nanoseconds, out);

    put_bytes(BYTES_2, entry.line.as_bytes(), out);
    for (name, value) in &entry.metadata {
        out.push(BYTES_3);
        encode_varint((bytes_len(name.len()) + bytes_len(value.len())) as u64, out);
        put_bytes(BYTES_1, name.as_bytes(), out);
        put_bytes(BYTES_2, value.as_bytes(), out);
    }
}

/// Appends a `Stream` as field 1 of a `PushRequest`.
pub fn encode_stream(labels: &LabelSet, entries: &[u8], out: &mut Vec<u8>) {
    let labels = labels.to_string();
    out.push(BYTES_1);
    encode_varint((bytes_len(labels.len()) + entries.len()) as u64, out);
    put_bytes(BYTES_1, labels.as_bytes(), out);
    out.extend_from_slice(entries);
}

/// Length of a field with a one-byte key that holds `length` bytes.
fn bytes_len(length: usize) -> usize {
    1 + encoded_len_varint(length as u64) + length
}

fn put_bytes(key: u8, bytes: &[u8], out: &mut Vec<u8>) {
    out.push(key);
    encode_varint(bytes.len() as u64, out);
    out.extend_from_slice(bytes);
}

#[cfg(test)]
mod tests {
    use prost::Message as _;
    use protocols::loki::PushRequest;

    use super::*;
    use crate::entry::Origin;

    fn entry(labels: &[(&str, &str)], line: &str, timestamp_ns: i64) -> Entry {
        let base: Arc<LabelSet> = Arc::new(labels.iter().copied().collect());
        let mut entry = Entry::default();
        entry.reset(&base, line, timestamp_ns, Origin::default());
        entry
    }

    fn builder(max_streams: usize) -> BatchBuilder {
        BatchBuilder::new(BatchLimits { bytes: 1000, wait: Duration::from_secs(1), max_streams })
    }

    #[test]
    fn entries_decode_as_push_requests() {
        let mut builder = builder(0);
        let now = Instant::now();
        let mut first = entry(&[("a", "1"), ("__path__", "x")], "line", 1_500_000_000_000_000_007);
        first.metadata.push(("trace_id".into(), "abc".to_owned()));
        builder.add(&first, now);
        builder.add(&entry(&[("a", "2")], "é", -1), now);
        builder.add(&entry(&[("a", "1"), ("__path__", "x")], "", 0), now);
        assert_eq!(builder.due(), Some(now + Duration::from_secs(1)));
        let batch = builder.take(Vec::new(), 1);
        let mut body = Vec::new();
        for stream in &batch.streams {
            encode_stream(&stream.labels, &stream.entries, &mut body);
        }
        let request = PushRequest::decode(body.as_slice()).unwrap();
        assert_eq!(request.streams.len(), 2);
        assert_eq!(request.streams[0].labels, r#"{a="1"}"#);
        let entries = &request.streams[0].entries;
        assert_eq!(entries[0].line, "line");
        let time = entries[0].timestamp.as_ref().unwrap();
        assert_eq!((time.seconds, time.nanos), (1_500_000_000, 7));
        assert_eq!(entries[0].structured_metadata[0].value, "abc");
        assert_eq!(entries[1].line, "");
        let time = request.streams[1].entries[0].timestamp.as_ref().unwrap();
        assert_eq!((time.seconds, time.nanos), (-1, 999_999_999));
        assert!(builder.is_empty() && builder.due().is_none());
    }

    #[test]
    fn streams_beyond_the_limit_are_refused() {
        let mut builder = builder(1);
        let now = Instant::now();
        assert_eq!(builder.add(&entry(&[("a", "1")], "x", 0), now), Added::Yes);
        assert_eq!(builder.add(&entry(&[("a", "2")], "x", 0), now), Added::TooManyStreams);
        builder.take(Vec::new(), 1);
        assert_eq!(builder.add(&entry(&[("a", "1")], "x", 0), now), Added::Yes);
    }

    #[test]
    fn positions_move_after_the_last_client() {
        use crate::files::FileId;
        use crate::positions::FileKey;

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("positions.yaml");
        let positions = Positions::load(&path, false).unwrap();
        let key = FileKey { job: 0, id: FileId { device: 1, inode: 2 } };
        positions.begin(key, &"/a".into(), 0);
        let checkpoint = Checkpoint { key, path: "/a".into(), offset: 9, is_finished: false };
        let batch = builder(0).take(vec![checkpoint], 2);
        let offset = || {
            positions.save().unwrap();
            Positions::load(&path, false).unwrap().saved(|_| true)[0].offset
        };
        batch.complete(&positions);
        assert_eq!(offset(), 0);
        batch.complete(&positions);
        assert_eq!(offset(), 9);
    }
}
