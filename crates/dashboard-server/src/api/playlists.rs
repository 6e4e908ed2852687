//! Playlists: dashboards that are shown in turn.

use axum::extract::{Path, State};
use axum::routing::get;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::params::Params;
use crate::auth::Identity;
use crate::clock::rfc3339;
use crate::dashboards::uid as uids;
use crate::error::{ApiError, JsonBody};
use crate::repo::StoreError;
use crate::repo::playlists::Playlist;
use crate::repo::users::Role;
use crate::server::App;

type Answer = Result<Json<Value>, ApiError>;

const PLAYLISTS_MAX: i64 = 1_000;
const NAME_MAX_CHARS: usize = 255;
const ITEMS_MAX: usize = 1_000;
const VALUE_MAX_CHARS: usize = 255;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/playlists", get(list).post(add))
        .route("/api/playlists/{uid}", get(read).put(change).delete(remove))
        .route("/api/playlists/{uid}/items", get(items))
}

fn not_found() -> ApiError {
    ApiError::not_found("Playlist not found")
}

fn describe(playlist: &Playlist) -> Value {
    json!({
        "id": playlist.id,
        "uid": playlist.uid,
        "name": playlist.name,
        "interval": playlist.interval,
        "createdAt": rfc3339(playlist.created_at),
        "updatedAt": rfc3339(playlist.updated_at),
    })
}

fn items_of(playlist: &Playlist) -> Result<Value, ApiError> {
    serde_json::from_str(&playlist.items)
        .map_err(|source| StoreError::Decode { column: "items", source }.into())
}

fn full(playlist: &Playlist) -> Answer {
    let mut described = describe(playlist);
    described["items"] = items_of(playlist)?;
    Ok(Json(described))
}

async fn list(State(app): State<App>, params: Params) -> Answer {
    let limit =
        params.number("limit").filter(|limit| (1..=PLAYLISTS_MAX).contains(limit)).unwrap_or(PLAYLISTS_MAX);
    let found = app.store().playlists(params.get("query").unwrap_or_default(), limit).await?;
    Ok(Json(found.iter().map(describe).collect()))
}

async fn find(app: &App, uid: &str) -> Result<Playlist, ApiError> {
    app.store().playlist(uid).await?.ok_or_else(not_found)
}

async fn read(State(app): State<App>, Path(uid): Path<String>) -> Answer {
    full(&find(&app, &uid).await?)
}

async fn items(State(app): State<App>, Path(uid): Path<String>) -> Answer {
    Ok(Json(items_of(&find(&app, &uid).await?)?))
}

#[derive(Deserialize)]
struct Body {
    #[serde(default)]
    uid: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    interval: String,
    #[serde(default)]
    items: Vec<Item>,
}

/// A dashboard by uid or id, or all with a tag.
#[derive(Debug, Deserialize, Serialize)]
struct Item {
    r#type: String,
    value: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    title: Option<String>,
}

impl Body {
    /// The playlist of this uid with the content of the body, checked.
    fn playlist(&self, uid: String) -> Result<Playlist, ApiError> {
        let name = self.name.trim();
        if name.is_empty() || name.chars().count() > NAME_MAX_CHARS {
            return Err(ApiError::bad_request(format!(
                "a playlist has a name of at most {NAME_MAX_CHARS} characters"
            )));
        }
        if runtime::parse_duration(&self.interval).map_or(true, |interval| interval.is_zero()) {
            return Err(ApiError::bad_request("interval must be a duration such as 5m"));
        }
        let is_known = |item: &Item| {
            matches!(item.r#type.as_str(), "dashboard_by_uid" | "dashboard_by_tag" | "dashboard_by_id")
                && (1..=VALUE_MAX_CHARS).contains(&item.value.chars().count())
                && item.title.as_ref().is_none_or(|title| title.chars().count() <= NAME_MAX_CHARS)
        };
        if self.items.len() > ITEMS_MAX || !self.items.iter().all(is_known) {
            return Err(ApiError::bad_request(format!(
                "a playlist has at most {ITEMS_MAX} items of type dashboard_by_uid, dashboard_by_tag or \
                 dashboard_by_id, each with a value"
            )));
        }
        let items = serde_json::to_string(&self.items)
            .map_err(|source| StoreError::Decode { column: "items", source })?;
        Ok(Playlist {
            id: 0,
            uid,
            name: name.to_owned(),
            interval: self.interval.trim().to_owned(),
            items,
            created_at: 0,
            updated_at: 0,
        })
    }
}

async fn add(State(app): State<App>, identity: Identity, JsonBody(body): JsonBody<Body>) -> Answer {
    identity.require(Role::Editor)?;
    if !body.uid.is_empty() && uids::check(&body.uid).is_err() {
        return Err(ApiError::bad_request("uid must be at most 40 letters, digits, '-' or '_'"));
    }
    let uid = if body.uid.is_empty() { uids::random() } else { body.uid.clone() };
    let playlist = body.playlist(uid)?;
    let known = app.store().playlists("", PLAYLISTS_MAX).await?.len();
    if i64::try_from(known).unwrap_or(i64::MAX) >= PLAYLISTS_MAX {
        return Err(ApiError::forbidden(format!("there are {PLAYLISTS_MAX} playlists: delete some first")));
    }
    if !app.store().add_playlist(&playlist, app.clock().now()).await? {
        return Err(ApiError::conflict("a playlist with the same uid already exists"));
    }
    Ok(Json(describe(&find(&app, &playlist.uid).await?)))
}

async fn change(
    State(app): State<App>,
    identity: Identity,
    Path(uid): Path<String>,
    JsonBody(body): JsonBody<Body>,
) -> Answer {
    identity.require(Role::Editor)?;
    find(&app, &uid).await?;
    let playlist = body.playlist(uid)?;
    if !app.store().change_playlist(&playlist, app.clock().now()).await? {
        return Err(not_found());
    }
    full(&find(&app, &playlist.uid).await?)
}

async fn remove(State(app): State<App>, identity: Identity, Path(uid): Path<String>) -> Answer {
    identity.require(Role::Editor)?;
    if !app.store().delete_playlist(&uid).await? {
        return Err(not_found());
    }
    Ok(Json(json!({})))
}
