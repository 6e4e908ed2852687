use protocols::otlp::{AnyValue, KeyValue, ResourceSpans, Span, Status, any_value};
use serde_json::json;

use super::*;
use crate::batch::testing::one_span;

/// Spans of `(id, parent, name, milliseconds)`.
fn trace(spans: &[(u8, u8, &str, u64)]) -> Vec<ResourceSpans> {
    let mut resource = one_span("shop", 0);
    let template = resource.scope_spans[0].spans[0].clone();
    let made = spans.iter().enumerate().map(|(at, (id, parent, name, millis))| Span {
        span_id: vec![*id; 8],
        parent_span_id: if *parent == 0 { Vec::new() } else { vec![*parent; 8] },
        name: (*name).to_owned(),
        start_time_unix_nano: template.start_time_unix_nano + at as u64,
        end_time_unix_nano: template.start_time_unix_nano + at as u64 + millis * 1_000_000,
        ..template.clone()
    });
    resource.scope_spans[0].spans = made.collect();
    vec![resource]
}

fn compared(base: &[ResourceSpans], compare: &[ResourceSpans]) -> serde_json::Value {
    serde_json::to_value(diff(("a".into(), base), ("b".into(), compare))).unwrap()
}

#[test]
fn a_trace_is_equal_to_itself() {
    let shop = trace(&[(1, 0, "order", 100), (2, 1, "pay", 50), (3, 1, "pay", 20), (4, 9, "orphan", 1)]);
    let patch = compared(&shop, &shop);
    assert_eq!(patch["stats"]["matchedSpans"], 4);
    for list in ["modified", "added", "removed", "warnings"] {
        assert_eq!(patch[list], json!([]), "{list}");
    }
}

#[test]
fn spans_come_and_go_with_all_that_is_below_them() {
    let base = trace(&[(1, 0, "order", 100), (2, 1, "pay", 50), (3, 2, "bank", 20)]);
    let compare = trace(&[(1, 0, "order", 100), (2, 1, "gift", 50), (3, 1, "note", 20)]);
    let patch = compared(&base, &compare);
    let names = |list: &str| -> Vec<String> {
        let changes = patch[list].as_array().unwrap().iter();
        changes.map(|change| format!("{} {}", change["span"]["path"], change["span"]["name"])).collect()
    };
    assert_eq!(names("removed"), [r#"[0,0] "pay""#, r#"[0,0,0] "bank""#]);
    assert_eq!(names("added"), [r#"[0,0] "gift""#, r#"[0,1] "note""#]);
    assert_eq!(patch["added"][1]["target"], json!({"type": "span", "parentPath": [0], "index": 1}));
    assert_eq!(patch["removed"][0]["target"], json!({"type": "span", "path": [0, 0]}));
    assert_eq!(patch["stats"]["addedSpans"], 2);
}

#[test]
fn what_differs_in_a_span_is_told_unless_it_is_noise() {
    let base = trace(&[(1, 0, "order", 100)]);
    let mut compare = trace(&[(1, 0, "order", 120)]);
    assert_eq!(compared(&base, &compare)["modified"], json!([]));
    let int = |key: &str, number: i64| KeyValue {
        key: key.into(),
        value: Some(AnyValue { value: Some(any_value::Value::IntValue(number)) }),
        key_strindex: 0,
    };
    let span = &mut compare[0].scope_spans[0].spans[0];
    span.end_time_unix_nano += 100_000_000;
    span.status = Some(Status { code: 2, message: String::new() });
    span.attributes = vec![int("items", 3), int("http.response.body.size", 1001)];
    let mut sized = base;
    sized[0].scope_spans[0].spans[0].attributes = vec![int("http.response.body.size", 1000)];
    let patch = compared(&sized, &compare);
    let targets: Vec<String> = patch["modified"][0]["changes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|change| format!("{} {}", change["op"].as_str().unwrap(), change["target"]))
        .collect();
    assert_eq!(
        targets,
        [
            r#"modify {"name":"duration_nanos","type":"field"}"#,
            r#"modify {"name":"status","type":"field"}"#,
            r#"add {"key":"items","scope":"span","type":"attribute"}"#,
        ]
    );
    assert_eq!(patch["modified"][0]["changes"][2]["after"], 3);
    assert_eq!(patch["stats"]["fieldChanges"], 2);
}

#[test]
fn circles_and_repeated_ids_end() {
    let circle = trace(&[(1, 2, "a", 1), (2, 1, "b", 1), (2, 1, "b", 2), (3, 3, "self", 1)]);
    let patch = compared(&circle, &circle);
    assert_eq!(patch["stats"]["matchedSpans"], 4);
    assert_eq!(patch["warnings"][0]["code"], "duplicate_span_id");
}
