//! Paying.

use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use serde_json::json;

use super::fake::{Brake, STOCK, Step};
use super::on_both_databases;
use super::process::{Answer, Bed, Process, eventually, post, post_with_key, sample};

on_both_databases!(
    paying_commits_the_stock,
    three_declines_cancel_and_give_the_stock_back,
    a_silent_gateway_is_asked_later,
    a_failing_gateway_charges_nothing,
    many_payments_at_once_charge_once,
    a_repeated_payment_charges_once,
    a_failed_commit_is_tried_again,
    a_lost_reservation_is_renewed_or_the_order_undone,
    unpaid_orders_expire,
);

async fn place(process: &Process) -> i64 {
    process.post("/orders", sample()).await.is(201).id()
}

async fn pay(process: &Process, order: i64, card: &str) -> Answer {
    process.post(&format!("/orders/{order}/pay"), json!({"method": "card", "card_token": card})).await
}

async fn charges(bed: &Bed) -> i64 {
    bed.count("gateway_charges WHERE outcome = 'authorized'").await
}

async fn paying_commits_the_stock(bed: &Bed) {
    let process = bed.start().await;
    let order = place(&process).await;
    // Without a body: the default card.
    let empty = Request::post(format!("/orders/{order}/pay")).body(Body::empty());
    let paid = process.call(empty.unwrap()).await.is(200);
    assert_eq!(paid.body["status"], "paid");
    assert!(paid.body["transaction_id"].is_string());
    assert_eq!((bed.neighbours.sold(1), bed.neighbours.available(1)), (2, STOCK - 2));
    assert_eq!(pay(&process, order, "tok_ok").await.is(409).code(), "ALREADY_PAID");
    assert_eq!(charges(bed).await, 1);
    let shown = process.get(&format!("/orders/{order}")).await.is(200);
    assert_eq!(shown.body["payments"][0]["state"], "authorized");
    assert_eq!(bed.count("orders WHERE due_ms IS NOT NULL").await, 0, "nothing is left to do");
}

async fn three_declines_cancel_and_give_the_stock_back(bed: &Bed) {
    let process = bed.start().await;
    let order = place(&process).await;
    for (card, code, left) in [
        ("tok_insufficient_funds", "insufficient_funds", 2),
        ("tok_card_expired", "card_expired", 1),
        ("tok_fraud_suspected", "fraud_suspected", 0),
    ] {
        let answer = pay(&process, order, card).await.is(402);
        assert_eq!(answer.code(), "PAYMENT_DECLINED");
        assert_eq!(answer.body["error"]["details"]["decline_code"], code);
        assert_eq!(answer.body["error"]["details"]["attempts_left"], left);
    }
    assert_eq!(process.status(order).await, "cancelled");
    assert_eq!(bed.neighbours.available(1), STOCK);
    assert_eq!(pay(&process, order, "tok_ok").await.is(409).code(), "NOT_PAYABLE");
    assert_eq!(charges(bed).await, 0);
}

async fn a_silent_gateway_is_asked_later(bed: &Bed) {
    let process = bed.start().await;
    let taken = place(&process).await;
    assert_eq!(pay(&process, taken, "tok_gateway_timeout").await.is(504).code(), "PAYMENT_UNKNOWN");
    eventually("the payment is found", async || process.status(taken).await == "paid").await;
    eventually("the stock is sold", async || bed.neighbours.sold(1) == 2).await;

    let lost = place(&process).await;
    pay(&process, lost, "tok_gateway_lost").await.is(504);
    eventually("nothing is found", async || process.status(lost).await == "payment_failed").await;
    pay(&process, lost, "tok_ok").await.is(200);
    assert_eq!(charges(bed).await, 2);
}

async fn a_failing_gateway_charges_nothing(bed: &Bed) {
    let process = bed.start().await;
    let order = place(&process).await;
    let request =
        post_with_key(&format!("/orders/{order}/pay"), &json!({"card_token": "tok_gateway_error"}), "p");
    assert_eq!(process.call(request).await.is(502).code(), "PAYMENT_GATEWAY_ERROR");
    assert_eq!(process.status(order).await, "payment_failed");
    pay(&process, order, "tok_ok").await.is(200);
    assert_eq!(charges(bed).await, 1);
}

