//! A job's reader: one thread that follows all files of the job, runs lines through the pipeline and fills batches.
//!
//! One thread keeps the order of lines and needs no locks; it is as fast as the disk. It never reads on while clients
//! are behind, so a store that is down costs no memory: lines wait in their files. Meanwhile it still follows renames,
//! holding rotated files open.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::sync::mpsc;

use super::settings::{LongLines, ReadSettings};
use super::tail::Tail;
use super::targets::{FileStatus, Target, TargetStatus};
use super::watch::Watch;
use crate::batch::{Added, Batch, BatchBuilder, BatchLimits};
use crate::entry::{Entry, Origin};
use crate::labels::LabelSet;
use crate::metrics::{Metrics, Number};
use crate::pipeline::{Context, Expiry, Pipeline, Verdict};
use crate::positions::{Checkpoint, FileKey, Positions};

/// Bytes read at once.
const READ_BYTES: usize = 256 * 1024;

/// Bytes read from one file before it is the next one's turn.
const TURN_BYTES: usize = 4 * 1024 * 1024;

/// Between updates of what the pages show.
const STATUS_INTERVAL: Duration = Duration::from_secs(1);

/// Where batches go: the queue of each client.
#[derive(Debug)]
pub struct Sink {
    pub runtime: tokio::runtime::Handle,
    pub clients: Vec<mpsc::Sender<Arc<Batch>>>,
}

/// What a job is made of.
#[derive(Debug)]
pub struct JobParts {
    pub index: usize,
    pub name: String,
    pub targets: Vec<Target>,
    pub pipeline: Pipeline,
    pub settings: ReadSettings,
    pub limits: BatchLimits,
    pub sink: Sink,
    pub positions: Arc<Positions>,
    pub metrics: Metrics,
    /// Ends when the job is to stop.
    pub stop: Receiver<()>,
    /// Where the job shows what it reads.
    pub status: Arc<parking_lot::Mutex<Vec<TargetStatus>>>,
}

/// See the module.
#[derive(Debug)]
pub struct Job {
    index: usize,
    name: String,
    watch: Watch,
    pipeline: Pipeline,
    settings: ReadSettings,
    batch: BatchBuilder,
    sink: Sink,
    stop: Receiver<()>,
    is_stopping: bool,
    status: Arc<parking_lot::Mutex<Vec<TargetStatus>>>,
    status_shown: Option<Instant>,
    /// Files that are closed but whose last lines a stage may still hold.
    closed: Vec<(u64, Checkpoint)>,
    entry: Entry,
    buffer: Vec<u8>,
    last_read_ns: i64,
    idle_poll: Duration,
    long_lines: Number,
    stream_limited: Number,
}

/// Every client has stopped; there is no one to read for.
struct Disconnected;

impl Job {
    /// Prepares a job; [`Self::run`] does the work.
    pub fn new(parts: JobParts) -> Self {
        let reason = match parts.settings.long_lines {
            LongLines::Truncate => "promtail_mutated_entries_total",
            LongLines::Drop => "promtail_dropped_entries_total",
        };
        let counter = |name: &str, reason: &str| {
            parts.metrics.counter(name, "Entries given up or changed.", &[("host", ""), ("reason", reason)])
        };
        Self {
            long_lines: counter(reason, "line_too_long"),
            stream_limited: counter("promtail_dropped_entries_total", "stream_limited"),
            index: parts.index,
            idle_poll: parts.settings.min_poll,
            watch: Watch::new(parts.index, parts.targets, &parts.settings, parts.positions, parts.metrics),
            name: parts.name,
            pipeline: parts.pipeline,
            buffer: vec![0; READ_BYTES.max(parts.settings.max_line_bytes + 1)],
            settings: parts.settings,
            batch: BatchBuilder::new(parts.limits),
            sink: parts.sink,
            stop: parts.stop,
            is_stopping: false,
            status: parts.status,
            status_shown: None,
            closed: Vec::new(),
            entry: Entry::default(),
            last_read_ns: 0,
        }
    }

