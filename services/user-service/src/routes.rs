//! The HTTP interface.

mod auth;
mod favorites;
mod preferences;
mod profile;

use std::sync::Arc;

use axum::Router;
use axum::routing::{delete, get, post};
use service_kit::{BearerAuth, ErrorBody};
use utoipa::OpenApi;

use crate::state::Users;

#[derive(OpenApi)]
#[openapi(
    info(title = "user-service", description = "Accounts, sessions, preferences and favourites of the shop"),
    modifiers(&BearerAuth),
    components(schemas(ErrorBody)),
    paths(
        auth::register, auth::login, auth::logout, auth::refresh, auth::validate,
        profile::me, profile::change_me, profile::user, profile::validate_user, profile::list,
        favorites::list, favorites::add, favorites::remove,
        preferences::read, preferences::replace,
    )
)]
struct Document;

/// All routes and their description.
pub(crate) fn all(users: Arc<Users>) -> (Router, utoipa::openapi::OpenApi) {
    let router = Router::new()
        .route("/auth/register", post(auth::register))
        .route("/auth/login", post(auth::login))
        .route("/auth/logout", post(auth::logout))
        .route("/auth/refresh", post(auth::refresh))
        .route("/auth/validate", post(auth::validate))
        .route("/users", get(profile::list))
        .route("/users/me", get(profile::me).patch(profile::change_me))
        .route("/users/{id}", get(profile::user))
        .route("/users/{id}/validate", get(profile::validate_user))
        .route("/users/{id}/favorites", get(favorites::list).post(favorites::add))
        .route("/users/{id}/favorites/{product_id}", delete(favorites::remove))
        .route("/users/{id}/preferences", get(preferences::read).put(preferences::replace))
        .with_state(users);
    (router, Document::openapi())
}
