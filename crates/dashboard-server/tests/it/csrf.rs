use axum::body::Body;
use axum::http::{Request, StatusCode, header};

use crate::support::Lab;

#[tokio::test]
async fn requests_from_other_sites_change_nothing() {
    let lab = Lab::new().await;
    let mut client = lab.admin().await;
    for (method, path, name, value) in [
        ("PUT", "/api/user/preferences", "origin", "https://evil.example"),
        ("PATCH", "/api/user/preferences", "origin", "null"),
        ("PUT", "/api/user/preferences", "sec-fetch-site", "cross-site"),
        ("POST", "/login", "origin", "http://localhost:3001"),
        ("POST", "/api/user/auth-tokens/rotate", "origin", "https://evil.example"),
        ("POST", "/api/datasources/proxy/uid/loki/loki/api/v1/query", "origin", "https://evil.example"),
        ("DELETE", "/api/nothing", "origin", "https://evil.example"),
    ] {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(name, value)
            .body(Body::from(r#"{"theme":"light"}"#))
            .unwrap();
        let answer = client.send(request).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{method} {path} {name}: {value}");
        assert!(answer.message().contains("another site"), "{}", answer.text());
    }
    assert_eq!(client.get("/api/user/preferences").await.json()["theme"], "");
}

#[tokio::test]
async fn websockets_from_other_sites_are_refused() {
    let lab = Lab::new().await;
    let mut client = lab.admin().await;
    let headers = [("upgrade", "websocket"), ("connection", "upgrade"), ("origin", "https://evil.example")];
    let answer = client.get_with("/api/datasources/proxy/uid/loki/loki/api/v1/tail", &headers).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn our_own_pages_and_programs_pass() {
    let lab = Lab::new().await;
    let mut client = lab.admin().await;
    for header in [Some(("origin", "http://localhost:3000")), Some(("sec-fetch-site", "same-origin")), None] {
        let mut request =
            Request::put("/api/user/preferences").header(header::CONTENT_TYPE, "application/json");
        if let Some((name, value)) = header {
            request = request.header(name, value);
        }
        let answer = client.send(request.body(Body::from(r#"{"theme":"light"}"#)).unwrap()).await;
        assert_eq!(answer.status, StatusCode::OK, "{header:?}");
    }
    let reading = client.get_with("/api/user", &[("origin", "https://evil.example")]).await;
    assert_eq!(reading.status, StatusCode::OK);
    assert_eq!(reading.header("access-control-allow-origin"), "", "but no other site can see the answer");
}
