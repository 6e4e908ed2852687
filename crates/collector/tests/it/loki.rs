//! A store for tests: takes pushes, or fails in the way it is told to.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use parking_lot::Mutex;
use prost::Message as _;
use protocols::loki::PushRequest;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// How long a test waits for what must happen.
const PATIENCE: Duration = Duration::from_secs(30);

/// An entry as it arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    pub labels: String,
    pub line: String,
    pub timestamp_ns: i64,
    pub metadata: Vec<String>,
    pub tenant: Option<String>,
}

/// What the store does with a push.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    Accept,
    Answer(u16),
    /// Never answers.
    Hang,
    /// Keeps what it got, but says it didn't.
    AcceptAndFail,
}

#[derive(Debug, Clone)]
struct Shared {
    entries: Arc<Mutex<Vec<Received>>>,
    requests: Arc<Mutex<Vec<HeaderMap>>>,
    mood: Arc<Mutex<Mood>>,
    changed: Arc<watch::Sender<u64>>,
}

#[derive(Debug)]
pub struct FakeLoki {
    pub address: SocketAddr,
    shared: Shared,
    server: Option<JoinHandle<()>>,
}

impl FakeLoki {
    pub async fn start() -> Self {
        let shared = Shared {
            entries: Arc::default(),
            requests: Arc::default(),
            mood: Arc::new(Mutex::new(Mood::Accept)),
            changed: Arc::new(watch::Sender::new(0)),
        };
        let mut loki = Self { address: ([127, 0, 0, 1], 0).into(), shared, server: None };
        loki.come_back().await;
        loki
    }

    pub fn url(&self) -> String {
        format!("http://{}/loki/api/v1/push", self.address)
    }

    pub fn set_mood(&self, mood: Mood) {
        *self.shared.mood.lock() = mood;
    }

    /// Stops serving: connections are refused.
    pub async fn go_away(&mut self) {
        if let Some(server) = self.server.take() {
            server.abort();
            drop(server.await);
        }
    }

    /// Serves (again), on the same port.
    pub async fn come_back(&mut self) {
        let listener = tokio::net::TcpListener::bind(self.address).await.unwrap();
        self.address = listener.local_addr().unwrap();
        let router = Router::new().route("/loki/api/v1/push", post(push)).with_state(self.shared.clone());
        self.server = Some(tokio::spawn(async move {
            axum::serve(listener, router).await.unwrap();
        }));
    }

    pub fn entries(&self) -> Vec<Received> {
        self.shared.entries.lock().clone()
    }

    pub fn lines(&self) -> Vec<String> {
        self.shared.entries.lock().iter().map(|entry| entry.line.clone()).collect()
    }

    pub fn requests(&self) -> Vec<HeaderMap> {
        self.shared.requests.lock().clone()
    }

    /// Waits until `is_met` holds for what arrived.
    pub async fn wait(&self, is_met: impl Fn(&[Received]) -> bool) {
        let mut changes = self.shared.changed.subscribe();
        let met = async {
            while !is_met(&self.shared.entries.lock()) {
                changes.changed().await.unwrap();
            }
        };
        if tokio::time::timeout(PATIENCE, met).await.is_err() {
            let lines = self.lines();
            let last = &lines[lines.len().saturating_sub(20)..];
            panic!("not met after {PATIENCE:?}; {} lines arrived, the last: {last:?}", lines.len());
        }
    }

    /// Waits for so many entries, repeated ones included.
    pub async fn wait_for(&self, count: usize) -> Vec<Received> {
        self.wait(|entries| entries.len() >= count).await;
        self.entries()
    }

    /// Waits for so many requests, whatever came of them.
    pub async fn wait_for_requests(&self, count: usize) {
        self.wait(|_| self.shared.requests.lock().len() >= count).await;
    }
}

async fn push(State(shared): State<Shared>, headers: HeaderMap, body: Bytes) -> (StatusCode, String) {
    let mood = *shared.mood.lock();
    let tenant = headers.get("x-scope-orgid").map(|value| value.to_str().unwrap().to_owned());
    shared.requests.lock().push(headers);
    if matches!(mood, Mood::Accept | Mood::AcceptAndFail) {
        shared.entries.lock().extend(decode(&body, tenant.as_ref()));
    }
    shared.changed.send_modify(|count| *count += 1);
    match mood {
        Mood::Accept => (StatusCode::NO_CONTENT, String::new()),
        Mood::AcceptAndFail => (StatusCode::INTERNAL_SERVER_ERROR, "lost count".to_owned()),
        Mood::Answer(status) => (StatusCode::from_u16(status).unwrap(), "as told".to_owned()),
        Mood::Hang => std::future::pending().await,
    }
}

fn decode(body: &[u8], tenant: Option<&String>) -> Vec<Received> {
    let message = snap::raw::Decoder::new().decompress_vec(body).unwrap();
    let request = PushRequest::decode(message.as_slice()).unwrap();
    let mut received = Vec::new();
    for stream in request.streams {
        for entry in stream.entries {
            let pairs = entry.structured_metadata.iter().map(|pair| format!("{}={}", pair.name, pair.value));
            received.push(Received {
                labels: stream.labels.clone(),
                metadata: pairs.collect(),
                line: entry.line,
                timestamp_ns: entry.timestamp.unwrap().to_nanos().unwrap(),
                tenant: tenant.cloned(),
            });
        }
    }
    received
}
