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
        "apps": {},
        "allowOrgCreate": false,
        "anonymousEnabled": settings.anonymous_role.is_some(),
        "authProxyEnabled": false,
        "autoAssignOrg": true,
        "basicAuthStrongPasswordPolicy": false,
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
        "defaultLanguage": settings.default_language,
        "disableLoginForm": settings.is_login_form_off,
        "disableUserSignUp": true,
        "exploreEnabled": true,
        "externalUserMngInfo": "",
        "externalUserMngLinkName": "",
        "externalUserMngLinkUrl": "",
        "featureToggles": {},
        "feedbackLinksEnabled": false,
        "ldapEnabled": false,
        "liveEnabled": false,
        "loginError": "",
        "loginHint": settings.login_hints.0,
        "minRefreshInterval": "1s",
        "namespace": "default",
        "newsFeedEnabled": false,
        "panels": super::plugins::panels(),
        "passwordHint": settings.login_hints.1,
        "pluginAdminEnabled": false,
        "publicDashboardsEnabled": false,
        "queryHistoryEnabled": true,
        "quickRanges": [],
        "rendererAvailable": false,
        "samlEnabled": false,
        "snapshotEnabled": true,
        "unifiedAlertingEnabled": true,
        "verifyEmailEnabled": false,
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
