//! Tempo's rate limit: a bucket of bytes that refills steadily.

use std::time::{Duration, Instant};

use parking_lot::Mutex;

use super::IngestError;

/// Bytes of protobuf per second, and how many may come at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rate {
    pub bytes_per_second: usize,
    pub burst_bytes: usize,
}

#[derive(Debug)]
pub(crate) struct RateLimit {
    rate: Rate,
    level: Mutex<Level>,
}

#[derive(Debug)]
struct Level {
    bytes: f64,
    at: Instant,
}

impl RateLimit {
    pub(crate) fn new(rate: Rate) -> Self {
        Self { rate, level: Mutex::new(Level { bytes: rate.burst_bytes as f64, at: Instant::now() }) }
    }

    /// Takes `bytes` out of the bucket, if it has as many.
    pub(crate) fn take(&self, bytes: usize, now: Instant) -> Result<(), IngestError> {
        let mut level = self.level.lock();
        let passed = now.saturating_duration_since(level.at);
        level.at = level.at.max(now);
        level.bytes = (level.bytes + refill(self.rate, passed)).min(self.rate.burst_bytes as f64);
        if level.bytes < bytes as f64 {
            let Rate { bytes_per_second, burst_bytes } = self.rate;
            return Err(IngestError::RateLimited(format!(
                "RATE_LIMITED: ingestion rate limit ({bytes_per_second} bytes per second, burst of {burst_bytes} bytes) exceeded by a batch of {bytes} bytes"
            )));
        }
        level.bytes -= bytes as f64;
        Ok(())
    }
}

fn refill(rate: Rate, passed: Duration) -> f64 {
    rate.bytes_per_second as f64 * passed.as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bursts_empty_the_bucket_and_time_fills_it() {
        let limit = RateLimit::new(Rate { bytes_per_second: 100, burst_bytes: 150 });
        let start = Instant::now();
        let after = |millis| start + Duration::from_millis(millis);
        let cases = [
            (0, 150, true),
            (0, 1, false),
            (500, 51, false),
            (500, 50, true),
            (10_000, 151, false),
            (10_000, 150, true),
        ];
        for (millis, bytes, taken) in cases {
            let result = limit.take(bytes, after(millis));
            assert_eq!(result.is_ok(), taken, "{bytes} bytes after {millis} ms");
            if let Err(error) = result {
                assert!(error.to_string().starts_with("RATE_LIMITED:"), "{error}");
            }
        }
    }
}
