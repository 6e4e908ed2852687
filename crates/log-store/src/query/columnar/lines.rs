//! Queries for lines over one source after the other, on one thread.

use logql::{LogCollector, LogPart, LogPlan, Row};
use model::TimestampNanos;
use segment::SegmentReader;

use super::classes::{Classes, Look};
use super::filter::HitCache;
use super::layout::{Layout, Relevant};
use super::open::{Filtered, View, Way};
use super::pass::{self, Run};
use crate::batch::Stream;
use crate::query::budget::{Budget, QueryError};
use crate::query::run::Worker;
use crate::query::scan::{Scanned, Shared, Sink, scan_rows};
use crate::query::sources::{BatchRows, SegmentRows};

/// Lines of usual length are bounded by the limit on their number; only what is longer counts.
const LINE_ALLOWANCE: usize = 8 << 10;
/// Rows that are put together at first: more only if these were not enough.
const MIN_FIRST: usize = 2048;

/// Gathers the lines of a query.
pub(in crate::query) struct LineWorker<'q> {
    shared: Shared<'q>,
    plan: &'q LogPlan,
    relevant: Relevant,
    lines: Lines<'q>,
    classes: Classes<()>,
    scanned: Scanned,
}

/// Takes whole rows.
struct Lines<'p> {
    collector: LogCollector<'p>,
    bytes: usize,
}

impl Sink for Lines<'_> {
    fn begin_stream(&mut self, stream: &Stream) {
        self.collector.begin_stream(&stream.labels, stream.hash());
    }

    fn wants(&self, at: TimestampNanos) -> bool {
        self.collector.wants(at.0)
    }

    fn push(&mut self, row: Row<'_>) -> Result<(), QueryError> {
        // Counts lines that are pushed out again, too: a bound, not a measure.
        self.bytes += row.line.len().saturating_sub(LINE_ALLOWANCE);
        self.collector.push(row);
        Budget::check_bytes(self.bytes)
    }
}

/// A row that may be a part of the result.
#[derive(Debug, Clone, Copy)]
struct Candidate {
    time: i64,
    stream: usize,
    row: usize,
}

impl<'q> LineWorker<'q> {
    pub(in crate::query) fn new(shared: Shared<'q>, plan: &'q LogPlan) -> Self {
        let nothing = logql::FieldNeeds::default();
        let needs = plan.gate().map_or(&nothing, logql::Gate::needs);
        Self {
            shared,
            plan,
            relevant: Relevant::new(needs, None),
            lines: Lines { collector: plan.collector(), bytes: 0 },
            classes: Classes::new(),
            scanned: Scanned::default(),
        }
    }
}

impl Worker for LineWorker<'_> {
    type Part = LogPart;

    fn finish(self) -> (LogPart, Scanned) {
        (self.lines.collector.finish(), self.scanned)
    }

    fn batch(&mut self, source: &BatchRows) -> Result<(), QueryError> {
        self.shared.batch(source, &mut self.scanned, &mut self.lines)
    }

    fn segment(&mut self, source: &SegmentRows) -> Result<(), QueryError> {
        self.shared.budget.check()?;
        let is_backward = self.plan.options().direction == logql::Direction::Backward;
        if !self.lines.wants(if is_backward { source.meta.last } else { source.meta.first }) {
            return Ok(());
        }
        let filters = match Filtered::new(self.plan.line_filters(), &source.index) {
            Filtered::Nothing => {
                self.scanned.skip(source);
                return Ok(());
            }
            filters => filters,
        };
        let Some(reader) = self.shared.open(source, &mut self.scanned)? else { return Ok(()) };
        match (filters, Layout::new(&self.relevant, &source.index)) {
            (Filtered::Columns(filters), Some(layout)) if !source.touched => {
                self.scanned.skip(source);
                let way = Way::new(filters, layout, &source.index);
                let candidates = self.candidates(source, reader, &way)?;
                self.take(source, candidates, is_backward)
            }
            _ => self.shared.segment(reader, source, &mut self.scanned, &mut self.lines),
        }
    }
}

impl LineWorker<'_> {
    /// The rows that pass the filters and the gate.
    fn candidates(
        &mut self,
        source: &SegmentRows,
        reader: SegmentReader,
        way: &Way<'_>,
    ) -> Result<Vec<Candidate>, QueryError> {
        let pieces = way.pieces(source, &reader)?;
        let columns = way.columns(&source.index);
        let mut cache = HitCache::default();
        let mut gate = self.plan.gate().map(logql::Gate::runner);
        let mut found = Vec::new();
        self.classes.begin_segment();
        pass::read(reader, columns, &pieces, |batch, runs| {
            self.shared.budget.check()?;
            let view = way.view(batch, &source.index, &mut cache, &mut self.classes.numbers)?;
            runs.iter().try_for_each(|run| self.run(source, run, &view, gate.as_mut(), &mut found))
        })?;
        Ok(found)
    }

    fn run(
        &mut self,
        source: &SegmentRows,
        run: &Run,
        view: &View<'_>,
        mut gate: Option<&mut logql::GateRunner<'_>>,
        found: &mut Vec<Candidate>,
    ) -> Result<(), QueryError> {
        let stream = &source.streams[run.stream].stream;
        let signature = self.classes.signature(stream, &self.relevant);
        for at in run.at.clone() {
            let time = view.times[at];
            let is_in = self.shared.sources.range.contains(TimestampNanos(time))
                && view.passes(at)
                && self.lines.wants(TimestampNanos(time));
            if !is_in {
                continue;
            }
            if let Some(gate) = &mut gate {
                let look = self.classes.look(*gate, stream, signature, &view.keys, at, time)?;
                if matches!(look, Look::Known(None, _)) {
                    continue;
                }
            }
            found.push(Candidate { time, stream: run.stream, row: run.row + at - run.at.start });
        }
        Ok(())
    }

    /// Puts candidates together, the best first, until no further one is wanted.
    fn take(
        &mut self,
        source: &SegmentRows,
        mut candidates: Vec<Candidate>,
        is_backward: bool,
    ) -> Result<(), QueryError> {
        let options = self.plan.options();
        let first = if self.plan.passes_all() && self.shared.sources.twins.is_empty() {
            options.limit
        } else {
            options.limit.saturating_mul(4).max(MIN_FIRST)
        };
        if options.interval == 0 && candidates.len() > first && first > 0 {
            let rank = |candidate: &Candidate| {
                if is_backward { candidate.time.saturating_neg() } else { candidate.time }
            };
            let (_, edge, _) = candidates.select_nth_unstable_by_key(first - 1, rank);
            let edge = rank(edge);
            // Rows of one time are taken together: which of them are shown is for the collector to decide.
            let (best, rest): (Vec<_>, Vec<_>) =
                candidates.into_iter().partition(|candidate| rank(candidate) <= edge);
            self.put_together(source, best)?;
            candidates = rest;
            candidates.retain(|candidate| self.lines.wants(TimestampNanos(candidate.time)));
        }
        self.put_together(source, candidates)
    }

    fn put_together(
        &mut self,
        source: &SegmentRows,
        mut candidates: Vec<Candidate>,
    ) -> Result<(), QueryError> {
        if candidates.is_empty() {
            return Ok(());
        }
        let Some(reader) = self.shared.open(source, &mut self.scanned)? else { return Ok(()) };
        candidates.sort_unstable_by_key(|candidate| candidate.row);
        let rows: Vec<_> = candidates.iter().map(|candidate| (candidate.stream, candidate.row)).collect();
        let Shared { sources, budget, .. } = self.shared;
        scan_rows(reader, source, &rows, sources, budget, &mut self.lines)
    }
}
