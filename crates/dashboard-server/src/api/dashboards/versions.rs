//! The history of a dashboard.

use axum::extract::{Path, State};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{find, raw, saved_answer};
use crate::api::params::Params;
use crate::auth::Identity;
use crate::clock::rfc3339;
use crate::dashboards::Content;
use crate::dashboards::save::{Options, save};
use crate::error::{ApiError, JsonBody};
use crate::repo::StoreError;
use crate::repo::dashboards::{Dashboard, Version};
use crate::repo::users::Role;
use crate::server::App;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/dashboards/uid/{uid}/versions", get(list))
        .route("/api/dashboards/uid/{uid}/versions/{version}", get(read))
        .route("/api/dashboards/uid/{uid}/restore", post(restore))
        .route("/api/dashboards/id/{id}/versions", get(list_by_id))
}

async fn list(
    State(app): State<App>,
    Path(uid): Path<String>,
    params: Params,
) -> Result<Json<Value>, ApiError> {
    answer(&app, &find(&app, &uid).await?, &params).await
}

async fn list_by_id(
    State(app): State<App>,
    Path(id): Path<i64>,
    params: Params,
) -> Result<Json<Value>, ApiError> {
    let dashboard = app.store().dashboard_by_id(id).await?;
    answer(&app, &dashboard.ok_or_else(crate::dashboards::save::not_found)?, &params).await
}

async fn answer(app: &App, dashboard: &Dashboard, params: &Params) -> Result<Json<Value>, ApiError> {
    let limit = params.number("limit").filter(|limit| (1..=1000).contains(limit)).unwrap_or(1000);
    let start = params.number("start").filter(|start| *start >= 0).unwrap_or(0);
    let versions = app.store().versions(dashboard.id, limit, start).await?;
    let items: Vec<Value> = versions.iter().map(|version| describe(dashboard, version)).collect();
    Ok(Json(json!({ "continueToken": "", "versions": items })))
}

fn describe(dashboard: &Dashboard, version: &Version) -> Value {
    json!({
        "id": version.id,
        "dashboardId": dashboard.id,
        "dashboardUID": dashboard.uid,
        "uid": dashboard.uid,
        "parentVersion": version.parent_version,
        "restoredFrom": version.restored_from,
        "version": version.version,
        "created": rfc3339(version.created_at),
        "createdBy": crate::api::author(&version.created_by),
        "message": version.message,
    })
}

async fn read(
    State(app): State<App>,
    Path((uid, version)): Path<(String, i64)>,
) -> Result<Json<Value>, ApiError> {
    let dashboard = find(&app, &uid).await?;
    let (version, data) = stored(&app, &dashboard, version).await?;
    let mut answer = describe(&dashboard, &version);
    let data: Value = serde_json::from_str(raw(data)?.get())
        .map_err(|source| StoreError::Decode { column: "data", source })?;
    if let Some(map) = answer.as_object_mut() {
        map.insert("data".to_owned(), data);
    }
    Ok(Json(answer))
}

async fn stored(app: &App, dashboard: &Dashboard, version: i64) -> Result<(Version, String), ApiError> {
    let found = app.store().version(dashboard.id, version).await?;
    found.ok_or_else(|| ApiError::not_found("Dashboard version not found"))
}

#[derive(Deserialize)]
struct Restore {
    version: i64,
}

/// Brings an old version back as the newest one.
async fn restore(
    State(app): State<App>,
    identity: Identity,
    Path(uid): Path<String>,
    JsonBody(body): JsonBody<Restore>,
) -> Result<Json<Value>, ApiError> {
    identity.require(Role::Editor)?;
    let dashboard = find(&app, &uid).await?;
    let (version, data) = stored(&app, &dashboard, body.version).await?;
    let document: Value =
        serde_json::from_str(&data).map_err(|source| StoreError::Decode { column: "data", source })?;
    let mut content = Content::new(document)?;
    content.map.insert("id".to_owned(), Value::from(dashboard.id));
    content.map.insert("uid".to_owned(), Value::from(dashboard.uid.clone()));
    let options = Options {
        folder_uid: &dashboard.folder_uid,
        message: &format!("Restored from version {}", version.version),
        is_overwrite: true,
        restored_from: version.version,
    };
    Ok(saved_answer(&save(&app, &identity.user.login, content, &options).await?))
}
