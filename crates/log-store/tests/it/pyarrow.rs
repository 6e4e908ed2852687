//! Segments read in place by pyarrow: nothing is lost in them, and others can read them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::clients::Client;
use crate::store::Store;

const HOUR: i64 = 3_600_000_000_000;

/// A row, comparable: labels, time, line, structured metadata.
type Row = (BTreeMap<String, String>, i64, String, BTreeMap<String, String>);

fn pairs(value: &Value) -> BTreeMap<String, String> {
    serde_json::from_value(value.clone()).unwrap()
}

/// Lines of every kind that segments may hold differently: text, JSON and logfmt of like and unlike shape, and what is
/// almost one of these.
fn lines() -> Vec<String> {
    let mut lines: Vec<String> = [
        "",
        " ",
        "plain text",
        "Größe 漢字 🚚 \"quoted\" back\\slash\ttab",
        "first line\nsecond line\n",
        "{}",
        "{\"a\":1",
        r#"{"a": 1, "a": 2}"#,
        r#"{"a":{"b":[1,2,{"c":null}]},"d":1.50,"e":1e3,"f":"\u00fc\n"}"#,
        r#"{ "level" : "info" , "msg" : "spaces" }"#,
        r#"{"n":9007199254740993,"x":-0,"y":0.1}"#,
        "[1, 2, 3]",
        "level=info msg=\"hello world\" empty= bare \"=x\"",
        "a=1 a=2",
    ]
    .map(str::to_owned)
    .to_vec();
    for number in 0..50 {
        lines.push(format!(
            r#"{{"level":"info","event":"order_created","order":{number},"price":{}.{:02},"ok":{}}}"#,
            number * 3,
            number,
            number % 2 == 0
        ));
        lines.push(format!("level=warn event=retry attempt={number} wait={}ms", number * 10));
    }
    lines
}

/// Two hours of three streams; every third entry has structured metadata.
fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    for (at, line) in lines().into_iter().enumerate() {
        for (stream, hour) in [("orders", 0), ("orders", 1), ("pay\"ments\\ ü", 0)] {
            let labels = json!({ "service_name": stream, "env": "test" });
            let mut metadata = json!({ "detected_level": "unknown" });
            if at % 3 == 0 {
                metadata["trace_id"] = json!(format!("{at:032x}"));
                metadata["path"] = json!("/a b/ü\"");
            }
            rows.push((
                pairs(&labels),
                hour * HOUR + at as i64 * 1_000_000_001,
                line.clone(),
                pairs(&metadata),
            ));
        }
    }
    rows
}

async fn push(store: &Store, rows: &[Row]) {
    let streams: Vec<Value> = rows
        .iter()
        .map(|(labels, at, line, metadata)| json!({ "stream": labels, "values": [[at.to_string(), line, metadata]] }))
        .collect();
    assert_eq!(store.post("/loki/api/v1/push", &json!({ "streams": streams })).await.status(), 204);
}

fn found(file: &Value) -> Vec<Row> {
    let rows = file["rows"].as_array().unwrap().iter();
    rows.map(|row| {
        let line = row["line"].as_str().unwrap_or_else(|| panic!("a row without a line: {row}"));
        (pairs(&row["labels"]), row["timestamp"].as_i64().unwrap(), line.to_owned(), pairs(&row["metadata"]))
    })
    .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pyarrow_reads_every_row_of_every_segment() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).await;
    let mut expected = rows();
    push(&store, &expected).await;
    store.get("/flush", &[]).await;
    let late = (
        pairs(&json!({ "service_name": "late" })),
        5,
        // Its own time is not stored twice.
        r#"{"at":"5","note":"a second segment"}"#.to_owned(),
        pairs(&json!({ "detected_level": "unknown" })),
    );
    push(&store, std::slice::from_ref(&late)).await;
    store.get("/flush", &[]).await;
    expected.push(late);
    expected.sort();

    let folder = dir.path().join("logs").display().to_string();
    let printed = Client::python("read_segments.py", &[&folder]).finish().await;
    let read: Value = serde_json::from_str(&printed).unwrap();
    let files = read["files"].as_array().unwrap();
    assert_eq!(files.len(), 3, "one per hour and flush");
    let mut rows = Vec::new();
    for file in files {
        let of_file = found(file);
        assert_eq!(file["rows_by_footer"], of_file.len(), "{}", file["path"]);
        let hour = of_file[0].1 / HOUR;
        let partitions = json!({ "tenant": "fake", "date": "1970-01-01", "hour": format!("{hour:02}") });
        assert_eq!(file["partitions"], partitions);
        assert!(of_file.iter().all(|row| row.1 / HOUR == hour), "{}", file["path"]);
        for name in ["labels", "timestamp", "structured_metadata"] {
            assert!(
                file["columns"].as_array().unwrap().contains(&json!(name)),
                "{name}: {}",
                file["columns"]
            );
        }
        rows.extend(of_file);
    }
    rows.sort();
    assert_eq!(rows, expected);
    assert_eq!(read["rows_of_dataset"], expected.len());
    store.close().await;
}
