//! Tokens of service accounts: shown once, when they are made.

use axum::extract::{Path, State};
use axum::routing::{delete, get};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::json;

use super::super::message;
use super::{Answer, find};
use crate::auth::{Identity, api_token, token};
use crate::clock::rfc3339;
use crate::error::{ApiError, JsonBody};
use crate::server::App;

const NAME_MAX_CHARS: usize = 190;
const TOKENS_MAX: usize = 100;
const LIFE_MAX_SECS: i64 = 100 * 366 * 86_400;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/serviceaccounts/{id}/tokens", get(list).post(add))
        .route("/api/serviceaccounts/{id}/tokens/{token}", delete(remove))
}

async fn list(State(app): State<App>, identity: Identity, Path(id): Path<i64>) -> Answer {
    let account = find(&app, &identity, id).await?;
    let now = app.clock().now();
    let tokens = app.store().tokens_of(id).await?;
    let described = tokens.iter().map(|token| {
        let remaining = token.expires_at.map_or(0, |expires| (expires - now).max(0));
        json!({
            "id": token.id,
            "name": token.name,
            "role": account.role.as_str(),
            "created": rfc3339(token.created_at),
            "expiration": token.expires_at.map(rfc3339),
            "secondsUntilExpiration": remaining,
            "hasExpired": token.is_expired(now),
            "isRevoked": false,
            "lastUsedAt": token.last_used_at.map(rfc3339),
        })
    });
    Ok(Json(described.collect()))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    #[serde(default)]
    name: String,
    #[serde(default)]
    seconds_to_live: i64,
}

async fn add(
    State(app): State<App>,
    identity: Identity,
    Path(id): Path<i64>,
    JsonBody(body): JsonBody<Body>,
) -> Answer {
    let account = find(&app, &identity, id).await?;
    let name = body.name.trim();
    if name.is_empty() || name.chars().count() > NAME_MAX_CHARS || name.chars().any(char::is_control) {
        return Err(ApiError::bad_request(format!(
            "name must have 1 to {NAME_MAX_CHARS} characters, none of them control characters"
        )));
    }
    if !(0..=LIFE_MAX_SECS).contains(&body.seconds_to_live) {
        return Err(ApiError::bad_request("secondsToLive must be 0 (for ever) or a number of seconds")
            .with_id("serviceaccounts.ErrInvalidTokenExpiration"));
    }
    if app.store().tokens_of(id).await?.len() >= TOKENS_MAX {
        return Err(ApiError::bad_request(format!("a service account has at most {TOKENS_MAX} tokens")));
    }
    let now = app.clock().now();
    let expires_at = (body.seconds_to_live > 0).then(|| now + body.seconds_to_live);
    let key = api_token::generate();
    let added = app.store().add_token(id, name, &token::hash(&key), expires_at, now).await?;
    let Some(token_id) = added else {
        return Err(ApiError::conflict(
            "service account token with given name already exists in the organization",
        )
        .with_id("serviceaccounts.ErrTokenAlreadyExists"));
    };
    tracing::info!(account = account.login, token = name, by = identity.user.login, "token added");
    Ok(Json(json!({ "id": token_id, "name": name, "key": key })))
}

async fn remove(State(app): State<App>, identity: Identity, Path((id, token)): Path<(i64, i64)>) -> Answer {
    find(&app, &identity, id).await?;
    if !app.store().delete_token(id, token).await? {
        return Err(ApiError::not_found("service account token not found")
            .with_id("serviceaccounts.ErrTokenNotFound"));
    }
    Ok(message("Service account token deleted"))
}
