//! The stack itself: ports, version, components, and whether telemetry arrives.

use std::time::Duration;

use serde_json::Value;

use super::Check;
use crate::commands::Context;
use crate::components::find;
use crate::control::client::Client;
use crate::control::{Health, StackStatus};
use crate::network::Network;
use crate::ports;

const PATIENCE: Duration = Duration::from_secs(5);
/// In a younger stack telemetry may still be on its way.
const SETTLED_S: f64 = 60.0;

type Attached = anyhow::Result<Option<(Client, StackStatus)>>;

/// The supervisor, or the ports it will need.
pub fn process(context: &Context, running: &Attached) -> Vec<Check> {
    match running {
        Ok(Some((_, status))) => {
            let found = format!("running, pid {}, ports shifted by {}", status.pid, status.port_offset);
            vec![Check::ok("stack", found), version(&status.version)]
        }
        Ok(None) => vec![
            Check::warning("stack", "not running", "start it: monitoring-stack up"),
            free_ports(context.network),
        ],
        Err(error) => vec![Check::problem(
            "stack",
            format!("the supervisor does not answer: {error:#}"),
            "stop it (monitoring-stack down ends a hung one, too) and start it again",
        )],
    }
}

fn version(running: &str) -> Check {
    let ours = env!("CARGO_PKG_VERSION");
    if running == ours {
        return Check::ok("version", ours);
    }
    let found = format!("this program is {ours}, the running stack {running}");
    Check::warning("version", found, "monitoring-stack restart starts it with this version")
}

fn free_ports(network: Network) -> Check {
    let occupied = ports::occupied(network);
    if occupied.is_empty() {
        return Check::ok("ports", "all free");
    }
    let rest = occupied.len() - 1;
    let others = if rest == 0 { String::new() } else { format!(", and {rest} more are taken") };
    Check::problem(
        "ports",
        format!("{}{others}", occupied[0]),
        "stop what uses them, or shift all ports: --port-offset 10000",
    )
}

/// Each component that is not well.
pub fn components(status: &StackStatus) -> Vec<Check> {
    let ill: Vec<Check> = status
        .components
        .iter()
        .filter(|component| component.health != Health::Up)
        .map(|component| {
            let reason = component.message.as_deref().unwrap_or("no reason known");
            let found = format!("{} is {}: {reason}", component.name, component.health);
            let name = &component.name;
            if component.health == Health::Stopped {
                Check::warning("component", found, format!("monitoring-stack start {name}"))
            } else {
                Check::problem("component", found, format!("monitoring-stack logs {name} says why"))
            }
        })
        .collect();
    if ill.is_empty() {
        vec![Check::ok("components", format!("all {} up", status.components.len()))]
    } else {
        ill
    }
}

/// Whether what the shop says arrives where dashboards look for it.
pub async fn telemetry(network: Network, uptime_s: f64) -> Vec<Check> {
    let Ok(http) = reqwest::Client::builder().timeout(PATIENCE).no_proxy().build() else {
        return Vec::new();
    };
    let lines = ask(
        &http,
        network,
        "log-store",
        "/loki/api/v1/query",
        &[("query", r#"sum(count_over_time({job="ecommerce"}[5m]))"#)],
    );
    let traces = ask(&http, network, "trace-store", "/api/search", &[("q", "{}"), ("limit", "1")]);
    let (lines, traces) = futures::future::join(lines, traces).await;
    let count = |answer: &Value| {
        answer["data"]["result"][0]["value"][1].as_str().map(|text| format!("{text} lines in 5 minutes"))
    };
    let found = |answer: &Value| {
        answer["traces"]
            .as_array()
            .is_some_and(|all| !all.is_empty())
            .then(|| "traces of the last hour".to_owned())
    };
    vec![
        arrives("logs", lines, count, "collector", uptime_s),
        arrives("traces", traces, found, "order-service", uptime_s),
    ]
}

async fn ask(
    http: &reqwest::Client,
    network: Network,
    name: &str,
    path: &str,
    parameters: &[(&str, &str)],
) -> Result<Value, String> {
    let port = find(name).map_or(0, |component| component.port);
    let url = url::Url::parse_with_params(&format!("{}{path}", network.url(port)), parameters)
        .map_err(|error| error.to_string())?;
    let response = http.get(url).send().await.map_err(|error| error.without_url().to_string())?;
    let status = response.status();
    let body = response.bytes().await.map_err(|error| error.without_url().to_string())?;
    if !status.is_success() {
        return Err(format!("the {name} answers {status}"));
    }
    serde_json::from_slice(&body).map_err(|_| format!("the {name} does not answer JSON"))
}

fn arrives(
    name: &'static str,
    answer: Result<Value, String>,
    found: impl Fn(&Value) -> Option<String>,
    sender: &str,
    uptime_s: f64,
) -> Check {
    let answer = match answer {
        Ok(answer) => answer,
        Err(problem) => {
            return Check::problem(
                name,
                problem,
                "monitoring-stack health shows which component is not well",
            );
        }
    };
    match found(&answer) {
        Some(found) => Check::ok(name, found),
        None if uptime_s < SETTLED_S => Check::ok(name, "none yet; the stack has just started"),
        None => {
            Check::warning(name, "nothing arrives", format!("monitoring-stack logs {sender} may say why"))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::Verdict;
    use super::*;

    #[test]
    fn versions_and_arrivals_are_judged() {
        assert_eq!(version(env!("CARGO_PKG_VERSION")).verdict, Verdict::Ok);
        assert_eq!(version("0.0.0").verdict, Verdict::Warning);
        let found = |answer: &Value| answer["n"].as_u64().map(|n| n.to_string());
        for (answer, uptime, verdict) in [
            (Ok(json!({"n": 3})), 100.0, Verdict::Ok),
            (Ok(json!({})), 5.0, Verdict::Ok),
            (Ok(json!({})), 100.0, Verdict::Warning),
            (Err("down".to_owned()), 100.0, Verdict::Problem),
        ] {
            assert_eq!(arrives("logs", answer, found, "collector", uptime).verdict, verdict);
        }
    }
}
