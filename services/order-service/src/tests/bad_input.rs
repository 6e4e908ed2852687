//! Whatever comes in, the answer is a 4xx that says what to do, and nothing happens.

use axum::body::Body;
use axum::http::Request;
use serde_json::json;

use super::fake::STOCK;
use super::on_both_databases;
use super::process::{Bed, sample};

on_both_databases!(nonsense_is_refused_with_a_reason);

async fn nonsense_is_refused_with_a_reason(bed: &Bed) {
    let process = bed.start().await;
    let order = process.post("/orders", sample()).await.is(201).id();
    let pay = format!("/orders/{order}/pay");
    let refund = format!("/orders/{order}/refund");
    let cancel = format!("/orders/{order}/cancel");
    let huge =
        format!(r#"{{"user_id":1,"products":[{{"id":1,"quantity":1}}],"coupon":"{}"}}"#, "x".repeat(2 << 20));
    let deep = "[".repeat(100_000);
    let many: Vec<_> = (1..=5000).map(|id| json!({"id": id, "quantity": 1})).collect();
    let many = json!({"user_id": 1, "products": many}).to_string();
    let long_reason = json!({"reason": "x".repeat(5000)}).to_string();
    let json_type = "application/json";
    let cases: Vec<(&str, &str, &str, &str, u16)> = vec![
        ("POST", "/orders", json_type, "", 400),
        ("POST", "/orders", json_type, "{", 400),
        ("POST", "/orders", json_type, "null", 422),
        ("POST", "/orders", json_type, "user_id=1&products=2", 400),
        ("POST", "/orders", json_type, "\u{0}\u{1}", 400),
        ("POST", "/orders", json_type, &deep, 422),
        ("POST", "/orders", json_type, "{}", 422),
        ("POST", "/orders", json_type, r#"{"user_id":"1","products":[]}"#, 422),
        ("POST", "/orders", json_type, r#"{"user_id":1,"products":{}}"#, 422),
        ("POST", "/orders", json_type, r#"{"user_id":1,"products":[]}"#, 422),
        ("POST", "/orders", json_type, r#"{"user_id":1,"products":[{"id":1,"quantity":0}]}"#, 422),
        ("POST", "/orders", json_type, r#"{"user_id":1,"products":[{"id":1,"quantity":-1}]}"#, 422),
        ("POST", "/orders", json_type, r#"{"user_id":1,"products":[{"id":1,"quantity":1e9}]}"#, 422),
        ("POST", "/orders", json_type, r#"{"user_id":1,"products":[{"id":1,"quantity":100}]}"#, 422),
        ("POST", "/orders", json_type, r#"{"user_id":1,"products":[{"id":1,"quantity":1.5}]}"#, 422),
        (
            "POST",
            "/orders",
            json_type,
            r#"{"user_id":1,"products":[{"id":99999999999999999999,"quantity":1}]}"#,
            422,
        ),
        ("POST", "/orders", json_type, r#"{"user_id":99,"products":[{"id":1,"quantity":1}]}"#, 404),
        ("POST", "/orders", json_type, &many, 422),
        ("POST", "/orders", json_type, &huge, 413),
        ("POST", "/orders", "text/xml", "<order/>", 415),
        ("POST", "/orders", "multipart/form-data; boundary=x", "--x--", 415),
        ("DELETE", "/orders", json_type, "", 405),
        ("PUT", "/orders/1", json_type, "{}", 405),
        ("GET", "/orders/0", json_type, "", 404),
        ("GET", "/orders/-1", json_type, "", 404),
        ("GET", "/orders/12345", json_type, "", 404),
        ("GET", "/orders/99999999999999999999", json_type, "", 404),
        ("GET", "/orders/abc", json_type, "", 400),
        ("GET", "/orders/1%27%20OR%201=1", json_type, "", 400),
        ("GET", "/orders/user/abc", json_type, "", 400),
        ("GET", "/orders/user/1?status=lost", json_type, "", 400),
        ("GET", "/orders/user/1?page=0", json_type, "", 400),
        ("GET", "/orders/user/1?page=x", json_type, "", 400),
        ("GET", "/orders/user/1?page=9223372036854775807", json_type, "", 400),
        ("GET", "/orders/user/1?from=yesterday", json_type, "", 400),
        ("GET", "/nothing/here", json_type, "", 404),
        ("POST", "/orders/12345/pay", json_type, "{}", 404),
        ("POST", &pay, json_type, "[]", 422),
        ("POST", &pay, json_type, r#"{"card_token":5}"#, 422),
        ("POST", &pay, json_type, r#"{"card_token":"tok_unknown"}"#, 422),
        ("POST", &pay, json_type, r#"{"card_token":"4242424242424242"}"#, 422),
        ("POST", &pay, json_type, r#"{"method":"beads"}"#, 422),
        ("POST", &pay, "text/xml", "<pay/>", 415),
        ("POST", &pay, json_type, &huge, 413),
        ("POST", &refund, json_type, r#"{"amount":-5}"#, 422),
        ("POST", &refund, json_type, r#"{"amount":0}"#, 422),
        ("POST", &refund, json_type, r#"{"amount":1.999}"#, 422),
        ("POST", &refund, json_type, r#"{"amount":1e300}"#, 422),
        ("POST", &refund, json_type, r#"{"amount":"all"}"#, 422),
        ("POST", &refund, json_type, r#"{"amount":5}"#, 409),
        ("POST", &cancel, json_type, &long_reason, 422),
        ("GET", "/analytics/summary?window=soon", json_type, "", 400),
        ("GET", "/analytics/summary?window=-1h", json_type, "", 400),
        ("GET", "/analytics/summary?window=10000d", json_type, "", 400),
        ("GET", "/analytics/revenue?window=30d&bucket=1m", json_type, "", 400),
        ("GET", "/analytics/revenue?bucket=0", json_type, "", 400),
        ("GET", "/analytics/top-products?limit=0", json_type, "", 400),
        ("GET", "/analytics/top-products?limit=many", json_type, "", 400),
    ];
    for (method, path, content_type, body, status) in cases {
        let request = Request::builder().method(method).uri(path).header("content-type", content_type);
        let answer = process.call(request.body(Body::from(body.to_owned())).unwrap()).await;
        let shown: String = body.chars().take(80).collect();
        assert_eq!(answer.status, status, "{method} {path} {shown}: {}", answer.body);
        assert!(!answer.code().is_empty(), "{method} {path} {shown}: {}", answer.body);
        let message = answer.body["error"]["message"].as_str().unwrap();
        assert!(message.len() > 10 && !message.contains("4242"), "{method} {path} {shown}: {message}");
    }
    let bad_key = Request::post("/orders")
        .header("idempotency-key", "ü")
        .body(Body::from(sample().to_string()))
        .unwrap();
    process.call(bad_key).await.is(400);
    assert_eq!(process.status(order).await, "pending_payment");
    assert_eq!(bed.neighbours.available(1), STOCK - 2);
    assert_eq!(bed.count("orders").await, 1);
}
