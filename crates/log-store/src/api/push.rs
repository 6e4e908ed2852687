//! `POST /loki/api/v1/push`, and `POST /api/prom/push` with the JSON of old.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use bytes::Bytes;
use model::{TenantId, TimestampNanos};
use segment::AppendError;

use super::App;
use super::error::ApiError;
use super::intake::Received;
use super::tenant;
use crate::ingest::{self, Accepted, Acceptor, Format, PushError, Refused};

/// Bodies of this size and more are decoded outside of the threads that serve connections.
pub(super) const LARGE_BODY: usize = 2 << 20;

/// Answers 204 when all entries are durable; 400 names those that were refused while the others are stored.
pub(crate) async fn push(State(app): State<Arc<App>>, request: Request) -> Result<StatusCode, ApiError> {
    let format = ingest::format(text(request.headers(), &header::CONTENT_TYPE))?;
    receive(app, request, format).await
}

pub(crate) async fn legacy_push(
    State(app): State<Arc<App>>,
    request: Request,
) -> Result<StatusCode, ApiError> {
    let format = match ingest::format(text(request.headers(), &header::CONTENT_TYPE))? {
        Format::Json => Format::LegacyJson,
        other => other,
    };
    receive(app, request, format).await
}

async fn receive(app: Arc<App>, request: Request, format: Format) -> Result<StatusCode, ApiError> {
    let headers = request.headers().clone();
    let tenant = tenant::of(&app, &headers)?;
    let Received { bytes, share } = app.intake.receive(request).await?;
    let encoding = text(&headers, &header::CONTENT_ENCODING);
    let _unpacking = app.intake.unpack(ingest::expected_bytes(Some(format), encoding, &bytes)).await?;
    let now = TimestampNanos::now();
    let accepted = if bytes.len() < LARGE_BODY {
        accept(&app, format, encoding, bytes, now)?
    } else {
        let (app, encoding) = (Arc::clone(&app), encoding.map(str::to_owned));
        let work = move || accept(&app, format, encoding.as_deref(), bytes, now);
        tokio::task::spawn_blocking(work).await.map_err(|error| broken_off(&error))??
    };
    drop(share);
    let refused = store(&app, &tenant, now, accepted).await?;
    if refused.is_empty() {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(ApiError::bad_request(format!("{}\n", refused.text())))
    }
}

/// Unpacks, decodes and checks a body.
fn accept(
    app: &App,
    format: Format,
    encoding: Option<&str>,
    body: Bytes,
    now: TimestampNanos,
) -> Result<Accepted, PushError> {
    let body = ingest::decompress(format, encoding, body)?;
    let bytes = body.text.len();
    let acceptor = Acceptor::new(&app.limits, &app.engine.schema().streams, now);
    let accepted = ingest::decode(format, body, acceptor)?;
    app.metrics.pushed(&accepted, bytes);
    Ok(accepted)
}

pub(super) fn broken_off(error: &tokio::task::JoinError) -> ApiError {
    ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, format!("decoding the push was broken off: {error}\n"))
}

/// Makes what was accepted durable, and gives back what was not.
pub(super) async fn store(
    app: &App,
    tenant: &TenantId,
    now: TimestampNanos,
    accepted: Accepted,
) -> Result<Refused, AppendError> {
    if accepted.batch.is_empty() {
        return Ok(accepted.refused);
    }
    let (payload, batch, refused) = accepted.into_parts();
    app.engine.append(tenant, now, payload, batch).await?;
    Ok(refused)
}

pub(super) fn text<'h>(headers: &'h HeaderMap, name: &header::HeaderName) -> Option<&'h str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}
