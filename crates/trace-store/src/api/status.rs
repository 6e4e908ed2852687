//! Health, version, configuration and metrics.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::routing::any;
use http::StatusCode;
use http::header::CONTENT_TYPE;

use super::answer::json_text;
use super::plain;
use crate::store::Store;

const VERSION: &str = env!("CARGO_PKG_VERSION");
const ENDPOINTS: [&str; 16] = [
    "/api/echo",
    "/api/metrics/query",
    "/api/metrics/query_range",
    "/api/search",
    "/api/search/tag/{tag}/values",
    "/api/search/tags",
    "/api/status/buildinfo",
    "/api/traces/{traceID}",
    "/api/v2/search/tag/{tag}/values",
    "/api/v2/search/tags",
    "/api/v2/traces/{traceID}",
    "/metrics",
    "/ready",
    "/status/config",
    "/status/endpoints",
    "/status/version",
];

/// What `/status/config` shows.
#[derive(Debug)]
pub(crate) struct Settings {
    pub config_text: String,
}

#[derive(Clone)]
struct Shared {
    store: Arc<Store>,
    settings: Arc<Settings>,
}

pub(super) fn routes(store: Arc<Store>, settings: Arc<Settings>) -> Router {
    Router::new()
        .route("/api/echo", any(|| async { plain(StatusCode::OK, "echo\n") }))
        .route("/ready", any(ready))
        .route("/metrics", any(metrics))
        .route("/api/status/buildinfo", any(build_info))
        .route(
            "/status/version",
            any(|| async { plain(StatusCode::OK, format!("trace-store, version {VERSION}\n")) }),
        )
        .route("/status/endpoints", any(|| async { plain(StatusCode::OK, ENDPOINTS.join("\n") + "\n") }))
        .route("/status/config", any(config))
        .with_state(Shared { store, settings })
}

/// The store is opened before it serves, so being asked is being ready, unless writes cannot succeed.
async fn ready(State(shared): State<Shared>) -> Response {
    let stats = shared.store.engine.stats();
    match stats.flush_error {
        Some(error) if stats.frozen_heads > 1 => {
            plain(StatusCode::SERVICE_UNAVAILABLE, format!("segments cannot be written: {error}\n"))
        }
        _ => plain(StatusCode::OK, "ready\n"),
    }
}

async fn metrics(State(shared): State<Shared>) -> Response {
    let text = shared.store.metrics.render(&shared.store.engine.stats()) + &shared.store.generator.render();
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
}

/// The keys that Grafana reads.
async fn build_info() -> Response {
    let info = serde_json::json!({
        "version": VERSION,
        "revision": "",
        "branch": "",
        "buildDate": "",
        "buildUser": "",
        "goVersion": "",
    });
    json_text(info.to_string())
}

async fn config(State(shared): State<Shared>) -> Response {
    plain(StatusCode::OK, shared.settings.config_text.clone())
}
