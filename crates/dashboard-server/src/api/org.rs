//! The organisation.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::message;
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
        .route("/api/org/preferences", get(preferences).put(put_preferences).patch(patch_preferences))
}

async fn org() -> Json<Value> {
    let address =
        json!({ "address1": "", "address2": "", "city": "", "zipCode": "", "state": "", "country": "" });
    Json(json!({ "id": ORG_ID, "name": ORG_NAME, "address": address }))
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
