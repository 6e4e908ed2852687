//! Functions of single numbers.

use super::Context;
use crate::Error;
use crate::eval::{Series, Value, merged};

/// The answer, if `name` is such a function.
pub(super) fn call(context: &mut Context<'_, '_>, name: &str) -> Result<Option<Value>, Error> {
    if let Some(function) = plain(name) {
        let list = context.vector(0)?;
        return values(list, |_, value| function(value)).map(Some);
    }
    match name {
        "round" => {
            let to = if context.args.len() > 1 { Some(context.scalar(1)?) } else { None };
            let list = context.vector(0)?;
            // Prometheus divides by the inverse, which reads better in decimals.
            values(list, |step, value| {
                let inverse = 1.0 / to.as_ref().map_or(1.0, |to| to[step]);
                (value * inverse + 0.5).floor() / inverse
            })
        }
        "clamp" => {
            let (least, most) = (context.scalar(1)?, context.scalar(2)?);
            let mut list = context.vector(0)?;
            let empty = |step: usize| least[step] > most[step];
            for series in &mut list {
                let hidden = (0..series.values.len()).filter(|step| empty(*step));
                hidden.for_each(|step| series.values[step] = super::ABSENT);
            }
            list.retain(|series| !series.is_empty());
            values(list, |step, value| greater(least[step], lesser(most[step], value)))
        }
        "clamp_min" => {
            let least = context.scalar(1)?;
            let list = context.vector(0)?;
            values(list, |step, value| greater(least[step], value))
        }
        "clamp_max" => {
            let most = context.scalar(1)?;
            let list = context.vector(0)?;
            values(list, |step, value| lesser(most[step], value))
        }
        _ => return Ok(None),
    }
    .map(Some)
}

fn values(list: Vec<Series>, map: impl Fn(usize, f64) -> f64) -> Result<Value, Error> {
    merged(list.into_iter().map(|series| series.mapped_by_step(&map)).collect()).map(Value::Vector)
}

/// NaN wins, other than in Rust's `max`.
fn greater(a: f64, b: f64) -> f64 {
    if a.is_nan() || b.is_nan() { f64::NAN } else { a.max(b) }
}

fn lesser(a: f64, b: f64) -> f64 {
    if a.is_nan() || b.is_nan() { f64::NAN } else { a.min(b) }
}

fn plain(name: &str) -> Option<fn(f64) -> f64> {
    Some(match name {
        "abs" => f64::abs,
        "ceil" => f64::ceil,
        "floor" => f64::floor,
        "exp" => f64::exp,
        "sqrt" => f64::sqrt,
        "ln" => f64::ln,
        "log2" => f64::log2,
        "log10" => f64::log10,
        "sgn" => |value| if value == 0.0 || value.is_nan() { value } else { value.signum() },
        "deg" => f64::to_degrees,
        "rad" => f64::to_radians,
        "sin" => f64::sin,
        "cos" => f64::cos,
        "tan" => f64::tan,
        "asin" => f64::asin,
        "acos" => f64::acos,
        "atan" => f64::atan,
        "sinh" => f64::sinh,
        "cosh" => f64::cosh,
        "tanh" => f64::tanh,
        "asinh" => f64::asinh,
        "acosh" => f64::acosh,
        "atanh" => f64::atanh,
        _ => return None,
    })
}
