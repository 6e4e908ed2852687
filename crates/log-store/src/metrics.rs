//! The store's own figures, with Loki's names where they mean the same.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use model::TenantId;
use parking_lot::Mutex;
use segment::EngineStats;

use crate::ingest::Accepted;
use crate::tail::Tails;

mod process;
pub(crate) mod requests;
mod text;

use requests::Requests;
use text::Text;

/// Tenants that are told apart; the pushes of others are counted together.
const MAX_TENANTS: usize = 1000;
const OTHER_TENANTS: &str = "__other__";

/// The version of Loki whose API is spoken. Clients decide by it what they may ask.
pub(crate) const LOKI_VERSION: &str = "3.8.0";
pub(crate) const REVISION: &str = concat!("monitoring-stack-", env!("CARGO_PKG_VERSION"));

#[derive(Debug, Default)]
pub(crate) struct Metrics {
    tenants: Mutex<Tenants>,
    pushes: AtomicU64,
    queries: AtomicU64,
    query_micros: AtomicU64,
    pub requests: Requests,
}

#[derive(Debug, Default)]
struct Tenants {
    named: BTreeMap<TenantId, Tenant>,
    other: Tenant,
}

#[derive(Debug, Default)]
struct Tenant {
    bytes: u64,
    lines: u64,
    discarded: BTreeMap<&'static str, u64>,
}

impl Tenants {
    fn of(&mut self, tenant: &TenantId) -> &mut Tenant {
        if self.named.contains_key(tenant) || self.named.len() < MAX_TENANTS {
            self.named.entry(tenant.clone()).or_default()
        } else {
            &mut self.other
        }
    }

    fn iter(&self) -> impl Iterator<Item = (&str, &Tenant)> {
        let other = (self.named.len() >= MAX_TENANTS).then_some((OTHER_TENANTS, &self.other));
        self.named.iter().map(|(id, tenant)| (id.as_str(), tenant)).chain(other)
    }
}

impl Metrics {
    /// Counts one decoded push.
    pub(crate) fn pushed(&self, tenant: &TenantId, accepted: &Accepted, bytes: usize) {
        self.pushes.fetch_add(1, Ordering::Relaxed);
        let mut tenants = self.tenants.lock();
        let tenant = tenants.of(tenant);
        tenant.bytes += bytes as u64;
        tenant.lines += accepted.batch.len() as u64;
    }

    /// Counts entries and streams that were refused.
    pub(crate) fn discarded(&self, tenant: &TenantId, reason: &'static str, entries: u64) {
        *self.tenants.lock().of(tenant).discarded.entry(reason).or_default() += entries;
    }

    pub(crate) fn queried(&self, took: Duration) {
        self.queries.fetch_add(1, Ordering::Relaxed);
        self.query_micros.fetch_add(took.as_micros() as u64, Ordering::Relaxed);
    }

    /// Prometheus text.
    pub(crate) fn render(&self, engine: &EngineStats, tails: &Tails) -> String {
        let mut text = Text::default();
        text.family("loki_build_info", "gauge", "Which version this is.");
        let build = [("version", LOKI_VERSION), ("revision", REVISION), ("branch", ""), ("goversion", "")];
        text.sample("loki_build_info", &build, 1);
        self.tenants(&mut text);
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let mut one = |name: &str, kind: &str, help: &str, value: &dyn Display| {
            text.family(name, kind, help);
            text.sample(name, &[], value);
        };
        one("logstore_pushes_total", "counter", "Push requests decoded.", &count(&self.pushes));
        one("logstore_queries_total", "counter", "Queries answered.", &count(&self.queries));
        let seconds = count(&self.query_micros) as f64 / 1e6;
        one("logstore_query_seconds_total", "counter", "Time spent answering them.", &seconds);
        one("loki_querier_tail_active", "gauge", "Live tails.", &tails.active());
        let help = "Entries that clients of live tails were too slow for.";
        one("logstore_tail_missed_entries_total", "counter", help, &tails.missed());
        one("logstore_head_bytes", "gauge", "Bytes of rows in memory.", &engine.live_bytes);
        one("logstore_frozen_heads", "gauge", "Heads waiting to be sealed.", &engine.frozen_heads);
        one("logstore_segments", "gauge", "Segments.", &engine.segments);
        one("logstore_segment_rows", "gauge", "Rows in segments.", &engine.segment_rows);
        one("logstore_segment_bytes", "gauge", "Bytes of segments.", &engine.segment_bytes);
        let failing = u8::from(engine.flush_error.is_some());
        one("logstore_flush_failing", "gauge", "1 while segments cannot be written.", &failing);
        self.requests.render(&mut text);
        process::render(&mut text);
        text.finish()
    }

    fn tenants(&self, text: &mut Text) {
        let tenants = self.tenants.lock();
        let name = "loki_distributor_bytes_received_total";
        text.family(name, "counter", "Decompressed bytes of pushes.");
        tenants.iter().for_each(|(id, tenant)| text.sample(name, &[("tenant", id)], tenant.bytes));
        let name = "loki_distributor_lines_received_total";
        text.family(name, "counter", "Lines that were valid.");
        tenants.iter().for_each(|(id, tenant)| text.sample(name, &[("tenant", id)], tenant.lines));
        let name = "loki_discarded_samples_total";
        text.family(name, "counter", "Entries and streams refused.");
        for (id, tenant) in tenants.iter() {
            for (reason, count) in &tenant.discarded {
                text.sample(name, &[("reason", reason), ("tenant", id)], count);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batch::LogBatch;
    use crate::ingest::Refused;

    #[test]
    fn tenants_are_told_apart_up_to_a_number() {
        let metrics = Metrics::default();
        for at in 0..MAX_TENANTS + 2 {
            let tenant = TenantId::new(&format!("t{at:04}")).unwrap();
            let accepted = Accepted { batch: LogBatch::default(), refused: Refused::default(), packed: None };
            metrics.pushed(&tenant, &accepted, 7);
            metrics.discarded(&tenant, "line_too_long", 2);
        }
        let mut text = Text::default();
        metrics.tenants(&mut text);
        let text = text.finish();
        for line in [
            r#"loki_distributor_bytes_received_total{tenant="t0000"} 7"#,
            r#"loki_distributor_bytes_received_total{tenant="__other__"} 14"#,
            r#"loki_discarded_samples_total{reason="line_too_long",tenant="t0999"} 2"#,
            r#"loki_discarded_samples_total{reason="line_too_long",tenant="__other__"} 4"#,
        ] {
            assert!(text.lines().any(|found| found == line), "{line}");
        }
    }
}
