//! What a push contained and could not be stored.

use std::borrow::Cow;
use std::collections::BTreeMap;

/// Refusals listed in an answer; the rest is counted.
const MAX_LISTED: usize = 10;
/// Bytes of a name, a value or a label set in a message: what is too long need not be repeated in full.
const MAX_QUOTED: usize = 4 << 10;

/// The start of a text that may be very long.
pub(super) fn quoted(text: &str) -> Cow<'_, str> {
    if text.len() <= MAX_QUOTED {
        return Cow::Borrowed(text);
    }
    Cow::Owned(format!("{}…", &text[..text.floor_char_boundary(MAX_QUOTED)]))
}

/// Entries and streams that were refused, by reason.
#[derive(Debug, Default)]
pub(crate) struct Refused {
    pub entries: u64,
    messages: Vec<String>,
    unlisted: u64,
    pub by_reason: BTreeMap<&'static str, u64>,
    /// Whether something was too much rather than wrong: the client may try again later.
    pub limited: bool,
}

impl Refused {
    pub(super) fn add(&mut self, reason: &'static str, message: impl FnOnce() -> String) {
        self.add_many(reason, 1, message);
    }

    /// As [`Self::add`], for all entries of a stream that is over a limit.
    pub(super) fn limit(&mut self, reason: &'static str, entries: u64, message: impl FnOnce() -> String) {
        self.limited = true;
        self.add_many(reason, entries, message);
    }

    fn add_many(&mut self, reason: &'static str, entries: u64, message: impl FnOnce() -> String) {
        self.entries += entries;
        *self.by_reason.entry(reason).or_default() += entries;
        if self.messages.len() < MAX_LISTED {
            self.messages.push(message());
        } else {
            self.unlisted += 1;
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.entries == 0
    }

    /// The answer's text.
    pub(crate) fn text(&self) -> String {
        let mut text = self.messages.join("\n");
        if self.unlisted > 0 {
            text.push_str(&format!("\nand {} more", self.unlisted));
        }
        text
    }
}
