//! Requests to other servers: Alertmanagers and receivers of remote writes.

use std::collections::BTreeMap;
use std::error::Error as _;
use std::hash::{BuildHasher as _, RandomState};
use std::path::Path;
use std::time::Duration;

use axum::body::Bytes;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use url::Url;

use super::secret::Secret;

/// Bytes of an answer that are read for the log.
const MAX_ANSWER_BYTES: usize = 512;
/// Longest wait that a server's `Retry-After` may impose.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(300);

/// What a server wants to see.
#[derive(Debug, Clone)]
pub(crate) enum Credentials {
    None,
    Basic {
        user: String,
        password: Secret,
    },
    /// `Authorization: kind secret`
    Token {
        kind: String,
        secret: Secret,
    },
}

impl Credentials {
    /// Reads a secret from a file, once.
    pub(crate) fn read(path: &Path) -> Result<Secret, String> {
        let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
        serde_json::from_value(text.trim().into()).map_err(|error| format!("{}: {error}", path.display()))
    }

    fn header(&self) -> Result<Option<HeaderValue>, String> {
        let text = match self {
            Self::None => return Ok(None),
            Self::Basic { user, password } => {
                format!("Basic {}", STANDARD.encode(format!("{user}:{}", password.reveal())))
            }
            Self::Token { kind, secret } => format!("{kind} {}", secret.reveal()),
        };
        sensitive(&text)
            .map(Some)
            .ok_or_else(|| "the credentials hold characters that no header can".to_owned())
    }
}

fn sensitive(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// A checked address with what every request to it carries.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    url: Url,
    headers: HeaderMap,
    timeout: Duration,
}

impl Target {
    /// Credentials in the address itself count where no others are given.
    pub(crate) fn new(
        url: &str,
        path: &str,
        timeout: Duration,
        credentials: Credentials,
        headers: &BTreeMap<String, Secret>,
    ) -> Result<Self, String> {
        let mut url = Url::parse(url).map_err(|error| format!("not a URL: {error}"))?;
        if url.scheme() != "http" || url.host_str().is_none() {
            return Err(format!(
                "{}: addresses are not supported by this build; use http://, through a proxy that speaks TLS if need be",
                url.scheme()
            ));
        }
        let credentials = match (credentials, url.username(), url.password()) {
            (Credentials::None, user, password) if !user.is_empty() || password.is_some() => {
                let decoded = |text: &str| {
                    url::form_urlencoded::parse(text.replace('+', "%2B").as_bytes())
                        .next()
                        .map(|(name, _)| name.into_owned())
                        .unwrap_or_default()
                };
                let password =
                    serde_json::from_value(decoded(password.unwrap_or_default()).into()).unwrap_or_default();
                Credentials::Basic { user: decoded(user), password }
            }
            (credentials, ..) => credentials,
        };
        if url.set_username("").is_err() || url.set_password(None).is_err() {
            return Err("the address cannot have a user".to_owned());
        }
        if !path.is_empty() {
            let full = format!("{}{path}", url.path().trim_end_matches('/'));
            url.set_path(&full);
        }
        let mut all = HeaderMap::new();
        for (name, value) in headers {
            let name: HeaderName =
                name.parse().map_err(|_| format!("headers: {name:?} is not a header name"))?;
            let value = sensitive(value.reveal())
                .ok_or_else(|| format!("headers: the value of {name} holds characters that no header can"))?;
            all.insert(name, value);
        }
        if let Some(value) = credentials.header()? {
            all.insert(header::AUTHORIZATION, value);
        }
        Ok(Self { url, headers: all, timeout: timeout.max(Duration::from_millis(100)) })
    }

    /// The address without secrets, for logs and metrics.
    pub(crate) fn address(&self) -> &str {
        self.url.as_str()
    }
}

/// How one attempt ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Attempt {
    Delivered,
    /// Trying again would not help.
    Refused(String),
    Later {
        problem: String,
        after: Option<Duration>,
    },
}

/// A client for one target.
#[derive(Debug)]
pub(super) struct Outbound {
    http: reqwest::Client,
    target: Target,
}

