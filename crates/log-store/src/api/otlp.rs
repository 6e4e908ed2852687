//! `POST /otlp/v1/logs`: OpenTelemetry's log records. Errors are a `google.rpc.Status` in protobuf, as Loki sends it
//! whatever the request's own encoding.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use model::{TenantId, TimestampNanos};
use prost::Message as _;
use protocols::otlp::json::parse_logs_request;
use protocols::otlp::{ExportLogsServiceRequest, json_weight, protobuf_logs_weight};
use protocols::rpc_status::RpcStatus;

use super::App;
use super::error::ApiError;
use super::intake::Received;
use super::push::{LARGE_BODY, broken_off, encoding, refusal, store, text};
use super::tenant;
use crate::ingest::{self, Accepted, Acceptor, PushError};

const PROTOBUF: &str = "application/x-protobuf";
const JSON: &str = "application/json";
/// How many seconds clients should wait before they try again.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("5");

/// Answers 204 when all records are durable; 400 names those that were refused while the others are stored.
pub(crate) async fn logs(State(app): State<Arc<App>>, request: Request) -> Response {
    match receive(&app, request).await {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(error) => failure(&error),
    }
}

async fn receive(app: &Arc<App>, request: Request) -> Result<(), ApiError> {
    let headers = request.headers().clone();
    let tenant = tenant::of(app, &headers)?;
    let decode = match text(&headers, &header::CONTENT_TYPE).unwrap_or_default() {
        JSON => decode_json as Decode,
        PROTOBUF => decode_protobuf,
        other => return Err(ApiError::bad_request(format!("content type: {other} is not supported"))),
    };
    let Received { bytes, share } = app.intake.receive(request).await?;
    let encoding = encoding(&headers);
    let _unpacking = app.intake.unpack(ingest::expected_bytes(None, encoding, &bytes)).await?;
    let now = TimestampNanos::now();
    let accepted = if bytes.len() < LARGE_BODY {
        accept(app, &tenant, decode, encoding, bytes, now)?
    } else {
        let (app, tenant, encoding) = (Arc::clone(app), tenant.clone(), encoding.map(str::to_owned));
        let work = move || accept(&app, &tenant, decode, encoding.as_deref(), bytes, now);
        tokio::task::spawn_blocking(work).await.map_err(|error| broken_off(&error))??
    };
    drop(share);
    let refused = store(app, &tenant, now, accepted).await?;
    if refused.is_empty() { Ok(()) } else { Err(refusal(&refused)) }
}

type Decode = fn(&[u8]) -> Result<ExportLogsServiceRequest, PushError>;

fn accept(
    app: &App,
    tenant: &TenantId,
    decode: Decode,
    encoding: Option<&str>,
    body: Bytes,
    now: TimestampNanos,
) -> Result<Accepted, PushError> {
    let body = ingest::decompress_otlp(encoding, body)?;
    let request = decode(&body)?;
    let limits = app.tenants.of(tenant);
    let acceptor = Acceptor::new(&limits, &app.engine.schema().streams, now);
    let accepted = ingest::accept_otlp(&request, acceptor)?;
    app.metrics.pushed(tenant, &accepted, body.len());
    Ok(accepted)
}

fn decode_json(body: &[u8]) -> Result<ExportLogsServiceRequest, PushError> {
    affordable(json_weight(body))?;
    parse_logs_request(body).map_err(|error| PushError::Malformed(error.to_string()))
}

fn decode_protobuf(body: &[u8]) -> Result<ExportLogsServiceRequest, PushError> {
    affordable(protobuf_logs_weight(body))?;
    ExportLogsServiceRequest::decode(body)
        .map_err(|error| PushError::Malformed(format!("the protobuf body cannot be read: {error}")))
}

/// Refuses a request whose messages would take too much memory.
fn affordable(weight: usize) -> Result<(), PushError> {
    if weight > ingest::MAX_DECOMPRESSED { Err(PushError::TooMany) } else { Ok(()) }
}

fn failure(error: &ApiError) -> Response {
    // Loki leaves out the code: that of HTTP says enough.
    let status = RpcStatus::new(0, error.message.trim_end());
    let mut response =
        (error.status, [(header::CONTENT_TYPE, PROTOBUF)], status.to_protobuf()).into_response();
    if error.status == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert(header::RETRY_AFTER, RETRY_AFTER);
    }
    response
}
