//! The state of every part of the stack, asked for over HTTP: shop, stores, collector, traffic, and this server.

use std::time::{Duration, Instant};

use futures::future::join_all;
use serde::Serialize;
use serde_json::Value;

use crate::clock::rfc3339;
use crate::server::App;
use crate::settings::Environment;
use crate::version::STACK_VERSION;

const PROBE_TIMEOUT: Duration = Duration::from_secs(1);
/// Pages of several users ask at once; one round of probes serves them all.
const FRESH: Duration = Duration::from_secs(1);
const ANSWER_MAX_BYTES: usize = 64 * 1024;
const MESSAGE_MAX_CHARS: usize = 200;

/// How a component says that it is well.
#[derive(Debug, Clone, Copy)]
enum Probe {
    /// `GET /health` answers JSON with a status and dependencies.
    Health,
    /// `GET /ready` answers 200 or a text that says what is missing.
    Ready,
}

/// A component and where it is.
#[derive(Debug, Clone)]
pub(crate) struct Component {
    name: &'static str,
    role: &'static str,
    kind: &'static str,
    url: String,
    probe: Probe,
}

type Row = (&'static str, &'static str, &'static str, Probe, &'static str, &'static str);

const COMPONENTS: [Row; 7] = [
    (
        "user-service",
        "Accounts and logins",
        "shop",
        Probe::Health,
        "USER_SERVICE_URL",
        "http://127.0.0.1:8081",
    ),
    (
        "product-service",
        "Catalogue and stock",
        "shop",
        Probe::Health,
        "PRODUCT_SERVICE_URL",
        "http://127.0.0.1:8082",
    ),
    (
        "order-service",
        "Orders and payments",
        "shop",
        Probe::Health,
        "ORDER_SERVICE_URL",
        "http://127.0.0.1:8083",
    ),
    (
        "traffic-generator",
        "Simulated customers",
        "traffic",
        Probe::Health,
        "TRAFFIC_GENERATOR_URL",
        "http://127.0.0.1:8084",
    ),
    ("log-store", "Logs (Loki's API)", "store", Probe::Ready, "LOKI_URL", "http://127.0.0.1:3100"),
    ("trace-store", "Traces (Tempo's API)", "store", Probe::Ready, "TEMPO_URL", "http://127.0.0.1:3200"),
    ("collector", "Collects log files", "collector", Probe::Ready, "COLLECTOR_URL", "http://127.0.0.1:9080"),
];

/// Where each component is, by the environment.
pub(crate) fn from_environment(environment: &Environment) -> Vec<Component> {
    COMPONENTS
        .iter()
        .map(|(name, role, kind, probe, variable, default)| Component {
            name,
            role,
            kind,
            url: environment
                .get(variable)
                .filter(|url| !url.is_empty())
                .unwrap_or_else(|| (*default).to_owned())
                .trim_end_matches('/')
                .to_owned(),
            probe: *probe,
        })
        .collect()
}

/// What a probe found.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Report {
    name: &'static str,
    role: &'static str,
    kind: &'static str,
    url: String,
    status: &'static str,
    latency_ms: Option<f64>,
    message: String,
    version: Option<String>,
    uptime_s: Option<f64>,
}

/// All reports of one round.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Overview {
    components: Vec<Report>,
    checked_at: String,
}

/// The last round of probes.
#[derive(Debug, Default)]
pub(crate) struct Cache(tokio::sync::Mutex<Option<(Instant, Overview)>>);

/// The state of all components, at most a second old. Callers that come during a round wait for its outcome.
pub(crate) async fn overview(app: &App) -> Overview {
    let mut cached = app.component_cache().0.lock().await;
    if let Some((at, overview)) = cached.as_ref()
        && at.elapsed() < FRESH
    {
        return overview.clone();
    }
    let mut reports = join_all(app.components().iter().map(|component| probe(app.client(), component))).await;
    reports.push(own_report(app).await);
    let overview = Overview { components: reports, checked_at: rfc3339(app.clock().now()) };
    *cached = Some((Instant::now(), overview.clone()));
    overview
}

async fn own_report(app: &App) -> Report {
    let is_alive = app.store().is_alive().await;
    Report {
        name: "dashboard-server",
        role: "Dashboards (Grafana's API)",
        kind: "dashboard",
        url: app.settings().app_url().trim_end_matches('/').to_owned(),
        status: if is_alive { "up" } else { "degraded" },
        latency_ms: Some(0.0),
        message: if is_alive { "ok" } else { "the database does not answer" }.to_owned(),
        version: Some(STACK_VERSION.to_owned()),
        uptime_s: Some(app.uptime().as_secs_f64()),
    }
}

async fn probe(client: &reqwest::Client, component: &Component) -> Report {
    let started = Instant::now();
    let outcome = tokio::time::timeout(PROBE_TIMEOUT, ask(client, component)).await;
    let latency_ms = (started.elapsed().as_secs_f64() * 1e5).round() / 100.0;
    let finding = match outcome {
        Ok(Ok(finding)) => finding,
        Ok(Err(message)) => Finding::down(message),
        Err(_) => Finding::down("no answer within 1 s".to_owned()),
    };
    Report {
        name: component.name,
        role: component.role,
        kind: component.kind,
        url: crate::datasources::shown_url(&component.url),
        status: finding.status,
        latency_ms: (finding.status != "down").then_some(latency_ms),
        message: finding.message.chars().take(MESSAGE_MAX_CHARS).collect(),
        version: finding.version,
        uptime_s: finding.uptime_s,
    }
}

