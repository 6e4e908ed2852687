//! Snapshots: a dashboard with the data it showed, under a key. Unlike Grafana's they are for those who can log in.

use axum::extract::{Path, State};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::params::Params;
use crate::auth::{Identity, token};
use crate::clock::rfc3339;
use crate::dashboards::{slug, uid as uids};
use crate::error::{ApiError, JsonBody};
use crate::repo::snapshots::{NewSnapshot, Snapshot};
use crate::repo::users::Role;
use crate::repo::{ORG_ID, StoreError};
use crate::server::App;

type Answer = Result<Json<Value>, ApiError>;

const SNAPSHOTS_MAX: i64 = 1_000;
const NAME_MAX_CHARS: usize = 255;
const KEY_CHARS: usize = 32;
/// What never expires does so in fifty years.
const FOR_EVER_SECS: i64 = 50 * 365 * 86_400;
const GONE: &str = "Snapshot deleted. It might take an hour before it's cleared from any CDN caches.";

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/snapshots", post(add))
        .route("/api/snapshots/{key}", get(read).delete(remove))
        .route("/api/snapshots-delete/{key}", get(remove_by_delete_key))
        .route("/api/dashboard/snapshots", get(list))
        .route("/api/snapshot/shared-options", get(options))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    dashboard: Option<Box<RawValue>>,
    #[serde(default)]
    name: String,
    /// Seconds from now; 0 for never.
    #[serde(default)]
    expires: i64,
    #[serde(default)]
    external: bool,
    #[serde(default)]
    key: String,
    #[serde(default)]
    delete_key: String,
}

async fn add(State(app): State<App>, identity: Identity, JsonBody(body): JsonBody<Body>) -> Answer {
    identity.require(Role::Editor)?;
    if body.external {
        return Err(ApiError::forbidden("External dashboard creation is disabled"));
    }
    let dashboard = body.dashboard.as_ref().filter(|dashboard| dashboard.get().starts_with('{'));
    let dashboard =
        dashboard.ok_or_else(|| ApiError::bad_request("bad request data: dashboard is missing"))?;
    let name = if body.name.trim().is_empty() { "Unnamed snapshot" } else { body.name.trim() };
    if name.chars().count() > NAME_MAX_CHARS {
        return Err(ApiError::bad_request(format!("name is longer than {NAME_MAX_CHARS} characters")));
    }
    let (key, delete_key) = (key_or_random(body.key)?, key_or_random(body.delete_key)?);
    let now = app.clock().now();
    app.store().delete_expired_snapshots(now).await?;
    if app.store().count_snapshots().await? >= SNAPSHOTS_MAX {
        return Err(ApiError::forbidden(format!("there are {SNAPSHOTS_MAX} snapshots: delete some first")));
    }
    let life = if (1..FOR_EVER_SECS).contains(&body.expires) { body.expires } else { FOR_EVER_SECS };
    let snapshot = NewSnapshot {
        key: &key,
        delete_key_hash: &token::hash(&delete_key),
        name,
        user_id: identity.user.id,
        data: dashboard.get(),
        expires_at: now + life,
    };
    let added = app.store().add_snapshot(&snapshot, now).await?;
    let id = added.ok_or_else(|| ApiError::conflict("a snapshot with this key exists"))?;
    let base = app.settings().app_url();
    Ok(Json(json!({
        "id": id,
        "key": key,
        "deleteKey": delete_key,
        "url": format!("{base}dashboard/snapshot/{key}"),
        "deleteUrl": format!("{base}api/snapshots-delete/{delete_key}"),
    })))
}

fn key_or_random(given: String) -> Result<String, ApiError> {
    if given.is_empty() {
        return Ok(uids::letters(KEY_CHARS));
    }
    let is_plain = given.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    if is_plain && (16..=64).contains(&given.len()) {
        return Ok(given);
    }
    Err(ApiError::bad_request("a key has 16 to 64 letters, digits, '-' or '_'"))
}

/// A snapshot as it is read: the dashboard as it was sent.
#[derive(Serialize)]
struct Full {
    meta: Value,
    dashboard: Box<RawValue>,
}

fn not_found() -> ApiError {
    ApiError::not_found("Dashboard snapshot not found")
}

async fn read(State(app): State<App>, Path(key): Path<String>) -> Result<Json<Full>, ApiError> {
    let found = app.store().snapshot(&key, app.clock().now()).await?;
    let (snapshot, data) = found.ok_or_else(not_found)?;
    let dashboard =
        RawValue::from_string(data).map_err(|source| StoreError::Decode { column: "data", source })?;
    let meta = json!({
        "type": "snapshot", "isSnapshot": true, "canSave": false, "canEdit": false, "canAdmin": false,
        "canStar": false, "canDelete": false, "slug": slug(&snapshot.name), "url": "", "version": 0,
        "expires": rfc3339(snapshot.expires_at), "created": rfc3339(snapshot.created_at),
        "updated": rfc3339(snapshot.created_at), "folderId": 0, "folderUid": "", "folderTitle": "",
        "provisioned": false, "hasAcl": false, "isFolder": false,
    });
    Ok(Json(Full { meta, dashboard }))
}

async fn list(State(app): State<App>, identity: Identity, params: Params) -> Answer {
    let limit =
        params.number("limit").filter(|limit| (1..=SNAPSHOTS_MAX).contains(limit)).unwrap_or(SNAPSHOTS_MAX);
    let text = params.get("query").unwrap_or_default();
    let found = app.store().snapshots(text, app.clock().now(), limit).await?;
    let visible = found.iter().filter(|snapshot| {
        identity.user.role >= Role::Editor || (!identity.is_anonymous && snapshot.user_id == identity.user.id)
    });
    Ok(Json(visible.map(|snapshot| describe(&app, snapshot)).collect()))
}

fn describe(app: &App, snapshot: &Snapshot) -> Value {
    json!({
        "id": snapshot.id,
        "name": snapshot.name,
        "key": snapshot.key,
        "orgId": ORG_ID,
        "userId": snapshot.user_id,
        "external": false,
        "externalUrl": "",
        "url": format!("{}dashboard/snapshot/{}", app.settings().app_url(), snapshot.key),
        "expires": rfc3339(snapshot.expires_at),
        "created": rfc3339(snapshot.created_at),
        "updated": rfc3339(snapshot.created_at),
    })
}

async fn remove(State(app): State<App>, identity: Identity, Path(key): Path<String>) -> Answer {
    identity.require(Role::Editor)?;
    let (snapshot, _) = app.store().snapshot(&key, app.clock().now()).await?.ok_or_else(not_found)?;
    app.store().delete_snapshot(snapshot.id).await?;
    Ok(Json(json!({ "message": GONE, "id": snapshot.id })))
}

/// Whoever was given the key may delete, so no role is asked for.
async fn remove_by_delete_key(State(app): State<App>, Path(key): Path<String>) -> Answer {
    let snapshot = app.store().snapshot_by_delete_key(&token::hash(&key)).await?.ok_or_else(not_found)?;
    app.store().delete_snapshot(snapshot.id).await?;
    Ok(Json(json!({ "message": GONE, "id": snapshot.id })))
}

async fn options() -> Json<Value> {
    Json(json!({
        "snapshotEnabled": true, "externalEnabled": false, "externalSnapshotName": "", "externalSnapshotURL": "",
    }))
}
