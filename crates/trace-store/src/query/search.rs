//! The newest traces that meet some conditions.
//!
//! Two passes. The first reads only the columns that the conditions need, from the newest hour backwards, and notes per
//! trace which conditions some span of it meets. The second reads what an answer tells, for the newest candidates only.
//! It stops as soon as no older hour can change the answer, which is the same whatever order the work is done in.

mod conditions;

use std::sync::Arc;

use ahash::AHashMap;
use model::{TimeRange, TimestampNanos, TraceId};
use segment::SegmentMeta;

pub(crate) use conditions::{Condition, Conditions};

use super::scan::{Sources, Wanted, fold};
use super::summary::{TraceSummary, summaries};
use super::{Guard, QueryError};
use crate::store::Store;

const NANOS_PER_SECOND: i64 = 1_000_000_000;
const NANOS_PER_HOUR: i64 = 3600 * NANOS_PER_SECOND;
/// Candidates whose summaries are read in one go.
const CHUNK: usize = 512;

/// What to look for.
#[derive(Debug, Clone)]
pub(crate) struct SearchQuery {
    pub conditions: Conditions,
    /// Bounds of the whole trace's duration, in nanoseconds.
    pub min_duration: Option<i64>,
    pub max_duration: Option<i64>,
    /// Unix seconds, both included. A trace matches when it overlaps the window.
    pub start_secs: i64,
    pub end_secs: i64,
    pub limit: usize,
}

/// The answer, newest first.
#[derive(Debug, Default)]
pub(crate) struct SearchResult {
    pub traces: Vec<TraceSummary>,
    pub inspected_traces: usize,
    pub segments: usize,
    pub segment_bytes: u64,
}

/// A trace as the first pass sees it: what the spans seen so far say.
#[derive(Debug, Clone, Copy)]
struct Candidate {
    start: i64,
    end: i64,
    /// One bit for each condition that some span meets.
    met: u64,
}

type Candidates = AHashMap<TraceId, Candidate>;

fn note(candidates: &mut Candidates, id: TraceId, seen: Candidate) {
    candidates
        .entry(id)
        .and_modify(|known| {
            known.start = known.start.min(seen.start);
            known.end = known.end.max(seen.end);
            known.met |= seen.met;
        })
        .or_insert(seen);
}

impl SearchQuery {
    fn overlaps(&self, start: i64, end: i64) -> bool {
        let nanos = |seconds: i64| TimestampNanos::from_secs(seconds).0;
        start <= nanos(self.end_secs) && end >= nanos(self.start_secs)
    }

    fn range(&self) -> TimeRange {
        TimeRange::new(
            TimestampNanos::from_secs(self.start_secs),
            TimestampNanos::from_secs(self.end_secs.saturating_add(1)),
        )
    }

    /// The tests that need the whole trace.
    fn accepts(&self, trace: &TraceSummary) -> bool {
        let duration = trace.end - trace.start;
        self.overlaps(trace.start, trace.end)
            && self.min_duration.is_none_or(|least| duration >= least)
            && self.max_duration.is_none_or(|most| duration <= most)
            && self.conditions.accept_root(&trace.root_service, &trace.root_name)
    }
}

/// Runs a search.
pub(crate) async fn search(
    store: &Arc<Store>,
    query: SearchQuery,
    guard: &Arc<Guard>,
) -> Result<SearchResult, QueryError> {
    let sources = Sources::all(store);
    let in_window = sources.within(query.range());
    let mut search = Search {
        store,
        query: Arc::new(query),
        guard,
        candidates: Candidates::default(),
        checked: AHashMap::new(),
        sources,
    };
    let hours = by_hour(&in_window.segments);
    let mut groups = vec![Sources { batches: in_window.batches.clone(), segments: Vec::new() }];
    groups.extend(hours.iter().map(|segments| Sources { batches: Vec::new(), segments: segments.clone() }));
    for (at, group) in groups.iter().enumerate() {
        search.scan(group).await?;
        // Spans of hours still to come all start before this.
        let settled_from = hours
            .get(at)
            .and_then(|segments| segments.first())
            .map_or(i64::MIN, |next| next.hour.0.saturating_add(1).saturating_mul(NANOS_PER_HOUR));
        if search.check_newest(settled_from).await? {
            break;
        }
    }
    Ok(SearchResult {
        inspected_traces: search.candidates.len(),
        segments: in_window.segments.len(),
        segment_bytes: in_window.segment_bytes(),
        traces: search.answer(),
    })
}

