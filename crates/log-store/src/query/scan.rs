//! Feeding the whole rows of a selector and a range to a query, each distinct row once, on the calling thread.

use std::sync::Arc;

use logql::{CompiledSelector, Row};
use model::{TenantId, TimeRange, TimestampNanos};
use segment::{Engine, SegmentReader};

use super::budget::{Budget, QueryError};
use super::sources::{BatchRows, SegmentRows, Sources, left_out};
use super::twins::Twins;
use super::undeleted::Undeleted;
use crate::batch::Stream;
use crate::columns::{self, RowBuffer, Rows};
use crate::schema::LogSchema;

/// Rows between two looks at the budget.
const CHECK_ROWS: u64 = 1024;

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

impl Scanned {
    pub(super) fn add(&mut self, other: Self) {
        self.lines += other.lines;
        self.bytes += other.bytes;
        self.warnings.extend(other.warnings);
    }

    /// Counts the lines of a segment that are looked at by their columns.
    pub(super) fn skip(&mut self, source: &SegmentRows) {
        for stream in &source.streams {
            self.lines += stream.rows;
            self.bytes += stream.bytes;
        }
    }

    /// Counts lines, and looks at the budget now and then.
    pub(super) fn count(&mut self, bytes: usize, budget: &Budget) -> Result<(), QueryError> {
        self.lines += 1;
        self.bytes += bytes as u64;
        if self.lines.is_multiple_of(CHECK_ROWS) { budget.check() } else { Ok(()) }
    }
}

/// Runs a scan on the calling thread, which may block.
pub(super) struct Scan<'a> {
    engine: &'a Engine<LogSchema>,
    tenant: &'a TenantId,
    budget: &'a Budget,
    runtime: &'a tokio::runtime::Handle,
    pub scanned: Scanned,
}

impl<'a> Scan<'a> {
    pub(super) fn new(
        engine: &'a Engine<LogSchema>,
        tenant: &'a TenantId,
        budget: &'a Budget,
        runtime: &'a tokio::runtime::Handle,
    ) -> Self {
        Self { engine, tenant, budget, runtime, scanned: Scanned::default() }
    }

    /// What is needed to read the sources.
    pub(super) fn shared<'s>(&self, sources: &'s Sources) -> Shared<'s>
    where
        'a: 's,
    {
        Shared { engine: self.engine, runtime: self.runtime, budget: self.budget, sources }
    }

    /// Finds the sources of the rows, ordered as the query wants them.
    pub(super) fn sources(&mut self, wanted: &Wanted) -> Result<Sources, QueryError> {
        let Wanted { selector, range, backward } = wanted;
        let mut sources = Sources::find(self.engine, self.tenant, selector, *range, self.runtime)?;
        if *backward {
            sources.segments.sort_by_key(|segment| std::cmp::Reverse(segment.meta.last));
        } else {
            sources.segments.sort_by_key(|segment| segment.meta.first);
        }
        self.scanned.warnings.append(&mut sources.warnings);
        Ok(sources)
    }

    pub(super) fn run(&mut self, wanted: &Wanted, sink: &mut impl Sink) -> Result<(), QueryError> {
        let sources = self.sources(wanted)?;
        let shared = self.shared(&sources);
        for source in &sources.batches {
            shared.batch(source, &mut self.scanned, sink)?;
        }
        for segment in &sources.segments {
            if !sink.wants(if wanted.backward { segment.meta.last } else { segment.meta.first }) {
                break; // all further segments are further away
            }
            if let Some(reader) = shared.open(segment, &mut self.scanned)? {
                shared.segment(reader, segment, &mut self.scanned, sink)?;
            }
        }
        Ok(())
    }
}

/// What the parts of a query share.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shared<'a> {
    pub engine: &'a Engine<LogSchema>,
    pub runtime: &'a tokio::runtime::Handle,
    pub budget: &'a Budget,
    pub sources: &'a Sources,
}

