//! Conditions on labels in a pipeline.

use crate::syntax::ast::Matcher;

/// A condition on the labels of a line.
#[derive(Debug, Clone, PartialEq)]
pub enum LabelFilter {
    Matcher(Matcher),
    Number {
        name: String,
        comparison: Comparison,
        value: f64,
    },
    /// Nanoseconds.
    Duration {
        name: String,
        comparison: Comparison,
        nanos: i64,
    },
    Bytes {
        name: String,
        comparison: Comparison,
        value: ByteLiteral,
    },
    Ip {
        name: String,
        negated: bool,
        pattern: String,
    },
    /// Two or more; the first is no `And` itself (chains are flat).
    And(Vec<LabelFilter>),
    /// Two or more; the first is no `Or` itself.
    Or(Vec<LabelFilter>),
}

/// A size in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ByteLiteral(pub u64);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    Equal,
    NotEqual,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
}

impl Comparison {
    /// What satisfies the comparison with `value` lies between these, both included; `None` if it may be anything.
    #[must_use]
    pub fn bounds(self, value: f64) -> Option<(f64, f64)> {
        match self {
            Self::Equal => Some((value, value)),
            Self::NotEqual => None,
            Self::Greater | Self::GreaterOrEqual => Some((value, f64::INFINITY)),
            Self::Less | Self::LessOrEqual => Some((f64::NEG_INFINITY, value)),
        }
    }

    /// Whether the label's value and the literal satisfy the comparison.
    pub fn accepts<T: PartialOrd + Copy>(self, left: T, right: T) -> bool {
        match self {
            Self::Equal => left == right,
            Self::NotEqual => left != right,
            Self::Greater => left > right,
            Self::GreaterOrEqual => left >= right,
            Self::Less => left < right,
            Self::LessOrEqual => left <= right,
        }
    }
}

/// The literal side of a comparison.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Quantity {
    Number(f64),
    Duration(i64),
    Bytes(u64),
}

impl LabelFilter {
    /// Calls `visit` with the name of every label that the filter reads.
    pub fn visit_names<'a>(&'a self, visit: &mut dyn FnMut(&'a str)) {
        match self {
            Self::Matcher(matcher) => visit(&matcher.name),
            Self::Number { name, .. }
            | Self::Duration { name, .. }
            | Self::Bytes { name, .. }
            | Self::Ip { name, .. } => visit(name),
            Self::And(all) | Self::Or(all) => all.iter().for_each(|filter| filter.visit_names(visit)),
        }
    }
}
