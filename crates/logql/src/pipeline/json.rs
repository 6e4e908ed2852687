//! `| json`: every field of the line as a label.

use std::ops::Range;

use crate::pipeline::json_scan::{Fault, Flow, Kind, Member, TOO_DEEP, members, unescape};
use crate::pipeline::labels::WorkLabels;
use crate::pipeline::line::Line;
use crate::pipeline::names::NameId;

pub(crate) const ERROR: &str = "JSONParserErr";

/// Objects nested deeper than this are a fault.
pub(crate) const MAX_DEPTH: usize = 64;

/// Extracts all fields (or, in a metric query, those that it needs).
pub(crate) fn extract(line: Line<'_>, labels: &mut WorkLabels) {
    if labels.hints.nothing() {
        return;
    }
    let mut extractor = Extractor { line, labels };
    if let Err(fault) = extractor.object(0..line.text.len(), None, 0) {
        labels.set_error(ERROR, fault.message);
    }
}

struct Extractor<'a> {
    line: Line<'a>,
    labels: &'a mut WorkLabels,
}

impl Extractor<'_> {
    fn object(&mut self, range: Range<usize>, prefix: Option<NameId>, depth: usize) -> Result<Flow, Fault> {
        if depth > MAX_DEPTH {
            return Err(TOO_DEEP.into());
        }
        let text = self.line.text;
        members(text, range, |member| self.member(text, member, prefix, depth))
    }

    fn member(
        &mut self,
        text: &str,
        member: &Member,
        prefix: Option<NameId>,
        depth: usize,
    ) -> Result<Flow, Fault> {
        if matches!(member.kind, Kind::Null | Kind::Array) {
            return Ok(Flow::Continue);
        }
        let raw = &text[member.key.clone()];
        let name = if member.key_escaped {
            let mut key = String::new();
            unescape(raw, &mut key).ok_or("a JSON key has an unknown escape")?;
            self.labels.names.of_key(prefix, &key)
        } else {
            self.labels.names.of_key(prefix, raw)
        };
        let Some(name) = name else { return Ok(Flow::Continue) };
        if member.kind == Kind::Object {
            if !self.labels.wants_below(name) {
                return Ok(Flow::Continue);
            }
            return self.object(member.value.clone(), Some(name), depth + 1);
        }
        let name = self.labels.parsed_name(name);
        if !self.labels.hints.wants(name) || self.labels.is_parsed(name) {
            return Ok(Flow::Continue);
        }
        let value = match member.kind {
            Kind::String { escaped } => string(self.line, self.labels, member.value.clone(), escaped),
            _ => self.line.value(member.value.clone()),
        };
        self.labels.set_parsed(name, value);
        Ok(if self.labels.all_found() { Flow::Stop } else { Flow::Continue })
    }
}

/// The value of a string literal: in the line where it stands as it is, else in the buffer of values.
pub(crate) fn string(
    line: Line<'_>,
    labels: &mut WorkLabels,
    range: Range<usize>,
    escaped: bool,
) -> crate::pipeline::labels::ValueRef {
    let literal = &line.text[range.clone()];
    if !escaped && !has_replacement(literal) {
        return line.value(range);
    }
    labels.own_with(|out| {
        let start = out.len();
        // A literal with an unknown escape counts as empty.
        let _empty_on_fault = unescape(literal, out);
        if has_replacement(&out[start..]) {
            let cleaned = out[start..].replace('\u{fffd}', " ");
            out.truncate(start);
            out.push_str(&cleaned);
        }
    })
}

/// Whether the text has the mark of undecodable bytes, which labels show as a blank.
fn has_replacement(text: &str) -> bool {
    memchr::memchr(0xef, text.as_bytes()).is_some() && text.contains('\u{fffd}')
}
