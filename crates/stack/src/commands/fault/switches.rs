//! The services' switches over HTTP, in the name of this program: it signs its token with the secret of the shop, which
//! whoever may read the data folder knows.

use std::time::Duration;

use anyhow::{Context as _, bail};
use futures::future::join_all;
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};
use service_kit::{Authenticator, Fault, Secret};

use super::SERVICES;
use crate::commands::Context;
use crate::components;
use crate::network::Network;

const PATIENCE: Duration = Duration::from_secs(5);

/// One switch.
#[derive(Debug, Clone)]
pub struct State {
    pub service: &'static str,
    pub name: String,
    pub about: String,
    pub rate: f64,
    pub latency_ms: Option<u64>,
    /// Set while it is on
    pub until: Option<String>,
    pub affected: u64,
}

/// What the services said, and those that did not.
#[derive(Debug, Default)]
pub struct Found {
    pub states: Vec<State>,
    pub silent: Vec<(&'static str, String)>,
}

/// The way to the switches.
#[derive(Debug)]
pub struct Switches {
    http: reqwest::Client,
    network: Network,
    authenticator: Authenticator,
}

#[derive(Deserialize)]
struct Answer {
    name: String,
    about: String,
    rate: f64,
    params: Parameters,
    until: Option<String>,
    affected: u64,
}

#[derive(Deserialize)]
struct Parameters {
    latency_ms: Option<u64>,
}

impl State {
    /// Whether it is on, as far as anybody is told.
    pub fn is_on(&self) -> bool {
        self.until.is_some()
    }

    /// For programs.
    pub fn to_json(&self) -> Value {
        json!({
            "service": self.service, "name": self.name, "about": self.about, "enabled": self.is_on(),
            "rate": self.rate, "latency_ms": self.latency_ms, "until": self.until, "affected": self.affected,
        })
    }

    fn of(service: &'static str, answer: Answer) -> Self {
        let Answer { name, about, rate, params, until, affected } = answer;
        Self { service, name, about, rate, latency_ms: params.latency_ms, until, affected }
    }
}

impl Switches {
    /// Those of the stack that `context` is attached to.
    pub fn of(context: &Context) -> anyhow::Result<Self> {
        let http = reqwest::Client::builder().timeout(PATIENCE).no_proxy().build()?;
        let authenticator = Authenticator::new(&secret(context)?);
        Ok(Self { http, network: context.network, authenticator })
    }

    /// Every switch of every service that answers.
    pub async fn all(&self) -> anyhow::Result<Found> {
        let asked = join_all(SERVICES.map(|service| self.of_service(service))).await;
        let mut found = Found::default();
        for (service, answer) in SERVICES.into_iter().zip(asked) {
            match answer {
                Ok(mut states) => found.states.append(&mut states),
                Err(error) => found.silent.push((service, format!("{error:#}"))),
            }
        }
        if found.states.is_empty() {
            let problem = found.silent.first().map(|(_, problem)| problem.as_str()).unwrap_or_default();
            bail!("no service of the shop answers ({problem}); is the stack running?");
        }
        Ok(found)
    }

    async fn of_service(&self, service: &'static str) -> anyhow::Result<Vec<State>> {
        #[derive(Deserialize)]
        struct List {
            faults: Vec<Answer>,
        }
        let body = self.call(Method::GET, service, "/admin/faults", None).await?;
        let list: List = serde_json::from_value(body).context("its answer is not understood")?;
        Ok(list.faults.into_iter().map(|answer| State::of(service, answer)).collect())
    }

    /// Switches a fault on.
    pub async fn set(&self, service: &'static str, fault: Fault, setting: &Value) -> anyhow::Result<State> {
        let path = format!("/admin/faults/{}", fault.name());
        self.one(Method::PUT, service, &path, Some(setting)).await
    }

    /// Switches a fault off.
    pub async fn unset(&self, service: &'static str, fault: &str) -> anyhow::Result<State> {
        self.one(Method::DELETE, service, &format!("/admin/faults/{fault}"), None).await
    }

    /// Switches a fault on without a word about it.
    pub async fn exercise(&self, service: &'static str, setting: &Value) -> anyhow::Result<()> {
        self.call(Method::PUT, service, "/admin/exercise", Some(setting)).await.map(drop)
    }

    /// Ends what [`Switches::exercise`] began, everywhere; a service that does not answer has nothing on.
    pub async fn end_exercise(&self) {
        let end = |service| self.call(Method::DELETE, service, "/admin/exercise", None);
        drop(join_all(SERVICES.map(end)).await);
    }

    async fn one(
        &self,
        method: Method,
        service: &'static str,
        path: &str,
        body: Option<&Value>,
    ) -> anyhow::Result<State> {
        let body = self.call(method, service, path, body).await.with_context(|| service.to_owned())?;
        let answer: Answer = serde_json::from_value(body).context("its answer is not understood")?;
        Ok(State::of(service, answer))
    }

    async fn call(
        &self,
        method: Method,
        service: &'static str,
        path: &str,
        body: Option<&Value>,
    ) -> anyhow::Result<Value> {
        let port = components::find(service).context("the shop is in the table")?.port;
        let token = self
            .authenticator
            .service_token("monitoring-stack")
            .map_err(|error| anyhow::anyhow!("sign a token: {}", error.log_text()))?;
        let mut request =
            self.http.request(method, format!("{}{path}", self.network.url(port))).bearer_auth(token);
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await.map_err(|error| {
            if error.is_connect() {
                anyhow::anyhow!("does not answer at {}", self.network.reach(port))
            } else {
                anyhow::Error::new(error.without_url())
            }
        })?;
        let status = response.status();
        let body: Value = serde_json::from_slice(&response.bytes().await?).unwrap_or_default();
        if status.is_success() {
            return Ok(body);
        }
        let message = body["error"]["message"].as_str().unwrap_or("no reason given");
        if status == reqwest::StatusCode::UNAUTHORIZED {
            bail!("refuses our token ({message}); does it use another JWT_SECRET or data folder?");
        }
        bail!("answers {status}: {message}")
    }
}

/// The secret that the shop's services share: from the environment, or from the data folder.
fn secret(context: &Context) -> anyhow::Result<Secret> {
    if let Some(secret) = std::env::var("JWT_SECRET").ok().filter(|secret| !secret.is_empty()) {
        return Ok(Secret::new(secret));
    }
    let path = context.layout.root().join("shop/jwt-secret");
    let text = std::fs::read_to_string(&path).with_context(|| {
        format!(
            "read the shop's secret in {} (was the stack ever started there? set --data or JWT_SECRET)",
            path.display()
        )
    })?;
    Ok(Secret::new(text.trim()))
}
