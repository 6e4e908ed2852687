//! Spellings of levels.

pub(super) const UNKNOWN: &str = "unknown";

/// Spelling and level. Compared without regard to case.
const SPELLINGS: [(&str, &str); 14] = [
    ("info", "info"),
    ("error", "error"),
    ("warn", "warn"),
    ("debug", "debug"),
    ("warning", "warn"),
    ("err", "error"),
    ("inf", "info"),
    ("wrn", "warn"),
    ("dbg", "debug"),
    ("trace", "trace"),
    ("trc", "trace"),
    ("fatal", "fatal"),
    ("critical", "critical"),
    ("information", "info"),
];

/// The level that `value` spells.
#[inline]
pub(super) fn known(value: &str) -> Option<&'static str> {
    let spelled = SPELLINGS.iter().find(|(spelling, _)| spelling.eq_ignore_ascii_case(value));
    spelled.map(|(_, level)| *level)
}
