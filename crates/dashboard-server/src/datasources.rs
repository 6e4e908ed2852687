//! What the server knows about kinds of data sources: how to ask whether they are well, and which paths only read.

pub(crate) mod health;
pub(crate) mod read_paths;
pub(crate) mod secrets;

use std::collections::BTreeMap;
use std::time::Duration;

use url::Url;

use crate::repo::data_sources::DataSource;
use crate::server::App;
use crate::settings::Secret;

const TIMEOUT_DEFAULT: Duration = Duration::from_secs(30);
const TIMEOUT_MAX_SECS: u64 = 600;

/// The name a kind is shown under.
pub(crate) fn kind_name(kind: &str) -> String {
    let mut chars = kind.chars();
    match chars.next() {
        Some(first) => first.to_uppercase().chain(chars).collect(),
        None => String::new(),
    }
}

/// How long an answer of the source may take: `jsonData.timeout`, in seconds, as number or text.
pub(crate) fn timeout(source: &DataSource) -> Duration {
    let configured = source.json_data.get("timeout");
    let secs = configured.and_then(|value| value.as_u64().or_else(|| value.as_str()?.parse().ok()));
    secs.filter(|secs| *secs > 0)
        .map_or(TIMEOUT_DEFAULT, |secs| Duration::from_secs(secs.min(TIMEOUT_MAX_SECS)))
}

/// The source's address for people: without user and password.
pub(crate) fn shown_url(url: &str) -> String {
    match Url::parse(url) {
        Ok(mut url) => {
            // Neither can fail for an address with a host; one without has no credentials to hide.
            let _hidden = url.set_username("").and_then(|()| url.set_password(None));
            url.as_str().trim_end_matches('/').to_owned()
        }
        Err(_) => "an address that cannot be read".to_owned(),
    }
}

/// A GET on the source itself, as its configuration wants it. `path` may have a query.
pub(crate) fn get_request(app: &App, source: &DataSource, path: &str) -> reqwest::RequestBuilder {
    let url = format!("{}{path}", source.url.trim_end_matches('/'));
    let headers = configured_headers(source, app.secrets(&source.uid).as_ref());
    let request = app.client().get(url).timeout(timeout(source));
    headers.into_iter().fold(request, |request, (name, value)| request.header(name, value))
}

/// Why there is no answer, without the end of the sentence and without passwords.
pub(crate) fn no_answer(source: &DataSource, error: &reqwest::Error) -> String {
    format!("{} at {} {}", source.name, shown_url(&source.url), crate::proxy::reason(error))
}

/// Headers that the configuration adds to every request: `httpHeaderNameN` with its secret value, basic authentication.
pub(crate) fn configured_headers(
    source: &DataSource,
    secrets: Option<&BTreeMap<String, Secret>>,
) -> Vec<(String, String)> {
    use base64::Engine as _;
    let secret = |name: &str| secrets.and_then(|secrets| secrets.get(name)).map(|secret| secret.0.as_str());
    let mut headers = Vec::new();
    for (key, value) in &source.json_data {
        if let Some(number) = key.strip_prefix("httpHeaderName")
            && let Some(name) = value.as_str()
            && let Some(value) = secret(&format!("httpHeaderValue{number}"))
        {
            headers.push((name.to_owned(), value.to_owned()));
        }
    }
    if source.is_basic_auth {
        let pair = format!("{}:{}", source.basic_auth_user, secret("basicAuthPassword").unwrap_or_default());
        let encoded = base64::engine::general_purpose::STANDARD.encode(pair);
        headers.push(("authorization".to_owned(), format!("Basic {encoded}")));
    }
    headers
}