    /// Looks for files the first time: those left from a former run first.
    pub fn prepare(&mut self) {
        self.watch.recover();
        self.watch.look();
        self.show_status();
    }

    /// Reads until told to stop, then sends what it has.
    pub fn run(mut self) {
        while !self.is_stopping {
            if self.round().is_err() {
                return;
            }
        }
        // What stages hold back goes out now; nothing will follow it.
        if self.expire(Expiry::All).is_ok() {
            let _stopped = self.flush();
        }
    }

    /// One look at everything, then a pause.
    fn round(&mut self) -> Result<(), Disconnected> {
        self.watch.look();
        let is_busy = self.read_all()?;
        self.expire(Expiry::Due(Instant::now()))?;
        self.close_rotated();
        let now = Instant::now();
        let is_due = self.batch.due().is_some_and(|due| due <= now);
        if is_due || (self.batch.is_empty() && self.has_checkpoints()) {
            self.flush()?;
        }
        if self.status_shown.is_none_or(|shown| shown.elapsed() >= STATUS_INTERVAL) {
            self.show_status();
        }
        let pause = self.pause(is_busy, now);
        self.wait(pause);
        Ok(())
    }

    /// Short while lines arrive, longer and longer when none do.
    fn pause(&mut self, is_busy: bool, now: Instant) -> Duration {
        if is_busy {
            self.idle_poll = self.settings.min_poll;
            return Duration::ZERO;
        }
        let pause = self.idle_poll;
        self.idle_poll = (self.idle_poll * 2).min(self.settings.max_poll);
        let until_due = self.batch.due().map(|due| due.saturating_duration_since(now));
        until_due.map_or(pause, |until_due| pause.min(until_due))
    }

    /// Pauses, unless told to stop.
    fn wait(&mut self, pause: Duration) {
        if !matches!(self.stop.recv_timeout(pause), Err(RecvTimeoutError::Timeout)) {
            self.is_stopping = true;
        }
    }

    /// Gives each file its turn. `true` if any has more.
    fn read_all(&mut self) -> Result<bool, Disconnected> {
        let mut is_busy = false;
        let mut buffer = std::mem::take(&mut self.buffer);
        let mut result = Ok(());
        // Files may be added while one is read, but none goes, so that numbers stay valid.
        for index in 0..self.watch.tails.len() {
            if self.is_stopping
                || self.watch.waits_for_predecessor(index)
                || !self.watch.tails[index].has_news()
            {
                continue;
            }
            result = self.read_turn(index, &mut buffer);
            if result.is_err() {
                break;
            }
            let tail = &self.watch.tails[index];
            is_busy |= tail.has_news() && !tail.is_failing;
        }
        self.buffer = buffer;
        result.map(|()| is_busy)
    }

    /// Reads from one file until its end or the end of its turn.
    fn read_turn(&mut self, index: usize, buffer: &mut [u8]) -> Result<(), Disconnected> {
        if let Err(error) = self.watch.tails[index].check_truncation() {
            self.watch.fail(index, &error);
            return Ok(());
        }
        let mut turn = 0;
        let mut window = READ_BYTES.min(buffer.len());
        while turn < TURN_BYTES && !self.is_stopping {
            let tail = &mut self.watch.tails[index];
            let start = tail.read_offset();
            let count = match tail.read(&mut buffer[..window]) {
                Ok(count) => count,
                Err(error) => {
                    self.watch.fail(index, &error);
                    return Ok(());
                }
            };
            tail.is_failing = false;
            turn += count;
            let chunk = &buffer[..count];
            let is_end = count < window;
            if tail.is_skipping() {
                match memchr::memchr(b'\n', chunk) {
                    Some(at) => {
                        tail.end_skipped_line(&chunk[..=at]);
                        continue;
                    }
                    None => tail.skip(count),
                }
            } else if let Some(at) = memchr::memrchr(b'\n', chunk) {
                self.lines(index, &chunk[..=at])?;
            } else if !is_end && window < buffer.len() {
                // The line is longer than a usual read.
                window = buffer.len();
                continue;
            } else if !is_end {
                self.begin_long_line(index, chunk);
            }
            if is_end && !self.is_stopping {
                self.watch.tails[index].reached_end(start + count as u64);
                break;
            }
        }
        Ok(())
    }

