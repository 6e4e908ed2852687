//! Answers of metrics queries. One type each for protobuf (`tempopb`) and JSON.

use opentelemetry_proto::tonic::common::v1::KeyValue;
use serde::Serialize;

use super::search::{SearchMetrics, as_text, attributes, is_zero};

/// `/api/metrics/query_range`
#[derive(Clone, PartialEq, prost::Message, Serialize)]
pub struct QueryRangeResponse {
    #[prost(message, repeated, tag = "1")]
    pub series: Vec<TimeSeries>,
    #[prost(message, optional, tag = "2")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metrics: Option<SearchMetrics>,
    /// 1 when series were left out.
    #[prost(int32, tag = "3")]
    #[serde(skip_serializing_if = "is_zero", serialize_with = "status")]
    pub status: i32,
    #[prost(string, tag = "4")]
    #[serde(skip_serializing_if = "is_zero")]
    pub message: String,
}

/// `/api/metrics/query`
#[derive(Clone, PartialEq, prost::Message, Serialize)]
pub struct QueryInstantResponse {
    #[prost(message, repeated, tag = "1")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub series: Vec<InstantSeries>,
    #[prost(message, optional, tag = "2")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metrics: Option<SearchMetrics>,
    #[prost(int32, tag = "3")]
    #[serde(skip_serializing_if = "is_zero", serialize_with = "status")]
    pub status: i32,
    #[prost(string, tag = "4")]
    #[serde(skip_serializing_if = "is_zero")]
    pub message: String,
}

fn status<S: serde::Serializer>(status: &i32, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(if *status == 1 { "PARTIAL" } else { "COMPLETE" })
}

/// Values over time.
#[derive(Clone, PartialEq, prost::Message, Serialize)]
pub struct TimeSeries {
    #[prost(message, repeated, tag = "1")]
    #[serde(serialize_with = "attributes")]
    pub labels: Vec<KeyValue>,
    #[prost(message, repeated, tag = "2")]
    pub samples: Vec<Sample>,
    #[prost(message, repeated, tag = "4")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub exemplars: Vec<Exemplar>,
}

/// One point of a series.
#[derive(Clone, Copy, PartialEq, prost::Message, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Sample {
    #[prost(int64, tag = "2")]
    #[serde(serialize_with = "as_text")]
    pub timestamp_ms: i64,
    #[prost(double, tag = "1")]
    #[serde(skip_serializing_if = "is_zero", serialize_with = "number")]
    pub value: f64,
}

/// A span that stands for a value.
#[derive(Clone, PartialEq, prost::Message, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Exemplar {
    #[prost(message, repeated, tag = "1")]
    #[serde(serialize_with = "attributes")]
    pub labels: Vec<KeyValue>,
    #[prost(double, tag = "2")]
    #[serde(skip_serializing_if = "is_zero", serialize_with = "number")]
    pub value: f64,
    #[prost(int64, tag = "3")]
    #[serde(serialize_with = "as_text")]
    pub timestamp_ms: i64,
}

/// One value.
#[derive(Clone, PartialEq, prost::Message, Serialize)]
pub struct InstantSeries {
    #[prost(message, repeated, tag = "1")]
    #[serde(serialize_with = "attributes")]
    pub labels: Vec<KeyValue>,
    #[prost(double, tag = "2")]
    #[serde(skip_serializing_if = "is_zero", serialize_with = "number")]
    pub value: f64,
}

/// Numbers that JSON has no form for are text.
fn number<S: serde::Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    if value.is_finite() {
        serializer.serialize_f64(*value)
    } else if value.is_nan() {
        serializer.serialize_str("NaN")
    } else {
        serializer.serialize_str(if *value > 0.0 { "Infinity" } else { "-Infinity" })
    }
}
