//! A batch as a write-ahead log payload.
//!
//! ```text
//! payload := version u8 (1) · streams varint · (length varint · label text)* · rows varint
//!          · (stream varint · timestamp i64 LE · line length varint · metadata length varint)*rows · arena
//! ```

use std::sync::Arc;

use model::TimestampNanos;
use segment::SchemaError;

use super::metadata::{put_varint, varint};
use super::{LogBatch, Stream};

const VERSION: u8 = 1;

pub(crate) fn encode(batch: &LogBatch) -> Vec<u8> {
    let labels: usize = batch.streams.iter().map(|stream| stream.text.len() + 5).sum();
    let mut out = Vec::with_capacity(batch.arena.len() + labels + batch.len() * 16 + 16);
    out.push(VERSION);
    put_varint(batch.streams.len() as u64, &mut out);
    for stream in &batch.streams {
        put_varint(stream.text.len() as u64, &mut out);
        out.extend_from_slice(stream.text.as_bytes());
    }
    put_varint(batch.len() as u64, &mut out);
    let mut start = 0;
    for at in 0..batch.len() {
        let (line_end, row_end) = (batch.line_end[at], batch.row_end[at]);
        put_varint(u64::from(batch.stream[at]), &mut out);
        out.extend_from_slice(&batch.timestamp[at].to_le_bytes());
        put_varint(u64::from(line_end - start), &mut out);
        put_varint(u64::from(row_end - line_end), &mut out);
        start = row_end;
    }
    out.extend_from_slice(&batch.arena);
    out
}

/// Decodes a payload; `intern` turns label text into a shared stream.
pub(crate) fn decode(
    payload: &[u8],
    mut intern: impl FnMut(&str) -> Result<Arc<Stream>, SchemaError>,
) -> Result<LogBatch, SchemaError> {
    let broken = || SchemaError("a log record is malformed".to_owned());
    let (&version, mut rest) = payload.split_first().ok_or_else(broken)?;
    if version != VERSION {
        return Err(SchemaError(format!("log record version {version} is unknown")));
    }
    let mut batch = LogBatch::default();
    for _ in 0..varint(&mut rest).ok_or_else(broken)? {
        let length = varint(&mut rest).ok_or_else(broken)? as usize;
        let (text, after) = rest.split_at_checked(length).ok_or_else(broken)?;
        rest = after;
        batch.streams.push(intern(std::str::from_utf8(text).map_err(|_| broken())?)?);
    }
    let rows = varint(&mut rest).ok_or_else(broken)? as usize;
    let mut end = 0u32;
    for _ in 0..rows {
        let stream = varint(&mut rest).ok_or_else(broken)?;
        if stream >= batch.streams.len() as u64 {
            return Err(broken());
        }
        let (timestamp, after) = rest.split_first_chunk::<8>().ok_or_else(broken)?;
        rest = after;
        batch.stream.push(stream as u32);
        let timestamp = TimestampNanos(i64::from_le_bytes(*timestamp));
        batch.note_time(timestamp.0);
        batch.timestamp.push(timestamp.0);
        for ends in [&mut batch.line_end, &mut batch.row_end] {
            let length =
                varint(&mut rest).and_then(|length| u32::try_from(length).ok()).ok_or_else(broken)?;
            end = end.checked_add(length).ok_or_else(broken)?;
            ends.push(end);
        }
    }
    if rest.len() != end as usize {
        return Err(broken());
    }
    batch.arena = rest.to_vec();
    batch.shrink();
    Ok(batch)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{batch, plain, rows};
    use super::*;
    use proptest::prelude::*;

    fn intern(text: &str) -> Result<Arc<Stream>, SchemaError> {
        Ok(Stream::new(model::parse_label_set(text).map_err(|error| SchemaError(error.to_string()))?))
    }

    proptest! {
        #[test]
        fn batches_come_back(rows in rows()) {
            let decoded = decode(&encode(&batch(&rows)), intern).unwrap();
            prop_assert_eq!(plain(&decoded), rows);
        }

        #[test]
        fn damaged_payloads_are_errors_or_other_batches_but_no_panics(rows in rows(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
            let mut payload = encode(&batch(&rows));
            let at = at.index(payload.len());
            drop(decode(&payload[..at], intern));
            payload[at] = byte;
            if let Ok(decoded) = decode(&payload, intern) {
                assert!((0..decoded.len()).all(|at| decoded.row(at).metadata.iter().count() < 100));
            }
        }
    }
}
