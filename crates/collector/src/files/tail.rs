//! One file being followed: what was read, and what must hold for reading to go on.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use super::FileId;
use crate::labels::LabelSet;
use crate::metrics::{Metrics, Number};

/// Bytes before the position that are compared before reading on: whoever truncated the file and wrote more than
/// there was is noticed by them.
const GUARD_BYTES: usize = 32;

/// A file that is open.
#[derive(Debug)]
pub struct Tail {
    /// Number within the job.
    pub source: u64,
    pub id: FileId,
    /// The last name that a glob matched; the positions file names it so.
    pub path: Arc<str>,
    /// Where it was when it was opened: the `filename` of its lines.
    pub opened_as: PathBuf,
    /// Index of the job's target.
    pub target: usize,
    pub labels: Arc<LabelSet>,
    /// Start of the first line that wasn't handed on.
    pub offset: u64,
    /// What positions were last told.
    pub checkpointed: Option<u64>,
    /// The file that had this one's name before; it is read to its end first.
    pub predecessor: Option<u64>,
    /// Set when no matching name leads to this file any more.
    pub rotated: Option<Instant>,
    pub last_growth: Instant,
    /// The size at which the end was reached; a partial line makes it larger than the offset.
    size_at_end: Option<u64>,
    pub size: u64,
    pub counters: TailCounters,
    file: File,
    /// Within a line that is too long: everything before this offset was looked at.
    skipping_from: Option<u64>,
    guard: [u8; GUARD_BYTES],
    guard_len: usize,
    /// An error was reported; it isn't again.
    pub is_failing: bool,
}

/// Promtail's counters for one path.
#[derive(Debug, Clone)]
pub struct TailCounters {
    pub read_bytes: Number,
    pub read_lines: Number,
    pub file_bytes: Number,
}

impl TailCounters {
    pub fn new(metrics: &Metrics, path: &str) -> Self {
        let labels = [("path", path)];
        Self {
            read_bytes: metrics.gauge("promtail_read_bytes_total", "Bytes read.", &labels),
            read_lines: metrics.counter("promtail_read_lines_total", "Lines read.", &labels),
            file_bytes: metrics.gauge("promtail_file_bytes_total", "Size of the file.", &labels),
        }
    }

    /// Removes them with the file.
    pub fn remove(metrics: &Metrics, path: &str) {
        for name in ["promtail_read_bytes_total", "promtail_read_lines_total", "promtail_file_bytes_total"] {
            metrics.remove(name, "", &[("path", path)]);
        }
    }
}

/// What opening a tail takes.
#[derive(Debug)]
pub struct TailParts<'a> {
    pub source: u64,
    pub file: File,
    pub id: FileId,
    pub path: &'a Path,
    pub target: usize,
    pub labels: Arc<LabelSet>,
    pub offset: u64,
    pub counters: TailCounters,
}

impl Tail {
    pub fn new(parts: TailParts<'_>) -> io::Result<Self> {
        let mut tail = Self {
            source: parts.source,
            id: parts.id,
            path: parts.path.to_string_lossy().into(),
            opened_as: parts.path.to_owned(),
            target: parts.target,
            labels: parts.labels,
            offset: parts.offset,
            checkpointed: Some(parts.offset),
            predecessor: None,
            rotated: None,
            last_growth: Instant::now(),
            size_at_end: None,
            size: parts.file.metadata()?.len(),
            counters: parts.counters,
            file: parts.file,
            skipping_from: None,
            guard: [0; GUARD_BYTES],
            guard_len: 0,
            is_failing: false,
        };
        tail.set_offset_of_former_run()?;
        tail.remember_guard()?;
        Ok(tail)
    }

    /// A position from a former run counts only if it fits: within the file, behind the end of a line.
    fn set_offset_of_former_run(&mut self) -> io::Result<()> {
        if self.offset == 0 {
            return Ok(());
        }
        let mut last = [0];
        let fits = self.offset <= self.size
            && self.file.read_at(&mut last, self.offset - 1)? == 1
            && last[0] == b'\n';
        if !fits {
            self.offset = 0;
        }
        Ok(())
    }

