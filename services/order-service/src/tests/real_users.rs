//! With the real user-service as neighbour: its answers are what we think they are, and its tokens are ours.

use axum::body::Body;
use axum::http::Request;
use runtime::{CancellationToken, Listen};
use serde_json::json;
use service_kit::{Context, DatabaseArgs, ImperfectionArgs, Secret, seed};
use tower::ServiceExt as _;

use super::process::{Bed, post, sample, with_token};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn customers_of_a_fresh_shop_can_order() {
    let mut bed = Bed::sqlite().await;
    let folder = tempfile::tempdir().unwrap();
    let shutdown = CancellationToken::new();
    let args = user_service::Args {
        listen: Listen { address: None },
        database: DatabaseArgs {
            database_url: Some(Secret::new(format!("sqlite:{}", folder.path().join("users.db").display()))),
        },
        auth: bed.auth(),
        imperfection: ImperfectionArgs::off(),
        product_service_url: bed.address.clone(),
        token_lifetime: std::time::Duration::from_secs(600),
        login_lock: std::time::Duration::from_secs(1),
    };
    let context = Context { service: user_service::SERVICE, shutdown: shutdown.clone() };
    let app = user_service::build(context.clone(), args).await.unwrap();
    let users = service_kit::router(&context, app);
    let address = service_kit::spawn_local(users.clone(), shutdown.clone()).await.unwrap();
    bed.user_address = format!("http://{address}");

    let process = bed.start().await;
    let order = process.post("/orders", sample()).await.is(201).id();
    let unknown = json!({"user_id": 4711, "products": [{"id": 1, "quantity": 1}]});
    assert_eq!(process.post("/orders", unknown).await.is(404).code(), "USER_NOT_FOUND");

    let login = json!({"email": seed::customer_email(1), "password": seed::CUSTOMER_PASSWORD});
    let response = users.clone().oneshot(post("/auth/login", &login)).await.unwrap();
    let bytes = axum::body::to_bytes(response.into_body(), 1 << 16).await.unwrap();
    let answer: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
    let token = answer["token"].as_str().unwrap();
    let own = Request::get(format!("/orders/{order}")).body(Body::empty()).unwrap();
    process.call(with_token(own, token)).await.is(200);
    let others = Request::get("/orders/user/2").body(Body::empty()).unwrap();
    process.call(with_token(others, token)).await.is(403);
    shutdown.cancel();
}
