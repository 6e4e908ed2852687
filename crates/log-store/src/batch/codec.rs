//! A batch as a write-ahead log payload.
//!
//! ```text
//! payload  := version u8 (2) · streams · rows · metadata · encoding u8 (0 as it is, 1 a snappy block) · text
//! streams  := count varint · (length varint · label text)*
//! rows     := count varint · (stream varint · rows varint)* until these come to the count
//!           · (timestamp i64 LE · gap varint · line length varint · metadata varint)*
//! metadata := count varint · (length varint)* · bytes
//! ```
//!
//! Lines lie in the text; `gap` counts from the end of the line before (modulo 2³²). A push that came as a snappy block is logged as it
//! came, so that neither its bytes are compressed again nor all the bytes that it expands to are written.
//! [Version 1](v1) is still read.

use std::sync::Arc;

use bytes::Bytes;
use model::TimestampNanos;
use segment::{Payload, SchemaError};

use super::metadata::{MetadataTable, put_varint, varint};
use super::text::Text;
use super::{LogBatch, Stream};

mod v1;

const VERSION: u8 = 2;
const PLAIN: u8 = 0;
const SNAPPY: u8 = 1;
/// Blocks that claim to expand to more are damaged: three bytes of a block stand for 64 at most.
const MAX_EXPANSION: usize = 32;

/// Encodes a batch. `packed` is its text as a snappy block, if it came as one.
pub(crate) fn encode(batch: &LogBatch, packed: Option<Bytes>) -> Payload {
    let labels: usize = batch.streams.iter().map(|stream| stream.text.len() + 5).sum();
    let table = batch.table.bytes().len() + batch.table.len() * 2;
    let mut head = Vec::with_capacity(labels + batch.len() * 16 + table + 32);
    head.push(VERSION);
    put_varint(batch.streams.len() as u64, &mut head);
    for stream in &batch.streams {
        put_varint(stream.text.len() as u64, &mut head);
        head.extend_from_slice(stream.text.as_bytes());
    }
    encode_rows(batch, &mut head);
    put_varint(batch.table.len() as u64, &mut head);
    let mut start = 0;
    for end in batch.table.ends() {
        put_varint(u64::from(end - start), &mut head);
        start = *end;
    }
    head.extend_from_slice(batch.table.bytes());
    let (encoding, text) = packed.map_or_else(|| (PLAIN, batch.text.share()), |packed| (SNAPPY, packed));
    head.push(encoding);
    Payload::new(head, text)
}

fn encode_rows(batch: &LogBatch, out: &mut Vec<u8>) {
    put_varint(batch.len() as u64, out);
    for run in batch.stream.chunk_by(|a, b| a == b) {
        put_varint(u64::from(run[0]), out);
        put_varint(run.len() as u64, out);
    }
    let mut end = 0u32;
    let rows = batch.timestamp.iter().zip(&batch.line_start).zip(&batch.line_end).zip(&batch.metadata);
    for (((timestamp, line_start), line_end), metadata) in rows {
        out.extend_from_slice(&timestamp.to_le_bytes());
        put_varint(u64::from(line_start.wrapping_sub(end)), out);
        put_varint(u64::from(line_end - line_start), out);
        put_varint(u64::from(*metadata), out);
        end = *line_end;
    }
}

/// Decodes a payload; `intern` turns label text into a shared stream.
pub(crate) fn decode(
    payload: &[u8],
    mut intern: impl FnMut(&str) -> Result<Arc<Stream>, SchemaError>,
) -> Result<LogBatch, SchemaError> {
    match payload.split_first() {
        Some((&v1::VERSION, rest)) => v1::decode(rest, intern),
        Some((&VERSION, mut rest)) => {
            let mut batch =
                LogBatch { streams: decode_streams(&mut rest, &mut intern)?, ..LogBatch::default() };
            decode_rest(rest, &mut batch).ok_or_else(broken)?;
            batch.shrink();
            Ok(batch)
        }
        Some((version, _)) => Err(SchemaError(format!("log record version {version} is unknown"))),
        None => Err(broken()),
    }
}

fn broken() -> SchemaError {
    SchemaError("a log record is malformed".to_owned())
}

fn decode_streams(
    rest: &mut &[u8],
    intern: &mut impl FnMut(&str) -> Result<Arc<Stream>, SchemaError>,
) -> Result<Vec<Arc<Stream>>, SchemaError> {
    let mut streams = Vec::new();
    for _ in 0..varint(rest).ok_or_else(broken)? {
        let text = piece(rest).and_then(|text| std::str::from_utf8(text).ok()).ok_or_else(broken)?;
        streams.push(intern(text)?);
    }
    Ok(streams)
}

