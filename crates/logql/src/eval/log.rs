//! Queries for lines: the first or last so many of all that pass.

use std::collections::BinaryHeap;
use std::sync::Arc;

use ahash::AHashMap;
use model::Labels;

use crate::error::ParseError;
use crate::eval::gate::Gate;
use crate::eval::labels::{CategorizedLabels, LabelSet};
use crate::matcher::CompiledSelector;
use crate::pipeline::{CompiledFilter, Pipeline, Row, Runner};
use crate::syntax::{LogExpr, Selector, Stage};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    Forward,
    Backward,
}

/// What to return of the lines that pass.
#[derive(Debug, Clone, Copy)]
pub struct LogOptions {
    pub direction: Direction,
    pub limit: usize,
    /// Nanoseconds that must lie between two lines; 0 for all lines.
    pub interval: i64,
}

/// With an interval, lines are left out only in the end: at most this many wait for it.
const MAX_WAITING: usize = 1_000_000;

/// A query for lines, ready to be run.
#[derive(Debug, Clone)]
pub struct LogPlan {
    selector: Selector,
    compiled: CompiledSelector,
    pipeline: Pipeline,
    gate: Option<Gate>,
    passes_all: bool,
    options: LogOptions,
}

/// A line of the result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogEntry {
    pub timestamp: i64,
    pub line: String,
    pub labels: Arc<CategorizedLabels>,
    /// Of lines with equal times: that of the stream, then the order in which they were pushed.
    order: (u64, u64),
}

impl LogPlan {
    pub fn new(expr: &LogExpr, options: LogOptions) -> Result<Self, ParseError> {
        Ok(Self {
            selector: expr.selector.clone(),
            compiled: CompiledSelector::new(&expr.selector)?,
            pipeline: Pipeline::new(&expr.stages)?,
            gate: Gate::new(&expr.stages)?,
            passes_all: expr.stages.iter().all(never_drops),
            options,
        })
    }

    pub fn selector(&self) -> &Selector {
        &self.selector
    }

    pub fn compiled_selector(&self) -> &CompiledSelector {
        &self.compiled
    }

    pub fn pipeline(&self) -> &Pipeline {
        &self.pipeline
    }

    pub fn options(&self) -> LogOptions {
        self.options
    }

    /// The line filters that see the stored line, before anything else is done.
    pub fn line_filters(&self) -> impl Iterator<Item = &CompiledFilter> {
        self.pipeline.leading_filters()
    }

    /// A test by fields that rows must pass; `None` when the pipeline has none that could be told from fields alone.
    pub fn gate(&self) -> Option<&Gate> {
        self.gate.as_ref()
    }

    /// Whether every row that has passed the line filters is a line of the result.
    pub fn passes_all(&self) -> bool {
        self.passes_all
    }

    /// Takes rows, on one thread.
    pub fn collector(&self) -> LogCollector<'_> {
        let capacity = if self.options.interval > 0 { MAX_WAITING } else { self.options.limit };
        LogCollector {
            runner: self.pipeline.runner(),
            options: self.options,
            capacity,
            kept: BinaryHeap::new(),
            labels: AHashMap::new(),
            stream: 0,
            pushed: 0,
        }
    }

    /// The entries of the result, in the asked order.
    pub fn finish(&self, parts: Vec<LogPart>) -> Vec<LogEntry> {
        let mut entries: Vec<LogEntry> = parts.into_iter().flat_map(|part| part.entries).collect();
        entries.sort_by(|left, right| {
            rank(left, self.options.direction).cmp(&rank(right, self.options.direction))
        });
        if self.options.interval > 0 {
            let mut last: Option<i64> = None;
            entries.retain(|entry| {
                let far =
                    last.is_none_or(|last| entry.timestamp.abs_diff(last) >= self.options.interval as u64);
                if far {
                    last = Some(entry.timestamp);
                }
                far
            });
        }
        entries.truncate(self.options.limit);
        entries
    }
}

/// Whether a stage lets every line pass that gets behind the line filters at the start.
fn never_drops(stage: &Stage) -> bool {
    matches!(
        stage,
        Stage::LineFilter(_)
            | Stage::Json(_)
            | Stage::Logfmt { .. }
            | Stage::Drop(_)
            | Stage::Keep(_)
            | Stage::LabelFormat(_)
            | Stage::Decolorize
    )
}

