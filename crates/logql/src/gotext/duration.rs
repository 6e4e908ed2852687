//! Durations: Prometheus' form (`1h30m`, units up to years), Go's form (`1.5h`, units down to nanoseconds).
//!
//! All values are nanoseconds.

use std::fmt;

use crate::gotext::quote::Quoted;

/// Why a text is no duration, in the words of the library that Loki reads it with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DurationError {
    #[error("empty duration string")]
    Empty,
    #[error("not a valid duration string: {}", Quoted(.0))]
    Invalid(String),
    #[error("unknown unit {} in duration {}", Quoted(.unit), Quoted(.text))]
    Unit { unit: String, text: String },
    #[error("duration out of range")]
    Range,
    #[error("time: invalid duration {}", Quoted(.0))]
    GoInvalid(String),
    #[error("time: missing unit in duration {}", Quoted(.0))]
    GoMissingUnit(String),
    #[error("time: unknown unit {} in duration {}", Quoted(.unit), Quoted(.text))]
    GoUnit { unit: String, text: String },
}

const MILLI: i64 = 1_000_000;
const SECOND: i64 = 1_000 * MILLI;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
const WEEK: i64 = 7 * DAY;
const YEAR: i64 = 365 * DAY;

/// In the order in which they must appear.
const PROMETHEUS_UNITS: [(&str, i64); 7] =
    [("y", YEAR), ("w", WEEK), ("d", DAY), ("h", HOUR), ("m", MINUTE), ("s", SECOND), ("ms", MILLI)];

const GO_UNITS: [(&str, i64); 8] = [
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("μs", 1_000),
    ("ms", MILLI),
    ("s", SECOND),
    ("m", MINUTE),
    ("h", HOUR),
];

/// Prometheus' form, as in `[5m]`.
pub fn parse_prometheus(text: &str) -> Result<i64, DurationError> {
    match text {
        "" => return Err(DurationError::Empty),
        "0" => return Ok(0),
        _ => {}
    }
    let invalid = || DurationError::Invalid(text.to_owned());
    let mut rest = text;
    let mut total = 0i64;
    let mut next_unit = 0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let (number, tail) = rest.split_at(digits);
        let unit_end = tail.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(unit_end);
        if number.is_empty() || unit.is_empty() {
            return Err(invalid());
        }
        let Some(at) = PROMETHEUS_UNITS.iter().position(|(name, _)| *name == unit) else {
            return Err(DurationError::Unit { unit: unit.to_owned(), text: text.to_owned() });
        };
        if at < next_unit {
            return Err(invalid());
        }
        next_unit = at + 1;
        let number: i64 = number.parse().map_err(|_| DurationError::Range)?;
        let part = number.checked_mul(PROMETHEUS_UNITS[at].1).ok_or(DurationError::Range)?;
        total = total.checked_add(part).ok_or(DurationError::Range)?;
        rest = tail;
    }
    Ok(total)
}

/// Go's form, as in the values of labels.
pub fn parse_go(text: &str) -> Result<i64, DurationError> {
    let invalid = || DurationError::GoInvalid(text.to_owned());
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let sign = if text.starts_with('-') { -1.0 } else { 1.0 };
    if unsigned == "0" {
        return Ok(0);
    }
    if unsigned.is_empty() {
        return Err(invalid());
    }
    let mut rest = unsigned;
    let mut total = 0i128;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(rest.len());
        let (number, tail) = rest.split_at(end);
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if (whole.is_empty() && fraction.is_empty()) || fraction.contains('.') {
            return Err(invalid());
        }
        let unit_end = tail.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(unit_end);
        if unit.is_empty() {
            return Err(DurationError::GoMissingUnit(text.to_owned()));
        }
        let Some((_, scale)) = GO_UNITS.iter().find(|(name, _)| *name == unit) else {
            return Err(DurationError::GoUnit { unit: unit.to_owned(), text: text.to_owned() });
        };
        let whole: i128 = if whole.is_empty() { 0 } else { whole.parse().map_err(|_| invalid())? };
        total = whole
            .checked_mul(i128::from(*scale))
            .and_then(|part| part.checked_add(total))
            .ok_or_else(invalid)?;
        if !fraction.is_empty() {
            // Digits beyond a nanosecond are cut off.
            let digits = &fraction[..fraction.len().min(18)];
            let value: i128 = digits.parse().map_err(|_| invalid())?;
            total += value * i128::from(*scale) / 10i128.pow(u32::try_from(digits.len()).unwrap_or(18));
        }
        rest = tail;
    }
    let signed = if sign < 0.0 { -total } else { total };
    i64::try_from(signed).map_err(|_| invalid())
}

/// Prometheus' form if it is one, else Go's.
pub(crate) fn parse_any(text: &str) -> Result<i64, DurationError> {
    parse_prometheus(text).or_else(|_| parse_go(text))
}

