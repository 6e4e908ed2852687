//! The switches over HTTP, and faults that strike whole requests.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use axum::routing::get;
use runtime::CancellationToken;
use serde_json::{Value, json};
use tower::ServiceExt as _;
use utoipa::openapi::OpenApi;

use crate::testing::Recorder;
use crate::{App, Authenticator, Claims, Context, Fault, Faults, Role, Secret, Service, now_ms, router};

const SERVICE: Service = Service { name: "test-service", version: "1", port: 0 };

struct Bed {
    router: Router,
    authenticator: Authenticator,
    shutdown: CancellationToken,
}

impl Drop for Bed {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}

impl Bed {
    fn new(faults: &[Fault]) -> Self {
        let authenticator = Authenticator::new(&Secret::new("a secret that only tests know"));
        let shutdown = CancellationToken::new();
        let context = Context { service: SERVICE, shutdown: shutdown.clone() };
        let routes = Router::new().route("/things/{id}", get(async || "a thing"));
        let app = App {
            authenticator: Some(authenticator.clone()),
            faults: Some(Faults::new(faults)),
            ..App::new(routes, OpenApi::default())
        };
        Self { router: router(&context, app), authenticator, shutdown }
    }

    fn token(&self, role: Role) -> String {
        let now = now_ms() / 1000;
        let claims = Claims {
            sub: "1".to_owned(),
            email: "somebody@shop.example".to_owned(),
            role,
            iat: now,
            exp: now + 60,
            jti: "t".to_owned(),
            sid: "s".to_owned(),
        };
        self.authenticator.sign(&claims).unwrap()
    }

    async fn send(&self, method: &str, path: &str, role: Option<Role>, body: &str) -> (u16, Value) {
        let mut request = Request::builder().method(method).uri(path);
        if let Some(role) = role {
            request = request.header("authorization", format!("Bearer {}", self.token(role)));
        }
        let request = request.body(Body::from(body.to_owned())).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let bytes = to_bytes(response.into_body(), 1 << 20).await.unwrap();
        (status, serde_json::from_slice(&bytes).unwrap_or_default())
    }

    async fn admin(&self, method: &str, path: &str, body: &str) -> (u16, Value) {
        self.send(method, path, Some(Role::Admin), body).await
    }

    async fn status(&self, path: &str) -> u16 {
        self.send("GET", path, None, "").await.0
    }

    async fn switch(&self, name: &str) -> Value {
        let (_, body) = self.admin("GET", "/admin/faults", "").await;
        body["faults"].as_array().unwrap().iter().find(|fault| fault["name"] == name).unwrap().clone()
    }
}

