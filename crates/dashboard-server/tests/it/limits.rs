//! Requests that are too large or too many, and addresses that are tricks.

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::support::{Lab, basic, upstream};

#[tokio::test]
async fn bodies_have_limits() {
    let lab = Lab::new().await;
    let mut admin = lab.admin().await;
    let large =
        |bytes: usize| Body::from(format!("{{\"dashboard\":{{\"title\":\"{}\"}}}}", "x".repeat(bytes)));
    for (path, bytes) in [
        ("/api/dashboards/db", 6 << 20),
        ("/api/snapshots", 6 << 20),
        ("/api/ds/query", 6 << 20),
        ("/login", 17 << 10),
    ] {
        let request =
            Request::post(path).header("content-type", "application/json").body(large(bytes)).unwrap();
        assert_eq!(admin.send(request).await.status, StatusCode::PAYLOAD_TOO_LARGE, "{path}");
    }
    let body =
        json!({ "name": "x", "type": "loki", "url": "http://x", "jsonData": { "x": "y".repeat(300_000) } });
    assert_eq!(admin.call("POST", "/api/datasources", Some(body)).await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn headers_have_limits() {
    let lab = Lab::new().await;
    let address = lab.serve().await;
    let mut stream = tokio::net::TcpStream::connect(address.trim_start_matches("http://")).await.unwrap();
    let head = format!("GET /api/health HTTP/1.1\r\nhost: x\r\nx-large: {}\r\n\r\n", "y".repeat(1 << 20));
    // The server may answer and close before it has read all of it.
    let _cut_off = stream.write_all(head.as_bytes()).await;
    let mut answer = Vec::new();
    let _reset = stream.read_to_end(&mut answer).await;
    let text = String::from_utf8_lossy(&answer);
    assert!(
        text.is_empty() || text.starts_with("HTTP/1.1 431") || text.starts_with("HTTP/1.1 400"),
        "{text}"
    );
    lab.shutdown.cancel();
}

#[tokio::test]
async fn guessing_is_stopped_for_basic_credentials_too_and_says_so() {
    let lab = Lab::new().await;
    for _ in 0..5 {
        let wrong = lab.with_credentials(&basic("admin", "guess")).get("/api/user").await;
        assert_eq!((wrong.status.as_u16(), wrong.message().as_str()), (401, "Invalid username or password"));
    }
    let right = lab.with_credentials(&basic("admin", "admin123")).get("/api/user").await;
    assert_eq!(right.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(right.message().contains("even the right password is refused"), "{}", right.text());
    assert_eq!(right.header("retry-after"), "300");
    assert_eq!(lab.client().log_in("admin", "admin123").await.status, StatusCode::TOO_MANY_REQUESTS);
    let mut elsewhere = lab.with_credentials(&basic("admin", "admin123"));
    elsewhere.address = [10, 0, 0, 7].into();
    assert_eq!(elsewhere.get("/api/user").await.status, StatusCode::OK, "nobody can lock the others out");
    lab.clock.advance(Duration::from_secs(301));
    assert_eq!(
        lab.with_credentials(&basic("admin", "admin123")).get("/api/user").await.status,
        StatusCode::OK
    );
}

#[tokio::test]
async fn tricks_with_paths_lead_nowhere() {
    let url = upstream(Router::new().fallback(|| async { "reached" })).await;
    let lab = Lab::with([("LOKI_URL", url.as_str())]).await;
    let mut admin = lab.admin().await;
    for path in [
        "/api/datasources/proxy/uid/loki/../../../admin/settings",
        "/api/datasources/proxy/uid/loki/%2e%2e/x",
        "/api/datasources/proxy/uid/loki/a%2fb",
        "/api/datasources/proxy/uid/loki/..%252f..%252fx",
        "/api/datasources/proxy/uid/loki/a%5cb",
        "/api/datasources/uid/loki/resources/../config",
        "/api/datasources/uid/loki/resources/%2e%2e/config",
        "/api/datasources/uid/loki/resources/labels%00",
    ] {
        let answer = admin.get(path).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path}: {}", answer.text());
    }
    // An address in the path stays a path of the source.
    let answer = admin.get("/api/datasources/proxy/uid/loki/http://evil.example/x").await;
    assert_eq!(answer.text(), "reached");
    for path in
        ["/api/datasources/uid/loki/resources/push", "/api/datasources/uid/loki/resources/loki/api/v1/delete"]
    {
        assert_eq!(admin.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    for path in ["/..%2f..%2fetc/passwd", "/assets/..%2f..%2fCargo.toml", "/%2e%2e/x.js"] {
        assert_eq!(lab.client().get(path).await.status, StatusCode::BAD_REQUEST, "{path}");
    }
    let answer = admin.get("/user/auth-tokens/rotate?redirectTo=//evil.example").await;
    assert_eq!((answer.status.as_u16(), answer.header("location")), (302, "/"));
    let answer = admin.get("/user/auth-tokens/rotate?redirectTo=/d/a%3Fx=1").await;
    assert_eq!((answer.header("location"), answer.cookies().len()), ("/d/a?x=1", 2));
    let answer = lab.client().get("/user/auth-tokens/rotate?redirectTo=/d/a").await;
    assert_eq!((answer.status.as_u16(), answer.header("location")), (302, "/login"));
}
