//! Which headers pass the proxy, in either direction.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

use crate::datasources::configured_headers;
use crate::repo::data_sources::DataSource;
use crate::server::App;

/// They describe one connection, not the message.
const HOP_BY_HOP: [&str; 9] = [
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// They say who the user is, or what page is open: no business of a data source.
const PRIVATE: [&str; 10] = [
    "authorization",
    "cookie",
    "expect",
    "forwarded",
    "host",
    "origin",
    "referer",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
];

/// What a data source must not set on our origin.
const OURS: [&str; 6] = [
    "set-cookie",
    "content-security-policy",
    "strict-transport-security",
    "access-control-allow-origin",
    "access-control-allow-credentials",
    "clear-site-data",
];

/// Headers of the request to the data source: the client's without the private ones, then those that the data source's
/// configuration adds.
pub(super) fn for_upstream(given: &HeaderMap, app: &App, source: &DataSource) -> HeaderMap {
    let mut headers = without(given, &PRIVATE);
    let names: Vec<HeaderName> = headers.keys().cloned().collect();
    for name in names {
        if name.as_str().starts_with("x-grafana-") || name.as_str().starts_with("sec-") {
            headers.remove(name);
        }
    }
    for (name, value) in configured_headers(source, app.secrets(&source.uid).as_ref()) {
        let (Ok(name), Ok(mut value)) = (name.parse::<HeaderName>(), HeaderValue::from_str(&value)) else {
            tracing::warn!(data_source = source.name, name, "a configured header is not valid");
            continue;
        };
        value.set_sensitive(true);
        headers.insert(name, value);
    }
    headers
}

/// Headers of the answer to the client. Whatever the data source sends, a browser must not run it as a page of ours.
pub(super) fn for_client(given: &HeaderMap) -> HeaderMap {
    let mut headers = without(given, &OURS);
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers
}

fn without(given: &HeaderMap, dropped: &[&str]) -> HeaderMap {
    let nominated: Vec<String> = given
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(','))
        .map(|name| name.trim().to_ascii_lowercase())
        .collect();
    let mut headers = HeaderMap::with_capacity(given.len());
    for (name, value) in given {
        let text = name.as_str();
        let is_dropped = HOP_BY_HOP.contains(&text)
            || dropped.contains(&text)
            || nominated.iter().any(|nominated| nominated == text);
        if !is_dropped {
            headers.append(name.clone(), value.clone());
        }
    }
    headers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connection_headers_and_cookies_stay_behind() {
        let mut given = HeaderMap::new();
        for (name, value) in [
            ("connection", "keep-alive, X-Secret"),
            ("x-secret", "1"),
            ("transfer-encoding", "chunked"),
            ("set-cookie", "grafana_session=evil"),
            ("content-security-policy", "default-src *"),
            ("content-type", "application/json"),
            ("x-multi", "a"),
            ("x-multi", "b"),
        ] {
            given.append(name, value.parse().unwrap());
        }
        let headers = for_client(&given);
        let names: Vec<_> = headers.keys().map(HeaderName::as_str).collect();
        assert_eq!(names, ["content-type", "x-multi", "content-security-policy", "x-content-type-options"]);
        assert_eq!(headers.get_all("x-multi").iter().count(), 2);
        assert_eq!(headers[header::CONTENT_SECURITY_POLICY], "sandbox");
    }
}
