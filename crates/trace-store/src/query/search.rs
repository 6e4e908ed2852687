//! The newest traces that meet some conditions.
//!
//! Two passes. The first reads only the columns that the conditions need, from the newest segments backwards, and notes per
//! trace which conditions some span of it meets; stages that look only at spans which passed a filter are run there and
//! then ([`verdict`]), so that what they turn down is never put together. The second reads what an answer tells, for the newest candidates only.
//! It stops as soon as no older segment can change the answer, which is the same whatever order the work is done in.

mod conditions;
mod verdict;

use std::sync::Arc;

use ahash::AHashMap;
use model::{TimeRange, TimestampNanos, TraceId};
use segment::SegmentMeta;

pub(crate) use conditions::{Condition, Conditions};
use verdict::judge;

use super::scan::{Pushdown, Sources, Wanted, fold};
use super::summary::{COLUMNS, TraceSummary, summaries, summary_of};
use super::traceql::{BatchSpans, RowTests, assemble, columns_of, keys_of};
use super::{Guard, QueryError};
use crate::store::Store;

/// Candidates whose summaries are read in one go.
const CHUNK: usize = 512;
/// After so many goes the rest is read in the order of segments: few of the candidates match, and each go walks through
/// all segments.
const GOES: usize = 4;
const SWEEP_CHUNK: usize = 2048;
/// Segments that are looked at first; twice as many each time.
const FIRST_SEGMENTS: usize = 2;

/// What to look for.
#[derive(Debug, Clone)]
pub(crate) struct SearchQuery {
    pub selection: Selection,
    /// Bounds of the whole trace's duration, in nanoseconds.
    pub min_duration: Option<i64>,
    pub max_duration: Option<i64>,
    /// Unix seconds, both included. A trace matches when it overlaps the window.
    pub start_secs: i64,
    pub end_secs: i64,
    pub limit: usize,
}

/// What makes a trace match.
#[derive(Debug, Clone)]
pub(crate) enum Selection {
    Tags(Conditions),
    /// A query, and how many spans of each set are told.
    TraceQl(Arc<::traceql::Query>, usize),
}

impl Selection {
    /// Whether a trace with spans that meet these conditions may match.
    fn may_match(&self, met: u64) -> bool {
        match self {
            Self::Tags(conditions) => met == conditions.all(),
            Self::TraceQl(query, _) => query.conditions().trace.holds(met),
        }
    }

    /// Rows that the first pass may leave out.
    fn pushdown(&self) -> Option<Pushdown> {
        match self {
            Self::Tags(_) => None,
            Self::TraceQl(query, _) => Pushdown::of(query),
        }
    }
}

/// A trace that matches.
#[derive(Debug, Clone)]
pub(crate) struct FoundTrace {
    pub summary: TraceSummary,
    /// Spans that a query selects, by their index in the summary.
    pub sets: Vec<::traceql::SpanSet>,
}

/// The answer, newest first.
#[derive(Debug, Default)]
pub(crate) struct SearchResult {
    pub traces: Vec<FoundTrace>,
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
    /// All spans of it that can matter lie together, and the query selects none of them.
    refuted: bool,
}

type Candidates = AHashMap<TraceId, Candidate>;

