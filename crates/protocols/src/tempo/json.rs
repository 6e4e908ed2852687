//! Traces as Tempo writes them in JSON: protobuf's JSON mapping, but ids in base64; zero values left out.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue, any_value};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status, span, status};
use serde::ser::{Serialize, SerializeMap, Serializer};

/// Name of the list of resource spans.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TraceKey {
    /// `/api/traces/{id}`
    Batches,
    /// `/api/v2/traces/{id}`
    ResourceSpans,
}

/// A trace that serialises the way Tempo does.
#[derive(Debug)]
pub struct JsonTrace<'a> {
    pub key: TraceKey,
    pub resource_spans: &'a [ResourceSpans],
}

/// The JSON text of a trace.
pub fn trace_json(key: TraceKey, resource_spans: &[ResourceSpans]) -> Result<String, serde_json::Error> {
    serde_json::to_string(&JsonTrace { key, resource_spans })
}

impl Serialize for JsonTrace<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        let key = match self.key {
            TraceKey::Batches => "batches",
            TraceKey::ResourceSpans => "resourceSpans",
        };
        put_list(&mut map, key, self.resource_spans)?;
        map.end()
    }
}

/// Gives a message this module's JSON form.
pub(super) struct Json<'a, T>(pub(super) &'a T);

fn put_list<'a, M: SerializeMap, T>(map: &mut M, key: &'static str, list: &'a [T]) -> Result<(), M::Error>
where
    Json<'a, T>: Serialize,
{
    if list.is_empty() {
        return Ok(());
    }
    let items: Vec<Json<'a, T>> = list.iter().map(Json).collect();
    map.serialize_entry(key, &items)
}

fn put_text<M: SerializeMap>(map: &mut M, key: &'static str, text: &str) -> Result<(), M::Error> {
    if text.is_empty() { Ok(()) } else { map.serialize_entry(key, text) }
}

fn put_bytes<M: SerializeMap>(map: &mut M, key: &'static str, bytes: &[u8]) -> Result<(), M::Error> {
    if bytes.is_empty() { Ok(()) } else { map.serialize_entry(key, &STANDARD.encode(bytes)) }
}

fn put_u32<M: SerializeMap>(map: &mut M, key: &'static str, number: u32) -> Result<(), M::Error> {
    if number == 0 { Ok(()) } else { map.serialize_entry(key, &number) }
}

/// 64-bit numbers are text.
fn put_u64<M: SerializeMap>(map: &mut M, key: &'static str, number: u64) -> Result<(), M::Error> {
    if number == 0 { Ok(()) } else { map.serialize_entry(key, &number.to_string()) }
}

/// Known values by name, unknown ones as numbers, zero not at all.
fn put_enum<M: SerializeMap>(
    map: &mut M,
    key: &'static str,
    number: i32,
    name: Option<&'static str>,
) -> Result<(), M::Error> {
    match name {
        _ if number == 0 => Ok(()),
        Some(name) => map.serialize_entry(key, name),
        None => map.serialize_entry(key, &number),
    }
}

impl Serialize for Json<'_, ResourceSpans> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        let empty = Resource::default();
        map.serialize_entry("resource", &Json(self.0.resource.as_ref().unwrap_or(&empty)))?;
        put_list(&mut map, "scopeSpans", &self.0.scope_spans)?;
        put_text(&mut map, "schemaUrl", &self.0.schema_url)?;
        map.end()
    }
}

impl Serialize for Json<'_, Resource> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        put_list(&mut map, "attributes", &self.0.attributes)?;
        put_u32(&mut map, "droppedAttributesCount", self.0.dropped_attributes_count)?;
        map.end()
    }
}

impl Serialize for Json<'_, ScopeSpans> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        let empty = InstrumentationScope::default();
        map.serialize_entry("scope", &Json(self.0.scope.as_ref().unwrap_or(&empty)))?;
        put_list(&mut map, "spans", &self.0.spans)?;
        put_text(&mut map, "schemaUrl", &self.0.schema_url)?;
        map.end()
    }
}

impl Serialize for Json<'_, InstrumentationScope> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        put_text(&mut map, "name", &self.0.name)?;
        put_text(&mut map, "version", &self.0.version)?;
        put_list(&mut map, "attributes", &self.0.attributes)?;
        put_u32(&mut map, "droppedAttributesCount", self.0.dropped_attributes_count)?;
        map.end()
    }
}

impl Serialize for Json<'_, Span> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let span = self.0;
        let mut map = serializer.serialize_map(None)?;
        put_bytes(&mut map, "traceId", &span.trace_id)?;
        put_bytes(&mut map, "spanId", &span.span_id)?;
        put_text(&mut map, "traceState", &span.trace_state)?;
        put_bytes(&mut map, "parentSpanId", &span.parent_span_id)?;
        put_u32(&mut map, "flags", span.flags)?;
        put_text(&mut map, "name", &span.name)?;
        let kind = span::SpanKind::try_from(span.kind).ok();
        put_enum(&mut map, "kind", span.kind, kind.map(|kind| kind.as_str_name()))?;
        put_u64(&mut map, "startTimeUnixNano", span.start_time_unix_nano)?;
        put_u64(&mut map, "endTimeUnixNano", span.end_time_unix_nano)?;
        put_list(&mut map, "attributes", &span.attributes)?;
        put_u32(&mut map, "droppedAttributesCount", span.dropped_attributes_count)?;
        put_list(&mut map, "events", &span.events)?;
        put_u32(&mut map, "droppedEventsCount", span.dropped_events_count)?;
        put_list(&mut map, "links", &span.links)?;
        put_u32(&mut map, "droppedLinksCount", span.dropped_links_count)?;
        let unset = Status::default();
        map.serialize_entry("status", &Json(span.status.as_ref().unwrap_or(&unset)))?;
        map.end()
    }
}

