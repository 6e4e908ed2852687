//! The canonical text of a tree, on one line: parsing it gives the same tree.

pub(in crate::syntax) mod metric;

use std::fmt::{self, Display, Formatter};

use crate::gotext::bytesize::{self, HumanBytes};
use crate::gotext::duration::GoDuration;
use crate::gotext::float::Plain;
use crate::gotext::quote::Quoted;
use crate::syntax::ast::{
    ByteLiteral, Comparison, Expr, Extraction, FilterOp, FormatSource, LabelEdit, LabelFilter, LabelFormat,
    LineFilter, LineMatch, LogExpr, LogQuery, MatchOp, Matcher, Selector, Stage,
};

impl Display for Expr {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Log(log) => log.fmt(f),
            Self::Metric(metric) => metric.fmt(f),
        }
    }
}

impl Display for LogExpr {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.selector.fmt(f)?;
        self.stages.iter().try_for_each(|stage| write!(f, " {stage}"))
    }
}

impl Display for LogQuery {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.selector.fmt(f)?;
        self.filters.iter().try_for_each(|filter| write!(f, " {filter}"))
    }
}

impl Display for Selector {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{{{}}}", Joined(&self.matchers, ", "))
    }
}

impl Display for Matcher {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}{}", self.name, self.op, Quoted(&self.value))
    }
}

impl Display for MatchOp {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Regex => "=~",
            Self::NotRegex => "!~",
        })
    }
}

impl Display for FilterOp {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Contains => "|=",
            Self::NotContains => "!=",
            Self::Regex => "|~",
            Self::NotRegex => "!~",
            Self::Pattern => "|>",
            Self::NotPattern => "!>",
        })
    }
}

impl Display for Comparison {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
        })
    }
}

impl Display for LineFilter {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.op, Joined(&self.operands, " or "))
    }
}

impl Display for LineMatch {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => Quoted(text).fmt(f),
            Self::Ip(pattern) => write!(f, "ip({})", Quoted(pattern)),
        }
    }
}

impl Display for Stage {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::LineFilter(filter) => filter.fmt(f),
            Self::Json(extractions) => write!(f, "| json{}", Listed(extractions)),
            Self::Logfmt { flags, extractions } => {
                f.write_str("| logfmt")?;
                if flags.strict {
                    f.write_str(" --strict")?;
                }
                if flags.keep_empty {
                    f.write_str(" --keep-empty")?;
                }
                Listed(extractions).fmt(f)
            }
            Self::Regexp(pattern) => write!(f, "| regexp {}", Quoted(pattern)),
            Self::Pattern(pattern) => write!(f, "| pattern {}", Quoted(pattern)),
            Self::Unpack => f.write_str("| unpack"),
            Self::LabelFilter(filter) => write!(f, "| {filter}"),
            Self::LineFormat(template) => write!(f, "| line_format {}", Quoted(template)),
            Self::LabelFormat(formats) => write!(f, "| label_format{}", Listed(formats)),
            Self::Decolorize => f.write_str("| decolorize"),
            Self::Drop(edits) => write!(f, "| drop{}", Listed(edits)),
            Self::Keep(edits) => write!(f, "| keep{}", Listed(edits)),
        }
    }
}

impl Display for Extraction {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.name, Quoted(&self.expression))
    }
}

impl Display for LabelFormat {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.source {
            FormatSource::Label(source) => write!(f, "{}={source}", self.name),
            FormatSource::Template(template) => write!(f, "{}={}", self.name, Quoted(template)),
        }
    }
}

impl Display for LabelEdit {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Matching(matcher) => matcher.fmt(f),
        }
    }
}

impl Display for LabelFilter {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Matcher(matcher) => matcher.fmt(f),
            Self::Number { name, comparison, value } => write!(f, "{name}{comparison}{}", Plain(*value)),
            Self::Duration { name, comparison, nanos } => {
                write!(f, "{name}{comparison}{}", GoDuration(*nanos))
            }
            Self::Bytes { name, comparison, value } => write!(f, "{name}{comparison}{value}"),
            Self::Ip { name, negated, pattern } => {
                write!(f, "{name}{}ip({})", if *negated { "!=" } else { "=" }, Quoted(pattern))
            }
            Self::And(all) => chain(f, all, " , "),
            Self::Or(all) => chain(f, all, " or "),
        }
    }
}

/// `( ( a , b ) , c )`
fn chain(f: &mut Formatter<'_>, all: &[LabelFilter], operator: &str) -> fmt::Result {
    for _ in 1..all.len() {
        f.write_str("( ")?;
    }
    for (at, filter) in all.iter().enumerate() {
        match at {
            0 => filter.fmt(f)?,
            _ => write!(f, "{operator}{filter} )")?,
        }
    }
    Ok(())
}

impl Display for ByteLiteral {
    /// Humanised where that loses nothing.
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let human = HumanBytes(self.0).to_string();
        match bytesize::parse(&human) {
            Ok(bytes) if bytes == self.0 => f.write_str(&human),
            _ => write!(f, "{}B", self.0),
        }
    }
}

/// Items with something between them.
struct Joined<'a, T>(&'a [T], &'a str);

impl<T: Display> Display for Joined<'_, T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (at, item) in self.0.iter().enumerate() {
            if at > 0 {
                f.write_str(self.1)?;
            }
            item.fmt(f)?;
        }
        Ok(())
    }
}

/// A blank and items with commas, or nothing.
struct Listed<'a, T>(&'a [T]);

impl<T: Display> Display for Listed<'_, T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() { Ok(()) } else { write!(f, " {}", Joined(self.0, ",")) }
    }
}
