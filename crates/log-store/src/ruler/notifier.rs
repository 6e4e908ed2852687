//! Alerts on their way to Alertmanagers: `POST /api/v2/alerts`.
//!
//! Each Alertmanager has a queue of its own, which holds the latest state of each alert once. What cannot be delivered
//! stays in it, and is replaced when the alert changes meanwhile; when the queue is full the oldest go.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::body::Bytes;
use http::{HeaderMap, HeaderValue, header};
use model::TimestampNanos;
use parking_lot::Mutex;
use runtime::CancellationToken;
use serde_json::{Value, json};
use tokio::sync::Notify;

use super::alerts::Alert;
use super::config::settings::Settings;
use super::outbound::{Attempt, Backoff, Outbound};
use super::spec::LabelMap;

/// Alerts in one request.
const MAX_BATCH: usize = 256;
const LEAST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// The latest of an alert, as Alertmanagers want it.
#[derive(Debug)]
pub(super) struct Notification {
    labels: LabelMap,
    body: Value,
}

impl Notification {
    /// `valid_until` is when an Alertmanager that hears no more shall take the alert for resolved.
    pub(super) fn new(alert: &Alert, settings: &Settings, link: &str, valid_until: TimestampNanos) -> Self {
        let mut labels = settings.external_labels.clone();
        labels.extend(alert.labels.iter().map(|(name, value)| (name.clone(), value.clone())));
        let body = json!({
            "labels": labels,
            "annotations": alert.annotations,
            "startsAt": alert.fired_at.unwrap_or(alert.active_at).to_string(),
            "endsAt": alert.resolved_at.unwrap_or(valid_until).to_string(),
            "generatorURL": link,
        });
        Self { labels, body }
    }
}

/// All Alertmanagers.
#[derive(Debug)]
pub(super) struct Notifier {
    pub senders: Vec<Arc<Sender>>,
}

/// One Alertmanager.
#[derive(Debug)]
pub(super) struct Sender {
    outbound: Outbound,
    queue: Mutex<Queue>,
    filled: Notify,
    pub sent: AtomicU64,
    pub errors: AtomicU64,
    pub dropped: AtomicU64,
}

impl Notifier {
    pub(super) fn new(settings: &Settings) -> Result<Self, reqwest::Error> {
        let sender = |target| {
            let queue = Mutex::new(Queue::new(settings.notification_queue_capacity));
            let (sent, errors, dropped) = Default::default();
            let (outbound, filled) = (Outbound::new(target)?, Notify::new());
            Ok(Arc::new(Sender { outbound, queue, filled, sent, errors, dropped }))
        };
        Ok(Self { senders: settings.alertmanagers.iter().map(sender).collect::<Result<_, _>>()? })
    }

    pub(super) fn notify(&self, notifications: Vec<Notification>) {
        let notifications: Vec<Arc<Notification>> = notifications.into_iter().map(Arc::new).collect();
        for sender in self.senders.iter().filter(|_| !notifications.is_empty()) {
            let dropped = sender.queue.lock().push(&notifications);
            sender.dropped.fetch_add(dropped, Ordering::Relaxed);
            sender.filled.notify_one();
        }
    }
}

impl Sender {
    pub(super) fn address(&self) -> &str {
        self.outbound.address()
    }

    pub(super) fn waiting(&self) -> usize {
        self.queue.lock().len()
    }

