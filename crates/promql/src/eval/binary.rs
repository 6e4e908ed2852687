//! Arithmetic and comparison; of vectors with numbers here, of vectors with each other in `matching`.

use promql_parser::parser::BinaryExpr;
use promql_parser::parser::token::{
    T_ADD, T_ATAN2, T_DIV, T_EQLC, T_GTE, T_GTR, T_LSS, T_LTE, T_MOD, T_MUL, T_NEQ, T_POW, T_SUB, TokenType,
};

use super::{ABSENT, Evaluator, Series, Steps, Value, is_absent, merged};
use crate::Error;

/// An operator and what it does with its result.
#[derive(Debug, Clone, Copy)]
pub(super) struct Operator {
    token: TokenType,
    /// A comparison answers 0 or 1 instead of choosing.
    returns_bool: bool,
}

impl Operator {
    /// The result, or nothing where a comparison fails; `kept` is what a comparison lets through.
    pub(super) fn apply(&self, left: f64, right: f64, kept: f64) -> Option<f64> {
        let holds = match self.token.id() {
            T_ADD => return Some(left + right),
            T_SUB => return Some(left - right),
            T_MUL => return Some(left * right),
            T_DIV => return Some(left / right),
            T_MOD => return Some(left % right),
            T_POW => return Some(power(left, right)),
            T_ATAN2 => return Some(left.atan2(right)),
            T_EQLC => left == right,
            T_NEQ => left != right,
            T_GTR => left > right,
            T_LSS => left < right,
            T_GTE => left >= right,
            T_LTE => left <= right,
            _ => return None,
        };
        match self.returns_bool {
            true => Some(f64::from(u8::from(holds))),
            false => holds.then_some(kept),
        }
    }

    /// Comparisons that choose keep the name of what they let through.
    pub(super) fn keeps_name(&self) -> bool {
        self.token.is_comparison_operator() && !self.returns_bool
    }
}

fn power(base: f64, exponent: f64) -> f64 {
    base.powf(exponent)
}

impl Evaluator<'_> {
    pub(super) fn combined(&mut self, binary: &BinaryExpr, steps: Steps) -> Result<Value, Error> {
        let left = self.eval(&binary.lhs, steps)?;
        let right = self.eval(&binary.rhs, steps)?;
        let operator = Operator { token: binary.op, returns_bool: binary.return_bool() };
        match (left, right) {
            (Value::Scalar(left), Value::Scalar(right)) => {
                let apply = |(left, right): (f64, f64)| operator.apply(left, right, left).unwrap_or(f64::NAN);
                Ok(Value::Scalar(left.into_iter().zip(right).map(apply).collect()))
            }
            (Value::Vector(list), Value::Scalar(numbers)) => {
                with_numbers(list, operator, |step, value| operator.apply(value, numbers[step], value))
            }
            (Value::Scalar(numbers), Value::Vector(list)) => {
                with_numbers(list, operator, |step, value| operator.apply(numbers[step], value, value))
            }
            (Value::Vector(left), Value::Vector(right)) => {
                self.matched(binary, operator, left, right, steps).map(Value::Vector)
            }
            (Value::Text(_), _) | (_, Value::Text(_)) => {
                Err(Error::execution("binary expression must contain only scalar and instant vector types"))
            }
        }
    }
}

fn with_numbers(
    list: Vec<Series>,
    operator: Operator,
    apply: impl Fn(usize, f64) -> Option<f64>,
) -> Result<Value, Error> {
    let series = |mut series: Series| {
        for (step, value) in series.values.iter_mut().enumerate().filter(|(_, value)| !is_absent(**value)) {
            *value = apply(step, *value).unwrap_or(ABSENT);
        }
        if !operator.keeps_name() {
            series.labels = series.labels.without_name();
        }
        series
    };
    let list = list.into_iter().map(series).filter(|series| !series.is_empty()).collect();
    merged(list).map(Value::Vector)
}
