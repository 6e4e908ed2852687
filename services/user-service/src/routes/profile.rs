//! Profiles.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use serde::Deserialize;
use service_kit::{AppError, ErrorBody, Id, Json, OptionalCaller, Page, PageParams, Params, emit};
use utoipa::ToSchema;

use super::auth::{Validity, validity};
use crate::accounts::{Account, PrivateUser, PublicUser};
use crate::session::Session;
use crate::state::Users;
use crate::validation;

/// What changes; the rest stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProfileChange {
    name: Option<String>,
    email: Option<String>,
}

/// One's own account
#[utoipa::path(get, path = "/users/me", tag = "users", security(("bearer" = [])),
    responses((status = 200, body = PrivateUser), (status = 401, body = ErrorBody)))]
#[tracing::instrument(target = "shop", name = "get_profile", skip_all)]
pub(crate) async fn me(
    State(users): State<Arc<Users>>,
    session: Session,
) -> Result<Json<PrivateUser>, AppError> {
    Ok(Json(Account::by_id(&users.database, session.user_id()?).await?.private()))
}

/// Change one's own account
#[utoipa::path(patch, path = "/users/me", tag = "users", security(("bearer" = [])), request_body = ProfileChange,
    responses((status = 200, body = PrivateUser), (status = 401, body = ErrorBody),
        (status = 409, description = "The address is taken", body = ErrorBody), (status = 422, body = ErrorBody)))]
#[tracing::instrument(target = "shop", name = "update_profile", skip_all)]
pub(crate) async fn change_me(
    State(users): State<Arc<Users>>,
    session: Session,
    Json(change): Json<ProfileChange>,
) -> Result<Json<PrivateUser>, AppError> {
    let mut account = Account::by_id(&users.database, session.user_id()?).await?;
    let mut changed = Vec::new();
    if let Some(name) = change.name {
        account.name = validation::name(&name)?;
        changed.push("name");
    }
    if let Some(email) = change.email {
        account.email = validation::email(&email)?;
        changed.push("email");
    }
    if changed.is_empty() {
        return Err(AppError::unprocessable("NOTHING_TO_CHANGE", "send name, email or both"));
    }
    account.save(&users.database).await?;
    let changed = changed.join(",");
    emit!(UserProfileUpdated { user_id = account.id, changed }, "user {} changed the profile", account.id);
    Ok(Json(account.private()))
}

/// An account as others see it
#[utoipa::path(get, path = "/users/{id}", tag = "users", params(("id" = i64, Path)),
    responses((status = 200, body = PublicUser), (status = 404, body = ErrorBody)))]
#[tracing::instrument(target = "shop", name = "get_user", skip_all)]
pub(crate) async fn user(
    State(users): State<Arc<Users>>,
    Id(id): Id,
    OptionalCaller(caller): OptionalCaller,
) -> Result<Json<PublicUser>, AppError> {
    // A cache that misses now and then.
    users.imperfection.delay(0.01, Duration::from_millis(80)..Duration::from_millis(400)).await;
    let account = Account::by_id(&users.database, id).await?;
    let with_private_part = caller.is_some_and(|caller| caller.may_act_for(id));
    Ok(Json(account.public(with_private_part)))
}

/// Ask whether there is such a user and whether they may buy
#[utoipa::path(get, path = "/users/{id}/validate", tag = "users", params(("id" = i64, Path)),
    responses((status = 200, body = Validity), (status = 404, body = ErrorBody)))]
#[tracing::instrument(target = "shop", name = "check_user", skip_all)]
pub(crate) async fn validate_user(
    State(users): State<Arc<Users>>,
    Id(id): Id,
) -> Result<Json<Validity>, AppError> {
    users.imperfection.delay(0.01, Duration::from_millis(80)..Duration::from_millis(400)).await;
    Ok(Json(validity(&Account::by_id(&users.database, id).await?)))
}

/// All accounts, for administrators
#[utoipa::path(get, path = "/users", tag = "users", security(("bearer" = [])), params(PageParams),
    responses((status = 200, body = Page<PrivateUser>), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody)))]
#[tracing::instrument(target = "shop", name = "list_users", skip_all)]
pub(crate) async fn list(
    State(users): State<Arc<Users>>,
    session: Session,
    Params(params): Params<PageParams>,
) -> Result<Json<Page<PrivateUser>>, AppError> {
    session.0.must_be_admin()?;
    let (page, limit, offset) = params.checked()?;
    let (accounts, total) = Account::list(&users.database, limit, offset).await?;
    Ok(Json(Page { items: accounts.iter().map(Account::private).collect(), total, page, limit }))
}
