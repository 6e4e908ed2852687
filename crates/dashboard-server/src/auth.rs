//! Who is asking: passwords, sessions, the guard against guessing, and the checks every request passes.

pub(crate) mod anonymous;
pub(crate) mod api_token;
pub(crate) mod cookies;
pub(crate) mod csrf;
pub(crate) mod login;
pub(crate) mod password;
pub(crate) mod require;
pub(crate) mod session;
pub(crate) mod token;
pub(crate) mod viewers;

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap, header};

use crate::error::ApiError;
use crate::repo::users::{Role, User};

/// The user behind a request that passed [`require::login`].
#[derive(Debug, Clone)]
pub(crate) struct Identity {
    pub(crate) user: User,
    /// The session, unless the request carried its own credentials.
    pub(crate) session_id: Option<i64>,
    /// Nobody logged in, and the server lets visitors look.
    pub(crate) is_anonymous: bool,
}

impl Identity {
    /// Refuses users with a lesser role.
    pub(crate) fn require(&self, role: Role) -> Result<(), ApiError> {
        if self.user.role >= role {
            return Ok(());
        }
        Err(ApiError::access_denied(&format!(
            "You need the role {}; yours is {}",
            role.as_str(),
            self.user.role.as_str()
        )))
    }

    /// Refuses everyone but administrators of the server (and service accounts with the role Admin, as programs manage
    /// users with them).
    pub(crate) fn require_server_admin(&self) -> Result<(), ApiError> {
        if self.user.is_admin || (self.user.is_service_account && self.user.role == Role::Admin) {
            return Ok(());
        }
        Err(ApiError::access_denied("Only administrators of the server may do this"))
    }

    /// Refuses visitors and programs: what follows is about a person's own things.
    pub(crate) fn require_person(&self) -> Result<(), ApiError> {
        if self.is_anonymous {
            return Err(ApiError::unauthorized());
        }
        if self.user.is_service_account {
            return Err(ApiError::forbidden("A service account has no profile, password or sessions"));
        }
        Ok(())
    }
}

impl<S: Sync> FromRequestParts<S> for Identity {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ApiError> {
        parts.extensions.get::<Self>().cloned().ok_or_else(ApiError::unauthorized)
    }
}

/// The peer's address. Forwarding headers are not trusted: anyone can write them.
pub(crate) fn client_address(extensions: &Extensions) -> String {
    extensions
        .get::<ConnectInfo<SocketAddr>>()
        .map_or_else(|| "unknown".to_owned(), |ConnectInfo(address)| address.ip().to_string())
}

/// The browser's name, cut to what is worth keeping.
pub(crate) fn user_agent(headers: &HeaderMap) -> String {
    let text = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    text.chars().take(255).collect()
}
