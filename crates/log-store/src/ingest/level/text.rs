//! A word of the line that names a level.

/// Words that are looked for, by their first letter.
fn words(first: u8) -> &'static [(&'static str, &'static str)] {
    match first | 0x20 {
        b'i' => &[("info", "info")],
        b'e' => &[("error", "error"), ("err", "error")],
        b'w' => &[("warn", "warn"), ("warning", "warn")],
        b'd' => &[("debug", "debug")],
        b't' => &[("trace", "trace")],
        b'f' => &[("fatal", "fatal")],
        b'c' => &[("critical", "critical")],
        _ => &[],
    }
}

const LEFT: u8 = 1;
const RIGHT: u8 = 2;
const START: u8 = 4;

/// Which bytes may stand before and after a word, and which may begin one.
const SIDES: [u8; 256] = {
    let mut sides = [0; 256];
    let starts = b"iewdtfcIEWDTFC";
    let (left, right) = (b" \t\n[({\"'=|", b" \t\n[](){}:,!\"'=|");
    let mut at = 0;
    while at < left.len() {
        sides[left[at] as usize] |= LEFT;
        at += 1;
    }
    at = 0;
    while at < right.len() {
        sides[right[at] as usize] |= RIGHT;
        at += 1;
    }
    at = 0;
    while at < starts.len() {
        sides[starts[at] as usize] |= START;
        at += 1;
    }
    sides
};

/// The first word of the line that is a level. Naively: the earliest match, in any case, that has an allowed byte or
/// an end of the line on both sides.
pub(super) fn find(line: &[u8]) -> Option<&'static str> {
    let mut before = LEFT;
    for (at, &byte) in line.iter().enumerate() {
        let here = SIDES[byte as usize];
        if before & LEFT != 0
            && here & START != 0
            && let Some(level) = word_at(line, at, byte)
        {
            return Some(level);
        }
        before = here;
    }
    None
}

#[inline]
fn word_at(line: &[u8], at: usize, first: u8) -> Option<&'static str> {
    words(first).iter().find_map(|(word, level)| {
        let end = at + word.len();
        let same = line.get(at..end)?.eq_ignore_ascii_case(word.as_bytes());
        let ends = line.get(end).is_none_or(|after| SIDES[*after as usize] & RIGHT != 0);
        (same && ends).then_some(*level)
    })
}
