//! Instants.

use crate::template::functions::Outcome;
use crate::template::time::Time;
use crate::template::value::Value;

pub(crate) fn now<'a>(_: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::Time(Time::now()))
}

pub(crate) fn date<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    let time = match &args[1] {
        Value::Time(time) => Time { offset_secs: 0, ..*time },
        Value::Int(seconds) => Time { nanos: i128::from(*seconds) * 1_000_000_000, offset_secs: 0 },
        _ => Time::now(),
    };
    Ok(Value::from(time.format(args[0].text()?)))
}

pub(crate) fn to_date<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::Time(Time::parse(args[0].text()?, args[1].text()?, "UTC")))
}

pub(crate) fn to_date_in_zone<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::Time(Time::parse(args[0].text()?, args[2].text()?, args[1].text()?)))
}

pub(crate) fn unix_epoch<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::from(args[0].time()?.seconds().to_string()))
}

pub(crate) fn unix_epoch_millis<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::from(args[0].time()?.nanos.div_euclid(1_000_000).to_string()))
}

pub(crate) fn unix_epoch_nanos<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::from(args[0].time()?.nanos.to_string()))
}

/// The unit follows from the number of digits: days, seconds, milli-, micro-, nanoseconds.
pub(crate) fn unix_to_time<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    let text = args[0].text()?;
    let fail = |problem: &str| format!("unable to parse time '{text}': {problem}");
    let quoted = crate::gotext::quote::Quoted(text);
    let number: i64 =
        text.parse().map_err(|_| fail(&format!("strconv.ParseInt: parsing {quoted}: invalid syntax")))?;
    let unit: i128 = match text.len() {
        5 => 86_400_000_000_000,
        10 => 1_000_000_000,
        13 => 1_000_000,
        16 => 1_000,
        19 => 1,
        _ => return Err(fail("expected 5, 10, 13, 16 or 19 digits")),
    };
    Ok(Value::Time(Time { nanos: i128::from(number) * unit, offset_secs: 0 }))
}
