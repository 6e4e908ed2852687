//! A line as words and what stands between them.
//!
//! Words are letters, digits and what joins them in names, numbers, times and addresses; all else separates. A word with a
//! digit in it is a variable from the start. Lines can be of one kind only if they have the same shape: the same
//! separators and the same keys.

use std::hash::{BuildHasher as _, Hasher as _};
use std::ops::Range;

use ahash::RandomState;

use super::message::{is_key, message};

/// What follows these many bytes or words of a line is taken as one variable.
const MAX_BYTES: usize = 2048;
const MAX_WORDS: usize = 256;
/// Longer words are variables.
const MAX_WORD: usize = 64;

/// A word, as a part of its line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Word {
    pub start: u32,
    pub end: u32,
    /// Whether it counts as one of many that may stand there.
    pub variable: bool,
}

impl Word {
    pub(super) fn of(self, text: &str) -> &str {
        &text[self.start as usize..self.end as usize]
    }
}

/// A line taken apart; used again for the next line.
#[derive(Debug)]
pub(super) struct Tokens {
    pub words: Vec<Word>,
    /// The words that say what kind of line it is: those of its message, else all.
    pub core: Range<usize>,
    /// Equal for lines of the same shape.
    pub shape: u64,
    hasher: RandomState,
}

impl Default for Tokens {
    fn default() -> Self {
        Self { words: Vec::new(), core: 0..0, shape: 0, hasher: RandomState::with_seeds(1, 2, 3, 4) }
    }
}

impl Tokens {
    /// Takes a line apart; gives the part of it that words and separators come from.
    pub(super) fn read<'l>(&mut self, line: &'l str) -> &'l str {
        let text = &line[..line.floor_char_boundary(MAX_BYTES)];
        let bytes = text.as_bytes();
        let mut shape = self.hasher.build_hasher();
        let mut message_at = None;
        let mut at = 0;
        self.words.clear();
        loop {
            let start = word_start(bytes, at);
            shape.write(&bytes[at..start]);
            shape.write_u8(0xff);
            if start == bytes.len() {
                break;
            }
            if self.words.len() == MAX_WORDS {
                self.push(start..bytes.len(), true);
                break;
            }
            let end = word_end(bytes, start);
            let variable = is_variable(bytes, start..end);
            if !variable && is_key(bytes, end) {
                shape.write(&bytes[start..end]);
                message_at = message_at.or_else(|| message(bytes, start..end));
            }
            self.push(start..end, variable);
            at = end;
        }
        if text.len() < line.len() {
            self.leave_open(bytes.len());
        }
        self.core = self.words_in(message_at);
        shape.write_usize(self.words.len());
        shape.write_usize(self.core.start);
        shape.write_usize(self.core.end);
        self.shape = shape.finish();
        text
    }

    fn push(&mut self, range: Range<usize>, variable: bool) {
        self.words.push(Word { start: range.start as u32, end: range.end as u32, variable });
    }

    /// Makes the last word stand for what is beyond `end`, too.
    fn leave_open(&mut self, end: usize) {
        match self.words.last_mut() {
            Some(last) if last.end as usize == end => last.variable = true,
            _ => self.push(end..end, true),
        }
    }

    /// The words in a range of the text; all of them where there is none.
    fn words_in(&self, range: Option<Range<usize>>) -> Range<usize> {
        let all = 0..self.words.len();
        let Some(range) = range else { return all };
        let first = self.words.partition_point(|word| (word.start as usize) < range.start);
        let end = self.words.partition_point(|word| (word.start as usize) < range.end);
        if first < end { first..end } else { all }
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

fn is_digit(byte: Option<&u8>) -> bool {
    byte.is_some_and(u8::is_ascii_digit)
}

/// Where the next word starts: at a letter, a digit, or the sign of a number.
fn word_start(bytes: &[u8], mut at: usize) -> usize {
    while let Some(byte) = bytes.get(at) {
        let sign = *byte == b'-' && is_digit(bytes.get(at + 1)) && (at == 0 || bytes[at - 1] != b'-');
        if is_word(*byte) || sign {
            break;
        }
        at += 1;
    }
    at
}

fn word_end(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while let Some(byte) = bytes.get(at) {
        let next = bytes.get(at + 1);
        let joins = match byte {
            b'.' | b'-' => next.is_some_and(|byte| is_word(*byte)),
            b':' | b'+' => is_digit(bytes.get(at - 1)) && is_digit(next),
            _ => is_word(*byte),
        };
        if !joins {
            break;
        }
        at += 1;
    }
    at
}

fn is_variable(bytes: &[u8], word: Range<usize>) -> bool {
    // In angle brackets it would read as the name of a capture.
    let bracketed = bytes[..word.start].ends_with(b"<") && bytes.get(word.end) == Some(&b'>');
    bracketed || word.len() > MAX_WORD || bytes[word].iter().any(u8::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(line: &str) -> String {
        let mut tokens = Tokens::default();
        let text = tokens.read(line);
        let word = |word: &Word| if word.variable { "#" } else { word.of(text) };
        tokens.words.iter().map(word).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn lines_fall_into_words() {
        for (line, words) in [
            ("user alice logged in", "user alice logged in"),
            ("GET /pay/48?page=3 HTTP/1.1", "GET pay # page # HTTP #"),
            ("at 2026-11-20T10:00:01.931Z, 127.0.0.1:8080", "at # #"),
            ("10:00:00+02:00 up", "# up"),
            ("pay/handler.go:53 failed: timeout.", "pay handler.go # failed timeout"),
            ("gauge=-3.25 lat=0ms", "gauge # lat #"),
            ("5-3 -- -4 --5", "# # #"),
            ("<b>bold</b> <html lang=\"en\">", "# bold b html lang en"),
            ("größer ✓ 日本語", "größer ✓ 日本語"),
            ("x86_64 order-service E_STOCK", "# order-service E_STOCK"),
            ("", ""),
            (" = ", ""),
        ] {
            assert_eq!(shown(line), words, "{line}");
        }
    }

    #[test]
    fn shapes_are_separators_and_keys() {
        let shape = |line: &str| {
            let mut tokens = Tokens::default();
            tokens.read(line);
            tokens.shape
        };
        for (left, right, same) in [
            ("a b", "c d", true),
            ("a b", "a-b", false),
            ("a b", "a b.", false),
            ("k=1", "k=xyz", true),
            ("k=1", "l=1", false),
            ("k1=1", "k2=1", true),
            (r#"{"a":1,"b":"x"}"#, r#"{"a":2,"b":"y"}"#, true),
            (r#"{"a":1,"b":"x"}"#, r#"{"a":1,"c":"x"}"#, false),
        ] {
            assert_eq!(shape(left) == shape(right), same, "{left} and {right}");
        }
    }

    #[test]
    fn long_lines_end_in_a_variable() {
        let mut tokens = Tokens::default();
        for line in ["word ".repeat(1000), "-".repeat(3000), "é".repeat(2000), format!("{:2048}x", "a b")] {
            let text = tokens.read(&line);
            assert!(text.len() <= MAX_BYTES && tokens.words.len() <= MAX_WORDS + 1);
            assert!(tokens.words.last().unwrap().variable, "{}", &line[..10]);
        }
    }

    #[test]
    fn the_message_is_the_core() {
        for (line, core) in [
            (r#"{"a":"x","msg":"one two","b":"y"}"#, 3..5),
            ("a b", 0..2),
            ("level=info msg=done", 3..4),
            ("level=info msg=", 0..3),
        ] {
            let mut tokens = Tokens::default();
            tokens.read(line);
            assert_eq!(tokens.core, core, "{line}");
        }
    }
}
