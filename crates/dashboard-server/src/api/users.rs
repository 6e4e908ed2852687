//! `/api/users`: the server's users, for its administrators.

use axum::extract::{Path, State};
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use super::accounts::{check_profile, listed, person, person_named, profile};
use super::message;
use super::params::{Page, Params};
use crate::auth::Identity;
use crate::error::{ApiError, JsonBody};
use crate::repo::members::{Profile, UserFilter};
use crate::repo::users::User;
use crate::repo::{ORG_ID, ORG_NAME};
use crate::server::App;

type Answer = Result<Json<Value>, ApiError>;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/users", get(list))
        .route("/api/users/search", get(search))
        .route("/api/users/lookup", get(lookup))
        .route("/api/users/{id}", get(read).put(update))
        .route("/api/users/{id}/orgs", get(orgs))
        .route("/api/users/{id}/teams", get(teams))
}

async fn find(app: &App, identity: &Identity, params: &Params) -> Result<(Vec<User>, i64, Page), ApiError> {
    identity.require_server_admin()?;
    let page = params.page(1000, 5000);
    let filter = UserFilter { text: params.get("query").unwrap_or_default(), ..UserFilter::default() };
    let (users, total) = app.store().users(&filter, page.limit, page.offset()).await?;
    Ok((users, total, page))
}

async fn list(State(app): State<App>, identity: Identity, params: Params) -> Answer {
    let (users, ..) = find(&app, &identity, &params).await?;
    let now = app.clock().now();
    Ok(Json(users.iter().map(|user| listed(user, now)).collect()))
}

async fn search(State(app): State<App>, identity: Identity, params: Params) -> Answer {
    let (users, total, page) = find(&app, &identity, &params).await?;
    let now = app.clock().now();
    let users: Vec<Value> = users.iter().map(|user| listed(user, now)).collect();
    Ok(Json(json!({ "totalCount": total, "users": users, "page": page.number, "perPage": page.limit })))
}

async fn lookup(State(app): State<App>, identity: Identity, params: Params) -> Answer {
    identity.require_server_admin()?;
    Ok(Json(profile(&person_named(&app, params.get("loginOrEmail").unwrap_or_default()).await?)))
}

async fn read(State(app): State<App>, identity: Identity, Path(id): Path<i64>) -> Answer {
    identity.require_server_admin()?;
    Ok(Json(profile(&person(&app, id).await?)))
}

/// What is left out stays as it is.
#[derive(Debug, Deserialize)]
pub(super) struct ProfileBody {
    login: Option<String>,
    email: Option<String>,
    name: Option<String>,
}

async fn update(
    State(app): State<App>,
    identity: Identity,
    Path(id): Path<i64>,
    JsonBody(body): JsonBody<ProfileBody>,
) -> Answer {
    identity.require_server_admin()?;
    let user = person(&app, id).await?;
    change_profile(&app, &user, body).await?;
    Ok(message("User updated"))
}

/// Changes login, address and name.
pub(super) async fn change_profile(app: &App, user: &User, body: ProfileBody) -> Result<(), ApiError> {
    let given =
        |text: Option<String>| text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    let (login, email) = (given(body.login), given(body.email));
    let profile = Profile {
        login: login.as_deref().unwrap_or(&user.login),
        email: email.as_deref().unwrap_or(&user.email),
        name: body.name.as_deref().map_or(user.name.as_str(), str::trim),
    };
    check_profile(app, &profile, user.id).await?;
    Ok(app.store().set_profile(user.id, &profile, app.clock().now()).await?)
}

async fn orgs(State(app): State<App>, identity: Identity, Path(id): Path<i64>) -> Answer {
    identity.require_server_admin()?;
    let user = person(&app, id).await?;
    Ok(Json(json!([{ "orgId": ORG_ID, "name": ORG_NAME, "role": user.role.as_str() }])))
}

/// There are no teams.
async fn teams(State(app): State<App>, identity: Identity, Path(id): Path<i64>) -> Answer {
    identity.require_server_admin()?;
    person(&app, id).await?;
    Ok(Json(json!([])))
}
