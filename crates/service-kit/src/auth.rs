//! Tokens: who calls, and what may they do?
//!
//! Tokens are JWTs signed with HS256. All services of a shop share the secret: `JWT_SECRET`, or else a file that the
//! first of them creates.

mod extract;
mod secret;

use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{AppError, Secret, now_ms};

pub use extract::OptionalCaller;
pub use secret::load_or_create as load_or_create_secret;

/// How the secret is given.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct AuthArgs {
    /// Secret that tokens are signed with; default: a file that the services of one data folder share
    #[arg(long, env = "JWT_SECRET", hide_env_values = true, value_name = "SECRET")]
    pub jwt_secret: Option<Secret>,
}

/// What a caller may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// A customer: their own things.
    User,
    /// Everything.
    Admin,
    /// Another service: what it needs on behalf of anybody.
    Service,
}

impl Role {
    /// The name in tokens and databases.
    pub fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Admin => "admin",
            Self::Service => "service",
        }
    }
}

/// What a token says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// The user's id, or the service's name
    pub sub: String,
    /// The user's address
    pub email: String,
    /// What they may do
    pub role: Role,
    /// Issued at, seconds since 1970
    pub iat: i64,
    /// Expires at, seconds since 1970
    pub exp: i64,
    /// The token's own id: what a logout revokes
    pub jti: String,
    /// The session, kept when the token is refreshed
    pub sid: String,
}

/// Why a token is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// It was good once.
    #[error("the token has expired; log in again")]
    Expired,
    /// It was never good: not signed by us, or changed since.
    #[error("the token is not valid")]
    Invalid,
}

impl From<TokenError> for AppError {
    fn from(error: TokenError) -> Self {
        let code = match error {
            TokenError::Expired => "TOKEN_EXPIRED",
            TokenError::Invalid => "TOKEN_INVALID",
        };
        Self::new(http::StatusCode::UNAUTHORIZED, code, error.to_string())
    }
}

/// Issues and checks tokens; cheap to clone.
#[derive(Clone)]
pub struct Authenticator {
    signing: EncodingKey,
    checking: DecodingKey,
}

impl std::fmt::Debug for Authenticator {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Authenticator")
    }
}

impl Authenticator {
    /// With a given secret.
    pub fn new(secret: &Secret) -> Self {
        let bytes = secret.expose().as_bytes();
        Self { signing: EncodingKey::from_secret(bytes), checking: DecodingKey::from_secret(bytes) }
    }

    /// With the secret that the arguments give, or the shop's shared one.
    pub fn from_args(args: &AuthArgs) -> anyhow::Result<Self> {
        Ok(Self::new(&load_or_create_secret(args)?))
    }

    /// Signs `claims`.
    pub fn sign(&self, claims: &Claims) -> Result<String, AppError> {
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), claims, &self.signing)
            .map_err(AppError::internal)
    }

    /// A token for calls that this service makes in its own name, good for a minute.
    pub fn service_token(&self, service: &str) -> Result<String, AppError> {
        let now = now_ms() / 1000;
        let id = uuid::Uuid::new_v4().simple().to_string();
        self.sign(&Claims {
            sub: service.to_owned(),
            email: String::new(),
            role: Role::Service,
            iat: now,
            exp: now + 60,
            jti: id.clone(),
            sid: id,
        })
    }

    /// Checks signature, algorithm and time.
    pub fn check(&self, token: &str) -> Result<Caller, TokenError> {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.leeway = 0;
        validation.set_required_spec_claims(&["exp", "sub"]);
        let data =
            jsonwebtoken::decode::<Claims>(token, &self.checking, &validation).map_err(
                |error| match error.kind() {
                    ErrorKind::ExpiredSignature => TokenError::Expired,
                    _ => TokenError::Invalid,
                },
            )?;
        Caller::new(data.claims, token).ok_or(TokenError::Invalid)
    }
}

/// Who sent a request with a good token. As an extractor: 401 without one.
#[derive(Debug, Clone)]
pub struct Caller {
    /// What the token says.
    pub claims: Claims,
    /// The user's id; `None` when a service calls in its own name.
    pub user_id: Option<i64>,
    /// The token, for passing it on.
    pub token: Secret,
}

impl Caller {
    fn new(claims: Claims, token: &str) -> Option<Self> {
        let user_id = match claims.role {
            Role::Service => None,
            Role::User | Role::Admin => Some(claims.sub.parse().ok().filter(|id| *id > 0)?),
        };
        Some(Self { claims, user_id, token: Secret::new(token) })
    }

    /// True for administrators.
    pub fn is_admin(&self) -> bool {
        self.claims.role == Role::Admin
    }

    /// True when the caller may see and do what belongs to this user.
    pub fn may_act_for(&self, user_id: i64) -> bool {
        self.user_id == Some(user_id) || matches!(self.claims.role, Role::Admin | Role::Service)
    }

    /// 403 unless [`may_act_for`](Self::may_act_for).
    pub fn must_act_for(&self, user_id: i64) -> Result<(), AppError> {
        if self.may_act_for(user_id) {
            Ok(())
        } else {
            Err(AppError::forbidden("this belongs to somebody else"))
        }
    }

    /// 403 unless the caller is an administrator.
    pub fn must_be_admin(&self) -> Result<(), AppError> {
        if self.is_admin() { Ok(()) } else { Err(AppError::forbidden("only administrators may do this")) }
    }

    /// 403 unless the caller is an administrator or another service.
    pub fn must_be_admin_or_service(&self) -> Result<(), AppError> {
        match self.claims.role {
            Role::Admin | Role::Service => Ok(()),
            Role::User => Err(AppError::forbidden("only administrators may do this")),
        }
    }
}

#[cfg(test)]
mod tests;
