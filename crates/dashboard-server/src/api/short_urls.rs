//! Links that fit into a message: `POST /api/short-urls` names a path, `/goto/{uid}` leads there.

use axum::extract::{Path, State};
use axum::response::Redirect;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::dashboards::uid;
use crate::error::{ApiError, JsonBody};
use crate::server::App;

/// Explore's addresses hold whole queries.
const PATH_MAX_BYTES: usize = 64 << 10;

pub(super) fn routes() -> Router<App> {
    Router::new().route("/api/short-urls", post(shorten)).route("/goto/{uid}", get(follow))
}

#[derive(Deserialize)]
struct Body {
    path: String,
}

async fn shorten(State(app): State<App>, JsonBody(body): JsonBody<Body>) -> Result<Json<Value>, ApiError> {
    let path = checked(&body.path)?;
    let uid = app.store().shorten(path, &uid::random(), app.clock().now()).await?;
    let url = format!("{}goto/{uid}?orgId=1", app.settings().app_url());
    Ok(Json(json!({ "uid": uid, "url": url })))
}

/// A path of this server, without the slash it begins with: no link leads elsewhere.
fn checked(path: &str) -> Result<&str, ApiError> {
    let path = path.trim();
    if path.is_empty() || path.len() > PATH_MAX_BYTES {
        return Err(ApiError::bad_request(format!("a path has 1 to {PATH_MAX_BYTES} bytes")));
    }
    let before_query = path.split('?').next().unwrap_or_default();
    let is_elsewhere =
        path.starts_with(['/', '\\']) || before_query.contains("..") || before_query.contains(':');
    if is_elsewhere || path.contains(char::is_control) {
        return Err(ApiError::bad_request("path should be relative: d/abc?from=now-1h"));
    }
    Ok(path)
}

async fn follow(State(app): State<App>, Path(uid): Path<String>) -> Result<Redirect, ApiError> {
    let path = app.store().short_url(&uid).await?;
    let path = path.ok_or_else(|| ApiError::not_found("Short URL not found"))?;
    Ok(Redirect::to(&format!("/{path}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_stay_on_this_server() {
        for (path, expected) in [
            ("d/abc/x?from=now-1h&to=now", true),
            ("explore?panes={\"a\":{\"url\":\"http://x/../y\"}}", true),
            ("//evil.example", false),
            ("/d/abc", false),
            ("\\evil.example", false),
            ("https://evil.example/", false),
            ("javascript:alert(1)", false),
            ("d/../../x", false),
            ("", false),
            ("d/a\r\nSet-Cookie: x", false),
        ] {
            assert_eq!(checked(path).is_ok(), expected, "{path}");
        }
    }
}
