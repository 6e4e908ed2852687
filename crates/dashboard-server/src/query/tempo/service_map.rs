//! The service graph: who calls whom, how often, how long, and how much of it fails; from the series that the Prometheus
//! source beside the Tempo source keeps about spans.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::{Failure, Query, ask};
use crate::frames::{Field, Frame};
use crate::repo::data_sources::{DataSource, Key};
use crate::server::App;

const FILTERS_MAX: usize = 20;
const FILTER_MAX_BYTES: usize = 10_000;

/// Calls of one kind per second.
#[derive(Debug, Clone, Copy, Default)]
struct Calls {
    total: f64,
    failed: f64,
    /// Seconds that they took together, per second.
    busy: f64,
}

type Edges = BTreeMap<(String, String), Calls>;

pub(super) async fn run(app: &App, source: &DataSource, query: &Query) -> Result<Vec<Frame>, Failure> {
    let metrics = metrics_source(app, source).await?;
    let filters = filters(query)?;
    let mut edges = Edges::new();
    for (metric, add) in [
        ("traces_service_graph_request_total", (|calls, value| calls.total += value) as fn(&mut Calls, f64)),
        ("traces_service_graph_request_failed_total", |calls, value| calls.failed += value),
        ("traces_service_graph_request_server_seconds_sum", |calls, value| calls.busy += value),
    ] {
        let time = (query.range.to_ms as f64 / 1000.0).to_string();
        let expr = expression(metric, &filters, query.range.seconds().max(1));
        let answer = ask::get(app, &metrics, "/api/v1/query", &[("query", expr), ("time", time)]).await?;
        for series in answer["data"]["result"].as_array().into_iter().flatten() {
            let label = |name: &str| series["metric"][name].as_str().unwrap_or_default().to_owned();
            let value = series["value"][1].as_str().and_then(|text| text.parse::<f64>().ok());
            if let Some(value) = value.filter(|value| value.is_finite()) {
                add(edges.entry((label("client"), label("server"))).or_default(), value);
            }
        }
    }
    Ok(vec![nodes(&edges), edge_frame(&edges)])
}

async fn metrics_source(app: &App, source: &DataSource) -> Result<DataSource, Failure> {
    let named = source.json_data.get("serviceMap").and_then(|map| map["datasourceUid"].as_str());
    let missing = || {
        Failure::senseless(format!(
            "the service graph needs a Prometheus source: set jsonData.serviceMap.datasourceUid of {}",
            source.name
        ))
    };
    let found = app.store().data_source(Key::Uid(named.ok_or_else(missing)?)).await;
    let found = found.map_err(|error| {
        tracing::error!(%error, "database");
        Failure { status: 500, message: "Internal server error".to_owned(), is_downstream: false }
    })?;
    found.filter(|found| found.kind == "prometheus").ok_or_else(missing)
}

/// Selectors that restrict the graph, any of which may hold: one text or a list.
fn filters(query: &Query) -> Result<Vec<String>, Failure> {
    let given = match query.model.get("serviceMapQuery") {
        Some(Value::String(text)) => vec![text.as_str()],
        Some(Value::Array(texts)) => texts.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let given: Vec<String> =
        given.into_iter().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()).collect();
    let is_selector =
        |text: &String| text.starts_with('{') && text.ends_with('}') && text.len() <= FILTER_MAX_BYTES;
    if given.len() > FILTERS_MAX || !given.iter().all(is_selector) {
        return Err(Failure::senseless(
            "serviceMapQuery is a selector such as {client=\"shop\"}, or a list of them",
        ));
    }
    Ok(if given.is_empty() { vec![String::new()] } else { given })
}

fn expression(metric: &str, filters: &[String], seconds: i64) -> String {
    let series: Vec<String> =
        filters.iter().map(|filter| format!("rate({metric}{filter}[{seconds}s])")).collect();
    format!("sum by (client, server) ({})", series.join(" or "))
}

/// A node per service: what it serves, and nothing for one that only calls.
fn nodes(edges: &Edges) -> Frame {
    let mut served: BTreeMap<&str, Calls> = BTreeMap::new();
    for ((client, server), calls) in edges {
        served.entry(client).or_default();
        let node = served.entry(server).or_default();
        node.total += calls.total;
        node.failed += calls.failed;
        node.busy += calls.busy;
    }
    let names = || served.keys().map(|name| (*name).to_owned());
    let per_call =
        |part: fn(&Calls) -> f64| served.values().map(move |calls| ratio(part(calls), calls.total));
    let arc = |color: &str, name: &str| json!({ "mode": "fixed", "fixedColor": color, "name": name });
    let failed = per_call(|calls| calls.failed.min(calls.total));
    let succeeded = per_call(|calls| (calls.total - calls.failed).max(0.0));
    let frame = Frame::new(vec![
        Field::strings("id", names()),
        Field::strings("title", names()),
        stat("mainstat", "ms/r", served.values().map(|calls| ratio(calls.busy * 1000.0, calls.total))),
        stat("secondarystat", "r/sec", served.values().map(|calls| calls.total)),
        Field::numbers("arc__success", succeeded.map(|part| if part.is_nan() { 1.0 } else { part }))
            .with_config("displayName", "Success".into())
            .with_config("color", arc("green", "Success")),
        Field::numbers("arc__failed", failed.map(|part| if part.is_nan() { 0.0 } else { part }))
            .with_config("displayName", "Failed".into())
            .with_config("color", arc("red", "Failed")),
    ]);
    named(frame, "Nodes")
}

fn edge_frame(edges: &Edges) -> Frame {
    let ends = |of: fn(&(String, String)) -> String| edges.keys().map(of);
    let frame = Frame::new(vec![
        Field::strings("id", ends(|(client, server)| format!("{client}_{server}"))),
        Field::strings("source", ends(|(client, _)| client.clone())),
        Field::strings("target", ends(|(_, server)| server.clone())),
        stat("mainstat", "ms/r", edges.values().map(|calls| ratio(calls.busy * 1000.0, calls.total))),
        stat("secondarystat", "r/sec", edges.values().map(|calls| calls.total)),
    ]);
    named(frame, "Edges")
}

fn named(frame: Frame, name: &str) -> Frame {
    let mut frame = frame.with_meta("preferredVisualisationType", "nodeGraph");
    frame.name = Some(name.to_owned());
    frame
}

fn stat(name: &str, unit: &str, numbers: impl Iterator<Item = f64>) -> Field {
    Field::numbers(name, numbers).with_config("unit", unit.into())
}

fn ratio(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole } else { f64::NAN }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_become_alternatives() {
        for (filters, expected) in [
            (&[""][..], "sum by (client, server) (rate(m[60s]))"),
            (
                &["{client=\"a\"}", "{server=\"b\"}"],
                "sum by (client, server) (rate(m{client=\"a\"}[60s]) or rate(m{server=\"b\"}[60s]))",
            ),
        ] {
            let filters: Vec<String> = filters.iter().map(|text| (*text).to_owned()).collect();
            assert_eq!(expression("m", &filters, 60), expected);
        }
    }

    #[test]
    fn services_that_only_call_are_nodes_too() {
        let calls = Calls { total: 2.0, failed: 0.5, busy: 0.1 };
        let edges = Edges::from([(("web".to_owned(), "shop".to_owned()), calls)]);
        let frame = nodes(&edges).into_json("A");
        assert_eq!(
            frame["data"]["values"],
            json!([["shop", "web"], ["shop", "web"], [50.0, null], [2.0, 0.0], [0.75, 1.0], [0.25, 0.0]])
        );
    }
}
