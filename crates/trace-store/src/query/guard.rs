//! Ends a query when its time is over or nobody waits for it any more, and counts what it looked at.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::QueryError;

#[derive(Debug)]
pub(crate) struct Guard {
    timeout: Duration,
    deadline: Instant,
    cancelled: AtomicBool,
    spans: AtomicU64,
    bytes: AtomicU64,
}

impl Guard {
    pub(crate) fn new(timeout: Duration) -> Arc<Self> {
        Arc::new(Self {
            timeout,
            deadline: Instant::now() + timeout,
            cancelled: AtomicBool::new(false),
            spans: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
        })
    }

    /// Asked between pieces of work.
    pub(crate) fn check(&self) -> Result<(), QueryError> {
        if self.cancelled.load(Ordering::Relaxed) {
            Err(QueryError::Cancelled)
        } else if Instant::now() >= self.deadline {
            Err(QueryError::Timeout(self.timeout))
        } else {
            Ok(())
        }
    }

    pub(crate) fn count(&self, spans: usize, bytes: usize) {
        self.spans.fetch_add(spans as u64, Ordering::Relaxed);
        self.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    pub(crate) fn spans(&self) -> u64 {
        self.spans.load(Ordering::Relaxed)
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }
}

/// Held by whoever waits for the answer: when a client leaves, its handler is dropped, and this with it.
#[derive(Debug)]
pub(crate) struct CancelOnDrop(pub Arc<Guard>);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.cancelled.store(true, Ordering::Relaxed);
    }
}