impl Outbound {
    pub(super) fn new(target: &Target) -> Result<Self, reqwest::Error> {
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("monitoring-stack-log-store/", env!("CARGO_PKG_VERSION")))
            .timeout(target.timeout)
            .pool_idle_timeout(Duration::from_secs(90))
            .redirect(reqwest::redirect::Policy::none());
        if matches!(target.url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]")) {
            builder = builder.no_proxy();
        }
        Ok(Self { http: builder.build()?, target: target.clone() })
    }

    pub(super) fn address(&self) -> &str {
        self.target.address()
    }

    /// Sends `body`; `headers` come on top of the target's own.
    pub(super) async fn post(&self, body: Bytes, headers: HeaderMap) -> Attempt {
        // Those of the target last: what an operator configured wins.
        let request =
            self.http.post(self.target.url.clone()).headers(headers).headers(self.target.headers.clone());
        let mut response = match request.body(body).send().await {
            Ok(response) => response,
            Err(error) => return Attempt::Later { problem: describe(&error), after: None },
        };
        let status = response.status();
        if status.is_success() {
            return Attempt::Delivered;
        }
        let after = retry_after(response.headers());
        let problem = format!("{status}: {}", beginning(&mut response).await);
        if status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error() {
            return Attempt::Later { problem, after };
        }
        Attempt::Refused(problem)
    }
}

fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds).min(MAX_RETRY_AFTER))
}

/// The first bytes of an answer, as one line.
async fn beginning(response: &mut reqwest::Response) -> String {
    let mut bytes = Vec::new();
    while bytes.len() < MAX_ANSWER_BYTES {
        match response.chunk().await {
            Ok(Some(chunk)) => bytes.extend_from_slice(&chunk),
            _ => break,
        }
    }
    bytes.truncate(MAX_ANSWER_BYTES);
    String::from_utf8_lossy(&bytes).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// An error with its causes, without the address.
fn describe(error: &reqwest::Error) -> String {
    let kind = match () {
        () if error.is_timeout() => "no answer in time",
        () if error.is_connect() => "cannot connect",
        () => "request failed",
    };
    let mut text = kind.to_owned();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.ends_with(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    text
}

/// Pauses between attempts: doubling, with jitter.
#[derive(Debug)]
pub(super) struct Backoff {
    least: Duration,
    most: Duration,
    next: Duration,
}

impl Backoff {
    pub(super) fn new(least: Duration, most: Duration) -> Self {
        Self { least, most, next: least }
    }

    /// After a success.
    pub(super) fn reset(&mut self) {
        self.next = self.least;
    }

    /// How long to wait now; a server's own wish counts if it is longer.
    pub(super) fn pause(&mut self, wished: Option<Duration>) -> Duration {
        let jitter = (RandomState::new().hash_one(0) >> 11) as f64 / (1u64 << 53) as f64;
        let pause = self.next.mul_f64(0.75 + jitter / 2.0).min(self.most);
        self.next = (self.next * 2).min(self.most);
        wished.map_or(pause, |wished| wished.max(pause))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(url: &str) -> Result<Target, String> {
        Target::new(url, "/api/v2/alerts", Duration::from_secs(1), Credentials::None, &BTreeMap::new())
    }

    #[test]
    fn addresses_are_checked_and_lose_their_secrets() {
        for (url, expected) in [
            ("http://am:9093", Ok(("http://am:9093/api/v2/alerts", None))),
            ("http://am:9093/prefix/", Ok(("http://am:9093/prefix/api/v2/alerts", None))),
            ("http://me:p%40ss@am", Ok(("http://am/api/v2/alerts", Some("Basic bWU6cEBzcw==")))),
            ("https://am", Err("https: addresses are not supported")),
            ("am:9093", Err("not supported")),
            ("", Err("not a URL")),
        ] {
            match (target(url), expected) {
                (Ok(target), Ok((address, authorization))) => {
                    assert_eq!(target.address(), address, "{url}");
                    let found = target.headers.get("authorization").map(|value| value.to_str().unwrap());
                    assert_eq!(found, authorization, "{url}");
                    assert!(!format!("{target:?}").contains("Basic"), "{url}");
                }
                (Err(error), Err(part)) => assert!(error.contains(part), "{url}: {error}"),
                (found, _) => panic!("{url}: {found:?}"),
            }
        }
    }

    #[test]
    fn pauses_double_up_to_the_longest() {
        let mut backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(1));
        for expected in [0.1, 0.2, 0.4, 0.8, 1.0, 1.0] {
            let pause = backoff.pause(None).as_secs_f64();
            assert!(
                (expected * 0.74..=expected * 1.26).contains(&pause) && pause <= 1.0,
                "{pause} for {expected}"
            );
        }
        assert_eq!(backoff.pause(Some(Duration::from_secs(7))), Duration::from_secs(7));
        backoff.reset();
        assert!(backoff.pause(None) < Duration::from_millis(130));
    }
}
