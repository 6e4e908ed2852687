//! Which kinds of lines there are: `patterns`.
//!
//! Lines are clustered when they are asked for, so this works for whatever is stored. A cluster holds lines that differ in
//! some words only; its pattern has `<_>` for these, and `|> "<pattern>"` finds its lines again. Time and memory are
//! bounded: of many lines a sample is clustered and its counts scaled ([`sampler`]), of many clusters the rare ones are
//! given up ([`clusters`]).

use logql::{CompiledSelector, LogExpr, ParseError, Pipeline, Row, Runner};
use model::{TimeRange, TimestampNanos};

use super::budget::QueryError;
use super::run::{Context, blocking};
use super::scan::{Sink, Wanted};
use crate::batch::Stream;

mod cluster;
mod clusters;
mod message;
mod sampler;
mod scanner;
mod tokens;

use clusters::Clusters;
use sampler::Sampler;
use tokens::Tokens;

/// Times of samples are seconds, and Loki counts in slices of ten.
const MIN_STEP_NS: i64 = 10_000_000_000;
const LEVEL: &str = "detected_level";
/// For streams whose entries have no detected level.
const LEVEL_LABEL: &str = "level";
const UNKNOWN_LEVEL: &str = "unknown";
/// Further levels count as unknown.
const MAX_LEVELS: usize = 32;

/// A pattern, and when how many lines had it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FoundPattern {
    pub pattern: String,
    pub level: String,
    /// The start of a step in Unix seconds, and the lines in it.
    pub samples: Vec<(i64, u64)>,
}

/// A question for patterns: which lines, and in which steps they are counted.
#[derive(Debug)]
pub(crate) struct PatternPlan {
    selector: CompiledSelector,
    pipeline: Pipeline,
    step: i64,
}

impl PatternPlan {
    pub(crate) fn new(expr: &LogExpr, step: i64) -> Result<Self, ParseError> {
        Ok(Self {
            selector: CompiledSelector::new(&expr.selector)?,
            pipeline: Pipeline::new(&expr.stages)?,
            step: step.max(MIN_STEP_NS),
        })
    }
}

/// The patterns of the lines that pass, the most frequent first.
pub(crate) async fn find_patterns(
    context: Context,
    plan: PatternPlan,
    range: TimeRange,
) -> Result<Vec<FoundPattern>, QueryError> {
    let (found, _) = blocking(context, move |scan| {
        let wanted = Wanted { selector: plan.selector.clone(), range, backward: false };
        let mut lines = Lines::new(&plan);
        scan.run(&wanted, &mut lines)?;
        Ok(lines.finish())
    })
    .await?;
    Ok(found)
}

/// Takes the rows of a scan.
struct Lines<'p> {
    runner: Runner<'p>,
    step: i64,
    /// The hash of the current stream, and the level that its labels give.
    stream: (u64, u8),
    levels: Vec<Box<str>>,
    sampler: Sampler,
    tokens: Tokens,
    clusters: Clusters,
}

impl<'p> Lines<'p> {
    fn new(plan: &'p PatternPlan) -> Self {
        Self {
            runner: plan.pipeline.runner(),
            step: plan.step,
            stream: (0, 0),
            levels: vec![UNKNOWN_LEVEL.into()],
            sampler: Sampler::default(),
            tokens: Tokens::default(),
            clusters: Clusters::default(),
        }
    }

    /// The number of a level.
    fn level(&mut self, name: &str) -> u8 {
        let known = self.levels.iter().position(|level| **level == *name);
        let at = known.unwrap_or_else(|| {
            if self.levels.len() == MAX_LEVELS {
                return 0;
            }
            self.levels.push(name.into());
            self.levels.len() - 1
        });
        at as u8
    }

    fn finish(self) -> Vec<FoundPattern> {
        let levels = self.levels;
        let pattern = |(level, pattern, counts): (u8, String, clusters::Counts)| FoundPattern {
            pattern,
            level: levels[usize::from(level)].to_string(),
            samples: counts.into_iter().collect(),
        };
        self.clusters.finish().into_iter().map(pattern).collect()
    }
}

impl Sink for Lines<'_> {
    fn begin_stream(&mut self, stream: &Stream) {
        self.runner.begin_stream(&stream.labels);
        let named = |name| stream.labels.iter().find(|(label, _)| *label == name).map(|(_, value)| value);
        let level = named(LEVEL).or_else(|| named(LEVEL_LABEL)).unwrap_or(UNKNOWN_LEVEL);
        self.stream = (stream.hash(), self.level(level));
    }

    fn wants(&self, _at: TimestampNanos) -> bool {
        true
    }

    fn push(&mut self, row: Row<'_>) -> Result<(), QueryError> {
        let own = row.metadata.iter().find(|(name, _)| *name == LEVEL);
        let level = own.map_or(self.stream.1, |(_, level)| self.level(level));
        let Some(passed) = self.runner.run(row) else { return Ok(()) };
        let line = passed.line();
        if line.trim_ascii().is_empty() {
            return Ok(());
        }
        let Some(count) = self.sampler.take(self.stream.0, level) else { return Ok(()) };
        let at = row.timestamp.div_euclid(self.step) * self.step;
        let text = self.tokens.read(line);
        self.clusters.add(level, text, &self.tokens, at.div_euclid(1_000_000_000), count);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
