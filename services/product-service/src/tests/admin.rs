//! Changing the catalogue and the stock.

use axum::http::{Method, Request, header};
use serde_json::{Value, json};
use service_kit::Role;

use super::bed::{Bed, token};
use super::on_both_databases;

on_both_databases!(
    products_come_change_and_go,
    only_administrators_may,
    drafts_are_checked,
    a_delivery_counts_once,
);

fn draft() -> Value {
    json!({"sku": "NEW-1", "name": "Hammock", "description": "Cotton, two metres", "category": "garden",
           "price": 59.9, "stock": 20})
}

async fn products_come_change_and_go(bed: &Bed) {
    let admin = token(Role::Admin);
    let created = bed.send(Method::POST, "/products", Some(&admin), Some(draft())).await.is(201);
    let id = created.body["id"].as_i64().unwrap();
    assert_eq!(id, 61, "ids go on after those of the fresh shop");
    assert_eq!(created.headers[header::LOCATION], "/products/61");
    assert_eq!((&created.body["price_cents"], &created.body["available"]), (&json!(5990), &json!(20)));
    assert_eq!(bed.get("/products/search?q=hammock").await.is(200).ids(), [61]);
    let again = bed.send(Method::POST, "/products", Some(&admin), Some(draft())).await.is(409);
    assert_eq!(again.code(), "SKU_TAKEN");

    let change = json!({"sku": "NEW-1", "name": "Hanging Chair", "category": "garden", "price": 75});
    let changed = bed.send(Method::PUT, "/products/61", Some(&admin), Some(change.clone())).await.is(200);
    assert_eq!((&changed.body["name"], &changed.body["price"]), (&json!("Hanging Chair"), &json!(75.0)));
    assert_eq!(changed.body["available"], 20, "stock stays");
    let taken = json!({"sku": "ELE-0001", "name": "Hanging Chair", "category": "garden", "price": 75});
    assert_eq!(
        bed.send(Method::PUT, "/products/61", Some(&admin), Some(taken)).await.is(409).code(),
        "SKU_TAKEN"
    );

    let held = bed.reserve("before-it-went", &[(61, 2)]).await.is(201).body;
    bed.send(Method::DELETE, "/products/61", Some(&admin), None).await.is(204);
    bed.send(Method::DELETE, "/products/61", Some(&admin), None).await.is(404);
    bed.send(Method::PUT, "/products/61", Some(&admin), Some(change)).await.is(404);
    bed.get("/products/61").await.is(404);
    bed.get("/inventory/61").await.is(404);
    assert_eq!(bed.get("/products/search?q=hanging").await.is(200).ids(), Vec::<i64>::new());
    assert_eq!(bed.reserve("too-late", &[(61, 1)]).await.is(404).code(), "PRODUCT_NOT_FOUND");
    let restock = json!({"quantity": 5});
    bed.send(Method::POST, "/inventory/61/restock", Some(&admin), Some(restock)).await.is(404);
    // What was set aside before can still be sold.
    let id = held["reservation_id"].as_str().unwrap();
    bed.post(&format!("/inventory/reservations/{id}/commit"), json!({})).await.is(200);
}

async fn only_administrators_may(bed: &Bed) {
    let customer = token(Role::User);
    for (method, path, body) in [
        (Method::POST, "/products", draft()),
        (Method::PUT, "/products/1", draft()),
        (Method::DELETE, "/products/1", Value::Null),
        (Method::POST, "/inventory/1/restock", json!({"quantity": 1})),
    ] {
        bed.send(method.clone(), path, None, Some(body.clone())).await.is(401);
        bed.send(method.clone(), path, Some("made.up.token"), Some(body.clone())).await.is(401);
        let refused = bed.send(method.clone(), path, Some(&customer), Some(body)).await.is(403);
        assert_eq!(refused.code(), "FORBIDDEN", "{method} {path}");
    }
    bed.get("/products/1").await.is(200);
}

async fn drafts_are_checked(bed: &Bed) {
    let admin = token(Role::Admin);
    for (field, value) in [
        ("sku", json!("")),
        ("sku", json!("x".repeat(41))),
        ("name", json!(" ")),
        ("name", json!("a\nb")),
        ("name", Value::Null),
        ("category", json!("Home & Kitchen")),
        ("price", json!(0)),
        ("price", json!(-1.5)),
        ("price", json!(1e300)),
        ("price", json!("12.50")),
        ("stock", json!(-1)),
        ("stock", json!(1.5)),
        ("stock", json!(i64::MAX)),
        ("weight", json!(3)),
    ] {
        let mut body = draft();
        body[field] = value;
        let refused = bed.send(Method::POST, "/products", Some(&admin), Some(body)).await.is(422);
        assert!(refused.body["error"]["message"].as_str().unwrap().contains(field), "{}", refused.body);
    }
    let refused = bed.send(Method::PUT, "/products/1", Some(&admin), Some(draft())).await.is(422);
    assert_eq!(refused.body["error"]["details"]["field"], "stock");
}

async fn a_delivery_counts_once(bed: &Bed) {
    let admin = token(Role::Admin);
    let (before, _) = bed.stock(3).await;
    let deliver = |key: &'static str, quantity: i64| {
        let request = Request::post("/inventory/3/restock")
            .header(header::AUTHORIZATION, format!("Bearer {admin}"))
            .header("Idempotency-Key", key)
            .body(json!({"quantity": quantity}).to_string().into())
            .unwrap();
        bed.call(request)
    };
    assert_eq!(deliver("one", 7).await.is(200).body["on_hand"], before + 7);
    let again = deliver("one", 7).await.is(200);
    assert_eq!(
        (&again.body["on_hand"], &again.headers["idempotent-replayed"]),
        (&json!(before + 7), &"true".parse().unwrap())
    );
    assert_eq!(deliver("one", 8).await.is(422).code(), "IDEMPOTENCY_KEY_REUSED");
    assert_eq!(deliver("two", 1).await.is(200).body["on_hand"], before + 8);
    assert_eq!(bed.stock(3).await.0, before + 8);
    // As a process leaves it that dies between the delivery and its answer.
    bed.change_database("UPDATE idempotency_keys SET answer = NULL, locked_until_ms = 0").await;
    assert_eq!(deliver("two", 1).await.is(200).body["on_hand"], before + 8);
    for quantity in [0, -1, 100_001, i64::MAX] {
        let body = Some(json!({"quantity": quantity}));
        bed.send(Method::POST, "/inventory/3/restock", Some(&admin), body).await.is(422);
    }
    bed.change_database("UPDATE inventory SET on_hand = 2000000000 WHERE product_id = 3").await;
    assert_eq!(deliver("three", 1).await.is(422).code(), "WAREHOUSE_FULL");
}
