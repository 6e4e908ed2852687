//! `limit`: lets so many lines a second pass; more wait, or are dropped.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use crate::config::LimitConfig;
use crate::entry::Entry;
use crate::metrics::Number;
use crate::pipeline::{Context, Stage, StageEnvironment, Verdict};

const MAX_DISTINCT: usize = 10_000;

/// See the module.
pub struct Limit {
    rate: f64,
    burst: f64,
    drop: bool,
    by_label: Option<String>,
    max_distinct: usize,
    buckets: HashMap<String, Bucket>,
    dropped: Number,
}

/// A token bucket. It may go below zero when the reader is asked to wait for what it already took.
#[derive(Debug, Clone, Copy)]
pub struct Bucket {
    tokens: f64,
    filled: Instant,
}

impl Bucket {
    /// A full bucket.
    pub fn full(burst: f64, now: Instant) -> Self {
        Self { tokens: burst, filled: now }
    }

    /// Refills for the time passed.
    fn refill(&mut self, rate: f64, burst: f64, now: Instant) {
        let passed = now.saturating_duration_since(self.filled).as_secs_f64();
        self.tokens = (self.tokens + passed * rate).min(burst);
        self.filled = now;
    }

    /// Takes a token if there is one.
    pub fn try_take(&mut self, rate: f64, burst: f64, now: Instant) -> bool {
        self.refill(rate, burst, now);
        let available = self.tokens >= 1.0;
        if available {
            self.tokens -= 1.0;
        }
        available
    }

    /// Takes a token and says how long to wait for it.
    pub fn take(&mut self, rate: f64, burst: f64, now: Instant) -> Duration {
        self.refill(rate, burst, now);
        self.tokens -= 1.0;
        Duration::from_secs_f64((-self.tokens / rate).max(0.0))
    }
}

impl Limit {
    pub fn new(config: &LimitConfig, environment: &StageEnvironment) -> Result<Self, String> {
        if !(config.rate > 0.0 && config.rate.is_finite()) || config.burst == 0 {
            return Err("rate and burst must be above 0".to_owned());
        }
        if config.by_label_name.is_some() && !config.drop {
            return Err("by_label_name needs drop: true".to_owned());
        }
        Ok(Self {
            rate: config.rate,
            burst: config.burst as f64,
            drop: config.drop,
            by_label: config.by_label_name.clone(),
            max_distinct: config.max_distinct_labels.unwrap_or(MAX_DISTINCT).clamp(1, MAX_DISTINCT * 10),
            buckets: HashMap::new(),
            dropped: environment.dropped("limit_stage"),
        })
    }

    fn bucket(&mut self, key: &str, now: Instant) -> &mut Bucket {
        if !self.buckets.contains_key(key) {
            if self.buckets.len() >= self.max_distinct {
                self.buckets.clear();
            }
            self.buckets.insert(key.to_owned(), Bucket::full(self.burst, now));
        }
        self.buckets.get_mut(key).expect("inserted above")
    }
}

impl Stage for Limit {
    fn process(&mut self, entry: &mut Entry, context: &mut Context) -> Verdict {
        let key = match &self.by_label {
            None => "",
            // Entries without the label are not limited.
            Some(name) => match entry.labels.get(name) {
                Some(value) => value,
                None => return Verdict::Pass,
            },
        };
        let (rate, burst, now) = (self.rate, self.burst, context.now);
        if self.drop {
            if !self.bucket(key, now).try_take(rate, burst, now) {
                self.dropped.count(1);
                return Verdict::Drop;
            }
        } else {
            context.pause = self.bucket(key, now).take(rate, burst, now);
        }
        Verdict::Pass
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{problem, run};
    use super::*;

    #[test]
    fn lines_above_the_burst_are_dropped() {
        assert_eq!(run("[{limit: {rate: 1, burst: 2, drop: true}}]", &["a", "b", "c", "d"]), ["a", "b"]);
        let by_label = "[{regex: {expression: '(?P<app>.)'}}, {labels: {app: }}, \
                         {limit: {rate: 1, burst: 1, drop: true, by_label_name: app}}, {labeldrop: [app]}]";
        assert_eq!(run(by_label, &["a1", "b1", "a2", "c1", "b2"]), ["a1", "b1", "c1"]);
    }

    #[test]
    fn waiting_grows_with_what_was_taken() {
        let now = Instant::now();
        let mut bucket = Bucket::full(1.0, now);
        assert_eq!(bucket.take(2.0, 1.0, now), Duration::ZERO);
        assert_eq!(bucket.take(2.0, 1.0, now), Duration::from_millis(500));
        assert_eq!(bucket.take(2.0, 1.0, now + Duration::from_secs(1)), Duration::ZERO);
    }

    #[test]
    fn options_are_checked() {
        assert!(problem("[{limit: {rate: 0, burst: 1}}]").contains("above 0"));
        assert!(problem("[{limit: {rate: 1, burst: 1, by_label_name: a}}]").contains("drop"));
    }
}
