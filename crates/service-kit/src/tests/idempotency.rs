//! Repeated requests have one effect.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use axum::body::to_bytes;
use axum::http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use tokio::sync::Notify;

use super::on_both_databases;
use crate::{AppError, Database, DatabaseArgs, Durability, IDEMPOTENCY_MIGRATION, Idempotency};

on_both_databases!(
    a_repeated_request_gets_the_stored_answer,
    keys_belong_to_a_request_and_a_scope,
    refusals_are_stored_and_failures_are_not,
    the_first_request_must_end_first,
    a_key_of_a_dead_process_can_be_taken_over,
    many_at_once_have_one_effect,
    strange_keys_are_refused,
);

struct Shop {
    database: Database,
    keys: Idempotency,
    effects: Arc<AtomicU32>,
}

type Answer = (u16, bool, Value);

impl Shop {
    async fn open(args: &DatabaseArgs) -> Self {
        let database = Database::open(args, "test-service", Durability::PowerLoss, &[IDEMPOTENCY_MIGRATION])
            .await
            .unwrap();
        Self { keys: Idempotency::new(database.clone()), database, effects: Arc::default() }
    }

    async fn buy(&self, key: Option<&str>, scope: &str, body: Value) -> Answer {
        let effects = self.effects.clone();
        let work = async move {
            let number = effects.fetch_add(1, Ordering::SeqCst) + 1;
            Ok((StatusCode::CREATED, Some(format!("/orders/{number}")), json!({"order": number})))
        };
        self.run(key, scope, body, work).await
    }

    async fn run<F>(&self, key: Option<&str>, scope: &str, body: Value, work: F) -> Answer
    where
        F: Future<Output = Result<(StatusCode, Option<String>, Value), AppError>> + Send + 'static,
    {
        let mut headers = HeaderMap::new();
        if let Some(key) = key {
            headers.insert("idempotency-key", http::HeaderValue::from_bytes(key.as_bytes()).unwrap());
        }
        let response = match self.keys.run(&headers, scope, &body, work).await {
            Ok(response) => response,
            Err(error) => return (error.status.as_u16(), false, json!({"code": error.code})),
        };
        let (parts, body) = response.into_parts();
        let replayed = parts.headers.get("idempotent-replayed").is_some_and(|value| value == "true");
        let mut body: Value = serde_json::from_slice(&to_bytes(body, 1 << 16).await.unwrap()).unwrap();
        if let Some(location) = parts.headers.get("location") {
            body["location"] = json!(location.to_str().unwrap());
        }
        (parts.status.as_u16(), replayed, body)
    }
}

async fn a_repeated_request_gets_the_stored_answer(args: &DatabaseArgs) {
    let shop = Shop::open(args).await;
    let answer = json!({"order": 1, "location": "/orders/1"});
    assert_eq!(shop.buy(Some("k"), "buy", json!({"item": 1})).await, (201, false, answer.clone()));
    for _ in 0..2 {
        assert_eq!(shop.buy(Some("k"), "buy", json!({"item": 1})).await, (201, true, answer.clone()));
    }
    assert_eq!(shop.effects.load(Ordering::SeqCst), 1);
    // After a day it is forgotten.
    shop.database.query("UPDATE idempotency_keys SET created_ms = 1").execute().await.unwrap();
    let restarted = Idempotency::new(shop.database.clone());
    let shop = Shop { keys: restarted, ..shop };
    assert_eq!(shop.buy(Some("k"), "buy", json!({"item": 1})).await.2["order"], 2);
}

async fn keys_belong_to_a_request_and_a_scope(args: &DatabaseArgs) {
    let shop = Shop::open(args).await;
    assert_eq!(shop.buy(Some("k"), "buy by 1", json!({"item": 1})).await.0, 201);
    let other = shop.buy(Some("k"), "buy by 1", json!({"item": 2})).await;
    assert_eq!((other.0, &other.2["code"]), (422, &json!("IDEMPOTENCY_KEY_REUSED")));
    assert_eq!(shop.buy(Some("k"), "buy by 2", json!({"item": 2})).await.2["order"], 2);
    assert_eq!(shop.buy(None, "buy by 1", json!({"item": 1})).await.2["order"], 3);
    assert_eq!(shop.buy(None, "buy by 1", json!({"item": 1})).await.2["order"], 4);
}

