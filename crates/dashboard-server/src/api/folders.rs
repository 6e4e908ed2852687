//! Folders: a tree of at most four levels.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use super::dashboards::{only_role_permissions, role_permissions};
use super::message;
use super::params::Params;
use crate::auth::Identity;
use crate::clock::rfc3339;
use crate::dashboards::{slug, uid as uids};
use crate::error::{ApiError, JsonBody};
use crate::repo::folders::{Folder, NewFolder};
use crate::repo::users::Role;
use crate::repo::{ORG_ID, Result as StoreResult};
use crate::server::App;

const DEPTH_MAX: usize = 4;
const TITLE_MAX_CHARS: usize = 255;
const DESCRIPTION_MAX_CHARS: usize = 2000;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/folders", get(list).post(create))
        .route("/api/folders/{uid}", get(read).put(update).delete(delete))
        .route("/api/folders/id/{id}", get(read_by_id))
        .route("/api/folders/{uid}/move", post(move_to))
        .route("/api/folders/{uid}/counts", get(counts))
        .route("/api/folders/{uid}/permissions", get(permissions).post(set_permissions))
}

/// Where the interface shows a folder.
pub(super) fn url(folder: &Folder) -> String {
    format!("/dashboards/f/{}/{}", folder.uid, slug(&folder.title))
}

async fn find(app: &App, uid: &str) -> Result<Folder, ApiError> {
    app.store().folder(uid).await?.ok_or_else(not_found)
}

fn not_found() -> ApiError {
    ApiError::not_found("folder not found").with_status("not-found")
}

fn root_or(uid: &str) -> &str {
    if uid == "general" { "" } else { uid }
}

