//! OTLP over HTTP: `POST /v1/traces`. Errors are a `google.rpc.Status` in the request's own encoding.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{any, post};
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, StatusCode};
use prost::Message as _;
use protocols::otlp::ExportTraceServiceResponse;
use protocols::rpc_status::RpcStatus;

use super::body::{Compression, Held};
use super::{Encoding, IngestError, RETRY_SECS, body, export};
use crate::api::{NO_PAGE, plain};
use crate::store::Store;

const PROTOBUF: &str = "application/x-protobuf";
const JSON: &str = "application/json";

pub(crate) fn router(store: Arc<Store>) -> Router {
    let wrong_method =
        || async { plain(StatusCode::METHOD_NOT_ALLOWED, "405 method not allowed, supported: [POST]") };
    Router::new()
        .route("/v1/traces", post(take).fallback(any(wrong_method)))
        .fallback(|| async { plain(StatusCode::NOT_FOUND, NO_PAGE) })
        .with_state(store)
}

async fn take(State(store): State<Arc<Store>>, request: Request) -> Response {
    let Some(encoding) = encoding_of(request.headers()) else {
        let text = "415 unsupported media type, supported: [application/json, application/x-protobuf]";
        return plain(StatusCode::UNSUPPORTED_MEDIA_TYPE, text);
    };
    match receive(&store, request, encoding).await {
        Ok(response) => success(encoding, &response),
        Err(error) => failure(encoding, &error),
    }
}

async fn receive(
    store: &Arc<Store>,
    request: Request,
    encoding: Encoding,
) -> Result<ExportTraceServiceResponse, IngestError> {
    let held = read_body(store, request).await.inspect_err(|error| store.metrics.refused(error))?;
    export(store, held.bytes, encoding).await
}

/// The body of a request, decompressed.
pub(super) async fn read_body(store: &Arc<Store>, request: Request) -> Result<Held, IngestError> {
    let limit = store.ingest_limits.http_request_bytes;
    let (parts, body) = request.into_parts();
    let header = |name| parts.headers.get(name).map(|value| value.to_str().unwrap_or("unreadable"));
    let compression =
        Compression::from_name("Content-Encoding", header(CONTENT_ENCODING).unwrap_or_default())?;
    let length = header(CONTENT_LENGTH).and_then(|length| length.parse().ok());
    let held = body::collect(store, body, length, limit).await?;
    body::expand(store, held, compression, limit).await
}

fn encoding_of(headers: &HeaderMap) -> Option<Encoding> {
    let content_type = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match essence.as_str() {
        PROTOBUF => Some(Encoding::Protobuf),
        JSON => Some(Encoding::Json),
        _ => None,
    }
}

fn success(encoding: Encoding, response: &ExportTraceServiceResponse) -> Response {
    match encoding {
        Encoding::Protobuf => ([(CONTENT_TYPE, PROTOBUF)], response.encode_to_vec()).into_response(),
        Encoding::Json => {
            let json = match &response.partial_success {
                None => serde_json::json!({"partialSuccess": {}}),
                Some(partial) => serde_json::json!({"partialSuccess": {
                    "rejectedSpans": partial.rejected_spans.to_string(),
                    "errorMessage": partial.error_message,
                }}),
            };
            ([(CONTENT_TYPE, JSON)], json.to_string()).into_response()
        }
    }
}

fn failure(encoding: Encoding, error: &IngestError) -> Response {
    let (status, code) = error.codes();
    let message = RpcStatus::new(code as i32, error.to_string());
    let mut response = match encoding {
        Encoding::Protobuf => {
            (status, [(CONTENT_TYPE, PROTOBUF)], Body::from(message.to_protobuf())).into_response()
        }
        Encoding::Json => (status, [(CONTENT_TYPE, JSON)], Body::from(message.to_json())).into_response(),
    };
    if error.is_passing() {
        response.headers_mut().insert(RETRY_AFTER, RETRY_SECS.into());
    }
    response
}
