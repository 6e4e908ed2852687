//! Faults that strike whole requests, whatever they ask for. Switches themselves are never disturbed, or nobody could
//! switch a fault off.

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use super::{Fault, Faults};
use crate::AppError;

/// Lines that one request writes for [`Fault::NoisyLogs`].
const NOISE: u32 = 40;

/// Answers instead of the service, or lets it answer amid noise.
pub(crate) async fn disturb(State(faults): State<Faults>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    if path.starts_with("/admin/") {
        return next.run(request).await;
    }
    if faults.hits(Fault::UserServiceDown).is_some() {
        let message = "the service takes no requests at present";
        return AppError::unavailable("SERVICE_UNAVAILABLE", message, 1).into_response();
    }
    if matches!(path, "/health" | "/ready" | "/openapi.json") {
        return next.run(request).await;
    }
    if faults.hits(Fault::ProductErrorRate).is_some() {
        let cause = std::io::Error::other("catalogue cache: the checksum of page 17 does not match");
        return AppError::internal(cause).into_response();
    }
    if faults.hits(Fault::NoisyLogs).is_some() {
        let route = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
        for number in 1..=NOISE {
            tracing::info!(target: "shop", route, number, "cache lookup {number} of {NOISE}: miss, trying the next shard");
        }
    }
    next.run(request).await
}
