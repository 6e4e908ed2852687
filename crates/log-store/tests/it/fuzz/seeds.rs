//! Where changes begin: the files in `fuzz/seeds/<target>`, and for queries those of the conformance corpus.

use std::collections::BTreeSet;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;
use serde_json::Value;

fn checkout() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The folder that cargo-fuzz works in.
pub(super) fn folder() -> PathBuf {
    checkout().join("fuzz")
}

/// The seeds of a target, in a fixed order.
pub(super) fn of(target: &str) -> Vec<Vec<u8>> {
    let folder = folder().join("seeds").join(target);
    let mut files: Vec<PathBuf> = std::fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    let mut seeds: Vec<Vec<u8>> = files.iter().map(|file| std::fs::read(file).unwrap()).collect();
    if target == "logql_query" {
        seeds.extend(queries().into_iter().map(String::into_bytes));
    }
    seeds
}

/// All queries of the recorded requests.
fn queries() -> BTreeSet<String> {
    let file = std::fs::File::open(checkout().join("tests/conformance/logs/cases.jsonl.gz")).unwrap();
    let mut text = String::new();
    GzDecoder::new(file).read_to_string(&mut text).unwrap();
    let mut found = BTreeSet::new();
    for line in text.lines() {
        collect(&serde_json::from_str(line).unwrap(), &mut found);
    }
    found
}

/// Texts under the key `query`, wherever they are.
fn collect(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            if let Some(Value::String(query)) = map.get("query") {
                found.insert(query.clone());
            }
            map.values().for_each(|value| collect(value, found));
        }
        Value::Array(list) => list.iter().for_each(|value| collect(value, found)),
        _ => {}
    }
}
