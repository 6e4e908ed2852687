//! Instants and durations.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::functions::Outcome;
use crate::time::Time;
use crate::value::Value;

fn time(value: &Value) -> Result<Time, String> {
    match value {
        Value::Time(time) => Ok(*time),
        other => Err(format!("wrong type for value; expected time.Time; got {}", other.type_name())),
    }
}

/// The layout, then the time.
pub(crate) fn date(args: &[Value]) -> Outcome {
    Ok(Value::from(time(&args[1])?.format(args[0].text()?)))
}

/// The zone's name, then the time.
pub(crate) fn tz(args: &[Value]) -> Outcome {
    let name = args[0].text()?;
    let zone = match name {
        "" | "UTC" => TimeZone::UTC,
        name => TimeZone::get(name).map_err(|_| format!("unknown time zone {name}"))?,
    };
    Ok(Value::Time(time(&args[1])?.in_zone(&zone)))
}

/// Seconds that have passed.
pub(crate) fn since(args: &[Value]) -> Outcome {
    let passed = Timestamp::now().as_millisecond() - time(&args[0])?.timestamp().as_millisecond();
    Ok(Value::from(passed as f64 / 1e3))
}

pub(crate) fn unix(args: &[Value]) -> Outcome {
    Ok(Value::Int(time(&args[0])?.timestamp().as_second()))
}

fn moment(value: &Value) -> Result<Time, String> {
    let seconds = value.number()?;
    // Milliseconds, since seconds with a fraction have no exact nanoseconds.
    Timestamp::from_millisecond((seconds * 1e3).round() as i64)
        .map(Time::utc)
        .map_err(|_| format!("{seconds} cannot be represented as a timestamp"))
}

pub(crate) fn to_time(args: &[Value]) -> Outcome {
    Ok(Value::Time(moment(&args[0])?))
}

pub(crate) fn humanize_timestamp(args: &[Value]) -> Outcome {
    let value = args[0].number()?;
    if !value.is_finite() {
        return Ok(Value::from(crate::number::Plain(value).to_string()));
    }
    Ok(Value::from(moment(&args[0])?.to_string()))
}

pub(crate) fn parse(args: &[Value]) -> Outcome {
    let text = args[0].text()?;
    let millis = parse_duration(text).ok_or_else(|| format!("not a valid duration string: {text:?}"))?;
    Ok(Value::from(millis as f64 / 1e3))
}

/// Prometheus' durations such as `1h30m`, in milliseconds. Units must come from large to small, each once.
#[must_use]
pub fn parse_duration(text: &str) -> Option<i64> {
    const UNITS: [(&str, i64); 7] = [
        ("y", 31_536_000_000),
        ("w", 604_800_000),
        ("d", 86_400_000),
        ("h", 3_600_000),
        ("m", 60_000),
        ("s", 1_000),
        ("ms", 1),
    ];
    if text == "0" {
        return Some(0);
    }
    let mut rest = text;
    let mut total = 0i64;
    let mut next = 0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let (number, tail) = rest.split_at(digits);
        let end = tail.find(|c: char| c.is_ascii_digit()).unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(end);
        let at = UNITS.iter().position(|(name, _)| *name == unit).filter(|at| *at >= next)?;
        next = at + 1;
        total = total.checked_add(number.parse::<i64>().ok()?.checked_mul(UNITS[at].1)?)?;
        rest = tail;
    }
    (!text.is_empty()).then_some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_prometheus() {
        for (text, millis) in [
            ("0", Some(0)),
            ("30s", Some(30_000)),
            ("1h30m", Some(5_400_000)),
            ("1d1ms", Some(86_400_001)),
            ("5", None),
            ("", None),
            ("1m1h", None),
            ("-1s", None),
            ("1.5h", None),
            ("99999999999999999y", None),
        ] {
            assert_eq!(parse_duration(text), millis, "{text}");
        }
    }
}
