//! Profiles and preferences: who sees and changes what.

use axum::http::Method;
use serde_json::{Value, json};
use service_kit::seed;

use super::bed::Bed;
use super::on_both_databases;

on_both_databases!(
    strangers_see_the_public_part,
    people_change_their_own_profile,
    only_administrators_see_all,
    preferences_are_kept,
    the_document_describes_what_there_is,
);

async fn strangers_see_the_public_part(bed: &Bed) {
    let (own, other, admin) = (bed.customer(1).await, bed.customer(2).await, bed.admin().await);
    let service = bed.authenticator.service_token("order-service").unwrap();
    for (token, sees_email) in [
        (None, false),
        (Some(&other), false),
        (Some(&own), true),
        (Some(&admin), true),
        (Some(&service), true),
    ] {
        let user = bed.get("/users/1", token.map(String::as_str)).await.is(200);
        assert_eq!(user.body["name"], "Ana Morales");
        assert_eq!(user.body.get("email").is_some(), sees_email, "{}", user.body);
    }
    assert_eq!(bed.get("/users/1/validate", None).await.is(200).body["valid"], true);
    assert_eq!(bed.get("/users/4711", None).await.is(404).code(), "USER_NOT_FOUND");
    assert_eq!(bed.get("/users/4711/validate", None).await.is(404).code(), "USER_NOT_FOUND");
    // A service has no account of its own.
    bed.get("/users/me", Some(&service)).await.is(403);
}

async fn people_change_their_own_profile(bed: &Bed) {
    let token = bed.customer(10).await;
    let change = async |body: Value| bed.send(Method::PATCH, "/users/me", Some(&token), Some(body)).await;
    let changed = change(json!({"name": " Jonas W. "})).await.is(200);
    assert_eq!(changed.body["name"], "Jonas W.");
    let changed = change(json!({"email": "Jonas@Example.com"})).await.is(200);
    assert_eq!(
        (&changed.body["email"], &changed.body["name"]),
        (&json!("jonas@example.com"), &json!("Jonas W."))
    );
    assert_eq!(bed.get("/users/me", Some(&token)).await.is(200).body, changed.body);
    bed.login("jonas@example.com", seed::CUSTOMER_PASSWORD).await.is(200);
    for (body, status, code) in [
        (json!({"email": seed::ADMIN_EMAIL}), 409, "EMAIL_TAKEN"),
        (json!({"email": "nowhere"}), 422, "INVALID_FIELD"),
        (json!({"name": ""}), 422, "INVALID_FIELD"),
        (json!({}), 422, "NOTHING_TO_CHANGE"),
        (json!({"role": "admin"}), 422, "INVALID_FIELD"),
    ] {
        assert_eq!(change(body).await.is(status).code(), code);
    }
}

async fn only_administrators_see_all(bed: &Bed) {
    bed.get("/users", None).await.is(401);
    bed.get("/users", Some(&bed.customer(1).await)).await.is(403);
    let token = bed.admin().await;
    let page = bed.get("/users?page=2&limit=10", Some(&token)).await.is(200).body;
    assert_eq!((&page["page"], &page["limit"], &page["items"][0]["id"]), (&json!(2), &json!(10), &json!(11)));
    let beyond = bed.get("/users?page=99", Some(&token)).await.is(200).body;
    assert_eq!(beyond["items"], json!([]));
    assert_eq!(bed.get("/users?limit=5000", Some(&token)).await.is(200).body["limit"], 100);
}

async fn preferences_are_kept(bed: &Bed) {
    let token = bed.customer(11).await;
    let path = "/users/11/preferences";
    let defaults = json!({"currency": "EUR", "language": "en", "newsletter": false, "categories": []});
    assert_eq!(bed.get(path, Some(&token)).await.is(200).body, defaults);
    let wanted = json!({"currency": "MXN", "language": "es", "newsletter": true, "categories": ["books", "home-kitchen"]});
    for _ in 0..2 {
        let put = bed.send(Method::PUT, path, Some(&token), Some(wanted.clone())).await.is(200);
        assert_eq!(put.body, wanted);
    }
    assert_eq!(bed.get(path, Some(&token)).await.is(200).body, wanted);
    bed.get(path, Some(&bed.customer(12).await)).await.is(403);
    bed.get(path, None).await.is(401);
    bed.get("/users/4711/preferences", Some(&bed.admin().await)).await.is(404);
    for (field, value) in [
        ("currency", json!("euro")),
        ("language", json!("ES")),
        ("newsletter", json!("yes")),
        ("categories", json!(["Books & more"])),
        ("categories", json!(vec!["books"; 21])),
        ("colour", json!("red")),
    ] {
        let mut body = wanted.clone();
        body[field] = value;
        let refused = bed.send(Method::PUT, path, Some(&token), Some(body)).await.is(422);
        assert!(refused.body["error"]["message"].as_str().unwrap().contains(field), "{}", refused.body);
    }
}

async fn the_document_describes_what_there_is(bed: &Bed) {
    let document = bed.get("/openapi.json", None).await.is(200).body;
    let paths = document["paths"].as_object().unwrap();
    assert_eq!(paths.len(), 15);
    for (path, operations) in paths {
        for method in operations.as_object().unwrap().keys() {
            let path = path.replace("{id}", "1").replace("{product_id}", "1");
            let method = Method::from_bytes(method.to_ascii_uppercase().as_bytes()).unwrap();
            let answer = bed.send(method.clone(), &path, None, None).await;
            assert!(answer.status != 405 && answer.code() != "UNKNOWN_ADDRESS", "{method} {path}");
        }
    }
    assert_eq!(bed.get("/health", None).await.is(200).body["service"], "user-service");
    bed.get("/ready", None).await.is(200);
}
