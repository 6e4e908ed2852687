//! Search and tag answers. One type each for protobuf (`tempopb`) and JSON.

use std::collections::BTreeMap;

use opentelemetry_proto::tonic::common::v1::KeyValue;
use serde::Serialize;
use serde::ser::Serializer;

pub(super) fn is_zero<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// 64-bit numbers are text in protobuf's JSON.
pub(super) fn as_text<T: ToString, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&value.to_string())
}

/// The answer of `/api/search`.
#[derive(Clone, PartialEq, prost::Message, Serialize)]
pub struct SearchResponse {
    #[prost(message, repeated, tag = "1")]
    pub traces: Vec<TraceSearchMetadata>,
    #[prost(message, optional, tag = "2")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metrics: Option<SearchMetrics>,
}

/// One trace that was found.
#[derive(Clone, PartialEq, prost::Message, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TraceSearchMetadata {
    #[prost(string, tag = "1")]
    #[serde(rename = "traceID")]
    pub trace_id: String,
    #[prost(string, tag = "2")]
    #[serde(skip_serializing_if = "is_zero")]
    pub root_service_name: String,
    #[prost(string, tag = "3")]
    #[serde(skip_serializing_if = "is_zero")]
    pub root_trace_name: String,
    #[prost(uint64, tag = "4")]
    #[serde(skip_serializing_if = "is_zero", serialize_with = "as_text")]
    pub start_time_unix_nano: u64,
    #[prost(uint32, tag = "5")]
    #[serde(skip_serializing_if = "is_zero")]
    pub duration_ms: u32,
    /// A copy of the first span set, for old clients.
    #[prost(message, optional, tag = "6")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub span_set: Option<SpanSet>,
    #[prost(message, repeated, tag = "7")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub span_sets: Vec<SpanSet>,
    #[prost(btree_map = "string, message", tag = "8")]
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub service_stats: BTreeMap<String, ServiceStats>,
}

/// Spans of one trace that matched.
#[derive(Clone, PartialEq, prost::Message, Serialize)]
pub struct SpanSet {
    #[prost(message, repeated, tag = "1")]
    pub spans: Vec<SearchSpan>,
    #[prost(uint32, tag = "2")]
    #[serde(skip_serializing_if = "is_zero")]
    pub matched: u32,
    #[prost(message, repeated, tag = "3")]
    #[serde(skip_serializing_if = "Vec::is_empty", serialize_with = "attributes")]
    pub attributes: Vec<KeyValue>,
}

/// A span that matched.
#[derive(Clone, PartialEq, prost::Message, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SearchSpan {
    #[prost(string, tag = "1")]
    #[serde(rename = "spanID")]
    pub span_id: String,
    #[prost(string, tag = "2")]
    #[serde(skip_serializing_if = "is_zero")]
    pub name: String,
    #[prost(uint64, tag = "3")]
    #[serde(skip_serializing_if = "is_zero", serialize_with = "as_text")]
    pub start_time_unix_nano: u64,
    #[prost(uint64, tag = "4")]
    #[serde(skip_serializing_if = "is_zero", serialize_with = "as_text")]
    pub duration_nanos: u64,
    #[prost(message, repeated, tag = "5")]
    #[serde(skip_serializing_if = "Vec::is_empty", serialize_with = "attributes")]
    pub attributes: Vec<KeyValue>,
}

pub(super) fn attributes<S: Serializer>(list: &[KeyValue], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(list.iter().map(super::json::Json))
}

/// Spans and errors of one service in a trace.
#[derive(Clone, Copy, PartialEq, Eq, prost::Message, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ServiceStats {
    #[prost(uint32, tag = "1")]
    #[serde(skip_serializing_if = "is_zero")]
    pub span_count: u32,
    #[prost(uint32, tag = "2")]
    #[serde(skip_serializing_if = "is_zero")]
    pub error_count: u32,
}

