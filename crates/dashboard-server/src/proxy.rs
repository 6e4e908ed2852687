//! The data-source proxy: forwards a request to a data source and streams the answer back.
//!
//! The browser talks only to us, so that data sources need neither logins nor CORS, and what it sends is cut down to what
//! a data source needs: our cookies and the user's credentials never leave the server.

mod headers;
mod path;
mod upgrade;

use std::error::Error as _;
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::Response;
use futures::TryStreamExt as _;
use http_body_util::{LengthLimitError, Limited};
use tokio::sync::OwnedSemaphorePermit;
use url::Url;

use crate::auth::Identity;
use crate::datasources::{read_paths, shown_url, timeout};
use crate::error::ApiError;
use crate::repo::data_sources::DataSource;
use crate::repo::users::Role;
use crate::server::App;

const BODY_MAX_BYTES: usize = 10 * 1024 * 1024;
/// An answer that stops moving for so long is cut off.
const IDLE: Duration = Duration::from_secs(60);
/// Requests under way at once, upgrades included.
pub(crate) const CONCURRENT_MAX: usize = 128;

/// The client for data sources. It follows no redirects: they could lead anywhere.
pub(crate) fn client() -> reqwest::Result<reqwest::Client> {
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(Duration::from_secs(5))
        .read_timeout(IDLE)
        .pool_idle_timeout(Duration::from_secs(30))
        .pool_max_idle_per_host(8)
        .no_proxy()
        .build()
}

/// Forwards `request` to `source`. `prefix_segments` is how many segments of the path name the route.
pub(crate) async fn forward(
    app: &App,
    identity: &Identity,
    source: &DataSource,
    prefix_segments: usize,
    request: Request,
) -> Result<Response, ApiError> {
    let raw_path = path::after(request.uri().path(), prefix_segments).to_owned();
    let decoded = path::check(&raw_path).map_err(ApiError::bad_request)?;
    authorize(identity, source, request.method(), &decoded)?;
    send(app, source, &raw_path, request).await
}

/// Asks `source` a resource of its plugin: paths behind the first `prefix_segments` as the plugin knows them, and nothing
/// that does more than read.
pub(crate) async fn forward_resource(
    app: &App,
    source: &DataSource,
    prefix_segments: usize,
    request: Request,
) -> Result<Response, ApiError> {
    let given = path::after(request.uri().path(), prefix_segments);
    let raw_path = match source.kind.as_str() {
        "loki" if !given.starts_with("/loki/") => format!("/loki/api/v1{given}"),
        _ => given.to_owned(),
    };
    let decoded = path::check(&raw_path).map_err(ApiError::bad_request)?;
    if upgrade::is_wanted(request.headers()) || !read_paths::is_read(&source.kind, request.method(), &decoded)
    {
        return Err(ApiError::not_found("Not found"));
    }
    send(app, source, &raw_path, request).await
}

async fn send(
    app: &App,
    source: &DataSource,
    raw_path: &str,
    request: Request,
) -> Result<Response, ApiError> {
    let is_upgrade = upgrade::is_wanted(request.headers());
    let url = target(source, raw_path, request.uri())?;
    let permit = app.proxy_permit().ok_or_else(|| {
        ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "Too many requests to data sources at once, try again")
            .with_retry_after(1)
    })?;
    let headers = headers::for_upstream(request.headers(), app, source);
    if is_upgrade {
        return upgrade::forward(app, source, url, headers, request, permit).await;
    }
    plain(app, source, url, headers, request, permit).await
}

fn authorize(identity: &Identity, source: &DataSource, method: &Method, path: &str) -> Result<(), ApiError> {
    const ALLOWED: [Method; 6] =
        [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];
    if !ALLOWED.contains(method) {
        return Err(ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "Method not allowed"));
    }
    if read_paths::is_read(&source.kind, method, path) {
        return Ok(());
    }
    identity.require(Role::Admin)
}