/// What one collector has gathered.
#[derive(Debug, Clone, Default)]
pub struct LogPart {
    entries: Vec<LogEntry>,
}

/// Smaller is returned first.
type Rank = (i128, i128, i128);

fn rank(entry: &LogEntry, direction: Direction) -> Rank {
    let (stream, at) = entry.order;
    let rank = (i128::from(entry.timestamp), i128::from(stream), i128::from(at));
    match direction {
        Direction::Forward => rank,
        Direction::Backward => (-rank.0, -rank.1, -rank.2),
    }
}

/// An entry with its rank; the greatest is the first to go.
#[derive(Debug)]
struct Kept {
    rank: Rank,
    entry: LogEntry,
}

impl PartialEq for Kept {
    fn eq(&self, other: &Self) -> bool {
        self.rank == other.rank
    }
}

impl Eq for Kept {}

impl PartialOrd for Kept {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Kept {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.rank.cmp(&other.rank)
    }
}

/// Takes rows stream by stream, in any order of time, and keeps the best.
#[derive(Debug)]
pub struct LogCollector<'p> {
    runner: Runner<'p>,
    options: LogOptions,
    capacity: usize,
    kept: BinaryHeap<Kept>,
    /// Each label set once.
    labels: AHashMap<CategorizedLabels, Arc<CategorizedLabels>>,
    stream: u64,
    pushed: u64,
}

impl LogCollector<'_> {
    /// The rows that follow are of the stream with these labels; `order` decides between streams where times are equal.
    pub fn begin_stream(&mut self, labels: &Labels, order: u64) {
        self.runner.begin_stream(labels);
        self.stream = order;
    }

    /// Whether a row of that time could still be a part of the result.
    pub fn wants(&self, timestamp: i64) -> bool {
        if self.kept.len() < self.capacity {
            return true;
        }
        let Some(worst) = self.kept.peek() else { return self.capacity > 0 };
        match self.options.direction {
            Direction::Forward => timestamp <= worst.entry.timestamp,
            Direction::Backward => timestamp >= worst.entry.timestamp,
        }
    }

    pub fn push(&mut self, row: Row<'_>) {
        if !self.wants(row.timestamp) {
            return;
        }
        let Some(passed) = self.runner.run(row) else { return };
        let labels = CategorizedLabels::of(&passed);
        let labels = match self.labels.get(&labels) {
            Some(known) => Arc::clone(known),
            None => {
                let shared = Arc::new(labels.clone());
                // Labels of entries that have been pushed out are not worth keeping.
                if self.labels.len() > 4 * self.capacity.max(1024) {
                    self.labels.clear();
                }
                self.labels.insert(labels, Arc::clone(&shared));
                shared
            }
        };
        self.pushed += 1;
        let order = (self.stream, self.pushed);
        let entry = LogEntry { timestamp: row.timestamp, line: passed.line().to_owned(), labels, order };
        self.kept.push(Kept { rank: rank(&entry, self.options.direction), entry });
        if self.kept.len() > self.capacity {
            self.kept.pop();
        }
    }

    pub fn finish(self) -> LogPart {
        LogPart { entries: self.kept.into_iter().map(|kept| kept.entry).collect() }
    }
}

/// Entries of the result that share their labels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResultStream {
    pub labels: LabelSet,
    pub entries: Vec<LogEntry>,
}

/// Groups entries by all their labels, or (`by_stream`) by those of their streams; sorted by label set.
pub fn group_streams(entries: Vec<LogEntry>, by_stream: bool) -> Vec<ResultStream> {
    let mut places: AHashMap<LabelSet, usize> = AHashMap::new();
    let mut streams: Vec<ResultStream> = Vec::new();
    for entry in entries {
        let labels = if by_stream { entry.labels.stream.clone() } else { entry.labels.merged() };
        let at = *places.entry(labels).or_insert_with_key(|labels| {
            streams.push(ResultStream { labels: labels.clone(), entries: Vec::new() });
            streams.len() - 1
        });
        streams[at].entries.push(entry);
    }
    streams.sort_by(|left, right| left.labels.cmp(&right.labels));
    streams
}
