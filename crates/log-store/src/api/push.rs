//! `POST /loki/api/v1/push`, and `POST /api/prom/push` with the JSON of old.

use std::sync::Arc;
use std::time::Instant;

use axum::body::Bytes;
use axum::extract::{FromRequest as _, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use model::{TenantId, TimestampNanos};

use super::error::ApiError;
use super::{App, MAX_PUSH_BYTES, tenant};
use crate::batch;
use crate::ingest::{self, Accepted, Acceptor, Format, Refused};

/// Answers 204 when all entries are durable; 400 names those that were refused while the others are stored.
pub(crate) async fn push(State(app): State<Arc<App>>, request: Request) -> Result<StatusCode, ApiError> {
    let format = ingest::format(text(request.headers(), &header::CONTENT_TYPE))?;
    receive(&app, request, format).await
}

pub(crate) async fn legacy_push(
    State(app): State<Arc<App>>,
    request: Request,
) -> Result<StatusCode, ApiError> {
    let format = match ingest::format(text(request.headers(), &header::CONTENT_TYPE))? {
        Format::Json => Format::LegacyJson,
        other => other,
    };
    receive(&app, request, format).await
}

async fn receive(app: &App, request: Request, format: Format) -> Result<StatusCode, ApiError> {
    let headers = request.headers().clone();
    let tenant = tenant::of(app, &headers)?;
    let body = body_of(request).await?;
    let now = TimestampNanos::now();
    let body = ingest::decompress(format, encoding(&headers), &body)?;
    let limits = app.tenants.of(&tenant);
    let acceptor = Acceptor::new(&limits, &app.engine.schema().streams, now);
    let accepted = ingest::decode(format, &body, acceptor)?;
    app.metrics.pushed(&tenant, &accepted, body.len());
    drop(body);
    let refused = store(app, &tenant, now, accepted).await?;
    if refused.is_empty() { Ok(StatusCode::NO_CONTENT) } else { Err(refusal(&refused)) }
}

/// The answer to a push that was not stored as a whole.
pub(super) fn refusal(refused: &Refused) -> ApiError {
    let status = if refused.limited { StatusCode::TOO_MANY_REQUESTS } else { StatusCode::BAD_REQUEST };
    ApiError::new(status, format!("{}\n", refused.text()))
}

/// The body, within the limit of the route.
pub(super) async fn body_of(request: Request) -> Result<Bytes, ApiError> {
    let too_large =
        || ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "request body too large: the limit is 100 MiB\n");
    // Told at once, not after so many bytes.
    if announced(request.headers()) > MAX_PUSH_BYTES as u64 {
        return Err(too_large());
    }
    Bytes::from_request(request, &()).await.map_err(|error| match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => too_large(),
        status => ApiError::new(status, error.body_text()),
    })
}

/// The length of the body, as far as it is known beforehand.
pub(super) fn announced(headers: &HeaderMap) -> u64 {
    text(headers, &header::CONTENT_LENGTH).and_then(|length| length.parse().ok()).unwrap_or(0)
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
    if !accepted.batch.is_empty() {
        let payload = batch::encode(&accepted.batch);
        app.engine.append(tenant, now, &payload, accepted.batch).await?;
    }
    Ok(accepted.refused)
}

pub(super) fn text<'h>(headers: &'h HeaderMap, name: &header::HeaderName) -> Option<&'h str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// How the body is compressed, if it says so.
pub(super) fn encoding(headers: &HeaderMap) -> Option<&str> {
    // What is no text is no encoding that anybody knows, and not the same as none.
    headers.get(&header::CONTENT_ENCODING).map(|value| value.to_str().unwrap_or("(not ASCII)"))
}
