//! Answers of queries, as Loki shapes them.

use std::time::Duration;

use axum::http::HeaderMap;
use logql::{LabelSet, LogEntry, ResultStream, SampleValue, Value as Result_, group_streams};
use serde_json::{Map, Value, json};

use super::scan::Scanned;

/// Named by the header `X-Loki-Response-Encoding-Flags`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct EncodingFlags {
    /// Structured metadata and parsed labels stand beside each line instead of among the stream's labels.
    pub categorize_labels: bool,
}

impl EncodingFlags {
    /// As the client asks for.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        Self::parse(headers.get("x-loki-response-encoding-flags").and_then(|value| value.to_str().ok()))
    }

    fn parse(header: Option<&str>) -> Self {
        let named = header.unwrap_or_default().split(',').any(|flag| flag.trim() == "categorize-labels");
        Self { categorize_labels: named }
    }
}

/// The whole answer of a log query.
pub(crate) fn streams_answer(
    entries: Vec<LogEntry>,
    scanned: &Scanned,
    flags: EncodingFlags,
    took: Duration,
) -> Value {
    let mut data = Map::new();
    data.insert("resultType".to_owned(), json!("streams"));
    if flags.categorize_labels {
        data.insert("encodingFlags".to_owned(), json!(["categorize-labels"]));
    }
    let returned = entries.len();
    let streams = group_streams(entries, flags.categorize_labels);
    data.insert("result".to_owned(), streams.iter().map(|stream| stream_of(stream, flags)).collect());
    data.insert("stats".to_owned(), stats(scanned, returned, took));
    envelope(data, scanned)
}

/// The whole answer of a metric query.
pub(crate) fn metric_answer(value: &Result_, scanned: &Scanned, took: Duration) -> Value {
    let (kind, result) = match value {
        // Loki's front end writes milliseconds here, where seconds stand everywhere else.
        Result_::Scalar { timestamp, value } => {
            ("scalar", json!([timestamp / 1_000_000, SampleValue(*value).to_string()]))
        }
        Result_::Vector(samples) => {
            let sample = |sample: &logql::Sample| json!({ "metric": labels(&sample.labels), "value": point((sample.timestamp, sample.value)) });
            ("vector", samples.iter().map(sample).collect())
        }
        Result_::Matrix(series) => {
            let one = |series: &logql::Series| {
                let values: Vec<Value> = series.points.iter().copied().map(point).collect();
                json!({ "metric": labels(&series.labels), "values": values })
            };
            ("matrix", series.iter().map(one).collect())
        }
    };
    let mut data = Map::new();
    data.insert("resultType".to_owned(), json!(kind));
    data.insert("result".to_owned(), result);
    data.insert("stats".to_owned(), stats(scanned, 0, took));
    envelope(data, scanned)
}

fn envelope(data: Map<String, Value>, scanned: &Scanned) -> Value {
    let mut answer = Map::new();
    answer.insert("status".to_owned(), json!("success"));
    if !scanned.warnings.is_empty() {
        answer.insert("warnings".to_owned(), json!(scanned.warnings));
    }
    answer.insert("data".to_owned(), Value::Object(data));
    Value::Object(answer)
}

fn stream_of(stream: &ResultStream, flags: EncodingFlags) -> Value {
    let tuple = |entry: &LogEntry| {
        let mut tuple = vec![json!(entry.timestamp.to_string()), json!(entry.line)];
        if flags.categorize_labels {
            let mut categories = Map::new();
            let named = [("structuredMetadata", &entry.labels.metadata), ("parsed", &entry.labels.parsed)];
            for (name, set) in named.into_iter().filter(|(_, set)| !set.is_empty()) {
                categories.insert(name.to_owned(), labels(set));
            }
            tuple.push(Value::Object(categories));
        }
        Value::Array(tuple)
    };
    let values: Vec<Value> = stream.entries.iter().map(tuple).collect();
    json!({ "stream": labels(&stream.labels), "values": values })
}

fn labels(set: &LabelSet) -> Value {
    Value::Object(set.iter().map(|(name, value)| (name.to_owned(), json!(value))).collect())
}

/// Seconds, as an integer where nothing is lost, and the value as text.
fn point((timestamp, value): (i64, f64)) -> Value {
    let millis = timestamp.div_euclid(1_000_000);
    let seconds = if millis % 1000 == 0 { json!(millis / 1000) } else { json!(millis as f64 / 1000.0) };
    json!([seconds, SampleValue(value).to_string()])
}

/// The part of Loki's statistics that clients show.
fn stats(scanned: &Scanned, returned: usize, took: Duration) -> Value {
    let Scanned { lines, bytes, .. } = *scanned;
    let seconds = took.as_secs_f64().max(1e-9);
    json!({ "summary": {
        "bytesProcessedPerSecond": (bytes as f64 / seconds) as u64,
        "linesProcessedPerSecond": (lines as f64 / seconds) as u64,
        "totalBytesProcessed": bytes,
        "totalLinesProcessed": lines,
        "execTime": took.as_secs_f64(),
        "queueTime": 0,
        "subqueries": 0,
        "totalEntriesReturned": returned,
        "splits": 0,
        "shards": 0,
        "totalPostFilterLines": returned,
        "totalStructuredMetadataBytesProcessed": 0,
    }})
}