    /// Where the next bytes come from.
    pub fn read_offset(&self) -> u64 {
        self.skipping_from.unwrap_or(self.offset)
    }

    /// When the file was last written.
    pub fn modified(&self) -> Option<std::time::SystemTime> {
        self.file.metadata().ok()?.modified().ok()
    }

    /// Looks at the size of a file that can't be reached by name.
    pub fn refresh_size(&mut self) -> io::Result<()> {
        self.size = self.file.metadata()?.len();
        Ok(())
    }

    /// Whether there may be something to read.
    pub fn has_news(&self) -> bool {
        self.size != self.read_offset() && self.size_at_end != Some(self.size)
    }

    /// Whether all there is was read.
    pub fn is_at_end(&self) -> bool {
        !self.has_news()
    }

    /// Prepares for reading on: starts over when the file was truncated or replaced in place. `true` if it was.
    pub fn check_truncation(&mut self) -> io::Result<bool> {
        let is_intact = self.size >= self.read_offset() && self.guard_holds()?;
        if is_intact {
            return Ok(false);
        }
        self.offset = 0;
        self.skipping_from = None;
        self.guard_len = 0;
        Ok(true)
    }

    fn guard_holds(&self) -> io::Result<bool> {
        let mut bytes = [0; GUARD_BYTES];
        let bytes = &mut bytes[..self.guard_len];
        let start = self.offset - self.guard_len as u64;
        let read = read_full(&self.file, bytes, start)?;
        Ok(read == self.guard_len && bytes == &self.guard[..self.guard_len])
    }

    fn remember_guard(&mut self) -> io::Result<()> {
        let length = usize::try_from(self.offset).unwrap_or(usize::MAX).min(GUARD_BYTES);
        let start = self.offset - length as u64;
        self.guard_len = read_full(&self.file, &mut self.guard[..length], start)?;
        Ok(())
    }

    /// Fills `buffer` from where reading stopped; the count of bytes.
    pub fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        read_full(&self.file, buffer, self.read_offset())
    }

    /// `chunk`, read from the current offset, was handed on as whole lines.
    pub fn advance(&mut self, chunk: &[u8]) {
        self.last_growth = Instant::now();
        self.offset = self.read_offset() + chunk.len() as u64;
        self.skipping_from = None;
        if chunk.len() >= GUARD_BYTES {
            self.guard.copy_from_slice(&chunk[chunk.len() - GUARD_BYTES..]);
            self.guard_len = GUARD_BYTES;
            return;
        }
        let kept = self.guard_len.min(GUARD_BYTES - chunk.len());
        self.guard.copy_within(self.guard_len - kept..self.guard_len, 0);
        self.guard[kept..kept + chunk.len()].copy_from_slice(chunk);
        self.guard_len = kept + chunk.len();
    }

    /// Whether the bytes at hand continue a line of which enough was seen.
    pub fn is_skipping(&self) -> bool {
        self.skipping_from.is_some()
    }

    /// The line at hand is too long: skips `length` more bytes of it. The position stays at its start.
    pub fn skip(&mut self, length: usize) {
        self.last_growth = Instant::now();
        self.skipping_from = Some(self.read_offset() + length as u64);
    }

    /// The line that was skipped ended with the last of `tail_of_line`'s bytes.
    pub fn end_skipped_line(&mut self, tail_of_line: &[u8]) {
        self.guard_len = 0;
        self.advance(tail_of_line);
    }

    /// The file ended at `end`.
    pub fn reached_end(&mut self, end: u64) {
        // The file may have grown since it was read, and the size been looked at.
        self.size = self.size.max(end);
        self.size_at_end = Some(end);
        self.counters.file_bytes.set(self.size as f64);
        self.counters.read_bytes.set(self.offset as f64);
    }
}

/// Reads until the buffer is full or the file ends.
fn read_full(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match file.read_at(&mut buffer[filled..], offset + filled as u64) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}
