//! Our own counters, as Prometheus text. Names of Tempo where the same thing is meant.

use std::sync::atomic::{AtomicU64, Ordering};

use segment::EngineStats;

use crate::ingest::IngestError;

/// A number that only grows.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) fn add(&self, by: u64) {
        self.0.fetch_add(by, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Why spans or requests were not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Discard {
    InvalidTime,
    RateLimited,
    StorageUnavailable,
}

impl Discard {
    const ALL: [Self; 3] = [Self::InvalidTime, Self::RateLimited, Self::StorageUnavailable];

    fn name(self) -> &'static str {
        match self {
            Self::InvalidTime => "invalid_time",
            Self::RateLimited => "rate_limited",
            Self::StorageUnavailable => "storage_unavailable",
        }
    }
}

#[derive(Debug, Default)]
pub(crate) struct Metrics {
    pub spans_received: Counter,
    pub bytes_received: Counter,
    pub attributes_truncated: Counter,
    pub attributes_dropped: Counter,
    pub queries: Counter,
    pub query_errors: Counter,
    pub spans_inspected: Counter,
    pub damaged_segments: Counter,
    discarded: [Counter; Discard::ALL.len()],
    invalid_requests: Counter,
    oversized_requests: Counter,
    limited_requests: Counter,
    unavailable_requests: Counter,
}

impl Metrics {
    pub(crate) fn discarded(&self, reason: Discard, spans: u64) {
        self.discarded[reason as usize].add(spans);
    }

    /// Counts a request that was refused as a whole.
    pub(crate) fn refused(&self, error: &IngestError) {
        match error {
            IngestError::Invalid(_) => self.invalid_requests.add(1),
            IngestError::TooLarge { .. }
            | IngestError::TooLargeInside { .. }
            | IngestError::TooHeavy { .. } => self.oversized_requests.add(1),
            IngestError::RateLimited(_) => self.limited_requests.add(1),
            IngestError::Unavailable(_) => self.unavailable_requests.add(1),
        }
    }

    pub(crate) fn render(&self, stats: &EngineStats) -> String {
        let mut out = String::new();
        let counters = [
            ("tempo_distributor_spans_received_total", "Spans taken and made durable.", &self.spans_received),
            (
                "tempo_distributor_bytes_received_total",
                "Bytes of requests after decompression.",
                &self.bytes_received,
            ),
            (
                "tempo_distributor_attributes_truncated_total",
                "Attribute keys and values that were cut.",
                &self.attributes_truncated,
            ),
            (
                "trace_store_attributes_dropped_total",
                "Attributes, events and links left out because a span had too many.",
                &self.attributes_dropped,
            ),
            ("trace_store_queries_total", "Queries answered or refused.", &self.queries),
            ("trace_store_query_errors_total", "Queries that were not answered.", &self.query_errors),
            ("trace_store_spans_inspected_total", "Spans that queries looked at.", &self.spans_inspected),
            (
                "trace_store_damaged_segments_total",
                "Segments that could not be read and were left out of answers.",
                &self.damaged_segments,
            ),
        ];
        for (name, help, counter) in counters {
            put(&mut out, name, help, "counter", &[("", counter.get())]);
        }
        let discarded = Discard::ALL.map(|reason| {
            (format!("{{reason=\"{}\"}}", reason.name()), self.discarded[reason as usize].get())
        });
        put(&mut out, "tempo_discarded_spans_total", "Spans that were not taken.", "counter", &discarded);
        let refused = [
            ("{reason=\"invalid\"}", self.invalid_requests.get()),
            ("{reason=\"too_large\"}", self.oversized_requests.get()),
            ("{reason=\"rate_limited\"}", self.limited_requests.get()),
            ("{reason=\"unavailable\"}", self.unavailable_requests.get()),
        ];
        put(
            &mut out,
            "trace_store_refused_requests_total",
            "Export requests refused as a whole.",
            "counter",
            &refused,
        );
        let gauges = [
            (
                "trace_store_live_bytes",
                "Bytes of spans in memory that are in no segment yet.",
                stats.live_bytes as u64,
            ),
            ("trace_store_frozen_heads", "Heads waiting to become segments.", stats.frozen_heads as u64),
            ("tempodb_blocklist_length", "Segments.", stats.segments as u64),
            ("trace_store_segment_spans", "Spans in segments.", stats.segment_rows),
            ("trace_store_segment_bytes", "Bytes of segments.", stats.segment_bytes),
            (
                "trace_store_seal_failing",
                "1 while segments cannot be written.",
                u64::from(stats.flush_error.is_some()),
            ),
        ];
        for (name, help, value) in gauges {
            put(&mut out, name, help, "gauge", &[("", value)]);
        }
        out
    }
}

fn put(out: &mut String, name: &str, help: &str, kind: &str, samples: &[(impl AsRef<str>, u64)]) {
    out.push_str(&format!("# HELP {name} {help}\n# TYPE {name} {kind}\n"));
    for (labels, value) in samples {
        out.push_str(&format!("{name}{} {value}\n", labels.as_ref()));
    }
}
