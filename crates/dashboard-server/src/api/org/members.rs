//! The members of the organisation and their roles. As there is one organisation, who leaves it leaves the server.

use axum::extract::{Path, State};
use axum::routing::{get, patch};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::accounts::{done, member, person, person_named, role};
use super::super::message;
use super::super::params::Params;
use crate::auth::Identity;
use crate::error::{ApiError, JsonBody};
use crate::repo::ORG_ID;
use crate::repo::members::UserFilter;
use crate::repo::users::Role;
use crate::server::App;

type Answer = Result<Json<Value>, ApiError>;

const LAST_ADMIN: &str = "Cannot remove last organization admin";

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/org/users", get(list).post(add))
        .route("/api/org/users/search", get(search))
        .route("/api/org/users/lookup", get(lookup))
        .route("/api/org/users/{id}", patch(set_role).delete(remove))
        .route("/api/orgs/{org}/users", get(list_of).post(add_to))
        .route("/api/orgs/{org}/users/search", get(search_of))
        .route("/api/orgs/{org}/users/{id}", patch(set_role_in).delete(remove_from))
}

/// The only organisation there is.
pub(super) fn check_org(org: i64) -> Result<(), ApiError> {
    if org == ORG_ID { Ok(()) } else { Err(ApiError::not_found("Organization not found")) }
}

async fn list(State(app): State<App>, identity: Identity, params: Params) -> Answer {
    identity.require(Role::Admin)?;
    let page = params.page(1000, 5000);
    let filter = UserFilter { text: params.get("query").unwrap_or_default(), ..UserFilter::default() };
    let (users, _) = app.store().users(&filter, page.limit, page.offset()).await?;
    let now = app.clock().now();
    Ok(Json(users.iter().map(|user| member(user, now)).collect()))
}

async fn list_of(state: State<App>, identity: Identity, Path(org): Path<i64>, params: Params) -> Answer {
    check_org(org)?;
    list(state, identity, params).await
}

async fn search(State(app): State<App>, identity: Identity, params: Params) -> Answer {
    identity.require(Role::Admin)?;
    let page = params.page(1000, 5000);
    let filter = UserFilter { text: params.get("query").unwrap_or_default(), ..UserFilter::default() };
    let (users, total) = app.store().users(&filter, page.limit, page.offset()).await?;
    let now = app.clock().now();
    let members: Vec<Value> = users.iter().map(|user| member(user, now)).collect();
    Ok(Json(json!({ "totalCount": total, "orgUsers": members, "page": page.number, "perPage": page.limit })))
}

async fn search_of(state: State<App>, identity: Identity, Path(org): Path<i64>, params: Params) -> Answer {
    check_org(org)?;
    search(state, identity, params).await
}

/// Names only, for fields that offer users.
async fn lookup(State(app): State<App>, identity: Identity, params: Params) -> Answer {
    identity.require(Role::Editor)?;
    let page = params.page(1000, 5000);
    let filter = UserFilter { text: params.get("query").unwrap_or_default(), ..UserFilter::default() };
    let (users, _) = app.store().users(&filter, page.limit, page.offset()).await?;
    let names = users
        .iter()
        .map(|user| json!({ "userId": user.id, "uid": user.uid, "login": user.login, "avatarUrl": "" }));
    Ok(Json(names.collect()))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AddBody {
    #[serde(default)]
    login_or_email: String,
    role: String,
}

/// Every user is a member from the start, so there is nobody to add.
async fn add(State(app): State<App>, identity: Identity, JsonBody(body): JsonBody<AddBody>) -> Answer {
    identity.require(Role::Admin)?;
    role(&body.role)?;
    person_named(&app, &body.login_or_email).await?;
    Err(ApiError::conflict("User is already member of this organization"))
}

async fn add_to(
    state: State<App>,
    identity: Identity,
    Path(org): Path<i64>,
    body: JsonBody<AddBody>,
) -> Answer {
    check_org(org)?;
    add(state, identity, body).await
}

#[derive(Deserialize)]
struct RoleBody {
    role: String,
}

async fn set_role(
    State(app): State<App>,
    identity: Identity,
    Path(id): Path<i64>,
    JsonBody(body): JsonBody<RoleBody>,
) -> Answer {
    identity.require(Role::Admin)?;
    let role = role(&body.role)?;
    let user = person(&app, id).await?;
    done(app.store().set_role(id, role).await?, LAST_ADMIN)?;
    tracing::info!(login = user.login, role = role.as_str(), by = identity.user.login, "role changed");
    Ok(message("Organization user updated"))
}

async fn set_role_in(
    state: State<App>,
    identity: Identity,
    Path((org, id)): Path<(i64, i64)>,
    body: JsonBody<RoleBody>,
) -> Answer {
    check_org(org)?;
    set_role(state, identity, Path(id), body).await
}

async fn remove(State(app): State<App>, identity: Identity, Path(id): Path<i64>) -> Answer {
    identity.require(Role::Admin)?;
    let user = person(&app, id).await?;
    // An administrator of the organisation must not be able to remove those of the server.
    if user.is_admin {
        identity.require_server_admin()?;
    }
    done(app.store().delete_user(id).await?, LAST_ADMIN)?;
    tracing::info!(login = user.login, by = identity.user.login, "user deleted");
    Ok(message("User deleted"))
}

async fn remove_from(state: State<App>, identity: Identity, Path((org, id)): Path<(i64, i64)>) -> Answer {
    check_org(org)?;
    remove(state, identity, Path(id)).await
}
