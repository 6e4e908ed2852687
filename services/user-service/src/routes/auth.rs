//! Registration and sessions.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use service_kit::{AppError, ErrorBody, Json, Role, Secret, emit};
use utoipa::ToSchema;

use crate::accounts::{Account, Status};
use crate::session::{Session, SessionAnswer, issue, must_be_active, revoke};
use crate::state::Users;
use crate::{attempts, validation};

/// A new account.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Registration {
    email: String,
    /// At least 8 characters, not only letters, not only digits
    password: String,
    name: String,
}

/// A login.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Credentials {
    email: String,
    password: String,
}

/// Whose token it is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Validity {
    pub(crate) valid: bool,
    pub(crate) user_id: i64,
    pub(crate) role: Role,
    pub(crate) status: Status,
}

/// Open an account
#[utoipa::path(post, path = "/auth/register", tag = "auth", request_body = Registration,
    responses((status = 201, body = SessionAnswer), (status = 400, body = ErrorBody),
        (status = 409, description = "The address is taken", body = ErrorBody), (status = 422, body = ErrorBody)))]
#[tracing::instrument(target = "shop", name = "register", skip_all)]
pub(crate) async fn register(
    State(users): State<Arc<Users>>,
    Json(body): Json<Registration>,
) -> Result<(StatusCode, Json<SessionAnswer>), AppError> {
    let email = validation::email(&body.email)?;
    let name = validation::name(&body.name)?;
    validation::new_password(&body.password)?;
    if Account::by_email(&users.database, &email).await?.is_some() {
        return Err(AppError::conflict(
            "EMAIL_TAKEN",
            "there is already an account with this address; log in instead",
        ));
    }
    let hash = users.passwords.hash(&Secret::new(body.password)).await?;
    let account = Account::create(&users.database, &email, &name, &hash).await?;
    let answer = issue(&users, &account, None)?;
    emit!(UserRegistered { user_id = account.id, source = "web" }, "user {} registered", account.id);
    Ok((StatusCode::CREATED, Json(answer)))
}

/// Log in
#[utoipa::path(post, path = "/auth/login", tag = "auth", request_body = Credentials,
    responses((status = 200, body = SessionAnswer), (status = 401, description = "Wrong address or password", body = ErrorBody),
        (status = 403, description = "The account is closed", body = ErrorBody),
        (status = 429, description = "Locked after five wrong passwords", body = ErrorBody)))]
#[tracing::instrument(target = "shop", name = "login", skip_all, fields(shop.login.outcome = tracing::field::Empty))]
pub(crate) async fn login(
    State(users): State<Arc<Users>>,
    Json(body): Json<Credentials>,
) -> Result<Json<SessionAnswer>, AppError> {
    let email = body.email.trim().to_lowercase();
    let email_hash = attempts::email_hash(&email);
    let result = check(&users, &email, &email_hash, Secret::new(body.password)).await;
    let reason = match &result {
        Ok(_) => "succeeded",
        Err((reason, _)) => reason,
    };
    tracing::Span::current().record("shop.login.outcome", reason);
    match result {
        Ok(account) => {
            let answer = issue(&users, &account, None)?;
            emit!(
                UserLoginSucceeded { user_id = account.id, method = "password", email_hash },
                "user {} logged in", account.id
            );
            Ok(Json(answer))
        }
        Err((reason, error)) => {
            if error.status.is_client_error() {
                emit!(UserLoginFailed { reason, method = "password", email_hash }, "login refused: {reason}");
            }
            Err(error)
        }
    }
}

/// The account behind the credentials, or why not. Lock, password and count are looked at in one turn, so that
/// many guesses at once count like as many in a row.
async fn check(
    users: &Users,
    email: &str,
    email_hash: &str,
    password: Secret,
) -> Result<Account, (&'static str, AppError)> {
    let internal = |error: AppError| ("error", error);
    if email.len() > 254 || password.expose().len() > 1024 {
        return Err(("unknown_user", wrong_credentials()));
    }
    let turn = users.passwords.turn().await.map_err(internal)?;
    attempts::check_lock(users, email_hash)
        .await
        .map_err(|error| (if error.status.is_client_error() { "locked" } else { "error" }, error))?;
    let account = Account::by_email(&users.database, email).await.map_err(internal)?;
    let hash = account.as_ref().map(|account| account.password_hash.clone());
    let right = turn.verify(&password, hash).await.map_err(internal)?;
    let Some(account) = account.filter(|_| right) else {
        attempts::count_failure(users, email_hash).await.map_err(internal)?;
        return Err(("bad_password", wrong_credentials()));
    };
    must_be_active(&account).map_err(|error| ("disabled", error))?;
    attempts::forget(users, email_hash).await.map_err(internal)?;
    Ok(account)
}

/// The same for an unknown address and a wrong password.
fn wrong_credentials() -> AppError {
    AppError::new(StatusCode::UNAUTHORIZED, "INVALID_CREDENTIALS", "the address or the password is wrong")
}

/// End the session
#[utoipa::path(post, path = "/auth/logout", tag = "auth", security(("bearer" = [])),
    responses((status = 204), (status = 401, body = ErrorBody)))]
#[tracing::instrument(target = "shop", name = "logout", skip_all)]
pub(crate) async fn logout(
    State(users): State<Arc<Users>>,
    session: Session,
) -> Result<StatusCode, AppError> {
    let user_id = session.user_id()?;
    revoke(&users, &session.0.claims).await?;
    emit!(UserLogout { user_id }, "user {user_id} logged out");
    Ok(StatusCode::NO_CONTENT)
}

/// Get a new token for the old one, which ends
#[utoipa::path(post, path = "/auth/refresh", tag = "auth", security(("bearer" = [])),
    responses((status = 200, body = SessionAnswer), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody)))]
#[tracing::instrument(target = "shop", name = "refresh_session", skip_all)]
pub(crate) async fn refresh(
    State(users): State<Arc<Users>>,
    session: Session,
) -> Result<Json<SessionAnswer>, AppError> {
    let account = Account::by_id(&users.database, session.user_id()?).await?;
    must_be_active(&account)?;
    let answer = issue(&users, &account, Some(session.0.claims.sid.clone()))?;
    revoke(&users, &session.0.claims).await?;
    Ok(Json(answer))
}

/// Ask whether a token is good
#[utoipa::path(post, path = "/auth/validate", tag = "auth", security(("bearer" = [])),
    responses((status = 200, body = Validity), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody)))]
#[tracing::instrument(target = "shop", name = "validate_token", skip_all)]
pub(crate) async fn validate(
    State(users): State<Arc<Users>>,
    session: Session,
) -> Result<Json<Validity>, AppError> {
    let account = Account::by_id(&users.database, session.user_id()?).await?;
    Ok(Json(validity(&account)))
}

/// What others may rely on about an account.
pub(crate) fn validity(account: &Account) -> Validity {
    Validity {
        valid: account.status == Status::Active,
        user_id: account.id,
        role: account.role,
        status: account.status,
    }
}
