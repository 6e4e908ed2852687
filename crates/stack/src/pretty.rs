//! JSON log lines as a person reads them: `12:03:04.123 INFO  order-service  order created order_id=17`.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Map, Value};

use crate::ui::{Style, Tone};

/// Fields that have a place of their own in the line.
const PLACED: [&str; 4] = ["timestamp", "level", "service", "message"];

/// Formats one line of the component `label`, padded to `width`. Text that isn't JSON is shown as it is. Control
/// characters, which could steer the terminal, are spelled out.
pub fn line(text: &str, label: &str, width: usize, style: Style) -> String {
    let padded = format!("{label:width$}");
    let label = style.paint(Tone::Member(colour_of(label)), &padded);
    let Some(fields) = parse(text) else {
        return format!("{:12} {:5} {label}  {}", "", "", printable(text));
    };
    let time = fields.get("timestamp").and_then(Value::as_str).and_then(local_time);
    let time = style.paint(Tone::Faint, &format!("{:12}", time.unwrap_or_default()));
    let level = fields.get("level").and_then(Value::as_str).unwrap_or("info");
    format!("{time} {} {label}  {}", painted_level(level, style), body(&fields, style))
}

/// Formats a line whose time, and perhaps level, are known from elsewhere, whatever the line itself is.
pub fn dated(
    text: &str,
    time: Option<Timestamp>,
    level: Option<&str>,
    label: &str,
    width: usize,
    style: Style,
) -> String {
    let padded = format!("{:width$}", printable(label));
    let label = style.paint(Tone::Member(colour_of(label)), &padded);
    let time = time.map(clock).unwrap_or_default();
    let time = style.paint(Tone::Faint, &format!("{time:12}"));
    let fields = parse(text);
    let own = fields.as_ref().and_then(|fields| fields.get("level")).and_then(Value::as_str);
    let level = painted_level(level.or(own).unwrap_or("info"), style);
    let body = match &fields {
        Some(fields) if fields.contains_key("message") => body(fields, style),
        _ => printable(text),
    };
    format!("{time} {level} {label}  {body}")
}

/// The message, and what else the line says.
fn body(fields: &Map<String, Value>, style: Style) -> String {
    let mut out = String::new();
    let message = fields.get("message").map(plain).unwrap_or_default();
    out.push_str(&printable(&message));
    for (name, value) in fields.iter().filter(|(name, _)| !PLACED.contains(&name.as_str())) {
        let value = printable(&quoted(value));
        out.push_str(&style.paint(Tone::Faint, &format!(" {}=", printable(name))));
        out.push_str(&value);
    }
    out
}

/// When a line says it was written; lines without a time have none.
pub fn time_of(text: &str) -> Option<Timestamp> {
    parse(text)?.get("timestamp")?.as_str()?.parse().ok()
}

fn parse(text: &str) -> Option<Map<String, Value>> {
    // Cheaper than asking the parser about every plain line.
    if !text.starts_with('{') {
        return None;
    }
    serde_json::from_str(text).ok()
}

fn local_time(text: &str) -> Option<String> {
    text.parse().ok().map(clock)
}

fn clock(time: Timestamp) -> String {
    time.to_zoned_datetime(TimeZone::system()).strftime("%H:%M:%S%.3f").to_string()
}

fn painted_level(level: &str, style: Style) -> String {
    let name = format!("{:5}", printable(level).to_ascii_uppercase());
    match level.to_ascii_lowercase().as_str() {
        "error" => style.paint(Tone::Bad, &name),
        "warn" | "warning" => style.paint(Tone::Notice, &name),
        "info" => style.paint(Tone::Good, &name),
        _ => style.paint(Tone::Faint, &name),
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Values stay one word: strings with spaces keep their quotes.
fn quoted(value: &Value) -> String {
    match value {
        Value::String(text) if !text.is_empty() && !text.contains([' ', '"', '=']) => text.clone(),
        other => other.to_string(),
    }
}

fn printable(text: &str) -> String {
    if !text.contains(char::is_control) {
        return text.to_owned();
    }
    text.chars()
        .flat_map(|character| {
            let escaped = character.is_control() && character != '\t';
            let (spelled, kept) =
                if escaped { (Some(character.escape_default()), None) } else { (None, Some(character)) };
            spelled.into_iter().flatten().chain(kept)
        })
        .collect()
}

/// The same component always has the same colour.
fn colour_of(label: &str) -> usize {
    crate::components::COMPONENTS
        .iter()
        .position(|component| label.starts_with(component.name))
        .unwrap_or(crate::components::COMPONENTS.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_becomes_one_readable_line() {
        let text = r#"{"timestamp":"2026-11-24T12:03:04.123456Z","level":"error","service":"order-service","message":"payment declined","event":"payment.declined","order_id":17,"reason":"no funds"}"#;
        let shown = line(text, "order-service", 15, Style::PLAIN);
        assert!(
            shown.ends_with(
                r#" ERROR order-service    payment declined event=payment.declined order_id=17 reason="no funds""#
            ),
            "{shown}"
        );
        assert!(shown.contains(":03:04.123 ") || shown.contains(":33:04.123 "), "{shown}");
        assert!(time_of(text).is_some());
    }

    #[test]
    fn anything_else_is_shown_as_it_is_but_cannot_steer_the_terminal() {
        for (text, expected) in [
            ("thread 'main' panicked", "x  thread 'main' panicked"),
            ("{broken", "x  {broken"),
            ("\x1b[2Jgone", r"x  \u{1b}[2Jgone"),
            (r#"{"message":"\u001b[31mred","n":null}"#, r"INFO  x  \u{1b}[31mred n=null"),
            (r#"{"level":"warn"}"#, "WARN  x  "),
        ] {
            let shown = line(text, "x", 1, Style::PLAIN);
            assert!(shown.ends_with(expected), "{shown:?}");
        }
        assert_eq!(time_of("plain"), None);
    }
}
