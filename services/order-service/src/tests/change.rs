//! Cancelling, refunding, moving along, and who may do it.

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};
use service_kit::Role;

use super::fake::{Brake, STOCK, Step};
use super::on_both_databases;
use super::process::{Answer, Bed, Process, eventually, post, post_with_key, sample, token, with_token};

on_both_databases!(
    cancelling_gives_stock_and_money_back,
    cancelling_and_paying_at_once_never_both_win,
    refunds_add_up,
    a_failed_refund_is_tried_again,
    operators_move_orders_along,
    tokens_limit_what_is_seen,
);

async fn place(process: &Process) -> i64 {
    process.post("/orders", sample()).await.is(201).id()
}

async fn place_and_pay(process: &Process) -> i64 {
    let order = place(process).await;
    process.post(&format!("/orders/{order}/pay"), json!({"card_token": "tok_ok"})).await.is(200);
    order
}

async fn refund(process: &Process, order: i64, body: Value) -> Answer {
    process.post(&format!("/orders/{order}/refund"), body).await
}

fn patch(order: i64, status: &str) -> Request<Body> {
    let body = json!({"status": status}).to_string();
    let request =
        Request::patch(format!("/orders/{order}/status")).header("content-type", "application/json");
    with_token(request.body(Body::from(body)).unwrap(), &token(25, Role::Admin))
}

async fn cancelling_gives_stock_and_money_back(bed: &Bed) {
    let process = bed.start().await;
    let unpaid = place(&process).await;
    let path = format!("/orders/{unpaid}/cancel");
    let cancelled = process.post(&path, json!({"reason": "changed my mind"})).await.is(200);
    assert_eq!(cancelled.body["status"], "cancelled");
    process.post(&path, json!({})).await.is(200);
    assert_eq!(bed.neighbours.available(1), STOCK);

    let paid = place_and_pay(&process).await;
    let cancelled = process.post(&format!("/orders/{paid}/cancel"), json!({})).await.is(200);
    assert_eq!(cancelled.body["refunded_total"], 39.98);
    assert_eq!((bed.neighbours.available(1), bed.neighbours.sold(1)), (STOCK, 0));
    assert_eq!(bed.count("gateway_refunds WHERE amount_cents = 3998").await, 1);
}

async fn cancelling_and_paying_at_once_never_both_win(bed: &Bed) {
    let process = bed.start().await;
    for _ in 0..8 {
        let order = place(&process).await;
        let paying = process.begin(post(&format!("/orders/{order}/pay"), &json!({"card_token": "tok_ok"})));
        let cancelling = process.begin(post(&format!("/orders/{order}/cancel"), &json!({})));
        let (paid, cancelled) = (paying.await.unwrap().status, cancelling.await.unwrap().status);
        eventually("the order rests", async || bed.count("orders WHERE due_ms IS NOT NULL").await == 0).await;
        let status = process.status(order).await;
        // A cancellation after the payment is fine: then the money went back.
        match status.as_str() {
            "paid" => assert_eq!((paid, cancelled), (200, 409)),
            "cancelled" => assert_eq!(cancelled, 200),
            other => panic!("{other}"),
        }
    }
    let taken = bed.count("gateway_charges WHERE outcome = 'authorized'").await;
    let given_back = bed.count("gateway_refunds").await;
    let paid = bed.count("orders WHERE status = 'paid'").await;
    assert_eq!(taken - given_back, paid);
    assert_eq!(bed.neighbours.sold(1), 2 * paid);
    assert_eq!(bed.neighbours.available(1), STOCK - 2 * paid);
}