fn note(candidates: &mut Candidates, id: TraceId, seen: Candidate) {
    candidates
        .entry(id)
        .and_modify(|known| {
            known.start = known.start.min(seen.start);
            known.end = known.end.max(seen.end);
            known.met |= seen.met;
            // What was said of each piece does not hold for both together.
            known.refuted = false;
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
            && match &self.selection {
                Selection::Tags(conditions) => conditions.accept_root(&trace.root_service, &trace.root_name),
                Selection::TraceQl(..) => true,
            }
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
        sees_all: query.selection.pushdown().is_none(),
        query: Arc::new(query),
        guard,
        candidates: Candidates::default(),
        checked: AHashMap::new(),
        sources,
    };
    let ages = by_age(&in_window.segments);
    let mut groups = vec![Sources { batches: in_window.batches.clone(), segments: Vec::new() }];
    groups.extend(ages.iter().map(|segments| Sources { batches: Vec::new(), segments: segments.clone() }));
    for (at, group) in groups.iter().enumerate() {
        search.scan(group).await?;
        // Spans of segments still to come all start before this.
        let settled_from = ages
            .get(at)
            .and_then(|segments| segments.first())
            .map_or(i64::MIN, |next| next.last.0.saturating_add(1));
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

/// Segments by the last time in them, the newest first, in groups.
fn by_age(segments: &[Arc<SegmentMeta>]) -> Vec<Vec<Arc<SegmentMeta>>> {
    let mut sorted: Vec<_> = segments.iter().map(Arc::clone).collect();
    sorted.sort_by_key(|meta| std::cmp::Reverse(meta.last));
    let mut groups = Vec::new();
    let (mut rest, mut size) = (&sorted[..], FIRST_SEGMENTS);
    while !rest.is_empty() {
        let (group, older) = rest.split_at(size.min(rest.len()));
        groups.push(group.to_vec());
        (rest, size) = (older, size * 2);
    }
    groups
}

struct Search<'a> {
    store: &'a Arc<Store>,
    query: Arc<SearchQuery>,
    /// The first pass sees every span of the window, so it knows how long traces are.
    sees_all: bool,
    guard: &'a Arc<Guard>,
    sources: Sources,
    candidates: Candidates,
    /// Traces whose summary was read; `None` for those that were not accepted.
    checked: AHashMap<TraceId, Option<FoundTrace>>,
}

impl Search<'_> {
    /// The first pass over one group of sources.
    async fn scan(&mut self, sources: &Sources) -> Result<(), QueryError> {
        let query = Arc::clone(&self.query);
        let (columns, keys) = match &query.selection {
            Selection::Tags(conditions) => (conditions.columns(), None),
            Selection::TraceQl(query, _) => {
                let fields = if query.is_local() { query.fields().to_vec() } else { condition_fields(query) };
                (columns_of(&fields), Some(keys_of(&fields)))
            }
        };
        let wanted =
            Wanted { columns, keys, filters: query.selection.pushdown(), traces: None, ..Wanted::default() };
        let sees_all = self.sees_all;
        let (candidates, limit) = (&mut self.candidates, self.store.query_limits.search_candidates);
        fold(
            self.store,
            sources,
            &wanted,
            self.guard,
            move |found: &mut Candidates, batch, rows| {
                let mut see = |at: usize, met| {
                    let row = &batch.rows[at];
                    let seen = Candidate { start: row.start, end: row.clamped_end(), met, refuted: false };
                    note(found, row.trace_id, seen);
                };
                match &query.selection {
                    Selection::Tags(conditions) => {
                        let matcher = conditions.matcher(batch);
                        rows.for_each(|at| see(at, matcher.met(&batch.rows[at])));
                    }
                    Selection::TraceQl(query, _) if query.is_local() => judge(query, batch, rows, found),
                    Selection::TraceQl(query, _) => {
                        let spans = BatchSpans::of_batch(batch, query.fields());
                        let tests = RowTests::new(query.fields(), query.conditions());
                        rows.map(|at| (at, tests.met(&spans, at)))
                            .filter(|(_, met)| sees_all || *met > 0)
                            .for_each(|(at, met)| see(at, met));
                    }
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
        let sees_all = self.sees_all;
        let mut open: Vec<(TraceId, Candidate)> = self
            .candidates
            .iter()
            .filter(|(id, seen)| {
                !seen.refuted
                    && query.selection.may_match(seen.met)
                    && seen.start >= settled_from
                    && (!sees_all || query.overlaps(seen.start, seen.end))
                    && !self.checked.contains_key(*id)
            })
            .map(|(id, seen)| (*id, *seen))
            .collect();
        open.sort_unstable_by_key(|(id, seen)| (std::cmp::Reverse(seen.start), *id));
        let mut rest = &open[..];
        let mut goes = 0;
        loop {
            // A candidate that is still open may turn out to be as new as it looks, but not newer.
            let is_ahead = |trace: &&TraceSummary| {
                let rank = (std::cmp::Reverse(trace.start), trace.trace_id);
                rest.first().is_none_or(|(id, seen)| rank < (std::cmp::Reverse(seen.start), *id))
            };
            let known = self.checked.values().flatten().map(|found| &found.summary);
            let settled = known.filter(|trace| trace.start >= settled_from).filter(is_ahead).count();
            if settled >= query.limit || settled_from == i64::MIN && rest.is_empty() {
                return Ok(true);
            }
            if rest.is_empty() {
                return Ok(false);
            }
            if goes >= GOES && rest.len() > CHUNK {
                let mut by_id = std::mem::take(&mut rest).to_vec();
                by_id.sort_unstable_by_key(|(id, _)| *id);
                for chunk in by_id.chunks(SWEEP_CHUNK) {
                    self.summarise(chunk).await?;
                }
                continue;
            }
            let wanted = (query.limit - settled).clamp(16, CHUNK) << goes;
            let chunk = wanted.min(CHUNK).min(rest.len());
            self.summarise(&rest[..chunk]).await?;
            rest = &rest[chunk..];
            goes += 1;
        }
    }

    async fn summarise(&mut self, candidates: &[(TraceId, Candidate)]) -> Result<(), QueryError> {
        let first = candidates.iter().map(|(_, seen)| seen.start).min().unwrap_or_default();
        let last = candidates.iter().map(|(_, seen)| seen.end).max().unwrap_or_default();
        let ids = candidates.iter().map(|(id, _)| *id);
        if let Selection::TraceQl(query, most) = &self.query.selection {
            let found = self.evaluated(Arc::clone(query), *most, ids, (first, last)).await?;
            for (id, _) in candidates {
                self.checked.insert(*id, None);
            }
            for trace in found {
                let accepted = Some(trace).filter(|trace| self.query.accepts(&trace.summary));
                if let Some(trace) = accepted {
                    self.checked.insert(trace.summary.trace_id, Some(trace));
                }
            }
            return Ok(());
        }
        let mut found = summaries(self.store, &self.sources, ids, (first, last), self.guard).await?;
        for (id, _) in candidates {
            let accepted = found.remove(id).filter(|trace| self.query.accepts(trace));
            self.checked.insert(*id, accepted.map(|summary| FoundTrace { summary, sets: Vec::new() }));
        }
        Ok(())
    }

    /// Those of some traces that a query selects spans of.
    async fn evaluated(
        &self,
        query: Arc<::traceql::Query>,
        most: usize,
        ids: impl Iterator<Item = TraceId>,
        found: (i64, i64),
    ) -> Result<Vec<FoundTrace>, QueryError> {
        let columns = COLUMNS.and(columns_of(query.fields()));
        let read = (columns, Some(keys_of(query.fields())));
        let assembled = assemble(self.store, &self.sources, ids, found, read, true, self.guard).await?;
        let guard = Arc::clone(self.guard);
        let evaluate = move || {
            let mut traces = Vec::new();
            assembled.for_each(query.fields(), false, |trace, rows| {
                guard.check()?;
                let sets = query.evaluate(trace, most)?;
                if !sets.is_empty() {
                    traces.push(FoundTrace { summary: summary_of(assembled.batch(), rows), sets });
                }
                Ok::<_, QueryError>(())
            })?;
            Ok(traces)
        };
        tokio::task::spawn_blocking(evaluate).await?
    }

    fn answer(self) -> Vec<FoundTrace> {
        let mut traces: Vec<FoundTrace> = self.checked.into_values().flatten().collect();
        traces.sort_unstable_by_key(|trace| (std::cmp::Reverse(trace.summary.start), trace.summary.trace_id));
        traces.truncate(self.query.limit);
        traces
    }
}

/// The fields that the conditions of a query test.
pub(super) fn condition_fields(query: &::traceql::Query) -> Vec<::traceql::Field> {
    fields_in(query.conditions(), query.fields())
}

/// Those of `fields` that conditions name.
pub(super) fn fields_in(
    conditions: &::traceql::Conditions,
    fields: &[::traceql::Field],
) -> Vec<::traceql::Field> {
    let conditions = conditions.filters.iter().flat_map(|filter| &filter.0).flat_map(|clause| &clause.0);
    let named: std::collections::BTreeSet<usize> = conditions.map(|condition| condition.field).collect();
    named.into_iter().map(|at| fields[at].clone()).collect()
}
