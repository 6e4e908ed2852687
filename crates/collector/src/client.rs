//! Pushing batches to a store: in order, again and again until it takes them.

mod auth;
mod backoff;
mod request;
mod telemetry;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use http::StatusCode;
use runtime::CancellationToken;
use tokio::sync::mpsc;

use self::backoff::Backoff;
use self::telemetry::Telemetry;
use crate::batch::{Batch, StreamBatch};
use crate::config::ClientConfig;
use crate::labels::LabelSet;
use crate::metrics::Metrics;
use crate::positions::Positions;

/// Batches waiting for a client; with the one under way this bounds what is in memory.
pub const QUEUE_LENGTH: usize = 2;

/// Bytes of an answer that are read for the log.
const MAX_ANSWER_BYTES: usize = 1024;

/// Why a client cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    #[error("clients: {url}: {problem}")]
    Invalid { url: String, problem: String },
    #[error("clients: {url}: {source}")]
    Http { url: String, source: reqwest::Error },
}

/// A store and the way to it.
#[derive(Debug)]
pub struct Client {
    config: ClientConfig,
    http: reqwest::Client,
    external_labels: LabelSet,
    positions: Arc<Positions>,
    telemetry: Telemetry,
}

/// How a request ended for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Delivered,
    Dropped,
    /// The collector stops and the store hasn't taken it.
    GaveUp,
}

/// How one attempt ended.
enum Attempt {
    Delivered,
    Refused { status: StatusCode, reason: String },
    Later { problem: String, after: Option<Duration>, is_rate_limit: bool },
}

impl Client {
    /// Checks and prepares a client.
    pub fn new(
        config: &ClientConfig,
        positions: &Arc<Positions>,
        metrics: &Metrics,
    ) -> Result<Self, ClientError> {
        let http = request::http_client(config)?;
        Ok(Self {
            telemetry: Telemetry::new(&config.url, metrics),
            external_labels: config.external_labels.iter().collect(),
            http,
            config: config.clone(),
            positions: Arc::clone(positions),
        })
    }

    /// Sends what comes until the queue ends or `give_up`.
    pub async fn run(mut self, mut queue: mpsc::Receiver<Arc<Batch>>, give_up: CancellationToken) {
        while let Some(batch) = queue.recv().await {
            if !self.deliver(&batch, &give_up).await {
                return;
            }
            batch.complete(&self.positions);
        }
    }

    /// Sends a batch, one request for each tenant. `false` if the batch is not dealt with.
    async fn deliver(&mut self, batch: &Batch, give_up: &CancellationToken) -> bool {
        let default_tenant = self.config.tenant_id.clone();
        let mut by_tenant: BTreeMap<Option<&str>, Vec<&StreamBatch>> = BTreeMap::new();
        for stream in &batch.streams {
            let tenant = stream.tenant.as_deref().or(default_tenant.as_deref());
            by_tenant.entry(tenant.filter(|tenant| !tenant.is_empty())).or_default().push(stream);
        }
        for (tenant, streams) in by_tenant {
            if self.send(tenant, &streams, give_up).await == Outcome::GaveUp {
                return false;
            }
        }
        true
    }

    async fn send(
        &mut self,
        tenant: Option<&str>,
        streams: &[&StreamBatch],
        give_up: &CancellationToken,
    ) -> Outcome {
        let body = request::encode(streams, &self.external_labels);
        let entries: usize = streams.iter().map(|stream| stream.count).sum();
        let bytes: usize = streams.iter().map(|stream| stream.line_bytes).sum();
        self.telemetry.encoded(body.len());
        let mut backoff = Backoff::new(&self.config.backoff_config);
        loop {
            let attempt = tokio::select! {
                attempt = self.attempt(tenant, body.clone()) => attempt,
                () = give_up.cancelled() => return Outcome::GaveUp,
            };
            match attempt {
                Attempt::Delivered => {
                    self.telemetry.delivered(entries, body.len());
                    return Outcome::Delivered;
                }
                Attempt::Refused { status, reason } => {
                    self.telemetry.refused(entries, bytes, status, &reason);
                    return Outcome::Dropped;
                }
                Attempt::Later { problem, is_rate_limit: true, .. }
                    if self.config.drop_rate_limited_batches =>
                {
                    self.telemetry.dropped(entries, bytes, "rate_limited", &problem);
                    return Outcome::Dropped;
                }
                Attempt::Later { problem, after, .. } => {
                    self.telemetry.failed(&problem);
                    let Some(pause) = backoff.next(after) else {
                        self.telemetry.dropped(entries, bytes, "ingester_error", &problem);
                        return Outcome::Dropped;
                    };
                    tokio::select! {
                        () = tokio::time::sleep(pause) => {}
                        () = give_up.cancelled() => return Outcome::GaveUp,
                    }
                }
            }
        }
    }

    async fn attempt(&self, tenant: Option<&str>, body: bytes::Bytes) -> Attempt {
        let began = Instant::now();
        let request = request::build(&self.http, &self.config, tenant, body);
        let mut response = match request.send().await {
            Ok(response) => response,
            Err(error) => {
                self.telemetry.answered("-1", began.elapsed());
                return Attempt::Later {
                    problem: request::describe(&error),
                    after: None,
                    is_rate_limit: false,
                };
            }
        };
        let status = response.status();
        self.telemetry.answered(status.as_str(), began.elapsed());
        if status.is_success() {
            return Attempt::Delivered;
        }
        let after = request::retry_after(response.headers());
        let reason = request::beginning(&mut response, MAX_ANSWER_BYTES).await;
        let is_rate_limit = status == StatusCode::TOO_MANY_REQUESTS;
        if is_rate_limit || status.is_server_error() {
            return Attempt::Later { problem: format!("{status}: {reason}"), after, is_rate_limit };
        }
        Attempt::Refused { status, reason }
    }
}
