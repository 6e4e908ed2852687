//! The JSON of pushes before Loki 1.0:
//! `{"streams":[{"labels":"{name=\"value\"}","entries":[{"ts":"<RFC 3339>","line":"line"}]}]}`

use std::borrow::Cow;

use jiff::Timestamp;
use model::TimestampNanos;
use serde::Deserialize as _;
use serde::de::{Deserializer, Error as _};

use super::accept::Acceptor;
use super::body::PushError;
use super::envelope::{self, ReadStream};

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
    let text = std::str::from_utf8(body)
        .map_err(|error| PushError::Malformed(format!("the JSON body cannot be read: {error}")))?;
    envelope::read(text, &mut Streams(acceptor))
}

struct Streams<'s, 'a>(&'s mut Acceptor<'a>);

impl ReadStream for Streams<'_, '_> {
    fn read<'de, D: Deserializer<'de>>(&mut self, stream: D) -> Result<(), D::Error> {
        let stream = Stream::deserialize(stream)?;
        let Some(stream_id) = self.0.stream_text(&stream.labels) else { return Ok(()) };
        for entry in stream.entries.unwrap_or_default() {
            let nanos = i64::try_from(entry.ts.as_nanosecond());
            let nanos =
                nanos.map_err(|_| D::Error::custom(format_args!("the time {} is out of range", entry.ts)))?;
            self.0.entry(stream_id, TimestampNanos(nanos), &entry.line, std::iter::empty());
        }
        Ok(())
    }
}
