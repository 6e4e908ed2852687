//! The level field of a logfmt line.

use super::fields::Fields;

/// The value of the key that ranks best among `fields`, whatever its case; the first one of those.
pub(super) fn find<'t>(line: &'t [u8], fields: Fields<'_>) -> Option<&'t [u8]> {
    let mut best: Option<(usize, &[u8])> = None;
    let mut rest = line;
    while let Some((key, value, after)) = pair(rest) {
        rest = after;
        if let Some(rank) = fields.rank_ignoring_case(key)
            && best.is_none_or(|(known, _)| rank < known)
        {
            best = Some((rank, value));
            if rank == 0 {
                break;
            }
        }
    }
    best.map(|(_, value)| value)
}

/// The next `key=value`, and what follows it. Words without `=` are passed over.
fn pair(mut rest: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    loop {
        rest = rest.trim_ascii_start();
        let end = rest.iter().position(|byte| *byte == b'=' || *byte <= b' ')?;
        let (key, after) = rest.split_at(end);
        if after[0] != b'=' {
            rest = after;
            // Control characters separate words, too.
            rest = rest.get(1..)?;
            continue;
        }
        let (value, after) = value(&after[1..]);
        return Some((key, value, after));
    }
}

/// A value at the start of `text`, its quotes removed, and what follows it.
fn value(text: &[u8]) -> (&[u8], &[u8]) {
    let Some(quoted) = text.strip_prefix(b"\"") else {
        let end = text.iter().position(|byte| *byte <= b' ').unwrap_or(text.len());
        return text.split_at(end);
    };
    let mut at = 0;
    while let Some(found) = quoted.get(at..).and_then(|rest| memchr::memchr2(b'"', b'\\', rest)) {
        at += found;
        if quoted[at] == b'"' {
            return (&quoted[..at], &quoted[at + 1..]);
        }
        at += 2;
    }
    (quoted, b"")
}
