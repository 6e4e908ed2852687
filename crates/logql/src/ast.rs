//! The syntax tree and its printer.

use std::fmt;

/// A query for log lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogQuery {
    pub selector: Selector,
    pub filters: Vec<LineFilter>,
}

/// `{a="b", c!~"d.*"}`: which streams.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Selector {
    pub matchers: Vec<Matcher>,
}

/// One condition on a label; a label that is missing counts as empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matcher {
    pub name: String,
    pub op: MatchOp,
    pub value: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MatchOp {
    Equal,
    NotEqual,
    Regex,
    NotRegex,
}

/// `|= "a" or "b"`: a line passes a positive filter when any operand matches, a negative one when none does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineFilter {
    pub op: FilterOp,
    /// At least one.
    pub operands: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FilterOp {
    Contains,
    NotContains,
    Regex,
    NotRegex,
}

impl FilterOp {
    pub fn is_negative(self) -> bool {
        matches!(self, Self::NotContains | Self::NotRegex)
    }

    pub fn is_regex(self) -> bool {
        matches!(self, Self::Regex | Self::NotRegex)
    }
}

impl fmt::Display for MatchOp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Regex => "=~",
            Self::NotRegex => "!~",
        })
    }
}

impl fmt::Display for FilterOp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Contains => "|=",
            Self::NotContains => "!=",
            Self::Regex => "|~",
            Self::NotRegex => "!~",
        })
    }
}

impl fmt::Display for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}{}", self.name, self.op, Quoted(&self.value))
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("{")?;
        for (at, matcher) in self.matchers.iter().enumerate() {
            write!(f, "{}{matcher}", if at == 0 { "" } else { ", " })?;
        }
        f.write_str("}")
    }
}

impl fmt::Display for LineFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, operand) in self.operands.iter().enumerate() {
            match at {
                0 => write!(f, "{} {}", self.op, Quoted(operand))?,
                _ => write!(f, " or {}", Quoted(operand))?,
            }
        }
        Ok(())
    }
}

impl fmt::Display for LogQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.selector)?;
        self.filters.iter().try_for_each(|filter| write!(f, " {filter}"))
    }
}

/// A string literal that the lexer reads back.
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
                c => write!(f, "{c}")?,
            }
        }
        f.write_str("\"")
    }
}
