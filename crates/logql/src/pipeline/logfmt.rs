//! `| logfmt`: the line's `key=value` pairs as labels, all of them or chosen ones.

use std::ops::Range;

use crate::error::ParseError;
use crate::pipeline::labels::{ValueRef, WorkLabels};
use crate::pipeline::line::Line;
use crate::pipeline::logfmt_scan::{Item, Scanner, unescape};
use crate::pipeline::names::{NameId, Names};
use crate::syntax::{Extraction, LogfmtFlags, Stage};

const ERROR: &str = "LogfmtParserErr";

/// The compiled stage.
#[derive(Debug, Clone)]
pub(crate) struct Logfmt {
    flags: LogfmtFlags,
    /// Label and key; empty for all pairs.
    targets: Vec<(NameId, String)>,
}

impl Logfmt {
    pub(crate) fn new(
        flags: LogfmtFlags,
        extractions: &[Extraction],
        names: &mut Names,
    ) -> Result<Self, ParseError> {
        let target = |extraction: &Extraction| {
            let key = parse_key(&extraction.expression).map_err(|message| {
                let stage = Stage::Logfmt { flags, extractions: extractions.to_vec() };
                let message = format!("cannot parse expression [{}]: {message}", extraction.expression);
                ParseError::in_stage(&stage, &message)
            })?;
            Ok((names.intern(&extraction.name), key))
        };
        Ok(Self { flags, targets: extractions.iter().map(target).collect::<Result<_, ParseError>>()? })
    }

    /// Whether every pair becomes a label, rather than chosen ones.
    pub(crate) fn takes_all(&self) -> bool {
        self.targets.is_empty()
    }

    pub(crate) fn extract(&self, line: Line<'_>, labels: &mut WorkLabels) {
        if labels.hints.nothing() {
            return;
        }
        if self.targets.is_empty() { self.all(line, labels) } else { self.chosen(line, labels) }
    }

    fn all(&self, line: Line<'_>, labels: &mut WorkLabels) {
        let mut scanner = Scanner::new(line.text);
        while let Some(item) = scanner.next_item() {
            let (key, value, escaped) = match item {
                Item::Pair { key, value, escaped } => (key, value, escaped),
                Item::Fault(fault) if self.flags.strict => return labels.set_error(ERROR, &fault),
                Item::Fault(_) => continue,
            };
            let Some(name) = labels.names.of_key(None, &line.text[key]) else { continue };
            let name = labels.parsed_name(name);
            if !labels.hints.wants(name) || labels.is_parsed(name) {
                continue;
            }
            let Some(value) = self.value(line, labels, value, escaped) else { continue };
            labels.set_parsed(name, value);
            if labels.all_found() {
                return;
            }
        }
    }

    fn chosen(&self, line: Line<'_>, labels: &mut WorkLabels) {
        if line.text.is_empty() {
            return;
        }
        for (name, _) in &self.targets {
            if labels.lookup(*name).is_none() && labels.hints.wants(*name) {
                let empty = labels.own("");
                labels.set_parsed(*name, empty);
            }
        }
        let mut scanner = Scanner::new(line.text);
        while let Some(item) = scanner.next_item() {
            let (key, value, escaped) = match item {
                Item::Pair { key, value, escaped } => (key, value, escaped),
                Item::Fault(fault) if self.flags.strict => return labels.set_error(ERROR, &fault),
                Item::Fault(_) => continue,
            };
            let key = &line.text[key];
            for (name, _) in self.targets.iter().filter(|(_, wanted)| wanted == key) {
                let name = labels.parsed_name(*name);
                if labels.hints.wants(name) {
                    let value = text(line, labels, value.clone(), escaped);
                    labels.set_parsed(name, value);
                    // The empty labels set above count as found, so that a metric query that needs no other labels
                    // ends at the first pair that it asks for. So does Loki; the other labels stay empty.
                    if labels.all_found() {
                        return;
                    }
                }
            }
        }
    }

    /// The value, unless it is empty and empty ones are not kept.
    fn value(
        &self,
        line: Line<'_>,
        labels: &mut WorkLabels,
        range: Range<usize>,
        escaped: bool,
    ) -> Option<ValueRef> {
        if range.is_empty() && !self.flags.keep_empty {
            return None;
        }
        Some(text(line, labels, range, escaped))
    }
}

fn text(line: Line<'_>, labels: &mut WorkLabels, range: Range<usize>, escaped: bool) -> ValueRef {
    if !escaped {
        return line.value(range);
    }
    labels.own_with(|out| {
        // A value with an unknown escape counts as empty.
        let _empty_on_fault = unescape(&line.text[range], out);
    })
}

/// The key that an expression names: a word, or anything in quotes.
fn parse_key(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() {
        return Err("syntax error: unexpected $end, expecting STRING or KEY".to_owned());
    }
    if let Some(quoted) = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        return Ok(quoted.to_owned());
    }
    match text.chars().find(|c| !(c.is_alphanumeric() || *c == '_')) {
        None => Ok(text.to_owned()),
        Some(c) if c.is_whitespace() => Err("syntax error: unexpected KEY".to_owned()),
        Some(c) => Err(format!("unexpected char {c}")),
    }
}
