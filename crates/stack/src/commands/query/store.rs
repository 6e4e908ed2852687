//! Requests to a store, with errors that say what to do.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, bail};
use reqwest::StatusCode;
use serde_json::Value;

/// Queries over much data take their time; the stores have limits of their own.
const PATIENCE: Duration = Duration::from_secs(120);

/// The longest answer shown when a store refuses.
const REFUSAL_CHARS: usize = 600;

/// A store at its address.
#[derive(Debug)]
pub struct Store {
    name: &'static str,
    url: String,
    http: reqwest::Client,
}

impl Store {
    /// The store called `name` at `url`.
    pub fn new(name: &'static str, url: &str) -> anyhow::Result<Self> {
        let http = reqwest::Client::builder()
            .timeout(PATIENCE)
            .connect_timeout(Duration::from_secs(5))
            .user_agent(concat!("monitoring-stack/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Self { name, url: url.to_owned(), http })
    }

    /// Its address.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// GET with parameters; `None` when there is no such thing.
    pub async fn find(&self, path: &str, parameters: &[(&str, String)]) -> anyhow::Result<Option<Value>> {
        let mut url = url::Url::parse(&format!("{}{path}", self.url)).context("address of the store")?;
        if !parameters.is_empty() {
            url.query_pairs_mut().extend_pairs(parameters);
        }
        let response = match self.http.get(url).header("accept", "application/json").send().await {
            Ok(response) => response,
            Err(error) if error.is_connect() => {
                bail!("the {} does not answer at {}; is the stack running?", self.name, self.url)
            }
            Err(error) => return Err(error.without_url()).with_context(|| format!("ask the {}", self.name)),
        };
        let status = response.status();
        let body = response.bytes().await.with_context(|| format!("read the answer of the {}", self.name))?;
        if status == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        if !status.is_success() {
            bail!("the {} refuses the query: {}", self.name, refusal(status, &body));
        }
        serde_json::from_slice(&body)
            .map(Some)
            .with_context(|| format!("the answer of the {} is not JSON", self.name))
    }

    /// GET of something that is there.
    pub async fn get(&self, path: &str, parameters: &[(&str, String)]) -> anyhow::Result<Value> {
        let found = self.find(path, parameters).await?;
        found.with_context(|| format!("{}{path} does not exist; is it a {}?", self.url, self.name))
    }
}

/// What a refusal says: Prometheus and our services wrap it, Loki and Tempo don't.
fn refusal(status: StatusCode, body: &[u8]) -> String {
    let json: Value = serde_json::from_slice(body).unwrap_or_default();
    let text = json["error"].as_str().or_else(|| json["message"].as_str()).map(str::to_owned);
    let text = text.unwrap_or_else(|| String::from_utf8_lossy(body).into_owned());
    let text: String = text
        .chars()
        .filter(|character| !character.is_control() || *character == '\n')
        .take(REFUSAL_CHARS)
        .collect();
    if text.trim().is_empty() { status.to_string() } else { text.trim().to_owned() }
}

/// Nanoseconds since 1970.
pub fn now_ns() -> u128 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_unwrapped_and_cannot_steer_the_terminal() {
        for (body, expected) in [
            ("parse error at line 1, col 2: syntax error\n", "parse error at line 1, col 2: syntax error"),
            (r#"{"status":"error","errorType":"bad_data","error":"unexpected end"}"#, "unexpected end"),
            ("", "400 Bad Request"),
            ("\x1b[2Jgone", "[2Jgone"),
        ] {
            assert_eq!(refusal(StatusCode::BAD_REQUEST, body.as_bytes()), expected);
        }
    }
}
