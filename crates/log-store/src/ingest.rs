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
pub(crate) use body::{Format, MAX_DECOMPRESSED, PushError, decompress, decompress_otlp, format};
pub(crate) use refused::Refused;
pub(crate) use throttle::{RateLimited, Throttle};

/// Decodes a body and validates its entries. What is valid is accepted even when the rest is not.
pub(crate) fn decode(format: Format, body: &[u8], mut acceptor: Acceptor<'_>) -> Result<Accepted, PushError> {
    match format {
        Format::Json => json::decode(body, &mut acceptor)?,
        Format::LegacyJson => legacy::decode(body, &mut acceptor)?,
        Format::Protobuf => protobuf::decode(body, &mut acceptor)?,
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
