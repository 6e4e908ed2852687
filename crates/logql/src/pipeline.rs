//! What happens to the lines that a selector chooses.
//!
//! A [`Pipeline`] is compiled once per query and shared by threads; each thread has a [`Runner`] that takes lines stream
//! by stream. Label names are numbers, values are references into the line or into reused buffers: a line that is
//! dropped costs no allocation.

mod alphabet;
mod decolorize;
mod early;
mod extract;
mod formatting;
mod hints;
mod ip;
mod json;
mod json_expressions;
mod json_path;
mod json_scan;
mod label_edit;
mod label_filter;
mod labels;
mod line;
mod line_filter;
mod logfmt;
mod logfmt_scan;
mod names;
mod needs;
mod pattern;
mod pattern_parser;
mod regexp;
mod reorder;
mod runner;
mod stage;
mod unpack;
mod work;

pub(crate) use extract::Extract;
pub(crate) use hints::Hints;
pub use labels::Category;
pub use line_filter::{CompiledFilter, CompiledFilters};
pub(crate) use names::{NameId, Names};
pub use needs::{FieldNeeds, Needs, Parser};
pub use runner::{Passed, Runner};
pub use stage::Row;

use crate::error::ParseError;
use crate::syntax::{RangeAggregation, RangeOp, Stage};
use label_filter::Condition;
use stage::CompiledStage;

/// The stages of a query, compiled and in the order in which they run.
#[derive(Debug, Clone)]
pub struct Pipeline {
    stages: Vec<CompiledStage>,
    names: Names,
    hints: Hints,
    /// Line filters that see the stored line: as many stages at the start.
    leading_filters: usize,
    /// For each stage that is a parser, the conditions that look at what it finds.
    early: Vec<Vec<Condition>>,
}

impl Pipeline {
    pub fn new(stages: &[Stage]) -> Result<Self, ParseError> {
        let mut names = Names::new();
        let pipeline = Self::compile(stages, &mut names)?;
        names.pin();
        Ok(Self { names, ..pipeline })
    }

    /// As [`Self::new`], with names still to be added and pinned.
    pub(crate) fn compile(stages: &[Stage], names: &mut Names) -> Result<Self, ParseError> {
        let ordered = reorder::reorder(stages);
        let stages: Vec<CompiledStage> =
            ordered.into_iter().map(|stage| CompiledStage::new(stage, names)).collect::<Result<_, _>>()?;
        let is_filter = |stage: &&CompiledStage| matches!(stage, CompiledStage::LineFilter(_));
        let leading_filters = stages.iter().take_while(is_filter).count();
        let early = (0..stages.len()).map(|at| early::conditions(&stages, at)).collect();
        Ok(Self { stages, names: names.clone(), hints: Hints::default(), leading_filters, early })
    }

    pub(crate) fn set_hints(&mut self, names: Names, hints: Hints) {
        self.names = names;
        self.hints = hints;
    }

    /// Whether every line passes as it is.
    pub fn is_empty(&self) -> bool {
        self.stages.is_empty()
    }

    /// The line filters that see the stored line, before any other stage.
    pub(crate) fn leading_filters(&self) -> impl Iterator<Item = &CompiledFilter> {
        self.stages[..self.leading_filters].iter().filter_map(|stage| match stage {
            CompiledStage::LineFilter(filter) => Some(filter),
            _ => None,
        })
    }

    pub(crate) fn name_text(&self, name: NameId) -> &str {
        self.names.text_at(name.index())
    }

    /// A runner for one thread.
    pub fn runner(&self) -> Runner<'_> {
        Runner::new(self)
    }

    /// Calls `visit` with every label that stages read by name; `false` when some stage may read any label.
    pub(crate) fn reads(&self, visit: &mut dyn FnMut(NameId)) -> bool {
        let mut by_name = true;
        for stage in &self.stages {
            by_name &= stage.reads(visit);
        }
        by_name
    }
}

/// Checks stages as far as that takes no lines.
pub(crate) fn check(stages: &[Stage]) -> Result<(), ParseError> {
    Pipeline::new(stages).map(drop)
}

pub(crate) fn check_range(aggregation: &RangeAggregation) -> Result<(), ParseError> {
    let mut names = Names::new();
    Pipeline::compile(&useful_stages(aggregation), &mut names)?;
    Extract::new(aggregation.op, aggregation.unwrap.as_ref(), &mut names).map(drop)
}

/// The stages of a range aggregation without those that cannot change its value: where lines are only counted, a
/// `line_format` that nothing reads the result of is left out (and may therefore even be faulty).
pub(crate) fn useful_stages(aggregation: &RangeAggregation) -> Vec<Stage> {
    let stages = &aggregation.log.stages;
    let counts = matches!(aggregation.op, RangeOp::Count | RangeOp::Rate) && aggregation.unwrap.is_none();
    let reads_line = |stage: &Stage| {
        !matches!(
            stage,
            Stage::LabelFilter(_)
                | Stage::LineFormat(_)
                | Stage::Drop(_)
                | Stage::Keep(_)
                | Stage::LabelFormat(_)
        )
    };
    let mut kept = Vec::with_capacity(stages.len());
    for (at, stage) in stages.iter().enumerate() {
        let useless =
            counts && matches!(stage, Stage::LineFormat(_)) && !stages[at + 1..].iter().any(reads_line);
        if !useless {
            kept.push(stage.clone());
        }
    }
    kept
}

#[cfg(test)]
mod tests;
