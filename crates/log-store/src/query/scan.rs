//! Feeding the rows of a selector and a range to a query, each distinct row once.

use std::hash::{BuildHasher as _, Hasher as _};
use std::sync::Arc;

use logql::{CompiledSelector, Row};
use model::{TenantId, TimeRange, TimestampNanos};
use segment::{Engine, Error, SegmentMeta, SegmentReader};
use smallvec::SmallVec;

use super::budget::{Budget, QueryError};
use super::sources::{Shared, Span};
use super::undeleted::Undeleted;
use crate::batch::{LogBatch, Stream};
use crate::columns;
use crate::schema::LogSchema;

/// Rows between two looks at the budget.
const CHECK_ROWS: u64 = 1024;

/// Structured metadata of a row; rarely more than this.
type Pairs<'a> = SmallVec<[(&'a str, &'a str); 8]>;

/// What takes the rows of a scan.
pub(super) trait Sink {
    fn begin_stream(&mut self, stream: &Stream);

    /// Whether a row of this time could still matter.
    fn wants(&self, at: TimestampNanos) -> bool;

    fn push(&mut self, row: Row<'_>) -> Result<(), QueryError>;
}

/// Which rows.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    pub selector: CompiledSelector,
    pub range: TimeRange,
    /// Newest sources first: for queries that want the last lines.
    pub backward: bool,
}

/// How much was looked at, and what could not be.
#[derive(Debug, Default, Clone)]
pub(crate) struct Scanned {
    pub lines: u64,
    pub bytes: u64,
    /// Damaged segments that were left out.
    pub warnings: Vec<String>,
}

/// Runs a scan on the calling thread, which may block.
pub(super) struct Scan<'a> {
    pub engine: &'a Engine<LogSchema>,
    pub tenant: &'a TenantId,
    pub budget: &'a Budget,
    pub runtime: &'a tokio::runtime::Handle,
    pub scanned: Scanned,
}

/// Rows that have been pushed and may come again.
#[derive(Default)]
struct Seen {
    hasher: ahash::RandomState,
    rows: std::collections::HashSet<(u64, i64, u64), ahash::RandomState>,
}

impl Seen {
    /// Whether the row is new.
    fn insert(&mut self, stream: &Stream, at: TimestampNanos, line: &str, metadata: &[(&str, &str)]) -> bool {
        let mut hasher = self.hasher.build_hasher();
        hasher.write(line.as_bytes());
        for (name, value) in metadata {
            hasher.write(name.as_bytes());
            hasher.write_u8(0xff);
            hasher.write(value.as_bytes());
            hasher.write_u8(0xff);
        }
        self.rows.insert((stream.hash(), at.0, hasher.finish()))
    }
}

