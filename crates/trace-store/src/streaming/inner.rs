//! Requests to the HTTP API inside this process.

use axum::Router;
use axum::body::Body;
use bytes::Bytes;
use http::header::ACCEPT;
use http::{HeaderMap, HeaderValue, Request, StatusCode};
use prost::Message;
use tonic::Status;
use tower::ServiceExt as _;

/// Longest answer that is taken; the API itself keeps far below it.
const MAX_ANSWER_BYTES: usize = 256 << 20;
const TENANT: &str = "x-scope-orgid";

/// The API as one caller sees it.
#[derive(Debug, Clone)]
pub(super) struct Inner {
    api: Router,
    tenant: Option<HeaderValue>,
}

/// The parameters of a request; what is empty or zero is left out, as protobuf does.
#[derive(Debug, Default)]
pub(super) struct Query(String);

impl Query {
    pub(super) fn text(mut self, name: &str, value: &str) -> Self {
        if !value.is_empty() {
            let separator = if self.0.is_empty() { '?' } else { '&' };
            self.0.push(separator);
            self.0.push_str(name);
            self.0.push('=');
            self.0.extend(url::form_urlencoded::byte_serialize(value.as_bytes()));
        }
        self
    }

    pub(super) fn number(self, name: &str, value: impl Into<u64>) -> Self {
        match value.into() {
            0 => self,
            value => self.text(name, &value.to_string()),
        }
    }
}

impl Inner {
    pub(super) fn new(api: Router, headers: &HeaderMap) -> Self {
        Self { api, tenant: headers.get(TENANT).cloned() }
    }

    /// An answer in protobuf.
    pub(super) async fn message<M: Message + Default>(&self, path: &str, query: Query) -> Result<M, Status> {
        let body = self.get(path, query, "application/protobuf").await?;
        M::decode(body).map_err(|error| Status::internal(error.to_string()))
    }

    /// An answer in JSON.
    pub(super) async fn json<T: serde::de::DeserializeOwned>(
        &self,
        path: &str,
        query: Query,
    ) -> Result<T, Status> {
        let body = self.get(path, query, "application/json").await?;
        serde_json::from_slice(&body).map_err(|error| Status::internal(error.to_string()))
    }

    async fn get(&self, path: &str, query: Query, accept: &'static str) -> Result<Bytes, Status> {
        let uri = format!("{path}{}", query.0);
        let mut request = Request::get(uri)
            .header(ACCEPT, accept)
            .body(Body::empty())
            .map_err(|error| Status::invalid_argument(error.to_string()))?;
        if let Some(tenant) = &self.tenant {
            request.headers_mut().insert(TENANT, tenant.clone());
        }
        let response = match self.api.clone().oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        };
        let status = response.status();
        let body = axum::body::to_bytes(response.into_body(), MAX_ANSWER_BYTES)
            .await
            .map_err(|error| Status::internal(error.to_string()))?;
        if status.is_success() {
            return Ok(body);
        }
        Err(status_of(status, String::from_utf8_lossy(&body).trim()))
    }
}

fn status_of(status: StatusCode, text: &str) -> Status {
    match status.as_u16() {
        400 => Status::invalid_argument(text),
        404 => Status::not_found(text),
        413 | 422 | 429 => Status::resource_exhausted(text),
        499 => Status::cancelled(text),
        503 => Status::unavailable(text),
        504 => Status::deadline_exceeded(text),
        _ => Status::internal(text),
    }
}
