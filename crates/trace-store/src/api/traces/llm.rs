//! A trace for language models: no more than what tells something, by service and library, attributes as plain JSON.

use protocols::otlp::{KeyValue, ResourceSpans, Span};
use serde_json::{Map, Value as Json, json};
use traceql::{Kind, Status};

use crate::query::trace::diff::json_of;

/// What clients ask for, and the type of the answer.
pub(super) const LLM: &str = "application/vnd.grafana.llm";

/// The trace, by service.
pub(super) fn trace(resource_spans: &[ResourceSpans]) -> Json {
    json!({ "services": resource_spans.iter().map(service).collect::<Vec<_>>() })
}

fn service(resource_spans: &ResourceSpans) -> Json {
    let attributes = resource_spans.resource.as_ref().map_or(&[][..], |resource| &resource.attributes);
    let mut resource = flat(attributes);
    let name = resource.remove("service.name").unwrap_or_else(|| Json::from(""));
    let scopes = resource_spans.scope_spans.iter().map(|scope_spans| {
        let scope = scope_spans.scope.as_ref();
        let name = scope.map_or("", |scope| scope.name.as_str());
        json!({ "name": name, "spans": scope_spans.spans.iter().map(span).collect::<Vec<_>>() })
    });
    json!({ "serviceName": name, "resource": resource, "scopes": scopes.collect::<Vec<_>>() })
}

fn span(span: &Span) -> Json {
    let mut told = Map::new();
    let nanos = span.end_time_unix_nano.saturating_sub(span.start_time_unix_nano);
    let status = span.status.as_ref();
    told.insert("spanId".to_owned(), hex::encode(&span.span_id).into());
    if !span.parent_span_id.is_empty() {
        told.insert("parentSpanId".to_owned(), hex::encode(&span.parent_span_id).into());
    }
    told.insert("name".to_owned(), span.name.as_str().into());
    told.insert("kind".to_owned(), Kind::from_otlp(span.kind).name().into());
    told.insert("startTimeUnixNano".to_owned(), span.start_time_unix_nano.to_string().into());
    told.insert("durationMs".to_owned(), (nanos as f64 / 1e6).into());
    let code = Status::from_otlp(status.map_or(0, |status| status.code));
    if code != Status::Unset {
        told.insert("statusCode".to_owned(), code.name().into());
    }
    if let Some(message) = status.map(|status| status.message.as_str()).filter(|text| !text.is_empty()) {
        told.insert("statusMessage".to_owned(), message.into());
    }
    if !span.attributes.is_empty() {
        told.insert("attributes".to_owned(), Json::Object(flat(&span.attributes)));
    }
    if !span.events.is_empty() {
        let events = span.events.iter().map(|event| {
            json!({
                "name": event.name,
                "timeUnixNano": event.time_unix_nano.to_string(),
                "attributes": flat(&event.attributes),
            })
        });
        told.insert("events".to_owned(), events.collect());
    }
    Json::Object(told)
}

fn flat(pairs: &[KeyValue]) -> Map<String, Json> {
    pairs.iter().map(|pair| (pair.key.clone(), json_of(pair.value.as_ref()))).collect()
}
