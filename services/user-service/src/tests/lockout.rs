//! Guessing passwords.

use serde_json::json;
use service_kit::seed;

use super::bed::Bed;
use super::on_both_databases;

on_both_databases!(
    five_wrong_passwords_lock_an_address,
    guesses_at_once_count_like_guesses_in_a_row,
    the_right_password_starts_the_count_anew,
    unknown_addresses_look_like_known_ones,
);

const WRONG: &str = "wrong password 1";

async fn five_wrong_passwords_lock_an_address(bed: &Bed) {
    let email = seed::customer_email(5).unwrap();
    for _ in 0..5 {
        assert_eq!(bed.login(&email, WRONG).await.is(401).code(), "INVALID_CREDENTIALS");
    }
    let locked = bed.login(&email, seed::CUSTOMER_PASSWORD).await.is(429);
    assert_eq!(locked.code(), "TOO_MANY_ATTEMPTS");
    let wait: u64 = locked.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    bed.customer(6).await;
    // The lock's time passes.
    assert_eq!(bed.change_database("UPDATE login_attempts SET locked_until_ms = 1".to_owned()).await, 1);
    bed.customer(5).await;
}

async fn guesses_at_once_count_like_guesses_in_a_row(bed: &Bed) {
    let email = seed::customer_email(7).unwrap();
    let guesses = (0..12).map(|_| bed.login(&email, WRONG));
    let statuses: Vec<u16> =
        futures::future::join_all(guesses).await.iter().map(|answer| answer.status).collect();
    let refused = statuses.iter().filter(|status| **status == 401).count();
    assert_eq!(refused, 5, "{statuses:?}");
    assert!(statuses.iter().all(|status| matches!(status, 401 | 429)), "{statuses:?}");
}

async fn the_right_password_starts_the_count_anew(bed: &Bed) {
    let email = seed::customer_email(8).unwrap();
    for _ in 0..3 {
        for _ in 0..4 {
            bed.login(&email, WRONG).await.is(401);
        }
        bed.customer(8).await;
    }
    // Failures long ago don't count either.
    for _ in 0..4 {
        bed.login(&email, WRONG).await.is(401);
    }
    bed.change_database("UPDATE login_attempts SET last_ms = 1".to_owned()).await;
    bed.login(&email, WRONG).await.is(401);
    bed.customer(8).await;
}

async fn unknown_addresses_look_like_known_ones(bed: &Bed) {
    let known = bed.login(&seed::customer_email(9).unwrap(), WRONG).await.is(401);
    let unknown = bed.login("nobody@shop.example", WRONG).await.is(401);
    assert_eq!(known.body["error"], unknown.body["error"]);
    for _ in 0..4 {
        bed.login("nobody@shop.example", WRONG).await.is(401);
    }
    assert_eq!(bed.login("nobody@shop.example", WRONG).await.is(429).code(), "TOO_MANY_ATTEMPTS");
    // Whatever else is typed into the form is a wrong login, not an error.
    for email in ["", "nobody", "a'; DROP TABLE users; --", &"x".repeat(5000)] {
        let body = json!({"email": email, "password": "x".repeat(2000)});
        assert_eq!(bed.post("/auth/login", None, body).await.is(401).code(), "INVALID_CREDENTIALS");
    }
}
