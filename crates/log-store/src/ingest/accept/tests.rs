use proptest::prelude::*;
use prost::Message as _;
use protocols::loki;

use super::*;
use crate::batch::tests::{Plain, plain};
use crate::ingest::{Format, Unpacked, decode, decompress};

const NOW: TimestampNanos = TimestampNanos(1_700_000_000_000_000_000);

fn push(format: Format, body: &[u8], limits: &Limits) -> Result<(Vec<Plain>, String), String> {
    let streams = Streams::default();
    let body = decompress(format, None, Bytes::copy_from_slice(body)).map_err(|error| error.to_string())?;
    let accepted =
        decode(format, body, Acceptor::new(limits, &streams, NOW)).map_err(|error| error.to_string())?;
    Ok((plain(&accepted.batch), accepted.refused.text()))
}

fn json(body: &str) -> Result<(Vec<Plain>, String), String> {
    push(Format::Json, body.as_bytes(), &Limits::default())
}

fn body(stream: &str, values: &str) -> String {
    format!(r#"{{"streams":[{{"stream":{stream},"values":[{values}]}}]}}"#)
}

const AT: &str = "1700000000000000000";

const UNKNOWN: (&str, &str) = ("detected_level", "unknown");

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn levels_are_found_where_they_are_named_best() {
    for (labels, line, metadata, level) in [
        (r#"{"level":"WRN"}"#, r#"{\"level\":\"error\"}"#, "{}", "warn"),
        (r#"{"level":"bespoke"}"#, "level=debug", r#"{"severity":"INFO"}"#, "bespoke"),
        (r#"{"level":"info"}"#, "x", r#"{"detected_level":"ERR"}"#, "error"),
        (r#"{"a":"b"}"#, "x", r#"{"detected_level":"custom"}"#, "custom"),
        (r#"{"a":"b"}"#, "level=error", r#"{"severity_number":"5"}"#, "debug"),
        (r#"{"a":"b"}"#, r#"{\"level\":\"ERROR\"}"#, "{}", "error"),
        (r#"{"a":"b"}"#, "[warn] x", "{}", "warn"),
    ] {
        let (rows, _) = json(&body(labels, &format!(r#"["{AT}","{line}",{metadata}]"#))).unwrap();
        let levels: Vec<_> = rows[0].3.iter().filter(|(name, _)| name == "detected_level").collect();
        assert_eq!(levels.len(), 1, "{line}");
        assert_eq!(levels[0].1, level, "{labels} {line} {metadata}");
    }
}

#[test]
fn structured_metadata_can_be_refused_and_levels_be_left_out() {
    let plain = body(r#"{"a":"b"}"#, &format!(r#"["{AT}","error"]"#));
    let with = body(r#"{"a":"b"}"#, &format!(r#"["{AT}","error",{{"k":"v\ufffd"}}]"#));
    let none = Limits { discover_log_levels: false, ..Limits::default() };
    assert_eq!(push(Format::Json, plain.as_bytes(), &none).unwrap().0[0].3, []);
    assert_eq!(push(Format::Json, with.as_bytes(), &none).unwrap().0[0].3, pairs(&[("k", "v ")]));
    let refusing = Limits { allow_structured_metadata: false, ..Limits::default() };
    assert_eq!(push(Format::Json, plain.as_bytes(), &refusing).unwrap().0[0].3, []);
    let (rows, refused) = push(Format::Json, with.as_bytes(), &refusing).unwrap();
    assert!(rows.is_empty() && refused.contains("allow_structured_metadata"), "{refused}");
}

#[test]
fn json_pushes_are_read() {
    let value = format!(r#"["{AT}","hi \"there\"",{{"trace.id":"1","2x":"y"}}],["{AT}"]"#);
    let (rows, refused) = json(&body(r#"{"app":"shop","n":5,"empty":""}"#, &value)).unwrap();
    assert_eq!(refused, "");
    let labels = r#"{app="shop", n="5", service_name="shop"}"#.to_owned();
    let metadata = pairs(&[("trace_id", "1"), ("key_2x", "y"), UNKNOWN]);
    assert_eq!(
        rows,
        [
            (labels.clone(), NOW.0, "hi \"there\"".to_owned(), metadata),
            (labels, NOW.0, String::new(), pairs(&[UNKNOWN]))
        ]
    );
}

#[test]
fn malformed_json_is_refused_with_a_reason() {
    for (text, reason) in [
        ("", "EOF"),
        ("[]", "the JSON body cannot be read"),
        (r#"{"streams":[]}"#, "at least one valid stream"),
        ("{}", "at least one valid stream"),
        (&body(r#"{"a":"b"}"#, r#"[1700000000000000000,"x"]"#), "expected a string"),
        (&body(r#"{"a":"b"}"#, r#"["soon","x"]"#), "\"soon\" is not a timestamp"),
        (&body(r#"{"a":"b"}"#, &format!(r#"["{AT}","x",{{"k":5}}]"#)), "expected a string"),
        (&body(r#""{a=b}""#, ""), "an object with labels"),
        (&body(r#"{"a":"b"}"#, "{}"), "nanoseconds"),
    ] {
        let error = json(text).unwrap_err();
        assert!(error.contains(reason), "{text}: {error}");
    }
}

#[test]
fn bad_entries_are_refused_and_good_ones_stored() {
    let old = NOW.0 - 200 * 3_600_000_000_000;
    let future = NOW.0 + 700_000_000_000;
    let long = "x".repeat(300_000);
    let values = format!(r#"["{AT}","good"],["{old}","old"],["{future}","new"],["{AT}","{long}"]"#);
    let (rows, refused) = json(&body(r#"{"service_name":"s"}"#, &values)).unwrap();
    assert_eq!(rows.len(), 1);
    for part in [
        "entry for stream '{service_name=\"s\"}' has timestamp too old: ",
        "has timestamp too new: ",
        "max entry size '262144' bytes exceeded for stream '{service_name=\"s\"}' while adding an entry with length '300000' bytes",
    ] {
        assert!(refused.contains(part), "{part}: {refused}");
    }
}

#[test]
fn streams_with_bad_labels_are_refused() {
    let many: Vec<_> = (0..16).map(|n| format!("\"l{n}\":\"x\"")).collect();
    let value = format!(r#"["{AT}","x"]"#);
    for (labels, reason) in [
        (r#"{"1a":"b"}"#.to_owned(), "is not a label name"),
        (format!("{{{}}}", many.join(",")), "has 16 label names; limit 15"),
        (format!(r#"{{"a":"{}"}}"#, "v".repeat(3000)), "label value too long"),
        (format!(r#"{{"{}":"v"}}"#, "n".repeat(2000)), "label name too long"),
    ] {
        let (rows, refused) = json(&body(&labels, &value)).unwrap();
        assert!(rows.is_empty());
        assert!(refused.contains(reason), "{refused}");
    }
    let (rows, _) = json(&body("{}", &value)).unwrap();
    assert_eq!(rows[0].0, r#"{service_name="unknown_service"}"#);
}

#[test]
fn protobuf_pushes_are_read_as_the_messages_say() {
    let entry = |line: &str, pairs: &[(&str, &str)]| loki::Entry {
        timestamp: Some(loki::Timestamp::from_nanos(NOW.0)),
        line: line.to_owned(),
        structured_metadata: pairs
            .iter()
            .map(|(name, value)| loki::LabelPair { name: (*name).to_owned(), value: (*value).to_owned() })
            .collect(),
    };
    let stream = |labels: &str, entries| loki::Stream { labels: labels.to_owned(), entries, hash: 7 };
    let request = loki::PushRequest {
        streams: vec![
            stream(r#"{job="x"}"#, vec![entry("one", &[("a", "b")]), entry("", &[])]),
            stream("{job=", vec![entry("lost", &[])]),
        ],
    };
    let (rows, refused) =
        push(Format::Protobuf, &loki::encode_push(&request).unwrap(), &Limits::default()).unwrap();
    let labels = r#"{job="x", service_name="x"}"#.to_owned();
    assert_eq!(
        rows,
        [
            (labels.clone(), NOW.0, "one".to_owned(), pairs(&[("a", "b"), UNKNOWN])),
            (labels, NOW.0, String::new(), pairs(&[UNKNOWN])),
        ]
    );
    assert_eq!(refused, "couldn't parse labels: at byte 5: \" or ` expected");
}

#[test]
fn no_bytes_make_the_protobuf_reader_panic() {
    let request = loki::PushRequest {
        streams: vec![loki::Stream { labels: "{a=\"b\"}".into(), ..Default::default() }],
    };
    let bytes = request.encode_to_vec();
    for at in 0..bytes.len() {
        for flip in [0x01, 0x80, 0xff] {
            let mut damaged = bytes.clone();
            damaged[at] ^= flip;
            let streams = Streams::default();
            let limits = Limits::default();
            let text = Bytes::from(damaged);
            for text in [text.slice(..at), text] {
                let body = Unpacked { text, packed: None };
                drop(decode(Format::Protobuf, body, Acceptor::new(&limits, &streams, NOW)));
            }
        }
    }
    assert!(push(Format::Protobuf, b"not snappy", &Limits::default()).unwrap_err().contains("snappy"));
}

#[test]
fn long_lines_can_be_truncated_instead() {
    let limits = Limits { max_line_size: 5, max_line_size_truncate: true, ..Limits::default() };
    let text = body(r#"{"service_name":"s"}"#, &format!(r#"["{AT}","abcdé"]"#));
    let (rows, refused) = push(Format::Json, text.as_bytes(), &limits).unwrap();
    assert_eq!((rows[0].2.as_str(), refused.as_str()), ("abcd", ""));
}

#[test]
fn what_one_push_takes_in_memory_is_bounded() {
    let (limits, streams) = (Limits::default(), Streams::default());
    let mut acceptor = Acceptor::new(&limits, &streams, NOW);
    let stream = acceptor.stream_text(r#"{service_name="s"}"#).unwrap();
    let line = "x".repeat(limits.max_line_size);
    let fitting = MAX_WEIGHT / line.len();
    for _ in 0..fitting + 10 {
        acceptor.entry(stream, NOW, &line, std::iter::empty());
    }
    assert_eq!(acceptor.stream_text(r#"{service_name="too late"}"#), None);
    let accepted = acceptor.finish().unwrap();
    assert!(accepted.batch.len() < fitting, "{} of {fitting}", accepted.batch.len());
    assert!(batch::encode(&accepted.batch, None).len() < MAX_WEIGHT);
    assert!(accepted.refused.by_reason["request_too_large"] >= 10);
    assert!(accepted.refused.text().contains("send several pushes"));
}

/// A push of a few streams: label set, lines with times and metadata.
fn requests() -> impl Strategy<Value = loki::PushRequest> {
    let pair = ("[a-z.]{1,5}", ".{0,30}").prop_map(|(name, value)| loki::LabelPair { name, value });
    let at = prop::sample::select(vec![0, NOW.0, i64::MAX]);
    let entry =
        (at, ".{0,20}", prop::collection::vec(pair, 0..3)).prop_map(|(at, line, structured_metadata)| {
            loki::Entry { timestamp: Some(loki::Timestamp::from_nanos(at)), line, structured_metadata }
        });
    let labels =
        prop::sample::select(vec![r#"{a="1"}"#, r#"{b="2", a="1"}"#, r#"{service_name="s"}"#, "broken"]);
    let stream = (labels, prop::collection::vec(entry, 0..6)).prop_map(|(labels, entries)| loki::Stream {
        labels: labels.to_owned(),
        entries,
        hash: 0,
    });
    prop::collection::vec(stream, 1..5).prop_map(|streams| loki::PushRequest { streams })
}

proptest! {
    #[test]
    fn what_is_logged_is_what_was_accepted_however_it_was_sent(request in requests()) {
        let limits = Limits { reject_old_samples_max_age: None, ..Limits::default() };
        let streams = Streams::default();
        let accept = |body| decode(Format::Protobuf, body, Acceptor::new(&limits, &streams, NOW)).unwrap();
        let block = Bytes::from(loki::encode_push(&request).unwrap());
        let first = accept(decompress(Format::Protobuf, None, block.clone()).unwrap());
        let (rows, refused) = (plain(&first.batch), first.refused.text());
        // Once more, with streams that are known by now; and without the block.
        let again = accept(decompress(Format::Protobuf, None, block).unwrap());
        let unpacked = accept(Unpacked { text: request.encode_to_vec().into(), packed: None });
        for accepted in [first, again, unpacked] {
            prop_assert_eq!(&plain(&accepted.batch), &rows);
            prop_assert_eq!(&accepted.refused.text(), &refused);
            let (payload, batch, _) = accepted.into_parts();
            let logged = batch::decode(&payload.to_vec(), |text| Ok(streams.parse(text).unwrap())).unwrap();
            prop_assert_eq!(&plain(&logged), &rows);
            prop_assert!(logged.memory_bytes() <= batch.memory_bytes());
        }
    }
}
