//! Who tails: subscriptions, and handing batches to them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use logql::CompiledSelector;
use model::{Labels, TenantId, TimestampNanos};
use parking_lot::{Mutex, RwLock};
use runtime::CancellationToken;
use tokio::sync::{Notify, mpsc};

use crate::batch::LogBatch;

/// Batches that may wait for one tail, and the bytes that they may have unless there is only one.
const MAX_QUEUED: usize = 256;
const MAX_QUEUED_BYTES: usize = 4 << 20;
/// Missed entries that are named to a slow client; the others are only missing.
const MAX_MISSED: usize = 1000;

/// An entry that a client was too slow for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Missed {
    pub labels: Labels,
    pub timestamp: TimestampNanos,
}

/// The tails of a store.
#[derive(Debug, Default)]
pub(crate) struct Tails {
    active: AtomicUsize,
    /// Entries that clients were too slow for.
    missed: AtomicU64,
    subscribers: RwLock<Vec<Arc<Subscriber>>>,
    /// Notified when a tail has ended.
    ended: Notify,
    shutdown: CancellationToken,
}

#[derive(Debug)]
struct Subscriber {
    tenant: TenantId,
    selector: CompiledSelector,
    queue: mpsc::Sender<Arc<LogBatch>>,
    queued_bytes: AtomicUsize,
    missed: Mutex<Vec<Missed>>,
}

impl Tails {
    /// Tails end when `shutdown` is cancelled.
    pub(crate) fn new(shutdown: CancellationToken) -> Self {
        Self { shutdown, ..Self::default() }
    }

    /// How many there are at present.
    pub(crate) fn active(&self) -> usize {
        self.active.load(Ordering::Relaxed)
    }

    /// How many entries did not reach their clients, ever.
    pub(crate) fn missed(&self) -> u64 {
        self.missed.load(Ordering::Relaxed)
    }

    pub(crate) fn shutdown(&self) -> &CancellationToken {
        &self.shutdown
    }

    /// Returns when no tail is left.
    pub(crate) async fn all_ended(&self) {
        loop {
            let ended = self.ended.notified();
            if self.active() == 0 {
                return;
            }
            ended.await;
        }
    }

    /// Begins a tail; an error is the number of tails that the tenant would have.
    ///
    /// Every write from now on reaches the subscription, and a snapshot taken later has all earlier ones: a write in
    /// between is in both.
    pub(crate) fn subscribe(
        self: &Arc<Self>,
        tenant: &TenantId,
        selector: CompiledSelector,
        limit: usize,
    ) -> Result<Subscription, usize> {
        let (queue, batches) = mpsc::channel(MAX_QUEUED);
        let mut subscribers = self.subscribers.write();
        let count = subscribers.iter().filter(|known| known.tenant == *tenant).count() + 1;
        if count > limit {
            return Err(count);
        }
        let subscriber = Arc::new(Subscriber {
            tenant: tenant.clone(),
            selector,
            queue,
            queued_bytes: AtomicUsize::new(0),
            missed: Mutex::default(),
        });
        subscribers.push(Arc::clone(&subscriber));
        // Whoever writes after the snapshot has seen this: both go through the lock of the engine's state.
        self.active.fetch_add(1, Ordering::SeqCst);
        Ok(Subscription { tails: Arc::clone(self), subscriber, batches })
    }

    /// Hands a batch to the tails that want any of its streams. Never waits.
    pub(crate) fn publish(&self, tenant: &TenantId, batch: &Arc<LogBatch>) {
        if self.active.load(Ordering::SeqCst) == 0 {
            return;
        }
        for subscriber in self.subscribers.read().iter().filter(|known| known.tenant == *tenant) {
            if batch.streams.iter().any(|stream| subscriber.selector.matches(&stream.labels)) {
                let missed = subscriber.offer(batch);
                self.missed.fetch_add(missed, Ordering::Relaxed);
            }
        }
    }
}

impl Subscriber {
    /// Queues a batch if there is room; how many entries the client misses otherwise.
    fn offer(&self, batch: &Arc<LogBatch>) -> u64 {
        let bytes = batch.memory_bytes();
        let queued = self.queued_bytes.load(Ordering::Acquire);
        if queued > 0 && queued + bytes > MAX_QUEUED_BYTES {
            return self.miss(batch);
        }
        self.queued_bytes.fetch_add(bytes, Ordering::AcqRel);
        match self.queue.try_send(Arc::clone(batch)) {
            Ok(()) => 0,
            Err(mpsc::error::TrySendError::Full(batch)) => {
                self.queued_bytes.fetch_sub(bytes, Ordering::AcqRel);
                self.miss(&batch)
            }
            Err(mpsc::error::TrySendError::Closed(_)) => 0, // the tail is just ending
        }
    }

