//! Zipkin's spans as OTLP.

use protocols::otlp::{
    AnyValue, ExportTraceServiceRequest, InstrumentationScope, KeyValue, Resource, ResourceSpans, ScopeSpans,
    Span, Status, any_value, span,
};

use super::{Annotation, Endpoint};
use crate::ingest::IngestError;

const NANOS_PER_MICRO: u64 = 1000;

/// Spans of one service and scope that follow each other share their resource.
pub(super) fn request(spans: Vec<super::Span>) -> Result<ExportTraceServiceRequest, IngestError> {
    let mut resource_spans: Vec<ResourceSpans> = Vec::new();
    for span in spans {
        let resource = resource(span.local_endpoint.as_ref());
        let (scope, span) = span_of(span)?;
        let same = resource_spans
            .last_mut()
            .filter(|last| last.resource.as_ref() == Some(&resource))
            .and_then(|last| last.scope_spans.last_mut())
            .filter(|last| last.scope == scope);
        match same {
            Some(scope_spans) => scope_spans.spans.push(span),
            None => resource_spans.push(ResourceSpans {
                resource: Some(resource),
                scope_spans: vec![ScopeSpans { scope, spans: vec![span], ..ScopeSpans::default() }],
                ..ResourceSpans::default()
            }),
        }
    }
    Ok(ExportTraceServiceRequest { resource_spans })
}

fn resource(endpoint: Option<&Endpoint>) -> Resource {
    let service = endpoint.and_then(|endpoint| endpoint.service_name.as_deref()).unwrap_or_default();
    let attributes = if service.is_empty() { Vec::new() } else { vec![text("service.name", service)] };
    Resource { attributes, ..Resource::default() }
}

fn pair(key: &str, value: any_value::Value) -> KeyValue {
    KeyValue { key: key.to_owned(), value: Some(AnyValue { value: Some(value) }), key_strindex: 0 }
}

fn text(key: &str, value: &str) -> KeyValue {
    pair(key, any_value::Value::StringValue(value.to_owned()))
}

fn span_of(from: super::Span) -> Result<(Option<InstrumentationScope>, Span), IngestError> {
    let start = from.timestamp.unwrap_or_default().saturating_mul(NANOS_PER_MICRO);
    let duration = from.duration.unwrap_or_default().saturating_mul(NANOS_PER_MICRO);
    let mut span = Span {
        trace_id: id(&from.trace_id, 16)?,
        span_id: id(&from.id, 8)?,
        parent_span_id: from
            .parent_id
            .filter(|id| !id.is_empty())
            .map(|parent| id(&parent, 8))
            .transpose()?
            .unwrap_or_default(),
        name: from.name.unwrap_or_default(),
        kind: kind(from.kind.as_deref().unwrap_or_default()),
        start_time_unix_nano: start,
        end_time_unix_nano: start.saturating_add(duration),
        events: from.annotations.unwrap_or_default().into_iter().map(event).collect(),
        ..Span::default()
    };
    let mut status = Status::default();
    let mut scope = InstrumentationScope::default();
    for (key, value) in from.tags.unwrap_or_default() {
        match key.as_str() {
            "otel.status_code" => {
                status.code = match value.trim_start_matches("STATUS_CODE_") {
                    "OK" => 1,
                    "ERROR" => 2,
                    _ => status.code,
                };
            }
            "otel.status_description" => status.message = value,
            "otel.scope.name" | "otel.library.name" => scope.name = value,
            "otel.scope.version" | "otel.library.version" => scope.version = value,
            "w3c.tracestate" => span.trace_state = value,
            "error" => {
                // Any text but "false" is an error; one that is more than "true" says which.
                if value != "false" && status.code == 0 {
                    status.code = 2;
                }
                if !matches!(value.as_str(), "" | "true" | "false") {
                    span.attributes.push(text("error", &value));
                }
            }
            _ => span.attributes.push(text(&key, &value)),
        }
    }
    endpoint_attributes(&mut span, from.local_endpoint.as_ref(), "net.host");
    if let Some(service) = from.remote_endpoint.as_ref().and_then(|remote| remote.service_name.as_deref()) {
        span.attributes.push(text("peer.service", service));
    }
    endpoint_attributes(&mut span, from.remote_endpoint.as_ref(), "net.peer");
    span.status = Some(status);
    let scope = (scope != InstrumentationScope::default()).then_some(scope);
    Ok((scope, span))
}

fn endpoint_attributes(span: &mut Span, endpoint: Option<&Endpoint>, prefix: &str) {
    let Some(endpoint) = endpoint else { return };
    if let Some(address) = endpoint.ipv4.as_ref().or(endpoint.ipv6.as_ref()) {
        span.attributes.push(text(&format!("{prefix}.ip"), address));
    }
    if let Some(port) = endpoint.port.filter(|port| *port > 0) {
        span.attributes.push(pair(&format!("{prefix}.port"), any_value::Value::IntValue(i64::from(port))));
    }
}

fn kind(name: &str) -> i32 {
    let kind = match name {
        "CLIENT" => span::SpanKind::Client,
        "SERVER" => span::SpanKind::Server,
        "PRODUCER" => span::SpanKind::Producer,
        "CONSUMER" => span::SpanKind::Consumer,
        _ => span::SpanKind::Unspecified,
    };
    kind as i32
}

fn event(annotation: Annotation) -> span::Event {
    span::Event {
        time_unix_nano: annotation.timestamp.saturating_mul(NANOS_PER_MICRO),
        name: annotation.value,
        ..span::Event::default()
    }
}

/// Hexadecimal digits as `length` bytes; fewer digits have zeros before them.
fn id(digits: &str, length: usize) -> Result<Vec<u8>, IngestError> {
    let wrong = || {
        IngestError::Invalid(format!("{digits:?} is not an id of at most {} hexadecimal digits", 2 * length))
    };
    if digits.is_empty() || digits.len() > 2 * length || !digits.is_ascii() {
        return Err(wrong());
    }
    hex::decode(format!("{digits:0>width$}", width = 2 * length)).map_err(|_| wrong())
}
