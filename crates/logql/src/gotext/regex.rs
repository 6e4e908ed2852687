//! Go's regular expressions (RE2), run by the `regex` crate.
//!
//! The two dialects differ in details that logs meet every day: Go takes a `{` that starts no repetition as itself, its
//! `\d`, `\w`, `\s` and `\b` know ASCII only, group names may repeat. A pattern is therefore read by Go's rules, with
//! Go's errors, and written anew in the other dialect.

use crate::gotext::regex_class;

/// Why a pattern is refused, in Go's words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("error parsing regexp: {problem}: `{place}`")]
pub struct RegexError {
    problem: String,
    place: String,
}

impl RegexError {
    pub(super) fn new(problem: &str, place: &str) -> Self {
        Self { problem: problem.to_owned(), place: place.to_owned() }
    }
}

/// Automata larger than this are refused.
const SIZE_LIMIT: usize = 8 << 20;
const MAX_REPEAT: u32 = 1000;

/// A pattern in the `regex` crate's syntax, without group names.
#[derive(Debug)]
pub(crate) struct Translated {
    pub pattern: String,
    /// The name of each group, from group 1 on.
    pub names: Vec<Option<String>>,
}

/// Compiles a pattern for searching in bytes.
pub(crate) fn compile_bytes(pattern: &str) -> Result<regex::bytes::Regex, RegexError> {
    let translated = translate(pattern, Target::Bytes)?;
    let built = regex::bytes::RegexBuilder::new(&translated.pattern).size_limit(SIZE_LIMIT).build();
    built.map_err(|error| refused(&error, pattern))
}

/// Compiles a pattern that must match a whole value, in which `.` matches line breaks too.
pub fn compile_anchored(pattern: &str) -> Result<regex::Regex, RegexError> {
    let translated = translate(pattern, Target::Text)?;
    let text = format!("^(?s:{})$", translated.pattern);
    let built = regex::RegexBuilder::new(&text).size_limit(SIZE_LIMIT).build();
    built.map_err(|error| refused(&error, pattern))
}

/// Compiles a pattern for text, with the names of its groups.
pub(crate) fn compile_text(pattern: &str) -> Result<(regex::Regex, Vec<Option<String>>), RegexError> {
    let translated = translate(pattern, Target::Text)?;
    let built = regex::RegexBuilder::new(&translated.pattern).size_limit(SIZE_LIMIT).build();
    Ok((built.map_err(|error| refused(&error, pattern))?, translated.names))
}

/// Whether a pattern takes at most so many bytes once it is compiled. What is no pattern fits: it is refused elsewhere.
pub fn fits(pattern: &str, bytes: usize) -> bool {
    let Ok(translated) = translate(pattern, Target::Text) else { return true };
    let built = regex::RegexBuilder::new(&translated.pattern).size_limit(bytes).build();
    !matches!(built, Err(regex::Error::CompiledTooBig(_)))
}

#[cold]
fn refused(error: &regex::Error, pattern: &str) -> RegexError {
    match error {
        regex::Error::CompiledTooBig(_) => RegexError::new("expression too large", pattern),
        // What Go's grammar accepts and the other crate refuses is, in practice, an unknown class.
        _ => RegexError::new("invalid character class range", pattern),
    }
}

/// What the pattern will search; text must not be split inside a character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    Text,
    Bytes,
}

/// Reads a pattern by Go's rules.
pub(crate) fn translate(pattern: &str, target: Target) -> Result<Translated, RegexError> {
    let mut translator =
        Translator { whole: pattern, at: 0, out: String::new(), names: Vec::new(), open: 0, target };
    translator.run()?;
    Ok(Translated { pattern: translator.out, names: translator.names })
}

struct Translator<'a> {
    whole: &'a str,
    at: usize,
    out: String,
    names: Vec<Option<String>>,
    /// Groups not closed yet.
    open: usize,
    target: Target,
}

/// What stood before a repetition operator.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    Nothing,
    Atom,
    /// Where the previous repetition operator starts.
    Repetition(usize),
}

