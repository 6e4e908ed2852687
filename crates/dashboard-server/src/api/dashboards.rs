//! Dashboards: saved, read, deleted; the home page and the list of tags.

mod import;
mod versions;

use std::collections::BTreeMap;

use axum::extract::{Path, State};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::auth::Identity;
use crate::clock::rfc3339;
use crate::dashboards::save::{Options, not_found, save};
use crate::dashboards::{Content, slug};
use crate::error::{ApiError, JsonBody};
use crate::repo::dashboards::Dashboard;
use crate::repo::preferences::OF_THE_ORG;
use crate::repo::users::Role;
use crate::repo::{ORG_ID, StoreError};
use crate::server::App;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/dashboards/db", post(save_route))
        .route("/api/dashboards/uid/{uid}", get(read).delete(delete))
        .route("/api/dashboards/uid/{uid}/permissions", get(permissions).post(set_permissions))
        .route("/api/dashboards/home", get(home))
        .route("/api/dashboards/tags", get(tags))
        .merge(versions::routes())
        .merge(import::routes())
}

/// The dashboard of this uid, or the 404 that says there is none.
pub(super) async fn find(app: &App, uid: &str) -> Result<Dashboard, ApiError> {
    app.store().dashboard(uid).await?.ok_or_else(not_found)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SaveBody {
    dashboard: Value,
    #[serde(default)]
    folder_uid: Option<String>,
    #[serde(default)]
    folder_id: Option<i64>,
    #[serde(default)]
    message: Option<String>,
    #[serde(default)]
    overwrite: bool,
}

async fn save_route(
    State(app): State<App>,
    identity: Identity,
    JsonBody(body): JsonBody<SaveBody>,
) -> Result<Json<Value>, ApiError> {
    identity.require(Role::Editor)?;
    let folder_uid = folder_uid(&app, body.folder_uid, body.folder_id).await?;
    let options = Options {
        folder_uid: &folder_uid,
        message: body.message.as_deref().unwrap_or_default(),
        is_overwrite: body.overwrite,
        restored_from: 0,
    };
    let saved = save(&app, &identity.user.login, Content::new(body.dashboard)?, &options).await?;
    Ok(saved_answer(&saved))
}

fn saved_answer(saved: &Dashboard) -> Json<Value> {
    Json(json!({
        "folderUid": saved.folder_uid,
        "id": saved.id,
        "slug": saved.slug,
        "status": "success",
        "uid": saved.uid,
        "url": saved.url(),
        "version": saved.version,
    }))
}

/// The folder a body names by uid or, as old clients do, by number; `general` is the root.
async fn folder_uid(app: &App, uid: Option<String>, id: Option<i64>) -> Result<String, ApiError> {
    if let Some(uid) = uid.filter(|uid| !uid.is_empty()) {
        return Ok(if uid == "general" { String::new() } else { uid });
    }
    match id.filter(|id| *id > 0) {
        None => Ok(String::new()),
        Some(id) => match app.store().folder_by_id(id).await? {
            Some(folder) => Ok(folder.uid),
            None => Err(ApiError::not_found("folder not found").with_status("not-found")),
        },
    }
}

/// A dashboard as the API gives it: the content as it is stored, and what is known about it.
#[derive(Serialize)]
struct Full {
    meta: Value,
    dashboard: Box<RawValue>,
}

async fn read(
    State(app): State<App>,
    identity: Identity,
    Path(uid): Path<String>,
) -> Result<Json<Full>, ApiError> {
    let dashboard = find(&app, &uid).await?;
    let data = app.store().dashboard_data(dashboard.id).await?.ok_or_else(not_found)?;
    let meta = meta(&app, &dashboard, &identity).await?;
    Ok(Json(Full { meta, dashboard: raw(data)? }))
}

fn raw(data: String) -> Result<Box<RawValue>, ApiError> {
    Ok(RawValue::from_string(data).map_err(|source| StoreError::Decode { column: "data", source })?)
}

async fn meta(app: &App, dashboard: &Dashboard, identity: &Identity) -> Result<Value, ApiError> {
    let folder = match dashboard.folder_uid.as_str() {
        "" => None,
        uid => app.store().folder(uid).await?,
    };
    let can_edit = identity.user.role >= Role::Editor;
    let can_save = can_edit && (!dashboard.is_provisioned() || dashboard.allow_ui_updates);
    let is_starred =
        app.store().stars(identity.user.id).await?.iter().any(|(starred, _)| *starred == dashboard.id);
    let rights = json!({ "canAdd": can_edit, "canEdit": can_edit, "canDelete": can_edit });
    Ok(json!({
        "type": "db",
        "canSave": can_save,
        "canEdit": can_edit,
        "canAdmin": identity.user.role == Role::Admin,
        "canStar": true,
        "canDelete": can_edit && !dashboard.is_provisioned(),
        "isStarred": is_starred,
        "slug": dashboard.slug,
        "url": dashboard.url(),
        "expires": "0001-01-01T00:00:00Z",
        "created": rfc3339(dashboard.created_at),
        "updated": rfc3339(dashboard.updated_at),
        "updatedBy": super::author(&dashboard.updated_by),
        "createdBy": super::author(&dashboard.created_by),
        "version": dashboard.version,
        "hasAcl": false,
        "isFolder": false,
        "apiVersion": "v1beta1",
        "folderId": folder.as_ref().map_or(0, |folder| folder.id),
        "folderUid": dashboard.folder_uid,
        "folderTitle": folder.as_ref().map_or("General", |folder| &folder.title),
        "folderUrl": folder.as_ref().map_or_else(String::new, super::folders::url),
        "provisioned": dashboard.is_provisioned(),
        "provisionedExternalId": dashboard.provisioned_file,
        "annotationsPermissions": { "dashboard": rights, "organization": rights },
    }))
}

async fn delete(
    State(app): State<App>,
    identity: Identity,
    Path(uid): Path<String>,
) -> Result<Json<Value>, ApiError> {
    identity.require(Role::Editor)?;
    let dashboard = find(&app, &uid).await?;
    if dashboard.is_provisioned() {
        return Err(ApiError::bad_request("provisioned dashboard cannot be deleted"));
    }
    app.store().delete_dashboard(dashboard.id).await?;
    tracing::info!(uid, login = identity.user.login, "dashboard deleted");
    Ok(Json(json!({
        "id": dashboard.id,
        "message": format!("Dashboard {} deleted", dashboard.title),
        "title": dashboard.title,
        "uid": dashboard.uid,
    })))
}

/// The dashboard behind `/`: the user's, else the organisation's, else the configured file, else one tagged `home`.
async fn home(State(app): State<App>, identity: Identity) -> Result<Json<Value>, ApiError> {
    for user in [identity.user.id, OF_THE_ORG] {
        let uid = app.store().preferences(user).await?.home_dashboard_uid;
        if !uid.is_empty()
            && let Some(dashboard) = app.store().dashboard(&uid).await?
        {
            return Ok(Json(json!({ "redirectUri": dashboard.url() })));
        }
    }
    if let Some(path) = &app.settings().home_dashboard {
        return home_from_file(path).await;
    }
    let dashboards = app.store().dashboards().await?;
    let tagged = dashboards
        .iter()
        .find(|dashboard| dashboard.is_provisioned() && dashboard.tags().iter().any(|tag| tag == "home"));
    match tagged {
        Some(dashboard) => Ok(Json(json!({ "redirectUri": dashboard.url() }))),
        None => Ok(home_answer(&json!({ "title": "Home", "panels": [], "schemaVersion": 42 }))),
    }
}

async fn home_from_file(path: &std::path::Path) -> Result<Json<Value>, ApiError> {
    let unusable = |error: String| {
        tracing::error!(path = %path.display(), error, "GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH");
        ApiError::new(axum::http::StatusCode::INTERNAL_SERVER_ERROR, "Failed to load home dashboard")
    };
    let text = tokio::fs::read_to_string(path).await.map_err(|error| unusable(error.to_string()))?;
    let dashboard: Value = serde_json::from_str(&text).map_err(|error| unusable(error.to_string()))?;
    Ok(home_answer(&dashboard))
}

fn home_answer(dashboard: &Value) -> Json<Value> {
    let title = dashboard["title"].as_str().unwrap_or("Home");
    let meta = json!({
        "isHome": true, "canSave": false, "canEdit": false, "canAdmin": false, "canStar": false,
        "canDelete": false, "slug": slug(title), "url": "", "folderId": 0, "folderUid": "",
        "folderTitle": "General", "provisioned": false, "provisionedExternalId": "",
    });
    Json(json!({ "meta": meta, "dashboard": dashboard }))
}

async fn tags(State(app): State<App>) -> Result<Json<Value>, ApiError> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for dashboard in app.store().dashboards().await? {
        for tag in dashboard.tags() {
            *counts.entry(tag).or_default() += 1;
        }
    }
    Ok(Json(counts.iter().map(|(term, count)| json!({ "term": term, "count": count })).collect()))
}

