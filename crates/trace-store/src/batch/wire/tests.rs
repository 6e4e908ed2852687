use proptest::prelude::*;
use prost::Message as _;
use protocols::otlp::{AnyValue, KeyValue, Span, any_value, span};

use super::*;
use crate::batch::found_span;
use crate::batch::testing::request;

/// All that a row says, in a form that NaN equals itself in and fields that nobody knows are left out of.
fn found(batch: &SpanBatch) -> Vec<[Vec<u8>; 3]> {
    let row = |row| {
        let found = found_span(batch, row);
        let resource = ResourceSpans::decode(&found.resource[..]).unwrap().encode_to_vec();
        let scope = ScopeSpans::decode(&found.scope[..]).unwrap().encode_to_vec();
        [resource, scope, found.span.encode_to_vec()]
    };
    batch.rows.iter().map(row).collect()
}

fn is_sound(span: &Span) -> bool {
    span.trace_id.len() == 16
        && span.span_id.len() == 8
        && i64::try_from(span.start_time_unix_nano).is_ok()
        && i64::try_from(span.end_time_unix_nano).is_ok()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn both_ways_give_the_same_rows(request in request()) {
        let batch = batch_from_wire(&request.encode_to_vec(), &WireLimits::NONE).unwrap();
        prop_assert_eq!(found(&batch), found(&batch_of(request)));
    }

    #[test]
    fn changed_bytes_are_read_like_messages_or_left_to_them(
        request in request(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let mut body = request.encode_to_vec();
        if !body.is_empty() {
            for (at, byte) in changes {
                let at = at.index(body.len());
                body[at] = byte;
            }
        }
        if let Ok(batch) = batch_from_wire(&body, &WireLimits::NONE) {
            let request = ExportTraceServiceRequest::decode(&body[..]).unwrap();
            let mut spans = request.resource_spans.iter().flat_map(|r| &r.scope_spans).flat_map(|s| &s.spans);
            prop_assert!(spans.all(is_sound));
            prop_assert_eq!(found(&batch), found(&batch_of(request)));
        }
    }
}

fn body(change: impl FnOnce(&mut Span)) -> Vec<u8> {
    let mut span = Span { trace_id: vec![1; 16], span_id: vec![2; 8], ..Span::default() };
    change(&mut span);
    let scope_spans = vec![ScopeSpans { spans: vec![span], ..ScopeSpans::default() }];
    let resource_spans = vec![ResourceSpans { scope_spans, ..ResourceSpans::default() }];
    ExportTraceServiceRequest { resource_spans }.encode_to_vec()
}

fn text(key: &str, value: &str) -> KeyValue {
    let value = any_value::Value::StringValue(value.into());
    KeyValue { key: key.into(), value: Some(AnyValue { value: Some(value) }), key_strindex: 0 }
}

const SMALL: WireLimits =
    WireLimits { attribute_bytes: 4, attributes: 2, events: 1, memory_bytes: usize::MAX };

#[test]
fn what_is_beyond_a_limit_or_wrong_is_left_to_messages() {
    let plain = |span: &mut Span| span.attributes = vec![text("1234", "1234"), text("", "")];
    assert_eq!(batch_from_wire(&body(plain), &SMALL).unwrap().rows.len(), 1);
    type Change = fn(&mut Span);
    let cases: [(&str, Change); 9] = [
        ("a long key", |span| span.attributes = vec![text("12345", "")]),
        ("a long text", |span| span.attributes = vec![text("", "12345")]),
        ("many attributes", |span| span.attributes = vec![text("a", "b"); 3]),
        ("many events", |span| span.events = vec![span::Event::default(); 2]),
        ("many links", |span| span.links = vec![span::Link::default(); 2]),
        ("no trace", |span| span.trace_id.clear()),
        ("no span id", |span| span.span_id = vec![0; 8]),
        ("a short parent", |span| span.parent_span_id = vec![1; 3]),
        ("a late time", |span| span.end_time_unix_nano = u64::MAX),
    ];
    for (name, change) in cases {
        assert_eq!(batch_from_wire(&body(change), &SMALL).unwrap_err(), Unusual, "{name}");
    }
    let tight = WireLimits { memory_bytes: 1000, ..WireLimits::NONE };
    let heavy = |span: &mut Span| span.events = vec![span::Event::default(); 100];
    assert_eq!(batch_from_wire(&body(heavy), &tight).unwrap_err(), Unusual);
    for malformed in [&[0x0b][..], &[0x0a, 5, 1], &[0x08, 1], &[0xff; 12], &[0, 0]] {
        assert!(batch_from_wire(malformed, &SMALL).is_err(), "{malformed:?}");
        let message = ExportTraceServiceRequest::decode(malformed);
        assert!(message.is_err() && batch_from_log(malformed).is_err(), "{malformed:?}");
    }
}
