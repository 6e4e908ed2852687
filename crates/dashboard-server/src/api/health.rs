//! Whether the server is well, and its figures: open to everyone, as monitors have no login.

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::json;

use crate::error::ApiError;
use crate::server::App;
use crate::version::{API_VERSION, COMMIT, STACK_VERSION};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/health", get(health))
        .route("/healthz", get(|| async { "Ok" }))
        .route("/metrics", get(metrics))
}

async fn health(State(app): State<App>) -> (StatusCode, Json<serde_json::Value>) {
    let is_alive = app.store().is_alive().await;
    let status = if is_alive { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let database = if is_alive { "ok" } else { "failing" };
    let body = json!({
        "commit": COMMIT,
        "database": database,
        "stackVersion": STACK_VERSION,
        "version": API_VERSION,
    });
    (status, Json(body))
}

async fn metrics(State(app): State<App>) -> Response {
    if !app.settings().is_metrics_on {
        return ApiError::not_found("Not found").into_response();
    }
    let content_type = [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
    (content_type, app.metrics().render()).into_response()
}
