//! Series, labels, what metrics mean, and what the server says of itself.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use promql::{Labels, METRIC_NAME};
use serde_json::{Map, Value as Json, json};

use super::answer::{ApiError, bad, list, put_labels, success, success_json};
use super::params::Params;
use crate::generator::described;
use crate::store::Store;

/// The Prometheus whose API this is; Grafana chooses features by it.
const API_VERSION: &str = "3.5.0";

pub(super) async fn series(State(store): State<Arc<Store>>, params: Params) -> Result<Response, ApiError> {
    let selectors = params.selectors()?;
    if selectors.is_empty() {
        return Err(bad("no match[] parameter provided"));
    }
    let (from, to) = params.window()?;
    let mut found = store.generator.history.read().labels_between(&selectors, from, to);
    found.truncate(params.limit()?);
    Ok(success(&list(&found, put_labels)))
}

fn matching(store: &Store, params: &Params) -> Result<Vec<Labels>, ApiError> {
    let (from, to) = params.window()?;
    Ok(store.generator.history.read().labels_between(&params.selectors()?, from, to))
}

pub(super) async fn label_names(
    State(store): State<Arc<Store>>,
    params: Params,
) -> Result<Response, ApiError> {
    let found = matching(&store, &params)?;
    let names: BTreeSet<&str> = found.iter().flat_map(|labels| labels.iter().map(|(name, _)| name)).collect();
    let names: Vec<&str> = names.into_iter().take(params.limit()?).collect();
    Ok(success_json(&json!(names)))
}

pub(super) async fn label_values(
    State(store): State<Arc<Store>>,
    Path(name): Path<String>,
    params: Params,
) -> Result<Response, ApiError> {
    if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
        return Err(bad(format!("invalid label name: {name:?}")));
    }
    let found = matching(&store, &params)?;
    let values: BTreeSet<&str> =
        found.iter().map(|labels| labels.get(&name)).filter(|value| !value.is_empty()).collect();
    let values: Vec<&str> = values.into_iter().take(params.limit()?).collect();
    Ok(success_json(&json!(values)))
}

/// Types and meanings of the metrics that there are.
pub(super) async fn metrics(State(store): State<Arc<Store>>, params: Params) -> Result<Response, ApiError> {
    let all = store.generator.history.read().labels_between(&[], i64::MIN, i64::MAX);
    let names: BTreeSet<&str> = all.iter().map(|labels| labels.get(METRIC_NAME)).collect();
    let asked = params.get("metric");
    let mut found = Map::new();
    for metric in described().filter(|metric| asked.is_none_or(|asked| asked == metric.name)) {
        let flat = format!("{}_count", metric.name);
        if found.len() < params.limit()? && (names.contains(metric.name) || names.contains(flat.as_str())) {
            let meaning = json!([{"type": metric.kind, "help": metric.help, "unit": ""}]);
            found.insert(metric.name.to_owned(), meaning);
        }
    }
    Ok(success_json(&Json::Object(found)))
}

pub(super) async fn no_rules() -> Response {
    success_json(&json!({"groups": []}))
}

pub(super) async fn no_alerts() -> Response {
    success_json(&json!({"alerts": []}))
}

pub(super) async fn build_info() -> Response {
    success_json(&json!({
        "version": API_VERSION,
        "revision": env!("CARGO_PKG_VERSION"),
        "branch": "",
        "buildUser": "",
        "buildDate": "",
        "goVersion": "",
    }))
}
