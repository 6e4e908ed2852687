//! What a search found, as tables; and the search form as a query.

use serde_json::{Map, Value, json};

use super::super::series::unreadable;
use super::super::{Failure, whole};
use super::trace::plain;
use crate::frames::{Field, Frame};

fn list(traces: &Value) -> Result<&[Value], Failure> {
    match traces {
        Value::Null => Ok(&[]),
        Value::Array(traces) => Ok(traces),
        _ => Err(unreadable("no list of traces")),
    }
}

/// A number; 0 is left out.
fn number(value: &Value) -> i64 {
    whole(value).unwrap_or_default()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn named(field: Field, name: &str) -> Field {
    field.with_config("displayNameFromDS", Value::from(name))
}

/// A row per trace, the newest first.
pub(super) fn traces(traces: &Value) -> Result<Frame, Failure> {
    let mut rows: Vec<&Value> = list(traces)?.iter().collect();
    rows.sort_by_key(|trace| std::cmp::Reverse(number(&trace["startTimeUnixNano"])));
    let start = |trace: &&Value| number(&trace["startTimeUnixNano"]) / 1_000_000;
    let mut frame = Frame::new(vec![
        named(Field::strings("traceID", rows.iter().map(|trace| text(&trace["traceID"]))), "Trace ID"),
        named(Field::times("startTime", rows.iter().map(start)), "Start time"),
        named(
            Field::strings("traceService", rows.iter().map(|trace| text(&trace["rootServiceName"]))),
            "Service",
        ),
        named(Field::strings("traceName", rows.iter().map(|trace| text(&trace["rootTraceName"]))), "Name"),
        named(
            Field::numbers("traceDuration", rows.iter().map(|trace| number(&trace["durationMs"]) as f64)),
            "Duration",
        )
        .with_config("unit", json!("ms")),
    ])
    .with_meta("preferredVisualisationType", "table");
    frame.name = Some("Traces".to_owned());
    Ok(frame)
}

/// A row per span that was hit.
pub(super) fn spans(traces: &Value) -> Result<Frame, Failure> {
    let mut rows: Vec<(&Value, &Value)> = Vec::new();
    for trace in list(traces)? {
        let sets = match &trace["spanSets"] {
            Value::Array(sets) => sets.iter().collect(),
            _ => vec![&trace["spanSet"]],
        };
        let spans = sets.into_iter().filter_map(|set| set["spans"].as_array()).flatten();
        rows.extend(spans.map(|span| (trace, span)));
    }
    rows.sort_by_key(|(_, span)| std::cmp::Reverse(number(&span["startTimeUnixNano"])));
    let attribute = |span: &Value, name: &str| {
        let pairs = span["attributes"].as_array()?;
        pairs.iter().find(|pair| pair["key"] == name).map(|pair| plain(&pair["value"]))
    };
    let mut names: Vec<&str> = Vec::new();
    for (_, span) in &rows {
        for name in
            span["attributes"].as_array().into_iter().flatten().filter_map(|pair| pair["key"].as_str())
        {
            if !names.contains(&name) && names.len() < 50 {
                names.push(name);
            }
        }
    }
    let nanos: Vec<i64> = rows.iter().map(|(_, span)| number(&span["startTimeUnixNano"])).collect();
    let mut fields = vec![
        named(
            Field::strings("traceIdHidden", rows.iter().map(|(trace, _)| text(&trace["traceID"]))),
            "Trace ID",
        ),
        named(
            Field::strings("traceService", rows.iter().map(|(trace, _)| text(&trace["rootServiceName"]))),
            "Trace Service",
        ),
        named(
            Field::strings("traceName", rows.iter().map(|(trace, _)| text(&trace["rootTraceName"]))),
            "Trace Name",
        ),
        named(Field::strings("spanID", rows.iter().map(|(_, span)| text(&span["spanID"]))), "Span ID"),
        named(Field::nanos("time", &nanos), "Start time"),
        named(Field::strings("name", rows.iter().map(|(_, span)| text(&span["name"]))), "Name"),
    ];
    for name in names {
        let values = rows.iter().map(|(_, span)| match attribute(span, name) {
            None => String::new(),
            Some(Value::String(text)) => text,
            Some(other) => other.to_string(),
        });
        fields.push(Field::strings(name, values));
    }
    let durations = rows.iter().map(|(_, span)| number(&span["durationNanos"]) as f64);
    fields.push(named(Field::numbers("duration", durations), "Duration").with_config("unit", json!("ns")));
    let mut frame = Frame::new(fields).with_meta("preferredVisualisationType", "table");
    frame.name = Some("Spans".to_owned());
    Ok(frame)
}

/// The filters of the search form as one spanset.
pub(super) fn of_filters(model: &Map<String, Value>) -> Result<String, String> {
    let filters = model.get("filters").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let mut conditions = Vec::new();
    for filter in filters {
        let Some(tag) = filter["tag"].as_str().filter(|tag| !tag.is_empty()) else { continue };
        let values: Vec<&str> = match &filter["value"] {
            Value::String(value) => vec![value.as_str()],
            Value::Array(values) => values.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        if values.iter().all(|value| value.is_empty()) {
            continue;
        }
        conditions.push(condition(filter, tag, &values)?);
    }
    Ok(format!("{{{}}}", conditions.join(" && ")))
}

fn condition(filter: &Value, tag: &str, values: &[&str]) -> Result<String, String> {
    const OPERATORS: [&str; 8] = ["=", "!=", ">", "<", ">=", "<=", "=~", "!~"];
    const INTRINSICS: [&str; 6] = ["name", "status", "kind", "duration", "traceDuration", "statusMessage"];
    let operator = filter["operator"].as_str().unwrap_or("=");
    if !OPERATORS.contains(&operator) {
        return Err(format!("unknown operator {operator:?} in the filter for {tag}"));
    }
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-/:".contains(&byte);
    if !tag.bytes().all(plain) {
        return Err(format!("{tag:?} is no name of an attribute"));
    }
    let scoped = match filter["scope"].as_str().unwrap_or_default() {
        scope @ ("resource" | "span" | "event" | "link" | "instrumentation") => format!("{scope}.{tag}"),
        _ if INTRINSICS.contains(&tag) => tag.to_owned(),
        _ => format!(".{tag}"),
    };
    let is_text = filter["valueType"].as_str().unwrap_or("string") == "string"
        && !matches!(tag, "duration" | "status" | "kind" | "traceDuration");
    if values.len() > 1 {
        let joined = values.join("|");
        let operator = if operator.starts_with('!') { "!~" } else { "=~" };
        return Ok(format!("{scoped}{operator}{}", Value::from(joined)));
    }
    let value = values.first().copied().unwrap_or_default();
    let written = if is_text { Value::from(value).to_string() } else { value.to_owned() };
    Ok(format!("{scoped}{operator}{written}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_becomes_a_query() {
        let Value::Object(model) = json!({ "filters": [
            { "tag": "service.name", "scope": "resource", "operator": "=", "value": ["order-service"], "valueType": "string" },
            { "tag": "name", "operator": "=~", "value": "a\"b" },
            { "tag": "duration", "operator": ">", "value": "100ms", "valueType": "duration" },
            { "tag": "http.status_code", "scope": "span", "operator": "=", "value": ["500", "502"] },
            { "tag": "", "value": "x" },
            { "tag": "x", "value": [] },
        ] }) else {
            unreachable!("an object")
        };
        assert_eq!(
            of_filters(&model).unwrap(),
            r#"{resource.service.name="order-service" && name=~"a\"b" && duration>100ms && span.http.status_code=~"500|502"}"#
        );
        assert_eq!(of_filters(&Map::new()).unwrap(), "{}");
        let Value::Object(bad) = json!({ "filters": [{ "tag": "a} || {", "value": "x" }] }) else {
            unreachable!("an object")
        };
        assert!(of_filters(&bad).is_err());
    }
}
