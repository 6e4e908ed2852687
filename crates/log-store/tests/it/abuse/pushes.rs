//! Bad bodies for every endpoint that takes entries.

use std::io::{Read as _, Write as _};

use flate2::{Compress, Compression, FlushCompress};

use super::answer::{Bad, deflate, field, gzip, lz4, snappy};
use crate::store::Store;

const JSON: (&str, &str) = ("/loki/api/v1/push", "application/json");
const LEGACY: (&str, &str) = ("/api/prom/push", "application/json");
const PROTOBUF: (&str, &str) = ("/loki/api/v1/push", "application/x-protobuf");
const OTLP_JSON: (&str, &str) = ("/otlp/v1/logs", "application/json");
const OTLP: (&str, &str) = ("/otlp/v1/logs", "application/x-protobuf");

const UNREADABLE: &str = "the JSON body cannot be read";

async fn refuses(requests: &[Bad]) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).await;
    store.withstands(requests).await;
    store.close().await;
}

fn json(name: &'static str, body: impl Into<Vec<u8>>, reason: &'static str) -> Bad {
    Bad::post(JSON, name, body, 400, reason)
}

fn entry(value: &str) -> String {
    format!(r#"{{"streams":[{{"stream":{{"a":"b"}},"values":[{value}]}}]}}"#)
}

fn stream(labels: &str) -> String {
    format!(r#"{{"streams":[{{"stream":{{{labels}}},"values":[["1","x"]]}}]}}"#)
}

/// `"a0":"x","a1":"x",…`
fn pairs(count: usize) -> String {
    (0..count).map(|n| format!(r#""a{n}":"x""#)).collect::<Vec<_>>().join(",")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn json_that_is_not_a_push() {
    refuses(&[
        json("nothing", "", UNREADABLE),
        json("blanks", " \n", UNREADABLE),
        json("a list", "[]", "it is not an object"),
        json("a string", r#""streams""#, "it is not an object"),
        json("half an object", r#"{"streams":[{"stream":{"a":"#, UNREADABLE),
        json("two objects", "{}{}", UNREADABLE),
        json("a string for the streams", r#"{"streams":"x"}"#, UNREADABLE),
        json("nulls for streams", r#"{"streams":[null]}"#, UNREADABLE),
        json("a list for a stream", r#"{"streams":[[{"a":"b"},[["1","x"]]]]}"#, UNREADABLE),
        json("streams twice", r#"{"streams":[],"streams":[]}"#, "duplicate field"),
        json("labels twice", r#"{"streams":[{"stream":{"a":"b"},"stream":{"c":"d"}}]}"#, "duplicate field"),
        json("a list for the labels", r#"{"streams":[{"stream":["a","b"]}]}"#, UNREADABLE),
        json("no quotes around a time", entry(r#"[1,"x"]"#), UNREADABLE),
        json("not a number", entry(r#"["NaN","x"]"#), "is not a timestamp"),
        json("NaN itself", entry(r#"[NaN,"x"]"#), UNREADABLE),
        json("a float for a time", entry(r#"["1e9","x"]"#), "is not a timestamp"),
        json("a time out of range", entry(r#"["99999999999999999999","x"]"#), "is not a timestamp"),
        json("an empty time", entry(r#"["","x"]"#), "is not a timestamp"),
        json("an entry without parts", entry("[]"), UNREADABLE),
        json("an object for a line", entry(r#"["1",{}]"#), UNREADABLE),
        json("a lone surrogate", entry(r#"["1","\ud800"]"#), UNREADABLE),
        json("a control character", entry("[\"1\",\"\u{1}\"]"), UNREADABLE),
        json("a number in the metadata", entry(r#"["1","x",{"a":1}]"#), UNREADABLE),
        json("a list for the metadata", entry(r#"["1","x",["a","b"]]"#), UNREADABLE),
        json("deep lists", format!(r#"{{"x":{}"#, "[".repeat(1 << 20)), UNREADABLE),
        json("deep objects", r#"{"x":"#.repeat(1 << 18), UNREADABLE),
        json(
            "deep values before the labels",
            format!(r#"{{"streams":[{{"values":{}"#, "[".repeat(1 << 20)),
            UNREADABLE,
        ),
        json(
            "a bad value before the labels",
            r#"{"streams":[{"values":[["x","y"]],"stream":{"a":"b"}}]}"#,
            "is not a timestamp",
        ),
        Bad::post(JSON, "no streams", r#"{"streams":[]}"#, 422, "at least one valid stream"),
        Bad::post(JSON, "null", "null", 422, "at least one valid stream"),
        Bad::post(LEGACY, "no streams in the form of old", "{}", 422, "at least one valid stream"),
        Bad::post(
            LEGACY,
            "invalid UTF-8 in the form of old",
            b"{\"streams\":[{\"labels\":\"\xff\"}]}".to_vec(),
            400,
            UNREADABLE,
        ),
        Bad::post(
            LEGACY,
            "a time in words",
            r#"{"streams":[{"labels":"{a=\"b\"}","entries":[{"ts":"yesterday","line":"x"}]}]}"#,
            400,
            UNREADABLE,
        ),
        Bad::post(
            LEGACY,
            "a time beyond nanoseconds",
            r#"{"streams":[{"labels":"{a=\"b\"}","entries":[{"ts":"2300-01-01T00:00:00Z","line":"x"}]}]}"#,
            400,
            "out of range",
        ),
        Bad::post(
            LEGACY,
            "labels that are no label set",
            r#"{"streams":[{"labels":"{a=b}","entries":[]}]}"#,
            400,
            "couldn't parse labels",
        ),
        Bad::post(LEGACY, "the form of today", entry(r#"["1","x"]"#), 400, "couldn't parse labels"),
    ])
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_than_the_limits() {
    let long = "x".repeat(3 << 20);
    let names = r#"{"streams":[],"#.to_owned() + &pairs(100_000) + "}";
    let brackets = |piece: &str, count: usize| format!(r#"{{"streams":[{}{{}}]}}"#, piece.repeat(count));
    refuses(&[
        json("many labels", stream(&pairs(16)), "has 16 label names; limit 15"),
        json("very many labels", stream(&pairs(100_000)), "more than 65536 pairs"),
        json("a long label name", stream(&format!(r#""{long}":"x""#)), "label name too long"),
        json("a long label value", stream(&format!(r#""a":"{long}""#)), "label value too long"),
        json("a label name with blanks", stream(r#""a b":"c""#), "couldn't parse labels"),
        json("a label without a name", stream(r#""":"c""#), "couldn't parse labels"),
        json("a label twice", stream(r#""a":"b","a":"c""#), "occurs twice"),
        json("a long line", entry(&format!(r#"["1","{long}"]"#)), "max entry size '262144' bytes exceeded"),
        json(
            "large metadata",
            entry(&format!(r#"["1","x",{{"a":"{long}"}}]"#)),
            "structured metadata too large",
        ),
        json(
            "much metadata",
            entry(&format!(r#"["1","x",{{{}}}]"#, pairs(129))),
            "too many structured metadata",
        ),
        json(
            "very much metadata",
            entry(&format!(r#"["1","x",{{{}}}]"#, pairs(100_000))),
            "more than 65536 pairs",
        ),
        json("a time in the far future", entry(r#"["9223372036854775807","x"]"#), "timestamp too new"),
        // Three bytes a stream, and no memory for any of them.
        json(
            "a million streams without labels",
            brackets("{},", 1 << 20),
            "may take 267386880 bytes in memory",
        ),
        Bad::post(JSON, "many unknown keys", names, 422, "at least one valid stream"),
        Bad::post(
            LEGACY,
            "a million streams in the form of old",
            brackets("{},", 1 << 20),
            400,
            "couldn't parse labels",
        ),
    ])
    .await;
}

fn push(stream: &[u8]) -> Vec<u8> {
    snappy(&field(1, stream))
}

/// A stream `{a="b"}` with this entry.
fn push_entry(entry: &[u8]) -> Vec<u8> {
    push(&[field(1, br#"{a="b"}"#), field(2, entry)].concat())
}

fn protobuf(name: &'static str, body: Vec<u8>, reason: &'static str) -> Bad {
    Bad::post(PROTOBUF, name, body, 400, reason)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn protobuf_that_is_not_a_push() {
    let unreadable = "the protobuf body cannot be read";
    let time = |seconds: u64, nanos: u64| {
        let mut time = vec![0x08];
        prost::encoding::encode_varint(seconds, &mut time);
        time.push(0x10);
        prost::encoding::encode_varint(nanos, &mut time);
        field(1, &time)
    };
    let claimed = |length: u64| {
        let mut block = Vec::new();
        prost::encoding::encode_varint(length, &mut block);
        block.extend_from_slice(b"\x04abcd");
        block
    };
    let mut framed = Vec::new();
    snap::write::FrameEncoder::new(&mut framed).write_all(b"hello").unwrap();
    refuses(&[
        protobuf("nothing", vec![], "not a snappy block"),
        protobuf("text", b"hello".to_vec(), "not a snappy block"),
        protobuf("snappy in frames", framed, "not a snappy block"),
        protobuf("half a block", snappy(&[7; 1000])[..20].to_vec(), "not a snappy block"),
        protobuf("a block that claims more than it has", claimed(200 << 20), "not a snappy block"),
        protobuf("a block that claims too much for snappy", claimed(1 << 40), "not a snappy block"),
        Bad::post(PROTOBUF, "a block that claims too much", claimed(1 << 30), 413, "request body too large"),
        protobuf("an unknown wire type", snappy(&[0x0f]), unreadable),
        protobuf("the start of a group", snappy(&[0x0b, 0x0c]), unreadable),
        protobuf("a field that ends too early", snappy(&[0x0a, 5, 1]), unreadable),
        protobuf(
            "a length below zero",
            snappy(&[0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1]),
            unreadable,
        ),
        protobuf("a number of eleven bytes", snappy(&[0xff; 11]), unreadable),
        protobuf("labels in another encoding", push(&field(1, b"{a=\"\xff\"}")), "not UTF-8"),
        protobuf("a line in another encoding", push_entry(&field(2, b"\xff\xfe")), "not UTF-8"),
        protobuf("metadata in another encoding", push_entry(&field(3, &field(2, b"\xc0"))), "not UTF-8"),
        protobuf("a time out of range", push_entry(&time(i64::MAX as u64, 0)), "out of range"),
        protobuf("a time below the range", push_entry(&time(i64::MIN as u64, 0)), "out of range"),
        protobuf("a time in the future", push_entry(&time(4_102_444_800, 0)), "timestamp too new"),
        protobuf("no labels", push(&[]), "couldn't parse labels"),
        protobuf("labels without an end", push(&field(1, b"{a=\"b\"")), "couldn't parse labels"),
        protobuf("deep brackets as labels", push(&field(1, &[b'{'; 1 << 20])), "couldn't parse labels"),
        Bad::post(PROTOBUF, "no streams", snappy(&[]), 422, "at least one valid stream"),
    ])
    .await;
}

/// Nested values: `depth` of them, each the only element of the next.
fn nested_value(depth: usize) -> Vec<u8> {
    (0..depth).fold(field(1, b"x"), |inner, _| field(5, &field(1, &inner)))
}

/// A request with these records.
fn request(records: &[u8]) -> Vec<u8> {
    field(1, &field(2, records))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn otlp_that_is_not_an_export() {
    let bad = |name, body: Vec<u8>| Bad::post(OTLP, name, body, 400, "the protobuf body cannot be read");
    let bad_json = |name, body: String| Bad::post(OTLP_JSON, name, body, 400, "invalid OTLP JSON");
    let record =
        |record: &str| format!(r#"{{"resourceLogs":[{{"scopeLogs":[{{"logRecords":[{record}]}}]}}]}}"#);
    refuses(&[
        bad("text", b"hello".to_vec()),
        bad("a length below zero", vec![0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1]),
        bad("deep values", request(&field(2, &field(5, &nested_value(500))))),
        bad("a body in another encoding", request(&field(2, &field(5, &field(1, b"\xff"))))),
        Bad::post(
            OTLP,
            "a million records of nothing",
            request(&[0x12, 0].repeat(3 << 20)),
            413,
            "take more than",
        ),
        Bad::post(
            OTLP,
            "a million attributes of nothing",
            request(&field(2, &[0x32, 0].repeat(5 << 20))),
            413,
            "take more than",
        ),
        bad_json("nothing", String::new()),
        bad_json("a list", "[]".into()),
        bad_json("half an object", r#"{"resourceLogs":["#.into()),
        bad_json(
            "deep values",
            record(&format!(r#"{{"body":{}"#, r#"{"arrayValue":{"values":["#.repeat(10_000))),
        ),
        bad_json("an id that is not hexadecimal", record(r#"{"traceId":"zz"}"#)),
        bad_json("a time that is not a number", record(r#"{"timeUnixNano":"NaN"}"#)),
        bad_json("a time below zero", record(r#"{"timeUnixNano":-1}"#)),
        bad_json("bytes that are not base64", record(r#"{"body":{"bytesValue":"%%%"}}"#)),
        Bad::post(
            OTLP_JSON,
            "a million records of nothing in JSON",
            record(&("{},".repeat(2 << 20) + "{}")),
            413,
            "take more than",
        ),
        Bad::post(OTLP_JSON, "no records", "{}", 422, "at least one valid stream"),
        Bad::post(
            OTLP_JSON,
            "a line too long",
            record(&format!(r#"{{"body":{{"stringValue":"{}"}}}}"#, "x".repeat(300_000))),
            400,
            "max entry size",
        ),
    ])
    .await;
}

/// A DEFLATE stream of so many mebibytes of zeros, without an end.
fn deflated_zeros(mebibytes: usize) -> Vec<u8> {
    let mut block = Vec::with_capacity(8 << 10);
    let mut compress = Compress::new(Compression::fast(), false);
    compress.compress_vec(&vec![0; 1 << 20], &mut block, FlushCompress::Full).unwrap();
    block.repeat(mebibytes)
}

fn gzipped_zeros(mebibytes: usize) -> Vec<u8> {
    [&[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff][..], &deflated_zeros(mebibytes)].concat()
}

fn zstd_zeros(mebibytes: usize) -> Vec<u8> {
    zstd::encode_all(std::io::repeat(0).take(mebibytes as u64 * (1 << 20)), 1).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bodies_that_are_damaged_or_expand_without_end() {
    let good = entry(r#"["1","x"]"#);
    let good = good.as_bytes();
    let half = |body: Vec<u8>| body[..body.len() / 2].to_vec();
    let damaged = |endpoint: (&'static str, &str), name, encoding, body: Vec<u8>| {
        Bad::post(endpoint, name, body, 400, "damaged").header("content-encoding", encoding)
    };
    let bomb = |endpoint: (&'static str, &str), name, encoding, body: Vec<u8>| {
        Bad::post(endpoint, name, body, 413, "request body too large").header("content-encoding", encoding)
    };
    let mut flipped = gzip(good);
    let last = flipped.len() - 6; // in the checksum
    flipped[last] ^= 1;
    refuses(&[
        damaged(JSON, "half of gzip", "gzip", half(gzip(good))),
        damaged(JSON, "gzip without its checksum", "gzip", gzip(good)[..gzip(good).len() - 8].to_vec()),
        damaged(JSON, "gzip with another checksum", "gzip", flipped),
        damaged(JSON, "nothing as gzip", "gzip", vec![]),
        damaged(JSON, "plain text as gzip", "gzip", good.to_vec()),
        damaged(JSON, "half of deflate", "deflate", half(deflate(good))),
        damaged(PROTOBUF, "half of gzip around protobuf", "gzip", half(gzip(&snappy(b"")))),
        damaged(OTLP, "half of gzip for OTLP", "gzip", half(gzip(b"hello hello"))),
        damaged(OTLP, "half of zstd", "zstd", half(zstd::encode_all(&[7; 1000][..], 1).unwrap())),
        damaged(OTLP, "half of lz4", "lz4", half(lz4(&[7; 1000]))),
        damaged(
            OTLP,
            "zstd with a huge window",
            "zstd",
            vec![0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xa8, 0x01, 0, 0],
        ),
        bomb(JSON, "a bomb in gzip", "gzip", gzipped_zeros(257)),
        bomb(JSON, "a bomb in deflate", "deflate", deflated_zeros(257)),
        bomb(PROTOBUF, "a bomb around protobuf", "gzip", gzipped_zeros(257)),
        bomb(OTLP, "a bomb in gzip for OTLP", "gzip", gzipped_zeros(257)),
        bomb(OTLP, "a bomb in zstd", "zstd", zstd_zeros(257)),
        bomb(OTLP, "a bomb in lz4", "lz4", lz4(&vec![0; 257 << 20])),
    ])
    .await;
}