async fn permissions(
    State(app): State<App>,
    identity: Identity,
    Path(uid): Path<String>,
) -> Result<Json<Value>, ApiError> {
    identity.require(Role::Editor)?;
    let dashboard = find(&app, &uid).await?;
    Ok(Json(role_permissions(&json!({
        "dashboardId": dashboard.id, "uid": dashboard.uid, "title": dashboard.title, "slug": dashboard.slug,
        "isFolder": false, "url": dashboard.url(),
    }))))
}

async fn set_permissions(
    State(app): State<App>,
    identity: Identity,
    Path(uid): Path<String>,
    JsonBody(body): JsonBody<Value>,
) -> Result<Json<Value>, ApiError> {
    identity.require(Role::Admin)?;
    find(&app, &uid).await?;
    only_role_permissions(&body)?;
    Ok(super::message("Dashboard permissions updated"))
}

/// What the roles of the organisation may do, which is all there is: every dashboard and folder has the same.
pub(super) fn role_permissions(of: &Value) -> Value {
    let items = [("Viewer", 1, "View"), ("Editor", 2, "Edit")].into_iter().map(|(role, level, name)| {
        let mut item = json!({
            "userId": 0, "userLogin": "", "userEmail": "", "teamId": 0, "team": "", "role": role,
            "permission": level, "permissionName": name, "inherited": false, "orgId": ORG_ID,
        });
        if let (Some(item), Some(of)) = (item.as_object_mut(), of.as_object()) {
            item.extend(of.clone());
        }
        item
    });
    items.collect()
}

/// Accepting narrower permissions without enforcing them would be a lie.
pub(super) fn only_role_permissions(body: &Value) -> Result<(), ApiError> {
    let items = body.get("items").and_then(Value::as_array).ok_or_else(|| {
        ApiError::bad_request(
            "bad request data: expected {\"items\":[{\"role\":\"Viewer\",\"permission\":1}]}",
        )
    })?;
    let is_usual = |item: &Value| {
        matches!(
            (item["role"].as_str(), item["permission"].as_i64()),
            (Some("Viewer"), Some(1)) | (Some("Editor"), Some(2)) | (Some("Admin"), Some(4))
        )
    };
    if items.iter().all(is_usual) {
        return Ok(());
    }
    Err(ApiError::bad_request(
        "permissions of single dashboards and folders are not supported: Viewers read, Editors write, everywhere",
    ))
}
