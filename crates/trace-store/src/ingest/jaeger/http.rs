//! `POST /api/traces` with a batch in thrift's binary protocol.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{any, post};
use http::StatusCode;
use http::header::CONTENT_TYPE;

use super::read_thrift;
use crate::api::{NO_PAGE, plain};
use crate::ingest::http::read_body;
use crate::ingest::{IngestError, refusal, take_messages};
use crate::store::Store;

/// Structures take about as many times the bytes of thrift.
const EXPANSION: usize = 8;

pub(crate) fn router(store: Arc<Store>) -> Router {
    let wrong_method =
        || async { plain(StatusCode::METHOD_NOT_ALLOWED, "405 method not allowed, supported: [POST]") };
    Router::new()
        .route("/api/traces", post(take).fallback(any(wrong_method)))
        .fallback(|| async { plain(StatusCode::NOT_FOUND, NO_PAGE) })
        .with_state(store)
}

async fn take(State(store): State<Arc<Store>>, request: Request) -> Response {
    let content_type = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = content_type.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    if !matches!(essence, "application/x-thrift" | "application/vnd.apache.thrift.binary") {
        let text = "415 unsupported media type, supported: [application/x-thrift, application/vnd.apache.thrift.binary]";
        return plain(StatusCode::UNSUPPORTED_MEDIA_TYPE, text);
    }
    match receive(&store, request).await {
        Ok(()) => StatusCode::ACCEPTED.into_response(),
        Err(error) => refusal(&error),
    }
}

async fn receive(store: &Arc<Store>, request: Request) -> Result<(), IngestError> {
    let held = read_body(store, request).await.inspect_err(|error| store.metrics.refused(error))?;
    let room = held.bytes.len() * EXPANSION;
    take_messages(store, &held.bytes, room, read_thrift).await.map(drop)
}
