//! `| json a="x.y", b`: chosen values of the line as labels.

use std::ops::Range;

use smallvec::SmallVec;

use crate::error::ParseError;
use crate::pipeline::json::{ERROR, string};
use crate::pipeline::json_path::{Step, find, key_is, parse};
use crate::pipeline::json_scan::{Fault, Flow, Kind, Member, members_until};
use crate::pipeline::labels::WorkLabels;
use crate::pipeline::line::Line;
use crate::pipeline::names::{NameId, Names};
use crate::syntax::{Extraction, Stage};

/// The compiled stage.
#[derive(Debug, Clone)]
pub(crate) struct JsonExpressions {
    targets: Vec<(NameId, Vec<Step>)>,
}

type Found = Option<(Kind, Range<usize>)>;

impl JsonExpressions {
    pub(crate) fn new(extractions: &[Extraction], names: &mut Names) -> Result<Self, ParseError> {
        let target = |extraction: &Extraction| {
            let path = parse(&extraction.expression)
                .map_err(|message| ParseError::in_stage(&Stage::Json(extractions.to_vec()), &message))?;
            Ok((names.intern(&extraction.name), path))
        };
        Ok(Self { targets: extractions.iter().map(target).collect::<Result<_, ParseError>>()? })
    }

    pub(crate) fn extract(&self, line: Line<'_>, labels: &mut WorkLabels) {
        if line.text.is_empty() || labels.hints.nothing() {
            return;
        }
        // Other beginnings are no JSON, and no label is made then.
        if !line.text.starts_with(['{', '[', '"']) {
            labels.set_error(ERROR, "");
            return;
        }
        let mut found: SmallVec<[Found; 8]> = SmallVec::new();
        found.resize(self.targets.len(), None);
        if let Some(fault) = self.search(line.text, &mut found) {
            labels.set_error(ERROR, fault);
        }
        for ((name, _), found) in self.targets.iter().zip(found) {
            store(line, labels, *name, found);
        }
    }

    /// Looks for all targets in one pass over the outermost level. A fault is told only if it hides a target's value.
    fn search(&self, text: &str, found: &mut [Found]) -> Option<&'static str> {
        let mut fault = None;
        if text.starts_with('[') {
            for ((_, path), found) in self.targets.iter().zip(found) {
                match find(text, Kind::Array, 0..text.len(), path) {
                    Ok(value) => *found = value,
                    Err(error) => fault = Some(error),
                }
            }
            return fault;
        }
        let mut missing = self.targets.len();
        let (mut start, mut end) = (0, 0);
        // What is missing in an object is looked for in one that follows right behind it.
        let outcome = loop {
            let outcome =
                self.search_object(text, start..text.len(), found, &mut missing, &mut end, &mut fault);
            if missing == 0 || outcome.is_err() || !text[end..].starts_with('{') {
                break outcome;
            }
            start = end;
        };
        let hit = |key: &Range<usize>| {
            let named =
                |path: &[Step]| matches!(path.first(), Some(Step::Key(name)) if *name == text[key.clone()]);
            self.targets.iter().any(|(_, path)| named(path))
        };
        match outcome {
            Err(outer) if outer.key.as_ref().is_some_and(hit) => Some(outer.message),
            _ => fault,
        }
    }

    /// Looks for the targets in the object that starts at `range`.
    fn search_object(
        &self,
        text: &str,
        range: Range<usize>,
        found: &mut [Found],
        missing: &mut usize,
        end: &mut usize,
        fault: &mut Option<&'static str>,
    ) -> Result<(), Fault> {
        let outcome = members_until(text, range, end, |member| {
            for ((_, path), found) in self.targets.iter().zip(found.iter_mut()) {
                if found.is_none() && starts_with(path, text, member) {
                    match find(text, member.kind, member.value.clone(), &path[1..]) {
                        Ok(Some(value)) => {
                            *found = Some(value);
                            *missing -= 1;
                        }
                        Ok(None) => {}
                        Err(error) => *fault = Some(error),
                    }
                }
            }
            Ok(if *missing == 0 { Flow::Stop } else { Flow::Continue })
        });
        outcome.map(|_| ())
    }
}

fn starts_with(path: &[Step], text: &str, member: &Member) -> bool {
    match path.first() {
        Some(Step::Key(key)) => key_is(&text[member.key.clone()], member.key_escaped, key),
        _ => false,
    }
}

/// Sets the label; a value that is missing or null makes an empty one, unless there is a label of that name anyway.
fn store(line: Line<'_>, labels: &mut WorkLabels, name: NameId, found: Found) {
    let value = match found {
        None if labels.lookup(name).is_some() => return,
        None | Some((Kind::Null, _)) => labels.own(""),
        Some((Kind::String { escaped }, range)) => string(line, labels, range, escaped),
        Some((_, range)) => line.value(range),
    };
    let name = labels.parsed_name(name);
    if labels.hints.wants(name) {
        labels.set_parsed(name, value);
    }
}
