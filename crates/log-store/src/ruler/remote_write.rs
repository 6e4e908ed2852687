//! Recorded series on their way to Prometheus' remote write.
//!
//! Samples wait in memory, in a bounded queue per receiver; when it is full the oldest go. What cannot be delivered is
//! tried again with growing pauses; what the receiver refuses is dropped.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::body::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use model::{TenantId, TimestampNanos};
use parking_lot::Mutex;
use protocols::prometheus::{Label, Sample, TimeSeries, WriteRequest, encode_write};
use runtime::CancellationToken;
use tokio::sync::Notify;

use super::config::settings::{RemoteClient, Settings};
use super::outbound::{Attempt, Backoff, Outbound};
use super::spec::LabelMap;

/// One value of a series.
#[derive(Debug, Clone)]
pub(super) struct Written {
    pub tenant: TenantId,
    pub labels: Arc<LabelMap>,
    pub at: TimestampNanos,
    pub value: f64,
}

/// All receivers.
#[derive(Debug)]
pub(super) struct RemoteWrite {
    pub senders: Vec<Arc<Sender>>,
}

/// One receiver.
#[derive(Debug)]
pub(super) struct Sender {
    client: RemoteClient,
    outbound: Outbound,
    names_tenant: bool,
    queue: Mutex<VecDeque<Written>>,
    filled: Notify,
    pub sent: AtomicU64,
    pub failed: AtomicU64,
    pub retried: AtomicU64,
    pub dropped: AtomicU64,
}

impl RemoteWrite {
    pub(super) fn new(settings: &Settings) -> Result<Self, reqwest::Error> {
        let sender = |client: &RemoteClient| {
            let (sent, failed, retried, dropped) = Default::default();
            Ok(Arc::new(Sender {
                outbound: Outbound::new(&client.target)?,
                client: client.clone(),
                names_tenant: settings.add_org_id_header,
                queue: Mutex::default(),
                filled: Notify::new(),
                sent,
                failed,
                retried,
                dropped,
            }))
        };
        Ok(Self { senders: settings.remote_write.iter().map(sender).collect::<Result<_, _>>()? })
    }

    pub(super) fn is_enabled(&self) -> bool {
        !self.senders.is_empty()
    }

    pub(super) fn append(&self, samples: &[Written]) {
        for sender in self.senders.iter().filter(|_| !samples.is_empty()) {
            let mut queue = sender.queue.lock();
            queue.extend(samples.iter().cloned());
            let over = queue.len().saturating_sub(sender.client.capacity);
            queue.drain(..over);
            drop(queue);
            sender.dropped.fetch_add(over as u64, Ordering::Relaxed);
            sender.filled.notify_one();
        }
    }
}

impl Sender {
    pub(super) fn name(&self) -> &str {
        &self.client.name
    }

    pub(super) fn address(&self) -> &str {
        self.outbound.address()
    }

    pub(super) fn waiting(&self) -> usize {
        self.queue.lock().len()
    }

    /// The oldest samples, all of one tenant.
    fn take(&self) -> Vec<Written> {
        let mut queue = self.queue.lock();
        let Some(tenant) = queue.front().map(|sample| sample.tenant.clone()) else { return Vec::new() };
        let most = self.client.max_samples_per_send;
        let count = queue.iter().take(most).take_while(|sample| sample.tenant == tenant).count();
        queue.drain(..count).collect()
    }

    fn give_back(&self, batch: Vec<Written>) {
        let mut queue = self.queue.lock();
        let room = self.client.capacity.saturating_sub(queue.len());
        let over = batch.len().saturating_sub(room);
        for sample in batch.into_iter().skip(over).rev() {
            queue.push_front(sample);
        }
        self.dropped.fetch_add(over as u64, Ordering::Relaxed);
    }

