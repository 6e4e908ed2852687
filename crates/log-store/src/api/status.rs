//! Readiness, metrics, configuration.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use model::TimestampNanos;
use serde_json::json;

use super::App;
use super::error::ApiError;
use super::query::json as answer;

/// Requests are served only after recovery, so whoever can ask gets `ready` — unless segments cannot be written.
pub(crate) async fn ready(State(app): State<Arc<App>>) -> Response {
    match app.engine.stats().flush_error {
        None => "ready\n".into_response(),
        Some(error) => (StatusCode::SERVICE_UNAVAILABLE, format!("segments cannot be written: {error}\n"))
            .into_response(),
    }
}

pub(crate) async fn metrics(State(app): State<Arc<App>>) -> Response {
    let mut text = app.metrics.render(&app.engine.stats());
    text.push_str(&app.engine.schema().deletes.metrics(TimestampNanos::now()));
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
}

pub(crate) async fn config(State(app): State<Arc<App>>) -> Response {
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], app.config_text.clone()).into_response()
}

pub(crate) async fn services() -> &'static str {
    "log-store => Running\n"
}

/// Seals what is in memory.
pub(crate) async fn flush(State(app): State<Arc<App>>) -> Result<StatusCode, ApiError> {
    app.engine.flush().await.map_err(crate::query::QueryError::from)?;
    Ok(StatusCode::NO_CONTENT)
}

/// Clients decide by `version` what they may ask; it is that of the Loki whose API is spoken.
pub(crate) async fn buildinfo() -> Response {
    answer(&json!({
        "version": "3.8.0",
        "revision": concat!("monitoring-stack-", env!("CARGO_PKG_VERSION")),
        "branch": "",
        "buildUser": "",
        "buildDate": "",
        "goVersion": "",
    }))
}
