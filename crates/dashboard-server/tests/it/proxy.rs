use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, WebSocketUpgrade, ws};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use bytes::Bytes;
use futures::{Stream, StreamExt as _};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::support::{Lab, nowhere, upstream};

/// A channel as a stream, for bodies that the test feeds by hand.
fn stream_of(receiver: mpsc::Receiver<&'static str>) -> impl Stream<Item = std::io::Result<Bytes>> {
    futures::stream::unfold(receiver, |mut receiver| async move {
        receiver.recv().await.map(|text| (Ok(Bytes::from_static(text.as_bytes())), receiver))
    })
}

/// Says what it received.
async fn echo(request: Request) -> Response {
    let headers: Vec<_> = request
        .headers()
        .iter()
        .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
        .collect();
    let (method, uri) = (request.method().to_string(), request.uri().to_string());
    let body = request.into_body().collect().await.unwrap().to_bytes();
    let text =
        json!({ "method": method, "uri": uri, "headers": headers, "body": String::from_utf8_lossy(&body) });
    (
        StatusCode::IM_A_TEAPOT,
        [("x-upstream", "yes"), ("set-cookie", "grafana_session=stolen"), ("content-type", "text/html")],
        text.to_string(),
    )
        .into_response()
}

async fn lab_with(router: Router) -> Lab {
    let url = upstream(router).await;
    Lab::with([("LOKI_URL", url.as_str()), ("TEMPO_URL", &url)]).await
}

fn has_header(seen: &Value, name: &str) -> bool {
    let prefix = format!("{name}: ");
    seen["headers"].as_array().unwrap().iter().any(|line| line.as_str().unwrap().starts_with(&prefix))
}

#[tokio::test]
async fn requests_and_answers_pass_without_our_secrets() {
    let lab = lab_with(Router::new().fallback(echo)).await;
    let mut client = lab.admin().await;
    let request = Request::post("/api/datasources/proxy/uid/loki/loki/api/v1/query?x=%7Ba%7D&y=1+2")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(header::ORIGIN, "http://localhost:3000")
        .header(header::REFERER, "http://localhost:3000/explore")
        .header("x-grafana-org-id", "1")
        .header("sec-fetch-site", "same-origin")
        .header("x-query-tags", "Source=logvolhist")
        .header("connection", "x-private")
        .header("x-private", "1")
        .body(Body::from("query=%7B%7D"))
        .unwrap();
    let answer = client.send(request).await;
    assert_eq!(answer.status, StatusCode::IM_A_TEAPOT, "{}", answer.text());
    let seen = answer.json();
    assert_eq!(seen["method"], "POST");
    assert_eq!(seen["uri"], "/loki/api/v1/query?x=%7Ba%7D&y=1+2");
    assert_eq!(seen["body"], "query=%7B%7D");
    assert!(has_header(&seen, "x-query-tags") && has_header(&seen, "content-type"), "{seen}");
    for name in
        ["cookie", "authorization", "origin", "referer", "x-grafana-org-id", "sec-fetch-site", "x-private"]
    {
        assert!(!has_header(&seen, name), "{name} in {seen}");
    }
    assert_eq!(answer.header("x-upstream"), "yes");
    assert_eq!(answer.cookies(), [] as [String; 0], "a data source sets no cookies on our origin");
    assert_eq!(answer.header("content-security-policy"), "sandbox", "and its pages are not ours");
    assert_eq!(client.get("/api/user").await.status, StatusCode::OK);
}

#[tokio::test]
async fn paths_are_passed_on_as_they_were_sent() {
    let lab = lab_with(Router::new().fallback(echo)).await;
    let mut client = lab.admin().await;
    let id = client.get("/api/datasources/id/Tempo").await.json()["id"].clone();
    for (path, seen) in [
        ("uid/tempo".to_owned(), "/"),
        ("uid/tempo/".to_owned(), "/"),
        (format!("{id}"), "/"),
        (format!("{id}/ready"), "/ready"),
        ("uid/tempo/a/b/?q=%22x%22".to_owned(), "/a/b/?q=%22x%22"),
        (
            "uid/tempo/api/v2/search/tag/span.http%252Froute/values".to_owned(),
            "/api/v2/search/tag/span.http%252Froute/values",
        ),
    ] {
        let answer = client.get(&format!("/api/datasources/proxy/{path}")).await;
        assert_eq!(answer.json()["uri"], seen, "{path}");
    }
}