    /// Sends what comes; after `stop`, what is there, as long as that succeeds.
    pub(super) async fn run(self: Arc<Self>, stop: CancellationToken) {
        let mut backoff = Backoff::new(self.client.min_backoff, self.client.max_backoff);
        let mut failing = false;
        loop {
            let batch = self.take();
            let Some(first) = batch.first() else {
                tokio::select! {
                    biased;
                    () = self.filled.notified() => continue,
                    () = stop.cancelled() => return,
                }
            };
            let count = batch.len() as u64;
            let headers = self.headers(&first.tenant);
            match self.outbound.post(body(&batch), headers).await {
                Attempt::Delivered => {
                    self.sent.fetch_add(count, Ordering::Relaxed);
                    backoff.reset();
                    if std::mem::take(&mut failing) {
                        tracing::info!(receiver = self.name(), "recorded samples are taken again");
                    }
                }
                Attempt::Refused(problem) => {
                    self.failed.fetch_add(count, Ordering::Relaxed);
                    tracing::error!(
                        receiver = self.name(),
                        problem,
                        samples = count,
                        "recorded samples were refused"
                    );
                }
                Attempt::Later { problem, after } => {
                    self.retried.fetch_add(count, Ordering::Relaxed);
                    if !std::mem::replace(&mut failing, true) {
                        tracing::warn!(
                            receiver = self.name(),
                            problem,
                            "recorded samples cannot be sent; trying again"
                        );
                    }
                    self.give_back(batch);
                    tokio::select! {
                        () = tokio::time::sleep(backoff.pause(after)) => {}
                        () = stop.cancelled() => return,
                    }
                }
            }
        }
    }

    fn headers(&self, tenant: &TenantId) -> HeaderMap {
        let mut headers = HeaderMap::from_iter([
            (header::CONTENT_TYPE, HeaderValue::from_static("application/x-protobuf")),
            (header::CONTENT_ENCODING, HeaderValue::from_static("snappy")),
            (HeaderName::from_static("x-prometheus-remote-write-version"), HeaderValue::from_static("0.1.0")),
        ]);
        if self.names_tenant
            && let Ok(tenant) = HeaderValue::from_str(tenant.as_str())
        {
            headers.insert(HeaderName::from_static("x-scope-orgid"), tenant);
        }
        headers
    }
}

fn body(batch: &[Written]) -> Bytes {
    let label = |(name, value): (&String, &String)| Label { name: name.clone(), value: value.clone() };
    let series = |written: &Written| TimeSeries {
        labels: written.labels.iter().map(label).collect(),
        samples: vec![Sample { value: written.value, timestamp: written.at.0.div_euclid(1_000_000) }],
    };
    let request = WriteRequest { timeseries: batch.iter().map(series).collect() };
    // Fails only above 4 GiB, far beyond what a batch can hold.
    encode_write(&request).unwrap_or_default().into()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::time::Duration;

    use super::super::outbound::{Credentials, Target};
    use super::*;

    fn written(tenant: &str, at: i64) -> Written {
        let tenant = TenantId::new(tenant).unwrap();
        Written { tenant, labels: Arc::default(), at: TimestampNanos(at), value: 0.0 }
    }

    fn times(batch: &[Written]) -> Vec<i64> {
        batch.iter().map(|sample| sample.at.0).collect()
    }

    #[test]
    fn the_queue_is_bounded_and_batches_have_one_tenant() {
        let target =
            Target::new("http://h/", "", Duration::from_secs(1), Credentials::None, &BTreeMap::new())
                .unwrap();
        let client = RemoteClient {
            name: "x".to_owned(),
            target,
            capacity: 5,
            max_samples_per_send: 3,
            min_backoff: Duration::from_secs(1),
            max_backoff: Duration::from_secs(1),
        };
        let settings = Settings { remote_write: vec![client], ..Settings::default() };
        let remote = RemoteWrite::new(&settings).unwrap();
        let sender = &remote.senders[0];
        let batch: Vec<Written> = [("a", 0), ("a", 1), ("a", 2), ("a", 3), ("a", 4), ("b", 5)]
            .map(|(tenant, at)| written(tenant, at))
            .to_vec();
        remote.append(&batch);
        assert_eq!((sender.waiting(), sender.dropped.load(Ordering::Relaxed)), (5, 1));
        let taken = sender.take();
        assert_eq!(times(&taken), [1, 2, 3]);
        remote.append(&[written("b", 6), written("b", 7)]);
        sender.give_back(taken);
        assert_eq!((sender.waiting(), sender.dropped.load(Ordering::Relaxed)), (5, 3));
        assert_eq!(times(&sender.take()), [3, 4]);
        assert_eq!(times(&sender.take()), [5, 6, 7]);
        assert!(sender.take().is_empty());
    }
}
