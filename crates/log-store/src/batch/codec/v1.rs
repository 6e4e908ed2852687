//! Payloads of earlier releases, whose rows may still be in a write-ahead log.
//!
//! ```text
//! payload := version u8 (1) · streams varint · (length varint · label text)* · rows varint
//!          · (stream varint · timestamp i64 LE · line length varint · metadata length varint)*rows · (line · metadata)*rows
//! ```

use std::sync::Arc;

use model::TimestampNanos;
use segment::SchemaError;

use super::{broken, decode_streams, number};
use crate::batch::{LogBatch, Stream};

pub(super) const VERSION: u8 = 1;

/// Decodes what follows the version.
pub(super) fn decode(
    mut rest: &[u8],
    mut intern: impl FnMut(&str) -> Result<Arc<Stream>, SchemaError>,
) -> Result<LogBatch, SchemaError> {
    let mut batch = LogBatch { streams: decode_streams(&mut rest, &mut intern)?, ..LogBatch::default() };
    decode_rows(rest, &mut batch).ok_or_else(broken)?;
    batch.shrink();
    Ok(batch)
}

fn decode_rows(mut rest: &[u8], batch: &mut LogBatch) -> Option<()> {
    let mut rows = Vec::new();
    for _ in 0..number(&mut rest)? {
        let stream = number(&mut rest)?;
        let (timestamp, after) = rest.split_first_chunk::<8>()?;
        rest = after;
        let timestamp = TimestampNanos(i64::from_le_bytes(*timestamp));
        rows.push((stream, timestamp, number(&mut rest)? as usize, number(&mut rest)? as usize));
    }
    for (stream, timestamp, line, metadata) in rows {
        let (line, after) = rest.split_at_checked(line)?;
        let (metadata, after) = after.split_at_checked(metadata)?;
        rest = after;
        ((stream as usize) < batch.streams.len() && batch.has_room(line.len() + metadata.len()))
            .then_some(())?;
        batch.push(stream, timestamp, line, metadata);
    }
    rest.is_empty().then_some(())
}

#[cfg(test)]
mod tests {
    use super::super::super::metadata::put_varint;
    use super::super::super::tests::{batch, plain, rows};
    use super::super::tests::intern;
    use proptest::prelude::*;

    /// As earlier releases wrote it.
    fn encode(batch: &super::LogBatch) -> Vec<u8> {
        let mut out = vec![super::VERSION];
        put_varint(batch.streams.len() as u64, &mut out);
        for stream in &batch.streams {
            put_varint(stream.text.len() as u64, &mut out);
            out.extend_from_slice(stream.text.as_bytes());
        }
        put_varint(batch.len() as u64, &mut out);
        let rows: Vec<_> = (0..batch.len()).map(|at| batch.row(at)).collect();
        for row in &rows {
            put_varint(u64::from(row.stream), &mut out);
            out.extend_from_slice(&row.timestamp.0.to_le_bytes());
            put_varint(row.line.len() as u64, &mut out);
            put_varint(row.metadata.as_bytes().len() as u64, &mut out);
        }
        rows.iter().for_each(|row| out.extend([row.line, row.metadata.as_bytes()].concat()));
        out
    }

    proptest! {
        #[test]
        fn payloads_of_earlier_releases_are_read(rows in rows(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
            let mut payload = encode(&batch(&rows));
            prop_assert_eq!(plain(&super::super::decode(&payload, intern).unwrap()), rows);
            let at = at.index(payload.len());
            drop(super::super::decode(&payload[..at], intern));
            payload[at] = byte;
            drop(super::super::decode(&payload, intern));
        }
    }
}
