//! Spans of a trace, taken out of the layers of OTLP's JSON.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::series::attribute_text;

/// One span.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    pub id: String,
    pub parent: String,
    pub service: String,
    pub name: String,
    pub start_ns: u64,
    pub end_ns: u64,
    /// What went wrong, if something did
    pub error: Option<String>,
}

/// All spans of an answer to `/api/v2/traces/{id}`, earliest first.
pub fn of(answer: &Value) -> Vec<Span> {
    let trace = answer.get("trace").unwrap_or(answer);
    let mut spans = Vec::new();
    for resource in list(&trace["resourceSpans"]).iter().chain(list(&trace["batches"])) {
        let service = attribute(&resource["resource"], "service.name").unwrap_or_else(|| "-".to_owned());
        for scope in list(&resource["scopeSpans"]) {
            spans.extend(list(&scope["spans"]).iter().map(|span| read(&service, span)));
        }
    }
    spans.sort_by_key(|span: &Span| (span.start_ns, std::cmp::Reverse(span.end_ns)));
    spans
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn read(service: &str, span: &Value) -> Span {
    let text = |name: &str| span[name].as_str().unwrap_or_default().to_owned();
    let time = |name: &str| match &span[name] {
        Value::String(text) => text.parse().unwrap_or_default(),
        other => other.as_u64().unwrap_or_default(),
    };
    let code = &span["status"]["code"];
    let failed = code == "STATUS_CODE_ERROR" || code == 2;
    let error = failed.then(|| {
        let message = span["status"]["message"].as_str().filter(|message| !message.is_empty());
        message
            .map(str::to_owned)
            .or_else(|| attribute(span, "error.type"))
            .unwrap_or_else(|| "error".to_owned())
    });
    Span {
        id: text("spanId"),
        parent: text("parentSpanId"),
        service: printable(service),
        name: printable(&text("name")),
        start_ns: time("startTimeUnixNano"),
        end_ns: time("endTimeUnixNano"),
        error: error.map(|error| printable(&error)),
    }
}

fn attribute(holder: &Value, key: &str) -> Option<String> {
    let found = list(&holder["attributes"]).iter().find(|attribute| attribute["key"] == key)?;
    Some(attribute_text(&found["value"]))
}

/// Text that cannot steer the terminal.
pub fn printable(text: &str) -> String {
    text.chars().map(|character| if character.is_control() { '\u{fffd}' } else { character }).collect()
}

/// The local time of day.
pub fn clock(ns: u64) -> String {
    match Timestamp::from_nanosecond(ns.into()) {
        Ok(time) => time.to_zoned_datetime(TimeZone::system()).strftime("%H:%M:%S%.3f").to_string(),
        Err(_) => "-".to_owned(),
    }
}

impl Span {
    /// For programs.
    pub fn to_json(&self) -> Value {
        json!({
            "span_id": self.id, "parent_span_id": self.parent, "service": self.service, "name": self.name,
            "start_ns": self.start_ns.to_string(), "duration_ns": self.end_ns.saturating_sub(self.start_ns),
            "error": self.error,
        })
    }
}
