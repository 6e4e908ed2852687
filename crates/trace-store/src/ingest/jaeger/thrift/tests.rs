use proptest::prelude::*;
use protocols::otlp::any_value::Value;

use super::super::translate;
use super::*;

/// Writes thrift's binary protocol.
#[derive(Default)]
struct Writer(Vec<u8>);

impl Writer {
    fn field(mut self, kind: u8, id: i16, value: &[u8]) -> Self {
        self.0.push(kind);
        self.0.extend(id.to_be_bytes());
        self.0.extend(value);
        self
    }

    fn i64(self, id: i16, value: i64) -> Self {
        self.field(I64, id, &value.to_be_bytes())
    }

    fn i32(self, id: i16, value: i32) -> Self {
        self.field(I32, id, &value.to_be_bytes())
    }

    fn text(self, id: i16, text: &str) -> Self {
        let length = (text.len() as i32).to_be_bytes();
        self.field(STRING, id, &[&length, text.as_bytes()].concat())
    }

    fn list(self, id: i16, elements: &[Vec<u8>]) -> Self {
        let length = (elements.len() as i32).to_be_bytes();
        self.field(LIST, id, &[&[STRUCT][..], &length, &elements.concat()].concat())
    }

    fn end(mut self) -> Vec<u8> {
        self.0.push(0);
        self.0
    }
}

fn text_tag(key: &str, value: &str) -> Vec<u8> {
    Writer::default().text(1, key).i32(2, 0).text(3, value).end()
}

fn whole() -> Vec<u8> {
    let process = Writer::default()
        .text(1, "shop")
        .list(2, &[text_tag("hostname", "h1"), text_tag("ip", "10.0.0.1")])
        .end();
    let reference = |kind, span| Writer::default().i32(1, kind).i64(2, 7).i64(3, 0).i64(4, span).end();
    let tags = [
        text_tag("span.kind", "server"),
        Writer::default().text(1, "error").i32(2, 2).field(BOOL, 5, &[1]).end(),
        Writer::default().text(1, "http.status_code").i32(2, 3).i64(6, 503).end(),
        Writer::default().text(1, "ratio").i32(2, 1).field(DOUBLE, 4, &0.5f64.to_be_bytes()).end(),
        text_tag("otel.scope.name", "lib"),
    ];
    let log = Writer::default()
        .i64(1, 1_000_001)
        .list(2, &[text_tag("event", "retry"), text_tag("message", "again")])
        .end();
    let span = Writer::default()
        .i64(1, 7)
        .i64(2, 0)
        .i64(3, 5)
        .i64(4, 4)
        .text(5, "GET /")
        .list(6, &[reference(0, 4), reference(1, 9)])
        .i32(7, 1)
        .i64(8, 1_000_000)
        .i64(9, 2_000)
        .list(10, &tags)
        .list(11, &[log])
        // Fields that nobody knows.
        .field(
            MAP,
            40,
            &[&[STRING, I32][..], &1i32.to_be_bytes(), &1i32.to_be_bytes(), b"k", &1i32.to_be_bytes()]
                .concat(),
        )
        .end();
    Writer::default().field(STRUCT, 1, &process).list(2, &[span]).i64(3, 1).end()
}

#[test]
fn a_batch_becomes_spans_of_otlp() {
    let request = translate::request(batch(&whole()).unwrap());
    let resource_spans = &request.resource_spans[0];
    let keys =
        |pairs: &[protocols::otlp::KeyValue]| pairs.iter().map(|pair| pair.key.clone()).collect::<Vec<_>>();
    assert_eq!(
        keys(&resource_spans.resource.as_ref().unwrap().attributes),
        ["service.name", "host.name", "ip"]
    );
    let scope_spans = &resource_spans.scope_spans[0];
    assert_eq!(scope_spans.scope.as_ref().unwrap().name, "lib");
    let span = &scope_spans.spans[0];
    let ids = [&span.trace_id, &span.span_id, &span.parent_span_id].map(hex::encode);
    assert_eq!(ids, ["00000000000000000000000000000007", "0000000000000005", "0000000000000004"]);
    assert_eq!((span.name.as_str(), span.kind, span.status.as_ref().unwrap().code), ("GET /", 2, 2));
    assert_eq!((span.start_time_unix_nano, span.end_time_unix_nano), (1_000_000_000, 1_002_000_000));
    assert_eq!(keys(&span.attributes), ["http.status_code", "ratio"]);
    assert_eq!(span.attributes[0].value.as_ref().unwrap().value, Some(Value::IntValue(503)));
    assert_eq!(
        (span.events[0].name.as_str(), keys(&span.events[0].attributes)),
        ("retry", vec!["message".to_owned()])
    );
    assert_eq!((span.links.len(), hex::encode(&span.links[0].span_id)), (1, "0000000000000009".to_owned()));
}

#[test]
fn damaged_batches_are_refused_with_a_reason() {
    let lying = Writer::default().field(LIST, 2, &[&[STRUCT][..], &i32::MAX.to_be_bytes()].concat()).end();
    let negative = Writer::default().field(STRING, 9, &(-1i32).to_be_bytes()).end();
    let length = (MAX_STRUCTS as i32).to_be_bytes();
    let many =
        Writer::default().field(LIST, 2, &[&[STRUCT][..], &length, &vec![0; MAX_STRUCTS]].concat()).end();
    let cases = [
        (Vec::new(), "ends too early"),
        (lying, "ends too early"),
        (negative, "negative"),
        (Writer::default().field(77, 9, &[]).end(), "unknown"),
        (
            Writer::default().field(LIST, 2, &[&[I32][..], &1i32.to_be_bytes()].concat()).end(),
            "unexpected type",
        ),
        ([&[LIST, 0, 9][..], &[LIST, 0, 0, 0, 1].repeat(20)].concat(), "nested too deeply"),
        (many, "too many parts"),
    ];
    for (body, reason) in cases {
        let error = batch(&body).unwrap_err().to_string();
        assert!(error.contains(reason), "{error}");
    }
}

proptest! {
    #[test]
    fn changed_bytes_are_read_or_refused(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
        let mut body = whole();
        for (at, byte) in changes {
            let at = at.index(body.len());
            body[at] = byte;
        }
        if let Ok(batch) = batch(&body) {
            translate::request(batch);
        }
    }
}
