//! `POST /loki/api/v1/push`, and `POST /api/prom/push` with the JSON of old.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use bytes::Bytes;
use model::{TenantId, TimestampNanos};

use super::error::ApiError;
use super::intake::Received;
use super::{App, tenant};
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
    let encoding = encoding(&headers);
    let _unpacking = app.intake.unpack(ingest::expected_bytes(Some(format), encoding, &bytes)).await?;
    let now = TimestampNanos::now();
    let accepted = if bytes.len() < LARGE_BODY {
        accept(&app, &tenant, format, encoding, bytes, now)?
    } else {
        let (app, tenant, encoding) = (Arc::clone(&app), tenant.clone(), encoding.map(str::to_owned));
        let work = move || accept(&app, &tenant, format, encoding.as_deref(), bytes, now);
        tokio::task::spawn_blocking(work).await.map_err(|error| broken_off(&error))??
    };
    drop(share);
    let refused = store(&app, &tenant, now, accepted).await?;
    if refused.is_empty() { Ok(StatusCode::NO_CONTENT) } else { Err(refusal(&refused)) }
}

/// The answer to a push that was not stored as a whole.
pub(super) fn refusal(refused: &Refused) -> ApiError {
    let status = if refused.limited { StatusCode::TOO_MANY_REQUESTS } else { StatusCode::BAD_REQUEST };
    ApiError::new(status, format!("{}\n", refused.text()))
}

/// Unpacks, decodes and checks a body.
fn accept(
    app: &App,
    tenant: &TenantId,
    format: Format,
    encoding: Option<&str>,
    body: Bytes,
    now: TimestampNanos,
) -> Result<Accepted, PushError> {
    let body = ingest::decompress(format, encoding, body)?;
    let bytes = body.text.len();
    let limits = app.tenants.of(tenant);
    let acceptor = Acceptor::new(&limits, &app.engine.schema().streams, now);
    let accepted = ingest::decode(format, body, acceptor)?;
    app.metrics.pushed(tenant, &accepted, bytes);
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
) -> Result<Refused, ApiError> {
    let discarded = |reason, entries| app.metrics.discarded(tenant, reason, entries);
    let accepted = app.throttle.admit(&app.limits.ingest, tenant, accepted, Instant::now());
    let accepted = accepted.inspect_err(|error| discarded("rate_limited", error.lines))?;
    accepted.refused.by_reason.iter().for_each(|(reason, entries)| discarded(reason, *entries));
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

/// How the body is compressed, if it says so.
pub(super) fn encoding(headers: &HeaderMap) -> Option<&str> {
    // What is no text is no encoding that anybody knows, and not the same as none.
    headers.get(&header::CONTENT_ENCODING).map(|value| value.to_str().unwrap_or("(not ASCII)"))
}
