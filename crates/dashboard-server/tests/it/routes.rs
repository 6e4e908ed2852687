//! Walks over all routes, whoever added them.

use axum::http::StatusCode;
use serde_json::json;

use crate::support::Lab;

const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];

/// What answers without a login: for monitors, and to get in and out.
const OPEN: &[&str] =
    &["/api/health", "/healthz", "/metrics", "/login", "/logout", "/user/auth-tokens/rotate"];

/// Where viewers may send more than questions: asking with POST, and what is their own.
const VIEWERS: &[&str] = &[
    "/api/ds/query",
    "/api/datasources/proxy/",
    "/api/datasources/uid/x/resources/",
    "/api/datasources/x/resources/",
    "/api/user/",
    "/api/query-history",
    "/api/short-urls",
    "/api/dashboards/calculate-diff",
];

/// The paths of the API: the interface's own files are for everybody.
fn api_paths(lab: &Lab) -> Vec<String> {
    let is_page = |path: &String| path == "/" || path.starts_with("/{*");
    lab.app.paths().into_iter().filter(|path| !is_page(path)).collect()
}

/// The path with something in the place of its parameters.
fn filled(path: &str) -> String {
    let segments = path.split('/').map(|segment| if segment.starts_with('{') { "x" } else { segment });
    segments.collect::<Vec<_>>().join("/")
}

#[tokio::test]
async fn no_route_answers_without_a_login() {
    let lab = Lab::new().await;
    let paths = api_paths(&lab);
    assert!(paths.len() > 100, "{paths:?}");
    assert!(paths.iter().any(|path| path == "/api/dashboards/uid/{uid}"), "{paths:?}");
    let mut client = lab.client();
    for path in paths.iter().filter(|path| !OPEN.contains(&path.as_str())) {
        for method in METHODS {
            let answer = client.call(method, &filled(path), Some(json!({}))).await;
            let is_closed = answer.status == StatusCode::UNAUTHORIZED
                // Open routes know their methods before they know who asks.
                || answer.status == StatusCode::METHOD_NOT_ALLOWED;
            assert!(is_closed, "{method} {path}: {} {}", answer.status, answer.text());
        }
    }
}

#[tokio::test]
async fn viewers_write_nothing_but_their_own_things() {
    let lab = Lab::new().await;
    let mut viewer = lab.user("vera", "Viewer").await;
    for path in api_paths(&lab) {
        let path = filled(&path);
        let is_theirs = VIEWERS.iter().any(|allowed| path.starts_with(allowed)) || path == "/api/user";
        if is_theirs || OPEN.contains(&path.as_str()) || path == "/api/login/ping" {
            continue;
        }
        for method in METHODS.iter().filter(|method| **method != "GET") {
            let answer = viewer.call(method, &path, Some(json!({}))).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{method} {path}: {}", answer.text());
            assert_eq!(answer.json()["title"], "Access denied", "{method} {path}");
        }
    }
    assert_eq!(viewer.get("/api/user").await.json()["login"], "vera", "still logged in");
}

#[tokio::test]
async fn tokens_of_viewers_have_no_more_rights_than_viewers() {
    let lab = Lab::without_dashboards().await;
    let token = lab.token("reader", "Viewer").await;
    let mut reader = lab.with_credentials(&format!("Bearer {token}"));
    for (method, path, expected) in [
        ("GET", "/api/search", 200),
        ("GET", "/api/datasources", 200),
        ("POST", "/api/dashboards/db", 403),
        ("POST", "/api/folders", 403),
        ("POST", "/api/annotations", 403),
        ("POST", "/api/serviceaccounts", 403),
        ("GET", "/api/serviceaccounts/search", 403),
        ("GET", "/api/users", 403),
        ("GET", "/api/org/users", 403),
        ("GET", "/api/admin/settings", 403),
        ("GET", "/api/admin/stats", 403),
        ("POST", "/api/admin/provisioning/dashboards/reload", 403),
        ("DELETE", "/api/datasources/uid/loki", 403),
        ("GET", "/api/user/auth-tokens", 403),
    ] {
        assert_eq!(
            reader.call(method, path, Some(json!({}))).await.status.as_u16(),
            expected,
            "{method} {path}"
        );
    }
}

#[tokio::test]
async fn editors_edit_and_do_not_administer() {
    let lab = Lab::without_dashboards().await;
    let mut editor = lab.user("ed", "Editor").await;
    let folder = editor.call("POST", "/api/folders", Some(json!({ "title": "F" }))).await;
    assert_eq!(folder.status, StatusCode::OK);
    for (method, path, body) in [
        ("GET", "/api/users", json!({})),
        ("GET", "/api/users/1", json!({})),
        ("GET", "/api/users/lookup?loginOrEmail=admin", json!({})),
        ("PUT", "/api/users/1", json!({ "login": "x" })),
        ("GET", "/api/org/users", json!({})),
        ("PATCH", "/api/org/users/2", json!({ "role": "Admin" })),
        ("DELETE", "/api/org/users/1", json!({})),
        ("POST", "/api/org/users", json!({ "loginOrEmail": "admin", "role": "Admin" })),
        ("POST", "/api/admin/users", json!({ "login": "x", "password": "xxxx" })),
        ("PUT", "/api/admin/users/1/password", json!({ "password": "hacked" })),
        ("PUT", "/api/admin/users/2/permissions", json!({ "isGrafanaAdmin": true })),
        ("POST", "/api/admin/users/1/logout", json!({})),
        ("GET", "/api/admin/users/1/auth-tokens", json!({})),
        ("POST", "/api/serviceaccounts", json!({ "name": "x", "role": "Admin" })),
        ("GET", "/api/serviceaccounts/1/tokens", json!({})),
        ("POST", "/api/serviceaccounts/1/tokens", json!({ "name": "x" })),
        ("POST", "/api/datasources", json!({ "name": "x", "type": "loki", "url": "http://x" })),
        ("PUT", "/api/datasources/uid/loki", json!({ "name": "x", "type": "loki", "url": "http://x" })),
        ("DELETE", "/api/datasources/name/Loki", json!({})),
        ("PUT", "/api/org/preferences", json!({})),
        ("GET", "/api/admin/settings", json!({})),
    ] {
        let answer = editor.call(method, path, Some(body)).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{method} {path}: {}", answer.text());
        assert!(answer.json()["accessErrorId"].as_str().unwrap().starts_with("ACE"), "{method} {path}");
    }
}
