//! The caller of a request, from its `Authorization` header.

use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

use super::{Authenticator, Caller, TokenError};
use crate::AppError;

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, AppError> {
        caller(parts)?.ok_or_else(|| AppError::unauthorized("log in and send Authorization: Bearer TOKEN"))
    }
}

/// The caller if the request has a token; a bad token is 401 all the same.
#[derive(Debug, Clone)]
pub struct OptionalCaller(pub Option<Caller>);

impl<S: Send + Sync> FromRequestParts<S> for OptionalCaller {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, AppError> {
        caller(parts).map(Self)
    }
}

fn caller(parts: &Parts) -> Result<Option<Caller>, AppError> {
    let Some(value) = parts.headers.get(header::AUTHORIZATION) else {
        return Ok(None);
    };
    let Some(authenticator) = parts.extensions.get::<Authenticator>() else {
        return Err(AppError::internal("this service checks no tokens"));
    };
    let token = value.to_str().ok().and_then(bearer_token).ok_or(TokenError::Invalid)?;
    let caller = authenticator.check(token)?;
    if let Some(user_id) = caller.user_id {
        let span = Span::current();
        span.record("user_id", user_id);
        span.set_attribute("user.id", user_id.to_string());
    }
    Ok(Some(caller))
}

fn bearer_token(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}
