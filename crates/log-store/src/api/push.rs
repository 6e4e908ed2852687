//! `POST /loki/api/v1/push`, and `POST /api/prom/push` with the JSON of old.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{FromRequest as _, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use model::{TenantId, TimestampNanos};
use segment::AppendError;

use super::App;
use super::error::ApiError;
use super::tenant;
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
    let body = ingest::decompress(format, text(&headers, &header::CONTENT_ENCODING), &body)?;
    let limits = app.tenants.of(&tenant);
    let acceptor = Acceptor::new(&limits, &app.engine.schema().streams, now);
    let accepted = ingest::decode(format, &body, acceptor)?;
    app.metrics.pushed(&accepted, body.len());
    drop(body);
    let refused = store(app, &tenant, now, accepted).await?;
    if refused.is_empty() {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(ApiError::bad_request(format!("{}\n", refused.text())))
    }
}

/// The body, within the limit of the route.
pub(super) async fn body_of(request: Request) -> Result<Bytes, ApiError> {
    Bytes::from_request(request, &()).await.map_err(|error| {
        let message = match error.status() {
            StatusCode::PAYLOAD_TOO_LARGE => "request body too large: the limit is 100 MiB\n".to_owned(),
            _ => error.body_text(),
        };
        ApiError::new(error.status(), message)
    })
}

/// Makes what was accepted durable, and gives back what was not.
pub(super) async fn store(
    app: &App,
    tenant: &TenantId,
    now: TimestampNanos,
    accepted: Accepted,
) -> Result<Refused, AppendError> {
    if !accepted.batch.is_empty() {
        let payload = batch::encode(&accepted.batch);
        app.engine.append(tenant, now, &payload, accepted.batch).await?;
    }
    Ok(accepted.refused)
}

pub(super) fn text<'h>(headers: &'h HeaderMap, name: &header::HeaderName) -> Option<&'h str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}
