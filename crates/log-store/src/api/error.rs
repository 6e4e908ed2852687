//! Errors as Loki answers them: plain text and a status.

use axum::http::{HeaderName, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use segment::AppendError;

use crate::ingest::{PushError, RateLimited};
use crate::query::QueryError;

/// Bytes of a text: some repeat what they complain about.
const MAX_MESSAGE: usize = 128 << 10;

/// A status and a text for a person.
#[derive(Debug)]
pub(crate) struct ApiError {
    pub status: StatusCode,
    pub message: String,
}

impl ApiError {
    pub(crate) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        let mut message = message.into();
        if message.len() > MAX_MESSAGE {
            message.truncate(message.floor_char_boundary(MAX_MESSAGE));
            message.push('…');
        }
        Self { status, message }
    }

    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        if self.status == StatusCode::INTERNAL_SERVER_ERROR {
            tracing::error!(error = self.message, "a request failed");
        }
        let headers = [
            (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
            (HeaderName::from_static("x-content-type-options"), "nosniff"),
        ];
        (self.status, headers, self.message).into_response()
    }
}

impl From<PushError> for ApiError {
    fn from(error: PushError) -> Self {
        let status = match error {
            PushError::Malformed(_) => StatusCode::BAD_REQUEST,
            PushError::NoStreams => StatusCode::UNPROCESSABLE_ENTITY,
            PushError::TooLarge | PushError::TooMany => StatusCode::PAYLOAD_TOO_LARGE,
        };
        // Pushes end their message with a newline, queries don't.
        Self::new(status, format!("{error}\n"))
    }
}

impl From<RateLimited> for ApiError {
    fn from(error: RateLimited) -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, format!("{error}\n"))
    }
}

impl From<AppendError> for ApiError {
    fn from(error: AppendError) -> Self {
        if matches!(error, AppendError::TooLarge { .. }) {
            return Self::new(StatusCode::PAYLOAD_TOO_LARGE, format!("request body too large: {error}\n"));
        }
        tracing::error!(%error, "a push was not stored");
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            format!("the entries were not stored, try again later: {error}\n"),
        )
    }
}

impl From<QueryError> for ApiError {
    fn from(error: QueryError) -> Self {
        let status = match error {
            QueryError::Invalid(_) | QueryError::Parse(_) | QueryError::TooLarge => StatusCode::BAD_REQUEST,
            QueryError::Eval(ref error) if error.is_internal_in_loki() => StatusCode::INTERNAL_SERVER_ERROR,
            QueryError::Eval(_) => StatusCode::BAD_REQUEST,
            QueryError::Timeout => StatusCode::GATEWAY_TIMEOUT,
            QueryError::Cancelled => StatusCode::from_u16(499).unwrap_or(StatusCode::BAD_REQUEST),
            QueryError::Storage(_) | QueryError::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Self::new(status, error.to_string())
    }
}

pub(crate) async fn not_found(uri: Uri) -> ApiError {
    ApiError::new(StatusCode::NOT_FOUND, format!("404 page not found: {}\n", uri.path()))
}

pub(crate) async fn method_not_allowed(uri: Uri) -> ApiError {
    ApiError::new(StatusCode::METHOD_NOT_ALLOWED, format!("this method is not allowed on {}\n", uri.path()))
}
