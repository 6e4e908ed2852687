//! Limits of one query: time, memory, and a client that is still there.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Bytes that the lines of one answer may have.
const MAX_ANSWER_BYTES: usize = 256 << 20;

/// Why a query has no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum QueryError {
    #[error("{0}")]
    Invalid(String),
    #[error(transparent)]
    Parse(#[from] logql::ParseError),
    #[error(
        "request timed out, decrease the duration of the request or add more label matchers (prefer exact match over regex match) to reduce the amount of data processed"
    )]
    Timeout,
    #[error("the request was cancelled by the client")]
    Cancelled,
    #[error(
        "the answer would be larger than {MAX_ANSWER_BYTES} bytes; ask for fewer lines or a shorter range"
    )]
    TooLarge,
    #[error(transparent)]
    Eval(#[from] logql::EvalError),
    #[error(transparent)]
    Storage(#[from] segment::Error),
    #[error("the query failed: {0}")]
    Internal(String),
}

/// Shared by the parts of a query; dropping the [`Guard`] cancels them.
#[derive(Debug, Clone)]
pub(crate) struct Budget {
    deadline: Instant,
    cancelled: Arc<AtomicBool>,
}

/// Held by the request: when the client leaves, the handler is dropped and with it the guard.
#[derive(Debug)]
pub(crate) struct Guard(Arc<AtomicBool>);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Budget {
    pub(crate) fn new(timeout: Duration) -> (Self, Guard) {
        let cancelled = Arc::new(AtomicBool::new(false));
        (Self { deadline: Instant::now() + timeout, cancelled: Arc::clone(&cancelled) }, Guard(cancelled))
    }

    /// To be asked now and then by loops over rows.
    pub(crate) fn check(&self) -> Result<(), QueryError> {
        if self.cancelled.load(Ordering::Relaxed) {
            Err(QueryError::Cancelled)
        } else if Instant::now() > self.deadline {
            Err(QueryError::Timeout)
        } else {
            Ok(())
        }
    }

    pub(crate) fn check_bytes(bytes: usize) -> Result<(), QueryError> {
        if bytes > MAX_ANSWER_BYTES { Err(QueryError::TooLarge) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_ends_when_its_client_leaves_or_its_time_is_up() {
        let (budget, guard) = Budget::new(Duration::from_secs(60));
        assert!(budget.check().is_ok());
        drop(guard);
        assert!(matches!(budget.check(), Err(QueryError::Cancelled)));
        let (budget, _guard) = Budget::new(Duration::ZERO);
        std::thread::yield_now();
        assert!(matches!(budget.check(), Err(QueryError::Timeout)));
    }
}
