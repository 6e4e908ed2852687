//! Service accounts: what programs log in as.

mod tokens;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use super::accounts::role;
use super::params::Params;
use crate::auth::Identity;
use crate::clock::rfc3339;
use crate::dashboards::slug;
use crate::error::{ApiError, JsonBody};
use crate::repo::ORG_ID;
use crate::repo::members::{Profile, UserFilter};
use crate::repo::users::{NewUser, Role, User};
use crate::server::App;

type Answer = Result<Json<Value>, ApiError>;

const NAME_MAX_CHARS: usize = 190;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/serviceaccounts", post(add))
        .route("/api/serviceaccounts/search", get(search))
        .route("/api/serviceaccounts/{id}", get(read).patch(update).delete(remove))
        .merge(tokens::routes())
}

/// The account, for those who may know of it.
async fn find(app: &App, identity: &Identity, id: i64) -> Result<User, ApiError> {
    identity.require(Role::Admin)?;
    let account = app.store().user(id).await?.filter(|user| user.is_service_account);
    account.ok_or_else(|| {
        ApiError::not_found("Service account not found").with_id("serviceaccounts.ErrNotFound")
    })
}

fn describe(account: &User, tokens: i64) -> Value {
    json!({
        "id": account.id,
        "uid": account.uid,
        "name": account.name,
        "login": account.login,
        "orgId": ORG_ID,
        "isDisabled": account.is_disabled,
        "isExternal": false,
        "role": account.role.as_str(),
        "tokens": tokens,
        "avatarUrl": "",
        "accessControl": {},
        "teams": [],
        "createdAt": rfc3339(account.created_at),
        "updatedAt": rfc3339(account.updated_at),
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    name: Option<String>,
    role: Option<String>,
    is_disabled: Option<bool>,
}

impl Body {
    fn name(&self) -> Result<Option<&str>, ApiError> {
        let Some(name) = self.name.as_deref().map(str::trim) else { return Ok(None) };
        if name.is_empty() || name.chars().count() > NAME_MAX_CHARS || name.chars().any(char::is_control) {
            return Err(ApiError::bad_request(format!(
                "name must have 1 to {NAME_MAX_CHARS} characters, none of them control characters"
            )));
        }
        Ok(Some(name))
    }

    fn role(&self) -> Result<Option<Role>, ApiError> {
        self.role.as_deref().filter(|text| !text.is_empty()).map(role).transpose()
    }
}

async fn add(
    State(app): State<App>,
    identity: Identity,
    JsonBody(body): JsonBody<Body>,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    identity.require(Role::Admin)?;
    let name = body.name()?.ok_or_else(|| ApiError::bad_request("bad request data: name is missing"))?;
    let role = body.role()?.unwrap_or(Role::Viewer);
    let login = format!("sa-{ORG_ID}-{}", slug(name));
    if app.store().is_name_taken(&login, &login, 0).await? {
        return Err(ApiError::bad_request("service account already exists")
            .with_id("serviceaccounts.ErrAlreadyExists"));
    }
    let account = NewUser {
        login: &login,
        email: &login,
        name,
        password_hash: "",
        is_admin: false,
        is_service_account: true,
        role,
    };
    let now = app.clock().now();
    let id = app.store().add_user(&account, now).await?;
    if body.is_disabled == Some(true) {
        app.store().set_disabled(id, true, now).await?;
    }
    tracing::info!(login, role = role.as_str(), by = identity.user.login, "service account added");
    Ok((StatusCode::CREATED, Json(describe(&find(&app, &identity, id).await?, 0))))
}

async fn search(State(app): State<App>, identity: Identity, params: Params) -> Answer {
    identity.require(Role::Admin)?;
    let page = params.page(1000, 5000);
    let filter = UserFilter {
        is_service_account: true,
        text: params.get("query").unwrap_or_default(),
        is_disabled: params.flag("disabled").then_some(true),
        has_token_expired_at: params.flag("expiredTokens").then(|| app.clock().now()),
    };
    let (accounts, total) = app.store().users(&filter, page.limit, page.offset()).await?;
    let counts = app.store().token_counts().await?;
    let described: Vec<Value> = accounts
        .iter()
        .map(|account| describe(account, counts.get(&account.id).copied().unwrap_or_default()))
        .collect();
    Ok(Json(json!({
        "totalCount": total, "serviceAccounts": described, "page": page.number, "perPage": page.limit,
    })))
}

async fn read(State(app): State<App>, identity: Identity, Path(id): Path<i64>) -> Answer {
    let account = find(&app, &identity, id).await?;
    let tokens = app.store().tokens_of(id).await?.len();
    Ok(Json(describe(&account, i64::try_from(tokens).unwrap_or(i64::MAX))))
}

async fn update(
    State(app): State<App>,
    identity: Identity,
    Path(id): Path<i64>,
    JsonBody(body): JsonBody<Body>,
) -> Answer {
    let account = find(&app, &identity, id).await?;
    let now = app.clock().now();
    let (name, role) = (body.name()?, body.role()?);
    if let Some(name) = name {
        let profile = Profile { login: &account.login, email: &account.email, name };
        app.store().set_profile(id, &profile, now).await?;
    }
    if let Some(role) = role {
        app.store().set_role(id, role).await?;
    }
    if let Some(is_disabled) = body.is_disabled {
        app.store().set_disabled(id, is_disabled, now).await?;
    }
    let tokens = app.store().tokens_of(id).await?.len();
    let account = describe(&find(&app, &identity, id).await?, i64::try_from(tokens).unwrap_or(i64::MAX));
    Ok(Json(json!({
        "id": id, "name": account["name"], "message": "Service account updated", "serviceaccount": account,
    })))
}

async fn remove(State(app): State<App>, identity: Identity, Path(id): Path<i64>) -> Answer {
    let account = find(&app, &identity, id).await?;
    app.store().delete_user(id).await?;
    tracing::info!(login = account.login, by = identity.user.login, "service account deleted");
    Ok(super::message("Service account deleted"))
}
