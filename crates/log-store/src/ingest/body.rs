//! What kind of body a push has, and undoing its compression within limits.

use std::io::Read as _;

use bytes::Bytes;
use flate2::read::{DeflateDecoder, GzDecoder, MultiGzDecoder};

/// Compressed bodies are limited by the HTTP layer; what they expand to is limited here.
pub(crate) const MAX_DECOMPRESSED: usize = 256 << 20;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Json,
    /// As it was before `/loki/api/v1`.
    LegacyJson,
    /// A raw snappy block around protobuf.
    Protobuf,
}

/// Why a push is refused as a whole, or which entries of it are.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PushError {
    #[error("{0}")]
    Malformed(String),
    #[error("error at least one valid stream is required for ingestion")]
    NoStreams,
    #[error("request body too large: it decompresses to more than {MAX_DECOMPRESSED} bytes")]
    TooLarge,
    #[error("request body too large: its messages take more than {MAX_DECOMPRESSED} bytes in memory")]
    TooMany,
}

/// JSON if the content type says so; anything else is protobuf, as in Loki.
pub(crate) fn format(content_type: Option<&str>) -> Result<Format, PushError> {
    let mime = content_type.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    match mime {
        "" => Err(PushError::Malformed(
            "mime: no media type; send Content-Type: application/json or application/x-protobuf".to_owned(),
        )),
        mime if mime.eq_ignore_ascii_case("application/json") => Ok(Format::Json),
        _ => Ok(Format::Protobuf),
    }
}

/// A body whose compression is undone.
#[derive(Debug)]
pub(crate) struct Unpacked {
    pub text: Bytes,
    /// The snappy block that the text came in.
    pub packed: Option<Bytes>,
}

/// How many bytes a body may need once its compression is undone, for the budget of pushes under way. Exact for snappy;
/// text under gzip rarely shrinks to less than a tenth.
pub(crate) fn expected_bytes(format: Option<Format>, encoding: Option<&str>, body: &[u8]) -> usize {
    match (encoding.unwrap_or_default(), format) {
        ("" | "identity" | "snappy", Some(Format::Protobuf)) => snap::raw::decompress_len(body).unwrap_or(0),
        // Decoded messages take more than their text.
        ("" | "identity" | "snappy", _) => 3 * body.len(),
        _ => 10 * body.len(),
    }
    .min(MAX_DECOMPRESSED)
}

/// Undoes `Content-Encoding`, and for protobuf the snappy block as well.
pub(crate) fn decompress(format: Format, encoding: Option<&str>, body: Bytes) -> Result<Unpacked, PushError> {
    let plain = match encoding.unwrap_or_default() {
        "" | "identity" | "snappy" => body,
        "gzip" => inflate(GzDecoder::new(&body[..]))?.into(),
        "deflate" => inflate(DeflateDecoder::new(&body[..]))?.into(),
        other => return Err(PushError::Malformed(format!("Content-Encoding {other:?} not supported"))),
    };
    match format {
        Format::Json | Format::LegacyJson => Ok(Unpacked { text: plain, packed: None }),
        Format::Protobuf => Ok(Unpacked { text: unsnap(&plain)?.into(), packed: Some(plain) }),
    }
}

/// Larger zstd windows are refused: they cost memory before any output.
const ZSTD_WINDOW_LOG_MAX: u32 = 25;

/// Undoes the `Content-Encoding` of OpenTelemetry's requests.
pub(crate) fn decompress_otlp(encoding: Option<&str>, body: Bytes) -> Result<Bytes, PushError> {
    match encoding.unwrap_or_default() {
        "" | "identity" => Ok(body),
        "gzip" => inflate(MultiGzDecoder::new(&body[..])).map(Bytes::from),
        "lz4" => inflate(lz4_flex::frame::FrameDecoder::new(&body[..])).map(Bytes::from),
        "zstd" => {
            let damaged = |error| PushError::Malformed(format!("the compressed body is damaged: {error}"));
            let mut decoder = zstd::stream::read::Decoder::new(&body[..]).map_err(damaged)?;
            decoder.window_log_max(ZSTD_WINDOW_LOG_MAX).map_err(damaged)?;
            inflate(decoder).map(Bytes::from)
        }
        other => Err(PushError::Malformed(format!(
            "unsupported content encoding {other}: only gzip, lz4 and zstd are supported"
        ))),
    }
}

fn inflate(decoder: impl std::io::Read) -> Result<Vec<u8>, PushError> {
    let mut out = Vec::new();
    let read = decoder.take(MAX_DECOMPRESSED as u64 + 1).read_to_end(&mut out);
    read.map_err(|error| PushError::Malformed(format!("the compressed body is damaged: {error}")))?;
    if out.len() > MAX_DECOMPRESSED { Err(PushError::TooLarge) } else { Ok(out) }
}

fn unsnap(block: &[u8]) -> Result<Vec<u8>, PushError> {
    let malformed =
        |error: snap::Error| PushError::Malformed(format!("the body is not a snappy block: {error}"));
    if snap::raw::decompress_len(block).map_err(malformed)? > MAX_DECOMPRESSED {
        return Err(PushError::TooLarge);
    }
    snap::raw::Decoder::new().decompress_vec(block).map_err(malformed)
}
