//! The generator against a shop that answers everything.

use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode, Uri};
use axum::response::IntoResponse;
use runtime::{CancellationToken, Listen};
use serde_json::{Value, json};
use service_kit::testing::{Recorder, SpanData, attribute};
use service_kit::{AuthArgs, Authenticator, Context, Secret};
use tower::ServiceExt as _;

use crate::{Args, SERVICE, build};

const SECRET: &str = "a secret that only these tests know";

/// Orders are placed and paid, accounts log in; everything else is an empty object. Calls without the trace and the
/// session of a visit are refused.
async fn answer(method: Method, uri: Uri, headers: HeaderMap) -> impl IntoResponse {
    if uri.path() == "/ready" {
        return (StatusCode::OK, axum::Json(json!({})));
    }
    let baggage = headers.get("baggage").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let traced = headers.contains_key("traceparent") && headers.contains_key("user-agent");
    if !traced || !baggage.contains("session.id=") || !baggage.contains("synthetic=true") {
        return (StatusCode::IM_A_TEAPOT, axum::Json(json!({"error": {"code": "NO_CONTEXT"}})));
    }
    match (method.as_str(), uri.path()) {
        ("POST", "/orders") => (StatusCode::CREATED, axum::Json(json!({"id": 7, "total": 10.0}))),
        ("POST", "/auth/login") => (StatusCode::OK, axum::Json(json!({"token": "t"}))),
        (_, path) if path.starts_with("/products/999") => (StatusCode::NOT_FOUND, axum::Json(json!({}))),
        _ => (StatusCode::OK, axum::Json(json!({"items": []}))),
    }
}

fn args(url: &str) -> Args {
    Args {
        listen: Listen { address: None },
        auth: AuthArgs { jwt_secret: Some(Secret::new(SECRET)) },
        rate: 50.0,
        users: 4,
        seed: 1,
        duration: None,
        failures: 0.0,
        paused: false,
        user_service_url: url.to_owned(),
        product_service_url: url.to_owned(),
        order_service_url: url.to_owned(),
    }
}

struct Generator(Router);

impl Generator {
    async fn start(args: Args, shutdown: &CancellationToken) -> Self {
        // Without it there would be no trace context to send.
        Recorder::of_process();
        let context = Context { service: SERVICE, shutdown: shutdown.clone() };
        let app = build(context.clone(), args).await.unwrap();
        Self(service_kit::router(&context, app))
    }

    async fn call(&self, method: &str, path: &str, body: &str) -> (u16, Value) {
        let token = Authenticator::new(&Secret::new(SECRET)).service_token("tests").unwrap();
        let request = Request::builder().method(method).uri(path);
        let request = request.header("authorization", format!("Bearer {token}"));
        let request = request.body(Body::from(body.to_owned())).unwrap();
        let response = self.0.clone().oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let bytes = to_bytes(response.into_body(), 1 << 20).await.unwrap();
        (status, serde_json::from_slice(&bytes).unwrap_or_default())
    }

    async fn status(&self) -> Value {
        self.call("GET", "/status", "").await.1
    }

    /// Waits until nothing more is sent; returns how many requests there were.
    async fn falls_silent(&self) -> i64 {
        let mut sent = -1;
        loop {
            let now = self.status().await["requests"]["sent"].as_i64().unwrap();
            if now == sent {
                return sent;
            }
            sent = now;
            tokio::time::sleep(Duration::from_millis(700)).await;
        }
    }

