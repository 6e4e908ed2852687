//! Loki's HTTP API over the engine.

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use segment::Engine;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;

use crate::limits::Limits;
use crate::metrics::Metrics;
use crate::schema::LogSchema;

mod detected_labels;
mod error;
mod format_query;
mod index;
mod intake;
mod labels;
mod otlp;
mod params;
mod push;
mod query;
mod selector;
mod status;
mod tenant;

pub(crate) use intake::Intake;

/// Bodies of queries sent as forms.
const MAX_FORM_BYTES: usize = 10 << 20;

/// What handlers share.
#[derive(Debug)]
pub(crate) struct App {
    pub engine: Arc<Engine<LogSchema>>,
    pub limits: Limits,
    /// Whether requests must name their tenant.
    pub auth_enabled: bool,
    pub metrics: Metrics,
    pub intake: Intake,
    /// The configuration as it is in force.
    pub config_text: String,
}

pub(crate) fn router(app: Arc<App>) -> Router {
    let pushes = Router::new()
        .route("/loki/api/v1/push", post(push::push))
        .route("/api/prom/push", post(push::legacy_push))
        .route("/otlp/v1/logs", post(otlp::logs));
    let queries = Router::new()
        .route("/loki/api/v1/query_range", get(query::query_range).post(query::query_range))
        .route("/loki/api/v1/query", get(query::query).post(query::query))
        .route("/loki/api/v1/labels", get(labels::labels).post(labels::labels))
        .route("/loki/api/v1/label", get(labels::labels).post(labels::labels))
        .route("/loki/api/v1/label/{name}/values", get(labels::values).post(labels::values))
        .route("/loki/api/v1/series", get(labels::series).post(labels::series))
        .route("/loki/api/v1/index/stats", get(index::stats).post(index::stats))
        .route("/loki/api/v1/index/volume", get(index::volume).post(index::volume))
        .route("/loki/api/v1/index/volume_range", get(index::volume_range).post(index::volume_range))
        .route(
            "/loki/api/v1/detected_labels",
            get(detected_labels::detected_labels).post(detected_labels::detected_labels),
        )
        .route("/loki/api/v1/format_query", get(format_query::format_query).post(format_query::format_query))
        .route("/api/prom/label", get(labels::legacy_labels).post(labels::legacy_labels))
        .route("/api/prom/label/{name}/values", get(labels::legacy_values).post(labels::legacy_values))
        .route("/api/prom/series", get(labels::series).post(labels::series))
        .layer(DefaultBodyLimit::max(MAX_FORM_BYTES))
        .layer(CompressionLayer::new());
    let status = Router::new()
        .route("/ready", get(status::ready))
        .route("/metrics", get(status::metrics))
        .route("/config", get(status::config))
        .route("/services", get(status::services))
        .route("/flush", get(status::flush).post(status::flush))
        .route("/loki/api/v1/status/buildinfo", get(status::buildinfo));
    Router::new()
        .merge(pushes)
        .merge(queries)
        .merge(status)
        .fallback(error::not_found)
        .method_not_allowed_fallback(error::method_not_allowed)
        .layer(CatchPanicLayer::new())
        .with_state(app)
}
