//! Reads OTLP/JSON: ids in hexadecimal, bytes in base64, 64-bit numbers as text or numbers, enumerations as numbers or
//! names, `null` like an absent key, unknown keys ignored.

mod logs;
mod scalars;

use serde::Deserialize;
use serde::de::DeserializeOwned;

pub use logs::parse_logs_request;

use super::{
    AnyValue, ArrayValue, ExportTraceServiceRequest, InstrumentationScope, KeyValue, KeyValueList, Resource,
    ResourceSpans, ScopeSpans, Span, Status, any_value, span,
};
use scalars::{base64_bytes, double, enumeration, hex_id, signed, unsigned};

/// Text that is not an export request. Nesting beyond 128 levels is refused, too.
#[derive(Debug, thiserror::Error)]
#[error("invalid OTLP JSON: {0}")]
pub struct JsonError(#[from] serde_json::Error);

/// Parses an export request for spans.
pub fn parse_export_request(body: &[u8]) -> Result<ExportTraceServiceRequest, JsonError> {
    let request: JsonRequest = parse_object(body)?;
    Ok(ExportTraceServiceRequest { resource_spans: all(request.resource_spans) })
}

fn parse_object<T: DeserializeOwned>(body: &[u8]) -> Result<T, JsonError> {
    // serde's structs may also be written as lists; a request may not.
    if body.trim_ascii_start().starts_with(b"[") {
        return Err(JsonError(serde::de::Error::custom("an object is wanted, not a list")));
    }
    Ok(serde_json::from_slice(body)?)
}

/// `null` where a list may stand is an empty list, as protobuf's JSON mapping wants it.
type List<T> = Option<Vec<T>>;

fn all<T, U: From<T>>(list: List<T>) -> Vec<U> {
    list.unwrap_or_default().into_iter().map(U::from).collect()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct JsonRequest {
    #[serde(default, alias = "resource_spans")]
    resource_spans: List<JsonResourceSpans>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct JsonResourceSpans {
    resource: Option<JsonResource>,
    #[serde(default, alias = "scope_spans")]
    scope_spans: List<JsonScopeSpans>,
    #[serde(alias = "schema_url")]
    schema_url: Option<String>,
}

impl From<JsonResourceSpans> for ResourceSpans {
    fn from(json: JsonResourceSpans) -> Self {
        Self {
            resource: json.resource.map(Resource::from),
            scope_spans: all(json.scope_spans),
            schema_url: json.schema_url.unwrap_or_default(),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct JsonResource {
    attributes: List<JsonKeyValue>,
    #[serde(default, alias = "dropped_attributes_count", deserialize_with = "unsigned")]
    dropped_attributes_count: u32,
}

impl From<JsonResource> for Resource {
    fn from(json: JsonResource) -> Self {
        Self {
            attributes: all(json.attributes),
            dropped_attributes_count: json.dropped_attributes_count,
            entity_refs: Vec::new(),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct JsonScopeSpans {
    scope: Option<JsonScope>,
    spans: List<JsonSpan>,
    #[serde(alias = "schema_url")]
    schema_url: Option<String>,
}

impl From<JsonScopeSpans> for ScopeSpans {
    fn from(json: JsonScopeSpans) -> Self {
        Self {
            scope: json.scope.map(InstrumentationScope::from),
            spans: all(json.spans),
            schema_url: json.schema_url.unwrap_or_default(),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct JsonScope {
    name: Option<String>,
    version: Option<String>,
    attributes: List<JsonKeyValue>,
    #[serde(default, alias = "dropped_attributes_count", deserialize_with = "unsigned")]
    dropped_attributes_count: u32,
}

impl From<JsonScope> for InstrumentationScope {
    fn from(json: JsonScope) -> Self {
        Self {
            name: json.name.unwrap_or_default(),
            version: json.version.unwrap_or_default(),
            attributes: all(json.attributes),
            dropped_attributes_count: json.dropped_attributes_count,
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct JsonSpan {
    #[serde(default, alias = "trace_id", deserialize_with = "hex_id::<_, 16>")]
    trace_id: Vec<u8>,
    #[serde(default, alias = "span_id", deserialize_with = "hex_id::<_, 8>")]
    span_id: Vec<u8>,
    #[serde(alias = "trace_state")]
    trace_state: Option<String>,
    #[serde(default, alias = "parent_span_id", deserialize_with = "hex_id::<_, 8>")]
    parent_span_id: Vec<u8>,
    #[serde(default, deserialize_with = "unsigned")]
    flags: u32,
    name: Option<String>,
    #[serde(default, deserialize_with = "enumeration::<_, span::SpanKind>")]
    kind: i32,
    #[serde(default, alias = "start_time_unix_nano", deserialize_with = "unsigned")]
    start_time_unix_nano: u64,
    #[serde(default, alias = "end_time_unix_nano", deserialize_with = "unsigned")]
    end_time_unix_nano: u64,
    attributes: List<JsonKeyValue>,
    #[serde(default, alias = "dropped_attributes_count", deserialize_with = "unsigned")]
    dropped_attributes_count: u32,
    events: List<JsonEvent>,
    #[serde(default, alias = "dropped_events_count", deserialize_with = "unsigned")]
    dropped_events_count: u32,
    links: List<JsonLink>,
    #[serde(default, alias = "dropped_links_count", deserialize_with = "unsigned")]
    dropped_links_count: u32,
    status: Option<JsonStatus>,
}

impl From<JsonSpan> for Span {
    fn from(json: JsonSpan) -> Self {
        Self {
            trace_id: json.trace_id,
            span_id: json.span_id,
            trace_state: json.trace_state.unwrap_or_default(),
            parent_span_id: json.parent_span_id,
            flags: json.flags,
            name: json.name.unwrap_or_default(),
            kind: json.kind,
            start_time_unix_nano: json.start_time_unix_nano,
            end_time_unix_nano: json.end_time_unix_nano,
            attributes: all(json.attributes),
            dropped_attributes_count: json.dropped_attributes_count,
            events: all(json.events),
            dropped_events_count: json.dropped_events_count,
            links: all(json.links),
            dropped_links_count: json.dropped_links_count,
            status: json.status.map(Status::from),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct JsonEvent {
    #[serde(default, alias = "time_unix_nano", deserialize_with = "unsigned")]
    time_unix_nano: u64,
    name: Option<String>,
    attributes: List<JsonKeyValue>,
    #[serde(default, alias = "dropped_attributes_count", deserialize_with = "unsigned")]
    dropped_attributes_count: u32,
}

impl From<JsonEvent> for span::Event {
    fn from(json: JsonEvent) -> Self {
        Self {
            time_unix_nano: json.time_unix_nano,
            name: json.name.unwrap_or_default(),
            attributes: all(json.attributes),
            dropped_attributes_count: json.dropped_attributes_count,
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct JsonLink {
    #[serde(default, alias = "trace_id", deserialize_with = "hex_id::<_, 16>")]
    trace_id: Vec<u8>,
    #[serde(default, alias = "span_id", deserialize_with = "hex_id::<_, 8>")]
    span_id: Vec<u8>,
    #[serde(alias = "trace_state")]
    trace_state: Option<String>,
    attributes: List<JsonKeyValue>,
    #[serde(default, alias = "dropped_attributes_count", deserialize_with = "unsigned")]
    dropped_attributes_count: u32,
    #[serde(default, deserialize_with = "unsigned")]
    flags: u32,
}

impl From<JsonLink> for span::Link {
    fn from(json: JsonLink) -> Self {
        Self {
            trace_id: json.trace_id,
            span_id: json.span_id,
            trace_state: json.trace_state.unwrap_or_default(),
            attributes: all(json.attributes),
            dropped_attributes_count: json.dropped_attributes_count,
            flags: json.flags,
        }
    }
}

#[derive(Deserialize)]
struct JsonStatus {
    message: Option<String>,
    #[serde(default, deserialize_with = "enumeration::<_, super::status::StatusCode>")]
    code: i32,
}

impl From<JsonStatus> for Status {
    fn from(json: JsonStatus) -> Self {
        Self { message: json.message.unwrap_or_default(), code: json.code }
    }
}

#[derive(Deserialize)]
struct JsonKeyValue {
    key: Option<String>,
    value: Option<JsonValue>,
}

impl From<JsonKeyValue> for KeyValue {
    fn from(json: JsonKeyValue) -> Self {
        Self { key: json.key.unwrap_or_default(), value: json.value.map(AnyValue::from), key_strindex: 0 }
    }
}

/// One of the keys is set; if a client sends several, the first in this order counts.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct JsonValue {
    #[serde(alias = "string_value")]
    string_value: Option<String>,
    #[serde(alias = "bool_value")]
    bool_value: Option<bool>,
    #[serde(default, alias = "int_value", deserialize_with = "signed")]
    int_value: Option<i64>,
    #[serde(default, alias = "double_value", deserialize_with = "double")]
    double_value: Option<f64>,
    #[serde(alias = "array_value")]
    array_value: Option<JsonArray>,
    #[serde(alias = "kvlist_value")]
    kvlist_value: Option<JsonKeyValueList>,
    #[serde(default, alias = "bytes_value", deserialize_with = "base64_bytes")]
    bytes_value: Option<Vec<u8>>,
}

#[derive(Deserialize)]
struct JsonArray {
    values: List<JsonValue>,
}

#[derive(Deserialize)]
struct JsonKeyValueList {
    values: List<JsonKeyValue>,
}

impl From<JsonValue> for AnyValue {
    fn from(json: JsonValue) -> Self {
        use any_value::Value;
        let value = json
            .string_value
            .map(Value::StringValue)
            .or(json.bool_value.map(Value::BoolValue))
            .or(json.int_value.map(Value::IntValue))
            .or(json.double_value.map(Value::DoubleValue))
            .or(json.array_value.map(|array| Value::ArrayValue(ArrayValue { values: all(array.values) })))
            .or(json.kvlist_value.map(|list| Value::KvlistValue(KeyValueList { values: all(list.values) })))
            .or(json.bytes_value.map(Value::BytesValue));
        Self { value }
    }
}

#[cfg(test)]
mod tests;
