//! How much a query may cost.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::Error;

/// Which Prometheus to agree with where its versions differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Dialect {
    /// Ranges and the lookback are closed at both ends, `[t-5m, t]`; extrapolation to zero comes first.
    Two,
    /// Ranges leave out their left end, `(t-5m, t]`.
    #[default]
    Three,
}

/// What holds for every query.
#[derive(Debug, Clone)]
pub struct Limits {
    /// How far back an instant selector looks for the last sample.
    pub lookback: Duration,
    /// Step of a subquery that names none.
    pub subquery_step: Duration,
    /// Samples read and values computed, together.
    pub max_samples: usize,
    pub timeout: Duration,
    pub dialect: Dialect,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            lookback: Duration::from_secs(300),
            subquery_step: Duration::from_secs(60),
            max_samples: 10_000_000,
            timeout: Duration::from_secs(30),
            dialect: Dialect::Three,
        }
    }
}

/// What a query has left.
#[derive(Debug)]
pub struct Budget {
    left: usize,
    max_samples: usize,
    timeout: Duration,
    deadline: Instant,
    cancelled: Arc<AtomicBool>,
}

impl Budget {
    /// A budget that ends early when `cancelled` is set.
    pub fn new(limits: &Limits, cancelled: Arc<AtomicBool>) -> Self {
        Self {
            left: limits.max_samples,
            max_samples: limits.max_samples,
            timeout: limits.timeout,
            deadline: Instant::now() + limits.timeout,
            cancelled,
        }
    }

    /// Pays for samples or values before they take memory.
    pub fn spend(&mut self, samples: usize) -> Result<(), Error> {
        self.left = self.left.checked_sub(samples).ok_or(Error::TooManySamples(self.max_samples))?;
        self.check()
    }

    /// Whether the query may go on.
    pub fn check(&self) -> Result<(), Error> {
        if self.cancelled.load(Ordering::Relaxed) {
            return Err(Error::Cancelled);
        }
        if Instant::now() >= self.deadline {
            return Err(Error::Timeout(self.timeout));
        }
        Ok(())
    }
}
