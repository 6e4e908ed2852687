//! The server span and the `http.request` log line of every request.

use std::net::SocketAddr;
use std::time::Instant;

use axum::extract::{ConnectInfo, MatchedPath, Request, State};
use axum::http::{HeaderMap, Method, Version, header};
use axum::middleware::Next;
use axum::response::Response;
use opentelemetry::baggage::BaggageExt as _;
use opentelemetry::propagation::Extractor;
use tracing::{Instrument as _, Span, field};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

use super::finish::finish;
use super::{Limits, RequestId};
use crate::fault::EXERCISE_PATH;
use crate::telemetry::trace_id_of;
use crate::{AppError, Event};

/// What the middleware needs to know of the service.
#[derive(Debug, Clone, Default)]
pub(crate) struct Scaffold {
    pub(crate) limits: Limits,
}

/// The facts of a request that the log line repeats after it is answered.
struct Facts {
    method: Method,
    path: String,
    route: Option<String>,
    request_id: String,
    user_agent: String,
}

/// The outermost middleware. Probes (`/health`, `/ready`) leave neither span nor line, and exercises none that would
/// give them away.
pub(crate) async fn observe(State(scaffold): State<Scaffold>, mut request: Request, next: Next) -> Response {
    let facts = Facts::of(&request);
    if matches!(facts.path.as_str(), "/health" | "/ready" | EXERCISE_PATH) {
        let response = scaffold.limits.run(request, next).await;
        return finish(response, &facts.method, "", &facts.request_id).await.0;
    }
    let span = server_span(&request, &facts);
    request.extensions_mut().insert(RequestId(facts.request_id.clone()));
    let started = Instant::now();
    async {
        let trace_id = trace_id_of(&Span::current());
        let response = scaffold.limits.run(request, next).await;
        let (response, error) = finish(response, &facts.method, &trace_id, &facts.request_id).await;
        let status = response.status().as_u16();
        record_outcome(&Span::current(), status, error.as_deref());
        let duration_ms = (started.elapsed().as_secs_f64() * 1e5).round() / 100.0;
        write_line(&facts, status, duration_ms, error.as_deref());
        response
    }
    .instrument(span)
    .await
}

impl Facts {
    fn of(request: &Request) -> Self {
        let text = |name: header::HeaderName| {
            let value = request.headers().get(name)?.to_str().ok()?;
            Some(value.chars().take(200).collect::<String>())
        };
        let given = text(header::HeaderName::from_static("x-request-id"))
            .filter(|id| !id.is_empty() && id.len() <= 128 && id.bytes().all(|byte| byte.is_ascii_graphic()));
        Self {
            method: request.method().clone(),
            path: request.uri().path().chars().take(500).collect(),
            route: request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned()),
            request_id: given.unwrap_or_else(|| uuid::Uuid::new_v4().simple().to_string()),
            user_agent: text(header::USER_AGENT).unwrap_or_default(),
        }
    }

    /// The method as conventions want it in names and attributes: one of the known ones or `_OTHER`.
    fn known_method(&self) -> &str {
        match self.method.as_str() {
            known @ ("GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS" | "TRACE"
            | "CONNECT") => known,
            _ => "_OTHER",
        }
    }
}

fn server_span(request: &Request, facts: &Facts) -> Span {
    let method = facts.known_method();
    let name = match (&facts.route, method) {
        (Some(route), "_OTHER") => format!("HTTP {route}"),
        (Some(route), method) => format!("{method} {route}"),
        (None, "_OTHER") => "HTTP".to_owned(),
        (None, method) => method.to_owned(),
    };
    let (host, port) = host_and_port(request.headers());
    let client = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let span = tracing::info_span!(
        target: "shop",
        "http_request",
        otel.name = name,
        otel.kind = "server",
        otel.status_code = field::Empty,
        otel.status_description = field::Empty,
        http.request.method = method,
        http.request.method_original = (method == "_OTHER").then(|| facts.method.as_str()),
        http.route = facts.route.as_deref(),
        http.response.status_code = field::Empty,
        url.path = facts.path.as_str(),
        url.query = request.uri().query().map(|query| query.chars().take(500).collect::<String>()),
        url.scheme = "http",
        server.address = host,
        server.port = port,
        client.address = client.map(|ConnectInfo(address)| address.ip().to_string()),
        user_agent.original = facts.user_agent.as_str(),
        network.protocol.version = protocol_version(request.version()),
        error.type = field::Empty,
        request_id = facts.request_id.as_str(),
        session_id = field::Empty,
        synthetic = field::Empty,
        user_id = field::Empty,
    );
    let parent = opentelemetry::global::get_text_map_propagator(|propagator| {
        propagator.extract(&Headers(request.headers()))
    });
    let baggage = parent.baggage();
    if let Some(session) = baggage.get("session.id") {
        let session: String = session.to_string().chars().take(100).collect();
        span.record("session_id", session.as_str());
        span.set_attribute("session.id", session);
    }
    if baggage.get("synthetic").is_some_and(|value| value.as_str() == "true") {
        span.record("synthetic", true);
        span.set_attribute("user_agent.synthetic.type", "test");
    }
    // Fails only when no tracer is installed.
    drop(span.set_parent(parent));
    span
}

fn record_outcome(span: &Span, status: u16, error: Option<&AppError>) {
    span.record("http.response.status_code", i64::from(status));
    if status >= 500 {
        span.record("otel.status_code", "ERROR");
        span.record("error.type", status.to_string());
        if let Some(error) = error {
            span.record("otel.status_description", error.message.as_str());
        }
    }
}

fn write_line(facts: &Facts, status: u16, duration_ms: f64, error: Option<&AppError>) {
    let method = facts.method.as_str();
    let path = facts.path.as_str();
    let code = error.map(|error| error.code.as_ref());
    let cause = error.map(AppError::log_text);
    // A literal level each: tracing fixes a line's level at compile time.
    macro_rules! line {
        ($level:ident) => {
            tracing::event!(
                target: "shop",
                tracing::Level::$level,
                event = Event::HttpRequest.name(),
                method,
                route = facts.route.as_deref(),
                path,
                status = i64::from(status),
                duration_ms,
                user_agent = facts.user_agent.as_str(),
                code,
                error = cause.as_deref(),
                "{method} {path} {status}"
            )
        };
    }
    match status {
        500.. => line!(ERROR),
        400.. => line!(WARN),
        _ => line!(INFO),
    }
}

fn host_and_port(headers: &HeaderMap) -> (Option<String>, Option<i64>) {
    let host = headers.get(header::HOST).and_then(|value| value.to_str().ok());
    let Some(authority) = host.and_then(|text| text.parse::<http::uri::Authority>().ok()) else {
        return (None, None);
    };
    (Some(authority.host().to_owned()), authority.port_u16().map(i64::from))
}

fn protocol_version(version: Version) -> &'static str {
    match version {
        Version::HTTP_10 => "1.0",
        Version::HTTP_2 => "2",
        _ => "1.1",
    }
}

struct Headers<'a>(&'a HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).and_then(|value| value.to_str().ok())
    }
    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(header::HeaderName::as_str).collect()
    }
}