/// What a search looked at.
#[derive(Clone, PartialEq, Eq, prost::Message, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SearchMetrics {
    #[prost(uint32, tag = "1")]
    #[serde(skip_serializing_if = "is_zero")]
    pub inspected_traces: u32,
    #[prost(uint64, tag = "2")]
    #[serde(skip_serializing_if = "is_zero", serialize_with = "as_text")]
    pub inspected_bytes: u64,
    #[prost(uint32, tag = "3")]
    #[serde(skip_serializing_if = "is_zero")]
    pub total_blocks: u32,
    #[prost(uint32, tag = "4")]
    #[serde(skip_serializing_if = "is_zero")]
    pub completed_jobs: u32,
    #[prost(uint32, tag = "5")]
    #[serde(skip_serializing_if = "is_zero")]
    pub total_jobs: u32,
    #[prost(uint64, tag = "6")]
    #[serde(skip_serializing_if = "is_zero", serialize_with = "as_text")]
    pub total_block_bytes: u64,
    #[prost(uint64, tag = "7")]
    #[serde(skip_serializing_if = "is_zero", serialize_with = "as_text")]
    pub inspected_spans: u64,
}

/// What a tag query looked at.
#[derive(Clone, Copy, PartialEq, Eq, prost::Message, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MetadataMetrics {
    #[prost(uint64, tag = "1")]
    #[serde(skip_serializing_if = "is_zero", serialize_with = "as_text")]
    pub inspected_bytes: u64,
    #[prost(uint32, tag = "2")]
    #[serde(skip_serializing_if = "is_zero")]
    pub total_jobs: u32,
    #[prost(uint32, tag = "3")]
    #[serde(skip_serializing_if = "is_zero")]
    pub completed_jobs: u32,
    #[prost(uint32, tag = "4")]
    #[serde(skip_serializing_if = "is_zero")]
    pub total_blocks: u32,
    #[prost(uint64, tag = "5")]
    #[serde(skip_serializing_if = "is_zero", serialize_with = "as_text")]
    pub total_block_bytes: u64,
}

/// `/api/search/tags`
#[derive(Clone, PartialEq, Eq, prost::Message, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TagsResponse {
    #[prost(string, repeated, tag = "1")]
    pub tag_names: Vec<String>,
    #[prost(message, optional, tag = "2")]
    pub metrics: Option<MetadataMetrics>,
}

/// `/api/v2/search/tags`
#[derive(Clone, PartialEq, Eq, prost::Message, Serialize)]
pub struct TagsV2Response {
    #[prost(message, repeated, tag = "1")]
    pub scopes: Vec<TagScope>,
    #[prost(message, optional, tag = "2")]
    pub metrics: Option<MetadataMetrics>,
}

/// The tags of one scope.
#[derive(Clone, PartialEq, Eq, prost::Message, Serialize)]
pub struct TagScope {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(string, repeated, tag = "2")]
    pub tags: Vec<String>,
}

/// `/api/search/tag/{tag}/values`
#[derive(Clone, PartialEq, Eq, prost::Message, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TagValuesResponse {
    #[prost(string, repeated, tag = "1")]
    pub tag_values: Vec<String>,
    #[prost(message, optional, tag = "2")]
    pub metrics: Option<MetadataMetrics>,
}

/// `/api/v2/search/tag/{tag}/values`
#[derive(Clone, PartialEq, Eq, prost::Message, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TagValuesV2Response {
    #[prost(message, repeated, tag = "1")]
    pub tag_values: Vec<TagValue>,
    #[prost(message, optional, tag = "2")]
    pub metrics: Option<MetadataMetrics>,
}

/// A value with its type: `string`, `int`, `float`, `bool`, `duration` or `keyword`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, prost::Message, Serialize)]
pub struct TagValue {
    #[prost(string, tag = "1")]
    #[serde(rename = "type")]
    pub kind: String,
    #[prost(string, tag = "2")]
    #[serde(skip_serializing_if = "is_zero")]
    pub value: String,
}
