//! From the bytes of a request to rows and the payload of the write-ahead log.

use std::sync::Arc;

use bytes::Bytes;
use prost::Message as _;
use protocols::otlp::json::parse_export_request;
use protocols::otlp::{ExportTraceServiceRequest, json_weight, protobuf_spans_weight};

use super::budget::MESSAGE_BYTES;
use super::limits::{self, Applied, IngestLimits};
use super::{Encoding, IngestError};
use crate::batch::{SpanBatch, WireLimits, batch_from_wire, batch_of};
use crate::store::Store;

/// Requests of this size and more are decoded outside of the threads that serve connections.
const LARGE_REQUEST_BYTES: usize = 128 << 10;
/// What a plain request may take as a batch.
const BATCH_BYTES: usize = 128 << 20;

/// A decoded and checked request.
#[derive(Debug)]
pub(super) struct Prepared {
    pub payload: Bytes,
    pub batch: SpanBatch,
    pub applied: Applied,
}

/// Decodes and checks a request.
pub(super) async fn prepare(
    store: &Arc<Store>,
    body: Bytes,
    encoding: Encoding,
) -> Result<Prepared, IngestError> {
    let limits = store.ingest_limits;
    let body = if encoding == Encoding::Protobuf {
        let plain = aside(body.len(), move || match plain(&body, &limits) {
            Some(batch) => Ok(Prepared { payload: body, batch, applied: Applied::default() }),
            None => Err(body),
        });
        match plain.await? {
            Ok(prepared) => return Ok(prepared),
            Err(body) => body,
        }
    } else {
        body
    };
    let weight = match encoding {
        Encoding::Protobuf => protobuf_spans_weight(&body),
        Encoding::Json => json_weight(&body),
    };
    if weight > MESSAGE_BYTES {
        return Err(IngestError::TooHeavy { limit: MESSAGE_BYTES });
    }
    let room = store.ingest_budget.messages(weight).await?;
    aside(body.len(), move || {
        let _room = room;
        by_messages(body, encoding, &limits)
    })
    .await?
}

/// Checks what `read` makes of a body in another protocol.
pub(super) async fn translated(
    store: &Arc<Store>,
    body: Bytes,
    room: usize,
    read: impl FnOnce(&[u8]) -> Result<ExportTraceServiceRequest, IngestError> + Send + 'static,
) -> Result<Prepared, IngestError> {
    let limits = store.ingest_limits;
    let room = store.ingest_budget.messages(room).await?;
    aside(body.len(), move || {
        let _room = room;
        checked(read(&body)?, None, &limits)
    })
    .await?
}

/// Runs `work` at once if it is about few bytes.
async fn aside<T: Send + 'static>(
    bytes: usize,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, IngestError> {
    if bytes < LARGE_REQUEST_BYTES {
        return Ok(work());
    }
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| IngestError::Unavailable(error.to_string()))
}

fn plain(body: &[u8], limits: &IngestLimits) -> Option<SpanBatch> {
    let limits = WireLimits {
        attribute_bytes: limits.attribute_bytes,
        attributes: limits.attributes,
        events: limits.events,
        memory_bytes: BATCH_BYTES,
    };
    batch_from_wire(body, &limits).ok()
}

fn by_messages(body: Bytes, encoding: Encoding, limits: &IngestLimits) -> Result<Prepared, IngestError> {
    let request = match encoding {
        Encoding::Protobuf => ExportTraceServiceRequest::decode(&body[..]).map_err(|error| {
            IngestError::Invalid(format!("the body is not an OTLP trace request: {error}"))
        })?,
        Encoding::Json => {
            parse_export_request(&body).map_err(|error| IngestError::Invalid(error.to_string()))?
        }
    };
    // The bytes of an unchanged protobuf request are the payload as they are.
    let own = (encoding == Encoding::Protobuf).then_some(body);
    checked(request, own, limits)
}

/// Applies the limits. `own` are the bytes of the request, if it is to be written as it came when nothing was changed.
fn checked(
    mut request: ExportTraceServiceRequest,
    own: Option<Bytes>,
    limits: &IngestLimits,
) -> Result<Prepared, IngestError> {
    let applied = limits::apply(&mut request, limits)?;
    let payload = match own {
        Some(body) if !applied.changed() => body,
        _ => request.encode_to_vec().into(),
    };
    Ok(Prepared { payload, batch: batch_of(request), applied })
}
