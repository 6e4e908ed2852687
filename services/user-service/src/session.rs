//! Sessions: tokens that this service issues, takes back and checks for having been taken back.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use serde::Serialize;
use service_kit::{AppError, Caller, Claims, now_ms};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::accounts::{Account, PrivateUser, Status};
use crate::state::Users;

/// The answer to a login.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SessionAnswer {
    /// For `Authorization: Bearer …`
    pub(crate) token: String,
    /// Always `Bearer`
    pub(crate) token_type: &'static str,
    /// Seconds until the token ends
    pub(crate) expires_in: u64,
    pub(crate) user: PrivateUser,
}

/// Issues a token; `session` carries on an earlier one.
pub(crate) fn issue(
    users: &Users,
    account: &Account,
    session: Option<String>,
) -> Result<SessionAnswer, AppError> {
    let now = now_ms() / 1000;
    let expires_in = users.token_lifetime.as_secs();
    let id = || Uuid::new_v4().simple().to_string();
    let token = users.authenticator.sign(&Claims {
        sub: account.id.to_string(),
        email: account.email.clone(),
        role: account.role,
        iat: now,
        exp: now.saturating_add(i64::try_from(expires_in).unwrap_or(i64::MAX)),
        jti: id(),
        sid: session.unwrap_or_else(id),
    })?;
    Ok(SessionAnswer { token, token_type: "Bearer", expires_in, user: account.private() })
}

/// 403 for accounts that were closed.
pub(crate) fn must_be_active(account: &Account) -> Result<(), AppError> {
    match account.status {
        Status::Active => Ok(()),
        Status::Disabled => Err(AppError::new(
            http::StatusCode::FORBIDDEN,
            "ACCOUNT_DISABLED",
            "this account is closed; ask an administrator",
        )),
    }
}

/// Makes a token worthless from now on.
pub(crate) async fn revoke(users: &Users, claims: &Claims) -> Result<(), AppError> {
    users
        .database
        .query("INSERT INTO revoked_tokens (jti, expires_ms) VALUES ($1, $2) ON CONFLICT (jti) DO NOTHING")
        .bind(claims.jti.as_str())
        .bind(claims.exp.saturating_mul(1000))
        .execute()
        .await?;
    Ok(())
}

/// A caller whose token is good and has not been taken back.
#[derive(Debug, Clone)]
pub(crate) struct Session(pub(crate) Caller);

impl Session {
    /// The user's id, or 403 for services: what follows is about the caller's own account.
    pub(crate) fn user_id(&self) -> Result<i64, AppError> {
        self.0.user_id.ok_or_else(|| AppError::forbidden("services have no account"))
    }
}

impl FromRequestParts<Arc<Users>> for Session {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, users: &Arc<Users>) -> Result<Self, AppError> {
        let caller = Caller::from_request_parts(parts, users).await?;
        let revoked = users
            .database
            .query("SELECT jti FROM revoked_tokens WHERE jti = $1")
            .bind(caller.claims.jti.as_str())
            .optional()
            .await?;
        if revoked.is_some() {
            return Err(AppError::new(
                http::StatusCode::UNAUTHORIZED,
                "TOKEN_REVOKED",
                "this session was ended; log in again",
            ));
        }
        Ok(Self(caller))
    }
}
