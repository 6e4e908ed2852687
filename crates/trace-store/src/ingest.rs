//! Spans in: decode, check limits, write; acknowledged when the write-ahead log has them.

pub(crate) mod body;
pub(crate) mod grpc;
pub(crate) mod http;
pub(crate) mod limits;

use std::sync::Arc;

use bytes::Bytes;
use model::TimestampNanos;
use prost::Message as _;
use protocols::otlp::json::parse_export_request;
use protocols::otlp::{ExportTracePartialSuccess, ExportTraceServiceRequest, ExportTraceServiceResponse};
use segment::AppendError;

use crate::batch::batch_of;
use crate::metrics::Discard;
use crate::schema::decode_request;
use crate::store::Store;

/// Requests of this size and more are decoded outside of the threads that serve connections.
const LARGE_REQUEST_BYTES: usize = 128 << 10;

/// Why a request was refused as a whole.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum IngestError {
    /// The client must not repeat it.
    #[error("{0}")]
    Invalid(String),
    #[error("the request has more than {limit} bytes; send smaller batches")]
    TooLarge { limit: usize },
    #[error("the request has more than {limit} bytes after decompression; send smaller batches")]
    TooLargeInside { limit: usize },
    /// The client may try again.
    #[error("{0}; try again later")]
    Unavailable(String),
}

impl From<AppendError> for IngestError {
    fn from(error: AppendError) -> Self {
        Self::Unavailable(error.to_string())
    }
}

/// The encoding of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    Protobuf,
    Json,
}

/// A decoded and checked request.
struct Prepared {
    payload: Bytes,
    batch: crate::batch::SpanBatch,
    applied: limits::Applied,
}

/// Takes one export request; returns when its spans are durable and visible.
pub(crate) async fn export(
    store: &Arc<Store>,
    body: Bytes,
    encoding: Encoding,
) -> Result<ExportTraceServiceResponse, IngestError> {
    store.metrics.bytes_received.add(body.len() as u64);
    let limits = store.ingest_limits;
    let prepared = if body.len() < LARGE_REQUEST_BYTES {
        prepare(body, encoding, &limits)
    } else {
        let work = tokio::task::spawn_blocking(move || prepare(body, encoding, &limits));
        work.await.map_err(|error| IngestError::Unavailable(error.to_string()))?
    };
    let Prepared { payload, batch, applied } = prepared.inspect_err(|error| store.metrics.refused(error))?;
    let spans = batch.rows.len() as u64;
    store.metrics.attributes_truncated.add(applied.truncated);
    store.metrics.attributes_dropped.add(applied.dropped);
    store.metrics.discarded(Discard::InvalidTime, applied.rejected);
    if spans > 0 {
        let written = store.engine.append(&store.tenant, TimestampNanos::now(), payload, batch).await;
        if let Err(error) = written {
            store.metrics.discarded(Discard::StorageUnavailable, spans);
            return Err(error.into());
        }
        store.metrics.spans_received.add(spans);
    }
    let partial_success = applied.message().map(|error_message| ExportTracePartialSuccess {
        rejected_spans: i64::try_from(applied.rejected).unwrap_or(i64::MAX),
        error_message,
    });
    Ok(ExportTraceServiceResponse { partial_success })
}

fn prepare(body: Bytes, encoding: Encoding, limits: &limits::IngestLimits) -> Result<Prepared, IngestError> {
    let mut request = decode(&body, encoding)?;
    let applied = limits::apply(&mut request, limits)?;
    // The bytes of an unchanged protobuf request are the payload as they are.
    let payload = if encoding == Encoding::Protobuf && !applied.changed() {
        body
    } else {
        request.encode_to_vec().into()
    };
    Ok(Prepared { payload, batch: batch_of(request), applied })
}

fn decode(body: &[u8], encoding: Encoding) -> Result<ExportTraceServiceRequest, IngestError> {
    match encoding {
        Encoding::Protobuf => decode_request(body)
            .map_err(|error| IngestError::Invalid(format!("the body is not an OTLP trace request: {error}"))),
        Encoding::Json => parse_export_request(body).map_err(|error| IngestError::Invalid(error.to_string())),
    }
}
