//! Lists, analytics, and the description of the service.

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};
use service_kit::Role;

use super::on_both_databases;
use super::process::{Bed, Process, token, with_token};

on_both_databases!(lists_are_filtered_and_paged, analytics_add_up, the_service_describes_itself);

async fn place(process: &Process, user: i64, product: i64, quantity: i64) -> i64 {
    let body = json!({"user_id": user, "products": [{"id": product, "quantity": quantity}]});
    process.post("/orders", body).await.is(201).id()
}

async fn pay(process: &Process, order: i64, card: &str) -> u16 {
    process.post(&format!("/orders/{order}/pay"), json!({"card_token": card})).await.status
}

fn ids(list: &Value) -> Vec<i64> {
    list["items"].as_array().unwrap().iter().map(|item| item["id"].as_i64().unwrap()).collect()
}

async fn lists_are_filtered_and_paged(bed: &Bed) {
    let process = bed.start().await;
    let mut orders = Vec::new();
    for product in 1..=5 {
        orders.push(place(&process, 1 + product % 2, product, 1).await);
    }
    pay(&process, orders[1], "tok_ok").await;
    let of_one = process.get("/orders/user/1").await.is(200);
    assert_eq!(ids(&of_one.body), [orders[3], orders[1]]);
    let paid = process.get("/orders/user/1?status=paid").await.is(200);
    assert_eq!((ids(&paid.body), &paid.body["total"]), (vec![orders[1]], &json!(1)));
    let all = |query: &str| {
        let request = Request::get(format!("/orders{query}")).body(Body::empty()).unwrap();
        process.call(with_token(request, &token(25, Role::Admin)))
    };
    assert_eq!(all("").await.is(200).body["total"], 5);
    let second = all("?page=2&limit=2").await.is(200);
    assert_eq!(ids(&second.body), [orders[2], orders[1]]);
    assert_eq!(all("?to=2026-01-01T00:00:00Z").await.is(200).body["total"], 0);
    assert_eq!(all("?from=2026-01-01T00:00:00Z&status=pending_payment").await.is(200).body["total"], 4);
}

async fn analytics_add_up(bed: &Bed) {
    let process = bed.start().await;
    let empty = process.get("/analytics/summary").await.is(200);
    assert_eq!((&empty.body["orders"], &empty.body["aov"]), (&json!(0), &json!(0.0)));
    let one = place(&process, 1, 1, 2).await;
    let two = place(&process, 2, 3, 1).await;
    let three = place(&process, 3, 1, 1).await;
    let _unpaid = place(&process, 3, 2, 1).await;
    assert_eq!(pay(&process, one, "tok_ok").await, 200);
    assert_eq!(pay(&process, two, "tok_ok").await, 200);
    assert_eq!(pay(&process, three, "tok_do_not_honor").await, 402);
    process.post(&format!("/orders/{two}/refund"), json!({"amount": 9.97})).await.is(200);

    let summary = process.get("/analytics/summary?window=1h").await.is(200).body;
    assert_eq!(
        (&summary["orders"], &summary["paid"], &summary["declined"]),
        (&json!(4), &json!(2), &json!(1))
    );
    assert_eq!((&summary["revenue"], &summary["refunded"]), (&json!(99.95), &json!(9.97)));
    assert_eq!((&summary["net_revenue"], &summary["conversion"]), (&json!(89.98), &json!(0.5)));
    assert_eq!(summary["by_category"][0]["category"], "toys");

    let top = process.get("/analytics/top-products?limit=1").await.is(200).body;
    assert_eq!((&top["items"][0]["product_id"], &top["items"][0]["quantity"]), (&json!(1), &json!(2)));
    let revenue = process.get("/analytics/revenue?window=1h&bucket=5m").await.is(200).body;
    let points = revenue["items"].as_array().unwrap();
    assert!((12..=14).contains(&points.len()), "{}", points.len());
    let sum: f64 = points.iter().map(|point| point["revenue"].as_f64().unwrap()).sum();
    assert!((sum - 99.95).abs() < 1e-6, "{sum}");
}

async fn the_service_describes_itself(bed: &Bed) {
    let process = bed.start().await;
    let document = process.get("/openapi.json").await.is(200).body;
    for path in ["/orders", "/orders/{id}/pay", "/orders/user/{user_id}", "/analytics/revenue"] {
        assert!(document["paths"][path].is_object(), "{path}");
    }
    let health = process.get("/health").await.is(200).body;
    assert_eq!(health["service"], "order-service");
    process.get("/ready").await.is(200);
}
