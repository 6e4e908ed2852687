use axum::http::StatusCode;

use crate::support::Lab;

#[tokio::test]
async fn the_page_answers_every_address_of_the_interface() {
    let lab = Lab::new().await;
    let mut client = lab.client();
    for path in ["/", "/login", "/d/uid/slug", "/explore?left=1", "/d/x/v1.2", "/index.html"] {
        let answer = client.get(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        assert!(answer.text().contains("<div id=root>"), "{path}");
        assert_eq!(answer.header("content-type"), "text/html; charset=utf-8");
        assert_eq!(answer.header("cache-control"), "no-cache");
        let policy = answer.header("content-security-policy");
        assert!(
            policy.contains("default-src 'self'") && policy.contains("frame-ancestors 'none'"),
            "{policy}"
        );
        assert!(policy.contains("'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI='"), "{policy}");
        assert_eq!(answer.header("x-frame-options"), "DENY");
    }
}

#[tokio::test]
async fn every_answer_has_its_security_headers() {
    let lab = Lab::new().await;
    let mut client = lab.client();
    for path in
        ["/", "/assets/app-1a2b.js", "/assets/none.js", "/api/health", "/api/user", "/metrics", "/logout"]
    {
        let answer = client.get(path).await;
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("referrer-policy"), "same-origin", "{path}");
        assert!(!answer.header("content-security-policy").is_empty(), "{path}");
    }
    assert_eq!(client.get("/api/health").await.header("cache-control"), "no-store");
}

#[tokio::test]
async fn files_come_compressed_when_the_client_understands() {
    let lab = Lab::new().await;
    let mut client = lab.client();
    for (accepted, encoding, body) in [
        ("gzip, deflate, br", "br", "brotli bytes"),
        ("gzip", "gzip", "gzip bytes"),
        ("br;q=0, gzip;q=0", "", "console.log('plain')"),
        ("", "", "console.log('plain')"),
    ] {
        let answer = client.get_with("/assets/app-1a2b.js", &[("accept-encoding", accepted)]).await;
        assert_eq!(
            (answer.header("content-encoding"), answer.text().as_str()),
            (encoding, body),
            "{accepted}"
        );
        assert_eq!(answer.header("content-type"), "text/javascript; charset=utf-8");
        assert_eq!(answer.header("cache-control"), "public, max-age=31536000, immutable");
        assert_eq!(answer.header("vary"), "Accept-Encoding");
        let etag = answer.header("etag").to_owned();
        let headers = [("accept-encoding", accepted), ("if-none-match", etag.as_str())];
        let again = client.get_with("/assets/app-1a2b.js", &headers).await;
        assert_eq!((again.status, again.body.len()), (StatusCode::NOT_MODIFIED, 0), "{accepted}");
    }
    let icon = client.get_with("/favicon.svg", &[("accept-encoding", "br")]).await;
    assert_eq!((icon.text().as_str(), icon.header("content-encoding")), ("<svg/>", ""));
    assert_eq!(icon.header("cache-control"), "no-cache", "names without a hash are asked for anew");
}

#[tokio::test]
async fn missing_files_and_tricks_get_no_page() {
    let lab = Lab::new().await;
    let mut client = lab.client();
    for (path, status) in [
        ("/assets/none.js", StatusCode::NOT_FOUND),
        ("/assets/", StatusCode::NOT_FOUND),
        ("/robots.txt", StatusCode::NOT_FOUND),
        ("/../Cargo.toml", StatusCode::BAD_REQUEST),
        ("/%2e%2e/Cargo.toml", StatusCode::BAD_REQUEST),
        ("/assets/..%2f..%2fCargo.toml", StatusCode::BAD_REQUEST),
        ("/assets/..%5c..%5cCargo.toml", StatusCode::BAD_REQUEST),
        ("/%00", StatusCode::BAD_REQUEST),
        ("/%2fetc/passwd", StatusCode::BAD_REQUEST),
    ] {
        let answer = client.get(path).await;
        assert_eq!(answer.status, status, "{path}: {}", answer.text());
        assert!(!answer.text().contains("<div id=root>"), "{path}");
    }
    assert_eq!(client.call("POST", "/d/uid/slug", None).await.status, StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn embedding_is_allowed_only_on_request() {
    let lab = Lab::with([("GF_SECURITY_ALLOW_EMBEDDING", "true")]).await;
    let answer = lab.client().get("/").await;
    assert_eq!(answer.header("x-frame-options"), "");
    assert!(!answer.header("content-security-policy").contains("frame-ancestors"));
}