/// The source's address followed by path and query. The result must still be below the source's own path.
fn target(source: &DataSource, raw_path: &str, uri: &Uri) -> Result<Url, ApiError> {
    let unusable = || {
        ApiError::new(
            StatusCode::BAD_GATEWAY,
            format!(
                "The data source {} has no usable address; its url must look like http://host:port",
                source.name
            ),
        )
    };
    let mut base = Url::parse(&source.url).map_err(|_| unusable())?;
    if base.scheme() != "http" || !base.has_host() {
        return Err(unusable());
    }
    base.set_query(None);
    base.set_fragment(None);
    let prefix = base.path().trim_end_matches('/').to_owned();
    let mut url = base.clone();
    url.set_path(&format!("{prefix}{raw_path}"));
    url.set_query(uri.query());
    let is_inside =
        url.path().strip_prefix(&prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    if !is_inside || url.host() != base.host() || url.port() != base.port() {
        return Err(ApiError::bad_request("the path leads outside the data source"));
    }
    Ok(url)
}

async fn plain(
    app: &App,
    source: &DataSource,
    url: Url,
    headers: HeaderMap,
    request: Request,
    permit: OwnedSemaphorePermit,
) -> Result<Response, ApiError> {
    let mut outgoing = app.client().request(request.method().clone(), url).headers(headers);
    if let Some(body) = request_body(request)? {
        outgoing = outgoing.body(body);
    }
    let limit = timeout(source);
    let answer = tokio::time::timeout(limit, outgoing.send())
        .await
        .map_err(|_| no_answer(source, &format!("did not answer within {} s", limit.as_secs())))?
        .map_err(|error| failed(source, &error))?;
    let mut response = Response::builder().status(answer.status());
    if let Some(response_headers) = response.headers_mut() {
        *response_headers = headers::for_client(answer.headers());
    }
    let stream = answer.bytes_stream().inspect_ok(move |_| {
        // Held until the whole answer has passed.
        let _permit = &permit;
    });
    response.body(Body::from_stream(stream)).map_err(|_| {
        ApiError::new(StatusCode::BAD_GATEWAY, "The data source's answer could not be passed on")
    })
}

/// The body as a stream, if there is one.
fn request_body(request: Request) -> Result<Option<reqwest::Body>, ApiError> {
    let headers = request.headers();
    let length = headers.get(header::CONTENT_LENGTH);
    let declared = length.and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if declared.is_some_and(|length| length > BODY_MAX_BYTES) {
        return Err(body_too_large());
    }
    let is_empty = declared.map_or(!headers.contains_key(header::TRANSFER_ENCODING), |length| length == 0);
    if is_empty && http_body_is_done(&request) {
        return Ok(None);
    }
    let limited = Body::new(Limited::new(request.into_body(), BODY_MAX_BYTES));
    Ok(Some(reqwest::Body::wrap_stream(limited.into_data_stream())))
}

fn http_body_is_done(request: &Request) -> bool {
    use hyper::body::Body as _;
    request.body().is_end_stream() || matches!(*request.method(), Method::GET | Method::HEAD)
}

fn body_too_large() -> ApiError {
    ApiError::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        format!("the request body is larger than {BODY_MAX_BYTES} bytes"),
    )
}

fn failed(source: &DataSource, error: &reqwest::Error) -> ApiError {
    let mut cause = error.source();
    while let Some(inner) = cause {
        if inner.is::<LengthLimitError>() {
            return body_too_large();
        }
        cause = inner.source();
    }
    no_answer(source, &reason(error))
}

fn no_answer(source: &DataSource, reason: &str) -> ApiError {
    tracing::warn!(data_source = source.name, reason, "data source does not answer");
    ApiError::new(
        StatusCode::BAD_GATEWAY,
        format!(
            "The data source {} at {} {reason}. Is it running, and is its address right?",
            source.name,
            shown_url(&source.url)
        ),
    )
    .with_id("datasource.unavailable")
}

/// What went wrong, as the end of a sentence, without the address (which could hold a password).
pub(crate) fn reason(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "did not answer in time".to_owned();
    }
    let mut innermost: &dyn std::error::Error = error;
    while let Some(inner) = innermost.source() {
        innermost = inner;
    }
    let cause = innermost.to_string();
    // The number of the error helps nobody.
    let cause = cause.split(" (os error").next().unwrap_or_default();
    if error.is_connect() {
        format!("cannot be reached ({cause})")
    } else if error.is_builder() {
        "has an address that cannot be used".to_owned()
    } else {
        format!("broke off the conversation ({cause})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Map;

    fn source(url: &str) -> DataSource {
        DataSource {
            id: 1,
            uid: "loki".to_owned(),
            name: "Loki".to_owned(),
            kind: "loki".to_owned(),
            access: "proxy".to_owned(),
            url: url.to_owned(),
            user: String::new(),
            database: String::new(),
            is_basic_auth: false,
            basic_auth_user: String::new(),
            is_with_credentials: false,
            is_default: true,
            json_data: Map::new(),
            secure_fields: Vec::new(),
            is_read_only: true,
            version: 1,
        }
    }

    #[test]
    fn targets_stay_below_the_sources_address() {
        for (base, path, query, expected) in [
            (
                "http://h:3100",
                "/loki/api/v1/query",
                "?query=%7Ba%3D%22b%22%7D",
                "http://h:3100/loki/api/v1/query?query=%7Ba%3D%22b%22%7D",
            ),
            ("http://h:3100/", "", "", "http://h:3100/"),
            ("http://h/base/", "/x%20y", "", "http://h/base/x%20y"),
            ("http://h/base", "", "?a", "http://h/base?a"),
            ("http://h", "/tag/span.a%252Fb/values", "", "http://h/tag/span.a%252Fb/values"),
            ("http://h", "//evil.example/x", "", "http://h//evil.example/x"),
        ] {
            let uri: Uri = format!("/p{query}").parse().unwrap();
            let url = target(&source(base), path, &uri).unwrap();
            assert_eq!(url.as_str(), expected, "{base} {path}");
        }
        for base in ["", "ftp://h", "https://h", "nonsense"] {
            assert!(target(&source(base), "/x", &Uri::from_static("/p")).is_err(), "{base}");
        }
    }

    #[test]
    fn errors_do_not_show_credentials() {
        let shown = format!("{:?}", no_answer(&source("http://user:hunter2@h:1/"), "is down"));
        assert!(!shown.contains("hunter2") && shown.contains("http://h:1"), "{shown}");
    }
}
