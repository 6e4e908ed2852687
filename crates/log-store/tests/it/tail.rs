//! Live tail over real WebSockets.

use std::time::Duration;

use futures::{SinkExt as _, StreamExt as _};
use model::TimestampNanos;
use runtime::CancellationToken;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::store::Store;

/// Longer than anything takes, even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Tail(WebSocketStream<MaybeTlsStream<tokio::net::TcpStream>>);

fn url(store: &Store, path: &str, params: &[(&str, &str)]) -> String {
    let mut url = url::Url::parse(&store.url.replace("http://", "ws://")).unwrap();
    url.set_path(path);
    url.query_pairs_mut().extend_pairs(params);
    url.into()
}

impl Tail {
    pub(crate) async fn open(store: &Store, params: &[(&str, &str)]) -> Self {
        Self::with(store, "/loki/api/v1/tail", params, &[]).await
    }

    pub(crate) async fn with(
        store: &Store,
        path: &str,
        params: &[(&str, &str)],
        headers: &[(&'static str, &str)],
    ) -> Self {
        let mut request = url(store, path, params).into_client_request().unwrap();
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        Self(connect_async(request).await.unwrap().0)
    }

    /// The next message with text, as JSON.
    pub(crate) async fn message(&mut self) -> Value {
        loop {
            match self.raw().await {
                Message::Text(text) => return serde_json::from_str(&text).unwrap(),
                Message::Ping(_) | Message::Pong(_) => {}
                other => panic!("{other:?} instead of lines"),
            }
        }
    }

    async fn raw(&mut self) -> Message {
        tokio::time::timeout(PATIENCE, self.0.next()).await.unwrap().unwrap().unwrap()
    }

    /// The next lines, however they are distributed over messages.
    pub(crate) async fn lines(&mut self, count: usize) -> Vec<String> {
        let mut lines = Vec::new();
        while lines.len() < count {
            let message = self.message().await;
            assert!(message["streams"].as_array().unwrap().len() <= 100);
            for stream in message["streams"].as_array().unwrap() {
                let values = stream["values"].as_array().unwrap();
                assert_eq!(values.len(), 1, "one stream object for an entry");
                lines.push(values[0][1].as_str().unwrap().to_owned());
            }
        }
        lines
    }

    /// Why the server ended it.
    async fn end(&mut self) -> (CloseCode, String) {
        loop {
            if let Message::Close(frame) = self.raw().await {
                let frame = frame.unwrap();
                return (frame.code, frame.reason.to_string());
            }
        }
    }
}

/// Why there is no tail: status and text of the answer.
async fn refused(url: &str) -> (u16, String) {
    match connect_async(url).await {
        Err(Error::Http(response)) => {
            let text = String::from_utf8_lossy(response.body().as_deref().unwrap_or_default()).into_owned();
            (response.status().as_u16(), text)
        }
        other => panic!("{other:?} instead of a refusal"),
    }
}

fn now() -> i64 {
    TimestampNanos::now().0
}

fn shop() -> Value {
    json!({ "app": "shop", "service_name": "shop" })
}

const SHOP: (&str, &str) = ("query", r#"{app="shop"}"#);

#[tokio::test]
async fn the_backlog_comes_first_then_every_line_once_and_in_order() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).await;
    let before = now() - 1_000_000_000;
    store.push(&shop(), &[(before, "1"), (before + 1, "2"), (before + 2, "3")]).await;
    store.push(&json!({ "app": "other" }), &[(before, "of another stream")]).await;
    let mut tail = Tail::open(&store, &[SHOP, ("limit", "2")]).await;
    assert_eq!(tail.lines(2).await, ["2", "3"]);
    for (line, at) in ["4", "5", "6"].iter().zip(0..) {
        store.push(&shop(), &[(now(), line)]).await;
        store.push(&json!({ "app": "other" }), &[(now(), "of another stream")]).await;
        assert_eq!(tail.lines(1).await, [*line], "{at}");
    }
    // Late entries are live, too.
    store.push(&shop(), &[(before, "late")]).await;
    assert_eq!(tail.lines(1).await, ["late"]);
    store.close().await;
}

#[tokio::test]
async fn nothing_is_lost_or_doubled_between_backlog_and_live_lines() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).await;
    let first = now();
    let labels = shop();
    let pushing = async {
        for at in 0..200 {
            store.push(&labels, &[(first + at, &at.to_string())]).await;
        }
    };
    let tailing = async {
        let mut tail = Tail::open(&store, &[SHOP, ("limit", "1000")]).await;
        let mut lines = tail.lines(200).await;
        store.push(&labels, &[(now(), "the end")]).await;
        assert_eq!(tail.lines(1).await, ["the end"], "nothing comes twice");
        lines.sort_by_key(|line| line.parse::<i64>().unwrap());
        lines
    };
    let ((), lines) = tokio::join!(pushing, tailing);
    assert_eq!(lines, (0..200).map(|at| at.to_string()).collect::<Vec<_>>());
    store.close().await;
}

