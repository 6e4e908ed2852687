use protocols::otlp::any_value::Value;

use super::*;

fn texts(span: &protocols::otlp::Span) -> Vec<String> {
    let value = |value: &Value| match value {
        Value::StringValue(text) => text.clone(),
        other => format!("{other:?}"),
    };
    let pairs = span.attributes.iter();
    pairs
        .map(|pair| format!("{}={}", pair.key, value(pair.value.as_ref().unwrap().value.as_ref().unwrap())))
        .collect()
}

#[test]
fn a_span_with_everything_becomes_one_of_otlp() {
    let body = r#"[{"traceId":"abc","id":"1","parentId":"2","name":"get /","kind":"CLIENT","timestamp":1795168800000000,
        "duration":1500,"debug":true,"localEndpoint":{"serviceName":"shop","ipv4":"10.0.0.1","port":8080},
        "remoteEndpoint":{"serviceName":"stock","ipv6":"::1","port":0},
        "annotations":[{"timestamp":1795168800000001,"value":"sent"}],
        "tags":{"http.method":"GET","error":"timeout","otel.scope.name":"s","otel.status_description":"late"}}]"#;
    let request = read(body.as_bytes()).unwrap();
    let resource_spans = &request.resource_spans[0];
    assert_eq!(resource_spans.resource.as_ref().unwrap().attributes[0].key, "service.name");
    let scope_spans = &resource_spans.scope_spans[0];
    assert_eq!(scope_spans.scope.as_ref().unwrap().name, "s");
    let span = &scope_spans.spans[0];
    assert_eq!(
        (hex::encode(&span.trace_id), hex::encode(&span.span_id), hex::encode(&span.parent_span_id)),
        (format!("{:0>32}", "abc"), format!("{:0>16}", "1"), format!("{:0>16}", "2"))
    );
    assert_eq!(
        (span.start_time_unix_nano, span.end_time_unix_nano),
        (1_795_168_800_000_000_000, 1_795_168_800_001_500_000)
    );
    assert_eq!(
        (span.kind, span.events[0].name.as_str(), span.events[0].time_unix_nano),
        (3, "sent", 1_795_168_800_000_001_000)
    );
    let status = span.status.as_ref().unwrap();
    assert_eq!((status.code, status.message.as_str()), (2, "late"));
    let expected = [
        "error=timeout",
        "http.method=GET",
        "net.host.ip=10.0.0.1",
        "net.host.port=IntValue(8080)",
        "peer.service=stock",
        "net.peer.ip=::1",
    ];
    assert_eq!(texts(span), expected);
}

#[test]
fn what_is_no_list_of_spans_is_refused_with_a_reason() {
    for (body, reason) in [
        ("", "not a list"),
        ("{}", "not a list"),
        (r#"[{"id":"1"}]"#, "traceId"),
        (r#"[{"traceId":"x","id":"1"}]"#, "hexadecimal"),
        (r#"[{"traceId":"1","id":"12345678901234567"}]"#, "at most 16"),
        (r#"[{"traceId":"1","id":""}]"#, "hexadecimal"),
    ] {
        let error = read(body.as_bytes()).unwrap_err().to_string();
        assert!(error.contains(reason), "{body}: {error}");
    }
    assert!(read(b"[]").unwrap().resource_spans.is_empty());
}
