//! What Prometheus offers to templates of alerts.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::gotext::duration::{GoDuration, parse_prometheus};
use crate::gotext::float;
use crate::template::format;
use crate::template::functions::{Outcome, encoding, strings};
use crate::template::time::Time;
use crate::template::value::Value;

const LARGE: [&str; 8] = ["k", "M", "G", "T", "P", "E", "Z", "Y"];
const LARGE_1024: [&str; 8] = ["ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi"];
const SMALL: [&str; 8] = ["m", "u", "n", "p", "f", "a", "z", "y"];

/// Numbers, and texts that are numbers.
fn number(value: &Value<'_>) -> Result<f64, String> {
    match value {
        Value::Float(value) => Ok(*value),
        Value::Int(value) => Ok(*value as f64),
        Value::Text(text) => float::parse(text).map_err(|error| error.to_string()),
        other => Err(format!("can't convert {} to float", other.type_name())),
    }
}

/// Four significant digits.
fn short<'a>(value: f64, unit: &str) -> Outcome<'a> {
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

pub(crate) fn humanize<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    let value = number(&args[0])?;
    if value == 0.0 || !value.is_finite() {
        return short(value, "");
    }
    let (value, prefix) = if value.abs() >= 1.0 { enlarge(value, 1000.0, LARGE) } else { reduce(value) };
    short(value, prefix)
}

pub(crate) fn humanize1024<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    let value = number(&args[0])?;
    if value.abs() <= 1.0 || !value.is_finite() {
        return short(value, "");
    }
    let (value, prefix) = enlarge(value, 1024.0, LARGE_1024);
    short(value, prefix)
}

pub(crate) fn humanize_duration<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    let value = number(&args[0])?;
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

pub(crate) fn humanize_percentage<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    short(number(&args[0])? * 100.0, "%")
}

fn moment(seconds: f64) -> Result<Time, String> {
    if seconds.abs() > 9e9 {
        return Err(format!(
            "{seconds} cannot be represented as a nanoseconds timestamp since it overflows int64"
        ));
    }
    // Milliseconds, since seconds with a fraction have no exact nanoseconds in 64 bits.
    Ok(Time { nanos: i128::from((seconds * 1e3).round() as i64) * 1_000_000, offset_secs: 0 })
}

pub(crate) fn humanize_timestamp<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    let value = number(&args[0])?;
    if !value.is_finite() {
        return short(value, "");
    }
    Ok(Value::from(moment(value)?.to_string()))
}

pub(crate) fn to_time<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::Time(moment(number(&args[0])?)?))
}

pub(crate) fn to_duration<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::from(GoDuration((number(&args[0])? * 1e9) as i64).to_string()))
}

pub(crate) fn parse_duration<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    let nanos = parse_prometheus(args[0].text()?).map_err(|error| error.to_string())?;
    Ok(Value::Float(nanos as f64 / 1e9))
}

pub(crate) fn matches<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    strings::regex_matches(args[0].text()?, args[1].text()?).map(Value::Bool)
}

/// The pattern, the replacement, then the subject.
pub(crate) fn re_replace_all<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    strings::regex_replace(&[args[0].clone(), args[2].clone(), args[1].clone()])
}

pub(crate) fn safe_html<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    Ok(args[0].clone())
}

/// `host:port` as its parts; `None` for what isn't.
fn host_and_port(text: &str) -> Option<(&str, &str)> {
    let (host, port) = text.rsplit_once(':')?;
    let bare = match host.strip_prefix('[').and_then(|inner| inner.strip_suffix(']')) {
        Some(inner) => inner,
        None if host.contains(':') => return None,
        None => host,
    };
    Some((bare, port))
}

pub(crate) fn strip_port<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    let text = args[0].text()?;
    Ok(Value::from(host_and_port(text).map_or(text, |(host, _)| host).to_owned()))
}

/// The first part of a host's name; addresses stay.
pub(crate) fn strip_domain<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    let text = args[0].text()?;
    let (host, port) = host_and_port(text).map_or((text, None), |(host, port)| (host, Some(port)));
    if host.parse::<std::net::IpAddr>().is_ok() {
        return Ok(Value::from(text.to_owned()));
    }
    let name = host.split('.').next().unwrap_or(host);
    Ok(Value::from(port.map_or_else(|| name.to_owned(), |port| format!("{name}:{port}"))))
}

fn link<'a>(args: &[Value<'a>], tab: u8) -> Outcome<'a> {
    let expr = encoding::urlquery(args)?;
    Ok(Value::from(format!("/graph?g0.expr={expr}&g0.tab={tab}")))
}

pub(crate) fn graph_link<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    link(args, 0)
}

pub(crate) fn table_link<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    link(args, 1)
}

pub(crate) fn args<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    let named = |(at, value): (usize, &Value<'a>)| (format!("arg{at}"), value.clone());
    let all: BTreeMap<String, Value<'a>> = args.iter().enumerate().map(named).collect();
    Ok(Value::Map(Rc::new(all)))
}
