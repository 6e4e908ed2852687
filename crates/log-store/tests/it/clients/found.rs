//! What a store has of a client, and what it should have.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::store::Store;

/// One entry as a query gives it back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub at: i64,
    pub line: String,
    pub labels: Value,
    pub metadata: BTreeMap<String, String>,
}

/// What an entry should be.
pub(super) struct Expected {
    /// The whole line, or its parts in their order when it holds something that differs from run to run.
    pub line: Vec<String>,
    pub labels: Value,
    /// Pairs that must be there. There may be more, unless `only` says otherwise.
    pub metadata: Value,
    pub only: bool,
}

impl Expected {
    /// An entry with this line and exactly this metadata.
    pub(super) fn exactly(line: impl Into<String>, labels: Value, metadata: Value) -> Self {
        Self { line: vec![line.into()], labels, metadata, only: true }
    }

    /// An entry whose line has these parts, with at least this metadata.
    pub(super) fn with(parts: &[&str], labels: Value, metadata: Value) -> Self {
        let line = parts.iter().map(|part| (*part).to_owned()).collect();
        Self { line, labels, metadata, only: false }
    }

    fn check(&self, found: &Entry) {
        if let [line] = &self.line[..] {
            assert_eq!(&found.line, line);
        } else {
            let mut rest = found.line.as_str();
            for part in &self.line {
                let at = rest.find(part).unwrap_or_else(|| panic!("no {part:?} in {:?}", found.line));
                rest = &rest[at + part.len()..];
            }
        }
        assert_eq!(found.labels, self.labels, "labels of {:?}", found.line);
        let wanted = self.metadata.as_object().unwrap();
        for (name, value) in wanted {
            assert_eq!(
                Some(value.as_str().unwrap()),
                found.metadata.get(name).map(|value| &**value),
                "{name} of {found:#?}"
            );
        }
        assert!(!self.only || found.metadata.len() == wanted.len(), "{found:#?}");
    }
}

impl Store {
    /// The entries of the last hour, oldest first.
    pub(super) async fn entries(&self, query: &str) -> Vec<Entry> {
        let request = self
            .client
            .get(format!("{}/loki/api/v1/query_range", self.url))
            .query(&[("query", query), ("direction", "forward"), ("limit", "1000")])
            .header("X-Loki-Response-Encoding-Flags", "categorize-labels");
        let answer: Value = request.send().await.unwrap().json().await.unwrap();
        let streams = answer["data"]["result"].as_array().unwrap().iter();
        let mut entries: Vec<Entry> = streams
            .flat_map(|stream| {
                let values = stream["values"].as_array().unwrap().iter();
                values.map(|value| entry(&stream["stream"], value))
            })
            .collect();
        entries.sort_by_key(|entry| entry.at);
        entries
    }

    /// Holds what a query finds, from memory and from segments, against what should be there, oldest first.
    pub(super) async fn expect(&self, query: &str, expected: &[Expected]) {
        for flushed in [false, true] {
            if flushed {
                assert_eq!(self.get("/flush", &[]).await.0, 204);
            }
            let found = self.entries(query).await;
            let lines: Vec<_> = found.iter().map(|entry| &entry.line).collect();
            assert_eq!(found.len(), expected.len(), "flushed: {flushed}: {lines:#?}");
            for (found, expected) in found.iter().zip(expected) {
                expected.check(found);
            }
            assert!(found.is_sorted_by(|one, next| one.at < next.at), "{found:#?}");
        }
    }
}

fn entry(labels: &Value, value: &Value) -> Entry {
    let metadata = value.get(2).map_or(json!({}), |found| found["structuredMetadata"].clone());
    Entry {
        at: value[0].as_str().unwrap().parse().unwrap(),
        line: value[1].as_str().unwrap().to_owned(),
        labels: labels.clone(),
        metadata: serde_json::from_value(metadata).unwrap_or_default(),
    }
}
