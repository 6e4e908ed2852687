//! Zipkin's receiver: `POST /api/v2/spans` with a list of spans in JSON, translated as the OpenTelemetry collector does.

mod translate;

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{any, post};
use http::StatusCode;
use http::header::CONTENT_TYPE;
use protocols::otlp::{ExportTraceServiceRequest, json_weight};
use serde::Deserialize;

use super::budget::MESSAGE_BYTES;
use super::http::read_body;
use super::{IngestError, refusal, take_messages};
use crate::api::{NO_PAGE, plain};
use crate::store::Store;

/// A span as its client sends it. Fields that nobody knows are let be, as everywhere in Zipkin.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Span {
    trace_id: String,
    id: String,
    #[serde(default)]
    parent_id: Option<String>,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    kind: Option<String>,
    /// Microseconds.
    #[serde(default)]
    timestamp: Option<u64>,
    #[serde(default)]
    duration: Option<u64>,
    #[serde(default)]
    local_endpoint: Option<Endpoint>,
    #[serde(default)]
    remote_endpoint: Option<Endpoint>,
    #[serde(default)]
    annotations: Option<Vec<Annotation>>,
    /// In the order of their keys.
    #[serde(default)]
    tags: Option<BTreeMap<String, String>>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Endpoint {
    #[serde(default)]
    service_name: Option<String>,
    #[serde(default)]
    ipv4: Option<String>,
    #[serde(default)]
    ipv6: Option<String>,
    #[serde(default)]
    port: Option<u16>,
}

#[derive(Debug, Deserialize)]
struct Annotation {
    timestamp: u64,
    value: String,
}

pub(crate) fn router(store: Arc<Store>) -> Router {
    let wrong_method =
        || async { plain(StatusCode::METHOD_NOT_ALLOWED, "405 method not allowed, supported: [POST]") };
    let old = || async {
        plain(StatusCode::NOT_IMPLEMENTED, "spans of version 1 are not supported: send them to /api/v2/spans")
    };
    Router::new()
        .route("/api/v2/spans", post(take).fallback(any(wrong_method)))
        .route("/api/v1/spans", any(old))
        .fallback(|| async { plain(StatusCode::NOT_FOUND, NO_PAGE) })
        .with_state(store)
}

async fn take(State(store): State<Arc<Store>>, request: Request) -> Response {
    let content_type =
        request.headers().get(CONTENT_TYPE).map(|value| value.to_str().unwrap_or("unreadable"));
    let essence = content_type.unwrap_or("application/json").split(';').next().unwrap_or_default().trim();
    if essence != "application/json" {
        return plain(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "415 unsupported media type, supported: [application/json]",
        );
    }
    match receive(&store, request).await {
        Ok(()) => StatusCode::ACCEPTED.into_response(),
        Err(error) => refusal(&error),
    }
}

async fn receive(store: &Arc<Store>, request: Request) -> Result<(), IngestError> {
    let refused = |error: &IngestError| store.metrics.refused(error);
    let held = read_body(store, request).await.inspect_err(refused)?;
    let weight = json_weight(&held.bytes);
    if weight > MESSAGE_BYTES {
        let error = IngestError::TooHeavy { limit: MESSAGE_BYTES };
        refused(&error);
        return Err(error);
    }
    take_messages(store, &held.bytes, weight, read).await.map(drop)
}

/// A list of spans as OTLP.
pub(crate) fn read(body: &[u8]) -> Result<ExportTraceServiceRequest, IngestError> {
    let spans: Vec<Span> = serde_json::from_slice(body).map_err(|error| {
        IngestError::Invalid(format!("the body is not a list of Zipkin's spans: {error}"))
    })?;
    translate::request(spans)
}

#[cfg(test)]
mod tests;
