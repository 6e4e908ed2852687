//! The JSON of pushes before Loki 1.0:
//! `{"streams":[{"labels":"{name=\"value\"}","entries":[{"ts":"<RFC 3339>","line":"line"}]}]}`

use std::borrow::Cow;

use jiff::Timestamp;
use model::TimestampNanos;

use super::accept::Acceptor;
use super::body::PushError;

#[derive(serde::Deserialize)]
struct Push<'a> {
    #[serde(borrow, default)]
    streams: Option<Vec<Stream<'a>>>,
}

#[derive(serde::Deserialize)]
struct Stream<'a> {
    #[serde(borrow, default)]
    labels: Cow<'a, str>,
    #[serde(borrow, default)]
    entries: Option<Vec<Entry<'a>>>,
}

#[derive(serde::Deserialize)]
struct Entry<'a> {
    ts: Timestamp,
    #[serde(borrow, default)]
    line: Cow<'a, str>,
}

pub(super) fn decode(body: &[u8], acceptor: &mut Acceptor<'_>) -> Result<(), PushError> {
    let malformed =
        |why: &dyn std::fmt::Display| PushError::Malformed(format!("the JSON body cannot be read: {why}"));
    let push: Option<Push<'_>> = serde_json::from_slice(body).map_err(|error| malformed(&error))?;
    for stream in push.and_then(|push| push.streams).unwrap_or_default() {
        let Some(stream_id) = acceptor.stream_text(&stream.labels) else { continue };
        for entry in stream.entries.unwrap_or_default() {
            let nanos = i64::try_from(entry.ts.as_nanosecond());
            let nanos =
                nanos.map_err(|_| malformed(&format_args!("the time {} is out of range", entry.ts)))?;
            acceptor.entry(stream_id, TimestampNanos(nanos), &entry.line, std::iter::empty());
        }
    }
    Ok(())
}