    async fn eventually(&self, what: &str, holds: impl Fn(&Value) -> bool) -> Value {
        let started = Instant::now();
        loop {
            let status = self.status().await;
            if holds(&status) {
                return status;
            }
            assert!(started.elapsed() < Duration::from_secs(20), "never: {what}: {status:#}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn customers_come_stop_and_leave_a_dead_shop_alone() {
    let (shutdown, shop_end) = (CancellationToken::new(), CancellationToken::new());
    let shop = Router::new().fallback(answer);
    let address = service_kit::spawn_local(shop, shop_end.clone()).await.unwrap();
    let generator = Generator::start(args(&format!("http://{address}")), &shutdown).await;

    let status = generator.eventually("a self-check", |status| status["self_check"]["ok"] == true).await;
    assert_eq!(status["self_check"]["order_id"], 7);
    assert_eq!(status["self_check"]["trace_id"].as_str().unwrap().len(), 32);
    let status =
        generator.eventually("traffic", |status| status["requests"]["2xx"].as_i64() > Some(100)).await;
    assert!(status["scenarios"]["completed"].as_i64() > Some(10), "{status:#}");
    assert!(!status.to_string().contains("NO_CONTEXT"));
    assert_eq!(status["requests"]["5xx"], 0);

    assert_eq!(
        generator.call("POST", "/control/stop", "").await,
        (200, json!({"running": false, "rate": 50.0}))
    );
    // Scenarios under way end; then nothing more is sent.
    let sent = generator.falls_silent().await;
    for (body, code) in
        [(r#"{"rate":0}"#, 422), (r#"{"rate":"fast"}"#, 422), ("{", 400), (r#"{"rate":20}"#, 200)]
    {
        assert_eq!(generator.call("POST", "/control/rate", body).await.0, code, "{body}");
    }
    generator.call("POST", "/control/start", "").await;
    generator
        .eventually("traffic again", |status| status["requests"]["sent"].as_i64() > Some(sent + 20))
        .await;

    shop_end.cancel();
    let away = |status: &Value| status["services"].as_object().unwrap().values().all(|state| state == "away");
    let status = generator.eventually("the shop is given up", away).await;
    let before = status["requests"]["unreachable"].as_i64().unwrap();
    tokio::time::sleep(Duration::from_secs(2)).await;
    let status = generator.status().await;
    // 16 lanes at twenty times the usual rhythm would have called hundreds of times.
    let calls = status["requests"]["unreachable"].as_i64().unwrap() - before;
    assert!(calls <= 20, "{calls} calls in two seconds: {status:#}");
    assert!(status["scenarios"]["skipped"].as_i64() > Some(0));
    shutdown.cancel();
}

/// Accounts and passwords are never right here; calls without a trace are counted as refused.
async fn refuse(uri: Uri, headers: HeaderMap) -> StatusCode {
    match uri.path() {
        "/ready" => StatusCode::OK,
        _ if !headers.contains_key("traceparent") => StatusCode::IM_A_TEAPOT,
        _ => StatusCode::UNAUTHORIZED,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bot_guesses_passwords_and_traces_are_torn() {
    let shutdown = CancellationToken::new();
    let address = service_kit::spawn_local(Router::new().fallback(refuse), shutdown.clone()).await.unwrap();
    let url = format!("http://{address}");
    let generator = Generator::start(Args { paused: true, ..args(&url) }, &shutdown).await;
    let recorder = Recorder::of_process();
    let path = "/admin/faults/login_bruteforce";
    assert_eq!(generator.call("PUT", path, r#"{"rate":1}"#).await.0, 200);
    let status =
        generator.eventually("guesses", |status| status["requests"]["4xx"].as_i64() > Some(10)).await;
    assert_eq!(status["running"], false, "the bot is none of the customers");
    let marked = |span: &SpanData| attribute(span, "fault.name") == "login_bruteforce";
    let guess = recorder.ended("a guess", marked).await;
    assert_eq!(
        (guess.name.as_ref(), attribute(&guess, "shop.persona")),
        ("scenario password_guess", "attacker".to_owned())
    );

    assert_eq!(generator.call("PUT", "/admin/faults/broken_context", r#"{"rate":1}"#).await.0, 200);
    let torn = |span: &SpanData| {
        span.name == "POST /auth/login" && attribute(span, "http.response.status_code") == "418"
    };
    assert_eq!(attribute(&recorder.ended("a torn trace", torn).await, "fault.name"), "broken_context");

    let (_, body) = generator.call("DELETE", path, "").await;
    assert!(body["affected"].as_i64() > Some(10), "{body}");
    generator.falls_silent().await;
    shutdown.cancel();
}
