//! The user who is logged in: profile, password, preferences, sessions.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, post, put};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use super::accounts::{self, hashed};
use super::message;
use super::preferences::Change;
use super::users::{ProfileBody, change_profile};
use crate::auth::{Identity, client_address, login};
use crate::clock::rfc3339;
use crate::error::{ApiError, JsonBody};
use crate::repo::preferences::Preferences;
use crate::repo::{ORG_ID, ORG_NAME};
use crate::server::App;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/user", get(profile).put(update_profile))
        .route("/api/user/teams", get(teams))
        .route("/api/user/using/{org}", post(use_org))
        .route("/api/user/orgs", get(orgs))
        .route("/api/user/password", put(change_password))
        .route("/api/user/preferences", get(preferences).put(put_preferences).patch(patch_preferences))
        .route("/api/user/auth-tokens", get(sessions))
        .route("/api/user/revoke-auth-token", post(revoke_session))
}

async fn profile(identity: Identity) -> Json<Value> {
    Json(accounts::profile(&identity.user))
}

async fn update_profile(
    State(app): State<App>,
    identity: Identity,
    JsonBody(body): JsonBody<ProfileBody>,
) -> Result<Json<Value>, ApiError> {
    identity.require_person()?;
    change_profile(&app, &identity.user, body).await?;
    Ok(message("User updated"))
}

/// There are no teams.
async fn teams() -> Json<Value> {
    Json(json!([]))
}

/// There is one organisation, so it is in use already.
async fn use_org(Path(org): Path<i64>) -> Result<Json<Value>, ApiError> {
    if org != ORG_ID {
        return Err(ApiError::unauthorized_because("Not a valid organization", "org.not-found"));
    }
    Ok(message("Active organization changed"))
}

async fn orgs(identity: Identity) -> Json<Value> {
    Json(json!([{ "orgId": ORG_ID, "name": ORG_NAME, "role": identity.user.role.as_str() }]))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PasswordChange {
    old_password: String,
    new_password: String,
    confirm_new: Option<String>,
}

/// Asks for the old password again, counts wrong ones like failed logins, and ends the user's other sessions.
async fn change_password(
    State(app): State<App>,
    identity: Identity,
    extensions: axum::http::Extensions,
    JsonBody(change): JsonBody<PasswordChange>,
) -> Result<Json<Value>, ApiError> {
    identity.require_person()?;
    if change.confirm_new.is_some_and(|confirmed| confirmed != change.new_password) {
        return Err(ApiError::bad_request("The new password and its confirmation differ"));
    }
    let address = client_address(&extensions);
    login::authenticate(&app, &identity.user.login, &change.old_password, &address).await.map_err(
        |error| {
            if error.status() == StatusCode::UNAUTHORIZED {
                ApiError::new(StatusCode::UNAUTHORIZED, "Invalid old password")
                    .with_id("password-auth.failed")
            } else {
                error
            }
        },
    )?;
    let hash = hashed(&app, &change.new_password).await?;
    app.store().set_password(identity.user.id, &hash, identity.session_id, app.clock().now()).await?;
    tracing::info!(login = identity.user.login, "password changed");
    Ok(message("User password changed"))
}

async fn preferences(State(app): State<App>, identity: Identity) -> Result<Json<Preferences>, ApiError> {
    Ok(Json(app.store().preferences(identity.user.id).await?))
}

async fn put_preferences(
    State(app): State<App>,
    identity: Identity,
    JsonBody(change): JsonBody<Change>,
) -> Result<Json<Value>, ApiError> {
    let after = change.onto(Preferences::default())?;
    app.store().set_preferences(identity.user.id, &after, app.clock().now()).await?;
    Ok(message("Preferences updated"))
}

async fn patch_preferences(
    State(app): State<App>,
    identity: Identity,
    JsonBody(change): JsonBody<Change>,
) -> Result<Json<Value>, ApiError> {
    let after = change.onto(app.store().preferences(identity.user.id).await?)?;
    app.store().set_preferences(identity.user.id, &after, app.clock().now()).await?;
    Ok(message("Preferences updated"))
}

async fn sessions(State(app): State<App>, identity: Identity) -> Result<Json<Value>, ApiError> {
    identity.require_person()?;
    session_list(&app, &identity, identity.user.id).await
}

/// The sessions of a user, as the user and administrators see them.
pub(super) async fn session_list(app: &App, identity: &Identity, user: i64) -> Result<Json<Value>, ApiError> {
    let rows = app.store().sessions_of(user).await?;
    let items = rows.iter().map(|session| {
        json!({
            "id": session.id,
            "isActive": identity.session_id == Some(session.id),
            "clientIp": session.client_address,
            "browser": session.user_agent,
            "browserVersion": "",
            "os": "",
            "osVersion": "",
            "device": "Other",
            "createdAt": rfc3339(session.created_at),
            "seenAt": rfc3339(session.rotated_at),
        })
    });
    Ok(Json(items.collect()))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Revocation {
    auth_token_id: i64,
}

async fn revoke_session(
    State(app): State<App>,
    identity: Identity,
    JsonBody(revocation): JsonBody<Revocation>,
) -> Result<Json<Value>, ApiError> {
    if identity.session_id == Some(revocation.auth_token_id) {
        return Err(ApiError::bad_request("Cannot revoke active user auth token: log out instead"));
    }
    if !app.store().end_session(identity.user.id, revocation.auth_token_id).await? {
        return Err(ApiError::not_found("User auth token not found"));
    }
    Ok(message("User auth token revoked"))
}