impl Serialize for Json<'_, Status> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        put_text(&mut map, "message", &self.0.message)?;
        let code = status::StatusCode::try_from(self.0.code).ok();
        put_enum(&mut map, "code", self.0.code, code.map(|code| code.as_str_name()))?;
        map.end()
    }
}

impl Serialize for Json<'_, span::Event> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        put_u64(&mut map, "timeUnixNano", self.0.time_unix_nano)?;
        put_text(&mut map, "name", &self.0.name)?;
        put_list(&mut map, "attributes", &self.0.attributes)?;
        put_u32(&mut map, "droppedAttributesCount", self.0.dropped_attributes_count)?;
        map.end()
    }
}

impl Serialize for Json<'_, span::Link> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        put_bytes(&mut map, "traceId", &self.0.trace_id)?;
        put_bytes(&mut map, "spanId", &self.0.span_id)?;
        put_text(&mut map, "traceState", &self.0.trace_state)?;
        put_list(&mut map, "attributes", &self.0.attributes)?;
        put_u32(&mut map, "droppedAttributesCount", self.0.dropped_attributes_count)?;
        put_u32(&mut map, "flags", self.0.flags)?;
        map.end()
    }
}

impl Serialize for Json<'_, KeyValue> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        put_text(&mut map, "key", &self.0.key)?;
        let empty = AnyValue::default();
        map.serialize_entry("value", &Json(self.0.value.as_ref().unwrap_or(&empty)))?;
        map.end()
    }
}

/// A list inside an attribute value.
struct Values<'a, T>(&'a [T]);

impl<'a, T> Serialize for Values<'a, T>
where
    Json<'a, T>: Serialize,
{
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        put_list(&mut map, "values", self.0)?;
        map.end()
    }
}

impl Serialize for Json<'_, AnyValue> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use any_value::Value;
        let mut map = serializer.serialize_map(None)?;
        match &self.0.value {
            None | Some(Value::StringValueStrindex(_)) => {}
            Some(Value::StringValue(text)) => map.serialize_entry("stringValue", text)?,
            Some(Value::BoolValue(value)) => map.serialize_entry("boolValue", value)?,
            Some(Value::IntValue(number)) => map.serialize_entry("intValue", &number.to_string())?,
            Some(Value::DoubleValue(number)) if number.is_nan() => {
                map.serialize_entry("doubleValue", "NaN")?;
            }
            Some(Value::DoubleValue(number)) if number.is_infinite() => {
                let text = if *number > 0.0 { "Infinity" } else { "-Infinity" };
                map.serialize_entry("doubleValue", text)?;
            }
            Some(Value::DoubleValue(number)) => put_double(&mut map, *number)?,
            Some(Value::ArrayValue(array)) => map.serialize_entry("arrayValue", &Values(&array.values))?,
            Some(Value::KvlistValue(list)) => map.serialize_entry("kvlistValue", &Values(&list.values))?,
            Some(Value::BytesValue(bytes)) => map.serialize_entry("bytesValue", &STANDARD.encode(bytes))?,
        }
        map.end()
    }
}

/// Whole numbers without a fraction, as Go writes them.
fn put_double<M: SerializeMap>(map: &mut M, number: f64) -> Result<(), M::Error> {
    if number.fract() == 0.0 && number.abs() < 1e15 {
        map.serialize_entry("doubleValue", &(number as i64))
    } else {
        map.serialize_entry("doubleValue", &number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_values_are_left_out_and_ids_are_base64() {
        let attribute = |key: &str, value| KeyValue {
            key: key.to_owned(),
            value: Some(AnyValue { value }),
            key_strindex: 0,
        };
        let span = Span {
            trace_id: vec![0xaa; 16],
            span_id: vec![1; 8],
            kind: 2,
            start_time_unix_nano: 5,
            attributes: vec![
                attribute("i", Some(any_value::Value::IntValue(0))),
                attribute("d", Some(any_value::Value::DoubleValue(2.0))),
                attribute("e", None),
            ],
            ..Span::default()
        };
        let spans = [ResourceSpans {
            scope_spans: vec![ScopeSpans { spans: vec![span], ..ScopeSpans::default() }],
            ..ResourceSpans::default()
        }];
        assert_eq!(
            trace_json(TraceKey::Batches, &spans).unwrap(),
            r#"{"batches":[{"resource":{},"scopeSpans":[{"scope":{},"spans":[{"traceId":"qqqqqqqqqqqqqqqqqqqqqg==","spanId":"AQEBAQEBAQE=","kind":"SPAN_KIND_SERVER","startTimeUnixNano":"5","attributes":[{"key":"i","value":{"intValue":"0"}},{"key":"d","value":{"doubleValue":2}},{"key":"e","value":{}}],"status":{}}]}]}]}"#
        );
        assert_eq!(trace_json(TraceKey::ResourceSpans, &[]).unwrap(), "{}");
    }
}
