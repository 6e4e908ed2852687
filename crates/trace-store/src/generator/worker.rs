//! The one task that counts, collects and writes.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use parking_lot::RwLock;
use promql::Labels;
use runtime::CancellationToken;
use tokio::sync::mpsc;
use tokio::time::MissedTickBehavior;

use super::digest::Digest;
use super::history::History;
use super::journal::Journal;
use super::registry::{Collected, Registry};
use super::remote_write::Sender;
use super::service_graphs::ServiceGraphs;
use super::settings::Settings;
use super::{Generator, GeneratorMetrics, all_metrics, millis, now_millis, span_metrics};

/// How often edges are looked through for those that waited long enough.
const EXPIRY_TICK: Duration = Duration::from_secs(2);

/// The counting and all that it needs.
pub(super) struct Worker {
    settings: Arc<Settings>,
    registry: Registry,
    graphs: ServiceGraphs,
    span_bounds: Arc<[f64]>,
    history: Arc<RwLock<History>>,
    metrics: Arc<GeneratorMetrics>,
    senders: Vec<Arc<Sender>>,
    journal: Journal,
    journal_fails: bool,
    last_collection: i64,
}

impl Worker {
    pub(super) fn new(generator: &Generator, journal: Journal) -> Self {
        let settings = Arc::clone(&generator.settings);
        let graphs = ServiceGraphs::new(&settings.graphs);
        let span_bounds: Arc<[f64]> = settings.spans.buckets.as_slice().into();
        let mut registry = Registry::new(settings.max_active_series);
        let known = all_metrics().map(|metric| {
            let bounds = if metric == span_metrics::LATENCY { &span_bounds } else { graphs.bounds() };
            (metric, Arc::clone(bounds))
        });
        let oldest = now_millis() - millis(settings.stale);
        registry.restore(&mut generator.history.write(), &known, oldest);
        Self {
            settings,
            registry,
            graphs,
            span_bounds,
            history: Arc::clone(&generator.history),
            metrics: Arc::clone(&generator.metrics),
            senders: generator.senders.clone(),
            journal,
            journal_fails: false,
            last_collection: 0,
        }
    }

    pub(super) async fn run(mut self, mut digests: mpsc::Receiver<Digest>, stop: CancellationToken) {
        let mut collect = tokio::time::interval(self.settings.collection_interval);
        collect.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut expire =
            tokio::time::interval(EXPIRY_TICK.min(self.settings.graphs.wait.max(Duration::from_millis(50))));
        expire.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => break,
                _ = collect.tick() => self.collect(now_millis()),
                _ = expire.tick() => self.expire(now_millis()),
                Some(digest) = digests.recv() => self.count(&digest, now_millis()),
            }
        }
        digests.close();
        while let Some(digest) = digests.recv().await {
            self.count(&digest, now_millis());
        }
        self.collect(now_millis());
        if let Err(error) = self.journal.sync() {
            tracing::warn!(%error, "the metrics history could not be made durable");
        }
    }

    fn count(&mut self, digest: &Digest, now: i64) {
        self.metrics.waiting_spans.fetch_sub(digest.spans.len(), Ordering::Relaxed);
        self.metrics.spans.add(digest.spans.len() as u64);
        if self.settings.graphs.enabled {
            self.graphs.count(&mut self.registry, digest, &self.settings.graphs, now);
        }
        if self.settings.spans.is_enabled() {
            let (spans, slack) = (&self.settings.spans, millis(self.settings.time_slack));
            let left_out =
                span_metrics::count(&mut self.registry, digest, spans, &self.span_bounds, now, slack);
            self.metrics.spans_out_of_range.add(left_out);
        }
    }

    fn expire(&mut self, now: i64) {
        if self.settings.graphs.enabled {
            self.graphs.expire(&mut self.registry, &self.settings.graphs, now);
        }
    }

    fn collect(&mut self, now: i64) {
        // A clock that was set back must not make series run backwards.
        let now = now.max(self.last_collection + 1);
        self.last_collection = now;
        let interval = millis(self.settings.collection_interval);
        let oldest = now - millis(self.settings.stale);
        let label = &self.settings.trace_id_label;
        let shared = Arc::clone(&self.history);
        let mut history = shared.write();
        let collected = self.registry.collect(&mut history, now, interval, oldest, label);
        self.metrics.active_series.store(self.registry.active(), Ordering::Relaxed);
        self.metrics.series_refused.add(std::mem::take(&mut self.registry.refused));
        self.send(&history, &collected, now);
        // In the order of their times, which is the order in which they are read back.
        let mut firsts = collected.firsts;
        firsts.sort_unstable_by_key(|(place, time)| (*time, *place));
        for same_time in firsts.chunk_by(|a, b| a.1 == b.1) {
            let zeros: Vec<(u32, f64)> = same_time.iter().map(|(place, _)| (*place, 0.0)).collect();
            zeros.iter().for_each(|(place, value)| history.push(*place, same_time[0].1, *value));
            let written = self.journal.append_some(&history, same_time[0].1, &zeros);
            self.note(written);
        }
        collected.samples.iter().for_each(|(place, value)| history.push(*place, now, *value));
        collected.exemplars.into_iter().for_each(|exemplar| history.push_exemplar(exemplar));
        let written = self.journal.append(&history, now, &collected.samples);
        self.note(written);
        history.sweep();
    }

    /// A disk that fails costs durability of figures, nothing else; it is said once.
    fn note(&mut self, written: io::Result<()>) {
        match written {
            Ok(()) => self.journal_fails = false,
            Err(error) => {
                self.metrics.journal_errors.add(1);
                if !std::mem::replace(&mut self.journal_fails, true) {
                    tracing::error!(%error, "the metrics history cannot be written; it is kept in memory");
                }
            }
        }
    }

    fn send(&self, history: &History, collected: &Collected, now: i64) {
        if self.senders.is_empty() {
            return;
        }
        let labels = |place: &u32| {
            let labels = history.labels(*place)?.clone();
            let external = self.settings.external_labels.iter();
            Some(external.fold(labels, |labels: Labels, (name, value)| match labels.get(name) {
                "" => labels.with(name, value),
                _ => labels,
            }))
        };
        let first = |(place, time): &(u32, i64)| Some((labels(place)?, *time, 0.0));
        let sample = |(place, value): &(u32, f64)| Some((labels(place)?, now, *value));
        let mut samples: Vec<(Labels, i64, f64)> = collected.firsts.iter().filter_map(first).collect();
        samples.extend(collected.samples.iter().filter_map(sample));
        self.senders.iter().for_each(|sender| sender.append(&samples));
    }
}
