//! The corpus: the data set as a store would hold it, and the cases.

use std::collections::{BTreeMap, HashSet};
use std::io::Read;
use std::path::PathBuf;

use model::Labels;
use serde_json::Value;

use crate::{level, otlp};

/// A stored entry.
#[derive(Debug, Clone)]
pub struct Entry {
    pub timestamp: i64,
    pub line: String,
    pub metadata: Vec<(String, String)>,
}

/// Streams by their labels, entries in the order in which they arrived.
pub type Store = BTreeMap<Labels, Vec<Entry>>;

const SERVICE_NAMES: [&str; 14] = [
    "service",
    "app",
    "application",
    "app_name",
    "name",
    "app_kubernetes_io_name",
    "container",
    "container_name",
    "k8s_container_name",
    "component",
    "workload",
    "job",
    "k8s_job_name",
    "service_name",
];

fn read(name: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/conformance/logs").join(name);
    let file = std::fs::File::open(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut text = String::new();
    flate2::read::GzDecoder::new(file).read_to_string(&mut text).unwrap();
    text
}

pub fn cases() -> Vec<Value> {
    read("cases.jsonl.gz").lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// All entries with what is done to them when they are written.
pub fn load() -> Store {
    let mut loader = Loader::default();
    for line in read("logs.jsonl.gz").lines() {
        let entry: Value = serde_json::from_str(line).unwrap();
        let pairs = |value: &Value| -> Vec<(String, String)> {
            let Some(map) = value.as_object() else { return Vec::new() };
            map.iter()
                .map(|(key, value)| (key.clone(), value.as_str().unwrap_or_default().to_owned()))
                .collect()
        };
        let timestamp = entry["ts"].as_str().unwrap().parse().unwrap();
        let line = entry["line"].as_str().unwrap().to_owned();
        loader.add(pairs(&entry["labels"]), timestamp, line, pairs(&entry["structured_metadata"]));
    }
    let document: Value = serde_json::from_str(&read("logs.otlp.json.gz")).unwrap();
    otlp::each_record(&document, |labels, timestamp, line, metadata| {
        loader.add(labels, timestamp, line, metadata);
    });
    loader.store
}

/// What makes two entries the same.
type Identity = (Labels, i64, String, Vec<(String, String)>);

#[derive(Default)]
struct Loader {
    store: Store,
    seen: HashSet<Identity>,
}

impl Loader {
    fn add(
        &mut self,
        labels: Vec<(String, String)>,
        timestamp: i64,
        line: String,
        metadata: Vec<(String, String)>,
    ) {
        let mut labels = Labels::new(labels).unwrap();
        if labels.get("service_name").is_none() {
            let found = SERVICE_NAMES
                .iter()
                .find_map(|name| labels.get(name))
                .unwrap_or("unknown_service")
                .to_owned();
            labels.set("service_name", &found);
        }
        let mut metadata: Vec<(String, String)> =
            metadata.into_iter().map(|(name, value)| (normalised(&name), value)).collect();
        let level = level::detect(&labels, &metadata, &line);
        metadata.retain(|(name, value)| name != "detected_level" && !value.is_empty());
        metadata.push(("detected_level".to_owned(), level));
        if self.seen.insert((labels.clone(), timestamp, line.clone(), metadata.clone())) {
            self.store.entry(labels).or_default().push(Entry { timestamp, line, metadata });
        }
    }
}

/// Names of structured metadata: other characters become `_`, a digit in front gets `key_`.
fn normalised(name: &str) -> String {
    let name: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '_' }).collect();
    if name.starts_with(|c: char| c.is_ascii_digit()) { format!("key_{name}") } else { name }
}
