//! Registration, login, logout, refresh.

use axum::http::Method;
use serde_json::json;
use service_kit::seed;

use super::bed::Bed;
use super::on_both_databases;

on_both_databases!(
    a_person_registers_and_logs_in,
    an_address_is_taken_once,
    a_logout_ends_the_session,
    a_refresh_replaces_the_token,
    closed_accounts_stay_out,
    a_fresh_shop_is_filled_once,
);

async fn a_person_registers_and_logs_in(bed: &Bed) {
    let person =
        json!({"email": " New.Person@Example.com ", "password": "sunny day 1", "name": "New Person"});
    let registered = bed.post("/auth/register", None, person).await.is(201);
    assert_eq!(registered.body["user"]["email"], "new.person@example.com");
    assert_eq!(registered.body["user"]["role"], "user");
    assert_eq!(
        registered.body["user"]["id"],
        seed::DISABLED_ID + 1,
        "ids go on after those of the fresh shop"
    );
    assert!(!registered.body.to_string().contains("argon2"), "hashes stay inside");
    bed.get("/users/me", Some(&registered.token())).await.is(200);

    let login = bed.login("NEW.person@example.com", "sunny day 1").await.is(200);
    assert_eq!((&login.body["token_type"], &login.body["expires_in"]), (&json!("Bearer"), &json!(600)));
    let validity = bed.post("/auth/validate", Some(&login.token()), json!({})).await.is(200);
    let id = &registered.body["user"]["id"];
    assert_eq!(validity.body, json!({"valid": true, "user_id": id, "role": "user", "status": "active"}));
}

async fn an_address_is_taken_once(bed: &Bed) {
    let person = json!({"email": "twin@example.com", "password": "sunny day 1", "name": "Twin"});
    let attempts = (0..4).map(|_| bed.post("/auth/register", None, person.clone()));
    let mut statuses: Vec<u16> = futures(attempts).await;
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409, 409, 409]);
    let taken = json!({"email": "Ana.Morales@shop.example", "password": "sunny day 1", "name": "Not Ana"});
    assert_eq!(bed.post("/auth/register", None, taken).await.is(409).code(), "EMAIL_TAKEN");
}

/// Runs all at once.
async fn futures(calls: impl Iterator<Item = impl Future<Output = super::bed::Answer>>) -> Vec<u16> {
    futures::future::join_all(calls).await.iter().map(|answer| answer.status).collect()
}

async fn a_logout_ends_the_session(bed: &Bed) {
    let (token, other) = (bed.customer(2).await, bed.customer(2).await);
    bed.send(Method::POST, "/auth/logout", Some(&token), None).await.is(204);
    for (method, path) in [
        (Method::GET, "/users/me"),
        (Method::POST, "/auth/logout"),
        (Method::POST, "/auth/refresh"),
        (Method::POST, "/auth/validate"),
        (Method::GET, "/users/2/favorites"),
    ] {
        let answer = bed.send(method, path, Some(&token), None).await.is(401);
        assert_eq!(answer.code(), "TOKEN_REVOKED", "{path}");
        assert_eq!(answer.headers["www-authenticate"], "Bearer");
    }
    bed.get("/users/me", Some(&other)).await.is(200);
    bed.send(Method::POST, "/auth/logout", None, None).await.is(401);
}

async fn a_refresh_replaces_the_token(bed: &Bed) {
    let old = bed.customer(3).await;
    let new = bed.send(Method::POST, "/auth/refresh", Some(&old), None).await.is(200).token();
    assert_ne!(old, new);
    assert_eq!(bed.get("/users/me", Some(&old)).await.is(401).code(), "TOKEN_REVOKED");
    bed.get("/users/me", Some(&new)).await.is(200);
    let (before, after) = (bed.authenticator.check(&old).unwrap(), bed.authenticator.check(&new).unwrap());
    assert_eq!(before.claims.sid, after.claims.sid, "it is the same session");
    assert_ne!(before.claims.jti, after.claims.jti);
}

async fn closed_accounts_stay_out(bed: &Bed) {
    let refused = bed.login(seed::DISABLED_EMAIL, seed::CUSTOMER_PASSWORD).await.is(403);
    assert_eq!(refused.code(), "ACCOUNT_DISABLED");
    // Only who knows the password learns that the account is closed.
    assert_eq!(
        bed.login(seed::DISABLED_EMAIL, "wrong password 1").await.is(401).code(),
        "INVALID_CREDENTIALS"
    );

    let token = bed.customer(4).await;
    bed.change_database("UPDATE users SET status = 'disabled' WHERE id = 4".to_owned()).await;
    let refresh = bed.send(Method::POST, "/auth/refresh", Some(&token), None).await.is(403);
    assert_eq!(refresh.code(), "ACCOUNT_DISABLED");
    let validity = bed.get("/users/4/validate", None).await.is(200);
    assert_eq!((&validity.body["valid"], &validity.body["status"]), (&json!(false), &json!("disabled")));
}

async fn a_fresh_shop_is_filled_once(bed: &Bed) {
    let token = bed.admin().await;
    let before = bed.get("/users?limit=100", Some(&token)).await.is(200).body;
    assert_eq!(before["total"], seed::CUSTOMERS.len() + 2);
    assert_eq!((&before["items"][0]["id"], &before["items"][0]["name"]), (&json!(1), &json!("Ana Morales")));
    let again = bed.restart().await;
    let request = http::Request::get("/users?limit=100")
        .header("authorization", format!("Bearer {token}"))
        .body(axum::body::Body::empty())
        .unwrap();
    assert_eq!(super::bed::call(&again, request).await.is(200).body, before);
}
