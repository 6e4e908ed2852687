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
mod worker;

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use model::TimestampNanos;
use parking_lot::{Mutex, RwLock};
use runtime::CancellationToken;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::batch::SpanBatch;
use crate::metrics::Counter;
pub(crate) use digest::Digest;
use history::{History, HistoryLimits};
use journal::Journal;
use registry::{Kind, Metric};
use remote_write::Sender;
use settings::Settings;
pub(crate) use span_metrics::OWN_LABELS;
use worker::Worker;

/// Digests that may wait, and their spans in all: about 64 bytes each.
const QUEUE: usize = 1024;
const MAX_WAITING_SPANS: usize = 1 << 18;
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
    /// Spans in the queue.
    waiting_spans: AtomicUsize,
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
        let spans = digest.spans.len();
        let waiting = self.metrics.waiting_spans.fetch_add(spans, Ordering::Relaxed);
        // A single request may be larger than the queue otherwise allows.
        let fits = waiting == 0 || waiting + spans <= MAX_WAITING_SPANS;
        if !fits || self.queue.try_send(digest).is_err() {
            self.metrics.waiting_spans.fetch_sub(spans, Ordering::Relaxed);
            self.metrics.spans_dropped.add(spans as u64);
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
