//! The organisation, its members, and what there is none of: teams and permissions of single users.

mod members;

use axum::extract::{Path, State};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::message;
use super::params::Params;
use super::preferences::Change;
use crate::auth::Identity;
use crate::error::{ApiError, JsonBody};
use crate::repo::preferences::{OF_THE_ORG, Preferences};
use crate::repo::users::Role;
use crate::repo::{ORG_ID, ORG_NAME};
use crate::server::App;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/org", get(org))
        .route("/api/orgs", get(orgs))
        .route("/api/orgs/{org}", get(org_by_id))
        .route("/api/orgs/name/{name}", get(org_by_name))
        .route("/api/teams/search", get(teams))
        .route("/api/access-control/user/actions", get(actions))
        .route("/api/access-control/user/permissions", get(actions))
        .route("/api/org/preferences", get(preferences).put(put_preferences).patch(patch_preferences))
        .merge(members::routes())
}

async fn org() -> Json<Value> {
    let address =
        json!({ "address1": "", "address2": "", "city": "", "zipCode": "", "state": "", "country": "" });
    Json(json!({ "id": ORG_ID, "name": ORG_NAME, "address": address }))
}

async fn org_by_id(identity: Identity, Path(id): Path<i64>) -> Result<Json<Value>, ApiError> {
    identity.require(Role::Admin)?;
    members::check_org(id)?;
    Ok(org().await)
}

async fn org_by_name(identity: Identity, Path(name): Path<String>) -> Result<Json<Value>, ApiError> {
    identity.require(Role::Admin)?;
    if name != ORG_NAME {
        return Err(ApiError::not_found("Organization not found"));
    }
    Ok(org().await)
}

async fn teams(params: Params) -> Json<Value> {
    let page = params.page(1000, 5000);
    Json(json!({ "totalCount": 0, "teams": [], "page": page.number, "perPage": page.limit }))
}

/// Roles decide; nobody has permissions beyond them.
async fn actions() -> Json<Value> {
    Json(json!({}))
}

async fn orgs(identity: Identity) -> Result<Json<Value>, ApiError> {
    identity.require(Role::Admin)?;
    Ok(Json(json!([{ "id": ORG_ID, "name": ORG_NAME }])))
}

async fn preferences(State(app): State<App>) -> Result<Json<Preferences>, ApiError> {
    Ok(Json(app.store().preferences(OF_THE_ORG).await?))
}

async fn put_preferences(
    State(app): State<App>,
    identity: Identity,
    JsonBody(change): JsonBody<Change>,
) -> Result<Json<Value>, ApiError> {
    identity.require(Role::Admin)?;
    let after = change.onto(Preferences::default())?;
    app.store().set_preferences(OF_THE_ORG, &after, app.clock().now()).await?;
    Ok(message("Preferences updated"))
}

async fn patch_preferences(
    State(app): State<App>,
    identity: Identity,
    JsonBody(change): JsonBody<Change>,
) -> Result<Json<Value>, ApiError> {
    identity.require(Role::Admin)?;
    let after = change.onto(app.store().preferences(OF_THE_ORG).await?)?;
    app.store().set_preferences(OF_THE_ORG, &after, app.clock().now()).await?;
    Ok(message("Preferences updated"))
}
