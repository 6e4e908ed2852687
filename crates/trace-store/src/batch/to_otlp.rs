//! Rows become OTLP messages again, equal to what the client sent.

use ahash::AHashMap;
use protocols::otlp::{AnyValue, KeyValue, ResourceSpans, ScopeSpans, Span, Status, any_value, span};

use super::{EventRow, LinkRow, Run, SpanBatch, SpanRow, Value};

/// A span with everything that belongs to it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct FoundSpan {
    /// A `ResourceSpans` message without spans.
    pub(super) resource: Vec<u8>,
    /// A `ScopeSpans` message without spans.
    pub(super) scope: Vec<u8>,
    pub span: Span,
}

/// A row as a message of its own.
pub(crate) fn found_span(batch: &SpanBatch, row: &SpanRow) -> FoundSpan {
    FoundSpan {
        resource: batch.blobs.get(batch.resource(row).wire).to_vec(),
        scope: batch.blobs.get(batch.scope(row).wire).to_vec(),
        span: span_of(batch, row),
    }
}

/// Spans by resource and scope, in order of first appearance.
pub(crate) fn grouped(spans: impl IntoIterator<Item = FoundSpan>) -> Vec<ResourceSpans> {
    let mut groups: Vec<ResourceSpans> = Vec::new();
    let mut resources: AHashMap<Vec<u8>, usize> = AHashMap::new();
    let mut scopes: AHashMap<(usize, Vec<u8>), usize> = AHashMap::new();
    for FoundSpan { resource, scope, span } in spans {
        let group = *resources.entry(resource).or_insert_with_key(|wire| {
            groups.push(decoded(wire));
            groups.len() - 1
        });
        let scope_spans = &mut groups[group].scope_spans;
        let scope = *scopes.entry((group, scope)).or_insert_with_key(|(_, wire)| {
            scope_spans.push(decoded::<ScopeSpans>(wire));
            scope_spans.len() - 1
        });
        scope_spans[scope].spans.push(span);
    }
    groups
}

/// Decodes a message that this program encoded.
fn decoded<M: prost::Message + Default>(wire: &[u8]) -> M {
    M::decode(wire).unwrap_or_default()
}

fn id_bytes(id: &[u8]) -> Vec<u8> {
    if id.iter().all(|byte| *byte == 0) { Vec::new() } else { id.to_vec() }
}

fn span_of(batch: &SpanBatch, row: &SpanRow) -> Span {
    let text = |id| batch.text(id).to_owned();
    Span {
        trace_id: row.trace_id.0.to_vec(),
        span_id: row.span_id.0.to_vec(),
        trace_state: text(row.trace_state),
        parent_span_id: id_bytes(&row.parent_span_id.0),
        flags: row.flags,
        name: text(row.name),
        kind: row.kind,
        start_time_unix_nano: row.start.cast_unsigned(),
        end_time_unix_nano: row.end.cast_unsigned(),
        attributes: attributes(batch, row.attributes),
        dropped_attributes_count: row.dropped_attributes,
        events: batch.events[row.events.range()].iter().map(|event| event_of(batch, event)).collect(),
        dropped_events_count: row.dropped_events,
        links: batch.links[row.links.range()].iter().map(|link| link_of(batch, link)).collect(),
        dropped_links_count: row.dropped_links,
        status: Some(Status { message: text(row.status_message), code: row.status }),
    }
}

fn event_of(batch: &SpanBatch, event: &EventRow) -> span::Event {
    span::Event {
        time_unix_nano: event.time,
        name: batch.text(event.name).to_owned(),
        attributes: attributes(batch, event.attributes),
        dropped_attributes_count: event.dropped_attributes,
    }
}

fn link_of(batch: &SpanBatch, link: &LinkRow) -> span::Link {
    span::Link {
        trace_id: batch.blobs.get(link.trace_id).to_vec(),
        span_id: batch.blobs.get(link.span_id).to_vec(),
        trace_state: batch.text(link.trace_state).to_owned(),
        attributes: attributes(batch, link.attributes),
        dropped_attributes_count: link.dropped_attributes,
        flags: link.flags,
    }
}

fn attributes(batch: &SpanBatch, run: Run) -> Vec<KeyValue> {
    batch
        .attributes
        .of(run)
        .map(|(key, value)| KeyValue {
            key: batch.text(key).to_owned(),
            value: Some(any_value_of(batch, value)),
            key_strindex: 0,
        })
        .collect()
}

pub(crate) fn any_value_of(batch: &SpanBatch, value: Value) -> AnyValue {
    let value = match value {
        Value::Empty => None,
        Value::String(id) => Some(any_value::Value::StringValue(batch.text(id).to_owned())),
        Value::Int(number) => Some(any_value::Value::IntValue(number)),
        Value::Double(number) => Some(any_value::Value::DoubleValue(number)),
        Value::Bool(value) => Some(any_value::Value::BoolValue(value)),
        Value::Other(blob) => return decoded(batch.blobs.get(blob)),
    };
    AnyValue { value }
}