#[tokio::test]
async fn pipelines_run_and_labels_come_as_asked() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).await;
    let query =
        ("query", r#"{app="shop"} |= "total" | logfmt | total > 10 | line_format "{{.total}} <EUR>""#);
    let mut merged = Tail::open(&store, &[query]).await;
    let flags = [("x-loki-response-encoding-flags", "categorize-labels")];
    let mut categorized = Tail::with(&store, "/loki/api/v1/tail", &[query], &flags).await;
    let mut legacy = Tail::with(&store, "/api/prom/tail", &[SHOP, ("regexp", "total=1[0-9]")], &[]).await;
    let at = now();
    let value = |line: &str| json!([at.to_string(), line, { "trace_id": "abc" }]);
    let values = json!([value("total=7"), value("total=12"), value("no number")]);
    let body = json!({ "streams": [{ "stream": shop(), "values": values }] });
    assert_eq!(store.post("/loki/api/v1/push", &body).await.status(), 204);
    let labels = json!({ "app": "shop", "service_name": "shop", "trace_id": "abc", "detected_level": "unknown", "total": "12" });
    let expected = json!({ "streams": [{ "stream": labels, "values": [[at.to_string(), "12 <EUR>"]] }] });
    assert_eq!(merged.message().await, expected);
    let categories = json!({ "structuredMetadata": { "trace_id": "abc", "detected_level": "unknown" }, "parsed": { "total": "12" } });
    let stream = json!({ "stream": shop(), "values": [[at.to_string(), "12 <EUR>", categories]] });
    assert_eq!(
        categorized.message().await,
        json!({ "streams": [stream], "encodingFlags": ["categorize-labels"] })
    );
    let message = legacy.message().await;
    assert_eq!(message["streams"][0]["entries"][0]["line"], "total=12", "{message}");
    assert_eq!(
        message["streams"][0]["labels"],
        r#"{app="shop", detected_level="unknown", service_name="shop", trace_id="abc"}"#
    );
    store.close().await;
}

#[tokio::test]
async fn delayed_lines_come_in_the_order_of_their_times() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).await;
    let mut tail = Tail::open(&store, &[SHOP, ("delay_for", "1")]).await;
    let at = now();
    // One push, so that no pause of the machine comes between them.
    let stream =
        |n: &str, at: i64| json!({ "stream": { "app": "shop", "n": n }, "values": [[at.to_string(), n]] });
    let body = json!({ "streams": [stream("2", at + 2), stream("1", at + 1), stream("3", at + 3)] });
    assert_eq!(store.post("/loki/api/v1/push", &body).await.status(), 204);
    assert_eq!(tail.lines(3).await, ["1", "2", "3"]);
    store.close().await;
}

