//! One attempt of a call, in a client span of its own.

use axum::body::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use opentelemetry::propagation::Injector;
use tracing::{Instrument as _, Span, field};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

use super::{ClientError, ClientResponse, RequestBuilder};
use crate::{ErrorBody, Fault};

/// Largest answer that is read.
const MAX_ANSWER_BYTES: usize = 4 << 20;

impl RequestBuilder {
    pub(super) async fn attempt(&self, attempt: u32) -> Result<ClientResponse, ClientError> {
        let url = format!("{}{}", self.client.shared.base, self.path);
        let span = self.span(&url, attempt);
        let result = self.exchange(&url).instrument(span.clone()).await;
        match &result {
            Ok(response) => {
                span.record("http.response.status_code", i64::from(response.status.as_u16()));
            }
            Err(error) => {
                if let ClientError::Status { status, .. } = error {
                    span.record("http.response.status_code", i64::from(status.as_u16()));
                }
                span.record("otel.status_code", "ERROR");
                span.record("otel.status_description", error.to_string());
                span.record("error.type", error.kind());
            }
        }
        result
    }

    fn span(&self, url: &str, attempt: u32) -> Span {
        let parsed = url::Url::parse(url).ok();
        let method = self.method.as_str();
        tracing::info_span!(
            target: "shop",
            "http_client",
            otel.name = format!("{method} {}", self.template),
            otel.kind = "client",
            otel.status_code = field::Empty,
            otel.status_description = field::Empty,
            http.request.method = method,
            http.request.resend_count = (attempt > 0).then_some(i64::from(attempt)),
            http.response.status_code = field::Empty,
            url.full = url,
            url.template = self.template,
            server.address = parsed.as_ref().and_then(url::Url::host_str),
            server.port = parsed.as_ref().and_then(url::Url::port_or_known_default).map(i64::from),
            peer.service = self.client.name(),
            error.type = field::Empty,
        )
    }

    async fn exchange(&self, url: &str) -> Result<ClientResponse, ClientError> {
        let target = || self.client.name().to_owned();
        let unavailable = |message: String| ClientError::Unavailable { target: target(), message };
        let body = self.body.clone().map_err(unavailable)?;
        let mut headers = self.headers.clone();
        let faults = self.client.faults.as_ref();
        if faults.and_then(|faults| faults.hits(Fault::BrokenContext)).is_none() {
            let context = Span::current().context();
            opentelemetry::global::get_text_map_propagator(|propagator| {
                propagator.inject_context(&context, &mut Headers(&mut headers));
            });
        }
        let mut request =
            self.client.shared.http.request(self.method.clone(), url).timeout(self.timeout).headers(headers);
        if let Some(body) = body {
            request = request.body(body);
        }
        let failed = |error: &reqwest::Error| {
            if error.is_timeout() {
                ClientError::Timeout { target: target() }
            } else {
                unavailable(root_cause(error))
            }
        };
        let mut response = request.send().await.map_err(|error| failed(&error))?;
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| failed(&error))? {
            if body.len() + chunk.len() > MAX_ANSWER_BYTES {
                return Err(ClientError::Decode {
                    target: target(),
                    message: "the answer is too large".to_owned(),
                });
            }
            body.extend_from_slice(&chunk);
        }
        let answer = ClientResponse {
            status: response.status(),
            headers: response.headers().clone(),
            body: Bytes::from(body),
            target: target(),
        };
        if answer.status.as_u16() >= 400 {
            return Err(answer.into_error());
        }
        Ok(answer)
    }
}

impl ClientResponse {
    fn into_error(self) -> ClientError {
        let (code, message, details) = match serde_json::from_slice::<ErrorBody>(&self.body) {
            Ok(body) => (body.error.code, body.error.message, body.error.details),
            Err(_) => {
                let text: String = String::from_utf8_lossy(&self.body).chars().take(200).collect();
                (String::new(), text, serde_json::Value::Null)
            }
        };
        ClientError::Status {
            target: self.target,
            status: self.status,
            code,
            message,
            details: Box::new(details),
        }
    }
}

fn root_cause(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}

struct Headers<'a>(&'a mut HeaderMap);

impl Injector for Headers<'_> {
    fn set(&mut self, key: &str, value: String) {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(key), HeaderValue::try_from(value)) {
            self.0.insert(name, value);
        }
    }
}
