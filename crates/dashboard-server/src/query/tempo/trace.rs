//! One trace, a row per span.

use base64::Engine as _;
use serde_json::{Map, Value, json};

use super::super::series::unreadable;
use super::super::{Failure, whole};
use crate::frames::{Field, Frame};

/// A span and what it is a part of.
struct Row<'a> {
    span: &'a Value,
    scope: &'a Value,
    resource: &'a Value,
}

pub(super) fn frame(trace: &Value) -> Result<Frame, Failure> {
    let rows = rows(trace);
    if rows.is_empty() {
        return Err(Failure { status: 404, message: "trace not found".to_owned(), is_downstream: true });
    }
    let texts = |name: &str, of: &dyn Fn(&Row<'_>) -> String| Field::strings(name, rows.iter().map(of));
    let span_text =
        |key: &'static str| move |row: &Row<'_>| row.span[key].as_str().unwrap_or_default().to_owned();
    let start = rows.iter().map(|row| whole(&row.span["startTimeUnixNano"])).collect::<Option<Vec<i64>>>();
    let end = rows.iter().map(|row| whole(&row.span["endTimeUnixNano"])).collect::<Option<Vec<i64>>>();
    let (Some(start), Some(end)) = (start, end) else { return Err(unreadable("a span without times")) };
    let durations = start.iter().zip(&end).map(|(start, end)| (end - start) as f64 / 1e6);
    let json_of =
        |name: &str, of: &dyn Fn(&Row<'_>) -> Value| Field::json(name, rows.iter().map(of).collect());
    let mut frame = Frame::new(vec![
        texts("traceID", &|row| identifier(&row.span["traceId"])),
        texts("spanID", &|row| identifier(&row.span["spanId"])),
        texts("parentSpanID", &|row| identifier(&row.span["parentSpanId"])),
        texts("operationName", &span_text("name")),
        texts("serviceName", &|row| service(row.resource)),
        texts("kind", &|row| {
            enumerated(
                &row.span["kind"],
                "SPAN_KIND_",
                &["unspecified", "internal", "server", "client", "producer", "consumer"],
            )
        }),
        Field::numbers("statusCode", rows.iter().map(|row| status(&row.span["status"]["code"]))),
        texts("statusMessage", &|row| row.span["status"]["message"].as_str().unwrap_or_default().to_owned()),
        texts("instrumentationLibraryName", &|row| row.scope["name"].as_str().unwrap_or_default().to_owned()),
        texts("instrumentationLibraryVersion", &|row| {
            row.scope["version"].as_str().unwrap_or_default().to_owned()
        }),
        texts("traceState", &span_text("traceState")),
        json_of("serviceTags", &|row| pairs(&row.resource["attributes"])),
        Field::numbers("startTime", start.iter().map(|nanos| *nanos as f64 / 1e6)),
        Field::numbers("duration", durations),
        json_of("logs", &|row| logs(&row.span["events"])),
        json_of("references", &|row| references(&row.span["links"])),
        json_of("tags", &|row| pairs(&row.span["attributes"])),
    ])
    .with_meta("preferredVisualisationType", "trace")
    .with_meta("custom", json!({ "traceFormat": "otlp" }));
    frame.name = Some("Trace".to_owned());
    Ok(frame)
}

fn rows(trace: &Value) -> Vec<Row<'_>> {
    let mut rows = Vec::new();
    let parts = ["resourceSpans", "batches"].into_iter().find_map(|name| trace[name].as_array());
    for part in parts.into_iter().flatten() {
        for scope in part["scopeSpans"].as_array().into_iter().flatten() {
            for span in scope["spans"].as_array().into_iter().flatten() {
                rows.push(Row { span, scope: &scope["scope"], resource: &part["resource"] });
            }
        }
    }
    rows
}

/// Hexadecimal digits; protobuf's JSON has base64 instead.
fn identifier(value: &Value) -> String {
    let text = value.as_str().unwrap_or_default();
    if matches!(text.len(), 16 | 32) && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return text.to_ascii_lowercase();
    }
    match base64::engine::general_purpose::STANDARD.decode(text) {
        Ok(bytes) => hex::encode(bytes),
        Err(_) => text.to_owned(),
    }
}

/// A name of an enumeration in lower case, without what all of them begin with.
fn enumerated(value: &Value, prefix: &str, names: &[&str]) -> String {
    match value {
        Value::String(text) => text.trim_start_matches(prefix).to_ascii_lowercase(),
        Value::Number(number) => {
            let at = number.as_u64().and_then(|number| usize::try_from(number).ok()).unwrap_or_default();
            names.get(at).copied().unwrap_or("unspecified").to_owned()
        }
        _ => names[0].to_owned(),
    }
}

fn status(code: &Value) -> f64 {
    match enumerated(code, "STATUS_CODE_", &["unset", "ok", "error"]).as_str() {
        "ok" => 1.0,
        "error" => 2.0,
        _ => 0.0,
    }
}

fn service(resource: &Value) -> String {
    let pairs = resource["attributes"].as_array().map_or(&[][..], Vec::as_slice);
    let found = pairs.iter().find(|pair| pair["key"] == "service.name");
    found.and_then(|pair| pair["value"]["stringValue"].as_str()).unwrap_or_default().to_owned()
}

/// A value without the name of its type.
pub(super) fn plain(value: &Value) -> Value {
    let Some((kind, inner)) = value.as_object().and_then(|map| map.iter().next()) else { return Value::Null };
    match kind.as_str() {
        "intValue" => whole::<i64>(inner).map_or_else(|| inner.clone(), Value::from),
        "arrayValue" => {
            let items = inner["values"].as_array().map_or(&[][..], Vec::as_slice);
            Value::from(items.iter().map(plain).collect::<Vec<_>>())
        }
        "kvlistValue" => {
            let items = inner["values"].as_array().map_or(&[][..], Vec::as_slice);
            let pair = |pair: &Value| Some((pair["key"].as_str()?.to_owned(), plain(&pair["value"])));
            Value::Object(items.iter().filter_map(pair).collect::<Map<_, _>>())
        }
        _ => inner.clone(),
    }
}

/// `[{key, value}]`
fn pairs(attributes: &Value) -> Value {
    let attributes = attributes.as_array().map_or(&[][..], Vec::as_slice);
    attributes.iter().map(|pair| json!({ "key": pair["key"], "value": plain(&pair["value"]) })).collect()
}

fn logs(events: &Value) -> Value {
    let events = events.as_array().map_or(&[][..], Vec::as_slice);
    let log = |event: &Value| {
        json!({
            "timestamp": whole::<i64>(&event["timeUnixNano"]).unwrap_or_default() as f64 / 1e6,
            "name": event["name"],
            "fields": pairs(&event["attributes"]),
        })
    };
    events.iter().map(log).collect()
}

fn references(links: &Value) -> Value {
    let links = links.as_array().map_or(&[][..], Vec::as_slice);
    let reference = |link: &Value| {
        json!({
            "traceID": identifier(&link["traceId"]),
            "spanID": identifier(&link["spanId"]),
            "tags": pairs(&link["attributes"]),
        })
    };
    links.iter().map(reference).collect()
}
