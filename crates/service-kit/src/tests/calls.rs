//! Calls to other services: what is repeated, what is not, and when they stop.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::any;
use runtime::CancellationToken;
use serde_json::{Value, json};

use crate::{
    AppError, BreakerConfig, ClientConfig, ClientError, DependencyStatus, ServiceClient, spawn_local,
};

const TIMEOUT: Duration = Duration::from_millis(150);

fn config(failures: u32) -> ClientConfig {
    ClientConfig {
        timeout: TIMEOUT,
        retries: 2,
        breaker: BreakerConfig { failures, pause: Duration::from_millis(50) },
    }
}

/// Answers as the path says, and counts.
async fn answer(State(calls): State<Arc<AtomicU32>>, Path(what): Path<String>) -> Response {
    let call = calls.fetch_add(1, Ordering::SeqCst);
    match what.as_str() {
        "ok" => axum::Json(json!({"call": call})).into_response(),
        "third" if call >= 2 => axum::Json(json!({"call": call})).into_response(),
        "text" => "not JSON".into_response(),
        "missing" => AppError::not_found("THING_NOT_FOUND", "no such thing")
            .with_details(json!({"id": 7}))
            .into_response(),
        "large" => vec![b' '; 5 << 20].into_response(),
        "silent" => std::future::pending().await,
        _ => (StatusCode::INTERNAL_SERVER_ERROR, "oops").into_response(),
    }
}

struct Neighbour {
    client: ServiceClient,
    calls: Arc<AtomicU32>,
    shutdown: CancellationToken,
}

impl Neighbour {
    async fn start(breaker_failures: u32) -> Self {
        let (calls, shutdown) = (Arc::new(AtomicU32::new(0)), CancellationToken::new());
        let router = Router::new()
            .route("/{what}", any(answer))
            .route("/health", any(async || axum::Json(json!({"status": "ok"}))))
            .with_state(calls.clone());
        let address = spawn_local(router, shutdown.clone()).await.unwrap();
        let client = ServiceClient::new("neighbour", &format!("http://{address}/"), config(breaker_failures));
        Self { client: client.unwrap(), calls, shutdown }
    }

    async fn get(&self, what: &str) -> Result<crate::ClientResponse, ClientError> {
        self.client.request(Method::GET, "/{what}", format!("/{what}")).send().await
    }
}

impl Drop for Neighbour {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}

#[tokio::test]
async fn only_what_can_be_repeated_is_repeated() {
    let neighbour = Neighbour::start(100).await;
    for (method, path, repeatable, calls) in [
        (Method::GET, "/ok", false, 1),
        (Method::GET, "/third", false, 3),
        (Method::GET, "/broken", false, 3),
        (Method::PUT, "/broken", false, 3),
        (Method::DELETE, "/broken", false, 3),
        (Method::POST, "/broken", false, 1),
        (Method::POST, "/broken", true, 3),
        (Method::PATCH, "/broken", false, 1),
        (Method::GET, "/missing", false, 1),
        (Method::GET, "/text", false, 1),
    ] {
        neighbour.calls.store(0, Ordering::SeqCst);
        let mut request = neighbour.client.request(method.clone(), "/{what}", path);
        if repeatable {
            request = request.repeatable();
        }
        let result = request.json(&json!({})).send().await;
        assert_eq!(neighbour.calls.load(Ordering::SeqCst), calls, "{method} {path}");
        assert_eq!(result.is_ok(), matches!(path, "/ok" | "/third" | "/text"), "{method} {path}");
    }
}

#[tokio::test]
async fn errors_say_what_happened() {
    let neighbour = Neighbour::start(100).await;
    let error = neighbour.get("missing").await.unwrap_err();
    assert_eq!(error.answer(), Some((StatusCode::NOT_FOUND, "THING_NOT_FOUND")));
    let ClientError::Status { message, details, .. } = error else { panic!() };
    assert_eq!((message.as_str(), *details), ("no such thing", json!({"id": 7})));

    let text = neighbour.get("text").await.unwrap();
    assert!(matches!(text.json::<Value>(), Err(ClientError::Decode { .. })));
    let large = neighbour.get("large").await.unwrap_err();
    assert!(matches!(large, ClientError::Decode { .. }), "{large}");

    let started = std::time::Instant::now();
    let silent = neighbour.get("silent").await.unwrap_err();
    assert!(matches!(silent, ClientError::Timeout { .. }), "{silent}");
    assert!(started.elapsed() < TIMEOUT * 4, "repeating has its end: {:?}", started.elapsed());

    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let nobody = ServiceClient::new("nobody", &format!("http://{closed}"), config(100)).unwrap();
    let error = nobody.request(Method::GET, "/", "/").send().await.unwrap_err();
    assert!(matches!(error, ClientError::Unavailable { .. }), "{error}");
    assert!(ServiceClient::new("nowhere", "not an address", config(1)).is_err());
}

#[test]
fn callers_of_ours_get_a_gateway_error() {
    let target = || "neighbour".to_owned();
    let status = |status, code: &str| ClientError::Status {
        target: target(),
        status,
        code: code.to_owned(),
        message: String::new(),
        details: Box::default(),
    };
    for (error, expected) in [
        (ClientError::Timeout { target: target() }, 504),
        (ClientError::Unavailable { target: target(), message: String::new() }, 502),
        (ClientError::CircuitOpen { target: target(), retry_after: Duration::from_millis(1) }, 503),
        (status(StatusCode::NOT_FOUND, "X"), 502),
        (status(StatusCode::INTERNAL_SERVER_ERROR, "X"), 502),
        (ClientError::Decode { target: target(), message: String::new() }, 502),
    ] {
        let answer = AppError::from(error);
        assert_eq!(answer.status.as_u16(), expected);
        assert_eq!(answer.retry_after_secs, (expected == 503).then_some(1));
        assert_eq!(answer.details["dependency"], "neighbour");
    }
}

#[tokio::test]
async fn a_failing_service_is_left_alone_for_a_while() {
    let neighbour = Neighbour::start(3).await;
    assert_eq!(neighbour.client.probe().await, DependencyStatus::Ok);
    neighbour.get("broken").await.unwrap_err();
    assert_eq!(neighbour.client.status(), DependencyStatus::Degraded);
    let error = neighbour.get("ok").await.unwrap_err();
    assert!(matches!(error, ClientError::CircuitOpen { .. }), "{error}");
    assert_eq!(neighbour.calls.load(Ordering::SeqCst), 3, "refused calls are not made");
    // After the pause one call is tried, and the circuit closes.
    let ClientError::CircuitOpen { retry_after, .. } = error else { panic!() };
    tokio::time::sleep(retry_after).await;
    neighbour.get("ok").await.unwrap();
    neighbour.get("ok").await.unwrap();
    assert_eq!(neighbour.client.status(), DependencyStatus::Ok);
}

#[tokio::test]
async fn answers_of_ours_do_not_count_as_failures() {
    let neighbour = Neighbour::start(1).await;
    for _ in 0..5 {
        neighbour.get("missing").await.unwrap_err();
    }
    neighbour.get("ok").await.unwrap();
}