#[tokio::test]
async fn questions_are_checked_before_the_upgrade() {
    let dir = tempfile::tempdir().unwrap();
    let config =
        "auth_enabled: false\nlimits_config: {max_concurrent_tail_requests: 1, max_query_lookback: 1h}\n";
    let store = Store::with(dir.path(), config).await;
    for (params, reason) in [
        (&[("query", "{")][..], "parse error at line 1, col 2"),
        (&[], "parse error"),
        (&[("query", r#"rate({a="b"}[1m])"#)], "only log selector is supported"),
        (&[SHOP, ("delay_for", "6")], "delay_for can't be greater than 5"),
        (&[SHOP, ("delay_for", "soon")], "delay_for"),
        (&[SHOP, ("limit", "0")], "limit must be a positive value"),
        (&[SHOP, ("limit", "5001")], "max entries limit per query exceeded"),
        (&[SHOP, ("start", "x")], "could not parse 'start' parameter"),
    ] {
        let (status, text) = refused(&url(&store, "/loki/api/v1/tail", params)).await;
        assert!(status == 400 && text.contains(reason), "{params:?}: {status} {text}");
    }
    assert_eq!(store.get("/loki/api/v1/tail", &[SHOP]).await.0, 400, "no WebSocket");
    let first = Tail::open(&store, &[SHOP]).await;
    let (status, text) = refused(&url(&store, "/loki/api/v1/tail", &[SHOP])).await;
    let expected = "max concurrent tail requests limit exceeded, count > limit (2 > 1)";
    assert_eq!((status, text.as_str()), (400, expected));
    assert!(store.get("/metrics", &[]).await.1.contains("\nloki_querier_tail_active 1\n"));
    drop(first);
    let free = async {
        while !store.get("/metrics", &[]).await.1.contains("\nloki_querier_tail_active 0\n") {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, free).await.unwrap();
    drop(Tail::open(&store, &[SHOP]).await);
    store.close().await;
}

#[tokio::test]
async fn tails_end_with_a_reason() {
    let dir = tempfile::tempdir().unwrap();
    let config = "auth_enabled: false\nquerier: {tail_max_duration: 100ms}\n";
    let store = Store::with(dir.path(), config).await;
    let mut short = Tail::open(&store, &[SHOP]).await;
    assert_eq!(short.end().await, (CloseCode::Error, "reached tail max duration limit".to_owned()));
    store.close().await;
    let store = Store::open(dir.path()).await;
    let mut tail = Tail::open(&store, &[SHOP]).await;
    let mut leaver = Tail::open(&store, &[SHOP]).await;
    leaver.0.send(Message::Ping("are you there?".into())).await.unwrap();
    while !matches!(leaver.raw().await, Message::Pong(text) if *text == *b"are you there?") {}
    while !matches!(leaver.raw().await, Message::Ping(_)) {}
    leaver.0.close(None).await.unwrap();
    let stopping = tokio::spawn(store.close());
    assert_eq!(tail.end().await, (CloseCode::Away, "the log store is stopping".to_owned()));
    drop(tail);
    tokio::time::timeout(PATIENCE, stopping).await.unwrap().unwrap();
}

#[tokio::test]
async fn tenants_see_their_own_lines() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::with(dir.path(), "auth_enabled: true\n").await;
    assert_eq!(refused(&url(&store, "/loki/api/v1/tail", &[SHOP])).await, (401, "no org id".to_owned()));
    let mut tail = Tail::with(&store, "/loki/api/v1/tail", &[SHOP], &[("x-scope-orgid", "one")]).await;
    for tenant in ["two", "one"] {
        let values = json!([[now().to_string(), format!("of {tenant}")]]);
        let body = json!({ "streams": [{ "stream": shop(), "values": values }] });
        let request = store.client.post(format!("{}/loki/api/v1/push", store.url));
        let answer = request.header("X-Scope-OrgID", tenant).json(&body).send().await.unwrap();
        assert_eq!(answer.status(), 204);
    }
    assert_eq!(tail.lines(1).await, ["of one"]);
    store.close().await;
}

/// A client that does not read costs a bounded amount of memory, holds nobody up, and is told what it has missed.
#[tokio::test]
async fn a_slow_client_is_told_what_it_has_missed() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).await;
    let mut tail = Tail::open(&store, &[SHOP]).await;
    store.push(&shop(), &[(now(), "first")]).await;
    assert_eq!(tail.lines(1).await, ["first"]);
    // More than the buffers of the tail and of the kernel's sockets hold together.
    let line = "x".repeat(200_000);
    let mut pushed = 0;
    while store.get("/metrics", &[]).await.1.contains("\nlogstore_tail_missed_entries_total 0\n") {
        assert!(pushed < 5000, "memory has no bound");
        for _ in 0..20 {
            store.push(&shop(), &[(now(), &line)]).await;
        }
        pushed += 20;
    }
    let (mut seen, mut dropped) = (0, Vec::new());
    while dropped.is_empty() {
        let message = tail.message().await;
        seen += message["streams"].as_array().unwrap().len();
        dropped.extend(message["dropped_entries"].as_array().cloned().unwrap_or_default());
    }
    assert!(seen < pushed, "{seen} of {pushed}");
    assert_eq!(dropped[0]["labels"], shop());
    assert!(dropped[0]["timestamp"].as_str().unwrap().parse::<i64>().unwrap() > 0);
    store.push(&shop(), &[(now(), "the end")]).await;
    while !tail.lines(1).await.contains(&"the end".to_owned()) {}
    store.close().await;
}

/// Pushing does not depend on who tails: a shutdown in the middle leaves nothing behind.
#[tokio::test]
async fn a_shutdown_while_lines_flow_is_orderly() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).await;
    let mut tails = Vec::new();
    for _ in 0..5 {
        tails.push(Tail::open(&store, &[SHOP]).await);
    }
    store.push(&shop(), &[(now(), "seen by all")]).await;
    for tail in &mut tails {
        assert_eq!(tail.lines(1).await, ["seen by all"]);
    }
    let done = CancellationToken::new();
    let stopping = tokio::spawn({
        let done = done.clone();
        async move {
            store.close().await;
            done.cancel();
        }
    });
    for tail in &mut tails {
        assert_eq!(tail.end().await.0, CloseCode::Away);
    }
    drop(tails);
    tokio::time::timeout(PATIENCE, done.cancelled()).await.unwrap();
    stopping.await.unwrap();
}
