//! `open`: a page of the web interface in the browser, or its address where there is none.

use std::process::{Command, ExitCode, Stdio};

use serde_json::json;

use super::{Context, complain, say};
use crate::cli::{Open, Page};
use crate::components;

/// Runs the command.
pub async fn run(context: &mut Context, options: &Open) -> anyhow::Result<ExitCode> {
    let running = context.attach(false).await.is_ok_and(|stack| stack.is_some());
    let port = components::find("grafana").map_or(0, |component| component.port);
    let url = format!("{}{}", context.network.shown_url(port), path(options.page));
    say(&url)?;
    if !running {
        complain("the stack is not running in this data folder; start it with `monitoring-stack up`")?;
    } else if !options.print && has_desktop() {
        open(&url);
    }
    Ok(ExitCode::SUCCESS)
}

fn path(page: Page) -> String {
    match page {
        Page::Home => "/".to_owned(),
        Page::Dashboards => "/dashboards".to_owned(),
        Page::Dashboard => "/d/ecommerce-overview".to_owned(),
        Page::Business => "/d/ecommerce-business".to_owned(),
        Page::Logs => {
            explore("loki", &json!({"refId": "A", "expr": r#"{job="ecommerce"}"#, "queryType": "range"}))
        }
        Page::Traces => explore("tempo", &json!({"refId": "A", "query": "{}", "queryType": "traceql"})),
    }
}

/// A page of Explore as Grafana addresses it.
fn explore(source: &str, query: &serde_json::Value) -> String {
    let mut query = query.clone();
    query["datasource"] = json!({"uid": source, "type": source});
    let panes = json!({"a": {
        "datasource": source, "queries": [query], "range": {"from": "now-15m", "to": "now"},
    }});
    let panes: String = url::form_urlencoded::byte_serialize(panes.to_string().as_bytes()).collect();
    format!("/explore?schemaVersion=1&orgId=1&panes={panes}")
}

fn has_desktop() -> bool {
    ["DISPLAY", "WAYLAND_DISPLAY"]
        .iter()
        .any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
}

/// The address has been printed: whoever has no `xdg-open` opens it by hand.
fn open(url: &str) {
    let mut command = Command::new("xdg-open");
    command.arg(url).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    drop(command.spawn());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_of_explore_carry_their_query() {
        let logs = path(Page::Logs);
        let url = url::Url::parse(&format!("http://localhost:3000{logs}")).unwrap();
        let panes = url.query_pairs().find(|(name, _)| name == "panes").unwrap().1;
        let panes: serde_json::Value = serde_json::from_str(&panes).unwrap();
        assert_eq!(panes["a"]["queries"][0]["expr"], r#"{job="ecommerce"}"#);
        assert_eq!(panes["a"]["queries"][0]["datasource"]["uid"], "loki");
    }
}