fn decode_rest(mut rest: &[u8], batch: &mut LogBatch) -> Option<()> {
    let rows = decode_stream_runs(&mut rest, batch)?;
    let mut end = 0u32;
    for _ in 0..rows {
        let (timestamp, after) = rest.split_first_chunk::<8>()?;
        rest = after;
        let timestamp = TimestampNanos(i64::from_le_bytes(*timestamp));
        let start = end.wrapping_add(number(&mut rest)?);
        let length = number(&mut rest)?;
        end = start.checked_add(length)?;
        batch.note_time(timestamp.0);
        batch.timestamp.push(timestamp.0);
        batch.line_start.push(start);
        batch.line_end.push(end);
        batch.line_bytes += length as usize;
        batch.metadata.push(number(&mut rest)?);
    }
    batch.table = decode_table(&mut rest)?;
    let (&encoding, text) = rest.split_first()?;
    batch.text = decode_text(encoding, text)?;
    let fits = batch.line_end.iter().all(|end| *end as usize <= batch.text.len())
        && batch.metadata.iter().all(|id| (*id as usize) < batch.table.len());
    fits.then_some(())
}

/// Reads which rows are of which stream; returns the number of rows.
fn decode_stream_runs(rest: &mut &[u8], batch: &mut LogBatch) -> Option<usize> {
    let rows = number(rest)? as usize;
    if rows > rest.len() {
        return None; // each row takes some bytes
    }
    while batch.stream.len() < rows {
        let (stream, run) = (number(rest)?, number(rest)? as usize);
        let fits = (stream as usize) < batch.streams.len() && (1..=rows - batch.stream.len()).contains(&run);
        fits.then_some(())?;
        batch.stream.resize(batch.stream.len() + run, stream);
    }
    Some(rows)
}

fn decode_table(rest: &mut &[u8]) -> Option<MetadataTable> {
    let (mut ends, mut end) = (Vec::new(), 0u32);
    for _ in 0..number(rest)? {
        end = end.checked_add(number(rest)?)?;
        ends.push(end);
    }
    let (bytes, after) = rest.split_at_checked(end as usize)?;
    *rest = after;
    MetadataTable::from_parts(bytes.to_vec(), ends)
}

fn decode_text(encoding: u8, text: &[u8]) -> Option<Text> {
    let plain = match encoding {
        PLAIN => text.to_vec(),
        SNAPPY if snap::raw::decompress_len(text).ok()? <= MAX_EXPANSION * text.len() => {
            snap::raw::Decoder::new().decompress_vec(text).ok()?
        }
        _ => return None,
    };
    Some(Text::fixed(plain.into()))
}

fn number(rest: &mut &[u8]) -> Option<u32> {
    varint(rest).and_then(|value| u32::try_from(value).ok())
}

fn piece<'p>(rest: &mut &'p [u8]) -> Option<&'p [u8]> {
    let length = usize::try_from(varint(rest)?).ok()?;
    let (piece, after) = rest.split_at_checked(length)?;
    *rest = after;
    Some(piece)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{batch, over_text, plain, rows};
    use super::*;
    use proptest::prelude::*;

    pub(super) fn intern(text: &str) -> Result<Arc<Stream>, SchemaError> {
        Ok(Stream::new(model::parse_label_set(text).map_err(|error| SchemaError(error.to_string()))?))
    }

    fn packed(batch: &LogBatch) -> Bytes {
        snap::raw::Encoder::new().compress_vec(batch.text.as_bytes()).unwrap().into()
    }

    proptest! {
        #[test]
        fn batches_come_back(rows in rows()) {
            for batch in [batch(&rows), over_text(&rows)] {
                for packed in [None, Some(packed(&batch))] {
                    let decoded = decode(&encode(&batch, packed).to_vec(), intern).unwrap();
                    prop_assert_eq!(&plain(&decoded), &rows);
                    prop_assert_eq!(decoded.first_and_last(), batch.first_and_last());
                }
            }
        }

        #[test]
        fn damaged_payloads_are_errors_or_other_batches_but_no_panics(rows in rows(), pack in any::<bool>(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
            let batch = over_text(&rows);
            let mut payload = encode(&batch, pack.then(|| packed(&batch))).to_vec();
            let at = at.index(payload.len());
            drop(decode(&payload[..at], intern));
            payload[at] = byte;
            if let Ok(decoded) = decode(&payload, intern) {
                assert!((0..decoded.len()).all(|at| decoded.row(at).metadata.iter().count() < 100));
            }
        }
    }
}
