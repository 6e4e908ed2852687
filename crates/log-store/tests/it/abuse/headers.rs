//! Bad headers, and what is hardly HTTP at all.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::answer::Bad;
use crate::store::Store;

const PUSH: &str = "/loki/api/v1/push";
const GOOD: &str = r#"{"streams":[{"stream":{"a":"b"},"values":[["1","x"]]}]}"#;

fn with(
    name: &'static str,
    path: &'static str,
    headers: &[(&'static str, &str)],
    status: u16,
    reason: &'static str,
) -> Bad {
    let headers = headers.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    Bad { name, path, headers, body: GOOD.into(), status, reason }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn types_and_encodings_that_are_unknown() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).await;
    const OTLP: &str = "/otlp/v1/logs";
    const TYPE: &str = "content-type";
    const ENCODING: &str = "content-encoding";
    const JSON: (&str, &str) = (TYPE, "application/json");
    let many = "gzip, ".repeat(1000) + "gzip";
    store
        .withstands(&[
            with("no type", PUSH, &[], 400, "mime: no media type"),
            with("an empty type", PUSH, &[(TYPE, "")], 400, "mime: no media type"),
            with("parameters only", PUSH, &[(TYPE, "; charset=utf-8")], 400, "mime: no media type"),
            with("text", PUSH, &[(TYPE, "text/plain")], 400, "not a snappy block"),
            with("no type for OTLP", OTLP, &[], 400, "content type:  is not supported"),
            with(
                "text for OTLP",
                OTLP,
                &[(TYPE, "text/plain")],
                400,
                "content type: text/plain is not supported",
            ),
            with("an unknown encoding", PUSH, &[JSON, (ENCODING, "br")], 400, "not supported"),
            with("an encoding in capitals", PUSH, &[JSON, (ENCODING, "GZIP")], 400, "not supported"),
            with("many encodings", PUSH, &[JSON, (ENCODING, &many)], 400, "not supported"),
            with("an encoding that is not text", PUSH, &[JSON, (ENCODING, "gzïp")], 400, "not supported"),
            with("zstd where only OTLP has it", PUSH, &[JSON, (ENCODING, "zstd")], 400, "not supported"),
            with("deflate for OTLP", OTLP, &[JSON, (ENCODING, "deflate")], 400, "only gzip, lz4 and zstd"),
            with(
                "an encoding for OTLP that is not text",
                OTLP,
                &[JSON, (ENCODING, "ï")],
                400,
                "only gzip, lz4 and zstd",
            ),
        ])
        .await;
    store.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tenants_that_are_no_names() {
    let dir = tempfile::tempdir().unwrap();
    let store =
        Store::with(dir.path(), "auth_enabled: true\nlimits_config: {reject_old_samples: false}\n").await;
    let long = "x".repeat(151);
    for (tenant, status) in [
        (None, 401),
        (Some(""), 401),
        (Some("../up"), 400),
        (Some(".."), 400),
        (Some("a/b"), 400),
        (Some("a b"), 400),
        (Some("ä"), 400),
        (Some(&*long), 400),
    ] {
        for path in
            [PUSH, "/api/prom/push", "/otlp/v1/logs", "/loki/api/v1/query_range", "/loki/api/v1/labels"]
        {
            let mut request = store.client.post(format!("{}{path}?query={{a=\"b\"}}", store.url));
            if path.contains("push") || path.contains("otlp") {
                request = request.header("content-type", "application/json").body(GOOD);
            }
            if let Some(tenant) = tenant {
                request = request.header("X-Scope-OrgID", tenant);
            }
            let found = request.send().await.unwrap().status().as_u16();
            assert_eq!(found, status, "{tenant:?} on {path}");
        }
    }
    assert!(std::fs::read_dir(dir.path().join("logs")).map_or(0, Iterator::count) == 0, "a tenant was made");
    store.close().await;
}

/// Sends bytes and returns what comes back until the server closes the connection.
async fn exchange(store: &Store, name: &str, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(store.url.trim_start_matches("http://")).await.unwrap();
    // The server may answer and close before it has read everything.
    drop(stream.write_all(request).await);
    let mut answer = Vec::new();
    let read = timeout(Duration::from_secs(60), stream.read_to_end(&mut answer)).await;
    drop(read.unwrap_or_else(|_| panic!("{name}: neither an answer nor an end")));
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_that_are_hardly_http() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).await;
    let head =
        format!("POST {PUSH} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nConnection: close\r\n");
    let long = "x".repeat(1 << 20);
    let many: String = (0..1000).map(|n| format!("X-{n}: y\r\n")).collect();
    for (name, request, statuses) in [
        ("noise", "\0\u{1}\u{2}\r\n\r\n".to_owned(), &[400][..]),
        ("no version", "GET /ready\r\n\r\n".to_owned(), &[400]),
        ("a long header", format!("{head}X-Long: {long}\r\n\r\n"), &[400, 431]),
        ("many headers", format!("{head}{many}\r\n"), &[400, 431]),
        (
            "a long path",
            format!("GET /{long} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
            &[414, 431, 400],
        ),
        ("a length below zero", format!("{head}Content-Length: -1\r\n\r\n"), &[400]),
        ("two lengths", format!("{head}Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx"), &[400]),
        ("a length that is no number", format!("{head}Content-Length: NaN\r\n\r\n"), &[400]),
        ("a length beyond the limit", format!("{head}Content-Length: 1000000000000\r\n\r\n"), &[413]),
        ("a chunk below zero", format!("{head}Transfer-Encoding: chunked\r\n\r\n-1\r\nx\r\n"), &[400]),
        ("a chunk that is no number", format!("{head}Transfer-Encoding: chunked\r\n\r\nxyz\r\n"), &[400]),
        (
            "a chunk of nearly everything",
            format!("{head}Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\n"),
            &[400],
        ),
        ("a control character in a header", format!("{head}X-A: \u{1}\r\n\r\n"), &[400]),
        (
            "a percent sign alone in a path",
            "GET /loki/api/v1/label/%/values HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".to_owned(),
            &[200, 400],
        ),
        (
            "no text in a path",
            "GET /loki/api/v1/label/%ff/values HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".to_owned(),
            &[400],
        ),
    ] {
        let answer = exchange(&store, name, request.as_bytes()).await;
        // An empty answer: the server closed the connection while the rest of the request was on its way.
        let status = answer.split(' ').nth(1).and_then(|status| status.parse::<u16>().ok());
        let closed = answer.is_empty() && request.len() > 100_000;
        assert!(closed || status.is_some_and(|status| statuses.contains(&status)), "{name}: {answer}");
    }
    // What is too long is refused before it is sent.
    let announced = [(PUSH, 100 << 20), ("/api/prom/push", 100 << 20), ("/otlp/v1/logs", 100 << 20)];
    let forms = ["query_range", "query", "labels", "series", "index/stats", "index/volume", "format_query"]
        .map(|name| (format!("/loki/api/v1/{name}"), 10 << 20));
    for (path, limit) in announced.map(|(path, limit)| (path.to_owned(), limit)).into_iter().chain(forms) {
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
            limit + 1
        );
        let answer = exchange(&store, &path, request.as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 413 "), "{path}: {answer}");
    }
    // A client that goes away in the middle of its body.
    let mut stream = TcpStream::connect(store.url.trim_start_matches("http://")).await.unwrap();
    stream.write_all(format!("{head}Content-Length: 1000\r\n\r\n{{").as_bytes()).await.unwrap();
    drop(stream);
    store.withstands(&[]).await;
    store.close().await;
}
