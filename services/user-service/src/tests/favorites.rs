//! Favourites, with and without product-service.

use axum::http::Method;
use serde_json::json;

use super::bed::Bed;
use super::on_both_databases;

on_both_databases!(
    favourites_come_with_their_products,
    favourites_come_and_go,
    without_product_service_there_are_still_ids,
    favourites_are_private,
    there_is_a_limit,
);

async fn favourites_come_with_their_products(bed: &Bed) {
    let token = bed.customer(3).await;
    let favorites = bed.get("/users/3/favorites", Some(&token)).await.is(200).body;
    assert_eq!((&favorites["user_id"], &favorites["partial"]), (&json!(3), &json!(false)));
    let items = favorites["items"].as_array().unwrap();
    assert_eq!(items.len(), 3, "customers of a fresh shop have favourites already");
    for item in items {
        assert_eq!(item["product"]["id"], item["product_id"]);
    }
}

async fn favourites_come_and_go(bed: &Bed) {
    let token = bed.customer(4).await;
    let path = "/users/4/favorites";
    assert_eq!(bed.get(path, Some(&token)).await.is(200).body["items"], json!([]));
    bed.post(path, Some(&token), json!({"product_id": 7})).await.is(201);
    bed.post(path, Some(&token), json!({"product_id": 7})).await.is(200);
    for unknown in [0, -1, 61, i64::MAX] {
        let refused = bed.post(path, Some(&token), json!({"product_id": unknown})).await.is(404);
        assert_eq!(refused.code(), "PRODUCT_NOT_FOUND");
    }
    assert_eq!(bed.get(path, Some(&token)).await.is(200).body["items"][0]["product_id"], 7);
    for _ in 0..2 {
        bed.send(Method::DELETE, "/users/4/favorites/7", Some(&token), None).await.is(204);
    }
    assert_eq!(bed.get(path, Some(&token)).await.is(200).body["items"], json!([]));
}

async fn without_product_service_there_are_still_ids(bed: &Bed) {
    let token = bed.customer(3).await;
    bed.products_answer(false);
    let favorites = bed.get("/users/3/favorites", Some(&token)).await.is(200).body;
    assert_eq!(favorites["partial"], true);
    assert_eq!(favorites["items"].as_array().unwrap().len(), 3);
    assert!(favorites["items"][0].get("product").is_none());
    let refused = bed.post("/users/3/favorites", Some(&token), json!({"product_id": 1})).await;
    // 502, or 503 once so many calls failed that no more are made.
    assert!(matches!(refused.status, 502 | 503), "{}", refused.body);
    assert_eq!(refused.body["error"]["details"]["dependency"], "product-service");
}

async fn favourites_are_private(bed: &Bed) {
    let other = bed.customer(2).await;
    bed.get("/users/1/favorites", None).await.is(401);
    bed.get("/users/1/favorites", Some(&other)).await.is(403);
    bed.post("/users/1/favorites", Some(&other), json!({"product_id": 1})).await.is(403);
    bed.send(Method::DELETE, "/users/1/favorites/1", Some(&other), None).await.is(403);
    let admin = bed.admin().await;
    bed.get("/users/1/favorites", Some(&admin)).await.is(200);
    bed.get("/users/4711/favorites", Some(&admin)).await.is(404);
    bed.post("/users/4711/favorites", Some(&admin), json!({"product_id": 1})).await.is(404);
}

async fn there_is_a_limit(bed: &Bed) {
    let token = bed.customer(4).await;
    let values: Vec<String> = (1001..=1100).map(|id| format!("(4, {id}, 1)")).collect();
    let insert =
        format!("INSERT INTO favorites (user_id, product_id, created_ms) VALUES {}", values.join(", "));
    assert_eq!(bed.change_database(insert).await, 100);
    let refused = bed.post("/users/4/favorites", Some(&token), json!({"product_id": 1})).await.is(422);
    assert_eq!(refused.code(), "TOO_MANY_FAVORITES");
    assert_eq!(
        bed.get("/users/4/favorites", Some(&token)).await.is(200).body["items"].as_array().unwrap().len(),
        100
    );
}
