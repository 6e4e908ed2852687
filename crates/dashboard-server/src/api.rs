//! Grafana's HTTP API, one submodule per group of routes.

mod accounts;
mod admin;
mod annotations;
mod components;
mod dashboards;
mod data_sources;
mod ds_query;
mod folders;
mod frontend;
mod health;
mod library_elements;
mod login;
mod org;
mod params;
mod playlists;
mod plugins;
mod preferences;
mod proxy;
mod query_history;
mod resources;
mod search;
mod service_accounts;
mod short_urls;
mod snapshots;
mod stars;
mod user;
mod users;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::middleware::from_fn_with_state;
use axum::routing::any;
use tower_http::timeout::TimeoutLayer;

use crate::auth::require;
use crate::error::{ApiError, BODY_LIMIT_BYTES};
use crate::server::App;

const TIMEOUT: std::time::Duration = std::time::Duration::from_secs(30);

/// All routes of the API. What needs no login is listed first; everything else is behind one door, so that a route added
/// later cannot forget it. Unknown paths are behind it too.
pub(crate) fn routes(app: &App) -> Router<App> {
    let public = Router::new()
        .merge(health::routes())
        .merge(login::routes())
        .method_not_allowed_fallback(method_not_allowed)
        .layer(TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, TIMEOUT));
    let quick = Router::new()
        .merge(admin::routes())
        .merge(annotations::routes())
        .merge(components::routes())
        .merge(dashboards::routes())
        .merge(data_sources::routes())
        .merge(folders::routes())
        .merge(frontend::routes())
        .merge(library_elements::routes())
        .merge(org::routes())
        .merge(playlists::routes())
        .merge(plugins::routes())
        .merge(query_history::routes())
        .merge(search::routes())
        .merge(service_accounts::routes())
        .merge(short_urls::routes())
        .merge(snapshots::routes())
        .merge(stars::routes())
        .merge(user::routes())
        .merge(users::routes())
        .layer(TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, TIMEOUT));
    let protected = quick
        .merge(proxy::routes())
        .merge(resources::routes())
        .merge(ds_query::routes())
        .route("/api", any(not_found))
        .route("/api/{*rest}", any(not_found))
        .route("/apis", any(not_found))
        .route("/apis/{*rest}", any(not_found))
        .method_not_allowed_fallback(method_not_allowed)
        .layer(from_fn_with_state(app.clone(), require::login));
    public.merge(protected).layer(DefaultBodyLimit::max(BODY_LIMIT_BYTES))
}

/// The paths of all routes, so that tests can walk over them. Routers do not list their routes but show them.
pub(crate) fn paths(app: &App) -> Vec<String> {
    let shown = format!("{:?}", routes(app));
    let mut paths: Vec<String> = shown
        .split("RouteId(")
        .filter_map(|rest| rest.split_once("): \"")?.1.split_once('"'))
        .map(|(path, _)| path.to_owned())
        .filter(|path| path.starts_with('/'))
        .collect();
    paths.sort_unstable();
    paths.dedup();
    paths
}

async fn not_found() -> ApiError {
    ApiError::not_found("Not found")
}

async fn method_not_allowed() -> ApiError {
    ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "Method not allowed")
}

/// Who wrote something, as lists name them; what files bring has no author.
fn author(login: &str) -> &str {
    if login.is_empty() { "Anonymous" } else { login }
}

/// `{"message":…}`, the answer to most writes.
fn message(text: &str) -> axum::Json<serde_json::Value> {
    axum::Json(serde_json::json!({ "message": text }))
}
