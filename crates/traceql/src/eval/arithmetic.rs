//! Arithmetic between values.
//!
//! Integers stay integers and wrap around, durations stay durations where that means something, all else becomes
//! floating. What has no result — a missing operand, a text, a division by zero — gives false, which compares with no number.

use crate::syntax::BinaryOp;
use crate::test::Static;
use crate::value::Value;

const NONE: Value<'static> = Value::Bool(false);

pub(super) fn apply<'a>(op: BinaryOp, left: Value<'_>, right: Value<'_>) -> Value<'a> {
    match (left, right) {
        (Value::Int(a), Value::Int(b)) => ints(op, a, b).map_or(NONE, Value::Int),
        (Value::Duration(a), Value::Duration(b))
            if matches!(op, BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mod) =>
        {
            ints(op, a, b).map_or(NONE, Value::Duration)
        }
        _ => match (left.number(), right.number()) {
            (Some(a), Some(b)) => floats(op, a, b),
            _ => NONE,
        },
    }
}

fn ints(op: BinaryOp, a: i64, b: i64) -> Option<i64> {
    match op {
        BinaryOp::Add => Some(a.wrapping_add(b)),
        BinaryOp::Sub => Some(a.wrapping_sub(b)),
        BinaryOp::Mul => Some(a.wrapping_mul(b)),
        BinaryOp::Div => (b != 0).then(|| a.wrapping_div(b)),
        BinaryOp::Mod => (b != 0).then(|| a.wrapping_rem(b)),
        BinaryOp::Pow => match u32::try_from(b) {
            Ok(exponent) => Some(a.wrapping_pow(exponent)),
            // One by a power of more than one.
            Err(_) if b < 0 => Some(match a {
                1 => 1,
                -1 if b % 2 == 0 => 1,
                -1 => -1,
                _ => 0,
            }),
            Err(_) => Some((a as f64).powf(b as f64) as i64),
        },
        _ => None,
    }
}

fn floats(op: BinaryOp, a: f64, b: f64) -> Value<'static> {
    let value = match op {
        BinaryOp::Add => a + b,
        BinaryOp::Sub => a - b,
        BinaryOp::Mul => a * b,
        BinaryOp::Div if b != 0.0 => a / b,
        BinaryOp::Mod if b != 0.0 => a % b,
        BinaryOp::Pow => a.powf(b),
        _ => return NONE,
    };
    if value.is_nan() { NONE } else { Value::Float(value) }
}

pub(super) fn negated<'a>(value: Value<'_>) -> Value<'a> {
    match value {
        Value::Int(number) => Value::Int(number.wrapping_neg()),
        Value::Duration(nanos) => Value::Duration(nanos.wrapping_neg()),
        Value::Float(number) => Value::Float(-number),
        _ => NONE,
    }
}

/// The result of an operation between numbers; none if it has no result.
pub(crate) fn constant(op: BinaryOp, left: &Static, right: &Static) -> Option<Static> {
    match apply(op, left.value(), right.value()) {
        Value::Int(number) => Some(Static::Int(number)),
        Value::Float(number) if number.is_finite() => Some(Static::Float(number)),
        Value::Duration(nanos) => Some(Static::Duration(nanos)),
        _ => None,
    }
}