/// Prints as Prometheus does: `1d12h`; years and weeks only where nothing remains.
pub(crate) struct PrometheusDuration(pub i64);

impl fmt::Display for PrometheusDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0;
        if rest == 0 {
            return f.write_str("0s");
        }
        for (unit, scale) in PROMETHEUS_UNITS {
            let exact_only = matches!(unit, "y" | "w");
            if exact_only && rest % scale != 0 {
                continue;
            }
            let count = rest / scale;
            if count > 0 {
                write!(f, "{count}{unit}")?;
                rest -= count * scale;
            }
        }
        Ok(())
    }
}

/// Prints as Go does: `1h0m0s`, `1.5s`, `250µs`.
#[derive(Debug, Clone, Copy)]
pub struct GoDuration(pub i64);

impl fmt::Display for GoDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let total = self.0.unsigned_abs();
        if self.0 < 0 {
            f.write_str("-")?;
        }
        let (second, unit) = (SECOND as u64, |scale: u64, name| (scale, name));
        if total < second {
            let (scale, name) = match total {
                0 => return f.write_str("0s"),
                1..1_000 => unit(1, "ns"),
                1_000..1_000_000 => unit(1_000, "µs"),
                _ => unit(1_000_000, "ms"),
            };
            return write!(f, "{}{name}", Fraction(total, scale));
        }
        let (hours, minutes) = (total / (3600 * second), total / (60 * second) % 60);
        let seconds = total % (60 * second);
        if hours > 0 {
            write!(f, "{hours}h")?;
        }
        if hours > 0 || minutes > 0 {
            write!(f, "{minutes}m")?;
        }
        write!(f, "{}s", Fraction(seconds, second))
    }
}

/// A quotient by a power of ten without trailing zeros.
struct Fraction(u64, u64);

impl fmt::Display for Fraction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0 / self.1)?;
        let rest = self.0 % self.1;
        if rest == 0 {
            return Ok(());
        }
        let width = self.1.ilog10() as usize;
        let digits = format!("{rest:0>width$}");
        write!(f, ".{}", digits.trim_end_matches('0'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prometheus_durations() {
        for (text, expected) in [
            ("5m", Ok(5 * MINUTE)),
            ("1h30m", Ok(90 * MINUTE)),
            (
                "1y2w3d4h5m6s7ms",
                Ok(YEAR + 2 * WEEK + 3 * DAY + 4 * HOUR + 5 * MINUTE + 6 * SECOND + 7 * MILLI),
            ),
            ("0", Ok(0)),
            ("", Err("empty duration string")),
            ("5", Err("not a valid duration string: \"5\"")),
            ("-5m", Err("not a valid duration string: \"-5m\"")),
            ("1m1h", Err("not a valid duration string: \"1m1h\"")),
            ("1.5h", Err("not a valid duration string: \"1.5h\"")),
            ("5minutes", Err("unknown unit \"minutes\" in duration \"5minutes\"")),
            ("999999999999y", Err("duration out of range")),
        ] {
            assert_eq!(
                parse_prometheus(text).map_err(|error| error.to_string()),
                expected.map_err(str::to_owned)
            );
        }
    }

    #[test]
    fn go_durations() {
        for (text, expected) in [
            ("1.5h", Ok(90 * MINUTE)),
            ("-250us", Ok(-250_000)),
            ("1h1m1.001s", Ok(HOUR + MINUTE + SECOND + MILLI)),
            (".5s", Ok(SECOND / 2)),
            ("0", Ok(0)),
            ("90", Err("time: missing unit in duration \"90\"")),
            ("1d", Err("time: unknown unit \"d\" in duration \"1d\"")),
            ("bogus", Err("time: invalid duration \"bogus\"")),
            ("", Err("time: invalid duration \"\"")),
        ] {
            assert_eq!(
                parse_go(text).map_err(|error| error.to_string()),
                expected.map_err(str::to_owned),
                "{text}"
            );
        }
    }

    #[test]
    fn durations_print() {
        for (nanos, prometheus, go) in [
            (0, "0s", "0s"),
            (5 * MINUTE, "5m", "5m0s"),
            (36 * HOUR, "1d12h", "36h0m0s"),
            (WEEK, "1w", "168h0m0s"),
            (8 * DAY, "8d", "192h0m0s"),
            (1500 * MILLI, "1s500ms", "1.5s"),
        ] {
            assert_eq!(PrometheusDuration(nanos).to_string(), prometheus);
            assert_eq!(GoDuration(nanos).to_string(), go);
        }
        for (nanos, go) in [(7, "7ns"), (1_500, "1.5µs"), (-MILLI, "-1ms"), (HOUR + 1, "1h0m0.000000001s")] {
            assert_eq!(GoDuration(nanos).to_string(), go);
        }
    }
}
