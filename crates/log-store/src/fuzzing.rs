//! What fuzz targets and the tests that stand in for them do with arbitrary bytes. A panic is a bug.

use bytes::Bytes;
use model::TimestampNanos;
use prost::Message as _;
use protocols::otlp::ExportLogsServiceRequest;
use protocols::otlp::json::parse_logs_request;
use segment::SchemaError;

use crate::batch::{self, LogBatch};
use crate::ingest::{self, Acceptor, Format, Unpacked};
use crate::limits::Limits;
use crate::streams::Streams;

const NOW: TimestampNanos = TimestampNanos(1_800_000_000_000_000_000);

/// Entries of any time, few of them: what is refused for its amount is tested elsewhere.
fn limits() -> Limits {
    Limits { reject_old_samples_max_age: None, ..Limits::default() }
}

/// What was accepted comes back from its record, row by row, and its texts are texts.
fn comes_back(accepted: &LogBatch) {
    let streams = Streams::default();
    let record = batch::encode(accepted, None).to_vec();
    let decoded = batch::decode(&record, |text| {
        streams.parse(text).map_err(|error| SchemaError(format!("labels {text}: {error}")))
    });
    let Ok(decoded) = decoded else { unreachable!("a record that was written: {decoded:?}") };
    assert_eq!(decoded.len(), accepted.len());
    for at in 0..accepted.len() {
        let (row, again) = (accepted.row(at), decoded.row(at));
        let stream = &accepted.streams[row.stream as usize];
        assert_eq!(stream.text, decoded.streams[again.stream as usize].text);
        assert_eq!((row.timestamp, row.line), (again.timestamp, again.line));
        assert!(row.metadata.iter().eq(again.metadata.iter()));
        assert!(std::str::from_utf8(row.line).is_ok());
        assert!(row.metadata.iter().all(|(name, value)| model::is_label_name(name) && !value.is_empty()));
    }
}

fn push(format: Format, data: &[u8]) {
    let (limits, streams) = (limits(), Streams::default());
    let body = Unpacked { text: Bytes::copy_from_slice(data), packed: None };
    if let Ok(accepted) = ingest::decode(format, body, Acceptor::new(&limits, &streams, NOW)) {
        comes_back(&accepted.batch);
        assert!(accepted.refused.text().len() < 200_000);
    }
}

/// The body of a push in JSON.
pub fn push_json(data: &[u8]) {
    push(Format::Json, data);
}

/// The body of a push in the JSON of old.
pub fn push_legacy_json(data: &[u8]) {
    push(Format::LegacyJson, data);
}

/// The body of a push in protobuf, after decompression.
pub fn push_protobuf(data: &[u8]) {
    push(Format::Protobuf, data);
}

/// A request of log records, in protobuf and in JSON.
pub fn otlp(data: &[u8]) {
    let (limits, streams) = (limits(), Streams::default());
    let requests = [ExportLogsServiceRequest::decode(data).ok(), parse_logs_request(data).ok()];
    for request in requests.into_iter().flatten() {
        if let Ok(accepted) = ingest::accept_otlp(&request, Acceptor::new(&limits, &streams, NOW)) {
            comes_back(&accepted.batch);
        }
    }
}

/// The payload of a record in the write-ahead log.
pub fn record(data: &[u8]) {
    let streams = Streams::default();
    let decoded =
        batch::decode(data, |text| streams.parse(text).map_err(|error| SchemaError(error.to_string())));
    if let Ok(batch) = decoded {
        assert!(batch.len() <= data.len());
        for row in (0..batch.len()).map(|at| batch.row(at)) {
            // Snappy makes less than 32 bytes of one.
            assert!(row.line.len() <= 32 * data.len() && row.metadata.iter().count() <= data.len());
        }
    }
}

/// A compressed body: the first byte chooses the encoding.
pub fn body(data: &[u8]) {
    let Some((&first, rest)) = data.split_first() else { return };
    let rest = Bytes::copy_from_slice(rest);
    let encoding = ["", "gzip", "deflate", "snappy"][usize::from(first) % 4];
    for format in [Format::Json, Format::Protobuf] {
        drop(ingest::decompress(format, Some(encoding), rest.clone()));
    }
    let encoding = ["", "gzip", "lz4", "zstd"][usize::from(first) % 4];
    drop(ingest::decompress_otlp(Some(encoding), rest));
}

/// The parameters of a query.
pub fn parameters(data: &[u8]) {
    let pairs =
        url::form_urlencoded::parse(data).map(|(name, value)| (name.into_owned(), value.into_owned()));
    let params = crate::query::Params(pairs.collect());
    if let Ok(asked) = params.range_query(NOW, &limits()) {
        assert!(asked.range.start <= asked.range.end && asked.limit > 0 && asked.step > 0);
    }
    drop((params.instant(NOW, &limits()), params.direction()));
}
