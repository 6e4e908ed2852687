//! `| pattern`: what lies between literals as labels.

use crate::error::ParseError;
use crate::pipeline::labels::WorkLabels;
use crate::pipeline::line::Line;
use crate::pipeline::names::{NameId, Names};
use crate::pipeline::pattern::Pattern;

/// The compiled stage.
#[derive(Debug, Clone)]
pub(crate) struct PatternParser {
    pattern: Pattern,
    names: Vec<NameId>,
}

impl PatternParser {
    pub(crate) fn new(text: &str, names: &mut Names) -> Result<Self, ParseError> {
        let fail = |message: String| ParseError::new(format!("invalid pattern parser: {message}"));
        let pattern = Pattern::parse(text).map_err(fail)?;
        let ids: Vec<NameId> = pattern.names().map(|name| names.intern(name)).collect();
        if ids.is_empty() {
            return Err(fail("at least one capture is required".to_owned()));
        }
        if let Some(at) = (1..ids.len()).find(|at| ids[..*at].contains(&ids[*at])) {
            return Err(fail(format!(
                "duplicate capture name ({}): invalid expression",
                names.text(ids[at])
            )));
        }
        Ok(Self { pattern, names: ids })
    }

    pub(crate) fn extract(&self, line: Line<'_>, labels: &mut WorkLabels) {
        if labels.hints.nothing() {
            return;
        }
        self.pattern.captures(line.text.as_bytes(), |at, start, end| {
            let name = labels.parsed_name(self.names[at]);
            if labels.hints.wants(name) && !labels.is_parsed(name) {
                labels.set_parsed(name, line.value(start..end));
            }
        });
    }
}
