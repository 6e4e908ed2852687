//! Numbers as people say them.

use crate::format;
use crate::functions::Outcome;
use crate::value::Value;

const LARGE: [&str; 8] = ["k", "M", "G", "T", "P", "E", "Z", "Y"];
const LARGE_1024: [&str; 8] = ["ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi"];
const SMALL: [&str; 8] = ["m", "u", "n", "p", "f", "a", "z", "y"];

/// Four significant digits.
fn short(value: f64, unit: &str) -> Outcome {
    let digits = format::printf("%.4g", &[Value::Float(value)])?;
    Ok(Value::from(format!("{digits}{unit}")))
}

/// Divides until less than `base` is left.
fn enlarge(mut value: f64, base: f64, prefixes: [&'static str; 8]) -> (f64, &'static str) {
    let mut prefix = "";
    for larger in prefixes {
        if value.abs() < base {
            break;
        }
        prefix = larger;
        value /= base;
    }
    (value, prefix)
}

/// Multiplies until at least one is left.
fn reduce(mut value: f64) -> (f64, &'static str) {
    let mut prefix = "";
    for smaller in SMALL {
        if value.abs() >= 1.0 {
            break;
        }
        prefix = smaller;
        value *= 1000.0;
    }
    (value, prefix)
}

pub(crate) fn humanize(args: &[Value]) -> Outcome {
    let value = args[0].number()?;
    if value == 0.0 || !value.is_finite() {
        return short(value, "");
    }
    let (value, prefix) = if value.abs() >= 1.0 { enlarge(value, 1000.0, LARGE) } else { reduce(value) };
    short(value, prefix)
}

pub(crate) fn humanize1024(args: &[Value]) -> Outcome {
    let value = args[0].number()?;
    if value.abs() <= 1.0 || !value.is_finite() {
        return short(value, "");
    }
    let (value, prefix) = enlarge(value, 1024.0, LARGE_1024);
    short(value, prefix)
}

pub(crate) fn duration(args: &[Value]) -> Outcome {
    let value = args[0].number()?;
    if !value.is_finite() {
        return short(value, "");
    }
    if value == 0.0 {
        return short(value, "s");
    }
    if value.abs() < 1.0 {
        let (value, prefix) = reduce(value);
        return short(value, &format!("{prefix}s"));
    }
    let sign = if value < 0.0 { "-" } else { "" };
    let whole = value.abs() as u64;
    let (days, hours, minutes, seconds) = (whole / 86_400, whole / 3600 % 24, whole / 60 % 60, whole % 60);
    Ok(Value::from(match (days, hours, minutes) {
        (0, 0, 0) => return short(value, "s"),
        (0, 0, _) => format!("{sign}{minutes}m {seconds}s"),
        (0, _, _) => format!("{sign}{hours}h {minutes}m {seconds}s"),
        _ => format!("{sign}{days}d {hours}h {minutes}m {seconds}s"),
    }))
}

pub(crate) fn percentage(args: &[Value]) -> Outcome {
    short(args[0].number()? * 100.0, "%")
}
