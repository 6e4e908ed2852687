//! A line as words and what stands between them.
//!
//! A word with a digit in it is a variable from the start. Lines can be of one kind only if they have the same shape: the
//! same separators and the same keys.

use std::hash::{BuildHasher as _, Hasher as _};
use std::ops::Range;

use ahash::RandomState;

use super::scanner::{Kind, Piece, Scanner};

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
        let (bytes, cut) = (text.as_bytes(), text.len() < line.len());
        let mut scanner = Scanner::new(bytes, cut);
        let mut shape = self.hasher.build_hasher();
        let mut at = 0;
        self.words.clear();
        while let Some(mut piece) = scanner.next_piece() {
            let start = piece.range.start;
            shape.write(&bytes[at..start]);
            shape.write_u8(0xff); // in no text
            if self.words.len() == MAX_WORDS {
                piece = Piece { range: start..bytes.len(), kind: Kind::Cut };
            }
            let variable = is_variable(bytes, &piece);
            if piece.kind == Kind::Key && !variable {
                shape.write(&bytes[piece.range.clone()]);
            }
            at = piece.range.end;
            self.push(piece.range, variable);
            if piece.kind == Kind::Cut {
                break;
            }
        }
        shape.write(&bytes[at..]);
        if cut {
            self.leave_open(bytes.len());
        }
        self.core = self.words_in(scanner.message);
        for number in [self.words.len(), self.core.start, self.core.end] {
            shape.write_usize(number);
        }
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

fn is_variable(bytes: &[u8], piece: &Piece) -> bool {
    let Piece { range, kind } = piece;
    let text = &bytes[range.clone()];
    // A name in angle brackets would read as a capture.
    let bracketed = bytes[..range.start].ends_with(b"<") && bytes.get(range.end) == Some(&b'>');
    *kind == Kind::Cut
        || bracketed
        || text.len() > MAX_WORD
        || text.iter().any(|byte| byte.is_ascii_digit() || *byte == b'<')
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
    fn words_with_digits_are_variables() {
        for (line, words) in [
            ("user alice logged in", "user alice logged in"),
            ("GET /pay/48?page=3 HTTP/1.1", "GET pay # page # HTTP #"),
            ("gauge=-3.25 lat=0ms", "gauge # lat #"),
            ("<b>bold</b> <html lang=\"<en>\">", "# bold b html lang #"),
            (r#"{"a":"b 1","c":"d e","f9":["x"]}"#, r#"a # c d e # "x""#),
            ("", ""),
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
            ("a - b", "a x b", true),
            ("k=1", "k=xyz", true),
            ("k=1", "l=1", false),
            ("k1=1", "k2=1", true),
            (r#"{"a":1,"b":"x y"}"#, r#"{"a":2,"b":"z"}"#, true),
            (r#"{"a":1,"b":"x"}"#, r#"{"a":1,"c":"x"}"#, false),
            (r#"{"l":[1]}"#, r#"{"l":[1,2]}"#, true),
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
