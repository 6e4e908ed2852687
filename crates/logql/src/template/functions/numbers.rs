//! Arithmetic and conversions.

use crate::gotext::{bytesize, duration as durations};
use crate::template::decimal::Decimal;
use crate::template::functions::Outcome;
use crate::template::value::Value;

pub(crate) fn bytes<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::Float(bytesize::parse(args[0].text()?)? as f64))
}

pub(crate) fn duration<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    let nanos = durations::parse_go(args[0].text()?).map_err(|error| error.to_string())?;
    Ok(Value::Float(nanos as f64 / 1e9))
}

pub(crate) fn int<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::Int(args[0].to_int()))
}

pub(crate) fn float64<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::Float(args[0].to_float()))
}

fn ints<'a>(args: &[Value<'a>], start: i64, combine: fn(i64, i64) -> i64) -> Outcome<'a> {
    Ok(Value::Int(args.iter().map(Value::to_int).fold(start, combine)))
}

pub(crate) fn add<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    ints(args, 0, i64::wrapping_add)
}

pub(crate) fn sub<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::Int(args[0].to_int().wrapping_sub(args[1].to_int())))
}

pub(crate) fn mul<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    ints(args, 1, i64::wrapping_mul)
}

const DIVIDED_BY_ZERO: &str = "runtime error: integer divide by zero";

pub(crate) fn div<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    let (left, right) = (args[0].to_int(), args[1].to_int());
    if right == 0 { Err(DIVIDED_BY_ZERO.to_owned()) } else { Ok(Value::Int(left.wrapping_div(right))) }
}

pub(crate) fn modulo<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    let (left, right) = (args[0].to_int(), args[1].to_int());
    if right == 0 { Err(DIVIDED_BY_ZERO.to_owned()) } else { Ok(Value::Int(left.wrapping_rem(right))) }
}

/// Folds exactly, and in floating point from where that fails.
fn decimals<'a>(
    first: f64,
    rest: &[Value<'a>],
    exact: fn(Decimal, Decimal) -> Option<Decimal>,
    rough: fn(f64, f64) -> f64,
) -> Outcome<'a> {
    let mut total = first;
    let mut precise = Decimal::from_float(first);
    for value in rest {
        let value = value.to_float();
        precise = precise.zip(Decimal::from_float(value)).and_then(|(total, value)| exact(total, value));
        total = precise.map_or_else(|| rough(total, value), Decimal::to_float);
    }
    Ok(Value::Float(total))
}

pub(crate) fn addf<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    decimals(0.0, args, Decimal::add, |left, right| left + right)
}

pub(crate) fn subf<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    decimals(args[0].to_float(), &args[1..], Decimal::sub, |left, right| left - right)
}

pub(crate) fn mulf<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    decimals(args[0].to_float(), &args[1..], Decimal::mul, |left, right| left * right)
}

pub(crate) fn divf<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    if args[1..].iter().any(|value| value.to_float() == 0.0) {
        return Err("decimal division by 0".to_owned());
    }
    decimals(args[0].to_float(), &args[1..], Decimal::div, |left, right| left / right)
}

pub(crate) fn max<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    ints(&args[1..], args[0].to_int(), i64::max)
}

pub(crate) fn min<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    ints(&args[1..], args[0].to_int(), i64::min)
}

pub(crate) fn maxf<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::Float(args.iter().map(Value::to_float).fold(f64::NEG_INFINITY, f64::max)))
}

pub(crate) fn minf<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::Float(args.iter().map(Value::to_float).fold(f64::INFINITY, f64::min)))
}

pub(crate) fn ceil<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::Float(args[0].to_float().ceil()))
}

pub(crate) fn floor<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::Float(args[0].to_float().floor()))
}

/// To that many places; a fraction from `round_on` (a half) on goes up.
pub(crate) fn round<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    let value = args[0].to_float();
    let places = args[1].int()?.clamp(-300, 300) as i32;
    let round_on = args.get(2).map_or(0.5, Value::to_float);
    let power = 10f64.powi(places);
    let digit = power * value;
    let fraction = digit.fract();
    let rounded = if fraction >= round_on { digit.ceil() } else { digit.floor() };
    Ok(Value::Float(rounded / power))
}
