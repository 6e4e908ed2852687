//! Conditions that are looked at as soon as a parser finds their label.
//!
//! A condition that converts its label's value may mark the line with an error. Loki tries such conditions while it
//! parses, label by label, and so the mark may be there before stages that stand in front of the condition:
//! `| logfmt | __error__="" | took > 1s` drops the lines whose `took` is no duration.

use crate::pipeline::label_filter::Condition;
use crate::pipeline::names::NameId;
use crate::pipeline::stage::{CompiledStage, Row};
use crate::pipeline::work::Work;

/// The conditions to be tried when stage `at` has run: those that convert a label, up to the first stage that changes
/// labels otherwise than by parsing.
pub(super) fn conditions(stages: &[CompiledStage], at: usize) -> Vec<Condition> {
    if !stages[at].is_parser() {
        return Vec::new();
    }
    let zone = stages[at + 1..].iter().take_while(|stage| {
        !matches!(stage, CompiledStage::LabelFormat(_) | CompiledStage::Drop(_) | CompiledStage::Keep(_))
    });
    let converting = zone.filter_map(|stage| match stage {
        CompiledStage::Condition(condition) if condition.converted_label().is_some() => {
            Some(condition.clone())
        }
        _ => None,
    });
    converting.collect()
}

/// Tries the conditions on the labels written since there were `before`, in the order in which they were found.
pub(super) fn accept(conditions: &[Condition], work: &mut Work, row: Row<'_>, before: usize) -> bool {
    // A fault of the parser itself came after the labels that it has found.
    let (error, details) = work.labels.take_error();
    let mut at = before;
    while let Some(name) = work.labels.written_names().get(at).copied() {
        if !accept_label(conditions, work, row, name) {
            return false;
        }
        at += 1;
    }
    if !error.is_empty() {
        work.labels.set_error(&error, &details);
    }
    true
}

fn accept_label(conditions: &[Condition], work: &mut Work, row: Row<'_>, name: NameId) -> bool {
    let mut of_label = conditions.iter().filter(|condition| condition.converted_label() == Some(name));
    of_label.all(|condition| {
        let (_, texts, labels) = work.parts(row);
        condition.accepts(labels, texts)
    })
}
