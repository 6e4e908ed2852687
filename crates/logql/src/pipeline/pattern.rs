//! `<name>` patterns: literals with captures between them.

use memchr::memmem::Finder;

/// One part of a pattern.
#[derive(Debug, Clone)]
enum Part {
    Literal(Box<Finder<'static>>),
    /// `None` for `<_>`.
    Capture(Option<String>),
}

/// A pattern, read.
#[derive(Debug, Clone)]
pub(crate) struct Pattern {
    parts: Vec<Part>,
}

impl Pattern {
    /// Reads a pattern; two captures without a literal between them have no meaning.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut parts: Vec<Part> = Vec::new();
        let mut literal = String::new();
        let mut rest = text;
        while !rest.is_empty() {
            if let Some((name, length)) = capture(rest) {
                if literal.is_empty() {
                    if let Some(Part::Capture(previous)) = parts.last() {
                        let previous = previous.as_deref().unwrap_or("_");
                        return Err(format!(
                            "found consecutive capture '<{previous}><{name}>': invalid expression"
                        ));
                    }
                } else {
                    parts.push(Part::Literal(Box::new(Finder::new(&literal).into_owned())));
                    literal.clear();
                }
                parts.push(Part::Capture((name != "_").then(|| name.to_owned())));
                rest = &rest[length..];
            } else {
                let c = rest.chars().next().map_or(1, char::len_utf8);
                literal.push_str(&rest[..c]);
                rest = &rest[c..];
            }
        }
        if !literal.is_empty() {
            parts.push(Part::Literal(Box::new(Finder::new(&literal).into_owned())));
        }
        Ok(Self { parts })
    }

    /// The names of the captures, in order.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Capture(name) => name.as_deref(),
            Part::Literal(_) => None,
        })
    }

    /// Calls `found` with the index (among named captures) and the range of each capture, as far as the pattern fits:
    /// a capture whose closing literal is missing takes the rest of the line.
    pub(crate) fn captures(&self, line: &[u8], mut found: impl FnMut(usize, usize, usize)) {
        let mut parts = self.parts.as_slice();
        let mut at = 0;
        if let [Part::Literal(literal), tail @ ..] = parts {
            if !line.starts_with(literal.needle()) {
                return;
            }
            at = literal.needle().len();
            parts = tail;
        }
        let mut named = 0;
        while let [Part::Capture(name), tail @ ..] = parts {
            let (end, next, more) = match tail {
                [Part::Literal(literal), more @ ..] => match literal.find(&line[at..]) {
                    Some(offset) => (at + offset, at + offset + literal.needle().len(), more),
                    None => (line.len(), line.len(), [].as_slice()),
                },
                _ => (line.len(), line.len(), [].as_slice()),
            };
            if name.is_some() {
                found(named, at, end);
                named += 1;
            }
            (at, parts) = (next, more);
        }
    }

    /// Whether the line as a whole has this form; captures must not be empty.
    pub(crate) fn matches(&self, line: &[u8]) -> bool {
        match self.parts.as_slice() {
            [] => line.is_empty(),
            [Part::Literal(literal)] => literal.needle() == line,
            parts => matches_parts(parts, line),
        }
    }
}

fn matches_parts(mut parts: &[Part], line: &[u8]) -> bool {
    let mut at = 0;
    if let [Part::Literal(literal), tail @ ..] = parts {
        if !line.starts_with(literal.needle()) {
            return false;
        }
        at = literal.needle().len();
        parts = tail;
    }
    while let [Part::Capture(_), tail @ ..] = parts {
        match tail {
            [] => return at < line.len(),
            // The last literal must end the line.
            [Part::Literal(literal)] => {
                return line.len() > at + literal.needle().len() && line.ends_with(literal.needle());
            }
            [Part::Literal(literal), more @ ..] => {
                let Some(offset) = line.get(at + 1..).and_then(|rest| literal.find(rest)) else {
                    return false;
                };
                at += 1 + offset + literal.needle().len();
                parts = more;
            }
            [Part::Capture(_), ..] => return false,
        }
    }
    true
}

/// `<name>` at the start of the text: the name, and how many bytes it takes.
fn capture(text: &str) -> Option<(&str, usize)> {
    let body = text.strip_prefix('<')?;
    let end = body.find('>')?;
    let name = &body[..end];
    let valid = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    valid.then_some((name, end + 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn captures_take_what_lies_between_literals() {
        for (pattern, line, expected) in [
            ("<ip> - <_> \"<m> <p>\"", "1.1.1.1 - x \"GET /a\" z", vec!["1.1.1.1", "GET", "/a"]),
            ("a=<a> b=<b>", "a=1 b=2", vec!["1", "2"]),
            ("a=<a> b=<b>", "x a=1 b=2", vec![]),
            ("a=<a> b=<b>", "a=1 c=2", vec!["1 c=2"]),
            ("<k>=<v>", "=", vec!["", ""]),
            ("<_>,<n>,", "1,2,3", vec!["2"]),
        ] {
            let mut found = Vec::new();
            Pattern::parse(pattern)
                .unwrap()
                .captures(line.as_bytes(), |_, start, end| found.push(&line[start..end]));
            assert_eq!(found, expected, "{pattern}");
        }
    }

    #[test]
    fn lines_match_as_a_whole() {
        for (pattern, line, expected) in [
            ("a <_> c", "a b c", true),
            ("a <_> c", "a  c", false),
            ("a <_> c", "x a b c", false),
            ("a <_> c", "a b c d", false),
            ("<_> b <_>", "a b c", true),
            ("<_> b", "a b", true),
            ("<_>", "a", true),
            ("<_>", "", false),
            ("", "", true),
            ("", "a", false),
            ("abc", "abc", true),
            ("abc", "abcd", false),
            ("<_>b", "aab", true),
        ] {
            let matched = Pattern::parse(pattern).unwrap().matches(line.as_bytes());
            assert_eq!(matched, expected, "{pattern} on {line}");
        }
    }

    #[test]
    fn captures_need_literals_between_them() {
        let error = Pattern::parse("x <a><b>").unwrap_err();
        assert_eq!(error, "found consecutive capture '<a><b>': invalid expression");
        assert!(Pattern::parse("< a> <1>").is_ok_and(|pattern| pattern.names().next().is_none()));
    }
}
