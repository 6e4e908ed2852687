//! A user's starred dashboards.

use axum::extract::{Path, State};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::Value;

use super::{dashboards, message};
use crate::auth::Identity;
use crate::dashboards::save::not_found;
use crate::error::ApiError;
use crate::repo::dashboards::Dashboard;
use crate::server::App;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/user/stars", get(list))
        .route("/api/user/stars/dashboard/uid/{uid}", post(star_uid).delete(unstar_uid))
        .route("/api/user/stars/dashboard/{id}", post(star_id).delete(unstar_id))
}

async fn list(State(app): State<App>, identity: Identity) -> Result<Json<Vec<String>>, ApiError> {
    Ok(Json(app.store().stars(identity.user.id).await?.into_iter().map(|(_, uid)| uid).collect()))
}

async fn star_uid(State(app): State<App>, identity: Identity, Path(uid): Path<String>) -> Answer {
    star(&app, &identity, &dashboards::find(&app, &uid).await?).await
}

async fn unstar_uid(State(app): State<App>, identity: Identity, Path(uid): Path<String>) -> Answer {
    unstar(&app, &identity, &dashboards::find(&app, &uid).await?).await
}

async fn star_id(State(app): State<App>, identity: Identity, Path(id): Path<i64>) -> Answer {
    star(&app, &identity, &by_id(&app, id).await?).await
}

async fn unstar_id(State(app): State<App>, identity: Identity, Path(id): Path<i64>) -> Answer {
    unstar(&app, &identity, &by_id(&app, id).await?).await
}

type Answer = Result<Json<Value>, ApiError>;

async fn by_id(app: &App, id: i64) -> Result<Dashboard, ApiError> {
    app.store().dashboard_by_id(id).await?.ok_or_else(not_found)
}

async fn star(app: &App, identity: &Identity, dashboard: &Dashboard) -> Answer {
    app.store().star(identity.user.id, dashboard.id).await?;
    Ok(message("Dashboard starred!"))
}

async fn unstar(app: &App, identity: &Identity, dashboard: &Dashboard) -> Answer {
    app.store().unstar(identity.user.id, dashboard.id).await?;
    Ok(message("Dashboard unstarred"))
}