#[tokio::test]
async fn only_administrators_and_services_touch_the_switches() {
    let bed = Bed::new(&[Fault::StockOut]);
    for (role, expected) in [(None, 401), (Some(Role::User), 403)] {
        for (method, path, body) in [
            ("GET", "/admin/faults", ""),
            ("PUT", "/admin/faults/stock_out", "{}"),
            ("DELETE", "/admin/faults/stock_out", ""),
            ("PUT", "/admin/exercise", r#"{"fault":"stock_out"}"#),
            ("DELETE", "/admin/exercise", ""),
        ] {
            assert_eq!(bed.send(method, path, role, body).await.0, expected, "{method} {path} {role:?}");
        }
    }
    assert_eq!(bed.send("GET", "/admin/faults", Some(Role::Service), "").await.0, 200);
}

#[tokio::test]
async fn wrong_settings_are_refused_with_their_field() {
    let bed = Bed::new(&[Fault::StockOut, Fault::ProductSlowSearch]);
    for (path, body, status, code, field) in [
        ("/admin/faults/stock_out", r#"{"rate":2}"#, 422, "INVALID_FIELD", "rate"),
        ("/admin/faults/stock_out", r#"{"latency_ms":5}"#, 422, "INVALID_FIELD", "latency_ms"),
        ("/admin/faults/product_slow_search", r#"{"latency_ms":99999}"#, 422, "INVALID_FIELD", "latency_ms"),
        ("/admin/faults/stock_out", r#"{"duration_s":0}"#, 422, "INVALID_FIELD", "duration_s"),
        ("/admin/faults/stock_out", r#"{"enabled":false,"rate":9}"#, 422, "INVALID_FIELD", "rate"),
        ("/admin/faults/cpu_burn", "{}", 404, "FAULT_NOT_FOUND", ""),
        ("/admin/faults/nothing", "{}", 404, "FAULT_NOT_FOUND", ""),
    ] {
        let (got, answer) = bed.admin("PUT", path, body).await;
        assert_eq!((got, answer["error"]["code"].as_str()), (status, Some(code)), "{path} {body}: {answer}");
        assert_eq!(answer["error"]["details"]["field"].as_str().unwrap_or(""), field, "{path} {body}");
    }
    for (body, status) in [(r#"{"rates":1}"#, 422), (r#"{"rate":"high"}"#, 422), ("{", 400)] {
        assert_eq!(bed.admin("PUT", "/admin/faults/stock_out", body).await.0, status, "{body}");
    }
    assert_eq!(bed.switch("stock_out").await["enabled"], false, "nothing was switched on");
}

#[tokio::test]
async fn a_switch_shows_its_setting_and_how_often_it_struck() {
    let recorder = Recorder::start();
    let bed = Bed::new(&[Fault::ProductSlowSearch, Fault::ProductErrorRate]);
    let off = bed.switch("product_slow_search").await;
    assert_eq!(
        (&off["enabled"], &off["since"], &off["params"]),
        (&json!(false), &json!(null), &json!({"latency_ms": 2500}))
    );
    let order = r#"{"enabled":true,"rate":0.5,"latency_ms":100,"duration_s":60}"#;
    let (status, on) = bed.admin("PUT", "/admin/faults/product_slow_search", order).await;
    assert_eq!((status, &on["enabled"], &on["rate"]), (200, &json!(true), &json!(0.5)));
    assert_eq!(on["params"], json!({"latency_ms": 100}));
    assert!(on["since"].is_string() && on["until"].is_string());

    bed.admin("PUT", "/admin/faults/product_error_rate", r#"{"rate":1}"#).await;
    for _ in 0..3 {
        assert_eq!(bed.status("/things/1").await, 500);
    }
    for path in ["/health", "/ready", "/openapi.json"] {
        assert_eq!(bed.status(path).await, 200, "{path} is not disturbed");
    }
    assert_eq!(bed.switch("product_error_rate").await["affected"], 3);
    let span = recorder.spans().into_iter().find(|span| span.name == "GET /things/{id}").unwrap();
    let attribute = span.attributes.iter().find(|one| one.key.as_str() == "fault.name").unwrap();
    assert_eq!(attribute.value.as_str(), "product_error_rate");
    assert_eq!(bed.admin("DELETE", "/admin/faults/product_error_rate", "").await.0, 200);
    assert_eq!(bed.admin("PUT", "/admin/faults/product_slow_search", r#"{"enabled":false}"#).await.0, 200);
    assert_eq!(bed.status("/things/1").await, 200);
    assert_eq!((recorder.lines("fault.enabled").len(), recorder.lines("fault.disabled").len()), (2, 2));
    assert_eq!(recorder.lines("fault.disabled")[0]["affected"], 3);
}

#[tokio::test]
async fn an_exercise_is_seen_by_its_consequences_only() {
    let recorder = Recorder::start();
    let bed = Bed::new(&[Fault::ProductErrorRate]);
    let body = r#"{"fault":"product_error_rate","rate":1}"#;
    assert_eq!(bed.admin("PUT", "/admin/exercise", body).await.0, 204);
    assert_eq!(bed.status("/things/1").await, 500);
    let shown = bed.switch("product_error_rate").await;
    assert_eq!(
        (&shown["enabled"], &shown["affected"], &shown["until"]),
        (&json!(false), &json!(0), &json!(null))
    );
    let told = recorder.text();
    assert!(!told.contains("product_error_rate") && !told.contains("exercise"), "{told}");
    for span in recorder.spans() {
        assert!(
            span.attributes.iter().all(|one| !one.value.as_str().contains("product_error_rate")
                && !one.value.as_str().contains("exercise")),
            "{span:?}"
        );
    }
    assert_eq!(bed.admin("DELETE", "/admin/exercise", "").await.0, 204);
    assert_eq!(bed.status("/things/1").await, 200);
    assert_eq!(bed.admin("PUT", "/admin/exercise", r#"{"fault":"cpu_burn"}"#).await.0, 404);
}

#[tokio::test]
async fn a_service_that_is_down_fails_its_health_checks_but_can_be_switched_on_again() {
    let bed = Bed::new(&[Fault::UserServiceDown]);
    bed.admin("PUT", "/admin/faults/user_service_down", "").await;
    assert_eq!(bed.status("/things/1").await, 200, "an empty body is no order");
    bed.admin("PUT", "/admin/faults/user_service_down", "{}").await;
    for path in ["/things/1", "/health", "/ready"] {
        assert_eq!(bed.status(path).await, StatusCode::SERVICE_UNAVAILABLE, "{path}");
    }
    bed.admin("DELETE", "/admin/faults/user_service_down", "").await;
    assert_eq!(bed.status("/health").await, 200);
}

#[tokio::test]
async fn noise_drowns_the_lines_that_matter() {
    let recorder = Recorder::start();
    let bed = Bed::new(&[Fault::NoisyLogs]);
    bed.admin("PUT", "/admin/faults/noisy_logs", "{}").await;
    let before = recorder.text().lines().count();
    assert_eq!(bed.status("/things/1").await, 200);
    assert_eq!(recorder.text().lines().count() - before, 41, "forty useless lines and one that is not");
}
