//! Whatever comes in, the answer is a 4xx that says what to do, and nothing happens.

use axum::body::Body;
use axum::http::{Request, header};
use service_kit::Role;

use super::bed::{Bed, token};
use super::on_both_databases;

on_both_databases!(nonsense_is_refused_with_a_reason);

const JSON: &str = "application/json";

async fn nonsense_is_refused_with_a_reason(bed: &Bed) {
    let admin = token(Role::Admin);
    let before = bed.number("SELECT SUM(on_hand * 1000 + reserved) FROM inventory").await;
    for (method, path, content_type, body, status) in cases() {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::CONTENT_TYPE, content_type)
            .header(header::AUTHORIZATION, format!("Bearer {admin}"))
            .body(Body::from(body.clone()))
            .unwrap();
        let shown: String = body.chars().take(80).collect();
        let answer = bed.call(request).await;
        assert_eq!(answer.status, status, "{method} {path} {shown}: {}", answer.body);
        assert!(!answer.code().is_empty(), "{method} {path} {shown}");
        assert!(answer.body["error"]["message"].as_str().unwrap().len() > 8, "{method} {path} {shown}");
        assert_eq!(answer.headers.contains_key(header::ALLOW), status == 405, "{method} {path}");
    }
    assert_eq!(bed.number("SELECT SUM(on_hand * 1000 + reserved) FROM inventory").await, before);
    assert_eq!(bed.number("SELECT COUNT(*) FROM reservation_items").await, 0);
}

fn cases() -> Vec<(&'static str, &'static str, &'static str, String, u16)> {
    let reserve = "/inventory/reserve";
    let mut cases: Vec<(&str, &str, &str, String, u16)> = [
        ("GET", "/products?page=0", 400),
        ("GET", "/products?page=x", 400),
        ("GET", "/products?page=9223372036854775807", 400),
        ("GET", "/products?limit=-1", 400),
        ("GET", "/products?min_price=cheap", 400),
        ("GET", "/products?min_price=-5", 400),
        ("GET", "/products?max_price=NaN", 400),
        ("GET", "/products?max_price=1e300", 400),
        ("GET", "/products?in_stock=maybe", 400),
        ("GET", "/products?sort=rating", 400),
        ("GET", "/products?ids=1,two", 400),
        ("GET", "/products?ids=", 400),
        ("GET", "/products/search", 400),
        ("GET", "/products/search?q=", 400),
        ("GET", "/products/search?q=%20%20", 400),
        ("GET", "/products/trending?window=1", 400),
        ("GET", "/products/trending?window=0s", 400),
        ("GET", "/products/trending?window=999999h", 400),
        ("GET", "/products/trending?limit=0", 400),
        ("GET", "/products/trending?limit=many", 400),
        ("GET", "/products/0", 404),
        ("GET", "/products/-1", 404),
        ("GET", "/products/4711", 404),
        ("GET", "/products/9223372036854775808", 404),
        ("GET", "/products/abc", 400),
        ("GET", "/products/%00", 400),
        ("GET", "/products/1%27--", 400),
        ("GET", "/products/abc/related", 400),
        ("GET", "/inventory/abc", 400),
        ("GET", "/inventory/0", 404),
        ("GET", "/inventory?limit=0", 400),
        ("GET", "/nothing", 404),
        ("DELETE", "/categories", 405),
        ("PATCH", "/products/1", 405),
        ("GET", "/inventory/reservations/x/commit", 405),
        ("POST", "/inventory/reservations/x/commit", 404),
        ("POST", "/inventory/reservations/x/release", 404),
        ("POST", "/inventory/reservations/%ff/commit", 400),
        ("POST", "/inventory/orders/a%20b/release", 422),
    ]
    .map(|(method, path, status)| (method, path, JSON, String::new(), status))
    .to_vec();
    cases.push(("GET", reserve, JSON, String::new(), 405));
    for (body, status) in reserve_bodies() {
        cases.push(("POST", reserve, JSON, body, status));
    }
    cases.push(("POST", reserve, "text/xml", "<reserve/>".to_owned(), 415));
    let long_reason = format!(r#"{{"reason":"{}"}}"#, "x".repeat(201));
    for (path, body) in [
        ("/inventory/orders/1/release", long_reason.as_str()),
        ("/inventory/orders/1/release", r#"{"reason":5}"#),
        ("/inventory/reservations/x/release", r#"{"why":"x"}"#),
        ("/inventory/1/restock", r#"{"quantity":0}"#),
        ("/inventory/1/restock", r#"{"quantity":"5"}"#),
        ("/inventory/1/restock", "{}"),
        ("/products", r#"{"sku":"a\u0000","name":"x","category":"books","price":1}"#),
    ] {
        cases.push(("POST", path, JSON, body.to_owned(), 422));
    }
    cases
}

fn reserve_bodies() -> Vec<(String, u16)> {
    let many: Vec<String> = (1..=101).map(|id| format!(r#"{{"product_id":{id},"quantity":1}}"#)).collect();
    let mut bodies: Vec<(String, u16)> = [
        ("", 400),
        ("{", 400),
        ("order_id=1", 400),
        ("[]", 422),
        ("{}", 422),
        (r#"{"order_id":1}"#, 422),
        (r#"{"order_id":1,"items":[]}"#, 422),
        (r#"{"order_id":1,"items":{}}"#, 422),
        (r#"{"order_id":"","items":[{"product_id":1,"quantity":1}]}"#, 422),
        (r#"{"order_id":null,"items":[{"product_id":1,"quantity":1}]}"#, 422),
        (r#"{"order_id":1.5,"items":[{"product_id":1,"quantity":1}]}"#, 422),
        (r#"{"order_id":1,"items":[{"product_id":1,"quantity":0}]}"#, 422),
        (r#"{"order_id":1,"items":[{"product_id":1,"quantity":-1}]}"#, 422),
        (r#"{"order_id":1,"items":[{"product_id":1,"quantity":1.5}]}"#, 422),
        (r#"{"order_id":1,"items":[{"product_id":1,"quantity":9223372036854775807}]}"#, 422),
        (r#"{"order_id":1,"items":[{"product_id":9223372036854775808,"quantity":1}]}"#, 422),
        (r#"{"order_id":1,"items":[{"product_id":"1","quantity":1}]}"#, 422),
        (r#"{"order_id":1,"items":[{"product_id":1}]}"#, 422),
        (r#"{"order_id":1,"items":[{"product_id":1,"quantity":1}],"ttl_s":0}"#, 422),
        (r#"{"order_id":1,"items":[{"product_id":1,"quantity":1}],"ttl_s":1e9}"#, 422),
        (r#"{"order_id":1,"items":[{"product_id":1,"quantity":1}],"price":1}"#, 422),
        (r#"{"order_id":1,"items":[{"product_id":0,"quantity":1}]}"#, 404),
        (r#"{"order_id":1,"items":[{"product_id":-1,"quantity":1}]}"#, 404),
        (r#"{"order_id":1,"items":[{"product_id":9223372036854775807,"quantity":1}]}"#, 404),
        (r#"{"order_id":1,"items":[{"product_id":1,"quantity":10000}]}"#, 409),
    ]
    .map(|(body, status)| (body.to_owned(), status))
    .to_vec();
    bodies.push((format!(r#"{{"order_id":1,"items":[{}]}}"#, many.join(",")), 422));
    bodies.push((format!(r#"{{"order_id":"{}","items":[]}}"#, "x".repeat(2 << 20)), 413));
    bodies.push(("[".repeat(200_000), 400));
    bodies
}