/// Segments by hour, newest hour first.
fn by_hour(segments: &[Arc<SegmentMeta>]) -> Vec<Vec<Arc<SegmentMeta>>> {
    let mut sorted: Vec<_> = segments.iter().map(Arc::clone).collect();
    sorted.sort_by_key(|meta| std::cmp::Reverse(meta.hour));
    sorted.chunk_by(|a, b| a.hour == b.hour).map(<[_]>::to_vec).collect()
}

struct Search<'a> {
    store: &'a Arc<Store>,
    query: Arc<SearchQuery>,
    guard: &'a Arc<Guard>,
    sources: Sources,
    candidates: Candidates,
    /// Traces whose summary was read; `None` for those that were not accepted.
    checked: AHashMap<TraceId, Option<TraceSummary>>,
}

impl Search<'_> {
    /// The first pass over one group of sources.
    async fn scan(&mut self, sources: &Sources) -> Result<(), QueryError> {
        let query = Arc::clone(&self.query);
        let wanted = Wanted { columns: query.conditions.columns(), traces: None, ..Wanted::default() };
        let (candidates, limit) = (&mut self.candidates, self.store.query_limits.search_candidates);
        fold(
            self.store,
            sources,
            &wanted,
            self.guard,
            move |found: &mut Candidates, batch, rows| {
                let matcher = query.conditions.matcher(batch);
                for at in rows {
                    let row = &batch.rows[at];
                    let seen = Candidate { start: row.start, end: row.clamped_end(), met: matcher.met(row) };
                    note(found, row.trace_id, seen);
                }
            },
            |found| {
                found.into_iter().for_each(|(id, seen)| note(candidates, id, seen));
                if candidates.len() > limit { Err(QueryError::TooManyTraces(limit)) } else { Ok(()) }
            },
        )
        .await
    }

    /// Reads summaries of the newest candidates; true once the answer cannot change any more.
    async fn check_newest(&mut self, settled_from: i64) -> Result<bool, QueryError> {
        let query = Arc::clone(&self.query);
        let wanted = query.conditions.all();
        let mut open: Vec<(TraceId, Candidate)> = self
            .candidates
            .iter()
            .filter(|(id, seen)| {
                seen.met == wanted
                    && seen.start >= settled_from
                    && query.overlaps(seen.start, seen.end)
                    && !self.checked.contains_key(*id)
            })
            .map(|(id, seen)| (*id, *seen))
            .collect();
        open.sort_unstable_by_key(|(id, seen)| (std::cmp::Reverse(seen.start), *id));
        let mut rest = &open[..];
        loop {
            // A candidate that is still open may turn out to be as new as it looks, but not newer.
            let is_ahead = |trace: &&TraceSummary| {
                let rank = (std::cmp::Reverse(trace.start), trace.trace_id);
                rest.first().is_none_or(|(id, seen)| rank < (std::cmp::Reverse(seen.start), *id))
            };
            let known = self.checked.values().flatten();
            let settled = known.filter(|trace| trace.start >= settled_from).filter(is_ahead).count();
            if settled >= query.limit || settled_from == i64::MIN && rest.is_empty() {
                return Ok(true);
            }
            if rest.is_empty() {
                return Ok(false);
            }
            let chunk = (query.limit - settled).clamp(16, CHUNK).min(rest.len());
            self.summarise(&rest[..chunk]).await?;
            rest = &rest[chunk..];
        }
    }

    async fn summarise(&mut self, candidates: &[(TraceId, Candidate)]) -> Result<(), QueryError> {
        let first = candidates.iter().map(|(_, seen)| seen.start).min().unwrap_or_default();
        let last = candidates.iter().map(|(_, seen)| seen.end).max().unwrap_or_default();
        let ids = candidates.iter().map(|(id, _)| *id);
        let mut found = summaries(self.store, &self.sources, ids, (first, last), self.guard).await?;
        for (id, _) in candidates {
            let accepted = found.remove(id).filter(|trace| self.query.accepts(trace));
            self.checked.insert(*id, accepted);
        }
        Ok(())
    }

    fn answer(self) -> Vec<TraceSummary> {
        let mut traces: Vec<TraceSummary> = self.checked.into_values().flatten().collect();
        traces.sort_unstable_by_key(|trace| (std::cmp::Reverse(trace.start), trace.trace_id));
        traces.truncate(self.query.limit);
        traces
    }
}