    #[cold]
    fn miss(&self, batch: &LogBatch) -> u64 {
        let mut missed = self.missed.lock();
        let matching: Vec<bool> =
            batch.streams.iter().map(|stream| self.selector.matches(&stream.labels)).collect();
        let mut count = 0;
        for (stream, timestamp) in batch.stream.iter().zip(&batch.timestamp) {
            let stream = *stream as usize;
            if !matching[stream] {
                continue;
            }
            count += 1;
            if missed.len() < MAX_MISSED {
                let labels = batch.streams[stream].labels.clone();
                missed.push(Missed { labels, timestamp: TimestampNanos(*timestamp) });
            }
        }
        count
    }
}

/// The receiving end of a tail; dropping it ends the tail.
#[derive(Debug)]
pub(crate) struct Subscription {
    tails: Arc<Tails>,
    subscriber: Arc<Subscriber>,
    batches: mpsc::Receiver<Arc<LogBatch>>,
}

impl Subscription {
    pub(crate) fn tails(&self) -> &Arc<Tails> {
        &self.tails
    }

    pub(crate) fn selector(&self) -> &CompiledSelector {
        &self.subscriber.selector
    }

    /// The next batch with a stream that is wanted. May be dropped while it waits.
    pub(crate) async fn next(&mut self) -> Option<Arc<LogBatch>> {
        let batch = self.batches.recv().await?;
        self.subscriber.queued_bytes.fetch_sub(batch.memory_bytes(), Ordering::AcqRel);
        Some(batch)
    }

    /// What was missed since the last call.
    pub(crate) fn take_missed(&self) -> Vec<Missed> {
        std::mem::take(&mut *self.subscriber.missed.lock())
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.tails.subscribers.write().retain(|known| !Arc::ptr_eq(known, &self.subscriber));
        self.tails.active.fetch_sub(1, Ordering::SeqCst);
        self.tails.ended.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batch::tests::batch;

    fn tenant(name: &str) -> TenantId {
        TenantId::new(name).unwrap()
    }

    fn selector(text: &str) -> CompiledSelector {
        CompiledSelector::new(&logql::parse_selector(text).unwrap()).unwrap()
    }

    fn of(labels: &str, at: i64, line: &str) -> Arc<LogBatch> {
        Arc::new(batch(&[(labels.to_owned(), at, line.to_owned(), vec![])]))
    }

    #[tokio::test]
    async fn batches_reach_those_who_want_them() {
        let tails = Arc::new(Tails::default());
        tails.publish(&tenant("one"), &of(r#"{a="1"}"#, 1, "nobody is there"));
        let mut first = tails.subscribe(&tenant("one"), selector(r#"{a="1"}"#), 1).unwrap();
        assert_eq!(tails.subscribe(&tenant("one"), selector(r#"{a="1"}"#), 1).unwrap_err(), 2);
        let mut second = tails.subscribe(&tenant("two"), selector(r#"{a=~".+"}"#), 1).unwrap();
        tails.publish(&tenant("one"), &of(r#"{a="2"}"#, 2, "another stream"));
        tails.publish(&tenant("one"), &of(r#"{a="1"}"#, 3, "wanted"));
        tails.publish(&tenant("two"), &of(r#"{a="1"}"#, 4, "of the other tenant"));
        assert_eq!(first.next().await.unwrap().timestamp, [3]);
        assert_eq!(second.next().await.unwrap().timestamp, [4]);
        assert_eq!(tails.active(), 2);
        drop((first, second));
        tails.all_ended().await;
        assert_eq!(tails.active(), 0);
    }

    #[tokio::test]
    async fn what_finds_no_room_is_named() {
        let tails = Arc::new(Tails::default());
        let mut slow = tails.subscribe(&tenant("one"), selector(r#"{a="1"}"#), 1).unwrap();
        for at in 0..(MAX_QUEUED + 2 * MAX_MISSED) as i64 {
            tails.publish(&tenant("one"), &of(r#"{a="1"}"#, at, "x"));
        }
        let missed = slow.take_missed();
        assert_eq!((missed.len(), missed[0].timestamp.0), (MAX_MISSED, MAX_QUEUED as i64));
        assert!(slow.take_missed().is_empty());
        assert_eq!(tails.missed(), 2 * MAX_MISSED as u64);
        for at in 0..MAX_QUEUED as i64 {
            assert_eq!(slow.next().await.unwrap().timestamp, [at]);
        }
        // One batch is taken, however large; more only while they are small together.
        let large = "x".repeat(MAX_QUEUED_BYTES);
        for at in 0..2 {
            tails.publish(&tenant("one"), &of(r#"{a="1"}"#, at, &large));
        }
        assert_eq!(slow.take_missed().iter().map(|missed| missed.timestamp.0).collect::<Vec<_>>(), [1]);
        assert_eq!(slow.next().await.unwrap().timestamp, [0]);
        tails.publish(&tenant("one"), &of(r#"{a="1"}"#, 7, &large));
        assert_eq!(slow.next().await.unwrap().timestamp, [7]);
    }
}
