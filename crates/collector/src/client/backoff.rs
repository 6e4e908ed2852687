//! Pauses between attempts: doubling, with jitter, never longer than asked.

use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;

use crate::config::BackoffConfig;

/// Longest wait that a store's `Retry-After` may impose.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(300);

/// The pauses of one request.
#[derive(Debug)]
pub struct Backoff {
    next: Duration,
    max: Duration,
    /// `None` is without end.
    attempts_left: Option<u32>,
}

impl Backoff {
    pub fn new(config: &BackoffConfig) -> Self {
        Self {
            next: config.min_period.max(Duration::from_millis(1)),
            max: config.max_period.max(config.min_period),
            attempts_left: (config.max_retries > 0).then_some(config.max_retries),
        }
    }

    /// The next pause, at least what the store asked for; `None` when it is time to give the batch up.
    pub fn next(&mut self, asked: Option<Duration>) -> Option<Duration> {
        if let Some(left) = &mut self.attempts_left {
            *left = left.checked_sub(1)?;
            if *left == 0 {
                return None;
            }
        }
        let jittered = self.next.mul_f64(0.75 + random() / 2.0).min(self.max);
        self.next = (self.next * 2).min(self.max);
        Some(jittered.max(asked.unwrap_or_default().min(MAX_RETRY_AFTER)))
    }
}

/// From 0 up to 1.
fn random() -> f64 {
    (RandomState::new().hash_one(0) >> 11) as f64 / (1u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(max_retries: u32) -> BackoffConfig {
        BackoffConfig {
            min_period: Duration::from_millis(100),
            max_period: Duration::from_secs(1),
            max_retries,
        }
    }

    #[test]
    fn pauses_double_up_to_the_longest() {
        let mut backoff = Backoff::new(&config(0));
        for expected in [100.0, 200.0, 400.0, 800.0, 1000.0, 1000.0] {
            let pause = backoff.next(None).unwrap().as_secs_f64() * 1000.0;
            assert!(
                (expected * 0.74..=expected * 1.26).contains(&pause) && pause <= 1000.0,
                "{pause} for {expected}"
            );
        }
        assert_eq!(backoff.next(Some(Duration::from_secs(7))), Some(Duration::from_secs(7)));
    }

    #[test]
    fn attempts_are_counted_when_limited() {
        let mut backoff = Backoff::new(&config(3));
        assert!(backoff.next(None).is_some());
        assert!(backoff.next(None).is_some());
        assert!(backoff.next(None).is_none());
    }
}
