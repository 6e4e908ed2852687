//! Walks over a line and tells its pieces: words, and texts in quotes and lists, which count as one word.
//!
//! Of a text in quotes only the message of a structured line is taken apart, and the first one of a plain line (as the
//! request in an access log): in others the number of words says nothing about the kind of line.

use std::ops::Range;

use super::message::{message, quote_end};

/// A piece of a line; what lies between pieces separates them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Piece {
    pub range: Range<usize>,
    pub kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Word,
    /// The name of a value.
    Key,
    /// A text in quotes, or a list.
    Text,
    /// The beginning of something that was cut off: takes all that follows.
    Cut,
}

#[derive(Debug)]
pub(super) struct Scanner<'t> {
    bytes: &'t [u8],
    at: usize,
    /// Whether the line goes on behind `bytes`.
    cut: bool,
    json: bool,
    /// Up to here quotes do not count: the end of a text that is being taken apart.
    inside_until: usize,
    /// Whether a text has been taken apart for being the first one.
    first_taken: bool,
    /// Where the message (or what serves as one) is, once it has been met.
    pub message: Option<Range<usize>>,
}

impl<'t> Scanner<'t> {
    pub(super) fn new(bytes: &'t [u8], cut: bool) -> Self {
        let json = bytes.trim_ascii_start().first() == Some(&b'{');
        Self { bytes, at: 0, cut, json, inside_until: 0, first_taken: false, message: None }
    }

    pub(super) fn next_piece(&mut self) -> Option<Piece> {
        while let Some(byte) = self.bytes.get(self.at) {
            let inside = self.at < self.inside_until;
            let piece = match byte {
                b'"' if !inside => self.quoted(),
                b'[' if !inside && self.json => self.list(),
                _ => self.word(),
            };
            if piece.is_some() {
                return piece;
            }
            self.at += 1;
        }
        None
    }

    fn text(&mut self, range: Range<usize>, kind: Kind) -> Option<Piece> {
        self.at = range.end + 1;
        (!range.is_empty()).then_some(Piece { range, kind })
    }

    /// A text whose opening quote is at the current place. Where `None` is returned the quotes are passed over.
    fn quoted(&mut self) -> Option<Piece> {
        let start = self.at + 1;
        if self.before(self.at).is_some_and(is_word) {
            return None; // an inch
        }
        let Some(end) = quote_end(self.bytes, start) else {
            return if self.cut { self.text(start..self.bytes.len(), Kind::Cut) } else { None };
        };
        if start == end {
            self.at = end;
            return None;
        }
        if self.names_value(end) {
            self.message = self.message.take().or_else(|| message(self.bytes, start..end));
            return self.text(start..end, Kind::Key);
        }
        if self.is_taken_apart(start..end) {
            self.inside_until = end + 1;
            return None;
        }
        self.text(start..end, Kind::Text)
    }

    /// Whether the text that starts behind the quote at the current place is the name of a JSON value.
    fn names_value(&self, end: usize) -> bool {
        let follows = self.bytes[end + 1..].trim_ascii_start().first() == Some(&b':');
        follows && (self.json || matches!(self.before(self.at), Some(b'{' | b',')))
    }

    fn is_taken_apart(&mut self, text: Range<usize>) -> bool {
        if self.message.as_ref().is_some_and(|message| message.start == text.start) {
            return true;
        }
        let before = &self.bytes[..self.at];
        let spaced = before.last().is_none_or(u8::is_ascii_whitespace);
        let is_value = matches!(before.trim_ascii_end().last(), Some(b':' | b'='));
        let first = spaced && !is_value && !self.json && !self.first_taken;
        self.first_taken |= first;
        if first && self.message.is_none() && is_request(&self.bytes[text.clone()]) {
            self.message = Some(text);
        }
        first
    }

    /// A list that opens at the current place and is the value of a field.
    fn list(&mut self) -> Option<Piece> {
        let start = self.at + 1;
        if self.bytes[..self.at].trim_ascii_end().last() != Some(&b':') {
            return None;
        }
        match list_end(self.bytes, start) {
            Some(end) => self.text(start..end, Kind::Text).or_else(|| {
                self.at = end;
                None
            }),
            None if self.cut => self.text(start..self.bytes.len(), Kind::Cut),
            None => None,
        }
    }

