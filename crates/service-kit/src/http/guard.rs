//! The limits of one request: time, number at once, size, and panics that stay with it.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use futures::FutureExt as _;
use tokio::sync::Semaphore;

use crate::AppError;
use crate::extract::body_too_large;

/// Largest body.
pub(crate) const MAX_BODY_BYTES: usize = 1 << 20;

/// What a service takes on.
#[derive(Debug, Clone)]
pub(crate) struct Limits {
    timeout: Duration,
    slots: Arc<Semaphore>,
}

impl Default for Limits {
    fn default() -> Self {
        Self::new(Duration::from_secs(15), 256)
    }
}

impl Limits {
    pub(crate) fn new(timeout: Duration, at_once: usize) -> Self {
        Self { timeout, slots: Arc::new(Semaphore::new(at_once)) }
    }

    /// Passes `request` on within the limits.
    pub(crate) async fn run(&self, request: Request, next: Next) -> Response {
        if declared_length(&request) > MAX_BODY_BYTES as u64 {
            return body_too_large().into_response();
        }
        let Ok(_slot) = self.slots.try_acquire() else {
            return AppError::unavailable("OVERLOADED", "too many requests at once; try again", 1)
                .into_response();
        };
        let answer = AssertUnwindSafe(next.run(request)).catch_unwind();
        match tokio::time::timeout(self.timeout, answer).await {
            Ok(Ok(response)) => response,
            Ok(Err(panic)) => AppError::internal(panic_text(panic.as_ref())).into_response(),
            Err(_) => {
                AppError::new(StatusCode::SERVICE_UNAVAILABLE, "REQUEST_TIMEOUT", "the request took too long")
                    .with_retry_after(1)
                    .into_response()
            }
        }
    }
}

fn declared_length(request: &Request) -> u64 {
    let length = request.headers().get(header::CONTENT_LENGTH);
    length.and_then(|value| value.to_str().ok()).and_then(|text| text.parse().ok()).unwrap_or(0)
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text =
        panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!("panic: {}", text.unwrap_or("unknown"))
}
