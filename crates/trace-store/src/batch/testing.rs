//! Requests for tests: any that a client may send, and what of them must come back.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use prost::Message as _;
use protocols::otlp::{
    AnyValue, ArrayValue, ExportTraceServiceRequest, InstrumentationScope, KeyValue, KeyValueList, Resource,
    ResourceSpans, ScopeSpans, Span, Status, any_value, span,
};

use super::FoundSpan;

/// Few distinct texts, so that dictionaries have something to do.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => prop::sample::select(vec!["", "GET", "service.name", "http.url", "заказ 🛒", "a"]).prop_map(str::to_owned),
        1 => ".{0,12}",
    ]
}

fn scalar() -> impl Strategy<Value = any_value::Value> {
    use any_value::Value;
    prop_oneof![
        text().prop_map(Value::StringValue),
        any::<bool>().prop_map(Value::BoolValue),
        any::<i64>().prop_map(Value::IntValue),
        // Not NaN: it does not equal itself.
        prop_oneof![
            Just(f64::INFINITY),
            Just(-0.0),
            Just(0.1),
            any::<f64>().prop_filter("NaN", |x| !x.is_nan())
        ]
        .prop_map(Value::DoubleValue),
        vec(any::<u8>(), 0..6).prop_map(Value::BytesValue),
    ]
}

fn value() -> impl Strategy<Value = AnyValue> {
    let leaf = option::weighted(0.9, scalar()).prop_map(|value| AnyValue { value });
    leaf.prop_recursive(2, 8, 3, |inner| {
        let array = vec(inner.clone(), 0..3)
            .prop_map(|values| AnyValue { value: Some(any_value::Value::ArrayValue(ArrayValue { values })) });
        let pairs = vec((text(), inner), 0..3).prop_map(|pairs| {
            let values = pairs.into_iter().map(|(key, value)| pair(key, value)).collect();
            AnyValue { value: Some(any_value::Value::KvlistValue(KeyValueList { values })) }
        });
        prop_oneof![array, pairs]
    })
}

fn pair(key: String, value: AnyValue) -> KeyValue {
    KeyValue { key, value: Some(value), key_strindex: 0 }
}

fn attributes() -> impl Strategy<Value = Vec<KeyValue>> {
    vec((text(), value()).prop_map(|(key, value)| pair(key, value)), 0..4)
}

fn event() -> impl Strategy<Value = span::Event> {
    (any::<u64>(), text(), attributes(), 0..3u32).prop_map(|(time, name, attributes, dropped)| span::Event {
        time_unix_nano: time,
        name,
        attributes,
        dropped_attributes_count: dropped,
    })
}

fn link() -> impl Strategy<Value = span::Link> {
    let ids = (vec(any::<u8>(), 0..17), vec(any::<u8>(), 0..9));
    (ids, text(), attributes(), 0..3u32, any::<u32>()).prop_map(
        |((trace_id, span_id), trace_state, attributes, dropped, flags)| span::Link {
            trace_id,
            span_id,
            trace_state,
            attributes,
            dropped_attributes_count: dropped,
            flags,
        },
    )
}

/// Spans of few traces, within three hours.
fn span() -> impl Strategy<Value = Span> {
    const BASE: u64 = 1_795_168_800_000_000_000;
    const RANGE: u64 = 3 * 3600 * 1_000_000_000;
    let ids = (0..6u8, 1..200u8, option::of(1..200u8));
    let times = (BASE..BASE + RANGE, prop_oneof![4 => 0..5_000_000_000u64, 1 => Just(RANGE)], any::<bool>());
    let texts = (text(), text(), text(), text());
    let numbers = (-1..7i32, 0..4i32, any::<u32>(), 0..3u32, 0..3u32, 0..3u32);
    let lists = (attributes(), vec(event(), 0..3), vec(link(), 0..2));
    (ids, times, texts, numbers, lists).prop_map(
        |(ids, (start, duration, backwards), texts, numbers, lists)| {
            let end = if backwards && duration < 1000 { start - 5 } else { start + duration };
            Span {
                trace_id: [[0; 15].as_slice(), &[ids.0]].concat(),
                span_id: vec![ids.1; 8],
                parent_span_id: ids.2.map(|id| vec![id; 8]).unwrap_or_default(),
                start_time_unix_nano: start,
                end_time_unix_nano: end,
                name: texts.0,
                trace_state: texts.1,
                status: Some(Status { message: texts.2, code: numbers.1 }),
                kind: numbers.0,
                flags: numbers.2,
                attributes: lists.0,
                events: lists.1,
                links: lists.2,
                dropped_attributes_count: numbers.3,
                dropped_events_count: numbers.4,
                dropped_links_count: numbers.5,
            }
        },
    )
}

pub(crate) fn request() -> impl Strategy<Value = ExportTraceServiceRequest> {
    let scope = (text(), text(), attributes()).prop_map(|(name, version, attributes)| InstrumentationScope {
        name,
        version,
        attributes,
        dropped_attributes_count: 0,
    });
    let scope_spans = (option::of(scope), text(), vec(span(), 0..4))
        .prop_map(|(scope, schema_url, spans)| ScopeSpans { scope, spans, schema_url });
    let resource = attributes().prop_map(|attributes| Resource { attributes, ..Resource::default() });
    let resource_spans = (option::of(resource), text(), vec(scope_spans, 0..3))
        .prop_map(|(resource, schema_url, scope_spans)| ResourceSpans { resource, scope_spans, schema_url });
    vec(resource_spans, 0..3).prop_map(|resource_spans| ExportTraceServiceRequest { resource_spans })
}

/// The spans of a request, each with all that belongs to it, sorted.
pub(crate) fn spans_of(resource_spans: &[ResourceSpans]) -> Vec<FoundSpan> {
    let mut found = Vec::new();
    for resource_spans in resource_spans {
        let resource = ResourceSpans { scope_spans: Vec::new(), ..resource_spans.clone() };
        for scope_spans in &resource_spans.scope_spans {
            let scope = ScopeSpans { spans: Vec::new(), ..scope_spans.clone() };
            found.extend(scope_spans.spans.iter().map(|span| FoundSpan {
                resource: resource.encode_to_vec(),
                scope: scope.encode_to_vec(),
                span: span.clone(),
            }));
        }
    }
    sorted(found)
}

pub(crate) fn sorted(mut found: Vec<FoundSpan>) -> Vec<FoundSpan> {
    found.sort_by_cached_key(|found| {
        (found.span.encode_to_vec(), found.resource.clone(), found.scope.clone())
    });
    found
}

/// A span `at` seconds after a full hour, in a trace and with an id of its own.
pub(crate) fn one_span(service: &str, at: u64) -> ResourceSpans {
    let text = |text: &str| AnyValue { value: Some(any_value::Value::StringValue(text.into())) };
    let attributes = vec![pair("service.name".into(), text(service)), pair("host.name".into(), text("h"))];
    let start = 1_795_168_800_000_000_000 + at * 1_000_000_000;
    let span = Span {
        trace_id: u128::from(at + 1).to_be_bytes().to_vec(),
        span_id: (at + 1).to_be_bytes().to_vec(),
        name: "op".into(),
        start_time_unix_nano: start,
        end_time_unix_nano: start + 1000,
        ..Span::default()
    };
    ResourceSpans {
        resource: Some(Resource { attributes, ..Resource::default() }),
        scope_spans: vec![ScopeSpans { spans: vec![span], ..ScopeSpans::default() }],
        ..ResourceSpans::default()
    }
}
