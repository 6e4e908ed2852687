//! Arithmetic of two numbers, as the parser folds literals and the evaluator combines samples.

use crate::syntax::ast::BinaryOp;

/// The value of an arithmetic operator; `None` for comparisons and set operators.
pub(crate) fn arithmetic(op: BinaryOp, left: f64, right: f64) -> Option<f64> {
    Some(match op {
        BinaryOp::Add => left + right,
        BinaryOp::Sub => left - right,
        BinaryOp::Mul => left * right,
        // Never infinite: dividing by zero has no value.
        BinaryOp::Div if right == 0.0 => f64::NAN,
        BinaryOp::Div => left / right,
        BinaryOp::Mod if right == 0.0 => f64::NAN,
        BinaryOp::Mod => left % right,
        BinaryOp::Pow => left.powf(right),
        _ => return None,
    })
}

/// Whether a comparison holds; `None` for other operators.
pub(crate) fn comparison(op: BinaryOp, left: f64, right: f64) -> Option<bool> {
    Some(match op {
        BinaryOp::Equal => left == right,
        BinaryOp::NotEqual => left != right,
        BinaryOp::Greater => left > right,
        BinaryOp::GreaterOrEqual => left >= right,
        BinaryOp::Less => left < right,
        BinaryOp::LessOrEqual => left <= right,
        _ => return None,
    })
}

/// The value of an operator between literals: comparisons yield 1 or 0, with or without `bool`.
pub(crate) fn literals(op: BinaryOp, left: f64, right: f64) -> f64 {
    match comparison(op, left, right) {
        Some(holds) => f64::from(u8::from(holds)),
        None => arithmetic(op, left, right).unwrap_or(f64::NAN),
    }
}
