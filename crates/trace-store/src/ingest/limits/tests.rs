use protocols::otlp::{AnyValue, ResourceSpans, ScopeSpans, span};

use super::*;

fn span() -> Span {
    Span { trace_id: vec![1; 16], span_id: vec![2; 8], name: "x".into(), ..Span::default() }
}

fn request(span: Span) -> ExportTraceServiceRequest {
    let scope_spans = vec![ScopeSpans { spans: vec![span], ..ScopeSpans::default() }];
    ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans { scope_spans, ..ResourceSpans::default() }],
    }
}

fn text(key: &str, value: &str) -> KeyValue {
    KeyValue {
        key: key.into(),
        value: Some(AnyValue { value: Some(any_value::Value::StringValue(value.into())) }),
        key_strindex: 0,
    }
}

fn small() -> IngestLimits {
    IngestLimits { attribute_bytes: 5, attributes: 2, events: 1, ..IngestLimits::default() }
}

#[test]
fn ids_of_a_wrong_length_make_the_request_invalid() {
    type Damage = fn(&mut Span);
    let cases: [(Damage, &str); 6] = [
        (|span| span.trace_id = vec![1; 8], "trace ids must be 128 bit, received 64 bits"),
        (|span| span.trace_id.clear(), "trace ids must be 128 bit, received 0 bits"),
        (|span| span.trace_id = vec![1; 17], "trace ids must be 128 bit, received 136 bits"),
        (|span| span.span_id = vec![1; 7], "span ids must be 64 bit, received 56 bits"),
        (|span| span.span_id = vec![0; 8], "span ids must be 64 bit and not all zero"),
        (
            |span| span.parent_span_id = vec![1; 3],
            "parent span ids must be empty or 64 bit, received 24 bits",
        ),
    ];
    for (break_it, message) in cases {
        let mut broken = span();
        break_it(&mut broken);
        let error = apply(&mut request(broken), &small()).unwrap_err();
        assert_eq!(error.to_string(), message);
    }
    let mut zero_trace = span();
    zero_trace.trace_id = vec![0; 16];
    assert!(apply(&mut request(zero_trace), &small()).is_ok(), "as in Tempo");
}

#[test]
fn within_the_limits_nothing_changes() {
    let mut whole = span();
    whole.attributes = vec![text("a", "12345"), text("b", "")];
    let mut request = request(whole);
    let before = request.clone();
    let applied = apply(&mut request, &small()).unwrap();
    assert_eq!((applied.changed(), applied.message()), (false, None));
    assert_eq!(request, before);
}

#[test]
fn long_texts_are_cut_between_characters() {
    let mut long = span();
    long.attributes = vec![text("a", "1234üx"), text("abcdefgh", "123456")];
    let mut request = request(long);
    let applied = apply(&mut request, &small()).unwrap();
    assert_eq!(applied, Applied { truncated: 3, ..Applied::default() });
    let attributes = &request.resource_spans[0].scope_spans[0].spans[0].attributes;
    assert_eq!(*attributes, [text("a", "1234"), text("abcde", "12345")]);
}

#[test]
fn what_is_too_many_is_dropped_and_counted_where_clients_look() {
    let mut big = span();
    big.attributes = vec![text("a", "1"), text("b", "2"), text("c", "3")];
    big.dropped_attributes_count = 4;
    big.events = vec![span::Event::default(), span::Event::default()];
    big.links = vec![span::Link::default(); 3];
    let mut request = request(big);
    let applied = apply(&mut request, &small()).unwrap();
    assert_eq!(applied.dropped, 1 + 1 + 2);
    let cut = &request.resource_spans[0].scope_spans[0].spans[0];
    assert_eq!((cut.attributes.len(), cut.dropped_attributes_count), (2, 5));
    assert_eq!((cut.events.len(), cut.dropped_events_count), (1, 1));
    assert_eq!((cut.links.len(), cut.dropped_links_count), (1, 2));
    assert!(applied.message().unwrap().contains("beyond the limit"));
}

#[test]
fn spans_with_impossible_times_are_refused_and_the_rest_taken() {
    let mut late = span();
    late.end_time_unix_nano = u64::MAX;
    let mut request = request(late);
    request.resource_spans[0].scope_spans[0].spans.push(span());
    let applied = apply(&mut request, &small()).unwrap();
    assert_eq!(applied.rejected, 1);
    assert_eq!(request.resource_spans[0].scope_spans[0].spans, [span()]);
}
