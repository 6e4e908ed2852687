//! Loki's HTTP API over the engine.

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::{delete as on_delete, get, post};
use model::TenantId;
use segment::Engine;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;

use crate::config::DeleteSettings;
use crate::ingest::Throttle;
use crate::limits::{Limits, TenantLimits};
use crate::metrics::{Metrics, requests};
use crate::ruler::{self, Ruler};
use crate::schema::LogSchema;

mod delete;
mod detected_fields;
mod detected_labels;
pub(crate) mod error;
mod format_query;
mod index;
mod intake;
mod labels;
mod legacy;
mod limits;
mod otlp;
mod params;
mod patterns;
mod push;
pub(crate) mod query;
mod selector;
mod status;
mod tail;
pub(crate) mod tenant;

pub(crate) use intake::Intake;

/// Bodies of queries sent as forms.
const MAX_FORM_BYTES: usize = 10 << 20;

/// Pages that are about rings.
const RINGS: [&str; 9] = [
    "/ring",
    "/distributor/ring",
    "/ruler/ring",
    "/compactor/ring",
    "/indexgateway/ring",
    "/scheduler/ring",
    "/pattern/ring",
    "/partition-ring",
    "/ui/ring",
];

/// What handlers share.
#[derive(Debug)]
pub(crate) struct App {
    pub engine: Arc<Engine<LogSchema>>,
    pub limits: Limits,
    /// The same with what single tenants have otherwise.
    pub tenants: Arc<TenantLimits>,
    pub delete_settings: DeleteSettings,
    /// Whether requests must name their tenant.
    pub auth_enabled: bool,
    /// Whose data it is otherwise.
    pub no_auth_tenant: TenantId,
    pub metrics: Metrics,
    pub ruler: Arc<Ruler>,
    pub throttle: Throttle,
    pub intake: Intake,
    /// The configuration as it is in force.
    pub config_text: String,
}

/// All routes, below `prefix` if it is not empty.
pub(crate) fn router(app: Arc<App>, prefix: &str) -> Router {
    let routes = routes(app);
    if prefix.is_empty() { routes } else { Router::new().nest(prefix, routes).fallback(error::not_found) }
}

fn routes(app: Arc<App>) -> Router {
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
        .route("/loki/api/v1/detected_fields", get(detected_fields::fields).post(detected_fields::fields))
        .route(
            "/loki/api/v1/detected_field/{name}/values",
            get(detected_fields::values).post(detected_fields::values),
        )
        .route("/loki/api/v1/patterns", get(patterns::patterns).post(patterns::patterns))
        .route("/loki/api/v1/format_query", get(format_query::format_query).post(format_query::format_query))
        .route("/loki/api/v1/index/shards", get(index::shards).post(index::shards))
        .route("/api/prom/query", get(legacy::query).post(legacy::query))
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
        .route("/flush/tenant", post(status::flush))
        .route("/log_level", get(status::log_level).post(status::set_log_level))
        .route("/memberlist", get(status::memberlist))
        .route("/config/tenant/v1/limits", get(limits::tenant_limits))
        .route("/loki/api/v1/drilldown-limits", get(limits::drilldown_limits))
        .route("/loki/api/v1/status/buildinfo", get(status::buildinfo));
    let rings = RINGS.iter().fold(Router::new(), |router, path| router.route(path, get(status::ring)));
    let tails = Router::new()
        .route("/loki/api/v1/tail", get(tail::tail))
        .route("/api/prom/tail", get(tail::legacy_tail));
    let deletes = || on_delete(delete::cancel).get(delete::list).post(delete::create).put(delete::create);
    let deletes = Router::new()
        .route("/loki/api/v1/delete", deletes())
        .route("/api/prom/delete", deletes())
        .route("/loki/api/v1/cache/generation_numbers", get(delete::generation));
    Router::new()
        .merge(pushes)
        .merge(tails)
        .merge(deletes)
        .merge(queries)
        .merge(status)
        .merge(ruler::api::routes(&app))
        .merge(rings)
        .fallback(error::not_found)
        .method_not_allowed_fallback(error::method_not_allowed)
        .layer(CatchPanicLayer::new())
        .layer(from_fn_with_state(Arc::clone(&app), requests::measure))
        .with_state(app)
}
