//! Calls to other services: traced, bounded in time, retried when that is safe, refused while a service is failing.

mod attempt;
mod error;

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Bytes;
use http::{HeaderMap, Method, StatusCode};
use parking_lot::Mutex;
use rand::RngExt as _;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::breaker::Change;
use crate::health::DependencyStatus;
use crate::{Breaker, BreakerConfig, Faults, emit};

pub use error::ClientError;

/// How services call themselves to each other, so that their calls are not taken for those of visitors.
pub const SERVICE_USER_AGENT: &str = concat!("shop-service/", env!("CARGO_PKG_VERSION"));

/// The limits of calls to one service.
#[derive(Debug, Clone, Copy)]
pub struct ClientConfig {
    /// How long one attempt may take.
    pub timeout: Duration,
    /// How often a call that can be repeated is repeated.
    pub retries: u32,
    /// When to stop calling.
    pub breaker: BreakerConfig,
}

impl Default for ClientConfig {
    fn default() -> Self {
        Self { timeout: Duration::from_secs(2), retries: 2, breaker: BreakerConfig::default() }
    }
}

/// A client of one other service; cheap to clone.
#[derive(Debug, Clone)]
pub struct ServiceClient {
    shared: Arc<Shared>,
    faults: Option<Faults>,
}

#[derive(Debug)]
struct Shared {
    name: String,
    base: String,
    http: reqwest::Client,
    config: ClientConfig,
    breaker: Breaker,
    status: Mutex<DependencyStatus>,
}

/// An answer below 400.
#[derive(Debug, Clone)]
pub struct ClientResponse {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    body: Bytes,
    target: String,
}

impl ClientResponse {
    /// The body as JSON.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, ClientError> {
        serde_json::from_slice(&self.body)
            .map_err(|error| ClientError::Decode { target: self.target.clone(), message: error.to_string() })
    }
}

impl ServiceClient {
    /// A client of the service `name` at `base` (such as `http://127.0.0.1:8081`).
    pub fn new(name: &str, base: &str, config: ClientConfig) -> anyhow::Result<Self> {
        let base = base.trim_end_matches('/').to_owned();
        url::Url::parse(&base).map_err(|error| anyhow::anyhow!("address of {name}: {base:?}: {error}"))?;
        let http = reqwest::Client::builder()
            .connect_timeout(config.timeout.min(Duration::from_secs(1)))
            .timeout(config.timeout)
            .pool_max_idle_per_host(4)
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(SERVICE_USER_AGENT)
            .build()?;
        Ok(Self {
            shared: Arc::new(Shared {
                name: name.to_owned(),
                base,
                http,
                config,
                breaker: Breaker::new(config.breaker),
                status: Mutex::new(DependencyStatus::Unknown),
            }),
            faults: None,
        })
    }

    /// The same client, whose calls lose their trace context when the fault is on.
    #[must_use]
    pub fn with_faults(mut self, faults: &Faults) -> Self {
        self.faults = Some(faults.clone());
        self
    }

    /// The service's name.
    pub fn name(&self) -> &str {
        &self.shared.name
    }

    /// Starts a request. `template` names the route in spans (`/users/{id}`), `path` is what is really asked for.
    pub fn request(&self, method: Method, template: &'static str, path: impl Into<String>) -> RequestBuilder {
        let repeatable = matches!(method, Method::GET | Method::HEAD | Method::PUT | Method::DELETE);
        RequestBuilder {
            client: self.clone(),
            template,
            path: path.into(),
            repeatable,
            timeout: self.shared.config.timeout,
            headers: HeaderMap::new(),
            body: Ok(None),
            method,
        }
    }

    /// What is known about the service.
    pub fn status(&self) -> DependencyStatus {
        match *self.shared.status.lock() {
            DependencyStatus::Ok if self.shared.breaker.is_open() => DependencyStatus::Degraded,
            status => status,
        }
    }