async fn refusals_are_stored_and_failures_are_not(args: &DatabaseArgs) {
    let shop = Shop::open(args).await;
    let refuse = async { Err(AppError::conflict("SOLD_OUT", "sold out").with_details(json!({"left": 0}))) };
    assert_eq!(shop.run(Some("a"), "buy", json!({}), refuse).await.0, 409);
    let (status, replayed, body) = shop.buy(Some("a"), "buy", json!({})).await;
    assert_eq!((status, replayed, &body["error"]["code"]), (409, true, &json!("SOLD_OUT")));
    assert_eq!(body["error"]["details"], json!({"left": 0}));
    for (key, error) in [
        ("b", AppError::internal("oops")),
        ("c", AppError::new(StatusCode::GATEWAY_TIMEOUT, "TIMEOUT", "late")),
        ("d", AppError::conflict("BUSY", "busy").with_retry_after(1)),
    ] {
        let status = error.status.as_u16();
        assert_eq!(shop.run(Some(key), "buy", json!({}), async { Err(error) }).await.0, status);
        assert_eq!(shop.buy(Some(key), "buy", json!({})).await.0, 201, "{key}: the client may try again");
    }
}

async fn the_first_request_must_end_first(args: &DatabaseArgs) {
    let shop = Arc::new(Shop::open(args).await);
    let (started, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (in_work, wait) = (started.clone(), go.clone());
    let work = async move {
        in_work.notify_one();
        wait.notified().await;
        Ok((StatusCode::OK, None, json!({"slow": true})))
    };
    let first = tokio::spawn({
        let shop = shop.clone();
        async move { shop.run(Some("k"), "buy", json!({}), work).await }
    });
    started.notified().await;
    let second = shop.buy(Some("k"), "buy", json!({})).await;
    assert_eq!((second.0, &second.2["code"]), (409, &json!("REQUEST_IN_PROGRESS")));
    go.notify_one();
    assert_eq!(first.await.unwrap(), (200, false, json!({"slow": true})));
    assert_eq!(shop.buy(Some("k"), "buy", json!({})).await, (200, true, json!({"slow": true})));
}

async fn a_key_of_a_dead_process_can_be_taken_over(args: &DatabaseArgs) {
    let shop = Shop::open(args).await;
    shop.buy(Some("k"), "buy", json!({})).await;
    shop.database.query("UPDATE idempotency_keys SET answer = NULL").execute().await.unwrap();
    assert_eq!(shop.buy(Some("k"), "buy", json!({})).await.0, 409, "it may still be at work");
    shop.database.query("UPDATE idempotency_keys SET locked_until_ms = 1").execute().await.unwrap();
    assert_eq!(shop.buy(Some("k"), "buy", json!({})).await.0, 201);
}

async fn many_at_once_have_one_effect(args: &DatabaseArgs) {
    let shop = Shop::open(args).await;
    let calls = (0..16).map(|_| shop.buy(Some("k"), "buy", json!({})));
    let answers = futures::future::join_all(calls).await;
    assert_eq!(shop.effects.load(Ordering::SeqCst), 1);
    assert_eq!(answers.iter().filter(|answer| answer.0 == 201 && !answer.1).count(), 1);
    assert!(answers.iter().all(|answer| matches!(answer.0, 201 | 409)), "{answers:?}");
}

async fn strange_keys_are_refused(args: &DatabaseArgs) {
    let shop = Shop::open(args).await;
    for key in ["", "ä", &"x".repeat(256)] {
        let answer = shop.buy(Some(key), "buy", json!({})).await;
        assert_eq!((answer.0, &answer.2["code"]), (400, &json!("INVALID_IDEMPOTENCY_KEY")));
    }
    assert_eq!(shop.effects.load(Ordering::SeqCst), 0);
}
