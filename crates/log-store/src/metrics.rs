//! The store's own figures, with Loki's names where they mean the same.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use segment::EngineStats;

use crate::ingest::Accepted;

#[derive(Debug, Default)]
pub(crate) struct Metrics {
    bytes: AtomicU64,
    lines: AtomicU64,
    pushes: AtomicU64,
    queries: AtomicU64,
    query_micros: AtomicU64,
    discarded: Mutex<BTreeMap<&'static str, u64>>,
}

impl Metrics {
    /// Counts one decoded push.
    pub(crate) fn pushed(&self, accepted: &Accepted, bytes: usize) {
        self.pushes.fetch_add(1, Ordering::Relaxed);
        self.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
        self.lines.fetch_add(accepted.batch.len() as u64, Ordering::Relaxed);
        if !accepted.refused.is_empty() {
            let mut discarded = self.discarded.lock();
            for (reason, count) in &accepted.refused.by_reason {
                *discarded.entry(reason).or_default() += count;
            }
        }
    }

    pub(crate) fn queried(&self, took: Duration) {
        self.queries.fetch_add(1, Ordering::Relaxed);
        self.query_micros.fetch_add(took.as_micros() as u64, Ordering::Relaxed);
    }

    /// Prometheus text.
    pub(crate) fn render(&self, engine: &EngineStats) -> String {
        let mut out = String::new();
        let mut sample = |name: &str, kind: &str, help: &str, value: f64| {
            let written = writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}\n{name} {value}");
            debug_assert!(written.is_ok(), "writing to a string cannot fail");
        };
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed) as f64;
        sample(
            "loki_distributor_bytes_received_total",
            "counter",
            "Decompressed bytes of pushes.",
            count(&self.bytes),
        );
        sample("loki_distributor_lines_received_total", "counter", "Lines accepted.", count(&self.lines));
        sample("logstore_pushes_total", "counter", "Push requests decoded.", count(&self.pushes));
        sample("logstore_queries_total", "counter", "Log queries answered.", count(&self.queries));
        sample(
            "logstore_query_seconds_total",
            "counter",
            "Time spent answering them.",
            count(&self.query_micros) / 1e6,
        );
        sample("logstore_head_bytes", "gauge", "Bytes of rows in memory.", engine.live_bytes as f64);
        sample("logstore_frozen_heads", "gauge", "Heads waiting to be sealed.", engine.frozen_heads as f64);
        sample("logstore_segments", "gauge", "Segments.", engine.segments as f64);
        sample("logstore_segment_rows", "gauge", "Rows in segments.", engine.segment_rows as f64);
        sample("logstore_segment_bytes", "gauge", "Bytes of segments.", engine.segment_bytes as f64);
        let failing = f64::from(u8::from(engine.flush_error.is_some()));
        sample("logstore_flush_failing", "gauge", "1 while segments cannot be written.", failing);
        out.push_str("# HELP loki_discarded_samples_total Entries and streams refused.\n# TYPE loki_discarded_samples_total counter\n");
        for (reason, count) in self.discarded.lock().iter() {
            out.push_str(&format!("loki_discarded_samples_total{{reason=\"{reason}\"}} {count}\n"));
        }
        out
    }
}
