//! One error type for handlers and one body for clients, whatever went wrong.

use std::borrow::Cow;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::ClientError;

/// The text that clients see for every failure on our side; the cause is in the log under the trace id.
const INTERNAL: &str = "something went wrong on our side; the trace id leads to the details";

/// What a handler answers when it can't do what was asked. Its parts are reached as if they were its own fields.
#[derive(Debug, Clone, thiserror::Error)]
#[error(transparent)]
pub struct AppError(Box<ErrorParts>);

/// The parts of an [`AppError`]; apart from it, so that results stay small.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{status} {code}: {message}")]
pub struct ErrorParts {
    /// The HTTP status.
    pub status: StatusCode,
    /// A stable code for programs, such as `OUT_OF_STOCK`.
    pub code: Cow<'static, str>,
    /// One sentence for people.
    pub message: String,
    /// More about it for programs; `null` is left out.
    pub details: Value,
    /// Seconds to wait before trying again.
    pub retry_after_secs: Option<u64>,
    #[source]
    cause: Option<Arc<dyn std::error::Error + Send + Sync>>,
}

impl Deref for AppError {
    type Target = ErrorParts;

    fn deref(&self) -> &ErrorParts {
        &self.0
    }
}

impl DerefMut for AppError {
    fn deref_mut(&mut self) -> &mut ErrorParts {
        &mut self.0
    }
}

/// Shorthand for the details of an error.
pub type Details = Value;

impl AppError {
    /// An error with this status, code and message.
    pub fn new(status: StatusCode, code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self(Box::new(ErrorParts {
            status,
            code: code.into(),
            message: message.into(),
            details: Value::Null,
            retry_after_secs: None,
            cause: None,
        }))
    }

    /// 400: the request can't be understood.
    pub fn bad_request(code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    /// 400: a query parameter has no usable value.
    pub fn bad_parameter(name: &str, problem: &str) -> Self {
        Self::bad_request("INVALID_PARAMETER", format!("{name} {problem}"))
            .with_details(serde_json::json!({"field": name}))
    }

    /// 422: a field of the body has no usable value.
    pub fn invalid_field(field: &str, problem: &str) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "INVALID_FIELD", format!("{field} {problem}"))
            .with_details(serde_json::json!({"field": field}))
    }

    /// 422 with another code.
    pub fn unprocessable(code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, code, message)
    }

    /// 401: who asks is not known.
    pub fn unauthorized(message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "UNAUTHORIZED", message)
    }

    /// 403: who asks may not do this.
    pub fn forbidden(message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "FORBIDDEN", message)
    }

    /// 404: there is no such thing.
    pub fn not_found(code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, code, message)
    }

    /// 409: it can't be done in the present state.
    pub fn conflict(code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, code, message)
    }

    /// 500 with a cause for the log that clients don't see.
    pub fn internal(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        let mut error = Self::new(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL", INTERNAL);
        error.cause = Some(Arc::from(cause.into()));
        error
    }

    /// 503: try again later.
    pub fn unavailable(
        code: impl Into<Cow<'static, str>>,
        message: impl Into<String>,
        retry_after_secs: u64,
    ) -> Self {
        let mut error = Self::new(StatusCode::SERVICE_UNAVAILABLE, code, message);
        error.retry_after_secs = Some(retry_after_secs);
        error
    }

    /// The same with details for programs.
    #[must_use]
    pub fn with_details(mut self, details: Details) -> Self {
        self.details = details;
        self
    }

    /// The same with `Retry-After`.
    #[must_use]
    pub fn with_retry_after(mut self, seconds: u64) -> Self {
        self.retry_after_secs = Some(seconds);
        self
    }

    /// The same with a cause for the log.
    #[must_use]
    pub fn with_cause(mut self, cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.cause = Some(Arc::from(cause.into()));
        self
    }

    /// What the log says: the chain of causes, else the message.
    pub fn log_text(&self) -> String {
        let mut text = String::new();
        let mut next: Option<&(dyn std::error::Error + 'static)> = match &self.cause {
            Some(cause) => Some(cause.as_ref()),
            None => return self.message.clone(),
        };
        while let Some(error) = next {
            if !text.is_empty() {
                text.push_str(": ");
            }
            text.push_str(&error.to_string());
            next = error.source();
        }
        text
    }

    pub(crate) fn body(&self, trace_id: String, request_id: String) -> ErrorBody {
        ErrorBody {
            error: ErrorContent {
                code: self.code.clone().into_owned(),
                message: self.message.clone(),
                details: self.details.clone(),
            },
            trace_id,
            request_id,
        }
    }
}

/// The body of every answer from 400 up.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ErrorBody {
    /// What went wrong
    pub error: ErrorContent,
    /// The trace to look at, 32 hexadecimal digits
    #[serde(default)]
    pub trace_id: String,
    /// The request's id
    #[serde(default)]
    pub request_id: String,
}

/// What went wrong.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ErrorContent {
    /// A stable code for programs
    pub code: String,
    /// One sentence for people
    pub message: String,
    /// More for programs
    #[serde(default, skip_serializing_if = "Value::is_null")]
    #[schema(value_type = Object)]
    pub details: Value,
}

impl IntoResponse for AppError {
    /// An answer without trace and request id: the scaffold's middleware writes the full body.
    fn into_response(self) -> Response {
        let body = axum::Json(self.body(String::new(), String::new()));
        let mut response = (self.status, body).into_response();
        if let Some(seconds) = self.retry_after_secs {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response.extensions_mut().insert(Arc::new(self));
        response
    }
}

impl From<sqlx::Error> for AppError {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Io(_) => {
                Self::unavailable("DATABASE_UNAVAILABLE", "the database does not answer; try again", 1)
                    .with_cause(error)
            }
            // 22021: text from a path or query that PostgreSQL can't store.
            sqlx::Error::Database(error) if error.code().as_deref() == Some("22021") => {
                crate::extract::null_character()
            }
            other => Self::internal(other),
        }
    }
}

impl From<ClientError> for AppError {
    /// What a failed call to another service means for our own caller; handlers treat the answers they expect
    /// (such as 404) before they come to this.
    fn from(error: ClientError) -> Self {
        let target = error.target().to_owned();
        let answer = match &error {
            ClientError::Timeout { .. } => Self::new(
                StatusCode::GATEWAY_TIMEOUT,
                "DEPENDENCY_TIMEOUT",
                format!("{target} did not answer in time"),
            ),
            ClientError::CircuitOpen { retry_after, .. } => Self::unavailable(
                "DEPENDENCY_UNAVAILABLE",
                format!("{target} is failing; calls to it are paused"),
                retry_after.as_secs().max(1),
            ),
            ClientError::Unavailable { .. } => Self::new(
                StatusCode::BAD_GATEWAY,
                "DEPENDENCY_UNAVAILABLE",
                format!("{target} cannot be reached"),
            ),
            ClientError::Status { status, .. } => {
                Self::new(StatusCode::BAD_GATEWAY, "DEPENDENCY_FAILED", format!("{target} answered {status}"))
            }
            ClientError::Decode { .. } => Self::new(
                StatusCode::BAD_GATEWAY,
                "DEPENDENCY_FAILED",
                format!("{target} gave an answer we do not understand"),
            ),
        };
        answer.with_details(serde_json::json!({"dependency": target})).with_cause(error)
    }
}
