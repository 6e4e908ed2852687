//! What the generator has done: counts by kind of answer, and latencies in a histogram of fixed size.

use std::collections::BTreeMap;
use std::time::Duration;

use parking_lot::Mutex;
use serde::Serialize;

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    Status(u16),
    /// The client gave up waiting.
    TimedOut,
    /// No connection, or it broke.
    Unreachable,
}

/// Eight buckets for each doubling: percentiles are right to about 9 %.
const PER_OCTAVE: usize = 8;
const BUCKETS: usize = 32 * PER_OCTAVE;

#[derive(Debug, Clone)]
struct Histogram {
    counts: Vec<u32>,
    total: u64,
    max_us: u64,
}

impl Histogram {
    fn new() -> Self {
        Self { counts: vec![0; BUCKETS], total: 0, max_us: 0 }
    }

    fn record(&mut self, latency: Duration) {
        let us = u64::try_from(latency.as_micros()).unwrap_or(u64::MAX).max(1);
        let bucket = ((us as f64).log2() * PER_OCTAVE as f64) as usize;
        self.counts[bucket.min(BUCKETS - 1)] += 1;
        self.total += 1;
        self.max_us = self.max_us.max(us);
    }

    /// The upper edge of the bucket that holds the quantile, in milliseconds.
    fn quantile_ms(&self, quantile: f64) -> f64 {
        let rank = (self.total as f64 * quantile).ceil() as u64;
        let mut seen = 0;
        for (index, count) in self.counts.iter().enumerate() {
            seen += u64::from(*count);
            if seen >= rank && rank > 0 {
                let edge_us = 2f64.powf((index + 1) as f64 / PER_OCTAVE as f64);
                return round_ms(edge_us.min(self.max_us as f64));
            }
        }
        0.0
    }
}

fn round_ms(us: f64) -> f64 {
    (us / 10.0).round() / 100.0
}

#[derive(Debug, Default, Clone, Serialize)]
struct Calls {
    sent: u64,
    #[serde(rename = "2xx")]
    ok: u64,
    #[serde(rename = "4xx")]
    client_error: u64,
    #[serde(rename = "5xx")]
    server_error: u64,
    timeouts: u64,
    unreachable: u64,
}

impl Calls {
    fn count(&mut self, answer: Answer) {
        self.sent += 1;
        match answer {
            Answer::Status(400..500) => self.client_error += 1,
            Answer::Status(500..) => self.server_error += 1,
            Answer::Status(_) => self.ok += 1,
            Answer::TimedOut => self.timeouts += 1,
            Answer::Unreachable => self.unreachable += 1,
        }
    }
}

#[derive(Debug, Default, Clone, Serialize)]
struct Scenarios {
    started: u64,
    completed: u64,
    failed: u64,
    /// Not played, because the service was away or the last turn was still on.
    skipped: u64,
}

#[derive(Debug)]
struct Inner {
    calls: Calls,
    by_service: BTreeMap<&'static str, Calls>,
    scenarios: Scenarios,
    by_scenario: BTreeMap<&'static str, Scenarios>,
    latency: Histogram,
}

/// Shared counters.
#[derive(Debug)]
pub struct Stats(Mutex<Inner>);

/// How a turn ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    Completed,
    Failed,
    Skipped,
}

impl Default for Stats {
    fn default() -> Self {
        Self(Mutex::new(Inner {
            calls: Calls::default(),
            by_service: BTreeMap::new(),
            scenarios: Scenarios::default(),
            by_scenario: BTreeMap::new(),
            latency: Histogram::new(),
        }))
    }
}

impl Stats {
    /// Counts one call.
    pub fn call(&self, service: &'static str, answer: Answer, latency: Duration) {
        let inner = &mut *self.0.lock();
        inner.calls.count(answer);
        inner.by_service.entry(service).or_default().count(answer);
        inner.latency.record(latency);
    }

    /// Counts one turn.
    pub fn turn(&self, scenario: &'static str, end: End) {
        let inner = &mut *self.0.lock();
        for counts in [&mut inner.scenarios, inner.by_scenario.entry(scenario).or_default()] {
            match end {
                End::Skipped => counts.skipped += 1,
                End::Completed => {
                    counts.started += 1;
                    counts.completed += 1;
                }
                End::Failed => {
                    counts.started += 1;
                    counts.failed += 1;
                }
            }
        }
    }

    /// Calls sent so far.
    pub fn sent(&self) -> u64 {
        self.0.lock().calls.sent
    }

    /// Everything, as `/status` shows it.
    pub fn snapshot(&self) -> serde_json::Value {
        let inner = self.0.lock();
        serde_json::json!({
            "requests": inner.calls,
            "by_service": inner.by_service,
            "latency_ms": {
                "p50": inner.latency.quantile_ms(0.50),
                "p95": inner.latency.quantile_ms(0.95),
                "p99": inner.latency.quantile_ms(0.99),
                "max": round_ms(inner.latency.max_us as f64),
            },
            "scenarios": inner.scenarios,
            "by_scenario": inner.by_scenario,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_counted_by_class_and_service() {
        let stats = Stats::default();
        for (service, answer) in [
            ("order-service", Answer::Status(201)),
            ("order-service", Answer::Status(409)),
            ("user-service", Answer::Status(503)),
            ("user-service", Answer::TimedOut),
            ("user-service", Answer::Unreachable),
        ] {
            stats.call(service, answer, Duration::from_millis(3));
        }
        stats.turn("login", End::Completed);
        stats.turn("login", End::Skipped);
        let snapshot = stats.snapshot();
        assert_eq!(
            snapshot["requests"],
            serde_json::json!({"sent": 5, "2xx": 1, "4xx": 1, "5xx": 1, "timeouts": 1, "unreachable": 1})
        );
        assert_eq!(snapshot["by_service"]["user-service"]["sent"], 3);
        assert_eq!(snapshot["by_scenario"]["login"]["started"], 1);
        assert_eq!(snapshot["scenarios"]["skipped"], 1);
    }

    #[test]
    fn percentiles_are_close() {
        let stats = Stats::default();
        assert_eq!(stats.snapshot()["latency_ms"]["p99"], 0.0);
        for ms in 1..=1000 {
            stats.call("x", Answer::Status(200), Duration::from_millis(ms));
        }
        let latency = stats.snapshot()["latency_ms"].clone();
        for (name, exact) in [("p50", 500.0), ("p95", 950.0), ("p99", 990.0), ("max", 1000.0)] {
            let value = latency[name].as_f64().unwrap();
            assert!((value / exact - 1.0).abs() < 0.1, "{name}: {value}");
        }
    }
}