async fn many_payments_at_once_charge_once(bed: &Bed) {
    let process = bed.start().await;
    let order = place(&process).await;
    let path = format!("/orders/{order}/pay");
    let payments: Vec<_> =
        (0..12).map(|_| process.begin(post(&path, &json!({"card_token": "tok_ok"})))).collect();
    let mut paid = 0;
    for payment in payments {
        let answer = payment.await.unwrap();
        assert!(matches!(answer.status, 200 | 409), "{answer:?}");
        paid += u32::from(answer.status == 200);
    }
    assert_eq!((paid, charges(bed).await), (1, 1));
    assert_eq!(bed.neighbours.sold(1), 2);
}

async fn a_repeated_payment_charges_once(bed: &Bed) {
    let process = bed.start().await;
    let order = place(&process).await;
    let request =
        || post_with_key(&format!("/orders/{order}/pay"), &json!({"card_token": "tok_ok"}), "pay-1");
    let first = process.call(request()).await.is(200);
    let second = process.call(request()).await.is(200);
    assert_eq!(first.body["transaction_id"], second.body["transaction_id"]);
    // Even when the stored answer is lost, as after a crash.
    let database = bed.database().await;
    database.query("DELETE FROM idempotency_keys").execute().await.unwrap();
    database.close().await;
    let third = process.call(request()).await.is(200);
    assert_eq!(first.body["transaction_id"], third.body["transaction_id"]);
    assert_eq!(charges(bed).await, 1);
}

async fn a_failed_commit_is_tried_again(bed: &Bed) {
    let process = bed.start().await;
    for brake in [Brake::Fail(500), Brake::HangBefore, Brake::HangAfter] {
        let sold = bed.neighbours.sold(1);
        let order = place(&process).await;
        bed.neighbours.brakes.set(Step::Commit, brake);
        let paid = pay(&process, order, "tok_ok").await.is(200);
        assert_eq!(paid.body["status"], "paid");
        bed.neighbours.brakes.release_all();
        eventually("the stock is sold", async || bed.neighbours.sold(1) == sold + 2).await;
        eventually("the order rests", async || bed.count("orders WHERE due_ms IS NOT NULL").await == 0).await;
        assert_eq!(bed.neighbours.sold(1), sold + 2, "{brake:?}");
    }
}

async fn a_lost_reservation_is_renewed_or_the_order_undone(bed: &Bed) {
    let process = bed.start().await;
    let lucky = place(&process).await;
    bed.neighbours.expire_reservations();
    assert_eq!(pay(&process, lucky, "tok_ok").await.is(200).body["status"], "paid");
    assert_eq!(bed.neighbours.sold(1), 2);

    let unlucky = place(&process).await;
    bed.neighbours.expire_reservations();
    bed.neighbours.sell_out(1);
    pay(&process, unlucky, "tok_ok").await.is(200);
    let order = process.get(&format!("/orders/{unlucky}")).await.is(200);
    assert_eq!(order.body["status"], "cancelled");
    assert_eq!(order.body["refunded_total"], order.body["total"]);
    assert_eq!(order.body["refunds"][0]["done"], true);
    assert_eq!(bed.neighbours.sold(1), 2);
}

async fn unpaid_orders_expire(bed: &Bed) {
    let process = bed.start().await;
    let order = place(&process).await;
    let database = bed.database().await;
    database.query("UPDATE orders SET expires_ms = 1, due_ms = NULL").execute().await.unwrap();
    assert_eq!(pay(&process, order, "tok_ok").await.is(410).code(), "RESERVATION_EXPIRED");
    database.query("UPDATE orders SET due_ms = 1").execute().await.unwrap();
    database.close().await;
    eventually("the order expires", async || process.status(order).await == "expired").await;
    eventually("the stock is for sale again", async || bed.neighbours.available(1) == STOCK).await;
    assert_eq!(pay(&process, order, "tok_ok").await.is(410).code(), "RESERVATION_EXPIRED");
    tokio::time::timeout(Duration::from_secs(5), async {
        while bed.count("orders WHERE due_ms IS NOT NULL").await > 0 {
            tokio::task::yield_now().await;
        }
    })
    .await
    .unwrap();
}