async fn refunds_add_up(bed: &Bed) {
    let process = bed.start().await;
    let order = place_and_pay(&process).await;
    let part = refund(&process, order, json!({"amount": 10, "reason": "damaged"})).await.is(200);
    assert_eq!(part.body["status"], "partially_refunded");
    assert_eq!(part.body["refunded_total"], 10.0);
    let over = refund(&process, order, json!({"amount": 29.99})).await.is(409);
    assert_eq!(over.code(), "OVER_REFUND");
    assert_eq!(over.body["error"]["details"]["refundable"], 29.98);

    let again = || post_with_key(&format!("/orders/{order}/refund"), &json!({"amount": 9.98}), "r1");
    let first = process.call(again()).await.is(200);
    let second = process.call(again()).await.is(200);
    assert_eq!(first.body["refund_id"], second.body["refund_id"]);
    let rest = refund(&process, order, json!({})).await.is(200);
    assert_eq!(rest.body["status"], "refunded");
    assert_eq!(refund(&process, order, json!({})).await.is(409).code(), "NOT_REFUNDABLE");
    assert_eq!(bed.count("gateway_refunds").await, 3);
    let unpaid = place(&process).await;
    assert_eq!(refund(&process, unpaid, json!({})).await.is(409).code(), "NOT_REFUNDABLE");
}

async fn a_failed_refund_is_tried_again(bed: &Bed) {
    let process = bed.start().await;
    let order = place_and_pay(&process).await;
    bed.neighbours.brakes.set(Step::Refund, Brake::Fail(500));
    let answer = refund(&process, order, json!({"amount": 5})).await.is(200);
    assert_eq!(answer.body["refunded_total"], 5.0);
    bed.neighbours.brakes.release_all();
    eventually("the money is back", async || bed.count("refunds WHERE done = 1").await == 1).await;
    assert_eq!(bed.count("gateway_refunds").await, 1);
}

async fn operators_move_orders_along(bed: &Bed) {
    let process = bed.start().await;
    let order = place_and_pay(&process).await;
    let jump = process.call(patch(order, "delivered")).await.is(409);
    assert_eq!(jump.code(), "INVALID_TRANSITION");
    assert_eq!(jump.body["error"]["details"]["allowed"], json!(["processing", "cancelled"]));
    for status in ["processing", "shipped", "delivered"] {
        assert_eq!(process.call(patch(order, status)).await.is(200).body["status"], status);
    }
    let too_late = process.post(&format!("/orders/{order}/cancel"), json!({})).await.is(409);
    assert_eq!(too_late.code(), "NOT_CANCELLABLE");
    process.call(patch(order, "lost")).await.is(422);
    process.call(patch(1, "shipped")).await.is(404);
}

async fn tokens_limit_what_is_seen(bed: &Bed) {
    let process = bed.start().await;
    let order = place(&process).await;
    let get = |path: &str, token: &str| with_token(Request::get(path).body(Body::empty()).unwrap(), token);
    let (own, other, admin) = (token(1, Role::User), token(2, Role::User), token(25, Role::Admin));
    let path = format!("/orders/{order}");
    process.call(get(&path, &own)).await.is(200);
    process.call(get(&path, &admin)).await.is(200);
    process.call(get(&path, &other)).await.is(403);
    process.call(get("/orders/user/1", &other)).await.is(403);
    process.call(get("/orders", &own)).await.is(403);
    process.call(get("/orders", &admin)).await.is(200);
    process.get("/orders").await.is(401);
    process.call(get("/analytics/summary", &own)).await.is(403);
    process.call(get(&path, "not.a.token")).await.is(401);
    process.call(with_token(post("/orders", &sample()), &other)).await.is(403);
    process.call(with_token(post(&format!("{path}/pay"), &json!({})), &other)).await.is(403);
    process.call(with_token(post(&format!("{path}/refund"), &json!({})), &other)).await.is(403);
    process.call(with_token(post(&format!("{path}/cancel"), &json!({})), &other)).await.is(403);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tokens_can_be_required() {
    let mut bed = Bed::sqlite().await;
    bed.require_auth = true;
    let process = bed.start().await;
    process.post("/orders", sample()).await.is(401);
    process.get("/orders/1").await.is(401);
    process.get("/analytics/summary").await.is(401);
    process.call(with_token(post("/orders", &sample()), &token(1, Role::User))).await.is(201);
}