#[tokio::test]
async fn path_tricks_are_refused() {
    let lab = lab_with(Router::new().fallback(echo)).await;
    let mut client = lab.admin().await;
    for path in [
        "..",
        "a/../b",
        "%2e%2e/x",
        "a%2fb",
        "a%5cb",
        "%252e%252e/x",
        "%00",
        "a%0d%0aHost:%20x",
        "%ff",
        "%zz",
    ] {
        let answer = client.get(&format!("/api/datasources/proxy/uid/loki/{path}")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path}: {}", answer.text());
    }
}

#[tokio::test]
async fn methods_and_bodies_have_limits() {
    let lab = lab_with(Router::new().fallback(echo)).await;
    let mut client = lab.admin().await;
    for method in ["OPTIONS", "TRACE", "CONNECT", "BREW"] {
        let answer = client.call(method, "/api/datasources/proxy/uid/loki/ready", None).await;
        assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{method}");
    }
    let path = "/api/datasources/proxy/uid/loki/loki/api/v1/query";
    let declared =
        Request::post(path).header(header::CONTENT_LENGTH, 11 * 1024 * 1024).body(Body::empty()).unwrap();
    assert_eq!(client.send(declared).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    let chunks = futures::stream::iter((0..12).map(|_| Ok::<_, std::io::Error>(vec![b'x'; 1 << 20])));
    let undeclared = Request::post(path)
        .header(header::TRANSFER_ENCODING, "chunked")
        .body(Body::from_stream(chunks))
        .unwrap();
    let answer = client.send(undeclared).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE, "{}", answer.text());
}

#[tokio::test]
async fn bodies_stream_in_both_directions() {
    let (up_sender, up_receiver) = mpsc::channel(1);
    let streaming = async move |request: Request| Body::from_stream(request.into_body().into_data_stream());
    let lab = lab_with(Router::new().route("/loki/api/v1/query", post(streaming))).await;
    let base = lab.serve().await;
    let response = reqwest::Client::builder()
        .build()
        .unwrap()
        .post(format!("{base}/api/datasources/proxy/uid/loki/loki/api/v1/query"))
        .basic_auth("admin", Some("admin123"))
        .body(reqwest::Body::wrap_stream(stream_of(up_receiver)))
        .send();
    let first = up_sender.send("one");
    let (response, sent) = tokio::join!(response, first);
    sent.unwrap();
    let mut chunks = response.unwrap().bytes_stream();
    assert_eq!(chunks.next().await.unwrap().unwrap(), "one", "the answer began before the request ended");
    up_sender.send("two").await.unwrap();
    assert_eq!(chunks.next().await.unwrap().unwrap(), "two");
    drop(up_sender);
    assert!(chunks.next().await.is_none());
    lab.shutdown.cancel();
}

#[tokio::test]
async fn a_dead_or_silent_data_source_is_a_502_that_names_it() {
    let dead = nowhere().await;
    let with_password = dead.replace("http://", "http://reader:hunter2@");
    let lab = Lab::with([("LOKI_URL", with_password.as_str()), ("TEMPO_URL", "https://tempo.example")]).await;
    let mut client = lab.admin().await;
    let answer = client.get("/api/datasources/proxy/uid/loki/ready").await;
    assert_eq!(answer.status, StatusCode::BAD_GATEWAY);
    let message = answer.message();
    assert!(
        message.contains("Loki") && message.contains(&dead) && message.contains("cannot be reached"),
        "{message}"
    );
    assert!(!message.contains("hunter2"), "{message}");
    let answer = client.get("/api/datasources/proxy/uid/tempo/ready").await;
    assert_eq!(answer.status, StatusCode::BAD_GATEWAY);
    assert!(answer.message().contains("Tempo"), "{}", answer.message());
}

