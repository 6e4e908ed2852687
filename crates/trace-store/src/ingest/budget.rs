//! Bounds what bodies under way may take in memory, all together.
//!
//! A body is read only once there is room for it. Nobody waits for room while holding some, so nobody waits forever.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::IngestError;
use super::limits::IngestLimits;

/// Bytes of bodies, unless a single one may be larger.
const BODY_BYTES: usize = 64 << 20;
/// Bytes that requests may take as messages. Plain protobuf never becomes messages.
pub(super) const MESSAGE_BYTES: usize = 256 << 20;
/// How long a request waits for room before its client is told to come again.
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Debug)]
pub(crate) struct Budget {
    bodies: Pool,
    messages: Pool,
}

#[derive(Debug)]
struct Pool {
    free: Arc<Semaphore>,
    total: usize,
    patience: Duration,
}

/// Room that was given; free again when dropped.
#[derive(Debug)]
#[must_use]
pub(crate) struct Reservation {
    _permit: OwnedSemaphorePermit,
}

impl Budget {
    pub(crate) fn new(limits: &IngestLimits) -> Self {
        let largest = limits.grpc_request_bytes.max(limits.http_request_bytes);
        Self {
            bodies: Pool::new(BODY_BYTES.max(largest), PATIENCE),
            messages: Pool::new(MESSAGE_BYTES, PATIENCE),
        }
    }

    /// Room for a body.
    pub(crate) async fn body(&self, bytes: usize) -> Result<Reservation, IngestError> {
        self.bodies.reserve(bytes).await
    }

    /// Room for the messages of a request.
    pub(crate) async fn messages(&self, bytes: usize) -> Result<Reservation, IngestError> {
        self.messages.reserve(bytes).await
    }
}

impl Pool {
    fn new(total: usize, patience: Duration) -> Self {
        let total = total.min(Semaphore::MAX_PERMITS).min(u32::MAX as usize);
        Self { free: Arc::new(Semaphore::new(total)), total, patience }
    }

    async fn reserve(&self, bytes: usize) -> Result<Reservation, IngestError> {
        let permits = bytes.min(self.total) as u32;
        let acquired =
            tokio::time::timeout(self.patience, Arc::clone(&self.free).acquire_many_owned(permits));
        match acquired.await {
            Ok(Ok(permit)) => Ok(Reservation { _permit: permit }),
            Ok(Err(_)) | Err(_) => {
                Err(IngestError::Unavailable("too many requests are under way".to_owned()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn whoever_finds_no_room_waits_and_is_sent_away_in_the_end() {
        let pool = Pool::new(10, Duration::ZERO);
        let first = pool.reserve(8).await.unwrap();
        assert!(matches!(pool.reserve(3).await, Err(IngestError::Unavailable(_))));
        drop(pool.reserve(2).await.unwrap());
        drop(first);
        // More than there is means all of it.
        drop(pool.reserve(1000).await.unwrap());
    }
}
