//! For the server's administrators: users, figures, settings, and reading provisioning files anew.

mod overview;
mod users;

use axum::extract::{Path, State};
use axum::routing::post;
use axum::{Json, Router};
use serde_json::Value;

use super::message;
use crate::auth::Identity;
use crate::error::ApiError;
use crate::server::App;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/admin/provisioning/{what}/reload", post(reload))
        .merge(overview::routes())
        .merge(users::routes())
}

/// A mistake in a file leaves everything as it was, and is the answer.
async fn reload(
    State(app): State<App>,
    identity: Identity,
    Path(what): Path<String>,
) -> Result<Json<Value>, ApiError> {
    identity.require_server_admin()?;
    let (reloaded, done) = match what.as_str() {
        "dashboards" => (app.reload_dashboards().await, "Dashboards config reloaded"),
        "datasources" => (app.reload_data_sources().await, "Datasources config reloaded"),
        _ => return Err(ApiError::not_found("Not found")),
    };
    reloaded.map_err(|error| {
        tracing::error!(%error, what, "provisioning files not applied");
        ApiError::new(axum::http::StatusCode::INTERNAL_SERVER_ERROR, error.to_string())
    })?;
    tracing::info!(what, login = identity.user.login, "provisioning reloaded");
    Ok(message(done))
}
