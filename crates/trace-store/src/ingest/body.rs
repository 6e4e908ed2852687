//! Reads a request's body within its limit and undoes its compression.

use std::io::Read;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use futures::StreamExt as _;

use super::IngestError;
use super::budget::Reservation;
use crate::store::Store;

/// Larger zstd windows are refused: they cost memory before any output.
const ZSTD_WINDOW_LOG_MAX: u32 = 23;
/// A body that takes longer than this to arrive is given up, so that slow clients hold no room.
pub(super) const ARRIVAL: Duration = Duration::from_secs(30);
/// What a body is expected to expand to; those that are larger are begun again with room for the limit.
const EXPANSION: usize = 16;
/// Smaller bodies are expanded on the threads that serve connections.
const LARGE_BYTES: usize = 64 << 10;

/// A body with the room it takes.
#[derive(Debug)]
pub(crate) struct Held {
    pub bytes: Bytes,
    pub room: Reservation,
}

/// Collects a body of at most `limit` bytes; `length` is what its client said.
pub(crate) async fn collect(
    store: &Store,
    body: Body,
    length: Option<usize>,
    limit: usize,
) -> Result<Held, IngestError> {
    if length.is_some_and(|length| length > limit) {
        return Err(IngestError::TooLarge { limit });
    }
    let room = store.ingest_budget.body(length.unwrap_or(limit)).await?;
    let bytes = tokio::time::timeout(ARRIVAL, read(body, length, limit)).await;
    let bytes = bytes.map_err(|_| IngestError::Invalid("the body did not arrive in time".to_owned()))??;
    Ok(Held { bytes, room })
}

async fn read(body: Body, length: Option<usize>, limit: usize) -> Result<Bytes, IngestError> {
    let mut stream = body.into_data_stream();
    let mut buffer = BytesMut::with_capacity(length.unwrap_or_default());
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

/// How a body was compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Compression {
    Gzip,
    Zlib,
    Zstd,
}

impl Compression {
    /// By its name in the header `header`; `None` is no compression.
    pub(crate) fn from_name(header: &str, name: &str) -> Result<Option<Self>, IngestError> {
        match name.trim().to_ascii_lowercase().as_str() {
            "" | "identity" => Ok(None),
            "gzip" | "x-gzip" => Ok(Some(Self::Gzip)),
            "zlib" | "deflate" => Ok(Some(Self::Zlib)),
            "zstd" => Ok(Some(Self::Zstd)),
            other => Err(IngestError::Invalid(format!(
                "unsupported {header}: {other}; gzip, zstd and deflate are supported"
            ))),
        }
    }
}

/// Undoes compression; the result has at most `limit` bytes.
pub(crate) async fn expand(
    store: &Arc<Store>,
    held: Held,
    compression: Option<Compression>,
    limit: usize,
) -> Result<Held, IngestError> {
    let Some(compression) = compression else { return Ok(held) };
    let Held { bytes, room } = held;
    // Waiting for room while holding some could last forever.
    drop(room);
    let mut expected = bytes.len().saturating_mul(EXPANSION).min(limit);
    loop {
        let room = store.ingest_budget.body(bytes.len() + expected).await?;
        let expanded = if bytes.len() < LARGE_BYTES {
            decompress(&bytes, compression, expected)
        } else {
            let bytes = bytes.clone();
            let work = tokio::task::spawn_blocking(move || decompress(&bytes, compression, expected));
            work.await.map_err(|error| IngestError::Unavailable(error.to_string()))?
        };
        match expanded? {
            Some(bytes) => return Ok(Held { bytes, room }),
            None if expected == limit => return Err(IngestError::TooLargeInside { limit }),
            None => expected = limit,
        }
    }
}

/// `None` if there is more than `limit`.
fn decompress(body: &[u8], compression: Compression, limit: usize) -> Result<Option<Bytes>, IngestError> {
    let reader: Box<dyn Read + '_> = match compression {
        Compression::Gzip => Box::new(flate2::read::MultiGzDecoder::new(body)),
        Compression::Zlib => Box::new(flate2::read::ZlibDecoder::new(body)),
        Compression::Zstd => Box::new(zstd_decoder(body).map_err(bad_compression)?),
    };
    let mut out = Vec::with_capacity((body.len() * 4).min(limit));
    reader.take(limit as u64 + 1).read_to_end(&mut out).map_err(bad_compression)?;
    Ok((out.len() <= limit).then(|| out.into()))
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
