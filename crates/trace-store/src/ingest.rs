//! Spans in: decode, check limits, write; acknowledged when the write-ahead log has them.

pub(crate) mod body;
pub(crate) mod budget;
pub(crate) mod grpc;
pub(crate) mod http;
pub(crate) mod jaeger;
pub(crate) mod limits;
mod prepare;
pub(crate) mod rate;
pub(crate) mod zipkin;

use std::sync::Arc;
use std::time::Instant;

use ::http::StatusCode;
use ::http::header::RETRY_AFTER;
use axum::response::Response;
use bytes::Bytes;
use model::TimestampNanos;
use protocols::otlp::{ExportTracePartialSuccess, ExportTraceServiceRequest, ExportTraceServiceResponse};
use segment::AppendError;

use self::prepare::{Prepared, prepare, translated};
use crate::api::plain;
use crate::metrics::Discard;
use crate::store::Store;

/// How long clients should wait before they try again.
pub(crate) const RETRY_SECS: u64 = 5;

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
    #[error("the messages of the request take more than {limit} bytes in memory; send smaller batches")]
    TooHeavy { limit: usize },
    /// The client may try again.
    #[error("{0}")]
    RateLimited(String),
    #[error("{0}; try again later")]
    Unavailable(String),
}

impl From<AppendError> for IngestError {
    fn from(error: AppendError) -> Self {
        Self::Unavailable(error.to_string())
    }
}

impl IngestError {
    /// Over HTTP, and as a code of gRPC.
    pub(crate) fn codes(&self) -> (StatusCode, tonic::Code) {
        match self {
            Self::Invalid(_) => (StatusCode::BAD_REQUEST, tonic::Code::InvalidArgument),
            Self::TooLarge { .. } | Self::TooLargeInside { .. } | Self::TooHeavy { .. } => {
                (StatusCode::PAYLOAD_TOO_LARGE, tonic::Code::ResourceExhausted)
            }
            Self::RateLimited(_) => (StatusCode::TOO_MANY_REQUESTS, tonic::Code::ResourceExhausted),
            Self::Unavailable(_) => (StatusCode::SERVICE_UNAVAILABLE, tonic::Code::Unavailable),
        }
    }

    /// Whether the same request may be taken later.
    pub(crate) fn is_passing(&self) -> bool {
        matches!(self, Self::RateLimited(_) | Self::Unavailable(_))
    }
}

/// The encoding of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    Protobuf,
    Json,
}

/// Takes one export request; returns when its spans are durable and visible.
pub(crate) async fn export(
    store: &Arc<Store>,
    body: Bytes,
    encoding: Encoding,
) -> Result<ExportTraceServiceResponse, IngestError> {
    store.metrics.bytes_received.add(body.len() as u64);
    let prepared = prepare(store, body, encoding).await;
    write(store, prepared.inspect_err(|error| store.metrics.refused(error))?).await
}

/// Takes a request in the form of another protocol; `room` is what its messages take while `read` makes OTLP of them.
async fn take_messages(
    store: &Arc<Store>,
    body: &Bytes,
    room: usize,
    read: impl FnOnce(&[u8]) -> Result<ExportTraceServiceRequest, IngestError> + Send + 'static,
) -> Result<ExportTraceServiceResponse, IngestError> {
    store.metrics.bytes_received.add(body.len() as u64);
    let prepared = translated(store, body.clone(), room, read).await;
    write(store, prepared.inspect_err(|error| store.metrics.refused(error))?).await
}

/// The answer to a request that was refused, for protocols that have no form for it.
fn refusal(error: &IngestError) -> Response {
    let mut response = plain(error.codes().0, error.to_string());
    if error.is_passing() {
        response.headers_mut().insert(RETRY_AFTER, RETRY_SECS.into());
    }
    response
}

async fn write(store: &Arc<Store>, prepared: Prepared) -> Result<ExportTraceServiceResponse, IngestError> {
    let Prepared { payload, batch, applied } = prepared;
    let spans = batch.rows.len() as u64;
    if let Some(rate) = &store.ingest_rate
        && let Err(error) = rate.take(payload.len(), Instant::now())
    {
        store.metrics.refused(&error);
        store.metrics.discarded(Discard::RateLimited, spans + applied.rejected);
        return Err(error);
    }
    store.metrics.attributes_truncated.add(applied.truncated);
    store.metrics.attributes_dropped.add(applied.dropped);
    store.metrics.discarded(Discard::InvalidTime, applied.rejected);
    if spans > 0 {
        let digest = store.generator.digest(&batch);
        let written = store.engine.append(&store.tenant, TimestampNanos::now(), payload, batch).await;
        if let Err(error) = written {
            store.metrics.discarded(Discard::StorageUnavailable, spans);
            return Err(error.into());
        }
        store.metrics.spans_received.add(spans);
        store.generator.offer(digest);
    }
    let partial_success = applied.message().map(|error_message| ExportTracePartialSuccess {
        rejected_spans: i64::try_from(applied.rejected).unwrap_or(i64::MAX),
        error_message,
    });
    Ok(ExportTraceServiceResponse { partial_success })
}