    /// Handles whole lines. The position follows line by line, as far as batches are concerned.
    fn lines(&mut self, index: usize, chunk: &[u8]) -> Result<(), Disconnected> {
        let tail = &self.watch.tails[index];
        let (labels, source, offset) = (Arc::clone(&tail.labels), tail.source, tail.offset);
        let counter = tail.counters.read_lines.clone();
        let mut context = Context::new(Instant::now());
        let read_ns = now_ns();
        let (mut advanced, mut line_start, mut count) = (0, 0, 0);
        for line_end in memchr::memchr_iter(b'\n', chunk) {
            let origin = Origin { source, start: offset + line_start as u64 };
            self.line(&labels, origin, &chunk[line_start..line_end], read_ns, &mut context);
            line_start = line_end + 1;
            count += 1;
            if self.batch.is_full() {
                self.watch.tails[index].advance(&chunk[advanced..line_start]);
                advanced = line_start;
                self.flush()?;
                context.now = Instant::now();
            }
            if !context.pause.is_zero() {
                self.wait(std::mem::take(&mut context.pause));
                context.now = Instant::now();
            }
            if self.is_stopping {
                break;
            }
        }
        self.watch.tails[index].advance(&chunk[advanced..line_start]);
        counter.count(count);
        Ok(())
    }

    /// Runs one line through the pipeline and adds what comes out to the batch.
    fn line(
        &mut self,
        labels: &Arc<LabelSet>,
        origin: Origin,
        line: &[u8],
        read_ns: i64,
        context: &mut Context,
    ) {
        let mut line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.len() > self.settings.max_line_bytes {
            self.long_lines.count(1);
            if self.settings.long_lines == LongLines::Drop {
                return;
            }
            line = &line[..character_boundary(line, self.settings.max_line_bytes)];
        }
        // Times of reading are unique, or else equal lines would count as one that was sent twice.
        self.last_read_ns = read_ns.max(self.last_read_ns + 1);
        match std::str::from_utf8(line) {
            Ok(text) => self.entry.reset(labels, text, self.last_read_ns, origin),
            Err(_) => self.entry.reset(labels, &String::from_utf8_lossy(line), self.last_read_ns, origin),
        }
        if self.pipeline.process(&mut self.entry, context) == Verdict::Pass {
            self.add(context.now);
        }
    }

    /// The first bytes of a line whose end isn't in sight: sends or drops what there is, skips the rest.
    fn begin_long_line(&mut self, index: usize, bytes: &[u8]) {
        let tail = &mut self.watch.tails[index];
        let (labels, origin) = (Arc::clone(&tail.labels), Origin { source: tail.source, start: tail.offset });
        tail.skip(bytes.len());
        self.line(&labels, origin, bytes, now_ns(), &mut Context::new(Instant::now()));
    }

    fn add(&mut self, now: Instant) {
        if self.batch.add(&self.entry, now) == Added::TooManyStreams {
            self.stream_limited.count(1);
        }
    }

    /// Lets held entries go.
    fn expire(&mut self, expiry: Expiry) -> Result<(), Disconnected> {
        let mut context = Context::new(Instant::now());
        while self.pipeline.expire(expiry, &mut self.entry, &mut context) {
            self.add(context.now);
            if self.batch.is_full() {
                self.flush()?;
            }
        }
        Ok(())
    }

    /// Closes files that were rotated away and are done; a last line without a newline is a line then.
    fn close_rotated(&mut self) {
        while let Some(index) = self.watch.finished() {
            let tail = &self.watch.tails[index];
            let rest =
                tail.size.saturating_sub(tail.offset).min(self.settings.max_line_bytes as u64 + 1) as usize;
            if rest > 0 && !tail.is_skipping() && !tail.is_failing {
                let (labels, origin) =
                    (Arc::clone(&tail.labels), Origin { source: tail.source, start: tail.offset });
                let mut bytes = vec![0; rest];
                let count = tail.read(&mut bytes).unwrap_or(0);
                self.line(&labels, origin, &bytes[..count], now_ns(), &mut Context::new(Instant::now()));
                self.watch.tails[index].advance(&bytes[..count]);
            }
            let closed = self.watch.close(index);
            self.closed.push(closed);
        }
    }

