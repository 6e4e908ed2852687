//! Faults and what they leave behind: statuses, events, spans.

use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};
use service_kit::Role;
use service_kit::testing::{Recorder, SpanData, attribute, is_of, took};

use super::fake::STOCK;
use super::on_both_databases;
use super::process::{Answer, Bed, Process, eventually, sample, token, with_token};
use super::real_shop::Shop;

on_both_databases!(
    payments_are_declined,
    a_gateway_that_is_too_slow_charges_nobody,
    a_slow_gateway_shows_in_its_span,
    prices_are_asked_for_one_by_one,
    calls_lose_their_trace,
);

async fn admin(process: &Process, method: &str, name: &str, setting: &Value) -> Answer {
    let request = Request::builder().method(method).uri(format!("/admin/faults/{name}"));
    let request = request.body(Body::from(setting.to_string())).unwrap();
    process.call(with_token(request, &token(1, Role::Admin))).await.is(200)
}

async fn switch(process: &Process, name: &str, setting: Value) {
    admin(process, "PUT", name, &setting).await;
}

async fn pay(process: &Process, order: i64, card: &str) -> Answer {
    process.post(&format!("/orders/{order}/pay"), json!({"method": "card", "card_token": card})).await
}

async fn place(process: &Process) -> i64 {
    process.post("/orders", sample()).await.is(201).id()
}

async fn payments_are_declined(bed: &Bed) {
    let recorder = Recorder::of_process();
    let process = bed.start().await;
    switch(&process, "payment_decline_rate", json!({"rate": 1})).await;
    let order = place(&process).await;
    for card in ["tok_visa", "tok_ok", "tok_amex"] {
        assert_eq!(pay(&process, order, card).await.is(402).code(), "PAYMENT_DECLINED");
    }
    assert_eq!(process.status(order).await, "cancelled");
    assert_eq!(bed.neighbours.available(1), STOCK);
    let declined = recorder.lines("payment.declined");
    assert_eq!(declined.iter().filter(|line| line["order_id"] == order).count(), 3);
    let is_marked = |span: &SpanData| {
        span.name == "payment.authorize" && attribute(span, "fault.name") == "payment_decline_rate"
    };
    recorder.ended("a marked payment", is_marked).await;
    let shown = admin(&process, "DELETE", "payment_decline_rate", &json!(null)).await;
    assert_eq!((&shown.body["affected"], &shown.body["enabled"]), (&json!(3), &json!(false)));
    pay(&process, place(&process).await, "tok_visa").await.is(200);
}

async fn a_gateway_that_is_too_slow_charges_nobody(bed: &Bed) {
    let recorder = Recorder::of_process();
    let process = bed.start().await;
    let order = place(&process).await;
    switch(&process, "payment_gateway_timeout", json!({"rate": 1})).await;
    assert_eq!(pay(&process, order, "tok_visa").await.is(504).code(), "PAYMENT_UNKNOWN");
    eventually("the payment is given up", async || process.status(order).await == "payment_failed").await;
    let failed = recorder.lines("payment.failed");
    assert!(failed.iter().any(|line| line["order_id"] == order && line["reason"] == "gateway_timeout"));
    let of_order = |span: &SpanData| {
        span.name == "payment.authorize" && attribute(span, "shop.order.id") == order.to_string()
    };
    let span = recorder.ended("the payment", of_order).await;
    assert_eq!(attribute(&span, "fault.name"), "payment_gateway_timeout");
    assert_eq!(attribute(&span, "error.type"), "timeout");
    admin(&process, "DELETE", "payment_gateway_timeout", &json!(null)).await;
    pay(&process, order, "tok_visa").await.is(200);
    assert_eq!(bed.count("gateway_charges WHERE outcome = 'authorized'").await, 1);
}

async fn a_slow_gateway_shows_in_its_span(bed: &Bed) {
    let recorder = Recorder::of_process();
    let process = bed.start().await;
    let order = place(&process).await;
    switch(&process, "payment_gateway_timeout", json!({"rate": 1, "latency_ms": 100})).await;
    let answer = pay(&process, order, "tok_visa").await;
    // On a very busy machine the shop's patience may be over all the same.
    assert!(matches!(answer.status, 200 | 504), "{answer:?}");
    let wanted = |span: &SpanData| span.name == "payment.authorize" && is_of(span, &answer.headers);
    assert!(took(&recorder.ended("the payment", wanted).await) >= Duration::from_millis(100));
}

async fn prices_are_asked_for_one_by_one(bed: &Bed) {
    let recorder = Recorder::of_process();
    let process = bed.start().await;
    let order = || json!({"user_id": 1, "products": [{"id": 1, "quantity": 1}, {"id": 2, "quantity": 1}]});
    let calls = async |answer: &Answer| {
        recorder.ended("the order", |span| span.name == "POST /orders" && is_of(span, &answer.headers)).await;
        let spans = recorder.spans_named("GET /products");
        spans.iter().filter(|span| is_of(span, &answer.headers)).count()
    };
    let at_once = process.post("/orders", order()).await.is(201);
    assert_eq!(calls(&at_once).await, 1);
    switch(&process, "n_plus_one", json!({})).await;
    let one_by_one = process.post("/orders", order()).await.is(201);
    assert_eq!(calls(&one_by_one).await, 2);
    assert_eq!(one_by_one.body["total"], at_once.body["total"]);
    let unknown = json!({"user_id": 1, "products": [{"id": 1, "quantity": 1}, {"id": 4711, "quantity": 1}]});
    assert_eq!(process.post("/orders", unknown).await.is(404).code(), "PRODUCT_NOT_FOUND");
    let is_marked =
        |span: &SpanData| is_of(span, &one_by_one.headers) && attribute(span, "fault.name") == "n_plus_one";
    assert_eq!(recorder.ended("prices", is_marked).await.name, "price_items");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_user_service_that_is_down_opens_the_circuit() {
    let recorder = Recorder::of_process();
    let mut bed = Bed::sqlite().await;
    let shop = Shop::beside(&mut bed).await;
    bed.breaker_failures = 3;
    let process = bed.start().await;
    let down =
        Request::put(format!("{}/admin/faults/user_service_down", bed.user_address)).body(Body::from("{}"));
    shop.users(with_token(down.unwrap(), &token(1, Role::Admin))).await.is(200);
    // Each order asks twice before it gives up.
    assert_eq!(process.post("/orders", sample()).await.is(502).code(), "DEPENDENCY_FAILED");
    assert_eq!(process.post("/orders", sample()).await.is(503).code(), "DEPENDENCY_UNAVAILABLE");
    assert_eq!(recorder.lines("circuit.opened")[0]["target"], "user-service");
    let rejected = recorder.lines("order.rejected");
    assert!(rejected.iter().all(|line| line["reason"] == "dependency"), "{rejected:?}");
    assert_eq!(rejected.len(), 2);
    let favorites = Request::get("/users/1/favorites").body(Body::empty()).unwrap();
    shop.users(with_token(favorites, &token(1, Role::User))).await.is(503);
}

async fn calls_lose_their_trace(bed: &Bed) {
    // Without it there would be no context to lose.
    Recorder::of_process();
    let process = bed.start().await;
    place(&process).await;
    assert_eq!(bed.neighbours.contexts().last(), Some(&true), "calls carry their trace");
    switch(&process, "broken_context", json!({"rate": 1})).await;
    let before = bed.neighbours.contexts().len();
    place(&process).await;
    let contexts = bed.neighbours.contexts();
    assert!(contexts.len() > before && contexts[before..].iter().all(|there| !there), "{contexts:?}");
}
