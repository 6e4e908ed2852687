//! The canonical text of metric queries.

use std::fmt::{self, Display, Formatter};

use crate::gotext::duration::{GoDuration, PrometheusDuration};
use crate::gotext::float::{General, Plain};
use crate::gotext::quote::Quoted;
use crate::syntax::ast::{
    BinaryExpr, Cardinality, Grouping, LabelReplace, Matching, MetricExpr, RangeAggregation, Unwrap,
    UnwrapConversion, VectorAggregation,
};
use crate::syntax::print::Joined;

impl Display for MetricExpr {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Range(range) => range.fmt(f),
            Self::Vector(vector) => vector.fmt(f),
            Self::Binary(binary) => binary.fmt(f),
            Self::LabelReplace(replace) => replace.fmt(f),
            Self::VectorOf(value) => write!(f, "vector({})", SixDigits(*value)),
            Self::Number(value) => General(*value).fmt(f),
        }
    }
}

/// Six digits behind the point where they say it all, else as many as it takes.
struct SixDigits(f64);

impl Display for SixDigits {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let text = format!("{:.6}", self.0);
        if text.parse() == Ok(self.0) { f.write_str(&text) } else { Plain(self.0).fmt(f) }
    }
}

impl Display for RangeAggregation {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}(", self.op.as_str())?;
        if let Some(param) = self.param {
            write!(f, "{},", Plain(param))?;
        }
        self.log.fmt(f)?;
        if let Some(unwrap) = &self.unwrap {
            write!(f, " {unwrap}")?;
        }
        write!(f, "{})", Window { range: self.range, offset: self.offset })?;
        match &self.grouping {
            Some(grouping) => write!(f, " {grouping}"),
            None => Ok(()),
        }
    }
}

/// `[5m] offset 1m0s`
pub(in crate::syntax) struct Window {
    pub range: i64,
    pub offset: i64,
}

impl Display for Window {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "[{}]", PrometheusDuration(self.range))?;
        if self.offset != 0 {
            write!(f, " offset {}", GoDuration(self.offset))?;
        }
        Ok(())
    }
}

impl Display for Unwrap {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.conversion {
            Some(conversion) => write!(f, "| unwrap {}({})", conversion.as_str(), self.label)?,
            None => write!(f, "| unwrap {}", self.label)?,
        }
        self.filters.iter().try_for_each(|filter| write!(f, " | {filter}"))
    }
}

impl UnwrapConversion {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Bytes => "bytes",
            Self::Duration => "duration",
            Self::DurationSeconds => "duration_seconds",
        }
    }
}

impl Display for Grouping {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let word = if self.without { "without" } else { "by" };
        write!(f, "{word} ({})", Joined(&self.labels, ","))
    }
}

impl Display for VectorAggregation {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}{})", self.op.as_str(), Head(self), self.inner)
    }
}

/// What stands between an aggregation's name and its operand.
pub(in crate::syntax) struct Head<'a>(pub &'a VectorAggregation);

impl Display for Head<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if let Some(grouping) = &self.0.grouping {
            write!(f, " {grouping}")?;
        }
        f.write_str("(")?;
        match self.0.param {
            Some(param) => write!(f, "{param},"),
            None => Ok(()),
        }
    }
}

impl Display for BinaryExpr {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "({} {} {})", self.left, Operator(self), self.right)
    }
}

/// An operator with what modifies it.
pub(in crate::syntax) struct Operator<'a>(pub &'a BinaryExpr);

impl Display for Operator<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.op.as_str())?;
        if self.0.returns_bool {
            f.write_str(" bool")?;
        }
        match &self.0.matching {
            Some(matching) => write!(f, " {matching}"),
            None => Ok(()),
        }
    }
}

impl Display for Matching {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let word = if self.on { "on" } else { "ignoring" };
        write!(f, "{word} ({}) ", Joined(&self.labels, ","))?;
        match self.cardinality {
            Cardinality::OneToOne => return Ok(()),
            Cardinality::ManyToOne => f.write_str("group_left")?,
            Cardinality::OneToMany => f.write_str("group_right")?,
        }
        if self.include.is_empty() { Ok(()) } else { write!(f, " ({})", Joined(&self.include, ",")) }
    }
}

impl Display for LabelReplace {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "label_replace({},{})", self.inner, Arguments(self))
    }
}

/// The four strings of `label_replace`.
pub(in crate::syntax) struct Arguments<'a>(pub &'a LabelReplace);

impl Display for Arguments<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let LabelReplace { target, replacement, source, regex, .. } = self.0;
        let [target, replacement, source, regex] =
            [target, replacement, source, regex].map(|text| Quoted(text));
        write!(f, "{target},{replacement},{source},{regex}")
    }
}
