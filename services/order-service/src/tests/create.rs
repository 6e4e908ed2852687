//! Placing orders.

use serde_json::{Value, json};

use super::fake::{Brake, STOCK, Step};
use super::on_both_databases;
use super::process::{Bed, eventually, post_with_key, sample};

on_both_databases!(
    the_sample_call_works,
    customers_and_products_must_exist,
    sold_out_is_said_with_numbers,
    failing_neighbours_take_no_stock,
    a_lost_answer_gives_the_stock_back,
    a_repeated_request_places_one_order,
    coupons_and_currency,
);

async fn the_sample_call_works(bed: &Bed) {
    let process = bed.start().await;
    let created = process.post("/orders", sample()).await.is(201);
    let id = created.id();
    assert_eq!(created.headers["location"], format!("/orders/{id}").as_str());
    assert!(created.headers.contains_key("x-trace-id"));
    assert_eq!(created.body["status"], "pending_payment");
    assert_eq!(created.body["total"], 39.98);
    assert_eq!(created.body["currency"], "EUR");
    assert_eq!(bed.neighbours.available(1), STOCK - 2);

    let order = process.get(&format!("/orders/{id}")).await.is(200);
    let way: Vec<_> = order.body["history"].as_array().unwrap().iter().map(|step| &step["to"]).collect();
    assert_eq!(way, ["pending", "reserved", "pending_payment"]);
    assert_eq!(order.body["items"][0]["line_total"], 39.98);
    assert!(order.body["expires_at"].is_string());
}

async fn customers_and_products_must_exist(bed: &Bed) {
    let process = bed.start().await;
    for (user, product, status, code) in [
        (77, 1, 404, "USER_NOT_FOUND"),
        (10, 1, 403, "USER_NOT_ACTIVE"),
        (1, 77, 404, "PRODUCT_NOT_FOUND"),
        (i64::MAX, 1, 404, "USER_NOT_FOUND"),
    ] {
        let body =
            json!({"user_id": user, "products": [{"id": 1, "quantity": 1}, {"id": product, "quantity": 1}]});
        let answer = process.post("/orders", body).await.is(status);
        assert_eq!(answer.code(), code);
    }
    assert_eq!(bed.neighbours.available(1), STOCK);
    assert_eq!(bed.count("orders").await, 0);
}

async fn sold_out_is_said_with_numbers(bed: &Bed) {
    let process = bed.start().await;
    let body =
        json!({"user_id": 1, "products": [{"id": 2, "quantity": 3}, {"id": 1, "quantity": STOCK + 1}]});
    let answer = process.post("/orders", body).await.is(409);
    assert_eq!(answer.code(), "OUT_OF_STOCK");
    assert_eq!(
        answer.body["error"]["details"],
        json!([{"product_id": 1, "requested": STOCK + 1, "available": STOCK}])
    );
    assert_eq!((bed.neighbours.available(1), bed.neighbours.available(2)), (STOCK, STOCK));
    assert_eq!(bed.count("orders WHERE status = 'rejected'").await, 1);
}

async fn failing_neighbours_take_no_stock(bed: &Bed) {
    let process = bed.start().await;
    for (step, brake, status, code) in [
        (Step::Validate, Brake::Fail(500), 502, "DEPENDENCY_FAILED"),
        (Step::Validate, Brake::HangBefore, 504, "DEPENDENCY_TIMEOUT"),
        (Step::Price, Brake::Fail(503), 502, "DEPENDENCY_FAILED"),
        (Step::Price, Brake::HangBefore, 504, "DEPENDENCY_TIMEOUT"),
        (Step::Reserve, Brake::Fail(500), 502, "DEPENDENCY_FAILED"),
        (Step::Reserve, Brake::HangBefore, 504, "DEPENDENCY_TIMEOUT"),
    ] {
        bed.neighbours.brakes.set(step, brake);
        let answer = process.post("/orders", sample()).await.is(status);
        assert_eq!(answer.code(), code, "{step:?} {brake:?}");
        bed.neighbours.brakes.release_all();
    }
    assert_eq!(bed.neighbours.available(1), STOCK);
    process.post("/orders", sample()).await.is(201);
}

async fn a_lost_answer_gives_the_stock_back(bed: &Bed) {
    let process = bed.start().await;
    bed.neighbours.brakes.set(Step::Reserve, Brake::HangAfter);
    process.post("/orders", sample()).await.is(504);
    bed.neighbours.brakes.release_all();
    eventually("the stock is for sale again", async || bed.neighbours.available(1) == STOCK).await;
    eventually("the order rests", async || bed.count("orders WHERE due_ms IS NOT NULL").await == 0).await;
}

async fn a_repeated_request_places_one_order(bed: &Bed) {
    let process = bed.start().await;
    let first = process.call(post_with_key("/orders", &sample(), "k1")).await.is(201);
    let second = process.call(post_with_key("/orders", &sample(), "k1")).await.is(201);
    assert_eq!(first.id(), second.id());
    assert_eq!(second.headers["idempotent-replayed"], "true");
    let other = json!({"user_id": 1, "products": [{"id": 2, "quantity": 1}]});
    let reused = process.call(post_with_key("/orders", &other, "k1")).await.is(422);
    assert_eq!(reused.code(), "IDEMPOTENCY_KEY_REUSED");
    // Keys belong to a customer.
    let mut of_another = sample();
    of_another["user_id"] = Value::from(2);
    let third = process.call(post_with_key("/orders", &of_another, "k1")).await.is(201);
    assert_ne!(third.id(), first.id());

    let at_once: Vec<_> = (0..8).map(|_| process.begin(post_with_key("/orders", &sample(), "k2"))).collect();
    for answer in at_once {
        let answer = answer.await.unwrap();
        assert!(matches!(answer.status, 201 | 409), "{answer:?}");
    }
    assert_eq!(bed.count("orders").await, 3);
}

async fn coupons_and_currency(bed: &Bed) {
    let process = bed.start().await;
    let mut body = sample();
    body["coupon"] = "welcome10".into();
    body["currency"] = "eur".into();
    let order = process.post("/orders", body.clone()).await.is(201);
    assert_eq!(order.body["discount"], 3.99);
    assert_eq!(order.body["total"], 35.99);
    body["currency"] = "USD".into();
    let answer = process.post("/orders", body).await.is(422);
    assert_eq!(answer.code(), "UNSUPPORTED_CURRENCY");
}
