//! Readiness, metrics, configuration.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use model::TimestampNanos;
use runtime::LogLevelError;
use serde_json::json;

use super::App;
use super::error::ApiError;
use super::query::json as answer;
use crate::metrics::{LOKI_VERSION, REVISION};
use crate::query::Params;

/// Requests are served only after recovery, so whoever can ask gets `ready` — unless segments cannot be written.
pub(crate) async fn ready(State(app): State<Arc<App>>) -> Response {
    match app.engine.stats().flush_error {
        None => "ready\n".into_response(),
        Some(error) => (StatusCode::SERVICE_UNAVAILABLE, format!("segments cannot be written: {error}\n"))
            .into_response(),
    }
}

pub(crate) async fn metrics(State(app): State<Arc<App>>) -> Response {
    let mut text = app.metrics.render(&app.engine.stats(), &app.engine.schema().tails) + &app.ruler.metrics();
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
        "version": LOKI_VERSION,
        "revision": REVISION,
        "branch": "",
        "buildUser": "",
        "buildDate": "",
        "goVersion": "",
    }))
}

pub(crate) async fn log_level() -> Response {
    answer(&json!({ "message": format!("Current log level is {}", runtime::log_level()) }))
}

/// Changes the level until the next start.
pub(crate) async fn set_log_level(params: Params) -> Response {
    let level = params.get("log_level").unwrap_or_default();
    let failed = |status, error: LogLevelError| {
        let body = json!({ "status": "failed", "message": error.to_string() });
        (status, answer(&body)).into_response()
    };
    match runtime::set_log_level(level) {
        Ok(()) => {
            let message = format!("Log level set to {level}");
            answer(&json!({ "status": "success", "message": message }))
        }
        Err(error @ LogLevelError::Unknown(_)) => failed(StatusCode::BAD_REQUEST, error),
        Err(error) => failed(StatusCode::INTERNAL_SERVER_ERROR, error),
    }
}

/// Loki shows here who shares the work. One process shares it with nobody: a ring of one.
pub(crate) async fn ring(headers: HeaderMap) -> Response {
    let accepts = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !accepts.contains("application/json") {
        return "This log store is one process: there is no ring.\n".into_response();
    }
    let now = jiff::Timestamp::now().to_string();
    let member = json!({
        "id": "log-store", "state": "ACTIVE", "address": "", "timestamp": now, "zone": "", "tokens": [],
    });
    answer(&json!({ "shards": [member], "now": now }))
}

pub(crate) async fn memberlist() -> &'static str {
    "This log store is one process: it doesn't use memberlist.\n"
}