impl<'a> Translator<'a> {
    fn rest(&self) -> &'a str {
        &self.whole[self.at..]
    }

    fn run(&mut self) -> Result<(), RegexError> {
        let mut before = Before::Nothing;
        while let Some(c) = self.rest().chars().next() {
            before = match c {
                '(' => self.open_group()?,
                ')' => self.close_group()?,
                '|' => self.copy(1, Before::Nothing),
                '^' | '$' | '.' => self.copy(1, Before::Atom),
                '*' | '+' | '?' => self.repetition(1, before)?,
                '{' => match repeat_length(self.rest()) {
                    Some(length) => self.repetition(length, before)?,
                    None => self.literal(c),
                },
                '[' => {
                    let (class, length) = regex_class::translate(self.rest())?;
                    self.out.push_str(&class);
                    self.at += length;
                    Before::Atom
                }
                '\\' => self.escape()?,
                c => self.literal(c),
            };
        }
        if self.open > 0 { Err(RegexError::new("missing closing )", self.whole)) } else { Ok(()) }
    }

    fn copy(&mut self, length: usize, before: Before) -> Before {
        self.out.push_str(&self.rest()[..length]);
        self.at += length;
        before
    }

    fn literal(&mut self, c: char) -> Before {
        push_literal(&mut self.out, c);
        self.at += c.len_utf8();
        Before::Atom
    }

    fn repetition(&mut self, length: usize, before: Before) -> Result<Before, RegexError> {
        let rest = self.rest();
        let start = self.at;
        let lazy = usize::from(rest[length..].starts_with('?'));
        match before {
            Before::Nothing => {
                return Err(RegexError::new("missing argument to repetition operator", &rest[..length]));
            }
            Before::Repetition(from) => {
                let both = &self.whole[from..start + length + lazy];
                return Err(RegexError::new("invalid nested repetition operator", both));
            }
            Before::Atom => {}
        }
        if rest.starts_with('{') && !repeat_in_bounds(&rest[1..length - 1]) {
            return Err(RegexError::new("invalid repeat count", &rest[..length]));
        }
        Ok(self.copy(length + lazy, Before::Repetition(start)))
    }

    fn close_group(&mut self) -> Result<Before, RegexError> {
        if self.open == 0 {
            return Err(RegexError::new("unexpected )", self.whole));
        }
        self.open -= 1;
        Ok(self.copy(1, Before::Atom))
    }

    fn open_group(&mut self) -> Result<Before, RegexError> {
        let rest = self.rest();
        if !rest.starts_with("(?") {
            self.open += 1;
            self.names.push(None);
            return Ok(self.copy(1, Before::Nothing));
        }
        for prefix in ["(?P<", "(?<"] {
            if let Some(tail) = rest.strip_prefix(prefix)
                && !(prefix == "(?<" && tail.starts_with(['=', '!']))
            {
                return self.open_named(prefix, tail);
            }
        }
        self.flags()
    }

    fn open_named(&mut self, prefix: &str, tail: &str) -> Result<Before, RegexError> {
        let rest = self.rest();
        let Some(end) = tail.find('>') else { return Err(RegexError::new("invalid named capture", rest)) };
        let name = &tail[..end];
        if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
            let shown = &rest[..prefix.len() + end + 1];
            return Err(RegexError::new("invalid named capture", shown));
        }
        self.open += 1;
        self.names.push(Some(name.to_owned()));
        self.out.push('(');
        self.at += prefix.len() + end + 1;
        Ok(Before::Nothing)
    }

    /// `(?i)`, `(?i-s:`, `(?:`.
    fn flags(&mut self) -> Result<Before, RegexError> {
        let rest = self.rest();
        let mut negated = false;
        let mut seen = false;
        for (at, c) in rest.char_indices().skip(2) {
            match c {
                'i' | 'm' | 's' | 'U' => seen = true,
                '-' if !negated => (negated, seen) = (true, false),
                ':' if !negated || seen => {
                    self.open += 1;
                    return Ok(self.copy(at + 1, Before::Nothing));
                }
                ')' if seen => return Ok(self.copy(at + 1, Before::Nothing)),
                _ => {
                    let shown = &rest[..at + c.len_utf8()];
                    return Err(RegexError::new("invalid or unsupported Perl syntax", shown));
                }
            }
        }
        Err(RegexError::new("missing closing )", self.whole))
    }

    fn escape(&mut self) -> Result<Before, RegexError> {
        let rest = self.rest();
        let Some(kind) = rest[1..].chars().next() else {
            return Err(RegexError::new("trailing backslash at end of expression", ""));
        };
        let plain = match kind {
            'A' | 'z' => return Ok(self.copy(2, Before::Atom)),
            'b' => "(?-u:\\b)",
            'B' if self.target == Target::Bytes => "(?-u:\\B)",
            'B' => "\\B",
            'Q' => return Ok(self.quotation()),
            _ => {
                let (class, length) = regex_class::escape(rest)?;
                self.out.push_str(&class);
                self.at += length;
                return Ok(Before::Atom);
            }
        };
        self.out.push_str(plain);
        self.at += 2;
        Ok(Before::Atom)
    }

    /// `\Q…\E`: text without operators.
    fn quotation(&mut self) -> Before {
        let body = &self.rest()[2..];
        let (text, taken) = match body.find("\\E") {
            Some(end) => (&body[..end], end + 2),
            None => (body, body.len()),
        };
        text.chars().for_each(|c| push_literal(&mut self.out, c));
        self.at += 2 + taken;
        if text.is_empty() { Before::Nothing } else { Before::Atom }
    }
}

/// Writes one character that stands for itself.
pub(super) fn push_literal(out: &mut String, c: char) {
    if matches!(c, '\\' | '.' | '+' | '*' | '?' | '(' | ')' | '|' | '[' | ']' | '{' | '}' | '^' | '$') {
        out.push('\\');
    }
    out.push(c);
}

/// The length of `{n}`, `{n,}` or `{n,m}`; `None` when the brace stands for itself.
fn repeat_length(text: &str) -> Option<usize> {
    let end = text.find('}')?;
    let (low, high) = text[1..end].split_once(',').unwrap_or((&text[1..end], ""));
    let number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    (number(low) && (high.is_empty() || number(high))).then_some(end + 1)
}

fn repeat_in_bounds(body: &str) -> bool {
    let (low, high) = body.split_once(',').unwrap_or((body, body));
    let number = |text: &str| text.parse::<u32>().ok().filter(|count| *count <= MAX_REPEAT);
    let Some(low) = number(low) else { return false };
    high.is_empty() || number(high).is_some_and(|high| low <= high)
}

#[cfg(test)]
#[path = "regex_tests.rs"]
mod tests;
