//! A log store on a port of its own, and what tests ask it.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use log_store::{Config, Options, Server};
use runtime::CancellationToken;
use serde_json::{Value, json};

pub(crate) struct Store {
    pub url: String,
    pub client: reqwest::Client,
    shutdown: CancellationToken,
    server: Server,
}

pub(crate) fn config(text: &str) -> Config {
    Config::parse(text, "test").unwrap()
}

pub(crate) fn options(dir: &Path, config_text: &str) -> Options {
    Options::new(dir, "127.0.0.1:0".parse().unwrap(), config(config_text))
}

pub(crate) const NO_LIMITS: &str = "auth_enabled: false\nlimits_config: {reject_old_samples: false}\n";

impl Store {
    pub(crate) async fn open(dir: &Path) -> Self {
        Self::with(dir, NO_LIMITS).await
    }

    pub(crate) async fn with(dir: &Path, config_text: &str) -> Self {
        Self::start(options(dir, config_text)).await
    }

    pub(crate) async fn at(address: SocketAddr, dir: &Path, config_text: &str) -> Self {
        Self::start(Options { address, ..options(dir, config_text) }).await
    }

    /// With work in the background done at once.
    pub(crate) async fn quick(dir: &Path, config_text: &str) -> Self {
        Self::with_knobs(dir, config_text, Knobs::QUICK).await
    }

    pub(crate) async fn with_knobs(dir: &Path, config_text: &str, knobs: Knobs) -> Self {
        let options = options(dir, config_text);
        Self::start(Options { janitor_every: knobs.every, grace: knobs.grace, ..options }).await
    }

    pub(crate) async fn start(options: Options) -> Self {
        let shutdown = CancellationToken::new();
        let server = Server::start(options, shutdown.clone()).await.unwrap();
        Self { url: format!("http://{}", server.address), client: client(), shutdown, server }
    }

    pub(crate) async fn close(self) {
        self.shutdown.cancel();
        drop(self.client);
        self.server.wait().await.unwrap();
    }

    pub(crate) async fn push(&self, labels: &Value, values: &[(i64, &str)]) {
        let values: Vec<Value> = values.iter().map(|(at, line)| json!([at.to_string(), line])).collect();
        let body = json!({ "streams": [{ "stream": labels, "values": values }] });
        let response = self.post("/loki/api/v1/push", &body).await;
        assert_eq!(response.status(), 204, "{}", response.text().await.unwrap());
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> reqwest::Response {
        self.client.post(format!("{}{path}", self.url)).json(body).send().await.unwrap()
    }

    pub(crate) async fn get(&self, path: &str, params: &[(&str, &str)]) -> (u16, String) {
        get(&self.client, &format!("{}{path}", self.url), params).await
    }

    pub(crate) fn with_query(&self, path: &str, params: &[(&str, &str)]) -> String {
        let mut url = reqwest::Url::parse(&format!("{}{path}", self.url)).unwrap();
        url.query_pairs_mut().extend_pairs(params);
        url.to_string()
    }

    /// The lines that a query finds between the seconds 0 and 1000, in the order of the answer.
    pub(crate) async fn lines(&self, query: &str, more: &[(&str, &str)]) -> Vec<String> {
        let mut params = vec![("query", query), ("start", "0"), ("end", "1000")];
        params.extend(more);
        let (status, text) = self.get("/loki/api/v1/query_range", &params).await;
        assert_eq!(status, 200, "{text}");
        lines(&text)
    }
}

/// The pace of work in the background.
#[derive(Clone, Copy)]
pub(crate) struct Knobs {
    pub every: Duration,
    pub grace: Duration,
}

impl Knobs {
    pub(crate) const QUICK: Self = Self { every: Duration::from_millis(20), grace: Duration::ZERO };
}

/// A figure of `/metrics` without labels.
pub(crate) async fn metric(store: &Store, name: &str) -> u64 {
    let (_, text) = store.get("/metrics", &[]).await;
    let line = text.lines().find(|line| line.split(' ').next() == Some(name));
    line.and_then(|line| line.split(' ').nth(1)?.parse().ok()).unwrap_or_else(|| panic!("{name}: {text}"))
}

pub(crate) fn client() -> reqwest::Client {
    reqwest::Client::builder().timeout(Duration::from_secs(60)).build().unwrap()
}

pub(crate) async fn get(client: &reqwest::Client, url: &str, params: &[(&str, &str)]) -> (u16, String) {
    let response = client.get(url).query(params).send().await.unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}

/// All lines of an answer, stream after stream.
pub(crate) fn lines(answer: &str) -> Vec<String> {
    let answer: Value = serde_json::from_str(answer).unwrap();
    let streams = answer["data"]["result"].as_array().unwrap().iter();
    let values = streams.flat_map(|stream| stream["values"].as_array().unwrap());
    values.map(|value| value[1].as_str().unwrap().to_owned()).collect()
}
