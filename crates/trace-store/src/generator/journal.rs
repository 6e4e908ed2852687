//! The history on disk: one record per collection, checksummed, so that a restart continues where the store stopped.
//!
//! A file is self-contained: its first record names every series with its value, the following ones only what changed
//! since. Records are written without waiting for the disk; the end of the process loses nothing that was written, a
//! power cut at most the last seconds. Frame: length and CRC-32 of the payload, each 4 bytes little endian, payload.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use promql::{Labels, is_stale};
use prost::Message;

use super::history::History;

const MAGIC: &[u8; 8] = b"TSHIST\x00\x01";
/// A file this long is followed by the next.
const FILE_BYTES: u64 = 8 << 20;
/// Longest record that is believed.
const MAX_RECORD: usize = 256 << 20;

#[derive(Clone, PartialEq, Message)]
struct Record {
    #[prost(int64, tag = "1")]
    time: i64,
    #[prost(message, repeated, tag = "2")]
    defined: Vec<Defined>,
    #[prost(uint32, repeated, tag = "3")]
    places: Vec<u32>,
    #[prost(double, repeated, tag = "4")]
    values: Vec<f64>,
    /// Only the series that it names have a sample; without it, all that are alive.
    #[prost(bool, tag = "5")]
    partial: bool,
}

#[derive(Clone, PartialEq, Message)]
struct Defined {
    #[prost(uint32, tag = "1")]
    place: u32,
    #[prost(string, repeated, tag = "2")]
    labels: Vec<String>,
}

/// Where collections are written.
#[derive(Debug)]
pub(super) struct Journal {
    dir: PathBuf,
    /// The file that grows; none before the first record and after a failure.
    current: Option<Current>,
    next_sequence: u64,
    /// Series that the current file knows, with the last value.
    known: BTreeMap<u32, (Labels, u64)>,
    /// Files that no longer grow and the time of their last record, oldest first.
    files: Vec<(u64, i64)>,
    age: i64,
    max_files: usize,
}

#[derive(Debug)]
struct Current {
    file: File,
    sequence: u64,
    written: u64,
}

impl Journal {
    /// Reads what is there into `history`. Files that cannot be read are reported and left out; the next record begins
    /// a new one.
    pub(super) fn open(dir: &Path, history: &mut History, age: i64, max_bytes: u64) -> Self {
        let mut files = Vec::new();
        for sequence in sequences(dir) {
            let path = path_of(dir, sequence);
            let last = replay(&path, history).unwrap_or_else(|error| {
                tracing::warn!(file = %path.display(), %error, "this file of the metrics history cannot be read");
                i64::MIN
            });
            history.sweep();
            files.push((sequence, last));
        }
        let next_sequence = files.last().map_or(0, |(sequence, _)| sequence + 1);
        let max_files = usize::try_from(max_bytes / FILE_BYTES).unwrap_or(usize::MAX).max(2);
        Self {
            dir: dir.to_owned(),
            current: None,
            next_sequence,
            known: BTreeMap::new(),
            files,
            age,
            max_files,
        }
    }

    /// Writes one collection: `samples` are all series that are alive, or end, at `time`.
    pub(super) fn append(&mut self, history: &History, time: i64, samples: &[(u32, f64)]) -> io::Result<()> {
        self.write(history, Record { time, ..Record::default() }, samples)
    }

    /// Writes samples of some series at a time of their own.
    pub(super) fn append_some(
        &mut self,
        history: &History,
        time: i64,
        samples: &[(u32, f64)],
    ) -> io::Result<()> {
        self.write(history, Record { time, partial: true, ..Record::default() }, samples)
    }

    fn write(&mut self, history: &History, mut record: Record, samples: &[(u32, f64)]) -> io::Result<()> {
        if samples.is_empty() {
            return Ok(());
        }
        let time = record.time;
        if self.current.as_ref().is_none_or(|current| current.written >= FILE_BYTES) {
            self.rotate(time)?;
        }
        for (place, value) in samples {
            let Some(labels) = history.labels(*place) else { continue };
            let known = self.known.get(place).filter(|(known, _)| known == labels);
            if known.is_none() {
                let texts = labels.iter().flat_map(|(name, value)| [name.to_owned(), value.to_owned()]);
                record.defined.push(Defined { place: *place, labels: texts.collect() });
            }
            if record.partial || known.is_none_or(|(_, bits)| *bits != value.to_bits()) {
                record.places.push(*place);
                record.values.push(*value);
            }
            if is_stale(*value) {
                self.known.remove(place);
            } else {
                self.known.insert(*place, (labels.clone(), value.to_bits()));
            }
        }
        let payload = record.encode_to_vec();
        let mut frame = Vec::with_capacity(payload.len() + 8);
        frame.extend_from_slice(&(payload.len() as u32).to_le_bytes());
        frame.extend_from_slice(&crc32fast::hash(&payload).to_le_bytes());
        frame.extend_from_slice(&payload);
        let Some(current) = &mut self.current else { return Ok(()) };
        current.written += frame.len() as u64;
        let written = current.file.write_all(&frame);
        if written.is_err() {
            // Whatever stands behind a torn record is not found again.
            self.retire(time);
        }
        written
    }

