//! What a request of log records or spans takes in memory once it is decoded, told before it is: a message of no content is two
//! bytes on the wire and hundreds in memory, so that a small body can stand for more than a machine has.

use super::{
    AnyValue, InstrumentationScope, KeyValue, LogRecord, Resource, ResourceLogs, ResourceSpans, ScopeLogs,
    ScopeSpans, Span, Status, span,
};

/// Smaller bodies are not looked at: whatever they hold is affordable.
const HARMLESS: usize = 1 << 20;
/// Deeper messages are refused when they are decoded.
const MAX_DEPTH: usize = 100;
/// An entity reference with its lists of keys, and a key in them.
const ENTITY: usize = 128;
const TEXT: usize = size_of::<String>();
/// An object or a list of the JSON form: the form it is read into, and the message that is made of it.
const JSON_MESSAGE: usize = 256;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Message {
    Request,
    ResourceLogs,
    Resource,
    Entity,
    EntityKey,
    ScopeLogs,
    Scope,
    Record,
    TraceRequest,
    ResourceSpans,
    ScopeSpans,
    Span,
    Event,
    Link,
    Status,
    KeyValue,
    Value,
    Array,
    List,
}

impl Message {
    fn size(self) -> usize {
        match self {
            Self::Request | Self::TraceRequest => 0,
            Self::ResourceSpans => size_of::<ResourceSpans>(),
            Self::ScopeSpans => size_of::<ScopeSpans>(),
            Self::Span => size_of::<Span>(),
            Self::Event => size_of::<span::Event>(),
            Self::Link => size_of::<span::Link>(),
            Self::Status => size_of::<Status>(),
            Self::ResourceLogs => size_of::<ResourceLogs>(),
            Self::Resource => size_of::<Resource>(),
            Self::Entity => ENTITY,
            Self::EntityKey => TEXT,
            Self::ScopeLogs => size_of::<ScopeLogs>(),
            Self::Scope => size_of::<InstrumentationScope>(),
            Self::Record => size_of::<LogRecord>(),
            Self::KeyValue => size_of::<KeyValue>(),
            Self::Value => size_of::<AnyValue>(),
            // Part of their value.
            Self::Array | Self::List => 0,
        }
    }

    /// What a field of this message holds, if that is messages.
    fn field(self, number: u64) -> Option<Self> {
        Some(match (self, number) {
            (Self::Request, 1) => Self::ResourceLogs,
            (Self::ResourceLogs, 1) => Self::Resource,
            (Self::ResourceLogs, 2) => Self::ScopeLogs,
            (Self::TraceRequest, 1) => Self::ResourceSpans,
            (Self::ResourceSpans, 1) => Self::Resource,
            (Self::ResourceSpans, 2) => Self::ScopeSpans,
            (Self::ScopeSpans, 1) => Self::Scope,
            (Self::ScopeSpans, 2) => Self::Span,
            (Self::Span, 11) => Self::Event,
            (Self::Span, 13) => Self::Link,
            (Self::Span, 15) => Self::Status,
            (Self::Resource | Self::List, 1)
            | (Self::Scope | Self::Event, 3)
            | (Self::Record, 6)
            | (Self::Span, 9)
            | (Self::Link, 4) => Self::KeyValue,
            (Self::Resource, 3) => Self::Entity,
            (Self::Entity, 3 | 4) => Self::EntityKey,
            (Self::ScopeLogs, 1) => Self::Scope,
            (Self::ScopeLogs, 2) => Self::Record,
            (Self::Record, 5) | (Self::KeyValue, 2) | (Self::Array, 1) => Self::Value,
            (Self::Value, 5) => Self::Array,
            (Self::Value, 6) => Self::List,
            _ => return None,
        })
    }
}

/// The bytes that the messages of a protobuf request take, texts not counted. Stops where the body is malformed, as
/// decoding will.
pub fn protobuf_logs_weight(body: &[u8]) -> usize {
    if body.len() <= HARMLESS { 0 } else { weigh(Message::Request, body, 0) }
}

/// The same for a request of spans.
pub fn protobuf_spans_weight(body: &[u8]) -> usize {
    if body.len() <= HARMLESS { 0 } else { weigh(Message::TraceRequest, body, 0) }
}

fn weigh(message: Message, body: &[u8], depth: usize) -> usize {
    let mut total = message.size();
    if depth == MAX_DEPTH || message == Message::EntityKey {
        return total;
    }
    let mut rest = body;
    while let Some((number, content)) = next_field(&mut rest) {
        if let (Some(content), Some(inner)) = (content, message.field(number)) {
            total = total.saturating_add(weigh(inner, content, depth + 1));
        }
    }
    total
}

/// The number of the next field, and its content if it has a length.
fn next_field<'a>(rest: &mut &'a [u8]) -> Option<(u64, Option<&'a [u8]>)> {
    let tag = varint(rest)?;
    let content = match tag & 7 {
        0 => {
            varint(rest)?;
            None
        }
        1 => {
            take(rest, 8)?;
            None
        }
        2 => {
            let length = varint(rest)?;
            Some(take(rest, usize::try_from(length).ok()?)?)
        }
        5 => {
            take(rest, 4)?;
            None
        }
        _ => return None,
    };
    Some((tag >> 3, content))
}

