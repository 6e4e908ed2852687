use super::*;

fn span_of(body: &str) -> Span {
    let text = format!(r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{body}]}}]}}]}}"#);
    let mut request = parse_export_request(text.as_bytes()).unwrap();
    request.resource_spans[0].scope_spans[0].spans.remove(0)
}

#[test]
fn a_span_as_clients_write_it() {
    let span = span_of(
        r#"{"traceId":"5B8EFFF798038103D269B633813FC60C","spanId":"eee19b7ec3c1b174","parentSpanId":"",
            "name":"x","kind":2,"startTimeUnixNano":"1544712660000000000","endTimeUnixNano":1544712661000000000,
            "attributes":[{"key":"i","value":{"intValue":"-7"}},{"key":"n","value":{"intValue":7}},
            {"key":"d","value":{"doubleValue":1}},{"key":"nan","value":{"doubleValue":"NaN"}},
            {"key":"b","value":{"bytesValue":"AQI"}},{"key":"none","value":{}},{"key":"nothing"},
            {"key":"l","value":{"arrayValue":{"values":[{"boolValue":false},{"stringValue":""}]}}},
            {"key":"m","value":{"kvlistValue":{"values":[{"key":"k","value":{"stringValue":"v"}}]}}}],
            "events":[{"timeUnixNano":"1","name":"e"}],"links":[{"traceId":"5b8efff798038103d269b633813fc60c",
            "spanId":"eee19b7ec3c1b174"}],"status":{"code":"STATUS_CODE_ERROR","message":"no"},"unknown":[1]}"#,
    );
    assert_eq!(span.trace_id[..2], [0x5b, 0x8e]);
    assert_eq!(span.parent_span_id, Vec::<u8>::new());
    assert_eq!(span.end_time_unix_nano, 1_544_712_661_000_000_000);
    assert_eq!(span.status.as_ref().unwrap().code, 2);
    assert_eq!(span.links[0].span_id.len(), 8);
    assert_eq!(span.events[0].time_unix_nano, 1);
    use any_value::Value;
    let values: Vec<_> =
        span.attributes.iter().map(|pair| pair.value.clone().and_then(|value| value.value)).collect();
    assert_eq!(values[0], Some(Value::IntValue(-7)));
    assert_eq!(values[1], Some(Value::IntValue(7)));
    assert_eq!(values[2], Some(Value::DoubleValue(1.0)));
    assert!(matches!(values[3], Some(Value::DoubleValue(d)) if d.is_nan()));
    assert_eq!(values[4], Some(Value::BytesValue(vec![1, 2])));
    assert_eq!(values[5..7], [None, None]);
    assert!(matches!(&values[7], Some(Value::ArrayValue(array)) if array.values.len() == 2));
    assert!(matches!(&values[8], Some(Value::KvlistValue(list)) if list.values.len() == 1));
}

#[test]
fn empty_and_null_are_the_same() {
    for body in [
        "{}",
        r#"{"resourceSpans":null}"#,
        r#"{"resourceSpans":[]}"#,
        r#"{"nosuch":1}"#,
        r#"{"resourceSpans":[{}]}"#,
        r#"{"resourceSpans":[{"resource":null,"scopeSpans":[{"scope":null,"spans":null}]}]}"#,
    ] {
        assert!(parse_export_request(body.as_bytes()).is_ok(), "{body}");
    }
}

#[test]
fn bad_requests_are_refused() {
    let span = |inner: &str| format!(r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{{{inner}}}]}}]}}]}}"#);
    for body in [
        String::new(),
        "{".to_owned(),
        "[]".to_owned(),
        "\"x\"".to_owned(),
        r#"{"resourceSpans":5}"#.to_owned(),
        span(r#""traceId":"bb""#),
        span(r#""traceId":"zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz""#),
        span(r#""kind":"nosuch""#),
        span(r#""name":5"#),
        span(r#""startTimeUnixNano":"x""#),
        span(r#""startTimeUnixNano":-1"#),
        span(r#""attributes":[{"key":"a","value":{"intValue":"9223372036854775808"}}]"#),
        "[".repeat(100_000),
    ] {
        assert!(parse_export_request(body.as_bytes()).is_err(), "{body:.80}");
    }
}
