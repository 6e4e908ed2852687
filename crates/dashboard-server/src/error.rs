//! What a request gets when it cannot be served: a status and Grafana's JSON body.

use std::borrow::Cow;

use axum::Json;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::repo::StoreError;

/// Bodies of API requests are small; dashboards, the largest, stay below this.
pub(crate) const BODY_LIMIT_BYTES: usize = 5 * 1024 * 1024;

/// An answer other than success.
#[derive(Debug)]
pub(crate) struct ApiError {
    status: StatusCode,
    message: Cow<'static, str>,
    message_id: Option<&'static str>,
    /// A word for programs, beside the messages of dashboards and folders.
    state: Option<&'static str>,
    retry_after_secs: Option<u64>,
    /// Refused for lack of rights: the body has the fields of Grafana's access control.
    is_access_denied: bool,
}

impl ApiError {
    pub(crate) fn new(status: StatusCode, message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            status,
            message: message.into(),
            message_id: None,
            state: None,
            retry_after_secs: None,
            is_access_denied: false,
        }
    }

    pub(crate) fn bad_request(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    pub(crate) fn not_found(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::NOT_FOUND, message)
    }

    pub(crate) fn unauthorized() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "Unauthorized").with_id("auth.unauthorized")
    }

    /// A 401 that says what is wrong with the credentials.
    pub(crate) fn unauthorized_because(message: &'static str, id: &'static str) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, message).with_id(id)
    }

    /// The user's role does not suffice.
    pub(crate) fn access_denied(why: &str) -> Self {
        let message = format!("You'll need additional permissions to perform this action. {why}");
        Self { is_access_denied: true, ..Self::new(StatusCode::FORBIDDEN, message) }
    }

    pub(crate) fn conflict(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::CONFLICT, message)
    }

    pub(crate) fn forbidden(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::FORBIDDEN, message)
    }

    /// Gives clients a stable name for the reason.
    pub(crate) fn with_id(mut self, id: &'static str) -> Self {
        self.message_id = Some(id);
        self
    }

    /// Gives programs a word for the reason, as dashboards and folders do.
    pub(crate) fn with_status(mut self, state: &'static str) -> Self {
        self.state = Some(state);
        self
    }

    pub(crate) fn status(&self) -> StatusCode {
        self.status
    }

    /// Says when to try again.
    pub(crate) fn with_retry_after(mut self, secs: u64) -> Self {
        self.retry_after_secs = Some(secs);
        self
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "database");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "Internal server error")
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut body = Map::new();
        body.insert("message".to_owned(), Value::from(self.message.as_ref()));
        if let Some(id) = self.message_id {
            body.insert("messageId".to_owned(), Value::from(id));
            body.insert("statusCode".to_owned(), Value::from(self.status.as_u16()));
            body.insert("traceID".to_owned(), Value::from(""));
        }
        if let Some(state) = self.state {
            body.insert("status".to_owned(), Value::from(state));
        }
        if self.is_access_denied {
            body.insert("title".to_owned(), Value::from("Access denied"));
            body.insert("accessErrorId".to_owned(), Value::from(access_error_id()));
        }
        let mut response = (self.status, Json(Value::Object(body))).into_response();
        if let Some(secs) = self.retry_after_secs {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(secs));
        }
        response
    }
}

/// What a user can quote when asking for rights.
fn access_error_id() -> String {
    format!("ACE{:010}", rand::random::<u32>())
}

/// A JSON body. Unknown keys are ignored, as clients written for Grafana expect; anything else wrong with the body is a
/// 400 that says where.
#[derive(Debug)]
pub(crate) struct JsonBody<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for JsonBody<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let bytes = body_bytes(request, state).await?;
        serde_json::from_slice(&bytes)
            .map(Self)
            .map_err(|error| ApiError::bad_request(format!("bad request data: {error}")))
    }
}

/// The whole body, at most as large as the route's limit.
pub(crate) async fn body_bytes<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, ApiError> {
    Bytes::from_request(request, state).await.map_err(|rejection| {
        if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
            ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "the request body is too large")
        } else {
            ApiError::bad_request("the request body could not be read")
        }
    })
}
