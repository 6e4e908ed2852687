//! OTLP over HTTP: `POST /v1/traces`. Errors are a `google.rpc.Status` in the request's own encoding.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{any, post};
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, StatusCode};
use prost::Message as _;
use protocols::otlp::ExportTraceServiceResponse;
use protocols::rpc_status::{RpcStatus, code};

use super::{Encoding, IngestError, body, export};
use crate::api::{NO_PAGE, plain};
use crate::store::Store;

const PROTOBUF: &str = "application/x-protobuf";
const JSON: &str = "application/json";
/// How long clients should wait before they try again.
const RETRY_SECS: u64 = 5;

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
    let limit = store.ingest_limits.http_request_bytes;
    let (parts, body) = request.into_parts();
    let refused = |error: &IngestError| store.metrics.refused(error);
    let body = body::collect(body, limit).await.inspect_err(refused)?;
    let compression = parts.headers.get(CONTENT_ENCODING).map(|value| value.to_str().unwrap_or("unreadable"));
    let body = body::decompress(body, compression, limit).inspect_err(refused)?;
    export(store, body, encoding).await
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
    let (status, code) = match error {
        IngestError::Invalid(_) => (StatusCode::BAD_REQUEST, code::INVALID_ARGUMENT),
        IngestError::TooLarge { .. } | IngestError::TooLargeInside { .. } => {
            (StatusCode::PAYLOAD_TOO_LARGE, code::RESOURCE_EXHAUSTED)
        }
        IngestError::Unavailable(_) => (StatusCode::SERVICE_UNAVAILABLE, code::UNAVAILABLE),
    };
    let message = RpcStatus::new(code, error.to_string());
    let mut response = match encoding {
        Encoding::Protobuf => {
            (status, [(CONTENT_TYPE, PROTOBUF)], Body::from(message.to_protobuf())).into_response()
        }
        Encoding::Json => (status, [(CONTENT_TYPE, JSON)], Body::from(message.to_json())).into_response(),
    };
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert(RETRY_AFTER, RETRY_SECS.into());
    }
    response
}
