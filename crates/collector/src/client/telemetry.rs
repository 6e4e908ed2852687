//! What a client tells about itself: Promtail's counters, and few log lines — an outage begins, it ends, entries are
//! dropped. Its own log file may be among those collected, so nothing is logged per batch.

use std::time::{Duration, Instant};

use http::StatusCode;
use url::Url;

use crate::metrics::{Kind, Metrics, Number};

/// Between log lines about dropped entries.
const DROP_LOG_INTERVAL: Duration = Duration::from_secs(10);

const DURATION_BUCKETS: [f64; 9] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0];

/// Counters of one client.
#[derive(Debug)]
pub struct Telemetry {
    host: String,
    metrics: Metrics,
    encoded_bytes: Number,
    sent_bytes: Number,
    sent_entries: Number,
    retries: Number,
    failing_since: Option<Instant>,
    drop_logged: Option<Instant>,
    dropped_unlogged: usize,
}

impl Telemetry {
    pub fn new(url: &Url, metrics: &Metrics) -> Self {
        let host = match (url.host_str(), url.port_or_known_default()) {
            (Some(host), Some(port)) => format!("{host}:{port}"),
            _ => url.to_string(),
        };
        let counter = |name: &str, help: &str| metrics.counter(name, help, &[("host", &host)]);
        for reason in ["ingester_error", "rate_limited"] {
            dropped_entries(metrics, &host, reason);
        }
        Self {
            encoded_bytes: counter("promtail_encoded_bytes_total", "Bytes encoded and ready to send."),
            sent_bytes: counter("promtail_sent_bytes_total", "Bytes sent."),
            sent_entries: counter("promtail_sent_entries_total", "Entries sent."),
            retries: counter("promtail_batch_retries_total", "Requests that had to be repeated."),
            host,
            metrics: metrics.clone(),
            failing_since: None,
            drop_logged: None,
            dropped_unlogged: 0,
        }
    }

    pub fn encoded(&self, bytes: usize) {
        self.encoded_bytes.count(bytes);
    }

    pub fn delivered(&mut self, entries: usize, bytes: usize) {
        self.sent_entries.count(entries);
        self.sent_bytes.count(bytes);
        if let Some(since) = self.failing_since.take() {
            tracing::info!(
                host = self.host,
                outage_s = since.elapsed().as_secs(),
                "store takes entries again"
            );
        }
    }

    pub fn failed(&mut self, problem: &str) {
        self.retries.count(1);
        if self.failing_since.is_none() {
            self.failing_since = Some(Instant::now());
            tracing::warn!(
                host = self.host,
                problem,
                "store does not take entries; waiting, nothing is lost"
            );
        }
    }

    pub fn refused(&mut self, entries: usize, bytes: usize, status: StatusCode, reason: &str) {
        self.dropped(entries, bytes, "ingester_error", &format!("{status}: {reason}"));
    }

    pub fn dropped(&mut self, entries: usize, bytes: usize, reason: &str, problem: &str) {
        dropped_entries(&self.metrics, &self.host, reason).count(entries);
        let labels = [("host", self.host.as_str()), ("reason", reason)];
        self.metrics.counter("promtail_dropped_bytes_total", "Bytes given up.", &labels).count(bytes);
        self.dropped_unlogged += entries;
        if self.drop_logged.is_none_or(|last| last.elapsed() >= DROP_LOG_INTERVAL) {
            tracing::error!(
                host = self.host,
                entries = self.dropped_unlogged,
                problem,
                "entries dropped: the store refused them"
            );
            self.drop_logged = Some(Instant::now());
            self.dropped_unlogged = 0;
        }
    }

    pub fn answered(&self, status: &str, took: Duration) {
        let seconds = took.as_secs_f64();
        let name = "promtail_request_duration_seconds";
        let series = |suffix, labels: &[(&str, &str)]| {
            self.metrics.series(name, "Duration of requests.", Kind::Histogram, suffix, labels)
        };
        let labels = [("status_code", status), ("host", self.host.as_str())];
        for bucket in DURATION_BUCKETS.iter().filter(|bucket| seconds <= **bucket) {
            series("_bucket", &[labels[0], labels[1], ("le", &bucket.to_string())]).count(1);
        }
        series("_bucket", &[labels[0], labels[1], ("le", "+Inf")]).count(1);
        series("_sum", &labels).add(seconds);
        series("_count", &labels).count(1);
    }
}

fn dropped_entries(metrics: &Metrics, host: &str, reason: &str) -> Number {
    metrics.counter(
        "promtail_dropped_entries_total",
        "Entries given up.",
        &[("host", host), ("reason", reason)],
    )
}
