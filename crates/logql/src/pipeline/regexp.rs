//! `| regexp`: named groups as labels.

use crate::error::ParseError;
use crate::gotext::regex::compile_text;
use crate::pipeline::labels::WorkLabels;
use crate::pipeline::line::Line;
use crate::pipeline::names::{NameId, Names};

/// The compiled stage.
#[derive(Debug, Clone)]
pub(crate) struct Regexp {
    regex: regex::Regex,
    /// Group and label.
    groups: Vec<(usize, NameId)>,
}

impl Regexp {
    pub(crate) fn new(pattern: &str, names: &mut Names) -> Result<Self, ParseError> {
        let fail = |message: String| ParseError::new(format!("invalid regexp parser: {message}"));
        let (regex, group_names) = compile_text(pattern).map_err(|error| fail(error.to_string()))?;
        let mut groups: Vec<(usize, NameId)> = Vec::new();
        for (at, name) in group_names.into_iter().enumerate() {
            let Some(name) = name else { continue };
            let id = names.intern(&name);
            if groups.iter().any(|(_, other)| *other == id) {
                return Err(fail(format!("duplicate extracted label name '{name}'")));
            }
            groups.push((at + 1, id));
        }
        if groups.is_empty() {
            return Err(fail("at least one named capture must be supplied".to_owned()));
        }
        Ok(Self { regex, groups })
    }

    pub(crate) fn extract(&self, line: Line<'_>, labels: &mut WorkLabels) {
        if labels.hints.nothing() {
            return;
        }
        let Some(captures) = self.regex.captures(line.text) else { return };
        for (group, name) in &self.groups {
            let name = labels.parsed_name(*name);
            if !labels.hints.wants(name) || labels.is_parsed(name) {
                continue;
            }
            let value = match captures.get(*group) {
                Some(found) => line.value(found.range()),
                None => labels.own(""),
            };
            labels.set_parsed(name, value);
        }
    }
}
