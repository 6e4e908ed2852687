//! Rules: the API, their evaluation by a clock of the test's own, and what leaves the store.

mod alerts;
mod api;
mod files;
mod recording;

use std::path::Path;
use std::time::Duration;

use log_store::Clock;
use reqwest::Method;
use serde_json::{Value, json};

use crate::receiver::eventually;
use crate::store::{NO_LIMITS, Store, options};

/// When the tests' clocks begin.
const START: i64 = 1_700_000_000;

/// A store whose rules go by `clock`, with more configuration.
async fn open(dir: &Path, clock: &Clock, more: &str) -> Store {
    let mut options = options(dir, &format!("{NO_LIMITS}{more}"));
    options.clock = clock.clone();
    Store::start(options).await
}

impl Store {
    async fn send(&self, method: Method, path: &str, body: &str) -> (u16, String) {
        let request = self.client.request(method, format!("{}{path}", self.url)).body(body.to_owned());
        let response = request.send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }

    async fn set_group(&self, namespace: &str, group: &str) {
        let (status, text) = self.send(Method::POST, &format!("/loki/api/v1/rules/{namespace}"), group).await;
        assert_eq!(status, 202, "{text}");
    }

    /// Lines of an application, at a second after the start.
    async fn push_errors(&self, app: &str, count: usize, second: i64) {
        let lines: Vec<String> = (0..count).map(|n| format!("error {n}")).collect();
        let at = (START + second) * 1_000_000_000;
        let values: Vec<(i64, &str)> = (at..).zip(lines.iter().map(String::as_str)).collect();
        self.push(&json!({ "app": app }), &values).await;
    }

    async fn rules(&self) -> Value {
        let (status, text) = self.get("/prometheus/api/v1/rules", &[]).await;
        assert_eq!(status, 200, "{text}");
        serde_json::from_str::<Value>(&text).unwrap()["data"]["groups"].clone()
    }

    /// Lets `secs` pass, and waits until the first group has been evaluated since then.
    async fn pass(&self, clock: &Clock, secs: u64) -> Value {
        let turns = self.metric("loki_prometheus_rule_group_iterations_total").await;
        clock.advance(Duration::from_secs(secs));
        eventually(async || {
            let now = self.metric("loki_prometheus_rule_group_iterations_total").await;
            (now > turns).then_some(())
        })
        .await;
        self.rules().await
    }

    /// The first sample of a family on the metrics' page; 0 when there is none.
    async fn metric(&self, name: &str) -> f64 {
        let (_, text) = self.get("/metrics", &[]).await;
        let line = text.lines().find(|line| line.starts_with(name));
        line.map_or(0.0, |line| line.rsplit_once(' ').unwrap().1.parse().unwrap())
    }
}
