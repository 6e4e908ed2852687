//! Segments read in place by pyarrow: others can read them, and what spans say can be put together from their columns.

use protocols::otlp::{Span, any_value::Value, span as otlp};
use serde_json::{Value as Json, json};

use crate::clients::python;
use crate::support::{BASE_SECS, SECOND, pair, request, span, start, text};

/// Spans of like attributes, one with others, and one of each kind of value.
fn spans() -> Vec<Span> {
    let mut spans = Vec::new();
    for at in 1..=40u8 {
        let mut span = span(at, at, at.saturating_sub(1), "op", u64::from(at) * 1000, 5);
        span.attributes = vec![text("method", "GET"), pair("size", Value::IntValue(i64::from(at)))];
        if at % 2 == 0 {
            span.attributes.insert(1, pair("ratio", Value::DoubleValue(0.5)));
        }
        spans.push(span);
    }
    spans[6].attributes.push(pair("method", Value::BoolValue(true)));
    spans[6].attributes.insert(0, text("rare, \"odd\" key", "ü"));
    spans[7].attributes.clear();
    spans[8].events = vec![otlp::Event {
        name: "retry".into(),
        attributes: vec![text("why", "late")],
        ..Default::default()
    }];
    spans
}

fn expected(span: &Span) -> Json {
    let plain = |pair: &protocols::otlp::KeyValue| {
        let value = match pair.value.as_ref().and_then(|value| value.value.clone()) {
            Some(Value::StringValue(text)) => json!(text),
            Some(Value::IntValue(number)) => json!(number),
            Some(Value::DoubleValue(number)) => json!(number),
            Some(Value::BoolValue(value)) => json!(value),
            _ => Json::Null,
        };
        json!([pair.key, value])
    };
    let list = |pairs: &[protocols::otlp::KeyValue]| pairs.iter().map(plain).collect::<Vec<_>>();
    let events =
        span.events.iter().map(|event| json!({ "name": event.name, "attributes": list(&event.attributes) }));
    json!({
        "trace_id": hex::encode(&span.trace_id),
        "span_id": hex::encode(&span.span_id),
        "parent": (!span.parent_span_id.is_empty()).then(|| hex::encode(&span.parent_span_id)),
        "name": span.name,
        "service": "shop",
        "resource": { "service.name": "shop" },
        "start": span.start_time_unix_nano,
        "duration": span.end_time_unix_nano - span.start_time_unix_nano,
        "attributes": list(&span.attributes),
        "events": events.collect::<Vec<_>>(),
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn pyarrow_reads_every_span_with_its_attributes_in_order() {
    let running = start().await;
    running.export(request("shop", spans())).await;
    running.server.flush().await.unwrap();
    let mut late = span(1, 99, 1, "late", 0, 1);
    late.start_time_unix_nano = (BASE_SECS + 3600) * SECOND;
    late.end_time_unix_nano = late.start_time_unix_nano + 7;
    running.export(request("shop", vec![late.clone()])).await;
    running.server.flush().await.unwrap();
    let folder = running.dir.path().join("traces");
    let printed = python("read_spans.py", &[folder.to_str().unwrap()]).await;
    let read: Json = serde_json::from_str(&printed).unwrap();
    let mut all: Vec<Json> = spans().iter().chain([&late]).map(expected).collect();
    let mut found = read["spans"].as_array().unwrap().clone();
    let key = |span: &Json| (span["start"].as_u64(), span["span_id"].to_string());
    all.sort_by_key(key);
    found.sort_by_key(key);
    assert_eq!(found, all);
    assert_eq!(read["rows_of_dataset"], all.len());
    for column in ["span.method", "span.size", "span.ratio", "attributes"] {
        assert!(
            read["columns"].as_array().unwrap().contains(&json!(column)),
            "{column}: {}",
            read["columns"]
        );
    }
    running.stop().await;
}
