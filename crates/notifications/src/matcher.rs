//! Conditions on labels: `=`, `!=`, `=~`, `!~`, as triples and in Alertmanager's text form.

use std::fmt;

use regex::{Regex, RegexBuilder};

use crate::alert::Labels;

const REGEX_MAX_BYTES: usize = 1 << 20;
const TEXT_MAX_BYTES: usize = 8 << 10;
const MATCHERS_MAX: usize = 100;

/// Why a condition cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MatcherError {
    #[error("bad matcher format: {0}")]
    Syntax(String),
    #[error("invalid matcher operator {0:?}: expected =, !=, =~ or !~")]
    Operator(String),
    #[error("invalid regular expression in a matcher of {name:?}: {problem}")]
    Regex { name: String, problem: String },
    #[error("a list of matchers may have {MATCHERS_MAX} matchers and {TEXT_MAX_BYTES} bytes")]
    TooLong,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op {
    Equal,
    NotEqual,
    Regex,
    NotRegex,
}

impl Op {
    /// From the two flags of the silences' JSON.
    #[must_use]
    pub fn from_flags(is_regex: bool, is_equal: bool) -> Self {
        match (is_regex, is_equal) {
            (false, true) => Self::Equal,
            (false, false) => Self::NotEqual,
            (true, true) => Self::Regex,
            (true, false) => Self::NotRegex,
        }
    }

    pub fn parse(text: &str) -> Result<Self, MatcherError> {
        match text {
            "=" => Ok(Self::Equal),
            "!=" => Ok(Self::NotEqual),
            "=~" => Ok(Self::Regex),
            "!~" => Ok(Self::NotRegex),
            other => Err(MatcherError::Operator(other.to_owned())),
        }
    }

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Regex => "=~",
            Self::NotRegex => "!~",
        }
    }
}

/// One condition.
#[derive(Debug, Clone)]
pub struct Matcher {
    pub name: String,
    pub op: Op,
    pub value: String,
    regex: Option<Regex>,
}

impl PartialEq for Matcher {
    fn eq(&self, other: &Self) -> bool {
        (&self.name, self.op, &self.value) == (&other.name, other.op, &other.value)
    }
}

impl fmt::Display for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}{}", self.name, self.op.as_str(), quote(&self.value))
    }
}

impl Matcher {
    pub fn new(name: impl Into<String>, op: Op, value: impl Into<String>) -> Result<Self, MatcherError> {
        let (name, value) = (name.into(), value.into());
        if name.is_empty() {
            return Err(MatcherError::Syntax("a matcher needs the name of a label".to_owned()));
        }
        let regex = match op {
            Op::Equal | Op::NotEqual => None,
            Op::Regex | Op::NotRegex => Some(anchored(&name, &value)?),
        };
        Ok(Self { name, op, value, regex })
    }

    /// `name="value"`; quotes may be left out.
    pub fn parse(text: &str) -> Result<Self, MatcherError> {
        match parse_list(text)?.as_slice() {
            [one] => Ok(one.clone()),
            _ => Err(MatcherError::Syntax(format!("{text:?} is not one matcher"))),
        }
    }

    /// A label that is missing is empty.
    #[must_use]
    pub fn matches(&self, labels: &Labels) -> bool {
        let value = labels.get(&self.name).map_or("", String::as_str);
        match (self.op, &self.regex) {
            (Op::Equal, _) => value == self.value,
            (Op::NotEqual, _) => value != self.value,
            (Op::Regex, Some(regex)) => regex.is_match(value),
            (Op::NotRegex, Some(regex)) => !regex.is_match(value),
            (Op::Regex | Op::NotRegex, None) => false,
        }
    }
}

/// Whether all conditions hold.
#[must_use]
pub fn all_match(matchers: &[Matcher], labels: &Labels) -> bool {
    matchers.iter().all(|matcher| matcher.matches(labels))
}

fn anchored(name: &str, pattern: &str) -> Result<Regex, MatcherError> {
    RegexBuilder::new(&format!("^(?:{pattern})$"))
        .size_limit(REGEX_MAX_BYTES)
        .dfa_size_limit(REGEX_MAX_BYTES)
        .build()
        .map_err(|error| MatcherError::Regex { name: name.to_owned(), problem: error.to_string() })
}

