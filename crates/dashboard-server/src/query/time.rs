//! Times of requests: milliseconds as text, or relative to now as in `now-6h`, `now/d`.

use jiff::civil::{DateTime, DateTimeRound};
use jiff::tz::Offset;
use jiff::{RoundMode, Timestamp, ToSpan as _, Unit};
use serde_json::Value;

/// From and to, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Range {
    pub(crate) from_ms: i64,
    pub(crate) to_ms: i64,
}

impl Range {
    pub(crate) fn millis(self) -> u64 {
        self.to_ms.saturating_sub(self.from_ms).max(0) as u64
    }

    /// Whole seconds that are in it, at least one.
    pub(crate) fn seconds(self) -> i64 {
        ((self.to_ms - self.from_ms) / 1000).max(1)
    }
}

/// Asked without a range: the last hour.
const DEFAULT: &str = "now-1h";

/// The range of a request.
pub(crate) fn parse_range(from: Option<&Value>, to: Option<&Value>, now_ms: i64) -> Result<Range, String> {
    let from_ms = moment(from, DEFAULT, now_ms, false)?;
    let to_ms = moment(to, "now", now_ms, true)?;
    if from_ms > to_ms {
        return Err("the range ends before it begins".to_owned());
    }
    Ok(Range { from_ms, to_ms })
}

fn moment(value: Option<&Value>, default: &str, now_ms: i64, is_end: bool) -> Result<i64, String> {
    let text = match value {
        Some(Value::String(text)) if !text.is_empty() => text.as_str(),
        Some(Value::Number(number)) => {
            return number.as_i64().ok_or_else(|| format!("{number} is no time in milliseconds"));
        }
        None | Some(Value::Null | Value::String(_)) => default,
        Some(other) => return Err(format!("{other} is no time")),
    };
    if let Ok(millis) = text.parse::<i64>() {
        return Ok(millis);
    }
    match text.strip_prefix("now") {
        Some(rest) => relative(rest, now_ms, is_end).ok_or_else(|| format!("{text:?} is no time")),
        None => text
            .parse::<Timestamp>()
            .map(Timestamp::as_millisecond)
            .map_err(|_| format!("{text:?} is no time: milliseconds, now-1h or an RFC 3339 time are")),
    }
}

/// What stands behind `now`: differences and roundings, in turn.
fn relative(mut rest: &str, now_ms: i64, is_end: bool) -> Option<i64> {
    let mut at = Offset::UTC.to_datetime(Timestamp::from_millisecond(now_ms).ok()?);
    while let Some(sign) = rest.chars().next() {
        rest = &rest[1..];
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let amount: i64 = if digits == 0 { 1 } else { rest[..digits].parse().ok()? };
        let unit = rest[digits..].chars().next()?;
        rest = &rest[digits + unit.len_utf8()..];
        at = match sign {
            '-' | '+' => {
                let amount = if sign == '-' { -amount } else { amount };
                at.checked_add(span(unit, amount)?).ok()?
            }
            '/' => rounded(at, unit, is_end)?,
            _ => return None,
        };
    }
    Some(Offset::UTC.to_timestamp(at).ok()?.as_millisecond())
}

fn span(unit: char, amount: i64) -> Option<jiff::Span> {
    let span = jiff::Span::new();
    match unit {
        's' => span.try_seconds(amount),
        'm' => span.try_minutes(amount),
        'h' => span.try_hours(amount),
        'd' => span.try_days(amount),
        'w' => span.try_weeks(amount),
        'M' => span.try_months(amount),
        'y' => span.try_years(amount),
        _ => return None,
    }
    .ok()
}

/// The beginning of the unit, or its last millisecond.
fn rounded(at: DateTime, unit: char, is_end: bool) -> Option<DateTime> {
    let day = at.date().to_datetime(jiff::civil::Time::midnight());
    let floor = |unit| at.round(DateTimeRound::new().smallest(unit).mode(RoundMode::Trunc)).ok();
    let start = match unit {
        's' => floor(Unit::Second)?,
        'm' => floor(Unit::Minute)?,
        'h' => floor(Unit::Hour)?,
        'd' => day,
        'w' => day.checked_sub(i64::from(day.weekday().to_monday_zero_offset()).days()).ok()?,
        'M' => day.first_of_month(),
        'y' => day.first_of_year(),
        _ => return None,
    };
    if is_end {
        start.checked_add(span(unit, 1)?).ok()?.checked_sub(1.millisecond()).ok()
    } else {
        Some(start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn times_are_read_as_grafana_reads_them() {
        let now: Timestamp = "2026-11-24T16:05:30.250Z".parse().unwrap();
        for (from, to, expected) in [
            (json!("now-1h"), json!("now"), Some(("2026-11-24T15:05:30.250Z", "2026-11-24T16:05:30.250Z"))),
            (json!("now/d"), json!("now/d"), Some(("2026-11-24T00:00:00Z", "2026-11-24T23:59:59.999Z"))),
            (
                json!("now-1d/d"),
                json!("now-1d/d"),
                Some(("2026-11-23T00:00:00Z", "2026-11-23T23:59:59.999Z")),
            ),
            (json!("now/w"), json!("now/h"), Some(("2026-11-23T00:00:00Z", "2026-11-24T16:59:59.999Z"))),
            (json!("now-1M/M"), json!("now"), Some(("2026-10-01T00:00:00Z", "2026-11-24T16:05:30.250Z"))),
            (
                json!("1700000000000"),
                json!(1_700_000_001_000_i64),
                Some(("2023-11-14T22:13:20Z", "2023-11-14T22:13:21Z")),
            ),
            (json!(null), json!(""), Some(("2026-11-24T15:05:30.250Z", "2026-11-24T16:05:30.250Z"))),
            (json!("now"), json!("now-1h"), None),
            (json!("now-"), json!("now"), None),
            (json!("now-1x"), json!("now"), None),
            (json!("yesterday"), json!("now"), None),
            (json!("now-9999999999y"), json!("now"), None),
        ] {
            let found = parse_range(Some(&from), Some(&to), now.as_millisecond());
            let expected = expected.map(|(from, to)| Range {
                from_ms: from.parse::<Timestamp>().unwrap().as_millisecond(),
                to_ms: to.parse::<Timestamp>().unwrap().as_millisecond(),
            });
            assert_eq!(found.ok(), expected, "{from} {to}");
        }
    }
}