#[derive(Debug, PartialEq)]
struct Finding {
    status: &'static str,
    message: String,
    version: Option<String>,
    uptime_s: Option<f64>,
}

impl Finding {
    fn down(message: String) -> Self {
        Self { status: "down", message, version: None, uptime_s: None }
    }
}

async fn ask(client: &reqwest::Client, component: &Component) -> Result<Finding, String> {
    let path = match component.probe {
        Probe::Health => "/health",
        Probe::Ready => "/ready",
    };
    let mut response = client
        .get(format!("{}{path}", component.url))
        .send()
        .await
        .map_err(|error| crate::proxy::reason(&error))?;
    let is_success = response.status().is_success();
    let status = response.status().as_u16();
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| crate::proxy::reason(&error))? {
        body.extend_from_slice(&chunk);
        if body.len() > ANSWER_MAX_BYTES {
            return Err("answers with more than a health check has to say".to_owned());
        }
    }
    Ok(match component.probe {
        Probe::Health => health_finding(is_success, status, &body),
        Probe::Ready => ready_finding(is_success, status, &body),
    })
}

fn ready_finding(is_success: bool, status: u16, body: &[u8]) -> Finding {
    let text = String::from_utf8_lossy(body).trim().to_owned();
    let message = match (is_success, text.is_empty()) {
        (true, _) => "ready".to_owned(),
        (false, true) => format!("not ready: it answered {status}"),
        (false, false) => text,
    };
    Finding { status: if is_success { "up" } else { "degraded" }, message, version: None, uptime_s: None }
}

fn health_finding(is_success: bool, status: u16, body: &[u8]) -> Finding {
    let Ok(health) = serde_json::from_slice::<Value>(body) else {
        return ready_finding(is_success, status, body);
    };
    let said = health["status"].as_str().unwrap_or_default();
    let is_ok = is_success && matches!(said, "ok" | "up" | "healthy" | "");
    let failing = failing_dependencies(&health["dependencies"]);
    let message = if is_ok {
        "ok".to_owned()
    } else if let Some(text) = health["message"].as_str() {
        text.to_owned()
    } else if failing.is_empty() {
        format!("it says {}", if said.is_empty() { "nothing" } else { said })
    } else {
        format!("not well: {}", failing.join(", "))
    };
    Finding {
        status: if is_ok { "up" } else { "degraded" },
        message,
        version: health["version"].as_str().map(str::to_owned),
        uptime_s: health["uptime_s"].as_f64(),
    }
}

/// Names of dependencies that are not well, from `{"db":"ok"}`, `{"db":{"status":"ok"}}` or `[{"name":"db","status":"ok"}]`.
fn failing_dependencies(dependencies: &Value) -> Vec<String> {
    let pairs: Vec<(&str, &Value)> = match dependencies {
        Value::Object(map) => map.iter().map(|(name, state)| (name.as_str(), state)).collect(),
        Value::Array(items) => {
            items.iter().map(|item| (item["name"].as_str().unwrap_or("a dependency"), item)).collect()
        }
        _ => Vec::new(),
    };
    let is_ok = |state: &Value| {
        matches!(state.as_str().or_else(|| state["status"].as_str()), Some("ok" | "up" | "healthy"))
            || *state == Value::Bool(true)
    };
    pairs.into_iter().filter(|(_, state)| !is_ok(state)).map(|(name, _)| name.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn health_answers_are_understood() {
        let ok = r#"{"status":"ok","version":"0.1.0","uptime_s":12.5,"dependencies":{"database":{"status":"ok"}}}"#;
        for (success, body, status, message) in [
            (true, ok, "up", "ok"),
            (
                true,
                r#"{"status":"degraded","dependencies":{"database":"ok","user-service":"down"}}"#,
                "degraded",
                "not well: user-service",
            ),
            (
                false,
                r#"{"status":"degraded","dependencies":[{"name":"database","status":"error"}]}"#,
                "degraded",
                "not well: database",
            ),
            (false, r#"{"status":"degraded"}"#, "degraded", "it says degraded"),
            (true, "fine", "up", "ready"),
            (false, "", "degraded", "not ready: it answered 503"),
        ] {
            let finding = health_finding(success, 503, body.as_bytes());
            assert_eq!((finding.status, finding.message.as_str()), (status, message), "{body}");
        }
        let finding = health_finding(true, 200, ok.as_bytes());
        assert_eq!((finding.version.as_deref(), finding.uptime_s), (Some("0.1.0"), Some(12.5)));
    }

    #[test]
    fn a_store_that_is_not_ready_says_why() {
        let finding = ready_finding(false, 503, b"replaying the log\n");
        assert_eq!((finding.status, finding.message.as_str()), ("degraded", "replaying the log"));
    }
}