    /// Asks the service's `/health`, without a trace, and remembers the answer.
    pub async fn probe(&self) -> DependencyStatus {
        #[derive(serde::Deserialize)]
        struct Answer {
            status: String,
        }
        let shared = &self.shared;
        let request = shared.http.get(format!("{}/health", shared.base));
        let status = match request.send().await {
            Ok(response) if response.status().is_success() => match response.json::<Answer>().await {
                Ok(answer) if answer.status == "ok" => DependencyStatus::Ok,
                _ => DependencyStatus::Degraded,
            },
            _ => DependencyStatus::Down,
        };
        *shared.status.lock() = status;
        status
    }

    fn succeeded(&self) {
        if self.shared.breaker.succeeded() == Change::Closed {
            emit!(CircuitClosed { target = self.name() }, "calls to {} go through again", self.name());
        }
    }

    fn failed(&self) {
        if self.shared.breaker.failed(Instant::now()) == Change::Opened {
            let wait_ms = self.shared.config.breaker.pause.as_millis() as u64;
            emit!(CircuitOpened { target = self.name(), wait_ms }, "{} is failing; calls are paused", self.name());
        }
    }
}

/// One call being put together.
#[derive(Debug)]
pub struct RequestBuilder {
    client: ServiceClient,
    method: Method,
    template: &'static str,
    path: String,
    headers: HeaderMap,
    body: Result<Option<Bytes>, String>,
    timeout: Duration,
    repeatable: bool,
}

impl RequestBuilder {
    /// Sends `body` as JSON.
    #[must_use]
    pub fn json(mut self, body: &impl Serialize) -> Self {
        self.body =
            serde_json::to_vec(body).map(|bytes| Some(bytes.into())).map_err(|error| error.to_string());
        self.headers.insert(http::header::CONTENT_TYPE, http::HeaderValue::from_static("application/json"));
        self
    }

    /// Adds a header; values that no header can have are left out.
    #[must_use]
    pub fn header(mut self, name: http::HeaderName, value: &str) -> Self {
        if let Ok(value) = http::HeaderValue::from_str(value) {
            self.headers.insert(name, value);
        }
        self
    }

    /// Passes a token on.
    #[must_use]
    pub fn bearer(self, token: &str) -> Self {
        let value = format!("Bearer {token}");
        self.header(http::header::AUTHORIZATION, &value)
    }

    /// Says that a repetition does no harm (the call carries a key that the other side remembers).
    #[must_use]
    pub fn repeatable(mut self) -> Self {
        self.repeatable = true;
        self
    }

    /// A timeout of an attempt other than the client's.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Sends the request; every answer from 400 up is an error.
    pub async fn send(self) -> Result<ClientResponse, ClientError> {
        let started = Instant::now();
        let budget = self.timeout * 2;
        let mut attempt = 0;
        loop {
            if let Err(retry_after) = self.client.shared.breaker.admit(Instant::now()) {
                return Err(ClientError::CircuitOpen { target: self.client.name().to_owned(), retry_after });
            }
            let result = self.attempt(attempt).await;
            let failure = match result {
                Err(error) if error.is_failure() => error,
                answered => {
                    self.client.succeeded();
                    return answered;
                }
            };
            self.client.failed();
            let again = self.repeatable && attempt < self.client.shared.config.retries;
            if !again || started.elapsed() >= budget {
                self.report(&failure, started.elapsed());
                return Err(failure);
            }
            attempt += 1;
            let pause_ms = rand::rng().random_range(20..80) * u64::from(attempt);
            tokio::time::sleep(Duration::from_millis(pause_ms)).await;
        }
    }

    fn report(&self, failure: &ClientError, elapsed: Duration) {
        if let ClientError::Timeout { target } = failure {
            let wait_ms = elapsed.as_millis() as u64;
            emit!(
                DependencyTimeout { target = target.as_str(), route = self.template, wait_ms },
                "{target} did not answer in time"
            );
        }
    }
}
