//! Reads a request's body within its limit and undoes its compression.

use std::io::Read;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use futures::StreamExt as _;

use super::IngestError;

/// Larger zstd windows are refused: they cost memory before any output.
const ZSTD_WINDOW_LOG_MAX: u32 = 23;

/// Collects a body of at most `limit` bytes.
pub(crate) async fn collect(body: Body, limit: usize) -> Result<Bytes, IngestError> {
    let mut stream = body.into_data_stream();
    let mut buffer = BytesMut::new();
    while let Some(piece) = stream.next().await {
        let piece =
            piece.map_err(|error| IngestError::Invalid(format!("the body cannot be read: {error}")))?;
        if buffer.len() + piece.len() > limit {
            return Err(IngestError::TooLarge { limit });
        }
        buffer.extend_from_slice(&piece);
    }
    Ok(buffer.freeze())
}

/// Undoes `Content-Encoding`.
pub(crate) fn decompress(body: Bytes, encoding: Option<&str>, limit: usize) -> Result<Bytes, IngestError> {
    let reader: Box<dyn Read + '_> = match encoding.map(|name| name.trim().to_ascii_lowercase()).as_deref() {
        None | Some("" | "identity") => return Ok(body),
        Some("gzip") => Box::new(flate2::read::MultiGzDecoder::new(&body[..])),
        Some("zlib" | "deflate") => Box::new(flate2::read::ZlibDecoder::new(&body[..])),
        Some("zstd") => Box::new(zstd_decoder(&body).map_err(bad_compression)?),
        Some(other) => return Err(IngestError::Invalid(format!("unsupported Content-Encoding: {other}"))),
    };
    let mut out = Vec::with_capacity((body.len() * 4).min(limit));
    reader.take(limit as u64 + 1).read_to_end(&mut out).map_err(bad_compression)?;
    if out.len() > limit {
        return Err(IngestError::TooLargeInside { limit });
    }
    Ok(out.into())
}

fn zstd_decoder(body: &[u8]) -> std::io::Result<impl Read + '_> {
    let mut decoder = zstd::stream::read::Decoder::new(body)?;
    decoder.window_log_max(ZSTD_WINDOW_LOG_MAX)?;
    Ok(decoder)
}

#[expect(clippy::needless_pass_by_value, reason = "a function for map_err")]
fn bad_compression(error: std::io::Error) -> IngestError {
    IngestError::Invalid(format!("the body cannot be decompressed: {error}"))
}
