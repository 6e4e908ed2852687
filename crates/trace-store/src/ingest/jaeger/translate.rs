//! Jaeger's spans as OTLP, as the OpenTelemetry collector translates them.

use protocols::otlp::{
    AnyValue, ExportTraceServiceRequest, InstrumentationScope, KeyValue, Resource, ResourceSpans, ScopeSpans,
    Span, Status, any_value, span,
};

use super::messages::{self, Batch, CHILD_OF, Log, Process, SpanRef, Tag, TagType};

const SERVICE_NAME: &str = "service.name";
const REF_TYPE: &str = "opentracing.ref_type";

/// The spans of a batch.
pub(super) fn request(batch: Batch) -> ExportTraceServiceRequest {
    let own = batch.process;
    let mut resource_spans: Vec<(Option<Process>, ResourceSpans)> = Vec::new();
    for mut span in batch.spans {
        let process = span.process.take().or_else(|| own.clone());
        let at = match resource_spans.iter().rposition(|(known, _)| *known == process) {
            Some(at) => at,
            None => {
                let resource = process.clone().map(resource);
                resource_spans.push((process, ResourceSpans { resource, ..ResourceSpans::default() }));
                resource_spans.len() - 1
            }
        };
        let (scope, span) = span_of(span);
        let scopes = &mut resource_spans[at].1.scope_spans;
        match scopes.iter_mut().find(|known| known.scope == scope) {
            Some(known) => known.spans.push(span),
            None => scopes.push(ScopeSpans { scope, spans: vec![span], ..ScopeSpans::default() }),
        }
    }
    ExportTraceServiceRequest { resource_spans: resource_spans.into_iter().map(|(_, spans)| spans).collect() }
}

fn resource(process: Process) -> Resource {
    let mut attributes = Vec::with_capacity(process.tags.len() + 1);
    if !process.service_name.is_empty() {
        attributes.push(pair(SERVICE_NAME, any_value::Value::StringValue(process.service_name)));
    }
    attributes.extend(process.tags.into_iter().map(|mut tag| {
        if tag.key == "hostname" {
            tag.key = "host.name".to_owned();
        }
        attribute(tag)
    }));
    Resource { attributes, ..Resource::default() }
}

fn pair(key: &str, value: any_value::Value) -> KeyValue {
    KeyValue { key: key.to_owned(), value: Some(AnyValue { value: Some(value) }), key_strindex: 0 }
}

fn attribute(tag: Tag) -> KeyValue {
    let value = match tag.v_type() {
        TagType::String => any_value::Value::StringValue(tag.v_str),
        TagType::Bool => any_value::Value::BoolValue(tag.v_bool),
        TagType::Int64 => any_value::Value::IntValue(tag.v_int64),
        TagType::Float64 => any_value::Value::DoubleValue(tag.v_float64),
        TagType::Binary => any_value::Value::BytesValue(tag.v_binary),
    };
    KeyValue { key: tag.key, value: Some(AnyValue { value: Some(value) }), key_strindex: 0 }
}

/// What tags say that OTLP has fields for.
#[derive(Default)]
struct Told {
    kind: i32,
    error: bool,
    status: i32,
    message: String,
    trace_state: String,
    scope_name: String,
    scope_version: String,
}

impl Told {
    /// Takes a tag in; false if it stays an attribute.
    fn hears(&mut self, tag: &Tag) -> bool {
        match tag.key.as_str() {
            "span.kind" => {
                self.kind = match tag.v_str.as_str() {
                    "client" => span::SpanKind::Client,
                    "server" => span::SpanKind::Server,
                    "producer" => span::SpanKind::Producer,
                    "consumer" => span::SpanKind::Consumer,
                    "internal" => span::SpanKind::Internal,
                    _ => return false,
                } as i32;
            }
            "error" => {
                if !(tag.v_bool || tag.v_str.eq_ignore_ascii_case("true")) {
                    return false;
                }
                self.error = true;
            }
            "otel.status_code" => match tag.v_str.as_str() {
                "OK" => self.status = 1,
                "ERROR" => self.status = 2,
                _ => return false,
            },
            "otel.status_description" => self.message.clone_from(&tag.v_str),
            "w3c.tracestate" => self.trace_state.clone_from(&tag.v_str),
            "otel.scope.name" | "otel.library.name" => self.scope_name.clone_from(&tag.v_str),
            "otel.scope.version" | "otel.library.version" => self.scope_version.clone_from(&tag.v_str),
            _ => return false,
        }
        true
    }
}

fn span_of(from: messages::Span) -> (Option<InstrumentationScope>, Span) {
    let mut told = Told::default();
    let mut attributes = Vec::with_capacity(from.tags.len());
    for tag in from.tags {
        if !told.hears(&tag) {
            attributes.push(attribute(tag));
        }
    }
    let is_parent =
        |reference: &SpanRef| reference.ref_type == CHILD_OF && reference.trace_id == from.trace_id;
    let parent = from.references.iter().position(is_parent);
    let others = from.references.iter().enumerate().filter(|(at, _)| Some(*at) != parent);
    let start = from.start_time.unwrap_or_default().nanos();
    let duration = from.duration.unwrap_or_default().nanos();
    let code = if told.error && told.status == 0 { 2 } else { told.status };
    let span = Span {
        parent_span_id: parent.map(|at| from.references[at].span_id.clone()).unwrap_or_default(),
        links: others.map(|(_, reference)| link(reference)).collect(),
        trace_id: from.trace_id,
        span_id: from.span_id,
        trace_state: told.trace_state,
        name: from.operation_name,
        kind: told.kind,
        start_time_unix_nano: start,
        end_time_unix_nano: start.saturating_add(duration),
        attributes,
        events: from.logs.into_iter().map(event).collect(),
        status: Some(Status { code, message: told.message }),
        ..Span::default()
    };
    let has_scope = !told.scope_name.is_empty() || !told.scope_version.is_empty();
    let scope = has_scope.then(|| InstrumentationScope {
        name: told.scope_name,
        version: told.scope_version,
        ..InstrumentationScope::default()
    });
    (scope, span)
}

fn link(reference: &SpanRef) -> span::Link {
    let kind = if reference.ref_type == CHILD_OF { "child_of" } else { "follows_from" };
    span::Link {
        trace_id: reference.trace_id.clone(),
        span_id: reference.span_id.clone(),
        attributes: vec![pair(REF_TYPE, any_value::Value::StringValue(kind.to_owned()))],
        ..span::Link::default()
    }
}

fn event(log: Log) -> span::Event {
    let mut event =
        span::Event { time_unix_nano: log.timestamp.unwrap_or_default().nanos(), ..span::Event::default() };
    for tag in log.fields {
        if tag.key == "event" && event.name.is_empty() && tag.v_type() == TagType::String {
            event.name = tag.v_str;
        } else {
            event.attributes.push(attribute(tag));
        }
    }
    event
}
