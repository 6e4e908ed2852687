use axum::Router;
use axum::http::StatusCode;
use serde_json::json;

use crate::support::{Lab, upstream};

#[tokio::test]
async fn viewers_and_editors_read_and_nothing_more() {
    let url = upstream(Router::new().fallback(|| async { "reached" })).await;
    let lab = Lab::with([("LOKI_URL", url.as_str()), ("TEMPO_URL", &url)]).await;
    let mut client = lab.admin().await;
    let proxy = |path: &str| format!("/api/datasources/proxy/uid/{path}");
    let reading = [
        ("GET", proxy("loki/loki/api/v1/query_range?query=x")),
        ("POST", proxy("loki/loki/api/v1/query")),
        ("GET", proxy("tempo/api/search")),
        ("GET", proxy("tempo/api/v2/traces/abc")),
        ("GET", "/api/datasources".to_owned()),
        ("GET", "/api/stack/components".to_owned()),
        ("GET", "/api/org/preferences".to_owned()),
    ];
    let writing = [
        ("POST", proxy("loki/loki/api/v1/push")),
        ("POST", proxy("loki/loki/api/v1/delete?query=x")),
        ("DELETE", proxy("loki/loki/api/v1/delete")),
        ("GET", proxy("loki/config")),
        ("POST", proxy("tempo/v1/traces")),
        ("PATCH", "/api/org/preferences".to_owned()),
        ("GET", "/api/orgs".to_owned()),
    ];
    for (role, allowed) in [("Viewer", false), ("Editor", false), ("Admin", true)] {
        lab.set_role(role).await;
        for (method, path) in &reading {
            assert_eq!(
                client.call(method, path, None).await.status,
                StatusCode::OK,
                "{role} {method} {path}"
            );
        }
        for (method, path) in &writing {
            let body = (*method == "PATCH").then(|| json!({}));
            let answer = client.call(method, path, body).await;
            let expected = if allowed { StatusCode::OK } else { StatusCode::FORBIDDEN };
            assert_eq!(answer.status, expected, "{role} {method} {path}");
            if !allowed {
                assert!(answer.message().contains("role Admin"), "{}", answer.text());
            }
        }
    }
}

#[tokio::test]
async fn addresses_of_data_sources_are_for_administrators() {
    let lab = Lab::with([("LOKI_URL", "http://secret-host:3100")]).await;
    let mut client = lab.admin().await;
    assert!(client.get("/api/datasources/uid/loki").await.text().contains("secret-host"));
    lab.set_role("Viewer").await;
    for path in ["/api/datasources", "/api/datasources/uid/loki", "/api/frontend/settings"] {
        let answer = client.get(path).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert!(!answer.text().contains("secret-host"), "{path}");
    }
}
