//! What clients see of rules: the rules themselves as YAML, which they may change, and their state as Prometheus tells it.

mod prometheus;
mod recorded;
mod rules;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::get;

use super::parse::MAX_BYTES;
use crate::api::App;

/// All routes, or none when the configuration turns them off.
pub(crate) fn routes(app: &App) -> Router<Arc<App>> {
    if !app.ruler.setup.settings.enable_api {
        return Router::new();
    }
    let mut router = Router::new();
    for base in ["/loki/api/v1/rules", "/api/prom/rules"] {
        let namespace = get(rules::namespace).post(rules::set_group).delete(rules::delete_namespace);
        router = router
            .route(base, get(rules::all))
            .route(&format!("{base}/{{namespace}}"), namespace)
            .route(&format!("{base}/{{namespace}}/{{group}}"), get(rules::group).delete(rules::delete_group));
    }
    router
        .route("/prometheus/api/v1/rules", get(prometheus::rules))
        .route("/prometheus/api/v1/alerts", get(prometheus::alerts))
        .route("/ruler/recorded", get(recorded::recorded))
        .layer(DefaultBodyLimit::max(MAX_BYTES))
}
