//! What surrounds every request: its span and log line, its ids, its limits, and answers that always look the same.

mod finish;
mod guard;
mod observe;

use std::future::Future;

use tracing::Instrument as _;

use crate::AppError;

pub(crate) use guard::{Limits, MAX_BODY_BYTES};
pub(crate) use observe::{Scaffold, observe};

/// The id of the request, given by the client as `X-Request-Id` or made up. In the request's extensions.
#[derive(Debug, Clone)]
pub struct RequestId(pub String);

/// Runs `work` to its end even when the client hangs up or the request's time is over, in the request's span: for
/// work that must not stop half-way.
pub async fn detached<T, F>(work: F) -> Result<T, AppError>
where
    T: Send + 'static,
    F: Future<Output = Result<T, AppError>> + Send + 'static,
{
    match tokio::spawn(work.in_current_span()).await {
        Ok(result) => result,
        Err(error) => Err(AppError::internal(error)),
    }
}
