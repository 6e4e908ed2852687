//! How much there is, and what is configured, for the server's administrators.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use crate::auth::Identity;
use crate::error::ApiError;
use crate::repo::ORG_NAME;
use crate::server::App;

/// Who counts as active: seen within so long.
const ACTIVE_SECS: i64 = 30 * 86_400;
const ACTIVE_TODAY_SECS: i64 = 86_400;

pub(super) fn routes() -> Router<App> {
    Router::new().route("/api/admin/stats", get(stats)).route("/api/admin/settings", get(settings))
}

async fn stats(State(app): State<App>, identity: Identity) -> Result<Json<Value>, ApiError> {
    identity.require_server_admin()?;
    let now = app.clock().now();
    let counts = app.store().counts(now - ACTIVE_SECS, now - ACTIVE_TODAY_SECS).await?;
    Ok(Json(json!({
        "orgs": 1,
        "dashboards": counts.dashboards,
        "snapshots": counts.snapshots,
        "tags": counts.tags,
        "datasources": counts.data_sources,
        "playlists": counts.playlists,
        "stars": counts.stars,
        "alerts": 0,
        "users": counts.users,
        "admins": counts.admins,
        "editors": counts.editors,
        "viewers": counts.viewers,
        "activeUsers": counts.active_users,
        "dailyActiveUsers": counts.active_today,
        "activeSessions": counts.sessions,
        "serviceAccounts": counts.service_accounts,
        "libraryPanels": counts.library_elements,
    })))
}

/// By section and key, as in Grafana's file. Everything is text; what is secret is not shown.
async fn settings(State(app): State<App>, identity: Identity) -> Result<Json<Value>, ApiError> {
    identity.require_server_admin()?;
    let settings = app.settings();
    let sessions = &settings.sessions;
    let text = |flag: bool| flag.to_string();
    Ok(Json(json!({
        "DEFAULT": { "app_mode": "production" },
        "analytics": { "reporting_enabled": "false", "check_for_updates": "false" },
        "auth": {
            "disable_login_form": text(settings.is_login_form_off),
            "login_cookie_name": sessions.cookie_name,
            "login_maximum_inactive_lifetime_duration": seconds(sessions.max_inactive),
            "login_maximum_lifetime_duration": seconds(sessions.max_lifetime),
            "token_rotation_interval_minutes": (sessions.rotation.as_secs() / 60).to_string(),
        },
        "auth.anonymous": {
            "enabled": text(settings.anonymous_role.is_some()),
            "org_name": ORG_NAME,
            "org_role": settings.anonymous_role.map(|role| role.as_str()).unwrap_or_default(),
        },
        "auth.basic": { "enabled": text(settings.is_basic_auth_on) },
        "database": { "type": "sqlite3" },
        "metrics": { "enabled": text(settings.is_metrics_on) },
        "paths": { "data": settings.data.display().to_string() },
        "security": {
            "admin_user": settings.admin_user,
            "admin_password": "*********",
            "secret_key": "*********",
            "allow_embedding": text(settings.is_embedding_allowed),
            "cookie_secure": text(sessions.is_cookie_secure),
            "cookie_samesite": sessions.same_site.to_lowercase(),
            "csrf_trusted_origins": settings.trusted_origins.join(" "),
            "disable_brute_force_login_protection": text(!settings.is_brute_force_guard_on),
        },
        "server": {
            "http_addr": settings.listen.ip().to_string(),
            "http_port": settings.listen.port().to_string(),
            "root_url": settings.app_url(),
        },
        "users": {
            "allow_sign_up": "false",
            "auto_assign_org_role": settings.default_role.as_str(),
            "default_theme": settings.default_theme,
            "default_language": settings.default_language,
        },
    })))
}

fn seconds(duration: std::time::Duration) -> String {
    format!("{}s", duration.as_secs())
}
