//! From the body of a push to a validated batch.

mod accept;
mod body;
mod envelope;
mod json;
mod legacy;
mod level;
mod otlp;
mod protobuf;
mod refused;
mod throttle;

use protocols::otlp::ExportLogsServiceRequest;

pub(crate) use accept::{Accepted, Acceptor};
pub(crate) use body::{
    Format, MAX_DECOMPRESSED, PushError, Unpacked, decompress, decompress_otlp, expected_bytes, format,
};
pub(crate) use refused::Refused;
pub(crate) use throttle::{RateLimited, Throttle};

/// Decodes a body and validates its entries. What is valid is accepted even when the rest is not.
pub(crate) fn decode(
    format: Format,
    body: Unpacked,
    mut acceptor: Acceptor<'_>,
) -> Result<Accepted, PushError> {
    let Unpacked { text, packed } = body;
    match format {
        Format::Json => json::decode(&text, acceptor.copying(text.len()))?,
        Format::LegacyJson => legacy::decode(&text, acceptor.copying(text.len()))?,
        Format::Protobuf => protobuf::decode(&text, acceptor.sharing(&text, packed))?,
    }
    acceptor.finish()
}

/// Validates the log records of an OpenTelemetry request.
pub(crate) fn accept_otlp(
    request: &ExportLogsServiceRequest,
    acceptor: Acceptor<'_>,
) -> Result<Accepted, PushError> {
    otlp::accept(request, acceptor)
}