impl Scan<'_> {
    pub(super) fn run(&mut self, wanted: &Wanted, sink: &mut impl Sink) -> Result<(), QueryError> {
        match self.engine.schema().deletes.active(self.tenant, wanted.range) {
            None => self.feed(wanted, sink),
            Some(deletes) => self.feed(wanted, &mut Undeleted::new(&deletes, sink)),
        }
    }

    fn feed(&mut self, wanted: &Wanted, sink: &mut impl Sink) -> Result<(), QueryError> {
        let snapshot = self.engine.snapshot(self.tenant, wanted.range);
        let mut seen = Seen::default();
        let batches: Vec<_> =
            snapshot.batches.iter().filter(|batch| batch.overlaps(wanted.range)).map(Arc::clone).collect();
        let mut segments = snapshot.segments;
        if wanted.backward {
            segments.sort_by_key(|meta| std::cmp::Reverse(meta.last));
        } else {
            segments.sort_by_key(|meta| meta.first);
        }
        let mut spans: Vec<Span> =
            segments.iter().map(|meta| Span { first: meta.first, last: meta.last }).collect();
        spans.extend(batches.iter().map(|batch| {
            let (first, last) = batch.first_and_last();
            Span { first, last }
        }));
        // Rows in memory are few: each of them is remembered, so twins within a batch are found as well.
        for batch in &batches {
            self.batch(batch, wanted, &mut seen, sink)?;
        }
        for (at, meta) in segments.iter().enumerate() {
            if !sink.wants(if wanted.backward { meta.last } else { meta.first }) {
                break; // all further segments are further away
            }
            if let Some(reader) = self.open(meta)? {
                self.segment(reader, wanted, &Shared::of(&spans, at), &mut seen, sink)?;
            }
        }
        Ok(())
    }

    fn batch(
        &mut self,
        batch: &LogBatch,
        wanted: &Wanted,
        seen: &mut Seen,
        sink: &mut impl Sink,
    ) -> Result<(), QueryError> {
        let matching: Vec<bool> =
            batch.streams.iter().map(|stream| wanted.selector.matches(&stream.labels)).collect();
        let matches = |row: &u32| {
            let row = *row as usize;
            matching[batch.stream[row] as usize]
                && wanted.range.contains(TimestampNanos(batch.timestamp[row]))
        };
        let mut rows: Vec<u32> = (0..batch.len() as u32).filter(matches).collect();
        rows.sort_by_key(|row| batch.stream[*row as usize]); // stable: arrival order within a stream
        let mut current = None;
        for at in rows {
            let row = batch.row(at as usize);
            let stream = &batch.streams[row.stream as usize];
            if current != Some(row.stream) {
                current = Some(row.stream);
                sink.begin_stream(stream);
            }
            self.count(row.line.len())?;
            // Lines were checked on the way in; one that isn't text all the same is no reason to fail the query.
            let Ok(line) = std::str::from_utf8(row.line) else { continue };
            if !sink.wants(row.timestamp) {
                continue;
            }
            let metadata: Pairs<'_> = row.metadata.iter().collect();
            if seen.insert(stream, row.timestamp, line, &metadata) {
                sink.push(Row { timestamp: row.timestamp.0, line, metadata: &metadata })?;
            }
        }
        Ok(())
    }

    fn open(&mut self, meta: &Arc<SegmentMeta>) -> Result<Option<SegmentReader>, QueryError> {
        match self.runtime.block_on(self.engine.open_segment(meta)) {
            Ok(reader) => Ok(Some(reader)),
            Err(Error::Gone(_)) => Ok(None),
            Err(error @ (Error::Damaged { .. } | Error::Parquet(_))) => {
                self.scanned.warnings.push(error.to_string());
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }

    fn segment(
        &mut self,
        reader: SegmentReader,
        wanted: &Wanted,
        shared: &Shared,
        seen: &mut Seen,
        sink: &mut impl Sink,
    ) -> Result<(), QueryError> {
        let (mut tables, mut streams) = (Vec::new(), Vec::new());
        for entry in columns::streams(&reader)? {
            let stream = self.engine.schema().streams.parse(&entry.text).map_err(|error| {
                QueryError::Internal(format!("{}: labels {}: {error}", reader.meta.path, entry.text))
            })?;
            if wanted.range.overlaps(entry.first, entry.last) && wanted.selector.matches(&stream.labels) {
                tables.push(entry);
                streams.push(stream);
            }
        }
        if tables.is_empty() {
            return Ok(());
        }
        let mut current = None;
        let mut failed = None;
        columns::read(reader, &tables, wanted.range, |row| {
            if current != Some(row.stream) {
                current = Some(row.stream);
                sink.begin_stream(&streams[row.stream]);
            }
            if let Err(error) = self.count(row.line.len()) {
                failed = Some(error);
                return false;
            }
            if !sink.wants(row.timestamp) {
                return true;
            }
            let metadata: Pairs<'_> = row.metadata().collect();
            let line = row.line;
            if shared.contains(row.timestamp)
                && !seen.insert(&streams[row.stream], row.timestamp, line, &metadata)
            {
                return true;
            }
            failed = sink.push(Row { timestamp: row.timestamp.0, line, metadata: &metadata }).err();
            failed.is_none()
        })?;
        failed.map_or(Ok(()), Err)
    }

    fn count(&mut self, bytes: usize) -> Result<(), QueryError> {
        self.scanned.lines += 1;
        self.scanned.bytes += bytes as u64;
        if self.scanned.lines.is_multiple_of(CHECK_ROWS) { self.budget.check() } else { Ok(()) }
    }
}