#[tokio::test]
async fn answers_have_a_deadline() {
    let url = upstream(Router::new().route("/ready", get(std::future::pending::<()>))).await;
    let lab = Lab::new().await;
    let folder = lab.data_folder().join("provisioning/datasources");
    std::fs::create_dir_all(&folder).unwrap();
    let file = format!(
        "apiVersion: 1\ndatasources:\n  - {{name: Loki, uid: loki, type: loki, url: '{url}', jsonData: {{timeout: 1}}}}\n"
    );
    std::fs::write(folder.join("a.yaml"), file).unwrap();
    let lab = lab.restart([]).await;
    let answer = lab.admin().await.get("/api/datasources/proxy/uid/loki/ready").await;
    assert_eq!(answer.status, StatusCode::BAD_GATEWAY);
    assert!(answer.message().contains("did not answer within 1 s"), "{}", answer.message());
}

#[tokio::test]
async fn redirects_are_handed_to_the_client_not_followed() {
    let redirect = get(|| async { (StatusCode::FOUND, [("location", "http://169.254.169.254/")]) });
    let lab = lab_with(Router::new().route("/ready", redirect)).await;
    let answer = lab.admin().await.get("/api/datasources/proxy/uid/loki/ready").await;
    assert_eq!((answer.status, answer.header("location")), (StatusCode::FOUND, "http://169.254.169.254/"));
}

#[tokio::test]
async fn configured_headers_are_added_and_not_for_the_client_to_choose() {
    let url = upstream(Router::new().fallback(echo)).await;
    let lab = Lab::new().await;
    let folder = lab.data_folder().join("provisioning/datasources");
    std::fs::create_dir_all(&folder).unwrap();
    let file = format!(
        "apiVersion: 1\ndatasources:\n  - name: Loki\n    uid: loki\n    type: loki\n    url: {url}\n    \
         basicAuth: true\n    basicAuthUser: reader\n    jsonData: {{httpHeaderName1: X-Scope-OrgID}}\n    \
         secureJsonData: {{basicAuthPassword: pass, httpHeaderValue1: shop}}\n"
    );
    std::fs::write(folder.join("a.yaml"), file).unwrap();
    let lab = lab.restart([]).await;
    let mut client = lab.admin().await;
    let answer =
        client.get_with("/api/datasources/proxy/uid/loki/ready", &[("x-scope-orgid", "other")]).await;
    let seen = answer.json()["headers"].to_string();
    assert!(seen.contains("x-scope-orgid: shop") && !seen.contains("other"), "{seen}");
    assert!(seen.contains("authorization: Basic cmVhZGVyOnBhc3M="), "{seen}");
}

#[tokio::test]
async fn websockets_pass() {
    let tail = any(|upgrade: WebSocketUpgrade| async move {
        upgrade.on_upgrade(|mut socket| async move {
            while let Some(Ok(ws::Message::Text(text))) = socket.recv().await {
                socket.send(ws::Message::text(format!("echo {text}"))).await.unwrap();
            }
        })
    });
    let lab = lab_with(Router::new().route("/loki/api/v1/tail", tail)).await;
    let base = lab.serve().await;
    let address = base.strip_prefix("http://").unwrap();
    let handshake = format!(
        "GET /api/datasources/proxy/uid/loki/loki/api/v1/tail?query=x HTTP/1.1\r\nHost: {address}\r\n\
         Origin: {base}\r\nAuthorization: {}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        crate::support::basic("admin", "admin123")
    );
    let conversation = async {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        let mut socket = tokio::net::TcpStream::connect(address).await.unwrap();
        socket.write_all(handshake.as_bytes()).await.unwrap();
        let mut seen = Vec::new();
        while !seen.ends_with(b"\r\n\r\n") {
            seen.push(socket.read_u8().await.unwrap());
        }
        let head = String::from_utf8(seen).unwrap().to_lowercase();
        assert!(head.starts_with("http/1.1 101 "), "{head}");
        assert!(head.contains("sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo="), "{head}");
        // A masked text frame with "hi", and the answer, which is not masked.
        socket.write_all(&[0x81, 0x82, 0, 0, 0, 0, b'h', b'i']).await.unwrap();
        let mut frame = [0; 9];
        socket.read_exact(&mut frame).await.unwrap();
        assert_eq!(&frame, b"\x81\x07echo hi");
        lab.shutdown.cancel();
        assert_eq!(socket.read(&mut frame).await.unwrap(), 0, "a shutdown ends it");
    };
    tokio::time::timeout(Duration::from_secs(20), conversation).await.unwrap();
}
