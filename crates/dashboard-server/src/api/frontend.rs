//! What the interface needs to know before its first page. Only what is true: features that don't exist are off.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Map, Value, json};

use crate::datasources::kind_name;
use crate::error::ApiError;
use crate::repo::data_sources::DataSource;
use crate::server::App;
use crate::version::{API_VERSION, COMMIT, STACK_VERSION};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/api/frontend/settings", get(settings))
}

async fn settings(State(app): State<App>) -> Result<Json<Value>, ApiError> {
    let sources = app.store().data_sources().await?;
    let default = sources.iter().find(|source| source.is_default).or(sources.first());
    let by_name: Map<String, Value> =
        sources.iter().map(|source| (source.name.clone(), data_source(source))).collect();
    let settings = app.settings();
    Ok(Json(json!({
        "appUrl": settings.app_url(),
        "appSubUrl": "",
        "buildInfo": {
            "version": API_VERSION,
            "versionString": format!("Monitoring Stack v{STACK_VERSION}"),
            "stackVersion": STACK_VERSION,
            "commit": COMMIT,
            "edition": "Open Source",
            "env": "production",
            "hasUpdate": false,
            "latestVersion": "",
        },
        "datasources": by_name,
        "defaultDatasource": default.map(|source| source.name.clone()).unwrap_or_default(),
        "defaultTheme": settings.default_theme,
        "minRefreshInterval": "1s",
        "panels": {},
        "featureToggles": {},
        "authProxyEnabled": false,
        "ldapEnabled": false,
        "samlEnabled": false,
        "anonymousEnabled": false,
        "disableLoginForm": false,
        "disableUserSignUp": true,
        "liveEnabled": false,
        "unifiedAlertingEnabled": false,
        "allowOrgCreate": false,
        "viewersCanEdit": false,
        "tokenRotationInterval": settings.sessions.rotation.as_secs() / 60,
    })))
}

fn data_source(source: &DataSource) -> Value {
    json!({
        "id": source.id,
        "uid": source.uid,
        "name": source.name,
        "type": source.kind,
        "access": source.access,
        "url": format!("/api/datasources/proxy/uid/{}", source.uid),
        "isDefault": source.is_default,
        "readOnly": source.is_read_only,
        "jsonData": source.json_data,
        "meta": {
            "id": source.kind,
            "type": "datasource",
            "name": kind_name(&source.kind),
            "logs": source.kind == "loki",
            "tracing": source.kind == "tempo",
        },
    })
}