    /// A word, the sign of a number included, or a dash that stands for nothing.
    fn word(&mut self) -> Option<Piece> {
        let (at, next) = (self.at, self.bytes.get(self.at + 1).copied());
        let byte = self.bytes[at];
        let before = self.before(at);
        let is_blank = |byte: Option<u8>| byte.is_none_or(|byte| byte.is_ascii_whitespace());
        let sign = byte == b'-' && next.is_some_and(|next| next.is_ascii_digit()) && before != Some(b'-');
        let dash = byte == b'-' && is_blank(before) && is_blank(next);
        if !(is_word(byte) || sign || dash) {
            return None;
        }
        let end = if dash { at + 1 } else { word_end(self.bytes, at) };
        self.at = end;
        let is_key = self.bytes.get(end) == Some(&b'=');
        if is_key {
            self.message = self.message.take().or_else(|| message(self.bytes, at..end));
        }
        Some(Piece { range: at..end, kind: if is_key { Kind::Key } else { Kind::Word } })
    }

    fn before(&self, at: usize) -> Option<u8> {
        Some(self.bytes[at.checked_sub(1)?])
    }
}

/// Whether a text is the request of an access log, as `GET /cart HTTP/1.1`: what the line is about.
fn is_request(text: &[u8]) -> bool {
    let method = text.iter().take_while(|byte| byte.is_ascii_uppercase()).count();
    method > 0 && text[method..].starts_with(b" /")
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

/// Behind letters, digits, and what joins them in names, numbers, times and addresses.
fn word_end(bytes: &[u8], start: usize) -> usize {
    let is_digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let mut at = start + 1;
    while let Some(byte) = bytes.get(at) {
        let joins = match byte {
            b'.' | b'-' => bytes.get(at + 1).is_some_and(|next| is_word(*next)),
            b':' | b'+' => is_digit(at - 1) && is_digit(at + 1),
            _ => is_word(*byte),
        };
        if !joins {
            break;
        }
        at += 1;
    }
    at
}

/// The place of the bracket that closes a list whose elements start at `at`.
fn list_end(bytes: &[u8], mut at: usize) -> Option<usize> {
    let mut open = 1;
    loop {
        at += memchr::memchr3(b'[', b']', b'"', bytes.get(at..)?)?;
        match bytes[at] {
            b'"' => at = quote_end(bytes, at + 1)?,
            b'[' => open += 1,
            _ => {
                open -= 1;
                if open == 0 {
                    return Some(at);
                }
            }
        }
        at += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(line: &str, cut: bool) -> Vec<&str> {
        let mut scanner = Scanner::new(line.as_bytes(), cut);
        std::iter::from_fn(|| scanner.next_piece()).map(|piece| &line[piece.range]).collect()
    }

    #[test]
    fn words_are_what_people_call_words() {
        for (line, expected) in [
            ("GET /pay/48?page=3 HTTP/1.1", &["GET", "pay", "48", "page", "3", "HTTP", "1.1"][..]),
            ("2026-11-20T10:00:01.931Z, 127.0.0.1:80", &["2026-11-20T10:00:01.931Z", "127.0.0.1:80"]),
            ("10:00:00+02:00 up", &["10:00:00+02:00", "up"]),
            ("pay/handler.go:53 failed: timeout.", &["pay", "handler.go", "53", "failed", "timeout"]),
            ("5-3 -- -4 --5 - alice -", &["5-3", "-4", "5", "-", "alice", "-"]),
            ("größer ✓ x86_64 E_STOCK", &["größer", "✓", "x86_64", "E_STOCK"]),
            (" = ", &[]),
        ] {
            assert_eq!(pieces(line, false), expected, "{line}");
        }
    }

    #[test]
    fn texts_in_quotes_are_one_piece_or_taken_apart() {
        for (line, expected) in [
            (r#""GET /a" 200 "curl/8 x""#, &["GET", "a", "200", "curl/8 x"][..]),
            (r#"k="v w" msg="a \"b\" c" z="""#, &["k", "v w", "msg", "a", "b", "c", "z"]),
            (
                r#"{"a b":"c d","msg" : "e f: [1","l":["x",["]"]],"m":[],"n":1}"#,
                &["a b", "c d", "msg", "e", "f", "1", "l", r#""x",["]"]"#, "m", "n", "1"],
            ),
            (r#"5" and 6" pipes"#, &["5", "and", "6", "pipes"]),
            (r#"open "quote here"#, &["open", "quote", "here"]),
        ] {
            assert_eq!(pieces(line, false), expected, "{line}");
        }
    }

    #[test]
    fn what_was_cut_off_is_one_piece() {
        for (line, expected) in [
            (r#"{"stack":"at a() at "#, &["stack", "at a() at "][..]),
            (r#"{"list":[1,{"a":"#, &["list", r#"1,{"a":"#]),
            (r#"{"msg":""#, &["msg"]),
        ] {
            assert_eq!(pieces(line, true), expected, "{line}");
        }
    }
}
