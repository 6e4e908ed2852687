//! Plugins: the kinds of panels and data sources that are built in. There are no others, and none can be installed.

use axum::extract::Path;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::params::Params;
use crate::error::ApiError;
use crate::server::App;
use crate::version::API_VERSION;

const PANELS: &[(&str, &str)] = &[
    ("alertlist", "Alert list"),
    ("barchart", "Bar chart"),
    ("bargauge", "Bar gauge"),
    ("dashlist", "Dashboard list"),
    ("gauge", "Gauge"),
    ("heatmap", "Heatmap"),
    ("histogram", "Histogram"),
    ("logs", "Logs"),
    ("nodeGraph", "Node graph"),
    ("piechart", "Pie chart"),
    ("stat", "Stat"),
    ("state-timeline", "State timeline"),
    ("status-history", "Status history"),
    ("table", "Table"),
    ("text", "Text"),
    ("timeseries", "Time series"),
    ("traces", "Traces"),
];
const DATA_SOURCES: &[(&str, &str)] = &[("loki", "Loki"), ("prometheus", "Prometheus"), ("tempo", "Tempo")];

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/plugins", get(list))
        .route("/api/plugins/{id}/settings", get(settings))
        .route("/api/plugins/{id}/health", get(health))
}

/// Panels of this kind, as the settings of the interface list them.
pub(super) fn panels() -> Value {
    let panels = PANELS.iter().enumerate().map(|(sort, (id, name))| {
        let panel =
            json!({ "id": id, "name": name, "type": "panel", "sort": sort, "skipDataQuery": *id == "text" });
        ((*id).to_owned(), panel)
    });
    Value::Object(panels.collect())
}

fn known() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    let panels = PANELS.iter().map(|(id, name)| (*id, *name, "panel"));
    panels.chain(DATA_SOURCES.iter().map(|(id, name)| (*id, *name, "datasource")))
}

fn describe((id, name, kind): (&str, &str, &str)) -> Value {
    json!({
        "id": id,
        "name": name,
        "type": kind,
        "enabled": true,
        "pinned": false,
        "info": { "version": API_VERSION, "description": "", "links": [] },
        "dependencies": { "grafanaVersion": "*", "plugins": [] },
        "latestVersion": "",
        "hasUpdate": false,
        "defaultNavUrl": "",
        "category": "",
        "state": "",
        "signature": "internal",
        "signatureType": "",
        "signatureOrg": "",
    })
}

async fn list(params: Params) -> Json<Value> {
    let kind = params.get("type");
    let plugins = known().filter(|(_, _, of)| kind.is_none_or(|kind| kind == *of));
    Json(plugins.map(describe).collect())
}

fn find(id: &str) -> Result<(&'static str, &'static str, &'static str), ApiError> {
    known()
        .find(|(known, ..)| *known == id)
        .ok_or_else(|| ApiError::not_found("Plugin not found, no installed plugin with that id"))
}

async fn settings(Path(id): Path<String>) -> Result<Json<Value>, ApiError> {
    let mut described = describe(find(&id)?);
    described["jsonData"] = json!({});
    described["secureJsonFields"] = json!({});
    Ok(Json(described))
}

/// Being built in, they work; a data source's own health is asked at the data source.
async fn health(Path(id): Path<String>) -> Result<Json<Value>, ApiError> {
    find(&id)?;
    Ok(Json(json!({ "status": "OK", "message": "Built in" })))
}
