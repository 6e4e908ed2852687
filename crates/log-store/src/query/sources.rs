//! Where the rows of a query are: batches in memory and segments, with what each has of the chosen streams.

use std::collections::HashMap;
use std::sync::Arc;

use logql::CompiledSelector;
use model::{TenantId, TimeRange, TimestampNanos};
use segment::{Engine, Error, SegmentMeta};

use super::budget::QueryError;
use super::twins::Twins;
use crate::batch::{LogBatch, Stream};
use crate::columns::{SegmentIndex, SegmentStream};
use crate::deletes::ActiveDeletes;
use crate::indexes::index_of;
use crate::schema::LogSchema;

/// Later than `after`, not later than `until`: the window that metric queries read, as a half-open range.
pub(super) fn window(after: i64, until: i64) -> TimeRange {
    TimeRange::new(TimestampNanos(after.saturating_add(1)), TimestampNanos(until.saturating_add(1)))
}

/// Chosen rows of a batch in memory.
#[derive(Debug)]
pub(super) struct BatchRows {
    pub batch: Arc<LogBatch>,
    /// By stream, then in order of arrival.
    pub rows: Vec<u32>,
}

/// Chosen streams of a segment.
#[derive(Debug)]
pub(super) struct SegmentRows {
    pub meta: Arc<SegmentMeta>,
    pub index: Arc<SegmentIndex>,
    pub streams: Vec<SegmentStream>,
    /// Whether delete requests may hide some of its rows: then its columns alone cannot answer.
    pub touched: bool,
}

/// All places that have rows of a selector and a range.
#[derive(Debug)]
pub(super) struct Sources {
    pub range: TimeRange,
    pub batches: Vec<BatchRows>,
    pub segments: Vec<SegmentRows>,
    pub twins: Twins,
    /// What the query must leave out.
    pub deletes: Option<ActiveDeletes>,
    /// Damaged segments that were left out.
    pub warnings: Vec<String>,
}

/// Remembers which streams a selector matches.
struct Chosen<'a> {
    selector: &'a CompiledSelector,
    by_address: HashMap<usize, bool, ahash::RandomState>,
}

impl Chosen<'_> {
    fn has(&mut self, stream: &Arc<Stream>) -> bool {
        let selector = self.selector;
        let address = Arc::as_ptr(stream).addr();
        *self.by_address.entry(address).or_insert_with(|| selector.matches(&stream.labels))
    }
}

impl Sources {
    /// Finds them; segments that were never looked at are opened.
    pub(super) fn find(
        engine: &Engine<LogSchema>,
        tenant: &TenantId,
        selector: &CompiledSelector,
        range: TimeRange,
        runtime: &tokio::runtime::Handle,
    ) -> Result<Self, QueryError> {
        // Before the snapshot: a request that is carried out in between is minded needlessly, and never forgotten.
        let deletes = engine.schema().deletes.active(tenant, range);
        let snapshot = engine.snapshot(tenant, range);
        let mut chosen = Chosen { selector, by_address: HashMap::default() };
        let batches = snapshot.batches.iter().filter(|batch| batch.overlaps(range));
        let batches: Vec<BatchRows> =
            batches.filter_map(|batch| rows_of(batch, range, &mut chosen)).collect();
        let mut segments = Vec::with_capacity(snapshot.segments.len());
        let mut warnings = Vec::new();
        for meta in snapshot.segments {
            let index = match engine.schema().indexes.cached(&meta) {
                Some(index) => index,
                None => match runtime.block_on(index_of(engine, &meta)) {
                    Ok(index) => index,
                    Err(error) => {
                        left_out(error, &mut warnings)?;
                        continue;
                    }
                },
            };
            let wanted =
                |entry: &&SegmentStream| range.overlaps(entry.first, entry.last) && chosen.has(&entry.stream);
            let streams: Vec<SegmentStream> = index.streams.iter().filter(wanted).map(Clone::clone).collect();
            if !streams.is_empty() {
                let touched = deletes.as_ref().is_some_and(|deletes| touches(deletes, &streams));
                segments.push(SegmentRows { meta, index, streams, touched });
            }
        }
        let mut sources = Self { range, batches, segments, twins: Twins::default(), deletes, warnings };
        sources.twins = Twins::find(&sources, engine, runtime)?;
        Ok(sources)
    }
}

fn touches(deletes: &ActiveDeletes, streams: &[SegmentStream]) -> bool {
    streams.iter().any(|entry| deletes.touches(&entry.stream.labels, entry.first, entry.last))
}

/// Notes why a segment was left out, or fails if it cannot be.
pub(super) fn left_out(error: Error, warnings: &mut Vec<String>) -> Result<(), QueryError> {
    match error {
        Error::Gone(_) => Ok(()),
        error @ (Error::Damaged { .. } | Error::Parquet(_)) => {
            warnings.push(error.to_string());
            Ok(())
        }
        error => Err(error.into()),
    }
}

fn rows_of(batch: &Arc<LogBatch>, range: TimeRange, chosen: &mut Chosen<'_>) -> Option<BatchRows> {
    let matching: Vec<bool> = batch.streams.iter().map(|stream| chosen.has(stream)).collect();
    if !matching.contains(&true) {
        return None;
    }
    let matches = |row: &u32| {
        let row = *row as usize;
        matching[batch.stream[row] as usize] && range.contains(TimestampNanos(batch.timestamp[row]))
    };
    let mut rows: Vec<u32> = (0..batch.len() as u32).filter(matches).collect();
    rows.sort_by_key(|row| batch.stream[*row as usize]); // stable: arrival order within a stream
    (!rows.is_empty()).then(|| BatchRows { batch: Arc::clone(batch), rows })
}
