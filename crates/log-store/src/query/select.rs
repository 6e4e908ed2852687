//! Finding the lines of a log query: heads first, then segments in the order in which they can contribute.

use std::sync::Arc;

use logql::{CompiledFilters, CompiledSelector};
use model::{TenantId, TimeRange};
use segment::{Engine, Error, SegmentReader};

use super::budget::{Budget, QueryError};
use super::entries::{Best, Direction, Entry};
use crate::batch::{LogBatch, MetadataWriter};
use crate::columns::{self, SegmentStream};
use crate::schema::LogSchema;

/// Rows between two looks at the budget.
const CHECK_ROWS: usize = 1024;

/// What to find.
#[derive(Debug, Clone)]
pub(crate) struct Selection {
    pub selector: CompiledSelector,
    pub filters: CompiledFilters,
    pub range: TimeRange,
    pub direction: Direction,
    pub limit: usize,
}

/// What was found.
#[derive(Debug, Default)]
pub(crate) struct Selected {
    pub entries: Vec<Entry>,
    /// Damaged segments that were left out.
    pub warnings: Vec<String>,
    pub scanned: Scanned,
}

/// How much was looked at.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Scanned {
    pub lines: u64,
    pub bytes: u64,
}

pub(crate) async fn select(
    engine: &Engine<LogSchema>,
    tenant: &TenantId,
    selection: Selection,
    budget: Budget,
) -> Result<Selected, QueryError> {
    let mut snapshot = engine.snapshot(tenant, selection.range);
    let best = Best::new(selection.direction, selection.limit);
    let mut scan = Scan { selection: Arc::new(selection), budget, best, scanned: Scanned::default() };
    let batches = std::mem::take(&mut snapshot.batches);
    let first_batch = snapshot.segments.len() as u32; // rows in memory arrived after those in segments
    scan = blocking(move || {
        for (batch, source) in batches.iter().zip(first_batch..) {
            scan.batch(batch, source)?;
        }
        Ok(scan)
    })
    .await?;
    let mut warnings = Vec::new();
    let mut segments: Vec<_> = snapshot.segments.into_iter().zip(0..).collect();
    match scan.selection.direction {
        Direction::Forward => segments.sort_by_key(|(meta, _)| meta.first),
        Direction::Backward => segments.sort_by_key(|(meta, _)| std::cmp::Reverse(meta.last)),
    }
    for (meta, source) in segments {
        let nearest = match scan.selection.direction {
            Direction::Forward => meta.first,
            Direction::Backward => meta.last,
        };
        if !scan.best.wants(nearest) {
            break; // all further segments are further away
        }
        match engine.open_segment(&meta).await {
            Ok(reader) => {
                let wanted = wanted_streams(engine, &reader, &scan.selection)?;
                scan = blocking(move || scan.segment(reader, &wanted, source)).await?;
            }
            Err(Error::Gone(_)) => {}
            Err(error @ (Error::Damaged { .. } | Error::Parquet(_))) => warnings.push(error.to_string()),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(Selected { entries: scan.best.finish(), warnings, scanned: scan.scanned })
}

/// Streams of a segment that the selector matches and that have rows in the range, with their interned labels.
fn wanted_streams(
    engine: &Engine<LogSchema>,
    reader: &SegmentReader,
    selection: &Selection,
) -> Result<Vec<(SegmentStream, Arc<crate::batch::Stream>)>, QueryError> {
    let mut wanted = Vec::new();
    for entry in columns::streams(reader)? {
        let stream = engine.schema().streams.parse(&entry.text).map_err(|error| {
            QueryError::Internal(format!("{}: labels {}: {error}", reader.meta.path, entry.text))
        })?;
        if selection.range.overlaps(entry.first, entry.last) && selection.selector.matches(&stream.labels) {
            wanted.push((entry, stream));
        }
    }
    Ok(wanted)
}

/// Runs on a thread where it may take long.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, QueryError> + Send + 'static,
) -> Result<T, QueryError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| QueryError::Internal(error.to_string()))?
}

#[derive(Debug)]
struct Scan {
    selection: Arc<Selection>,
    budget: Budget,
    best: Best,
    scanned: Scanned,
}

impl Scan {
    fn batch(&mut self, batch: &LogBatch, source: u32) -> Result<(), QueryError> {
        if !batch.overlaps(self.selection.range) {
            return Ok(());
        }
        let selector = &self.selection.selector;
        let matching: Vec<bool> =
            batch.streams.iter().map(|stream| selector.matches(&stream.labels)).collect();
        if !matching.contains(&true) {
            return Ok(());
        }
        for at in 0..batch.len() {
            if at % CHECK_ROWS == 0 {
                self.budget.check()?;
            }
            let row = batch.row(at);
            if !matching[row.stream as usize] || !self.selection.range.contains(row.timestamp) {
                continue;
            }
            self.scanned.lines += 1;
            self.scanned.bytes += row.line.len() as u64;
            if self.best.wants(row.timestamp) && self.selection.filters.accept(row.line) {
                let entry = Entry {
                    stream: Arc::clone(&batch.streams[row.stream as usize]),
                    timestamp: row.timestamp,
                    line: row.line.into(),
                    metadata: row.metadata.as_bytes().into(),
                };
                self.best.add(entry, (source, at as u64))?;
            }
        }
        Ok(())
    }

    fn segment(
        mut self,
        reader: SegmentReader,
        wanted: &[(SegmentStream, Arc<crate::batch::Stream>)],
        source: u32,
    ) -> Result<Self, QueryError> {
        let tables: Vec<_> = wanted.iter().map(|(entry, _)| entry.clone()).collect();
        let mut metadata = MetadataWriter::default();
        let mut failed = None;
        let (range, selection) = (self.selection.range, Arc::clone(&self.selection));
        columns::read(reader, &tables, range, |row| {
            self.scanned.lines += 1;
            self.scanned.bytes += row.line.len() as u64;
            if row.row % CHECK_ROWS as u64 == 0
                && let Err(error) = self.budget.check()
            {
                failed = Some(error);
                return false;
            }
            if !self.best.wants(row.timestamp) || !selection.filters.accept(row.line) {
                return true;
            }
            metadata.clear();
            row.for_each_metadata(|name, value| metadata.push(name, value));
            let entry = Entry {
                stream: Arc::clone(&wanted[row.stream].1),
                timestamp: row.timestamp,
                line: row.line.into(),
                metadata: metadata.bytes().into(),
            };
            failed = self.best.add(entry, (source, row.row)).err();
            failed.is_none()
        })?;
        failed.map_or(Ok(self), Err)
    }
}