/// Conditions divided by commas, with or without braces around them.
pub fn parse_list(text: &str) -> Result<Vec<Matcher>, MatcherError> {
    if text.len() > TEXT_MAX_BYTES {
        return Err(MatcherError::TooLong);
    }
    let trimmed = text.trim();
    let inner = match (trimmed.strip_prefix('{'), trimmed.ends_with('}')) {
        (Some(rest), true) => &rest[..rest.len() - 1],
        (None, false) => trimmed,
        // A regular expression may end with a brace, as in `a{2}`.
        (None, true) => trimmed,
        (Some(_), false) => return Err(MatcherError::Syntax(format!("{text:?} has no closing brace"))),
    };
    let mut matchers = Vec::new();
    let mut rest = inner.trim();
    while !rest.is_empty() {
        if matchers.len() == MATCHERS_MAX {
            return Err(MatcherError::TooLong);
        }
        let (matcher, tail) = one(rest)?;
        matchers.push(matcher);
        let tail = tail.trim_start();
        rest = match tail.strip_prefix(',') {
            Some(tail) => tail.trim_start(),
            None if tail.is_empty() => tail,
            None => return Err(MatcherError::Syntax(format!("expected a comma before {tail:?}"))),
        };
    }
    Ok(matchers)
}

/// The first condition, and what follows it.
fn one(text: &str) -> Result<(Matcher, &str), MatcherError> {
    let (name, rest) = match text.strip_prefix('"') {
        Some(_) => quoted(text)?,
        None => {
            let end = text.find(['=', '!']).ok_or_else(|| MatcherError::Syntax(text.to_owned()))?;
            (text[..end].trim().to_owned(), &text[end..])
        }
    };
    if !text.starts_with('"') && name.contains([',', '{', '}', '"']) {
        return Err(MatcherError::Syntax(text.to_owned()));
    }
    let rest = rest.trim_start();
    let length = ["=~", "!~", "!=", "="].iter().find(|op| rest.starts_with(**op)).map(|op| op.len());
    let length = length.ok_or_else(|| MatcherError::Syntax(text.to_owned()))?;
    let op = Op::parse(&rest[..length])?;
    let rest = rest[length..].trim_start();
    let (value, rest) = match rest.starts_with('"') {
        true => quoted(rest)?,
        false => {
            let end = rest.find(',').unwrap_or(rest.len());
            let value = rest[..end].trim();
            if value.contains('"') {
                return Err(MatcherError::Syntax(text.to_owned()));
            }
            (value.to_owned(), &rest[end..])
        }
    };
    Ok((Matcher::new(name, op, value)?, rest))
}

/// A text in quotes, and what follows it. Only `\"`, `\\` and `\n` are escapes, so that patterns need no more of them.
fn quoted(text: &str) -> Result<(String, &str), MatcherError> {
    let mut out = String::new();
    let mut chars = text.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Ok((out, &text[at + 1..])),
            '\\' => match chars.next() {
                Some((_, 'n')) => out.push('\n'),
                Some((_, c @ ('"' | '\\'))) => out.push(c),
                Some((_, c)) => out.extend(['\\', c]),
                None => break,
            },
            c => out.push(c),
        }
    }
    Err(MatcherError::Syntax(format!("{text:?} has no closing quote")))
}

fn quote(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn labels() -> Labels {
        [("severity", "critical"), ("team", "shop")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into()
    }

    #[test]
    fn lists_are_read() {
        for (text, matches, shown) in [
            (r#"severity="critical""#, true, r#"severity="critical""#),
            ("severity=critical", true, r#"severity="critical""#),
            (" severity = critical ", true, r#"severity="critical""#),
            (r#"{severity=~"crit.*",team!="x"}"#, true, r#"severity=~"crit.*", team!="x""#),
            ("severity=~crit", false, r#"severity=~"crit""#),
            ("severity!~warning|critical", false, r#"severity!~"warning|critical""#),
            ("nosuch=", true, r#"nosuch="""#),
            ("nosuch!=", false, r#"nosuch!="""#),
            (r#"a="x,\"y\"\\" , "b c"=d"#, false, r#"a="x,\"y\"\\", b c="d""#),
            ("{}", true, ""),
            ("", true, ""),
            ("a=~x{2}", false, r#"a=~"x{2}""#),
            ("a=b,", false, r#"a="b""#),
        ] {
            let list = parse_list(text).unwrap();
            assert_eq!(all_match(&list, &labels()), matches, "{text}");
            let all: Vec<_> = list.iter().map(ToString::to_string).collect();
            assert_eq!(all.join(", "), shown, "{text}");
        }
        for text in ["severity", "=x", "a=~(", "{a=b", "a=\"b", "a=b\"c", "a==~b,,", "a\"=b", "{a}=b"] {
            assert!(parse_list(text).is_err(), "{text}");
        }
        assert!(Matcher::parse("a=b,c=d").is_err());
        assert!(Op::parse("==").is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn printing_is_undone(name in "[a-z_]{1,8}", value in any::<String>(), equal in any::<bool>()) {
            let matcher = Matcher::new(name, Op::from_flags(false, equal), value).unwrap();
            prop_assert_eq!(Matcher::parse(&matcher.to_string()).unwrap(), matcher);
        }

        #[test]
        fn nothing_panics(text in "[a-z{}=!~,\"\\\\ ]{0,30}|.{0,20}") {
            let _either = parse_list(&text);
        }
    }
}
