//! Refuses requests that another site makes a browser send.
//!
//! A browser names the page a state-changing request comes from in `Origin`; programs send none. Requests that name a
//! page must name one of ours. Upgrades to WebSocket count as state-changing: browsers send them across sites with
//! cookies.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use url::Url;

use crate::error::ApiError;
use crate::server::App;
use crate::settings::Settings;

/// Middleware: the check comes before anything else looks at the request.
pub(crate) async fn check(State(app): State<App>, request: Request, next: Next) -> Response {
    if is_state_changing(&request) && !is_from_us(request.headers(), request.uri(), app.settings()) {
        tracing::warn!(path = request.uri().path(), "request from another site refused");
        return ApiError::forbidden(
            "Request from another site refused: its Origin is not this server's address. Behind a proxy, keep the \
             Host header or set GF_SERVER_ROOT_URL",
        )
        .with_id("auth.origin-not-allowed")
        .into_response();
    }
    next.run(request).await
}

fn is_state_changing(request: &Request) -> bool {
    !matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS)
        || request.headers().contains_key(header::UPGRADE)
}

fn is_from_us(headers: &HeaderMap, uri: &Uri, settings: &Settings) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else {
        // Old browsers and programs send neither header.
        return headers
            .get("sec-fetch-site")
            .is_none_or(|site| matches!(site.as_bytes(), b"same-origin" | b"none"));
    };
    let Some(origin) = origin.to_str().ok().and_then(|text| Url::parse(text).ok()) else {
        return false;
    };
    let Some(origin_host) = origin.host_str() else {
        return false;
    };
    let origin_port = origin.port_or_known_default();
    let own_host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok())
        .or_else(|| uri.authority().map(|authority| authority.as_str()));
    if own_host.is_some_and(|host| is_same(&origin, origin_port, host)) {
        return true;
    }
    if let Some(root) = &settings.root_url
        && root.host_str() == Some(origin_host)
        && root.port_or_known_default() == origin_port
    {
        return true;
    }
    settings.trusted_origins.iter().any(|trusted| trusted == origin_host)
}

/// Whether `host`, with or without a port, is where `origin` points. A missing port is the origin's scheme's default: a
/// proxy that ends TLS leaves `Host: example.org` beside `Origin: https://example.org`.
fn is_same(origin: &Url, origin_port: Option<u16>, host: &str) -> bool {
    Url::parse(&format!("{}://{host}/", origin.scheme())).is_ok_and(|own| {
        own.host_str() == origin.host_str()
            && own.port_or_known_default() == origin_port
            && own.username().is_empty()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{Environment, Overrides};

    #[test]
    fn origins_are_compared_with_our_addresses() {
        let environment = Environment::fixed([
            ("GF_PATHS_DATA", "/nowhere"),
            ("GF_SERVER_ROOT_URL", "https://shop.example/"),
            ("GF_SECURITY_CSRF_TRUSTED_ORIGINS", "friend.example"),
        ]);
        let settings = Settings::from_environment(&environment, &Overrides::default()).unwrap();
        for (origin, site, expected) in [
            (None, None, true),
            (None, Some("same-origin"), true),
            (None, Some("none"), true),
            (None, Some("cross-site"), false),
            (None, Some("same-site"), false),
            (Some("http://localhost:3000"), None, true),
            (Some("http://LOCALHOST:3000"), None, true),
            (Some("http://localhost:3001"), None, false),
            (Some("http://localhost"), None, false),
            (Some("https://shop.example"), None, true),
            (Some("https://shop.example:444"), None, false),
            (Some("https://friend.example"), None, true),
            (Some("https://evil.example"), Some("same-origin"), false),
            (Some("http://localhost:3000.evil.example"), None, false),
            (Some("null"), None, false),
            (Some("file://"), None, false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, "localhost:3000".parse().unwrap());
            if let Some(origin) = origin {
                headers.insert(header::ORIGIN, origin.parse().unwrap());
            }
            if let Some(site) = site {
                headers.insert("sec-fetch-site", site.parse().unwrap());
            }
            assert_eq!(
                is_from_us(&headers, &Uri::from_static("/login"), &settings),
                expected,
                "{origin:?} {site:?}"
            );
        }
    }
}
