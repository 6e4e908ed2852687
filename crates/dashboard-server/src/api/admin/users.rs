//! The server's users, as its administrators manage them.

use axum::extract::{Path, State};
use axum::routing::{delete, get, post, put};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::accounts::{check_profile, done, hashed, person};
use super::super::message;
use super::super::user::session_list;
use crate::auth::Identity;
use crate::error::{ApiError, JsonBody};
use crate::repo::members::Profile;
use crate::repo::users::NewUser;
use crate::server::App;

type Answer = Result<Json<Value>, ApiError>;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/admin/users", post(add))
        .route("/api/admin/users/{id}", delete(remove))
        .route("/api/admin/users/{id}/password", put(set_password))
        .route("/api/admin/users/{id}/permissions", put(set_permissions))
        .route("/api/admin/users/{id}/disable", post(disable))
        .route("/api/admin/users/{id}/enable", post(enable))
        .route("/api/admin/users/{id}/logout", post(log_out))
        .route("/api/admin/users/{id}/auth-tokens", get(sessions))
        .route("/api/admin/users/{id}/revoke-auth-token", post(revoke_session))
}

#[derive(Deserialize)]
struct NewBody {
    #[serde(default)]
    login: String,
    #[serde(default)]
    email: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    password: String,
}

async fn add(State(app): State<App>, identity: Identity, JsonBody(body): JsonBody<NewBody>) -> Answer {
    identity.require_server_admin()?;
    let (login, email) = (body.login.trim(), body.email.trim());
    if login.is_empty() && email.is_empty() {
        return Err(ApiError::bad_request("Validation error, need specify either username or email"));
    }
    let profile = Profile {
        login: if login.is_empty() { email } else { login },
        email: if email.is_empty() { login } else { email },
        name: body.name.trim(),
    };
    check_profile(&app, &profile, 0).await?;
    let user = NewUser {
        login: profile.login,
        email: profile.email,
        name: profile.name,
        password_hash: &hashed(&app, &body.password).await?,
        is_admin: false,
        is_service_account: false,
        role: app.settings().default_role,
    };
    let id = app.store().add_user(&user, app.clock().now()).await?;
    let added = person(&app, id).await?;
    tracing::info!(login = added.login, by = identity.user.login, "user added");
    Ok(Json(json!({ "id": id, "uid": added.uid, "message": "User created" })))
}

async fn remove(State(app): State<App>, identity: Identity, Path(id): Path<i64>) -> Answer {
    identity.require_server_admin()?;
    let user = person(&app, id).await?;
    done(app.store().delete_user(id).await?, "Cannot remove last organization admin")?;
    tracing::info!(login = user.login, by = identity.user.login, "user deleted");
    Ok(message("User deleted"))
}

#[derive(Deserialize)]
struct PasswordBody {
    #[serde(default)]
    password: String,
}

/// Ends the user's sessions, but not the one that asks.
async fn set_password(
    State(app): State<App>,
    identity: Identity,
    Path(id): Path<i64>,
    JsonBody(body): JsonBody<PasswordBody>,
) -> Answer {
    identity.require_server_admin()?;
    let user = person(&app, id).await?;
    let hash = hashed(&app, &body.password).await?;
    let keep = identity.session_id.filter(|_| identity.user.id == id);
    app.store().set_password(id, &hash, keep, app.clock().now()).await?;
    tracing::info!(login = user.login, by = identity.user.login, "password set");
    Ok(message("User password updated"))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PermissionsBody {
    is_grafana_admin: bool,
}

async fn set_permissions(
    State(app): State<App>,
    identity: Identity,
    Path(id): Path<i64>,
    JsonBody(body): JsonBody<PermissionsBody>,
) -> Answer {
    identity.require_server_admin()?;
    person(&app, id).await?;
    let outcome = app.store().set_server_admin(id, body.is_grafana_admin, app.clock().now()).await?;
    done(outcome, "cannot remove last grafana admin")?;
    Ok(message("User permissions updated"))
}

async fn disable(State(app): State<App>, identity: Identity, Path(id): Path<i64>) -> Answer {
    identity.require_server_admin()?;
    let user = person(&app, id).await?;
    if identity.user.id == id {
        return Err(ApiError::bad_request("You cannot disable yourself"));
    }
    app.store().set_disabled(id, true, app.clock().now()).await?;
    tracing::info!(login = user.login, by = identity.user.login, "user disabled");
    Ok(message("User disabled"))
}

async fn enable(State(app): State<App>, identity: Identity, Path(id): Path<i64>) -> Answer {
    identity.require_server_admin()?;
    person(&app, id).await?;
    app.store().set_disabled(id, false, app.clock().now()).await?;
    Ok(message("User enabled"))
}

async fn log_out(State(app): State<App>, identity: Identity, Path(id): Path<i64>) -> Answer {
    identity.require_server_admin()?;
    if identity.user.id == id {
        return Err(ApiError::bad_request("You cannot logout yourself"));
    }
    person(&app, id).await?;
    app.store().end_sessions(id).await?;
    Ok(message("User logged out"))
}

async fn sessions(State(app): State<App>, identity: Identity, Path(id): Path<i64>) -> Answer {
    identity.require_server_admin()?;
    person(&app, id).await?;
    session_list(&app, &identity, id).await
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Revocation {
    auth_token_id: i64,
}

async fn revoke_session(
    State(app): State<App>,
    identity: Identity,
    Path(id): Path<i64>,
    JsonBody(body): JsonBody<Revocation>,
) -> Answer {
    identity.require_server_admin()?;
    person(&app, id).await?;
    if identity.session_id == Some(body.auth_token_id) {
        return Err(ApiError::bad_request("Cannot revoke active user auth token"));
    }
    if !app.store().end_session(id, body.auth_token_id).await? {
        return Err(ApiError::not_found("User auth token not found"));
    }
    Ok(message("User auth token revoked"))
}
