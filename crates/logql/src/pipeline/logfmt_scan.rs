//! A scanner for `key=value` pairs.

use std::ops::Range;

/// What stands at a place in the line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Item {
    Pair {
        key: Range<usize>,
        /// Empty for a key alone; of quoted values, what is between the quotes.
        value: Range<usize>,
        escaped: bool,
    },
    /// A fault, described.
    Fault(String),
}

/// Walks over a line. After a fault it goes on behind the next blank.
#[derive(Debug, Clone)]
pub(crate) struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Scanner<'a> {
    pub(crate) fn new(line: &'a str) -> Self {
        Self { bytes: line.as_bytes(), at: 0 }
    }

    pub(crate) fn next_item(&mut self) -> Option<Item> {
        while self.bytes.get(self.at).is_some_and(|byte| *byte <= b' ') {
            self.at += 1;
        }
        let start = self.at;
        self.bytes.get(start)?;
        loop {
            match self.bytes.get(self.at) {
                Some(b'=') if self.at == start => return Some(self.unexpected('=')),
                Some(b'"') => return Some(self.unexpected('"')),
                Some(b'=') => {
                    let key = start..self.at;
                    self.at += 1;
                    return Some(self.value(key));
                }
                Some(byte) if *byte > b' ' => self.at += 1,
                _ => {
                    let end = self.at;
                    return Some(Item::Pair { key: start..end, value: end..end, escaped: false });
                }
            }
        }
    }

    fn value(&mut self, key: Range<usize>) -> Item {
        if self.bytes.get(self.at) == Some(&b'"') {
            return self.quoted(key);
        }
        let start = self.at;
        loop {
            match self.bytes.get(self.at) {
                Some(b'=') => return self.unexpected('='),
                Some(b'"') => return self.unexpected('"'),
                Some(byte) if *byte > b' ' => self.at += 1,
                _ => return Item::Pair { key, value: start..self.at, escaped: false },
            }
        }
    }

    fn quoted(&mut self, key: Range<usize>) -> Item {
        let start = self.at + 1;
        let mut at = start;
        let mut escaped = false;
        while let Some(offset) = self.bytes.get(at..).and_then(|rest| memchr::memchr2(b'"', b'\\', rest)) {
            at += offset;
            if self.bytes[at] == b'"' {
                self.at = at + 1;
                return Item::Pair { key, value: start..at, escaped };
            }
            escaped = true;
            at += 2;
        }
        self.at = self.bytes.len();
        Item::Fault(format!("logfmt syntax error at pos {} : unterminated quoted value", self.at + 1))
    }

    #[cold]
    fn unexpected(&mut self, c: char) -> Item {
        let at = self.at;
        let rest = &self.bytes[at..];
        self.at += rest.iter().position(|byte| *byte <= b' ').unwrap_or(rest.len());
        Item::Fault(format!("logfmt syntax error at pos {} : unexpected '{c}'", at + 1))
    }
}

/// Appends the text of a quoted value; `false` (and nothing appended) when an escape is unknown.
pub(crate) fn unescape(literal: &str, out: &mut String) -> bool {
    crate::pipeline::json_scan::unescape(literal, out).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scan(line: &str) -> Vec<String> {
        let mut scanner = Scanner::new(line);
        std::iter::from_fn(|| scanner.next_item())
            .map(|item| match item {
                Item::Pair { key, value, .. } => format!("{}={}", &line[key], &line[value]),
                Item::Fault(fault) => fault.rsplit("pos ").next().unwrap_or_default().to_owned(),
            })
            .collect()
    }

    #[test]
    fn pairs_and_faults() {
        for (line, items) in [
            ("a=1 b=\"x y\" c", vec!["a=1", "b=x y", "c="]),
            ("a=b=c d==e f=1", vec!["4 : unexpected '='", "9 : unexpected '='", "f=1"]),
            ("=x \"q\"=1 z=2", vec!["1 : unexpected '='", "4 : unexpected '\"'", "z=2"]),
            ("ok=1 bad\"q=2 after=3", vec!["ok=1", "9 : unexpected '\"'", "after=3"]),
            ("a=\"1\"b=\"2\"", vec!["a=1", "b=2"]),
            ("a=\"open b=1", vec!["12 : unterminated quoted value"]),
            ("a= b=", vec!["a=", "b="]),
            ("m=\"say \\\"hi\\\"\"", vec!["m=say \\\"hi\\\""]),
            (" ", vec![]),
        ] {
            assert_eq!(scan(line), items, "{line}");
        }
    }
}
