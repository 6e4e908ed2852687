//! Answers of log queries, as Loki shapes them.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::entries::Entry;
use super::select::{Scanned, Selected};
use crate::batch::Metadata;

/// Named by the header `X-Loki-Response-Encoding-Flags`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct EncodingFlags {
    /// Structured metadata stands beside each line instead of among the stream's labels.
    pub categorize_labels: bool,
}

impl EncodingFlags {
    pub(crate) fn parse(header: Option<&str>) -> Self {
        let named = header.unwrap_or_default().split(',').any(|flag| flag.trim() == "categorize-labels");
        Self { categorize_labels: named }
    }
}

/// The whole answer of a log query.
pub(crate) fn streams_answer(selected: &Selected, flags: EncodingFlags, took: Duration) -> Value {
    let mut data = Map::new();
    data.insert("resultType".to_owned(), json!("streams"));
    if flags.categorize_labels {
        data.insert("encodingFlags".to_owned(), json!(["categorize-labels"]));
    }
    data.insert("result".to_owned(), streams(&selected.entries, flags));
    data.insert("stats".to_owned(), stats(selected, took));
    let mut answer = Map::new();
    answer.insert("status".to_owned(), json!("success"));
    if !selected.warnings.is_empty() {
        answer.insert("warnings".to_owned(), json!(selected.warnings));
    }
    answer.insert("data".to_owned(), Value::Object(data));
    Value::Object(answer)
}

/// Entries grouped by the labels shown, groups in label order, entries in the order given.
fn streams(entries: &[Entry], flags: EncodingFlags) -> Value {
    let mut groups: BTreeMap<BTreeMap<&str, &str>, Vec<Value>> = BTreeMap::new();
    for entry in entries {
        let metadata = Metadata::new(&entry.metadata);
        let mut labels: BTreeMap<&str, &str> = entry.stream.labels.iter().collect();
        let mut tuple =
            vec![json!(entry.timestamp.0.to_string()), json!(String::from_utf8_lossy(&entry.line))];
        if flags.categorize_labels {
            let pairs: Map<String, Value> =
                metadata.iter().map(|(name, value)| (name.to_owned(), json!(value))).collect();
            tuple.push(if pairs.is_empty() { json!({}) } else { json!({ "structuredMetadata": pairs }) });
        } else {
            // A stream label wins over structured metadata of the same name.
            for (name, value) in metadata.iter() {
                labels.entry(name).or_insert(value);
            }
        }
        groups.entry(labels).or_default().push(Value::Array(tuple));
    }
    let group = |(labels, values): (_, _)| json!({ "stream": labels, "values": values });
    groups.into_iter().map(group).collect()
}

/// The part of Loki's statistics that clients show.
fn stats(selected: &Selected, took: Duration) -> Value {
    let Scanned { lines, bytes } = selected.scanned;
    let seconds = took.as_secs_f64().max(1e-9);
    json!({ "summary": {
        "bytesProcessedPerSecond": (bytes as f64 / seconds) as u64,
        "linesProcessedPerSecond": (lines as f64 / seconds) as u64,
        "totalBytesProcessed": bytes,
        "totalLinesProcessed": lines,
        "execTime": took.as_secs_f64(),
        "queueTime": 0,
        "subqueries": 0,
        "totalEntriesReturned": selected.entries.len(),
        "splits": 0,
        "shards": 0,
        "totalPostFilterLines": selected.entries.len(),
        "totalStructuredMetadataBytesProcessed": 0,
    }})
}
