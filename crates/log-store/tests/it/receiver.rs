//! A server that takes what the store sends to others, and answers as it is told.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use parking_lot::Mutex;
use serde_json::Value;
use tokio::sync::mpsc;

/// Longer than any event takes on a machine that has a lot to do.
const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Debug)]
pub(crate) struct Received {
    pub path: String,
    pub headers: HeaderMap,
    pub body: Bytes,
    /// How it was answered.
    pub status: u16,
}

impl Received {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

pub(crate) struct Receiver {
    pub url: String,
    requests: mpsc::Receiver<Received>,
}

#[derive(Clone)]
struct Shared {
    requests: mpsc::Sender<Received>,
    answers: Arc<Mutex<VecDeque<u16>>>,
}

impl Receiver {
    /// Answers with these, then with 200.
    pub(crate) async fn start(answers: &[u16]) -> Self {
        let (sender, requests) = mpsc::channel(1000);
        let answers = Arc::new(Mutex::new(answers.iter().copied().collect()));
        let router = Router::new().fallback(take).with_state(Shared { requests: sender, answers });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(axum::serve(listener, router).into_future());
        Self { url, requests }
    }

    pub(crate) async fn next(&mut self) -> Received {
        let next = tokio::time::timeout(PATIENCE, self.requests.recv()).await;
        next.expect("a request in time").expect("the server lives")
    }
}

async fn take(State(shared): State<Shared>, uri: Uri, headers: HeaderMap, body: Bytes) -> StatusCode {
    let status = shared.answers.lock().pop_front().unwrap_or(200);
    let received = Received { path: uri.path().to_owned(), headers, body, status };
    shared.requests.send(received).await.unwrap();
    StatusCode::from_u16(status).unwrap()
}

/// Asks again until there is an answer.
pub(crate) async fn eventually<T>(mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = tokio::time::Instant::now() + PATIENCE;
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(tokio::time::Instant::now() < deadline, "it did not happen in time");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