fn take<'a>(rest: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (piece, after) = rest.split_at_checked(length)?;
    *rest = after;
    Some(piece)
}

fn varint(rest: &mut &[u8]) -> Option<u64> {
    let mut value = 0u64;
    for shift in (0..64).step_by(7) {
        let (&byte, after) = rest.split_first()?;
        *rest = after;
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}

/// The bytes that the messages of a JSON request take while it is read, texts not counted.
pub fn json_weight(body: &[u8]) -> usize {
    if body.len() <= HARMLESS { 0 } else { messages(body).saturating_mul(JSON_MESSAGE) }
}

/// Objects and lists, those in strings not counted.
fn messages(body: &[u8]) -> usize {
    let (mut count, mut in_string, mut escaped) = (0, false, false);
    for byte in body {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => count += 1,
            _ => {}
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use prost::Message as _;

    use super::super::any_value::Value as V;
    use super::super::{ArrayValue, ExportLogsServiceRequest, KeyValueList};
    use super::*;

    fn pair(value: V) -> KeyValue {
        KeyValue { key: "k".into(), value: Some(AnyValue { value: Some(value) }), key_strindex: 0 }
    }

    #[test]
    fn every_message_counts_wherever_it_is() {
        let list = V::KvlistValue(KeyValueList { values: vec![pair(V::IntValue(1)); 2] });
        let array = V::ArrayValue(ArrayValue { values: vec![AnyValue { value: Some(list) }] });
        let record = LogRecord {
            attributes: vec![pair(array)],
            body: Some(AnyValue::default()),
            ..Default::default()
        };
        let scope = InstrumentationScope { attributes: vec![pair(V::BoolValue(true))], ..Default::default() };
        let logs = ScopeLogs { scope: Some(scope), log_records: vec![record; 3], ..Default::default() };
        let resource = Resource { attributes: vec![pair(V::IntValue(1))], ..Default::default() };
        let logs = ResourceLogs { resource: Some(resource), scope_logs: vec![logs], ..Default::default() };
        let request = ExportLogsServiceRequest { resource_logs: vec![logs] };
        let pairs = 2 + 3 * 3;
        let values = pairs + 3 + 3; // the body, and the value in the list
        let expected = size_of::<ResourceLogs>()
            + size_of::<Resource>()
            + size_of::<ScopeLogs>()
            + size_of::<InstrumentationScope>()
            + 3 * size_of::<LogRecord>()
            + pairs * size_of::<KeyValue>()
            + values * size_of::<AnyValue>();
        assert_eq!(weigh(Message::Request, &request.encode_to_vec(), 0), expected);
    }

    #[test]
    fn every_message_of_spans_counts() {
        use super::super::{ExportTraceServiceRequest, ResourceSpans, ScopeSpans, Span, Status, span};
        let event = span::Event { attributes: vec![pair(V::IntValue(1))], ..Default::default() };
        let link = span::Link { attributes: vec![pair(V::IntValue(1))], ..Default::default() };
        let one = Span {
            attributes: vec![pair(V::IntValue(1)); 2],
            events: vec![event; 3],
            links: vec![link],
            status: Some(Status::default()),
            ..Default::default()
        };
        let scope_spans = vec![ScopeSpans { spans: vec![one], ..Default::default() }];
        let resource_spans = vec![ResourceSpans { scope_spans, ..Default::default() }];
        let request = ExportTraceServiceRequest { resource_spans };
        let expected = size_of::<ResourceSpans>()
            + size_of::<ScopeSpans>()
            + size_of::<Span>()
            + 3 * size_of::<span::Event>()
            + size_of::<span::Link>()
            + size_of::<Status>()
            + 6 * (size_of::<KeyValue>() + size_of::<AnyValue>());
        assert_eq!(weigh(Message::TraceRequest, &request.encode_to_vec(), 0), expected);
    }

    #[test]
    fn small_bodies_of_many_messages_are_heavy_and_large_ones_of_few_are_not() {
        // One resource, one scope, and as many records as fit, each of them without content.
        let records = [0x12, 0].repeat(1 << 20);
        let wrap = |tag: u8, content: &[u8]| {
            let mut out = vec![tag];
            prost::encoding::encode_varint(content.len() as u64, &mut out);
            out.extend_from_slice(content);
            out
        };
        let body = wrap(0x0a, &wrap(0x12, &records));
        assert!(protobuf_logs_weight(&body) > (1 << 20) * size_of::<LogRecord>());
        assert_eq!(protobuf_logs_weight(&body[..HARMLESS]), 0);
        let line = LogRecord {
            body: Some(AnyValue { value: Some(V::StringValue("x".repeat(2 << 20))) }),
            ..Default::default()
        };
        let body = wrap(0x0a, &wrap(0x12, &wrap(0x12, &line.encode_to_vec())));
        assert!(protobuf_logs_weight(&body) < 1000);
    }

    #[test]
    fn brackets_in_strings_are_text() {
        for (json, count) in [
            ("", 0),
            ("{}", 1),
            (r#"{"a":[{},{}],"b":"{[{\"[\\"}"#, 4),
            (r#"["\\",{}]"#, 2),
            (r#""unfinished {"#, 0),
        ] {
            assert_eq!(messages(json.as_bytes()), count, "{json}");
        }
    }
}
