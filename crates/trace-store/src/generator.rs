//! Metrics from spans: a service graph and figures of every operation, as Tempo's metrics generator computes them.
//!
//! Batches are digested before they are stored; the digests of those that were stored wait in a bounded queue for one
//! task, which counts, collects all series at regular times into the history and its journal, and hands them to
//! receivers of remote writes. A queue that is full costs figures, never spans.

mod chunk;
mod digest;
mod edges;
pub(crate) mod history;
mod journal;
mod keys;
mod registry;
pub(crate) mod remote_write;
mod report;
mod service_graphs;
pub(crate) mod settings;
mod size;
mod span_metrics;
#[cfg(test)]
mod tests;

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use model::TimestampNanos;
use parking_lot::{Mutex, RwLock};
use promql::Labels;
use runtime::CancellationToken;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::MissedTickBehavior;

use crate::batch::SpanBatch;
use crate::metrics::Counter;
pub(crate) use digest::Digest;
use history::{History, HistoryLimits};
use journal::Journal;
use registry::{Kind, Metric, Registry};
use remote_write::Sender;
use service_graphs::ServiceGraphs;
use settings::Settings;
pub(crate) use span_metrics::OWN_LABELS;

/// Digests that may wait.
const QUEUE: usize = 1024;
/// How often edges are looked through for those that waited long enough.
const EXPIRY_TICK: Duration = Duration::from_secs(2);
/// How long receivers may take for what is left at the end.
const DRAIN: Duration = Duration::from_secs(3);

/// The generator's own counters.
#[derive(Debug, Default)]
pub(crate) struct GeneratorMetrics {
    pub spans: Counter,
    /// Spans of requests for which the queue had no room.
    pub spans_dropped: Counter,
    /// Spans too old or too far ahead for span metrics.
    pub spans_out_of_range: Counter,
    pub series_refused: Counter,
    pub journal_errors: Counter,
    /// Series that are counted now.
    pub active_series: AtomicUsize,
}

/// The handle that the store has.
#[derive(Debug)]
pub(crate) struct Generator {
    settings: Arc<Settings>,
    pub history: Arc<RwLock<History>>,
    pub metrics: Arc<GeneratorMetrics>,
    pub senders: Vec<Arc<Sender>>,
    queue: mpsc::Sender<Digest>,
    stop: CancellationToken,
    tasks: Mutex<Vec<JoinHandle<()>>>,
}

/// What is known about a metric, by its name.
pub(crate) struct Described {
    pub name: &'static str,
    pub kind: &'static str,
    pub help: &'static str,
}

/// All metrics that may be generated.
pub(crate) fn described() -> impl Iterator<Item = Described> {
    all_metrics().into_iter().map(|Metric { name, kind, help }| {
        let kind = match kind {
            Kind::Counter => "counter",
            Kind::Histogram => "histogram",
            Kind::Gauge => "gauge",
        };
        Described { name, kind, help }
    })
}

fn all_metrics() -> [Metric; 11] {
    use service_graphs::{
        CLIENT_SECONDS, DROPPED, FAILED, MESSAGING_SECONDS, REQUESTS, SERVER_SECONDS, UNPAIRED,
    };
    use span_metrics::{CALLS, LATENCY, SIZE, TARGET_INFO};
    [
        REQUESTS,
        FAILED,
        SERVER_SECONDS,
        CLIENT_SECONDS,
        MESSAGING_SECONDS,
        UNPAIRED,
        DROPPED,
        CALLS,
        LATENCY,
        SIZE,
        TARGET_INFO,
    ]
}

impl Generator {
    /// Reads the journal in `dir` and begins to count. Without processors it only serves what was counted before.
    pub(crate) fn open(settings: Settings, dir: &Path) -> io::Result<Arc<Self>> {
        let age = millis(settings.history_age);
        let limits = HistoryLimits { bytes: settings.history_bytes, age };
        let mut history = History::new(limits);
        // On disk a sample takes more room than in memory.
        let max_bytes = settings.history_bytes as u64 * 4;
        let journal = match settings.is_enabled() || dir.exists() {
            true => Some(Journal::open(dir, &mut history, age, max_bytes)),
            false => None,
        };
        let senders: Result<Vec<_>, _> =
            settings.receivers.iter().map(|receiver| Sender::new(receiver).map(Arc::new)).collect();
        let senders = senders.map_err(io::Error::other)?;
        let (queue, digests) = mpsc::channel(QUEUE);
        let settings = Arc::new(settings);
        let history = Arc::new(RwLock::new(history));
        let generator = Arc::new(Self {
            settings: Arc::clone(&settings),
            history: Arc::clone(&history),
            metrics: Arc::default(),
            senders,
            queue,
            stop: CancellationToken::new(),
            tasks: Mutex::default(),
        });
        if let Some(journal) = journal.filter(|_| settings.is_enabled()) {
            generator.spawn(digests, journal);
        }
        Ok(generator)
    }

    fn spawn(&self, digests: mpsc::Receiver<Digest>, journal: Journal) {
        let worker = Worker::new(self, journal);
        let stop_senders = CancellationToken::new();
        let mut tasks = self.tasks.lock();
        for sender in &self.senders {
            tasks.push(tokio::spawn(Arc::clone(sender).run(stop_senders.clone())));
        }
        let stop = self.stop.clone();
        tasks.push(tokio::spawn(async move {
            worker.run(digests, stop).await;
            stop_senders.cancel();
        }));
    }

    /// What is to be known of a request; nothing if nothing is generated.
    pub(crate) fn digest(&self, batch: &SpanBatch) -> Option<Digest> {
        self.settings.is_enabled().then(|| Digest::of(batch, &self.settings))
    }

    /// Counts a request that was stored.
    pub(crate) fn offer(&self, digest: Option<Digest>) {
        let Some(digest) = digest else { return };
        let spans = digest.spans.len() as u64;
        if self.queue.try_send(digest).is_err() {
            self.metrics.spans_dropped.add(spans);
        }
    }

    /// Counts what waits, collects a last time and stops.
    pub(crate) async fn close(&self) {
        self.stop.cancel();
        let tasks = std::mem::take(&mut *self.tasks.lock());
        let all = futures::future::join_all(tasks);
        if tokio::time::timeout(DRAIN, all).await.is_err() {
            tracing::warn!("some generated metrics were not sent before the end");
        }
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

fn now_millis() -> i64 {
    TimestampNanos::now().0.div_euclid(1_000_000)
}

/// The one task that counts.
struct Worker {
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
    fn new(generator: &Generator, journal: Journal) -> Self {
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

    async fn run(mut self, mut digests: mpsc::Receiver<Digest>, stop: CancellationToken) {
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

    fn send(&self, history: &History, collected: &registry::Collected, now: i64) {
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
