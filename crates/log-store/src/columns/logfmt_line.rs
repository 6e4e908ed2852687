//! Lines of `key=value` pairs as `| logfmt` reads them. Only plain ones are taken apart: one blank between pairs, every
//! key with a value, no escapes.

use crate::columns::shred::{Cut, End, MAX_SLOTS, Parsed};

/// With fewer pairs a text that happens to have an equals sign is no structured line.
const MIN_PAIRS: usize = 2;

/// Finds all values; false if the line is to be kept whole.
pub(super) fn parse(line: &str, parsed: &mut Parsed) -> bool {
    let bytes = line.as_bytes();
    let mut at = 0;
    loop {
        let Some(length) = bytes[at..].iter().position(|byte| !is_key(*byte)) else { return false };
        let key = at..at + length;
        if key.is_empty() || bytes[key.end] != b'=' || parsed.cuts.len() >= MAX_SLOTS {
            return false;
        }
        at = key.end + 1;
        let quoted = bytes.get(at) == Some(&b'"');
        at += usize::from(quoted);
        let (kind, end) = if quoted {
            (End::LogfmtQuoted, quoted_end(bytes, at))
        } else {
            (End::LogfmtBare, bare_end(bytes, at))
        };
        let Some(end) = end else { return false };
        parsed.push(line[key].to_owned(), kind, Cut::new(at, end));
        at = end + usize::from(quoted);
        match bytes.get(at) {
            None => return parsed.cuts.len() >= MIN_PAIRS,
            Some(b' ') => at += 1,
            Some(_) => return false,
        }
    }
}

fn is_key(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-' | b'/' | b'@')
}

/// The place of the quote that closes the value which starts at `at`.
#[inline]
pub(super) fn quoted_end(line: &[u8], at: usize) -> Option<usize> {
    let rest = line.get(at..)?;
    let end = rest.iter().position(|byte| matches!(byte, b'"' | b'\\'))?;
    (rest[end] == b'"').then_some(at + end)
}

/// The end of the word at `at`.
#[inline]
pub(super) fn bare_end(line: &[u8], at: usize) -> Option<usize> {
    let rest = line.get(at..)?;
    let end = rest.iter().position(|byte| *byte <= b' ' || matches!(byte, b'"' | b'='));
    let end = end.unwrap_or(rest.len());
    let stops_well = rest.get(end).is_none_or(|byte| *byte == b' ');
    (end > 0 && stops_well).then_some(at + end)
}
