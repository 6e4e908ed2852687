use protocols::otlp::json::parse_logs_request;

use super::*;
use crate::batch::tests::{Plain, plain};
use crate::limits::Limits;
use crate::streams::Streams as Interned;

const NOW: TimestampNanos = TimestampNanos(1_700_000_000_000_000_000);

fn rows(body: &str, limits: &Limits) -> Result<(Vec<Plain>, String), String> {
    let request = parse_logs_request(body.as_bytes()).unwrap();
    let streams = Interned::default();
    let accepted =
        accept(&request, Acceptor::new(limits, &streams, NOW)).map_err(|error| error.to_string())?;
    Ok((plain(&accepted.batch), accepted.refused.text()))
}

fn attributes(pairs: &[(&str, &str)]) -> String {
    let pair = |(name, value): &(&str, &str)| format!(r#"{{"key":"{name}","value":{value}}}"#);
    format!("[{}]", pairs.iter().map(pair).collect::<Vec<_>>().join(","))
}

fn request(resource: &str, scope: &str, records: &str) -> String {
    format!(
        r#"{{"resourceLogs":[{{"resource":{{"attributes":{resource}}},"scopeLogs":[{{"scope":{scope},"logRecords":[{records}]}}]}}]}}"#
    )
}

fn metadata(row: &Plain) -> Vec<(&str, &str)> {
    row.3.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

#[test]
fn attributes_become_labels_and_metadata() {
    let resource = attributes(&[
        ("service.name", r#"{"stringValue":"shop"}"#),
        ("k8s.pod.name", r#"{"stringValue":"p-1"}"#),
        ("host.name", r#"{"stringValue":"h"}"#),
        (
            "build",
            r#"{"kvlistValue":{"values":[{"key":"sha","value":{"stringValue":"a"}},{"key":"n","value":{"kvlistValue":{"values":[{"key":"x","value":{"intValue":1}}]}}}]}}"#,
        ),
    ]);
    let scope = format!(
        r#"{{"name":"http","version":"1","attributes":{}}}"#,
        attributes(&[("zone", r#"{"intValue":"3"}"#)])
    );
    let own = attributes(&[
        ("http.method", r#"{"stringValue":"GET"}"#),
        ("flags", r#"{"stringValue":"beaten by the record's own"}"#),
        ("host.name", r#"{"stringValue":"nearer"}"#),
        ("empty", r#"{"stringValue":""}"#),
    ]);
    let record = format!(
        r#"{{"timeUnixNano":"{n}","observedTimeUnixNano":"{n}","severityNumber":17,"severityText":"ERROR","body":{{"stringValue":"hi"}},"attributes":{own},"flags":1,"traceId":"0102030405060708090a0b0c0d0e0f10","spanId":"0000000000000000","eventName":"e","droppedAttributesCount":2}}"#,
        n = NOW.0
    );
    let (rows, refused) = rows(&request(&resource, &scope, &record), &Limits::default()).unwrap();
    assert_eq!(refused, "");
    assert_eq!(rows[0].0, r#"{k8s_pod_name="p-1", service_name="shop"}"#);
    assert_eq!((rows[0].1, rows[0].2.as_str()), (NOW.0, "hi"));
    assert_eq!(
        metadata(&rows[0]),
        [
            ("observed_timestamp", "1700000000000000000"),
            ("severity_number", "17"),
            ("severity_text", "ERROR"),
            ("dropped_attributes_count", "2"),
            ("flags", "1"),
            ("trace_id", "0102030405060708090a0b0c0d0e0f10"),
            ("event_name", "e"),
            ("http_method", "GET"),
            ("host_name", "nearer"),
            ("build_sha", "a"),
            ("build_n_x", "1"),
            ("scope_name", "http"),
            ("scope_version", "1"),
            ("zone", "3"),
            ("detected_level", "error"),
        ]
    );
}

#[test]
fn times_and_bodies_have_defaults() {
    let observed = format!(
        r#"{{"observedTimeUnixNano":"{}","body":{{"arrayValue":{{"values":[{{"intValue":1}}]}}}}}}"#,
        NOW.0 - 5
    );
    let (rows, _) = rows(&request("[]", "null", &format!("{observed},{{}}")), &Limits::default()).unwrap();
    let unknown = |time, line: &str| {
        let level = vec![("detected_level".to_owned(), "unknown".to_owned())];
        (r#"{service_name="unknown_service"}"#.to_owned(), time, line.to_owned(), level)
    };
    assert_eq!(rows, [unknown(NOW.0 - 5, "[1]"), unknown(NOW.0, "")]);
}

#[test]
fn a_request_without_records_has_no_streams() {
    for body in
        ["{}".to_owned(), request("[]", "null", ""), r#"{"resourceLogs":[{"scopeLogs":[]}]}"#.to_owned()]
    {
        assert!(rows(&body, &Limits::default()).unwrap_err().contains("at least one valid stream"), "{body}");
    }
}

#[test]
fn records_may_have_labels_of_their_own() {
    let rules = "log_attributes: [{action: index_label, attributes: [tier]}, {action: drop, attributes: [secret]}]\nseverity_text_as_label: true";
    let limits = Limits { otlp: runtime::parse_yaml(rules, "test").unwrap(), ..Limits::default() };
    let record = |tier: &str| {
        let own = attributes(&[
            ("tier", &format!(r#"{{"stringValue":"{tier}"}}"#)),
            ("secret", r#"{"intValue":1}"#),
        ]);
        format!(r#"{{"severityText":"WARN","attributes":{own}}}"#)
    };
    let body = request("[]", "null", &[record("a"), record("b"), record("a"), "{}".to_owned()].join(","));
    let (rows, _) = rows(&body, &limits).unwrap();
    let labels: Vec<_> = rows.iter().map(|row| row.0.as_str()).collect();
    let tier =
        |name: &str| format!(r#"{{service_name="unknown_service", severity_text="WARN", tier="{name}"}}"#);
    assert_eq!(labels, [&tier("a"), &tier("b"), &tier("a"), r#"{service_name="unknown_service"}"#]);
    assert_eq!(metadata(&rows[0]), [("severity_text", "WARN"), ("detected_level", "warn")]);
}

#[test]
fn too_much_metadata_is_refused_and_does_not_grow_with_its_nesting() {
    let long = "k".repeat(40_000);
    let leaf = r#"{"key":"x","value":{"stringValue":""}}"#;
    let leaves = vec![leaf; 1000].join(",");
    let deep = attributes(&[(&long, &format!(r#"{{"kvlistValue":{{"values":[{leaves}]}}}}"#))]);
    let wide: Vec<_> = (0..200).map(|n| (format!("a{n}"), r#"{"intValue":1}"#)).collect();
    let wide: Vec<_> = wide.iter().map(|(name, value)| (name.as_str(), *value)).collect();
    for (own, reason) in [(deep, "metadata too large"), (attributes(&wide), "too many structured metadata")] {
        let body = request("[]", "null", &format!(r#"{{"attributes":{own}}}"#));
        let (rows, refused) = rows(&body, &Limits::default()).unwrap();
        assert!(rows.is_empty());
        assert!(refused.contains(reason), "{refused:.200}");
    }
}
