use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use serde_json::{Value, json};

use crate::support::{Lab, nowhere, upstream};

fn find<'a>(overview: &'a Value, name: &str) -> &'a Value {
    overview["components"].as_array().unwrap().iter().find(|component| component["name"] == name).unwrap()
}

#[tokio::test]
async fn every_component_is_asked_and_reported() {
    let healthy = json!({ "status": "ok", "service": "user-service", "version": "0.1.0", "uptime_s": 42, "dependencies": {} });
    let degraded =
        json!({ "status": "degraded", "dependencies": { "database": "ok", "user-service": "down" } });
    let user = upstream(Router::new().route("/health", get(async move || healthy.to_string()))).await;
    let order = upstream(Router::new().route("/health", get(async move || degraded.to_string()))).await;
    let loki = upstream(Router::new().route("/ready", get(|| async { "ready\n" }))).await;
    let replaying = (StatusCode::SERVICE_UNAVAILABLE, "replaying the log\n");
    let tempo = upstream(Router::new().route("/ready", get(async move || replaying))).await;
    let silent = upstream(Router::new().route("/ready", get(std::future::pending::<()>))).await;
    let dead = nowhere().await;
    let lab = Lab::with([
        ("USER_SERVICE_URL", user.as_str()),
        ("PRODUCT_SERVICE_URL", &dead),
        ("ORDER_SERVICE_URL", &order),
        ("TRAFFIC_GENERATOR_URL", &dead),
        ("LOKI_URL", &loki),
        ("TEMPO_URL", &tempo),
        ("COLLECTOR_URL", &silent),
    ])
    .await;
    let overview = lab.admin().await.get("/api/stack/components").await.json();
    assert!(overview["checked_at"].as_str().unwrap().ends_with('Z'));
    assert_eq!(overview["components"].as_array().unwrap().len(), 8);
    for (name, kind, status, message) in [
        ("user-service", "shop", "up", "ok"),
        ("product-service", "shop", "down", "cannot be reached"),
        ("order-service", "shop", "degraded", "user-service"),
        ("traffic-generator", "traffic", "down", "cannot be reached"),
        ("log-store", "store", "up", "ready"),
        ("trace-store", "store", "degraded", "replaying the log"),
        ("collector", "collector", "down", "within 1 s"),
        ("dashboard-server", "dashboard", "up", "ok"),
    ] {
        let component = find(&overview, name);
        assert_eq!(
            (component["kind"].as_str(), component["status"].as_str()),
            (Some(kind), Some(status)),
            "{component}"
        );
        assert!(component["message"].as_str().unwrap().contains(message), "{component}");
        assert_eq!(component["latency_ms"].is_number(), status != "down", "{component}");
    }
    let user = find(&overview, "user-service");
    assert_eq!((user["version"].as_str(), user["uptime_s"].as_f64()), (Some("0.1.0"), Some(42.0)));
}
