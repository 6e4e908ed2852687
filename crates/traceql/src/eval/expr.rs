//! Expressions over one span, compiled.

use std::sync::Arc;

use regex::Regex;

use super::arithmetic;
use super::context::Context;
use crate::data::Spans;
use crate::syntax::BinaryOp;
use crate::test::{Compare, Static, compare, fits_type};
use crate::value::{Hex, Value};

/// A compiled expression; fields are indices.
#[derive(Debug, Clone)]
pub(crate) enum Code {
    Constant(Static),
    Field(usize),
    /// `field = nil`
    Missing(usize),
    /// `… != nil`
    Present(Box<Code>),
    Not(Box<Code>),
    Minus(Box<Code>),
    And(Box<Code>, Box<Code>),
    Or(Box<Code>, Box<Code>),
    Compare {
        op: Compare,
        strict: bool,
        left: Box<Code>,
        right: Box<Code>,
    },
    Match {
        value: Box<Code>,
        regex: Arc<Regex>,
        negated: bool,
    },
    Arithmetic(BinaryOp, Box<Code>, Box<Code>),
}

impl Code {
    /// Whether the expression is true for a span.
    pub(crate) fn holds<T: Spans + ?Sized>(&self, context: &Context<'_, T>, span: usize) -> bool {
        match self {
            Self::Missing(field) => context.is_missing(*field, span),
            Self::Present(inner) => match &**inner {
                Self::Field(field) => !context.seen(*field, span).is_nil(),
                other => !other.value(context, span).is_nil(),
            },
            // What is no truth value has no contrary.
            Self::Not(inner) if matches!(**inner, Self::Field(_)) => {
                matches!(inner.value(context, span), Value::Bool(false))
            }
            Self::Not(inner) => !inner.holds(context, span),
            Self::And(left, right) => left.holds(context, span) && right.holds(context, span),
            Self::Or(left, right) => left.holds(context, span) || right.holds(context, span),
            Self::Compare { op, strict, left, right } => {
                let (a, b) = (left.value(context, span), right.value(context, span));
                if *strict && !fits_type(*op, a, b) {
                    return false;
                }
                let (a_view, b_view) = (left.elements(context, a), right.elements(context, b));
                compare_all(&a_view, &b_view, *op)
            }
            Self::Match { value, regex, negated } => {
                let found = value.value(context, span);
                matches(&value.elements(context, found), regex, *negated)
            }
            Self::Constant(_) | Self::Field(_) | Self::Minus(_) | Self::Arithmetic(..) => {
                matches!(self.value(context, span), Value::Bool(true))
            }
        }
    }

    /// The value of the expression for a span.
    pub(crate) fn value<'c, T: Spans + ?Sized>(
        &'c self,
        context: &'c Context<'_, T>,
        span: usize,
    ) -> Value<'c> {
        match self {
            Self::Constant(value) => value.value(),
            Self::Field(field) => context.seen(*field, span),
            Self::Minus(inner) => arithmetic::negated(inner.scalar(context, span)),
            Self::Arithmetic(op, left, right) => {
                arithmetic::apply(*op, left.scalar(context, span), right.scalar(context, span))
            }
            other => Value::Bool(other.holds(context, span)),
        }
    }

    /// The value, where a list of one counts as its element.
    fn scalar<'c, T: Spans + ?Sized>(&'c self, context: &'c Context<'_, T>, span: usize) -> Value<'c> {
        let value = self.value(context, span);
        match self.elements(context, value) {
            Elements::One(value) => value,
            Elements::Many(list) if list.len() == 1 => list[0],
            Elements::Many(_) => Value::Nil,
        }
    }

    fn elements<'c, T: Spans + ?Sized>(
        &'c self,
        context: &'c Context<'_, T>,
        value: Value<'c>,
    ) -> Elements<'c> {
        match (value, self) {
            (Value::Array(list), Self::Field(field)) => {
                Elements::Many(context.plan.views[*field].elements(list).collect())
            }
            (Value::Array(list), _) => Elements::Many(list.iter().collect()),
            _ => Elements::One(value),
        }
    }
}

/// A value taken apart.
enum Elements<'a> {
    One(Value<'a>),
    Many(Vec<Value<'a>>),
}

impl<'a> Elements<'a> {
    fn as_slice(&self) -> &[Value<'a>] {
        match self {
            Self::One(value) => std::slice::from_ref(value),
            Self::Many(list) => list,
        }
    }
}

/// Some pair must compare true; for `!=`, all of them.
fn compare_all(left: &Elements<'_>, right: &Elements<'_>, op: Compare) -> bool {
    let (left, right) = (left.as_slice(), right.as_slice());
    let mut pairs = left.iter().flat_map(|a| right.iter().map(move |b| (*a, *b)));
    if op == Compare::Ne {
        return !left.is_empty() && !right.is_empty() && pairs.all(|(a, b)| compare(a, b, op));
    }
    pairs.any(|(a, b)| compare(a, b, op))
}

fn matches(elements: &Elements<'_>, regex: &Regex, negated: bool) -> bool {
    let test = |value: &Value<'_>| match value {
        Value::Str(text) => Some(regex.is_match(text)),
        Value::Id(bytes) => Some(regex.is_match(&Hex(bytes).to_string())),
        _ => None,
    };
    let list = elements.as_slice();
    if negated {
        !list.is_empty() && list.iter().all(|value| test(value) == Some(false))
    } else {
        list.iter().any(|value| test(value) == Some(true))
    }
}