impl Shared<'_> {
    /// Opens a segment; `None` if it is gone or damaged.
    pub(super) fn open(
        &self,
        source: &SegmentRows,
        scanned: &mut Scanned,
    ) -> Result<Option<SegmentReader>, QueryError> {
        match self.runtime.block_on(self.engine.open_segment(&source.meta)) {
            Ok(reader) => Ok(Some(reader)),
            Err(error) => left_out(error, &mut scanned.warnings).map(|()| None),
        }
    }

    /// Pushes the chosen rows of a batch, but for those that are deleted.
    pub(super) fn batch(
        &self,
        source: &BatchRows,
        scanned: &mut Scanned,
        sink: &mut impl Sink,
    ) -> Result<(), QueryError> {
        let twins = &self.sources.twins;
        match &self.sources.deletes {
            None => scan_batch(source, twins, self.budget, scanned, sink),
            Some(deletes) => {
                scan_batch(source, twins, self.budget, scanned, &mut Undeleted::new(deletes, sink))
            }
        }
    }

    /// Pushes the chosen rows of a segment, but for those that are deleted.
    pub(super) fn segment(
        &self,
        reader: SegmentReader,
        source: &SegmentRows,
        scanned: &mut Scanned,
        sink: &mut impl Sink,
    ) -> Result<(), QueryError> {
        let Self { sources, budget, .. } = *self;
        match &sources.deletes {
            Some(deletes) if source.touched => {
                let sink = &mut Undeleted::new(deletes, sink);
                scan_segment(reader, source, sources, budget, scanned, sink)
            }
            _ => scan_segment(reader, source, sources, budget, scanned, sink),
        }
    }
}

/// Pushes the chosen rows of a batch.
fn scan_batch(
    source: &BatchRows,
    twins: &Twins,
    budget: &Budget,
    scanned: &mut Scanned,
    sink: &mut impl Sink,
) -> Result<(), QueryError> {
    let batch = &source.batch;
    let mut current = None;
    for at in &source.rows {
        let row = batch.row(*at as usize);
        let stream = &batch.streams[row.stream as usize];
        if current != Some(row.stream) {
            current = Some(row.stream);
            sink.begin_stream(stream);
        }
        scanned.count(row.line.len(), budget)?;
        // Lines were checked on the way in; one that isn't text all the same is no reason to fail the query.
        let Ok(line) = std::str::from_utf8(row.line) else { continue };
        if !sink.wants(row.timestamp) {
            continue;
        }
        let metadata: smallvec::SmallVec<[(&str, &str); 8]> = row.metadata.iter().collect();
        if twins.is_first(stream, row.timestamp.0, line, &metadata) {
            sink.push(Row { timestamp: row.timestamp.0, line, metadata: &metadata })?;
        }
    }
    Ok(())
}

/// Pushes the chosen rows of a segment.
fn scan_segment(
    reader: SegmentReader,
    source: &SegmentRows,
    sources: &Sources,
    budget: &Budget,
    scanned: &mut Scanned,
    sink: &mut impl Sink,
) -> Result<(), QueryError> {
    let mut current = None;
    let mut failed = None;
    columns::read_rows(reader, &source.index, &source.streams, sources.range, |row| {
        let stream: &Arc<Stream> = &source.streams[row.stream].stream;
        if current != Some(row.stream) {
            current = Some(row.stream);
            sink.begin_stream(stream);
        }
        if let Err(error) = scanned.count(row.line.len(), budget) {
            failed = Some(error);
            return false;
        }
        let timestamp = row.timestamp.0;
        if !sink.wants(row.timestamp) || !sources.twins.is_first(stream, timestamp, row.line, &row.metadata) {
            return true;
        }
        failed = sink.push(Row { timestamp, line: row.line, metadata: &row.metadata }).err();
        failed.is_none()
    })?;
    failed.map_or(Ok(()), Err)
}

/// Pushes certain rows of a segment: stream and row of each, in the order of rows. They count as scanned already.
pub(super) fn scan_rows(
    reader: SegmentReader,
    source: &SegmentRows,
    rows: &[(usize, usize)],
    sources: &Sources,
    budget: &Budget,
    sink: &mut impl Sink,
) -> Result<(), QueryError> {
    let ranges = rows.iter().map(|(_, row)| *row..*row + 1);
    let mut rest = rows.iter();
    let mut buffer = RowBuffer::default();
    let mut current = None;
    for batch in columns::record_batches(reader, &columns::Projection::All, ranges)? {
        budget.check()?;
        let batch = batch.map_err(segment::Error::from)?;
        let whole = Rows::new(&batch, &source.index).map_err(segment::Error::from)?;
        for (at, (stream_at, _)) in (0..batch.num_rows()).zip(rest.by_ref()) {
            let stream: &Arc<Stream> = &source.streams[*stream_at].stream;
            if current != Some(*stream_at) {
                current = Some(*stream_at);
                sink.begin_stream(stream);
            }
            let timestamp = whole.timestamp(at);
            let (line, metadata) = whole.row(at, &mut buffer);
            if sources.range.contains(TimestampNanos(timestamp))
                && sources.twins.is_first(stream, timestamp, line, &metadata)
            {
                sink.push(Row { timestamp, line, metadata: &metadata })?;
            }
        }
    }
    Ok(())
}
