//! The process is killed at every point between two steps, started again, and everything must add up: the order exists
//! once, is charged once, and its stock is sold once or back on the shelf.

use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};

use super::fake::{Brake, STOCK, Step};
use super::on_both_databases;
use super::process::{Answer, Bed, Process, eventually, post_with_key, sample};

on_both_databases!(killed_anywhere_and_tried_again, killed_anywhere_and_left_alone, killed_while_giving_back);

/// All points at which placing and paying can stop: before and after each call to somebody else.
const POINTS: [(Step, Brake); 8] = [
    (Step::Price, Brake::HangBefore),
    (Step::Reserve, Brake::HangBefore),
    (Step::Reserve, Brake::HangAfter),
    (Step::Authorize, Brake::HangBefore),
    (Step::Authorize, Brake::HangAfter),
    (Step::Commit, Brake::HangBefore),
    (Step::Commit, Brake::HangAfter),
    (Step::Validate, Brake::HangBefore),
];

/// Places and pays under keys that belong to `round`, until it is killed at the braked step.
async fn buy_until_killed(bed: &Bed, round: usize, point: (Step, Brake)) {
    let process = bed.start().await;
    bed.neighbours.brakes.set(point.0, point.1);
    let placing = process.begin(create_request(round));
    let buying = async {
        let order = placing.await.unwrap().is(201).id();
        process.begin(pay_request(round, order)).await.unwrap()
    };
    tokio::select! {
        answer = buying => panic!("{point:?} was never reached: {answer:?}"),
        () = bed.neighbours.brakes.reached.notified() => {}
    }
    process.kill();
    bed.neighbours.brakes.release_all();
}

fn create_request(round: usize) -> Request<Body> {
    post_with_key("/orders", &sample(), &format!("order-{round}"))
}

fn pay_request(round: usize, order: i64) -> Request<Body> {
    post_with_key(&format!("/orders/{order}/pay"), &json!({"card_token": "tok_ok"}), &format!("pay-{round}"))
}

/// Sends a request again as a patient client does.
async fn insist(process: &Process, request: impl Fn() -> Request<Body>) -> Answer {
    for _ in 0..400 {
        let answer = process.call(request()).await;
        if !matches!(answer.status, 409 | 502 | 503 | 504) {
            return answer;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("the request never went through: {:?}", process.call(request()).await);
}

async fn charges(bed: &Bed) -> i64 {
    bed.count("gateway_charges WHERE outcome = 'authorized'").await
}

async fn killed_anywhere_and_tried_again(bed: &Bed) {
    for (round, point) in POINTS.into_iter().enumerate() {
        let orders = i64::try_from(round).unwrap() + 1;
        tried_again(bed, round, point, orders).await;
    }
}

async fn tried_again(bed: &Bed, round: usize, point: (Step, Brake), orders: i64) {
    buy_until_killed(bed, round, point).await;
    let process = bed.start().await;
    bed.unlock_keys().await;
    let order = insist(&process, || create_request(round)).await.is(201).id();
    let paid = insist(&process, || pay_request(round, order)).await.is(200);
    assert_eq!(paid.body["id"], Value::from(order), "{point:?}");
    eventually("the stock is sold", async || bed.neighbours.sold(1) == 2 * orders).await;
    eventually("all orders rest", async || bed.count("orders WHERE due_ms IS NOT NULL").await == 0).await;
    assert_eq!(bed.count("orders").await, orders, "{point:?}");
    assert_eq!(bed.count("orders WHERE status = 'paid'").await, orders, "{point:?}");
    assert_eq!(charges(bed).await, orders, "{point:?}");
    assert_eq!(bed.neighbours.available(1), STOCK - 2 * orders, "{point:?}");
}

async fn killed_anywhere_and_left_alone(bed: &Bed) {
    for (round, point) in POINTS.into_iter().enumerate() {
        buy_until_killed(bed, round, point).await;
        let process = bed.start().await;
        let unsettled = "orders WHERE status IN ('pending', 'payment_unknown') OR open_payment IS NOT NULL \
                         OR stock IN ('committing', 'releasing', 'returning')";
        eventually("everything is settled", async || bed.count(unsettled).await == 0).await;
        // Nobody comes to pay what is left.
        let database = bed.database().await;
        let overdue = "UPDATE orders SET expires_ms = 1, due_ms = 1 WHERE status IN ('pending_payment', 'payment_failed')";
        database.query(overdue).execute().await.unwrap();
        database.close().await;
        eventually("all orders rest", async || bed.count("orders WHERE due_ms IS NOT NULL").await == 0).await;
        let paid = bed.count("orders WHERE status = 'paid'").await;
        assert_eq!(charges(bed).await, paid, "{point:?}");
        assert_eq!(bed.neighbours.sold(1), 2 * paid, "{point:?}");
        assert_eq!(bed.neighbours.available(1), STOCK - 2 * paid, "{point:?}");
        drop(process);
    }
    assert!(bed.count("orders WHERE status = 'paid'").await >= 2, "after the charge an order is paid");
    assert!(bed.count("orders WHERE status = 'expired'").await >= 2, "before it, it expires");
}

async fn killed_while_giving_back(bed: &Bed) {
    for point in [
        (Step::Refund, Brake::HangBefore),
        (Step::Refund, Brake::HangAfter),
        (Step::Restock, Brake::HangBefore),
        (Step::Release, Brake::HangBefore),
        (Step::Release, Brake::HangAfter),
    ] {
        let process = bed.start().await;
        let order = process.post("/orders", sample()).await.is(201).id();
        if point.0 != Step::Release {
            process.post(&format!("/orders/{order}/pay"), json!({"card_token": "tok_ok"})).await.is(200);
        }
        bed.neighbours.brakes.set(point.0, point.1);
        let cancelling = process.begin(post_with_key(&format!("/orders/{order}/cancel"), &json!({}), "c"));
        bed.neighbours.brakes.reached.notified().await;
        process.kill();
        drop(cancelling);
        bed.neighbours.brakes.release_all();
        let process = bed.start().await;
        eventually("all orders rest", async || bed.count("orders WHERE due_ms IS NOT NULL").await == 0).await;
        assert_eq!(process.status(order).await, "cancelled");
        assert_eq!((bed.neighbours.available(1), bed.neighbours.sold(1)), (STOCK, 0), "{point:?}");
        assert_eq!(charges(bed).await, bed.count("gateway_refunds").await, "{point:?}");
    }
}
