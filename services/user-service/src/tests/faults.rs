//! Faults and what they leave behind.

use axum::http::Method;
use serde_json::json;
use service_kit::seed;
use service_kit::testing::Recorder;

use super::bed::Bed;
use super::on_both_databases;

on_both_databases!(the_service_is_down_until_the_switch_says_otherwise);

async fn the_service_is_down_until_the_switch_says_otherwise(bed: &Bed) {
    let recorder = Recorder::of_process();
    let before = (recorder.lines("fault.enabled").len(), recorder.lines("fault.disabled").len());
    let admin = bed.admin().await;
    let path = "/admin/faults/user_service_down";
    let customer = bed.customer(1).await;
    bed.send(Method::PUT, path, Some(&customer), Some(json!({}))).await.is(403);
    bed.send(Method::PUT, path, Some(&admin), Some(json!({}))).await.is(200);
    let refused = bed.login(&seed::customer_email(1).unwrap(), seed::CUSTOMER_PASSWORD).await.is(503);
    assert_eq!(
        (refused.code(), refused.headers["retry-after"].to_str().unwrap()),
        ("SERVICE_UNAVAILABLE", "1")
    );
    for path in ["/users/1", "/health", "/ready"] {
        bed.get(path, None).await.is(503);
    }
    bed.send(Method::DELETE, path, Some(&admin), None).await.is(200);
    bed.get("/health", None).await.is(200);
    bed.customer(1).await;
    assert_eq!(recorder.lines("fault.enabled").len(), before.0 + 1);
    assert_eq!(recorder.lines("fault.disabled").len(), before.1 + 1);
}
