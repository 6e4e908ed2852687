//! JSON lines as [`| json`](logql) reads them: an object whose scanning meets no fault is taken apart.

use crate::columns::shred::{Cut, End, MAX_SLOTS, Parsed};

/// Objects in objects.
const MAX_DEPTH: usize = 16;

/// Finds all values of an object; false if the line is to be kept whole.
pub(super) fn parse(line: &str, parsed: &mut Parsed) -> bool {
    let mut parser = Parser { line, bytes: line.as_bytes(), at: 0, path: String::new(), parsed };
    parser.skip_blanks();
    parser.object(0).is_some() && {
        parser.skip_blanks();
        parser.at == line.len()
    }
}

struct Parser<'a> {
    line: &'a str,
    bytes: &'a [u8],
    at: usize,
    path: String,
    parsed: &'a mut Parsed,
}

impl Parser<'_> {
    fn skip_blanks(&mut self) {
        while matches!(self.bytes.get(self.at), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.at += 1;
        }
    }

    fn eat(&mut self, byte: u8) -> Option<()> {
        (self.bytes.get(self.at) == Some(&byte)).then(|| self.at += 1)
    }

    fn object(&mut self, depth: usize) -> Option<()> {
        self.eat(b'{')?;
        self.skip_blanks();
        if self.eat(b'}').is_some() {
            return Some(());
        }
        loop {
            self.skip_blanks();
            self.member(depth)?;
            self.skip_blanks();
            if self.eat(b'}').is_some() {
                return Some(());
            }
            self.eat(b',')?;
        }
    }

    fn member(&mut self, depth: usize) -> Option<()> {
        self.eat(b'"')?;
        let end = string_end(self.bytes, self.at)?;
        let key = &self.line[self.at..end];
        // Such keys are names that flattening would change.
        if key.is_empty() || key.contains('\\') || key.trim().len() != key.len() {
            return None;
        }
        self.at = end + 1;
        self.skip_blanks();
        self.eat(b':')?;
        self.skip_blanks();
        let outer = self.path.len();
        if outer > 0 {
            self.path.push('.');
        }
        self.path.push_str(key);
        self.value(depth)?;
        self.path.truncate(outer);
        Some(())
    }

    fn value(&mut self, depth: usize) -> Option<()> {
        if self.parsed.cuts.len() >= MAX_SLOTS {
            return None;
        }
        match self.bytes.get(self.at)? {
            b'{' if depth < MAX_DEPTH => self.object(depth + 1),
            b'{' => None,
            b'"' => {
                let start = self.at + 1;
                let end = string_end(self.bytes, start)?;
                self.parsed.push(self.path.clone(), End::JsonString, Cut::new(start, end));
                self.at = end + 1;
                Some(())
            }
            _ => {
                let end = bare_end(self.bytes, self.at)?;
                self.parsed.push(self.path.clone(), End::JsonBare, Cut::new(self.at, end));
                self.at = end;
                Some(())
            }
        }
    }
}

const LOW: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x8080_8080_8080_8080;

/// Marks the bytes of `word` that equal `byte`; marks above the lowest may be false.
fn marks(word: u64, byte: u8) -> u64 {
    let differing = word ^ (LOW * u64::from(byte));
    differing.wrapping_sub(LOW) & !differing & HIGH
}

/// The place of the quote that closes a string whose text starts at `at`.
#[inline]
pub(super) fn string_end(line: &[u8], mut at: usize) -> Option<usize> {
    // Values are short: eight bytes at a time beat a call of a routine made for long texts.
    loop {
        while let Some(chunk) = line.get(at..).and_then(<[u8]>::first_chunk::<8>) {
            let word = u64::from_le_bytes(*chunk);
            let found = marks(word, b'"') | marks(word, b'\\');
            if found != 0 {
                at += (found.trailing_zeros() / 8) as usize;
                break;
            }
            at += 8;
        }
        match line.get(at)? {
            b'"' => return Some(at),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

/// The end of the number, word or array at `at`.
#[inline]
pub(super) fn bare_end(line: &[u8], at: usize) -> Option<usize> {
    let first = *line.get(at)?;
    if first == b'[' {
        return array_end(line, at);
    }
    let is_end = |byte: &u8| matches!(byte, b' ' | b'\n' | b'\r' | b'\t' | b',' | b'}' | b']');
    let end = line[at..].iter().position(is_end).map_or(line.len(), |length| at + length);
    let is_value =
        first.is_ascii_digit() || first == b'-' || matches!(&line[at..end], b"true" | b"false" | b"null");
    is_value.then_some(end)
}

/// Where the array that opens at `at` has been closed: brackets are counted, strings skipped.
fn array_end(line: &[u8], mut at: usize) -> Option<usize> {
    let mut depth = 0usize;
    loop {
        match line.get(at)? {
            b'"' => at = string_end(line, at + 1)?,
            b'[' => depth += 1,
            b']' => {
                depth -= 1;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
        at += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_end_at_the_first_bare_quote() {
        for (text, expected) in [
            (r#"abc" and"#, Some(3)),
            (r#"abcdefghijklm""#, Some(13)),
            (r#"abcdefg\"h""#, Some(10)),
            (r#"\\""#, Some(2)),
            (r#"""#, Some(0)),
            (r#"\""#, None),
            ("", None),
            ("abcdefgh", None),
            ("é\u{80}\u{7f}!#[]\"", Some(9)),
        ] {
            assert_eq!(string_end(text.as_bytes(), 0), expected, "{text}");
            // As a plain search would.
            for pad in 0..9 {
                let padded = "x".repeat(pad) + text;
                assert_eq!(string_end(padded.as_bytes(), 0), expected.map(|at| at + pad), "{padded}");
            }
        }
    }
}
