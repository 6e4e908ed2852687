//! Collected samples on their way to Prometheus: bounded queues, growing pauses.
//!
//! When a receiver is away its oldest samples go; what it refuses is dropped, since repeating it would not help.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use http::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use parking_lot::Mutex;
use promql::Labels;
use protocols::prometheus::{Label, Sample, TimeSeries, WriteRequest, encode_write};
use runtime::CancellationToken;
use tokio::sync::Notify;

use crate::metrics::Counter;

/// Where samples go, as the configuration says.
#[derive(Clone)]
pub(crate) struct Receiver {
    /// Without user and password.
    pub url: String,
    pub headers: HeaderMap,
    pub timeout: Duration,
    pub capacity: usize,
    pub batch: usize,
    pub min_backoff: Duration,
    pub max_backoff: Duration,
}

/// Headers may hold secrets.
impl std::fmt::Debug for Receiver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Receiver").field("url", &self.url).finish_non_exhaustive()
    }
}

/// The value of `Authorization` for a user and password.
pub(crate) fn basic_auth(user: &str, password: &str) -> Option<(HeaderName, HeaderValue)> {
    use base64::Engine as _;
    let text = base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}"));
    let mut value = HeaderValue::from_str(&format!("Basic {text}")).ok()?;
    value.set_sensitive(true);
    Some((AUTHORIZATION, value))
}

type Written = (Labels, i64, f64);

/// One receiver's queue.
#[derive(Debug)]
pub(crate) struct Sender {
    receiver: Receiver,
    http: reqwest::Client,
    queue: Mutex<VecDeque<Written>>,
    filled: Notify,
    pub sent: Counter,
    pub failed: Counter,
    pub dropped: Counter,
}

/// How one attempt ended.
enum Attempt {
    Delivered,
    Refused(String),
    Later(String),
}

impl Sender {
    pub(super) fn new(receiver: &Receiver) -> Result<Self, reqwest::Error> {
        let http = reqwest::Client::builder()
            .user_agent(concat!("monitoring-stack-trace-store/", env!("CARGO_PKG_VERSION")))
            .timeout(receiver.timeout)
            .redirect(reqwest::redirect::Policy::none());
        Ok(Self {
            receiver: receiver.clone(),
            http: http.build()?,
            queue: Mutex::default(),
            filled: Notify::new(),
            sent: Counter::default(),
            failed: Counter::default(),
            dropped: Counter::default(),
        })
    }

    pub(crate) fn url(&self) -> &str {
        &self.receiver.url
    }

    pub(crate) fn waiting(&self) -> usize {
        self.queue.lock().len()
    }

    pub(super) fn append(&self, samples: &[Written]) {
        let mut queue = self.queue.lock();
        queue.extend(samples.iter().cloned());
        let over = queue.len().saturating_sub(self.receiver.capacity);
        queue.drain(..over);
        drop(queue);
        self.dropped.add(over as u64);
        self.filled.notify_one();
    }

    fn take(&self) -> Vec<Written> {
        let mut queue = self.queue.lock();
        let count = queue.len().min(self.receiver.batch);
        queue.drain(..count).collect()
    }

    fn give_back(&self, batch: Vec<Written>) {
        let mut queue = self.queue.lock();
        let room = self.receiver.capacity.saturating_sub(queue.len());
        let over = batch.len().saturating_sub(room);
        batch.into_iter().skip(over).rev().for_each(|sample| queue.push_front(sample));
        drop(queue);
        self.dropped.add(over as u64);
    }

