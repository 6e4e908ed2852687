//! A pipeline: stages in order, each of which may change, drop or hold back an entry.

use std::time::{Duration, Instant};

use crate::config::StageConfig;
use crate::entry::{Entry, Origin};
use crate::metrics::{Metrics, Number};
use crate::stages;

/// What a stage decided about an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// On to the next stage.
    Pass,
    /// Not wanted.
    Drop,
    /// Kept by the stage; comes out with a later entry or by [`Stage::expire`].
    Held,
}

/// Which held entries are to come out.
#[derive(Debug, Clone, Copy)]
pub enum Expiry {
    /// Those whose time has come.
    Due(Instant),
    /// Every one: nothing will follow.
    All,
}

/// What stages know about the moment, and tell the reader.
#[derive(Debug)]
pub struct Context {
    /// When the chunk under way was read.
    pub now: Instant,
    /// A stage's wish that the reader pause before the next line.
    pub pause: Duration,
}

impl Context {
    /// A context for what is read at `now`.
    pub fn new(now: Instant) -> Self {
        Self { now, pause: Duration::ZERO }
    }
}

/// One step.
pub trait Stage: Send {
    /// Handles one entry. At most one entry comes out; a stage that holds one back may swap it with `entry`.
    fn process(&mut self, entry: &mut Entry, context: &mut Context) -> Verdict;

    /// Moves one held entry whose time has come into `entry`; `false` when there is none.
    fn expire(&mut self, _expiry: Expiry, _entry: &mut Entry, _context: &mut Context) -> bool {
        false
    }

    /// Shows the origin of the first line of everything held, so that no position moves past it.
    fn held(&self, _visit: &mut dyn FnMut(Origin)) {}
}

/// Stages that cannot work as configured.
#[derive(Debug, thiserror::Error)]
#[error("pipeline_stages: {stage}: {problem}")]
pub struct StageError {
    pub stage: &'static str,
    pub problem: String,
}

/// What stages need to be built.
#[derive(Debug, Clone)]
pub struct StageEnvironment {
    pub metrics: Metrics,
}

impl StageEnvironment {
    /// The counter of lines dropped for `reason`.
    pub fn dropped(&self, reason: &str) -> Number {
        self.metrics.counter(
            "logentry_dropped_lines_total",
            "Lines dropped by pipeline stages.",
            &[("reason", reason)],
        )
    }
}

/// The stages of a job.
#[derive(Default)]
pub struct Pipeline {
    stages: Vec<Box<dyn Stage>>,
}

impl std::fmt::Debug for Pipeline {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pipeline").field("stages", &self.stages.len()).finish()
    }
}

impl Pipeline {
    /// Checks and builds the stages of `configs`.
    pub fn new(configs: &[StageConfig], environment: &StageEnvironment) -> Result<Self, StageError> {
        let stages =
            configs.iter().map(|config| stages::build(config, environment)).collect::<Result<_, _>>()?;
        Ok(Self { stages })
    }

    /// Runs an entry through all stages.
    pub fn process(&mut self, entry: &mut Entry, context: &mut Context) -> Verdict {
        run(&mut self.stages, entry, context)
    }

    /// Moves one entry that was held back, and made it through the remaining stages, into `entry`. Call it until it
    /// returns `false`.
    pub fn expire(&mut self, expiry: Expiry, entry: &mut Entry, context: &mut Context) -> bool {
        for index in 0..self.stages.len() {
            let (before, after) = self.stages.split_at_mut(index + 1);
            let stage = &mut before[index];
            while stage.expire(expiry, entry, context) {
                if run(after, entry, context) == Verdict::Pass {
                    return true;
                }
            }
        }
        false
    }

    /// See [`Stage::held`].
    pub fn held(&self, visit: &mut dyn FnMut(Origin)) {
        for stage in &self.stages {
            stage.held(visit);
        }
    }
}

fn run(stages: &mut [Box<dyn Stage>], entry: &mut Entry, context: &mut Context) -> Verdict {
    for stage in stages {
        match stage.process(entry, context) {
            Verdict::Pass => {}
            other => return other,
        }
    }
    Verdict::Pass
}
