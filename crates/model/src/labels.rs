//! Label sets: what identifies a log stream.

use std::fmt;

/// A set of labels, sorted by name, names unique, no empty values.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Labels(Vec<(String, String)>);

/// Why a text or a list of pairs is not a label set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LabelError {
    #[error("label {0:?} occurs twice")]
    Duplicate(String),
    #[error("{0:?} is not a label name: letters, digits and _ only, no digit first")]
    Name(String),
    #[error("at byte {at}: {expected} expected")]
    Syntax { at: usize, expected: &'static str },
}

/// Whether `name` matches `[a-zA-Z_][a-zA-Z0-9_]*`.
pub fn is_label_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes.next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_')
        && bytes.all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

impl Labels {
    /// Sorts the pairs, drops those without a value and refuses bad or repeated names.
    pub fn new(mut pairs: Vec<(String, String)>) -> Result<Self, LabelError> {
        pairs.retain(|(_, value)| !value.is_empty());
        pairs.sort();
        if let Some((name, _)) = pairs.iter().find(|(name, _)| !is_label_name(name)) {
            return Err(LabelError::Name(name.clone()));
        }
        if let Some(twins) = pairs.windows(2).find(|twins| twins[0].0 == twins[1].0) {
            return Err(LabelError::Duplicate(twins[0].0.clone()));
        }
        Ok(Self(pairs))
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        let at = self.0.binary_search_by(|(key, _)| key.as_str().cmp(name)).ok()?;
        Some(&self.0[at].1)
    }

    /// Adds a label or replaces its value; an empty value removes it.
    pub fn set(&mut self, name: &str, value: &str) {
        match self.0.binary_search_by(|(key, _)| key.as_str().cmp(name)) {
            Ok(at) if value.is_empty() => drop(self.0.remove(at)),
            Ok(at) => value.clone_into(&mut self.0[at].1),
            Err(_) if value.is_empty() => {}
            Err(at) => self.0.insert(at, (name.to_owned(), value.to_owned())),
        }
    }

    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Bytes on the heap, roughly: for memory budgets.
    pub fn heap_bytes(&self) -> usize {
        self.0.iter().map(|(name, value)| name.len() + value.len() + 48).sum()
    }
}

/// The canonical text: `{a="b", c="d"}`, values escaped as in [`parse_label_set`].
impl fmt::Display for Labels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("{")?;
        for (at, (name, value)) in self.0.iter().enumerate() {
            write!(f, "{}{name}={}", if at == 0 { "" } else { ", " }, Quoted(value))?;
        }
        f.write_str("}")
    }
}

/// A string in double quotes with backslash escapes.
struct Quoted<'a>(&'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("\"")?;
        for c in self.0.chars() {
            match c {
                '"' => f.write_str("\\\"")?,
                '\\' => f.write_str("\\\\")?,
                '\n' => f.write_str("\\n")?,
                '\r' => f.write_str("\\r")?,
                '\t' => f.write_str("\\t")?,
                c if (c as u32) < 0x20 || c as u32 == 0x7f => write!(f, "\\x{:02x}", c as u32)?,
                c => write!(f, "{c}")?,
            }
        }
        f.write_str("\"")
    }
}

/// Parses `{name="value", …}` with Go's string escapes, as Loki's push messages carry it.
pub fn parse_label_set(text: &str) -> Result<Labels, LabelError> {
    Labels::new(LabelSetParser { text, at: 0 }.parse()?)
}

struct LabelSetParser<'a> {
    text: &'a str,
    at: usize,
}

