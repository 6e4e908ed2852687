//! `detected_level`: how severe an entry is, decided once when it is written, so that queries can filter and count by it.
//!
//! The first clue wins: structured metadata `detected_level`, a label or metadata that names a level, OpenTelemetry's
//! `severity_number`, a field of a JSON or logfmt line, a word of the line. Nothing here allocates per entry.

use std::borrow::Cow;

use model::Labels;

use crate::limits::Limits;

mod fields;
mod json;
mod logfmt;
mod spelling;
mod text;

use fields::Fields;
use spelling::{UNKNOWN, known};

/// The structured metadata that holds the level.
pub(super) const DETECTED_LEVEL: &str = "detected_level";
const SEVERITY_NUMBER: &str = "severity_number";

/// Finds levels as the limits say.
#[derive(Debug, Clone, Copy)]
pub(super) struct LevelDetector<'l> {
    fields: Fields<'l>,
    max_json_depth: usize,
}

/// What the structured metadata of one entry says about its level.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Clues<'m> {
    /// Rank among the fields that name a level, and the value.
    field: Option<(usize, &'m str)>,
    severity_number: Option<&'m str>,
    /// Whether the entry came with a `detected_level`.
    pub given: bool,
}

impl<'l> LevelDetector<'l> {
    /// `None` if levels are not to be detected.
    pub(super) fn new(limits: &'l Limits) -> Option<Self> {
        (limits.discover_log_levels && limits.allow_structured_metadata).then(|| Self {
            fields: Fields::new(&limits.log_level_fields),
            max_json_depth: limits.log_level_from_json_max_depth,
        })
    }

    /// The level that a stream's labels give to all its entries.
    pub(super) fn of_labels(&self, labels: &Labels) -> Option<Cow<'static, str>> {
        let ranked = labels.iter().filter_map(|(name, value)| Some((self.fields.rank(name)?, value)));
        let (_, value) = ranked.min_by_key(|(rank, _)| *rank)?;
        Some(known(value).map_or_else(|| Cow::Owned(value.to_owned()), Cow::Borrowed))
    }

    /// Looks at one pair of structured metadata.
    #[inline]
    pub(super) fn note<'m>(&self, clues: &mut Clues<'m>, name: &str, value: &'m str) {
        if value.is_empty() {
            return;
        }
        if name == SEVERITY_NUMBER {
            clues.severity_number = Some(value);
        } else if let Some(rank) = self.fields.rank(name)
            && clues.field.is_none_or(|(best, _)| rank < best)
        {
            clues.field = Some((rank, value));
        }
    }

    /// The level of an entry whose stream has none.
    pub(super) fn of_entry<'m>(&self, clues: &Clues<'m>, line: &str) -> &'m str {
        match (clues.field, clues.severity_number) {
            (Some((_, value)), _) => normalised(value),
            (None, Some(number)) => severity(number),
            (None, None) => self.of_line(line.as_bytes()),
        }
    }

    fn of_line(&self, line: &[u8]) -> &'static str {
        let trimmed = line.trim_ascii();
        let value = if trimmed.starts_with(b"{") && trimmed.ends_with(b"}") {
            json::find(trimmed, self.fields, self.max_json_depth)
        } else if memchr::memchr(b'=', line).is_some() {
            logfmt::find(line, self.fields)
        } else {
            None
        };
        value.and_then(known_bytes).or_else(|| text::find(line)).unwrap_or(UNKNOWN)
    }
}

/// The usual spelling of a level; what is no known level stays as it is.
pub(super) fn normalised(value: &str) -> &str {
    known(value).unwrap_or(value)
}

fn known_bytes(value: &[u8]) -> Option<&'static str> {
    known(std::str::from_utf8(value).ok()?)
}

/// OpenTelemetry's severity numbers.
fn severity(number: &str) -> &'static str {
    match number.parse::<i64>() {
        Ok(0 | 25..) => UNKNOWN,
        Ok(..=4) => "trace",
        Ok(5..=8) => "debug",
        Ok(9..=12) | Err(_) => "info",
        Ok(13..=16) => "warn",
        Ok(17..=20) => "error",
        Ok(21..=24) => "fatal",
    }
}

#[cfg(test)]
mod tests;