    pub(super) fn sync(&self) -> io::Result<()> {
        self.current.as_ref().map_or(Ok(()), |current| current.file.sync_data())
    }

    /// The current file grows no longer.
    fn retire(&mut self, time: i64) {
        if let Some(current) = self.current.take() {
            self.files.push((current.sequence, time));
        }
        self.known.clear();
    }

    fn rotate(&mut self, time: i64) -> io::Result<()> {
        let synced = self.sync();
        self.retire(time);
        let oldest = time.saturating_sub(self.age);
        while self.files.first().is_some_and(|(_, last)| *last < oldest) || self.files.len() >= self.max_files
        {
            let (sequence, _) = self.files.remove(0);
            fs::remove_file(path_of(&self.dir, sequence))?;
        }
        fs::create_dir_all(&self.dir)?;
        let sequence = self.next_sequence;
        let path = path_of(&self.dir, sequence);
        let file = create(&path).inspect_err(|_| drop(fs::remove_file(&path)))?;
        self.next_sequence += 1;
        self.current = Some(Current { file, sequence, written: MAGIC.len() as u64 });
        synced
    }
}

fn path_of(dir: &Path, sequence: u64) -> PathBuf {
    dir.join(format!("{sequence:010}.series"))
}

fn create(path: &Path) -> io::Result<File> {
    let mut file = File::create(path)?;
    file.write_all(MAGIC)?;
    Ok(file)
}

/// The numbers of the files that are there; none if the folder is not.
fn sequences(dir: &Path) -> Vec<u64> {
    let number = |entry: io::Result<fs::DirEntry>| {
        entry.ok()?.file_name().to_str()?.strip_suffix(".series")?.parse::<u64>().ok()
    };
    let mut found: Vec<u64> = fs::read_dir(dir).into_iter().flatten().filter_map(number).collect();
    found.sort_unstable();
    found
}

/// Reads a file up to its first damage; the time of its last record.
fn replay(path: &Path, history: &mut History) -> io::Result<i64> {
    let mut bytes = Vec::new();
    File::open(path)?.read_to_end(&mut bytes)?;
    let mut last = i64::MIN;
    let Some(mut rest) = bytes.strip_prefix(MAGIC.as_slice()) else {
        tracing::warn!(file = %path.display(), "this file of the metrics history is damaged and left out");
        return Ok(last);
    };
    // Place in the file → place in the history and the last value.
    let mut alive: BTreeMap<u32, (u32, f64)> = BTreeMap::new();
    while !rest.is_empty() {
        let Some(record) = take_record(&mut rest) else {
            tracing::warn!(file = %path.display(), lost_bytes = rest.len(), "the end of this file of the metrics history is damaged");
            break;
        };
        last = record.time;
        apply(record, &mut alive, history);
    }
    Ok(last)
}

fn take_record(rest: &mut &[u8]) -> Option<Record> {
    let (length, after) = rest.split_first_chunk::<4>()?;
    let (checksum, after) = after.split_first_chunk::<4>()?;
    let length = Some(u32::from_le_bytes(*length) as usize).filter(|length| *length <= MAX_RECORD)?;
    let payload = after.get(..length)?;
    if crc32fast::hash(payload) != u32::from_le_bytes(*checksum) {
        return None;
    }
    let record = Record::decode(payload).ok()?;
    *rest = &after[length..];
    Some(record)
}

fn apply(record: Record, alive: &mut BTreeMap<u32, (u32, f64)>, history: &mut History) {
    for defined in record.defined {
        let pairs = defined.labels.chunks_exact(2).map(|pair| (pair[0].as_str(), pair[1].as_str()));
        let place = history.place(&Labels::new(pairs));
        alive.insert(defined.place, (place, f64::NAN));
    }
    for (place, value) in record.places.iter().zip(&record.values) {
        if let Some(series) = alive.get_mut(place) {
            series.1 = *value;
            history.push(series.0, record.time, *value);
        }
    }
    if record.partial {
        return;
    }
    alive.retain(|_, (place, value)| {
        history.push(*place, record.time, *value);
        !is_stale(*value)
    });
}

#[cfg(test)]
mod tests;
