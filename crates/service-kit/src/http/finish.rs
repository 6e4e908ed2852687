//! Answers get their ids, and every failure, whoever produced it, the standard body.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::Response;

use crate::AppError;

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const X_TRACE_ID: HeaderName = HeaderName::from_static("x-trace-id");
/// Texts of the framework's own rejections are short; more is not kept.
const MAX_REJECTION_BYTES: usize = 4096;

/// Adds ids and the standard error body; also returns what went wrong, for the log.
pub(crate) async fn finish(
    response: Response,
    method: &Method,
    trace_id: &str,
    request_id: &str,
) -> (Response, Option<Arc<AppError>>) {
    let failed = response.status().is_client_error() || response.status().is_server_error();
    let (mut response, error) = if failed {
        let (response, error) = standard_body(response, trace_id, request_id).await;
        (response, Some(error))
    } else {
        (response, None)
    };
    if method == Method::HEAD {
        *response.body_mut() = Body::empty();
    }
    for (name, value) in [(X_REQUEST_ID, request_id), (X_TRACE_ID, trace_id)] {
        if let Ok(value) = HeaderValue::from_str(value) {
            response.headers_mut().insert(name, value);
        }
    }
    (response, error)
}

async fn standard_body(response: Response, trace_id: &str, request_id: &str) -> (Response, Arc<AppError>) {
    let (mut parts, body) = response.into_parts();
    let error = match parts.extensions.remove::<Arc<AppError>>() {
        Some(error) => error,
        None => Arc::new(foreign(parts.status, body).await),
    };
    let body = error.body(trace_id.to_owned(), request_id.to_owned());
    let text = serde_json::to_vec(&body).unwrap_or_default();
    parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    parts.headers.remove(header::CONTENT_LENGTH);
    (Response::from_parts(parts, Body::from(text)), error)
}

/// An error for an answer that is not ours: the router's 405, an extractor's rejection.
async fn foreign(status: StatusCode, body: Body) -> AppError {
    let text = to_bytes(body, MAX_REJECTION_BYTES).await.unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    match status {
        StatusCode::METHOD_NOT_ALLOWED => AppError::new(
            status,
            "METHOD_NOT_ALLOWED",
            "this address does not know the method; the Allow header lists those it knows",
        ),
        StatusCode::PAYLOAD_TOO_LARGE => crate::extract::body_too_large(),
        _ => {
            let code = status.canonical_reason().unwrap_or("ERROR");
            let code = code.to_ascii_uppercase().replace([' ', '-'], "_");
            let message = if text.trim().is_empty() {
                code.to_ascii_lowercase().replace('_', " ")
            } else {
                text.trim().to_owned()
            };
            AppError::new(status, code, message)
        }
    }
}