async fn list(State(app): State<App>, params: Params) -> Result<Json<Vec<Value>>, ApiError> {
    let parent = root_or(params.get("parentUid").unwrap_or_default());
    if !parent.is_empty() {
        find(&app, parent).await?;
    }
    let folders = app.store().folders().await?;
    let children = folders.iter().filter(|folder| folder.parent_uid == parent).map(|folder| {
        let mut item = json!({ "id": folder.id, "uid": folder.uid, "title": folder.title });
        if let Some(map) = item.as_object_mut().filter(|_| !parent.is_empty()) {
            map.insert("parentUid".to_owned(), parent.into());
        }
        item
    });
    Ok(Json(params.page(1000, 1000).of(children).collect()))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Create {
    #[serde(default)]
    uid: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    parent_uid: String,
}

async fn create(
    State(app): State<App>,
    identity: Identity,
    JsonBody(body): JsonBody<Create>,
) -> Result<Json<Value>, ApiError> {
    identity.require(Role::Editor)?;
    let uid = if body.uid.is_empty() { uids::random() } else { body.uid };
    let title = checked_title(&body.title)?;
    check_description(&body.description)?;
    if uid == "general" || uids::check(&uid).is_err() {
        return Err(ApiError::bad_request(
            "uid must be at most 40 letters, digits, '-' or '_', and not general",
        ));
    }
    let parent_uid = root_or(&body.parent_uid);
    if !parent_uid.is_empty() && ancestors(&app, parent_uid).await?.len() >= DEPTH_MAX {
        return Err(too_deep());
    }
    let folder =
        NewFolder { uid: &uid, title, description: &body.description, parent_uid, by: &identity.user.login };
    if !app.store().add_folder(&folder, app.clock().now()).await? {
        return Err(match app.store().folder(&uid).await? {
            Some(_) => ApiError::conflict("a folder/dashboard with the same uid already exists"),
            None => same_title(),
        });
    }
    Ok(Json(describe(&app, &find(&app, &uid).await?, &identity).await?))
}

fn checked_title(title: &str) -> Result<&str, ApiError> {
    let title = title.trim();
    if title.is_empty() {
        return Err(ApiError::bad_request("folder title cannot be empty").with_status("empty-name"));
    }
    if title.chars().count() > TITLE_MAX_CHARS {
        return Err(ApiError::bad_request(format!(
            "folder title is longer than {TITLE_MAX_CHARS} characters"
        )));
    }
    Ok(title)
}

fn check_description(description: &str) -> Result<(), ApiError> {
    if description.chars().count() > DESCRIPTION_MAX_CHARS {
        return Err(ApiError::bad_request(format!(
            "description is longer than {DESCRIPTION_MAX_CHARS} characters"
        )));
    }
    Ok(())
}

fn same_title() -> ApiError {
    ApiError::conflict("a folder with the same name already exists in the current location")
}

fn too_deep() -> ApiError {
    ApiError::bad_request(format!("folders may be nested {DEPTH_MAX} levels deep"))
}

/// The folder and those around it, from the inside out.
async fn ancestors(app: &App, uid: &str) -> Result<Vec<Folder>, ApiError> {
    let mut chain = vec![find(app, uid).await?];
    while let Some(outer) = chain.last().filter(|folder| !folder.parent_uid.is_empty()) {
        match app.store().folder(&outer.parent_uid).await? {
            Some(folder) if chain.len() < DEPTH_MAX * 2 => chain.push(folder),
            _ => break,
        }
    }
    Ok(chain)
}

async fn describe(app: &App, folder: &Folder, identity: &Identity) -> Result<Value, ApiError> {
    let mut answer = item(folder, identity);
    if !folder.parent_uid.is_empty() {
        let parents: Vec<Value> = ancestors(app, &folder.uid)
            .await?
            .iter()
            .skip(1)
            .rev()
            .map(|parent| item(parent, identity))
            .collect();
        if let Some(map) = answer.as_object_mut() {
            map.insert("parentUid".to_owned(), folder.parent_uid.clone().into());
            map.insert("parents".to_owned(), parents.into());
        }
    }
    Ok(answer)
}

fn item(folder: &Folder, identity: &Identity) -> Value {
    let can_edit = identity.user.role >= Role::Editor;
    json!({
        "id": folder.id, "uid": folder.uid, "orgId": ORG_ID, "title": folder.title, "url": url(folder),
        "description": folder.description, "hasAcl": false, "canSave": can_edit, "canEdit": can_edit,
        "canAdmin": identity.user.role == Role::Admin, "canDelete": can_edit,
        "createdBy": super::author(&folder.created_by), "created": rfc3339(folder.created_at),
        "updatedBy": super::author(&folder.updated_by), "updated": rfc3339(folder.updated_at),
        "version": folder.version,
    })
}

async fn read(
    State(app): State<App>,
    identity: Identity,
    Path(uid): Path<String>,
) -> Result<Json<Value>, ApiError> {
    if uid == "general" {
        return Ok(Json(json!({
            "id": 0, "uid": "general", "orgId": ORG_ID, "title": "Dashboards", "url": "/dashboards",
            "hasAcl": false, "canSave": identity.user.role >= Role::Editor,
            "canEdit": identity.user.role >= Role::Editor, "canAdmin": identity.user.role == Role::Admin,
            "canDelete": false, "version": 0,
        })));
    }
    Ok(Json(describe(&app, &find(&app, &uid).await?, &identity).await?))
}

async fn read_by_id(
    State(app): State<App>,
    identity: Identity,
    Path(id): Path<i64>,
) -> Result<Json<Value>, ApiError> {
    let folder = app.store().folder_by_id(id).await?.ok_or_else(not_found)?;
    Ok(Json(describe(&app, &folder, &identity).await?))
}

#[derive(Deserialize)]
struct Update {
    #[serde(default)]
    title: Option<String>,
    #[serde(default)]
    description: Option<String>,
    #[serde(default)]
    version: Option<i64>,
    #[serde(default)]
    overwrite: bool,
}

async fn update(
    State(app): State<App>,
    identity: Identity,
    Path(uid): Path<String>,
    JsonBody(body): JsonBody<Update>,
) -> Result<Json<Value>, ApiError> {
    identity.require(Role::Editor)?;
    let mut folder = find(&app, &uid).await?;
    if !body.overwrite && body.version != Some(folder.version) {
        return Err(changed());
    }
    if let Some(title) = &body.title {
        folder.title = checked_title(title)?.to_owned();
    }
    if let Some(description) = body.description {
        check_description(&description)?;
        folder.description = description;
    }
    write(&app, &folder, &identity).await?;
    Ok(Json(describe(&app, &find(&app, &uid).await?, &identity).await?))
}

fn changed() -> ApiError {
    ApiError::new(StatusCode::PRECONDITION_FAILED, "the folder has been changed by someone else")
        .with_status("version-mismatch")
}

async fn write(app: &App, folder: &Folder, identity: &Identity) -> Result<(), ApiError> {
    let beside = app.store().folder_by_title(&folder.parent_uid, &folder.title).await?;
    if beside.is_some_and(|beside| beside.id != folder.id) {
        return Err(same_title());
    }
    if app.store().update_folder(folder, &identity.user.login, app.clock().now()).await? {
        Ok(())
    } else {
        Err(changed())
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Move {
    #[serde(default)]
    parent_uid: String,
}

async fn move_to(
    State(app): State<App>,
    identity: Identity,
    Path(uid): Path<String>,
    JsonBody(body): JsonBody<Move>,
) -> Result<Json<Value>, ApiError> {
    identity.require(Role::Editor)?;
    let mut folder = find(&app, &uid).await?;
    let parent_uid = root_or(&body.parent_uid).to_owned();
    if !parent_uid.is_empty() {
        let above = ancestors(&app, &parent_uid).await?;
        if above.iter().any(|ancestor| ancestor.uid == uid) {
            return Err(ApiError::bad_request("a folder cannot be moved into itself or below itself"));
        }
        let height = height(&app.store().folders().await?, &uid);
        if above.len() + height > DEPTH_MAX {
            return Err(too_deep());
        }
    }
    folder.parent_uid = parent_uid;
    write(&app, &folder, &identity).await?;
    Ok(Json(describe(&app, &find(&app, &uid).await?, &identity).await?))
}

/// How many levels the folder and what is in it have.
fn height(folders: &[Folder], uid: &str) -> usize {
    let mut level = vec![uid.to_owned()];
    let mut height = 0;
    while !level.is_empty() && height <= DEPTH_MAX {
        height += 1;
        level = children(folders, &level);
    }
    height
}

fn children(folders: &[Folder], of: &[String]) -> Vec<String> {
    let is_child = |folder: &&Folder| of.contains(&folder.parent_uid);
    folders.iter().filter(is_child).map(|folder| folder.uid.clone()).collect()
}

/// The folder's uid and those of all folders below it.
async fn subtree(app: &App, uid: &str) -> StoreResult<Vec<String>> {
    let folders = app.store().folders().await?;
    let mut all = vec![uid.to_owned()];
    let mut level = all.clone();
    while !level.is_empty() {
        level = children(&folders, &level);
        level.retain(|uid| !all.contains(uid));
        all.extend(level.iter().cloned());
    }
    Ok(all)
}

async fn counts(State(app): State<App>, Path(uid): Path<String>) -> Result<Json<Value>, ApiError> {
    find(&app, &uid).await?;
    let tree = subtree(&app, &uid).await?;
    let dashboards = app.store().dashboards().await?;
    let inside = dashboards.iter().filter(|dashboard| tree.contains(&dashboard.folder_uid)).count();
    Ok(Json(json!({
        "folder": tree.len() - 1, "dashboard": inside, "librarypanel": 0, "alertrule": 0,
    })))
}

/// Deletes the folder with all that is in it; what files provision stays where the files say.
async fn delete(
    State(app): State<App>,
    identity: Identity,
    Path(uid): Path<String>,
) -> Result<Json<Value>, ApiError> {
    identity.require(Role::Editor)?;
    let folder = find(&app, &uid).await?;
    let tree = subtree(&app, &uid).await?;
    let dashboards = app.store().dashboards().await?;
    let provisioned = dashboards
        .iter()
        .find(|dashboard| dashboard.is_provisioned() && tree.contains(&dashboard.folder_uid));
    if let Some(dashboard) = provisioned {
        return Err(ApiError::bad_request(format!(
            "folder cannot be deleted: it holds the provisioned dashboard {}",
            dashboard.title
        )));
    }
    app.store().delete_folders(&tree).await?;
    tracing::info!(uid, login = identity.user.login, "folder deleted");
    Ok(Json(json!({
        "id": folder.id, "uid": folder.uid, "title": folder.title,
        "message": format!("Folder {} deleted", folder.title),
    })))
}

async fn permissions(
    State(app): State<App>,
    identity: Identity,
    Path(uid): Path<String>,
) -> Result<Json<Value>, ApiError> {
    identity.require(Role::Editor)?;
    let folder = find(&app, &uid).await?;
    Ok(Json(role_permissions(&json!({
        "id": folder.id, "uid": folder.uid, "title": folder.title, "slug": slug(&folder.title),
        "isFolder": true, "url": url(&folder),
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
    Ok(message("Folder permissions updated"))
}
