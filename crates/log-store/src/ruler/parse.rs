//! Reading and checking rule files and groups; whatever is wrong is named with line and column.

use std::collections::BTreeSet;
use std::fmt;

use serde::Deserialize;
use serde_saphyr::Spanned;

use super::spec::{GroupSpec, LabelMap, RuleYaml};

mod check;

use check::Checker;

/// Larger files and bodies are refused.
pub(crate) const MAX_BYTES: usize = 4 << 20;
/// Errors that are listed.
const MAX_ERRORS: usize = 20;

/// What is wrong with a rule file or group.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RuleError {
    /// Not the YAML that it should be; the text has line and column.
    #[error("{0}")]
    Yaml(String),
    #[error("{}", Listed(.0))]
    Invalid(Vec<Problem>),
    #[error("{0}")]
    TooLarge(String),
}

/// Something wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    line: u64,
    column: u64,
    message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line == 0 {
            return f.write_str(&self.message);
        }
        write!(f, "line {}, column {}: {}", self.line, self.column, self.message)
    }
}

struct Listed<'a>(&'a [Problem]);

impl fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, problem) in self.0.iter().take(MAX_ERRORS).enumerate() {
            write!(f, "{}{problem}", if at > 0 { ", " } else { "" })?;
        }
        match self.0.len().saturating_sub(MAX_ERRORS) {
            0 => Ok(()),
            more => write!(f, ", and {more} more"),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFile {
    groups: Option<Vec<RawGroup>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawGroup {
    name: Spanned<String>,
    interval: Option<Spanned<String>>,
    query_offset: Option<Spanned<String>>,
    limit: Option<usize>,
    labels: Option<LabelMap>,
    rules: Option<Vec<Spanned<RawRule>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRule {
    record: Option<String>,
    alert: Option<String>,
    expr: Option<Spanned<String>>,
    #[serde(rename = "for")]
    hold: Option<Spanned<String>>,
    keep_firing_for: Option<Spanned<String>>,
    labels: Option<Spanned<LabelMap>>,
    annotations: Option<Spanned<LabelMap>>,
}

impl RawRule {
    fn into_yaml(self) -> RuleYaml {
        let text = |given: Option<Spanned<String>>| given.map(|given| given.value);
        let map = |given: Option<Spanned<LabelMap>>| given.map(|given| given.value).unwrap_or_default();
        RuleYaml {
            record: self.record,
            alert: self.alert,
            expr: text(self.expr).unwrap_or_default(),
            hold: text(self.hold),
            keep_firing_for: text(self.keep_firing_for),
            labels: map(self.labels),
            annotations: map(self.annotations),
        }
    }
}

fn read<T: for<'de> Deserialize<'de>>(text: &str) -> Result<T, RuleError> {
    if text.len() > MAX_BYTES {
        return Err(RuleError::TooLarge(format!("rules may have {MAX_BYTES} bytes, not {}", text.len())));
    }
    let options = serde_saphyr::options! { with_snippet: false };
    serde_saphyr::from_str_with_options(text, options).map_err(|error| RuleError::Yaml(error.to_string()))
}

/// Reads `groups: […]`; a file without anything has no groups.
pub(crate) fn parse_file(text: &str) -> Result<Vec<GroupSpec>, RuleError> {
    if text.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#')) {
        return Ok(Vec::new());
    }
    let file: RawFile = read(text)?;
    let mut checker = Checker::default();
    let mut names = BTreeSet::new();
    let mut groups = Vec::new();
    for group in file.groups.unwrap_or_default() {
        if !names.insert(group.name.value.clone()) {
            let message = format!("groupname: {:?} is repeated in the same file", group.name.value);
            checker.fail(group.name.referenced, message);
        }
        groups.push(checker.group(group));
    }
    checker.end(groups)
}

/// Reads one group, as clients send it.
pub(crate) fn parse_group(text: &str) -> Result<GroupSpec, RuleError> {
    let group: RawGroup = read(text)?;
    let mut checker = Checker::default();
    let group = checker.group(group);
    checker.end(group)
}

#[cfg(test)]
mod tests;