impl LabelSetParser<'_> {
    fn parse(&mut self) -> Result<Vec<(String, String)>, LabelError> {
        let mut pairs = Vec::new();
        self.expect('{', "{")?;
        while !self.eat('}') {
            if !pairs.is_empty() {
                self.expect(',', ", or }")?;
                if self.eat('}') {
                    break; // a trailing comma is allowed, as in Prometheus
                }
            }
            let name = self.name()?;
            self.expect('=', "=")?;
            pairs.push((name, self.quoted()?));
        }
        self.skip_blanks();
        if self.at == self.text.len() { Ok(pairs) } else { Err(self.error("end of the label set")) }
    }

    fn name(&mut self) -> Result<String, LabelError> {
        self.skip_blanks();
        let rest = &self.text[self.at..];
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len());
        if end == 0 {
            return Err(self.error("label name"));
        }
        self.at += end;
        Ok(rest[..end].to_owned())
    }

    fn quoted(&mut self) -> Result<String, LabelError> {
        self.skip_blanks();
        if self.eat('`') {
            let rest = &self.text[self.at..];
            let end = rest.find('`').ok_or_else(|| self.error("closing `"))?;
            self.at += end + 1;
            return Ok(rest[..end].to_owned());
        }
        self.expect('"', "\" or `")?;
        let mut value = String::new();
        loop {
            let rest = &self.text[self.at..];
            let plain = rest.find(['"', '\\']).ok_or_else(|| self.error("closing \""))?;
            value.push_str(&rest[..plain]);
            self.at += plain + 1;
            if rest[plain..].starts_with('"') {
                return Ok(value);
            }
            self.escape(&mut value)?;
        }
    }

    /// Reads one escape after its backslash.
    fn escape(&mut self, value: &mut String) -> Result<(), LabelError> {
        let mut rest = self.text[self.at..].chars();
        let kind = rest.next().ok_or_else(|| self.error("escape"))?;
        self.at += kind.len_utf8();
        let plain = match kind {
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'a' => '\x07',
            'b' => '\x08',
            'f' => '\x0c',
            'v' => '\x0b',
            '"' | '\\' | '\'' => kind,
            'x' => return self.code_point(2, value),
            'u' => return self.code_point(4, value),
            'U' => return self.code_point(8, value),
            _ => return Err(self.error("known escape")),
        };
        value.push(plain);
        Ok(())
    }

    fn code_point(&mut self, digits: usize, value: &mut String) -> Result<(), LabelError> {
        let hex = self.text.get(self.at..self.at + digits).ok_or_else(|| self.error("hexadecimal digits"))?;
        let code = u32::from_str_radix(hex, 16).map_err(|_| self.error("hexadecimal digits"))?;
        value.push(char::from_u32(code).ok_or_else(|| self.error("Unicode character"))?);
        self.at += digits;
        Ok(())
    }

    fn skip_blanks(&mut self) {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start().len();
    }

    fn eat(&mut self, wanted: char) -> bool {
        self.skip_blanks();
        let found = self.text[self.at..].starts_with(wanted);
        if found {
            self.at += wanted.len_utf8();
        }
        found
    }

    fn expect(&mut self, wanted: char, expected: &'static str) -> Result<(), LabelError> {
        if self.eat(wanted) { Ok(()) } else { Err(self.error(expected)) }
    }

    fn error(&self, expected: &'static str) -> LabelError {
        LabelError::Syntax { at: self.at, expected }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn label_sets_are_parsed_and_sorted() {
        for (text, canonical) in [
            (r#"{b="2",a="1"}"#, r#"{a="1", b="2"}"#),
            (r#" { a = "x\"y\\z\n" , } "#, r#"{a="x\"y\\z\n"}"#),
            ("{a=`raw\\`}", r#"{a="raw\\"}"#),
            (r#"{a="", b="1"}"#, r#"{b="1"}"#),
            (r#"{a="\u00fc"}"#, "{a=\"ü\"}"),
            ("{}", "{}"),
        ] {
            assert_eq!(parse_label_set(text).unwrap().to_string(), canonical, "{text}");
        }
    }

    #[test]
    fn bad_label_sets_name_the_place() {
        for (text, error) in [
            ("a=\"b\"", LabelError::Syntax { at: 0, expected: "{" }),
            ("{a}", LabelError::Syntax { at: 2, expected: "=" }),
            (r#"{a="b" c="d"}"#, LabelError::Syntax { at: 7, expected: ", or }" }),
            (r#"{a="b"} x"#, LabelError::Syntax { at: 8, expected: "end of the label set" }),
            (r#"{a="b"#, LabelError::Syntax { at: 4, expected: "closing \"" }),
            (r#"{a="1",a="2"}"#, LabelError::Duplicate("a".into())),
            (r#"{1a="1"}"#, LabelError::Name("1a".into())),
        ] {
            assert_eq!(parse_label_set(text), Err(error), "{text}");
        }
    }

    proptest! {
        #[test]
        fn the_canonical_text_parses_to_the_same_set(pairs in prop::collection::btree_map("[a-z_][a-z0-9_]{0,5}", ".{1,8}", 0..5)) {
            let labels = Labels::new(pairs.into_iter().collect()).unwrap();
            prop_assert_eq!(parse_label_set(&labels.to_string()).unwrap(), labels);
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in ".{0,40}") {
            drop(parse_label_set(&text));
        }
    }
}
