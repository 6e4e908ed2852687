//! A comparison of a field with a constant: what a condition tests and what decides which values a query sees.

use std::cmp::Ordering;
use std::sync::Arc;

use regex::Regex;

use crate::value::{Array, Hex, Kind, Status, Value};

/// A constant of a query.
#[derive(Debug, Clone, PartialEq)]
pub enum Static {
    Nil,
    Bool(bool),
    Int(i64),
    Float(f64),
    /// Nanoseconds.
    Duration(i64),
    Status(Status),
    Kind(Kind),
    Str(Box<str>),
}

impl Static {
    pub fn value(&self) -> Value<'_> {
        match self {
            Self::Nil => Value::Nil,
            Self::Bool(value) => Value::Bool(*value),
            Self::Int(number) => Value::Int(*number),
            Self::Float(number) => Value::Float(*number),
            Self::Duration(nanos) => Value::Duration(*nanos),
            Self::Status(status) => Value::Status(*status),
            Self::Kind(kind) => Value::Kind(*kind),
            Self::Str(text) => Value::Str(text),
        }
    }
}

/// `=`, `!=`, `<`, `<=`, `>`, `>=`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Compare {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

impl Compare {
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Eq => "=",
            Self::Ne => "!=",
            Self::Lt => "<",
            Self::Le => "<=",
            Self::Gt => ">",
            Self::Ge => ">=",
        }
    }

    pub fn from_symbol(symbol: &str) -> Option<Self> {
        [Self::Eq, Self::Ne, Self::Lt, Self::Le, Self::Gt, Self::Ge]
            .into_iter()
            .find(|op| op.symbol() == symbol)
    }

    pub(crate) fn accepts(self, order: Ordering) -> bool {
        match self {
            Self::Eq => order == Ordering::Equal,
            Self::Ne => order != Ordering::Equal,
            Self::Lt => order == Ordering::Less,
            Self::Le => order != Ordering::Greater,
            Self::Gt => order == Ordering::Greater,
            Self::Ge => order != Ordering::Less,
        }
    }

    /// The same with the operands exchanged.
    pub(crate) fn mirrored(self) -> Self {
        match self {
            Self::Eq | Self::Ne => self,
            Self::Lt => Self::Gt,
            Self::Le => Self::Ge,
            Self::Gt => Self::Lt,
            Self::Ge => Self::Le,
        }
    }
}

/// How a value is tested.
#[derive(Debug, Clone)]
pub enum Test {
    /// Any value at all.
    Exists,
    /// No value.
    Missing,
    Compare {
        op: Compare,
        value: Static,
        /// As for attributes: a duration compares with durations only, since their numbers have no unit, and `!=` with
        /// numbers of its own type. Otherwise any number compares with any other.
        strict: bool,
    },
    Regex {
        regex: Arc<Regex>,
        negated: bool,
    },
}

impl Test {
    /// Whether a value passes. A missing value passes [`Self::Missing`] only; a list passes if one element does.
    pub fn holds(&self, value: Value<'_>) -> bool {
        match value {
            Value::Nil => matches!(self, Self::Missing),
            Value::Array(list) => match self {
                Self::Exists => true,
                Self::Missing => false,
                Self::Compare { .. } | Self::Regex { .. } => any(list, |element| self.holds_scalar(element)),
            },
            scalar => self.holds_scalar(scalar),
        }
    }

    fn holds_scalar(&self, value: Value<'_>) -> bool {
        match self {
            Self::Exists => true,
            Self::Missing => false,
            Self::Compare { op, value: wanted, strict } => {
                (!*strict || fits_type(*op, value, wanted.value())) && compare(value, wanted.value(), *op)
            }
            Self::Regex { regex, negated } => match value {
                Value::Str(text) => regex.is_match(text) != *negated,
                Value::Id(bytes) => regex.is_match(&Hex(bytes).to_string()) != *negated,
                _ => false,
            },
        }
    }
}

fn any(list: &Array, test: impl FnMut(Value<'_>) -> bool) -> bool {
    list.iter().any(test)
}

/// Whether an attribute's value may be compared with a constant at all.
pub(crate) fn fits_type(op: Compare, value: Value<'_>, wanted: Value<'_>) -> bool {
    match (value, wanted) {
        (Value::Array(_), _) => true,
        (Value::Duration(_), Value::Duration(_)) => true,
        (Value::Duration(_), _) | (_, Value::Duration(_)) => false,
        (Value::Int(_), Value::Float(_)) | (Value::Float(_), Value::Int(_)) => op != Compare::Ne,
        _ => true,
    }
}

/// Compares two scalars. Values of different kinds compare false, whatever the operator.
pub(crate) fn compare(left: Value<'_>, right: Value<'_>, op: Compare) -> bool {
    order(left, right).is_some_and(|order| op.accepts(order))
}

/// The order of two scalars, if they have one. Numbers and durations compare as numbers.
pub(crate) fn order(left: Value<'_>, right: Value<'_>) -> Option<Ordering> {
    match (left, right) {
        (Value::Str(a), Value::Str(b)) => Some(a.as_bytes().cmp(b.as_bytes())),
        (Value::Int(a) | Value::Duration(a), Value::Int(b) | Value::Duration(b)) => Some(a.cmp(&b)),
        (Value::Bool(a), Value::Bool(b)) => Some(a.cmp(&b)),
        (Value::Status(a), Value::Status(b)) => Some(a.cmp(&b)),
        (Value::Kind(a), Value::Kind(b)) => Some(a.cmp(&b)),
        (Value::Id(a), Value::Str(b)) => Some(order_id(a, b)),
        (Value::Str(a), Value::Id(b)) => Some(order_id(b, a).reverse()),
        (Value::Id(a), Value::Id(b)) => Some(trimmed(a).cmp(&trimmed(b))),
        _ => left.number()?.partial_cmp(&right.number()?),
    }
}

fn trimmed(id: &[u8]) -> String {
    Hex(id).to_string().trim_start_matches('0').to_owned()
}

/// Ids compare as text without leading zeros on either side.
fn order_id(id: &[u8], text: &str) -> Ordering {
    let text = text.trim_start_matches('0').bytes();
    let digit = |nibble: u8| b"0123456789abcdef"[usize::from(nibble & 15)];
    let digits =
        id.iter().flat_map(|byte| [byte >> 4, byte & 15]).skip_while(|nibble| *nibble == 0).map(digit);
    digits.cmp(text)
}
