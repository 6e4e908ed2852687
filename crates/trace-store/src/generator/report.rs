//! The generator's own counters, as Prometheus text; Tempo's names where the same thing is meant.

use std::fmt::Write as _;
use std::sync::atomic::Ordering;

use super::Generator;

impl Generator {
    pub(crate) fn render(&self) -> String {
        let mut out = String::new();
        let metrics = &self.metrics;
        let counters = [
            ("tempo_metrics_generator_spans_received_total", "Spans counted.", metrics.spans.get()),
            (
                "trace_store_generator_spans_dropped_total",
                "Stored spans that were not counted because the generator was behind.",
                metrics.spans_dropped.get(),
            ),
            (
                "tempo_metrics_generator_spans_discarded_total",
                "Spans too old or too new for span metrics.",
                metrics.spans_out_of_range.get(),
            ),
            (
                "tempo_metrics_generator_registry_series_limited_total",
                "Observations left out because there are too many series.",
                metrics.series_refused.get(),
            ),
            (
                "trace_store_generator_journal_errors_total",
                "Collections that could not be written to disk.",
                metrics.journal_errors.get(),
            ),
        ];
        for (name, help, value) in counters {
            put(&mut out, name, help, "counter", &[(String::new(), value)]);
        }
        let (series, bytes) = {
            let history = self.history.read();
            (history.series_count(), history.bytes())
        };
        let gauges = [
            (
                "tempo_metrics_generator_registry_active_series",
                "Series that are counted now.",
                metrics.active_series.load(Ordering::Relaxed),
            ),
            ("trace_store_generator_history_series", "Series with samples in memory.", series),
            ("trace_store_generator_history_bytes", "Bytes of samples in memory.", bytes),
        ];
        for (name, help, value) in gauges {
            put(&mut out, name, help, "gauge", &[(String::new(), value as u64)]);
        }
        self.render_receivers(&mut out);
        out
    }

    fn render_receivers(&self, out: &mut String) {
        if self.senders.is_empty() {
            return;
        }
        let all = |value: &dyn Fn(&super::Sender) -> u64| -> Vec<(String, u64)> {
            self.senders.iter().map(|sender| (format!("{{url={:?}}}", sender.url()), value(sender))).collect()
        };
        let counters = [
            ("sent", "Samples that a receiver took.", all(&|sender| sender.sent.get())),
            ("failed", "Samples that a receiver refused.", all(&|sender| sender.failed.get())),
            ("dropped", "Samples for which a queue had no room.", all(&|sender| sender.dropped.get())),
        ];
        for (name, help, samples) in counters {
            put(out, &format!("trace_store_remote_write_samples_{name}_total"), help, "counter", &samples);
        }
        let waiting = all(&|sender| sender.waiting() as u64);
        put(out, "trace_store_remote_write_samples_pending", "Samples that wait.", "gauge", &waiting);
    }
}

fn put(out: &mut String, name: &str, help: &str, kind: &str, samples: &[(String, u64)]) {
    // Writing into a string cannot fail.
    let mut written = writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}");
    for (labels, value) in samples {
        written = written.and_then(|()| writeln!(out, "{name}{labels} {value}"));
    }
    debug_assert!(written.is_ok());
}
