//! Requests and answers of the push API.

use std::error::Error as _;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, header};

use super::{ClientError, auth};
use crate::batch::{StreamBatch, encode_stream};
use crate::config::ClientConfig;
use crate::labels::LabelSet;

/// The HTTP client: headers that never change are part of it.
pub fn http_client(config: &ClientConfig) -> Result<reqwest::Client, ClientError> {
    let invalid = |problem: String| ClientError::Invalid { url: config.url.to_string(), problem };
    let mut headers = HeaderMap::new();
    for (name, value) in &config.headers {
        let name: HeaderName =
            name.parse().map_err(|_| invalid(format!("headers: {name:?} is not a header name")))?;
        let mut value = HeaderValue::from_str(value.reveal()).map_err(|_| {
            invalid(format!("headers: the value of {name} holds characters that no header can"))
        })?;
        value.set_sensitive(true);
        headers.insert(name, value);
    }
    if let Some(value) = auth::header(config).map_err(invalid)? {
        headers.insert(header::AUTHORIZATION, value);
    }
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-protobuf"));
    let redirects = if config.follow_redirects {
        reqwest::redirect::Policy::limited(10)
    } else {
        reqwest::redirect::Policy::none()
    };
    let mut builder = reqwest::Client::builder()
        .user_agent(concat!("monitoring-stack-collector/", env!("CARGO_PKG_VERSION")))
        .default_headers(headers)
        .timeout(config.timeout)
        .redirect(redirects);
    let is_local = matches!(config.url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    let failed = |source| ClientError::Http { url: config.url.to_string(), source };
    if let Some(proxy) = &config.proxy_url {
        builder = builder.proxy(reqwest::Proxy::all(proxy.clone()).map_err(failed)?);
    } else if is_local {
        builder = builder.no_proxy();
    }
    builder.build().map_err(failed)
}

/// A request with `body` for `tenant`.
pub fn build(
    http: &reqwest::Client,
    config: &ClientConfig,
    tenant: Option<&str>,
    body: Bytes,
) -> reqwest::RequestBuilder {
    let request = http.post(config.url.clone()).body(body);
    match tenant {
        Some(tenant) => request.header("X-Scope-OrgID", tenant),
        None => request,
    }
}

/// A push request of `streams` as a snappy block. Labels of the stream win over external ones.
pub fn encode(streams: &[&StreamBatch], external_labels: &LabelSet) -> Bytes {
    let mut message = Vec::with_capacity(streams.iter().map(|stream| stream.entries.len() + 256).sum());
    let mut labels = LabelSet::default();
    for stream in streams {
        if external_labels.is_empty() {
            encode_stream(&stream.labels, &stream.entries, &mut message);
            continue;
        }
        labels.assign(&stream.labels);
        for (name, value) in external_labels.iter() {
            if labels.get(name).is_none() {
                labels.insert(name, value);
            }
        }
        encode_stream(&labels, &stream.entries, &mut message);
    }
    // Fails only above 4 GiB, far beyond what a batch can hold.
    snap::raw::Encoder::new().compress_vec(&message).unwrap_or_default().into()
}

/// Seconds that the store asks to wait.
pub fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim().parse().ok().map(Duration::from_secs)
}

/// The first bytes of an answer, as one line.
pub async fn beginning(response: &mut reqwest::Response, max_bytes: usize) -> String {
    let mut bytes = Vec::new();
    while bytes.len() < max_bytes {
        match response.chunk().await {
            Ok(Some(chunk)) => bytes.extend_from_slice(&chunk),
            _ => break,
        }
    }
    bytes.truncate(max_bytes);
    String::from_utf8_lossy(&bytes).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// An error with its causes, without the address, which may hold credentials.
pub fn describe(error: &reqwest::Error) -> String {
    let kind = if error.is_timeout() {
        "no answer in time"
    } else if error.is_connect() {
        "cannot connect"
    } else {
        "request failed"
    };
    let mut text = kind.to_owned();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.ends_with(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        source = cause.source();
    }
    text
}
