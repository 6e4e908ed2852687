//! Calls to the shop: each with a client span, the trace context and the session in its headers, a time limit, and a
//! count in the statistics. Unlike the services' own client it never retries and sends whatever it is told to, broken
//! bodies included.

use std::sync::Arc;
use std::time::{Duration, Instant};

use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use opentelemetry::KeyValue;
use opentelemetry::baggage::BaggageExt as _;
use opentelemetry::propagation::Injector;
use serde_json::Value;
use service_kit::{Fault, Faults};
use tracing::{Instrument as _, Span, field};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

use crate::gate::Gates;
use crate::session::Session;
use crate::stats::{Answer, Stats};

/// How long a patient customer waits.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Answers are read up to this size; what lies beyond is not needed.
const MAX_BODY_BYTES: usize = 1 << 20;

/// The services of the shop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    Users,
    Products,
    Orders,
}

impl Target {
    pub const ALL: [Self; 3] = [Self::Users, Self::Products, Self::Orders];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Users => "user-service",
            Self::Products => "product-service",
            Self::Orders => "order-service",
        }
    }
}

/// A call that got no answer at all, or one that the scenario cannot go on with.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Trouble {
    #[error("{service} cannot be reached")]
    Unreachable { service: &'static str },
    #[error("{service} did not answer in time")]
    TimedOut { service: &'static str },
    #[error("{call} answered {status} {code}")]
    Unexpected { call: String, status: u16, code: String },
    #[error("{call} answered without {field}")]
    Missing { call: String, field: &'static str },
}

/// An answer.
#[derive(Debug, Clone)]
pub struct Reply {
    pub status: u16,
    pub body: Value,
    call: String,
}

impl Reply {
    /// The reply, if its status is one of `statuses`.
    pub fn expect(self, statuses: &[u16]) -> Result<Self, Trouble> {
        if statuses.contains(&self.status) {
            return Ok(self);
        }
        let code = self.body["error"]["code"].as_str().unwrap_or_default().to_owned();
        Err(Trouble::Unexpected { call: self.call, status: self.status, code })
    }

    /// A whole number of the answer.
    pub fn number(&self, field: &'static str) -> Result<i64, Trouble> {
        self.at(field).as_i64().ok_or_else(|| self.missing(field))
    }

    /// A text of the answer.
    pub fn text(&self, field: &'static str) -> Result<&str, Trouble> {
        self.at(field).as_str().ok_or_else(|| self.missing(field))
    }

    /// The value at a path such as `user/id`.
    fn at(&self, path: &str) -> &Value {
        path.split('/').fold(&self.body, |value, name| &value[name])
    }

    fn missing(&self, field: &'static str) -> Trouble {
        Trouble::Missing { call: self.call.clone(), field }
    }
}

/// What a call sends.
#[derive(Debug, Clone, Default)]
pub struct Send<'a> {
    pub token: Option<&'a str>,
    pub json: Option<Value>,
    /// Text that is sent as it is, under the content type that curl uses.
    pub raw: Option<&'static str>,
    pub idempotency_key: Option<&'a str>,
    pub patience: Option<Duration>,
}

/// The way to the services.
#[derive(Debug)]
pub struct Shop {
    http: reqwest::Client,
    urls: [String; 3],
    stats: Arc<Stats>,
    gates: Arc<Gates>,
    faults: Faults,
}

impl Shop {
    /// `urls` in the order of [`Target::ALL`].
    pub fn new(
        urls: [String; 3],
        stats: Arc<Stats>,
        gates: Arc<Gates>,
        faults: Faults,
    ) -> reqwest::Result<Self> {
        let http = reqwest::Client::builder()
            .timeout(TIMEOUT)
            .connect_timeout(Duration::from_secs(2))
            .pool_max_idle_per_host(8)
            .pool_idle_timeout(Duration::from_secs(20))
            .no_proxy()
            .build()?;
        Ok(Self { http, urls: urls.map(|url| url.trim_end_matches('/').to_owned()), stats, gates, faults })
    }

    /// One call. `route` is the address with names in place of ids, for the span; `path` the real one.
    pub async fn call(
        &self,
        session: &Session,
        (method, target, route): (Method, Target, &'static str),
        path: &str,
        send: Send<'_>,
    ) -> Result<Reply, Trouble> {
        let url = format!("{}{path}", self.urls[target as usize]);
        let span = client_span(&method, route, &url, target);
        let started = Instant::now();
        let result = self.exchange(session, &method, &url, send).instrument(span.clone()).await;
        let answer = match &result {
            Ok((status, _)) => Answer::Status(*status),
            Err(error) if error.is_timeout() => Answer::TimedOut,
            Err(_) => Answer::Unreachable,
        };
        self.note(&span, target, answer, started.elapsed());
        let service = target.name();
        match result {
            Ok((status, body)) => Ok(Reply { status, body, call: format!("{method} {route}") }),
            Err(_) if answer == Answer::TimedOut => Err(Trouble::TimedOut { service }),
            Err(_) => Err(Trouble::Unreachable { service }),
        }
    }

    async fn exchange(
        &self,
        session: &Session,
        method: &Method,
        url: &str,
        send: Send<'_>,
    ) -> reqwest::Result<(u16, Value)> {
        let mut request = self.http.request(method.clone(), url).headers(self.context_headers(session));
        if let Some(token) = send.token {
            request = request.bearer_auth(token);
        }
        if let Some(key) = send.idempotency_key {
            request = request.header("idempotency-key", key);
        }
        if let Some(patience) = send.patience {
            request = request.timeout(patience);
        }
        if let Some(json) = &send.json {
            request = request.json(json);
        } else if let Some(raw) = send.raw {
            request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded").body(raw);
        }
        let mut response = request.send().await?;
        let status = response.status().as_u16();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            if body.len() + chunk.len() > MAX_BODY_BYTES {
                break;
            }
            body.extend_from_slice(&chunk);
        }
        Ok((status, serde_json::from_slice(&body).unwrap_or(Value::Null)))
    }

    fn context_headers(&self, session: &Session) -> HeaderMap {
        let mut headers = HeaderMap::new();
        if self.faults.hits(Fault::BrokenContext).is_none() {
            let baggage =
                [KeyValue::new("session.id", session.id.clone()), KeyValue::new("synthetic", "true")];
            let context = Span::current().context().with_baggage(baggage);
            opentelemetry::global::get_text_map_propagator(|propagator| {
                propagator.inject_context(&context, &mut Headers(&mut headers));
            });
        }
        headers.insert(header::USER_AGENT, HeaderValue::from_static(session.user_agent));
        headers
    }

    fn note(&self, span: &Span, target: Target, answer: Answer, latency: Duration) {
        self.stats.call(target.name(), answer, latency);
        match answer {
            Answer::Status(status) => {
                self.gates.succeeded(target);
                span.record("http.response.status_code", i64::from(status));
                if status >= 400 {
                    span.record("otel.status_code", "ERROR");
                    span.record("error.type", status.to_string());
                }
            }
            Answer::TimedOut => {
                span.record("otel.status_code", "ERROR");
                span.record("error.type", "timeout");
            }
            Answer::Unreachable => {
                self.gates.failed(target);
                span.record("otel.status_code", "ERROR");
                span.record("error.type", "connection_error");
            }
        }
    }

    /// Whether a service says that it is ready.
    pub async fn is_ready(&self, target: Target) -> bool {
        let url = format!("{}/ready", self.urls[target as usize]);
        let answer = self.http.get(url).timeout(Duration::from_secs(2)).send().await;
        answer.is_ok_and(|response| response.status().is_success())
    }
}

fn client_span(method: &Method, route: &'static str, url: &str, target: Target) -> Span {
    let parsed = reqwest::Url::parse(url).ok();
    let host = parsed.as_ref().and_then(|url| url.host_str().map(str::to_owned));
    let port = parsed.as_ref().and_then(|url| url.port_or_known_default());
    tracing::info_span!(
        target: "shop",
        "http_call",
        otel.name = format!("{method} {route}"),
        otel.kind = "client",
        otel.status_code = field::Empty,
        http.request.method = method.as_str(),
        http.response.status_code = field::Empty,
        url.full = url,
        url.template = route,
        server.address = host,
        server.port = port.map(i64::from),
        peer.service = target.name(),
        error.type = field::Empty,
    )
}

struct Headers<'a>(&'a mut HeaderMap);

impl Injector for Headers<'_> {
    fn set(&mut self, key: &str, value: String) {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(key), HeaderValue::try_from(value)) {
            self.0.insert(name, value);
        }
    }
}