    /// Sends what comes; after `stop`, what is there, as long as that succeeds.
    pub(super) async fn run(self: Arc<Self>, stop: CancellationToken) {
        let mut pause = self.receiver.min_backoff;
        let mut failing = false;
        loop {
            let batch = self.take();
            if batch.is_empty() {
                tokio::select! {
                    biased;
                    () = self.filled.notified() => continue,
                    () = stop.cancelled() => return,
                }
            }
            let count = batch.len() as u64;
            match self.post(&batch).await {
                Attempt::Delivered => {
                    self.sent.add(count);
                    pause = self.receiver.min_backoff;
                    if std::mem::take(&mut failing) {
                        tracing::info!(receiver = self.url(), "generated metrics are taken again");
                    }
                }
                Attempt::Refused(problem) => {
                    self.failed.add(count);
                    tracing::error!(
                        receiver = self.url(),
                        problem,
                        samples = count,
                        "generated metrics were refused"
                    );
                }
                Attempt::Later(problem) => {
                    if !std::mem::replace(&mut failing, true) {
                        tracing::warn!(
                            receiver = self.url(),
                            problem,
                            "generated metrics cannot be sent; trying again"
                        );
                    }
                    self.give_back(batch);
                    tokio::select! {
                        () = tokio::time::sleep(pause) => {}
                        () = stop.cancelled() => return,
                    }
                    pause = (pause * 2).min(self.receiver.max_backoff);
                }
            }
        }
    }

    async fn post(&self, batch: &[Written]) -> Attempt {
        let request = self
            .http
            .post(&self.receiver.url)
            .header(CONTENT_TYPE, "application/x-protobuf")
            .header(CONTENT_ENCODING, "snappy")
            .header("x-prometheus-remote-write-version", "0.1.0")
            .headers(self.receiver.headers.clone())
            .body(body(batch));
        let response = match request.send().await {
            Ok(response) => response,
            Err(error) => return Attempt::Later(error.without_url().to_string()),
        };
        let status = response.status();
        if status.is_success() {
            return Attempt::Delivered;
        }
        if status.as_u16() == 429 || status.is_server_error() {
            return Attempt::Later(status.to_string());
        }
        Attempt::Refused(status.to_string())
    }
}

/// Samples of one series stand together, as receivers like it.
fn body(batch: &[Written]) -> Vec<u8> {
    let mut timeseries: Vec<TimeSeries> = Vec::new();
    let mut last: Option<&Labels> = None;
    for (labels, timestamp, value) in batch {
        let sample = Sample { value: *value, timestamp: *timestamp };
        match timeseries.last_mut().filter(|_| last == Some(labels)) {
            Some(series) => series.samples.push(sample),
            None => {
                let label =
                    |(name, value): (&str, &str)| Label { name: name.to_owned(), value: value.to_owned() };
                timeseries
                    .push(TimeSeries { labels: labels.iter().map(label).collect(), samples: vec![sample] });
            }
        }
        last = Some(labels);
    }
    // Fails only above 4 GiB, far beyond what a batch can hold.
    encode_write(&WriteRequest { timeseries }).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sender(capacity: usize) -> Sender {
        Sender::new(&Receiver {
            url: "http://127.0.0.1:9/".to_owned(),
            headers: HeaderMap::new(),
            timeout: Duration::from_secs(1),
            capacity,
            batch: 3,
            min_backoff: Duration::from_secs(1),
            max_backoff: Duration::from_secs(1),
        })
        .unwrap()
    }

    fn written(times: std::ops::Range<i64>) -> Vec<Written> {
        times.map(|time| (Labels::default(), time, 0.0)).collect()
    }

    #[test]
    fn the_queue_is_bounded_and_the_oldest_go() {
        let sender = sender(5);
        sender.append(&written(0..6));
        assert_eq!((sender.waiting(), sender.dropped.get()), (5, 1));
        let taken = sender.take();
        assert_eq!(taken.iter().map(|(_, time, _)| *time).collect::<Vec<_>>(), [1, 2, 3]);
        sender.append(&written(6..8));
        sender.give_back(taken);
        assert_eq!((sender.waiting(), sender.dropped.get()), (5, 3));
        assert_eq!(sender.take()[0].1, 3);
    }

    #[test]
    fn secrets_do_not_show() {
        let mut sender = sender(1);
        let (name, value) = basic_auth("me", "hush").unwrap();
        sender.receiver.headers.insert(name, value);
        let shown = format!("{sender:?}");
        assert!(!shown.contains("hush") && !shown.contains("Basic"), "{shown}");
    }
}