    /// Sends what comes; after `stop`, what is there, as long as that succeeds.
    pub(super) async fn run(self: Arc<Self>, stop: CancellationToken) {
        let mut backoff = Backoff::new(LEAST_PAUSE, LONGEST_PAUSE);
        let mut failing = false;
        loop {
            let batch = self.queue.lock().take(MAX_BATCH);
            if batch.is_empty() {
                tokio::select! {
                    biased;
                    () = self.filled.notified() => continue,
                    () = stop.cancelled() => return,
                }
            }
            let count = batch.len() as u64;
            match self.outbound.post(body(&batch), headers()).await {
                Attempt::Delivered => {
                    self.sent.fetch_add(count, Ordering::Relaxed);
                    backoff.reset();
                    if std::mem::take(&mut failing) {
                        tracing::info!(alertmanager = self.address(), "alerts are taken again");
                    }
                }
                Attempt::Refused(problem) => {
                    self.errors.fetch_add(count, Ordering::Relaxed);
                    tracing::error!(
                        alertmanager = self.address(),
                        problem,
                        alerts = count,
                        "alerts were refused"
                    );
                }
                Attempt::Later { problem, after } => {
                    self.errors.fetch_add(count, Ordering::Relaxed);
                    if !std::mem::replace(&mut failing, true) {
                        tracing::warn!(
                            alertmanager = self.address(),
                            problem,
                            "alerts cannot be sent; trying again"
                        );
                    }
                    self.queue.lock().give_back(batch);
                    tokio::select! {
                        () = tokio::time::sleep(backoff.pause(after)) => {}
                        () = stop.cancelled() => return,
                    }
                }
            }
        }
    }
}

fn headers() -> HeaderMap {
    HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))])
}

fn body(batch: &[Arc<Notification>]) -> Bytes {
    let alerts: Vec<&Value> = batch.iter().map(|notification| &notification.body).collect();
    json!(alerts).to_string().into()
}

/// Notifications in the order in which they came, each alert once.
#[derive(Debug)]
struct Queue {
    capacity: usize,
    by_age: BTreeMap<i64, Arc<Notification>>,
    by_labels: HashMap<LabelMap, i64, ahash::RandomState>,
}

impl Queue {
    fn new(capacity: usize) -> Self {
        Self { capacity, by_age: BTreeMap::new(), by_labels: HashMap::default() }
    }

    fn len(&self) -> usize {
        self.by_age.len()
    }

    /// Adds; returns how many were pushed out.
    fn push(&mut self, notifications: &[Arc<Notification>]) -> u64 {
        for notification in notifications {
            let age = self.by_age.last_key_value().map_or(0, |(age, _)| age + 1);
            if let Some(older) = self.by_labels.insert(notification.labels.clone(), age) {
                self.by_age.remove(&older);
            }
            self.by_age.insert(age, Arc::clone(notification));
        }
        let over = self.len().saturating_sub(self.capacity);
        self.take(over).len() as u64
    }

    fn take(&mut self, most: usize) -> Vec<Arc<Notification>> {
        let mut taken = Vec::with_capacity(most.min(self.len()));
        while taken.len() < most
            && let Some((_, oldest)) = self.by_age.pop_first()
        {
            self.by_labels.remove(&oldest.labels);
            taken.push(oldest);
        }
        taken
    }

    /// Puts what was taken back to the front, unless there is something newer about the same alert.
    fn give_back(&mut self, batch: Vec<Arc<Notification>>) {
        for notification in batch.into_iter().rev() {
            if self.len() < self.capacity && !self.by_labels.contains_key(&notification.labels) {
                let age = self.by_age.first_key_value().map_or(0, |(age, _)| age - 1);
                self.by_labels.insert(notification.labels.clone(), age);
                self.by_age.insert(age, notification);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notification(name: &str, version: u64) -> Arc<Notification> {
        let labels = LabelMap::from([("alertname".to_owned(), name.to_owned())]);
        Arc::new(Notification { labels, body: json!(version) })
    }

    fn names(batch: &[Arc<Notification>]) -> Vec<String> {
        batch.iter().map(|one| format!("{}{}", one.labels["alertname"], one.body)).collect()
    }

    #[test]
    fn the_queue_holds_the_latest_of_each_alert() {
        let mut queue = Queue::new(3);
        assert_eq!(queue.push(&[notification("a", 1), notification("b", 1), notification("a", 2)]), 0);
        assert_eq!(names(&queue.take(1)), ["b1"]);
        assert_eq!(queue.push(&[notification("c", 1), notification("d", 1), notification("e", 1)]), 1);
        let batch = queue.take(2);
        assert_eq!(names(&batch), ["c1", "d1"]);
        queue.push(&[notification("d", 2)]);
        queue.give_back(batch);
        assert_eq!(names(&queue.take(9)), ["c1", "e1", "d2"]);
        assert!(queue.take(9).is_empty() && queue.by_labels.is_empty());
    }
}