    /// Hands the batch to every client, waiting where one is behind.
    fn flush(&mut self) -> Result<(), Disconnected> {
        let checkpoints = self.take_checkpoints();
        if self.batch.is_empty() && checkpoints.is_empty() {
            return Ok(());
        }
        let batch = self.batch.take(checkpoints, self.sink.clients.len());
        for index in 0..self.sink.clients.len() {
            self.send(index, &batch)?;
        }
        Ok(())
    }

    fn send(&mut self, client: usize, batch: &Arc<Batch>) -> Result<(), Disconnected> {
        let queue = self.sink.clients[client].clone();
        let patience = self.settings.min_poll;
        loop {
            // Within the runtime, as timers need it.
            let sent = self
                .sink
                .runtime
                .block_on(async { tokio::time::timeout(patience, queue.send(Arc::clone(batch))).await });
            match sent {
                Ok(Ok(())) => return Ok(()),
                Ok(Err(_)) => return Err(Disconnected),
                Err(_) => {
                    // Files go on being renamed while the store is away.
                    self.wait(Duration::ZERO);
                    self.watch.look();
                }
            }
        }
    }

    fn has_checkpoints(&self) -> bool {
        !self.closed.is_empty() || self.watch.tails.iter().any(|tail| tail.checkpointed != Some(tail.offset))
    }

    /// How far each file is done once the present batch is acknowledged: up to the first line that a stage holds back.
    fn take_checkpoints(&mut self) -> Vec<Checkpoint> {
        let mut held: HashMap<u64, u64> = HashMap::new();
        self.pipeline.held(&mut |origin| {
            let first = held.entry(origin.source).or_insert(origin.start);
            *first = origin.start.min(*first);
        });
        let mut checkpoints = Vec::new();
        for tail in &mut self.watch.tails {
            let offset = held.get(&tail.source).map_or(tail.offset, |first| tail.offset.min(*first));
            if tail.checkpointed != Some(offset) {
                tail.checkpointed = Some(offset);
                let key = FileKey { job: self.index, id: tail.id };
                checkpoints.push(Checkpoint {
                    key,
                    path: Arc::clone(&tail.path),
                    offset,
                    is_finished: false,
                });
            }
        }
        let (kept, done) =
            std::mem::take(&mut self.closed).into_iter().partition(|(source, _)| held.contains_key(source));
        self.closed = kept;
        checkpoints.extend(done.into_iter().map(|(_, checkpoint): (u64, Checkpoint)| checkpoint));
        checkpoints
    }

    fn show_status(&mut self) {
        self.status_shown = Some(Instant::now());
        let targets = self.watch.targets.iter().enumerate().map(|(index, target)| TargetStatus {
            job: self.name.clone(),
            pattern: target.pattern.clone(),
            labels: (*target.labels).clone(),
            files: self.watch.tails.iter().filter(|tail| tail.target == index).map(file_status).collect(),
        });
        *self.status.lock() = targets.collect();
    }
}

fn file_status(tail: &Tail) -> FileStatus {
    FileStatus {
        path: tail.path.to_string(),
        position: tail.offset,
        size: tail.size,
        rotated: tail.rotated.is_some(),
    }
}

fn now_ns() -> i64 {
    i64::try_from(Timestamp::now().as_nanosecond()).unwrap_or(i64::MAX)
}

/// The largest length up to `length` that does not cut a UTF-8 character.
fn character_boundary(line: &[u8], length: usize) -> usize {
    let is_continuation = |at: &usize| line[*at] & 0b1100_0000 == 0b1000_0000;
    (length.saturating_sub(3)..=length).rev().find(|at| !is_continuation(at)).unwrap_or(length)
}
