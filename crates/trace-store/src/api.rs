//! Tempo's HTTP API. Errors are plain text, as in Tempo.

mod answer;
mod convert;
mod logfmt;
mod metrics;
mod params;
mod search;
mod status;
mod tags;
mod traces;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::response::{IntoResponse as _, Response};
use axum::routing::any;
use http::StatusCode;
use http::header::CONTENT_TYPE;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;

use crate::query::{CancelOnDrop, Guard, QueryError};
use crate::store::Store;

/// Bodies of queries are never read; this bounds what is buffered at all.
const MAX_BODY_BYTES: usize = 64 << 10;
pub(crate) const NO_PAGE: &str = "404 page not found\n";
/// The client closed the connection: nginx's number, which Tempo uses too.
const CLIENT_CLOSED: u16 = 499;

/// Everything that port 3200 serves.
pub(crate) fn router(store: Arc<Store>, settings: Arc<Settings>) -> Router {
    let routes = Router::new()
        .merge(traces::routes())
        .merge(search::routes())
        .merge(metrics::routes())
        .merge(tags::routes())
        .with_state(Arc::clone(&store))
        .merge(status::routes(store, settings));
    routes
        .fallback(any(|| async { plain(StatusCode::NOT_FOUND, NO_PAGE) }))
        .layer(CompressionLayer::new())
        .layer(CatchPanicLayer::new())
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
}

pub(crate) use status::Settings;

/// A plain text answer.
pub(crate) fn plain(status: StatusCode, text: impl Into<String>) -> Response {
    (status, [(CONTENT_TYPE, "text/plain; charset=utf-8")], text.into()).into_response()
}

/// Why a request was not answered.
#[derive(Debug)]
pub(crate) enum ApiError {
    BadRequest(String),
    NotFound,
    Query(QueryError),
}

impl From<QueryError> for ApiError {
    fn from(error: QueryError) -> Self {
        Self::Query(error)
    }
}

impl axum::response::IntoResponse for ApiError {
    fn into_response(self) -> Response {
        match self {
            Self::BadRequest(text) => plain(StatusCode::BAD_REQUEST, text),
            Self::NotFound => plain(StatusCode::NOT_FOUND, NO_PAGE),
            Self::Query(error) => {
                let status = match &error {
                    QueryError::Timeout(_) => StatusCode::GATEWAY_TIMEOUT,
                    QueryError::Cancelled => {
                        StatusCode::from_u16(CLIENT_CLOSED).unwrap_or(StatusCode::BAD_REQUEST)
                    }
                    QueryError::TooManyTraces(_) | QueryError::TooLarge(_) | QueryError::Eval(_) => {
                        StatusCode::UNPROCESSABLE_ENTITY
                    }
                    QueryError::Closed => StatusCode::SERVICE_UNAVAILABLE,
                    QueryError::Storage(_) | QueryError::Task(_) => {
                        tracing::error!(%error, "a query failed");
                        StatusCode::INTERNAL_SERVER_ERROR
                    }
                };
                plain(status, error.to_string())
            }
        }
    }
}

/// Runs a query with a deadline; it is given up when the client leaves.
async fn guarded<T>(
    store: &Store,
    run: impl AsyncFnOnce(Arc<Guard>) -> Result<T, QueryError>,
) -> Result<T, QueryError> {
    let timeout = store.query_limits.timeout;
    let guard = Guard::new(timeout);
    let _cancel = CancelOnDrop(Arc::clone(&guard));
    store.metrics.queries.add(1);
    let result = match tokio::time::timeout(timeout, run(Arc::clone(&guard))).await {
        Ok(result) => result,
        Err(_) => Err(QueryError::Timeout(timeout)),
    };
    store.metrics.spans_inspected.add(guard.spans());
    if result.is_err() {
        store.metrics.query_errors.add(1);
    }
    result
}
