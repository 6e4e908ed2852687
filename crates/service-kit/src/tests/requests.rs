//! What surrounds every request.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use axum::routing::{get, post};
use serde_json::{Value, json};
use tokio::sync::Notify;
use tower::ServiceExt as _;

use crate::http::Limits;
use crate::server::surround;
use crate::telemetry::recorder::{Recorder, attribute};
use crate::{AppError, Authenticator, Caller, Id, Json, Secret, detached};

type Answer = (StatusCode, HeaderMap, Value);

async fn call(router: &Router, request: Request<Body>) -> Answer {
    let response = router.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let bytes = to_bytes(body, 1 << 20).await.unwrap();
    (parts.status, parts.headers, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
}

fn get_request(path: &str) -> Request<Body> {
    Request::get(path).body(Body::empty()).unwrap()
}

async fn broken() -> Result<(), AppError> {
    Err(AppError::internal(std::io::Error::other("the disk is on fire")))
}

#[expect(clippy::panic, reason = "this is what the test is about")]
async fn panics() {
    panic!("out of cheese");
}

async fn thing(Id(id): Id) -> Result<Json<Value>, AppError> {
    if id > 10 {
        return Err(AppError::not_found("THING_NOT_FOUND", "no such thing"));
    }
    Ok(Json(json!({"id": id})))
}

fn routes() -> Router {
    let authenticator = Authenticator::new(&Secret::new("a secret that only tests know"));
    Router::new()
        .route("/things/{id}", get(thing))
        .route("/echo", post(async |Json(body): Json<Value>| Json(body)))
        .route("/broken", get(broken))
        .route("/panics", get(panics))
        .route("/forever", get(std::future::pending::<()>))
        .route("/me", get(async |caller: Caller| caller.claims.sub))
        .route("/health", get(async || "fine"))
        .layer(axum::Extension(authenticator))
}

fn router() -> Router {
    surround(routes(), Limits::new(Duration::from_millis(200), 8))
}

#[tokio::test]
async fn every_failure_has_the_same_body() {
    let _recorder = Recorder::start();
    let router = router();
    let huge = vec![b' '; (1 << 20) + 1];
    for (method, path, body, status, code) in [
        ("GET", "/nowhere", vec![], 404, "NOT_FOUND"),
        ("GET", "/things/99", vec![], 404, "THING_NOT_FOUND"),
        ("GET", "/things/x", vec![], 400, "INVALID_ID"),
        ("POST", "/things/1", vec![], 405, "METHOD_NOT_ALLOWED"),
        ("POST", "/echo", b"{".to_vec(), 400, "INVALID_JSON"),
        ("POST", "/echo", huge, 413, "BODY_TOO_LARGE"),
        ("GET", "/me", vec![], 401, "UNAUTHORIZED"),
        ("GET", "/broken", vec![], 500, "INTERNAL"),
        ("GET", "/panics", vec![], 500, "INTERNAL"),
        ("GET", "/forever", vec![], 503, "REQUEST_TIMEOUT"),
    ] {
        let request = Request::builder().method(method).uri(path).header("x-request-id", "my-id");
        let (got, headers, body) = call(&router, request.body(Body::from(body)).unwrap()).await;
        assert_eq!((got.as_u16(), body["error"]["code"].as_str()), (status, Some(code)), "{path}: {body}");
        assert_eq!(body["request_id"], "my-id");
        assert_eq!(body["trace_id"].as_str().unwrap().len(), 32);
        assert_eq!(headers["x-trace-id"], body["trace_id"].as_str().unwrap());
        assert_eq!(headers["x-request-id"], "my-id");
        assert_eq!(headers["content-type"], "application/json");
        assert_eq!(headers.contains_key("allow"), status == 405);
        assert!(
            !body.to_string().contains("fire") && !body.to_string().contains("cheese"),
            "causes stay inside"
        );
    }
}

#[tokio::test]
async fn a_body_without_declared_length_is_limited_too() {
    let chunks = (0..40).map(|_| Ok::<_, std::io::Error>(vec![b' '; 1 << 15]));
    let body = Body::from_stream(futures::stream::iter(chunks));
    let (status, _, body) = call(&router(), Request::post("/echo").body(body).unwrap()).await;
    assert_eq!((status.as_u16(), body["error"]["code"].as_str()), (413, Some("BODY_TOO_LARGE")));
}

#[tokio::test]
async fn strange_request_ids_are_replaced() {
    let router = router();
    for id in ["", "a b", "ä", &"x".repeat(200)] {
        let request = Request::get("/things/1").header("x-request-id", id.as_bytes());
        let (status, headers, _) = call(&router, request.body(Body::empty()).unwrap()).await;
        assert_eq!((status.as_u16(), headers["x-request-id"].len()), (200, 32), "{id}");
    }
}

#[tokio::test]
async fn head_has_headers_only() {
    let router = router();
    for (path, status) in [("/things/1", 200), ("/things/99", 404)] {
        let request = Request::head(path).body(Body::empty()).unwrap();
        let (got, _, body) = call(&router, request).await;
        assert_eq!((got.as_u16(), body), (status, Value::Null));
    }
}

#[tokio::test]
async fn requests_beyond_the_limit_are_turned_away() {
    let (entered, leave) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (in_handler, go) = (entered.clone(), leave.clone());
    let wait = move || {
        let (entered, leave) = (in_handler.clone(), go.clone());
        async move {
            entered.notify_one();
            leave.notified().await;
        }
    };
    let router = surround(routes().route("/wait", get(wait)), Limits::new(Duration::from_secs(60), 1));
    let first = tokio::spawn({
        let router = router.clone();
        async move { call(&router, get_request("/wait")).await.0 }
    });
    entered.notified().await;
    let (status, headers, body) = call(&router, get_request("/things/1")).await;
    assert_eq!((status.as_u16(), body["error"]["code"].as_str()), (503, Some("OVERLOADED")));
    assert_eq!(headers["retry-after"], "1");
    leave.notify_one();
    assert_eq!(first.await.unwrap().as_u16(), 200);
    assert_eq!(call(&router, get_request("/things/1")).await.0.as_u16(), 200);
}

#[tokio::test]
async fn detached_work_outlives_its_request() {
    let (go, done) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (start, end) = (go.clone(), done.clone());
    let work = async move {
        start.notified().await;
        end.notify_one();
        Ok(())
    };
    // The request gives up before its work is done.
    let gave_up = tokio::time::timeout(Duration::from_millis(10), detached(work)).await;
    assert!(gave_up.is_err());
    go.notify_one();
    tokio::time::timeout(Duration::from_secs(5), done.notified()).await.unwrap();
}

#[tokio::test]
async fn one_line_and_one_span_tell_of_a_request() {
    let recorder = Recorder::start();
    let router = router();
    for (path, status, level) in [
        ("/things/1?colour=red", 200, "info"),
        ("/things/99", 404, "warn"),
        ("/broken", 500, "error"),
        ("/health", 200, ""),
    ] {
        let before = recorder.spans().len();
        let (got, ..) = call(&router, get_request(path)).await;
        assert_eq!(got.as_u16(), status);
        let lines = recorder.lines("http.request");
        if level.is_empty() {
            assert_eq!((recorder.spans().len(), lines.len()), (before, 3), "probes leave no trace");
            continue;
        }
        let line = lines.last().unwrap();
        assert_eq!(
            (&line["level"], &line["status"], &line["method"]),
            (&json!(level), &json!(status), &json!("GET"))
        );
        assert_eq!(line["service"], "test-service");
        assert!(line["duration_ms"].is_number() && line["timestamp"].as_str().unwrap().ends_with('Z'));
        let span = recorder.spans().pop().unwrap();
        assert_eq!(line["trace_id"], span.span_context.trace_id().to_string());
        assert_eq!(line["span_id"], span.span_context.span_id().to_string());
        assert_eq!(attribute(&span, "http.response.status_code"), status.to_string());
        assert_eq!(attribute(&span, "error.type"), if status == 500 { "500" } else { "" });
        assert_eq!(matches!(span.status, opentelemetry::trace::Status::Error { .. }), status == 500);
    }
    let line = &recorder.lines("http.request")[0];
    assert_eq!((&line["route"], &line["path"]), (&json!("/things/{id}"), &json!("/things/1")));
    let failed = &recorder.lines("http.request")[2];
    assert_eq!((&failed["error"], &failed["code"]), (&json!("the disk is on fire"), &json!("INTERNAL")));
}
