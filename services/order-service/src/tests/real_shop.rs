//! The whole shop in one process: an order goes through all three services as they are, and stock moves.

use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::Request;
use runtime::{CancellationToken, Listen};
use serde_json::{Value, json};
use service_kit::{App, Context, DatabaseArgs, ImperfectionArgs, Secret};
use tempfile::TempDir;
use tower::ServiceExt as _;

use super::process::{Answer, Bed, Process};

/// The order as the documentation has it, to the letter.
const LITERAL_ORDER: &str = r#"{"user_id":1,"products":[{"id":1,"quantity":2}]}"#;

/// Product-service and user-service, listening; they end with `shutdown`.
pub struct Shop {
    products: Router,
    users: Router,
    folder: TempDir,
    shutdown: CancellationToken,
}

impl Shop {
    /// Starts both and makes them the neighbours of `bed`.
    pub async fn beside(bed: &mut Bed) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let shutdown = CancellationToken::new();
        let mut shop = Self { products: Router::new(), users: Router::new(), folder, shutdown };

        let args = product_service::Args {
            listen: Listen { address: None },
            database: shop.database("products"),
            auth: bed.auth(),
            imperfection: ImperfectionArgs::off(),
            restock_interval: Duration::ZERO,
            expiry_interval: Duration::ZERO,
        };
        let context = Context { service: product_service::SERVICE, shutdown: shop.shutdown.clone() };
        let app = product_service::build(context.clone(), args).await.unwrap();
        (shop.products, bed.address) = listen(&context, app).await;

        let args = user_service::Args {
            listen: Listen { address: None },
            database: shop.database("users"),
            auth: bed.auth(),
            imperfection: ImperfectionArgs::off(),
            product_service_url: bed.address.clone(),
            token_lifetime: Duration::from_secs(600),
            login_lock: Duration::from_secs(1),
        };
        let context = Context { service: user_service::SERVICE, shutdown: shop.shutdown.clone() };
        let app = user_service::build(context.clone(), args).await.unwrap();
        (shop.users, bed.user_address) = listen(&context, app).await;
        shop
    }

    fn database(&self, name: &str) -> DatabaseArgs {
        let file = self.folder.path().join(format!("{name}.db"));
        DatabaseArgs { database_url: Some(Secret::new(format!("sqlite:{}", file.display()))) }
    }

    /// What user-service answers.
    pub async fn users(&self, request: Request<Body>) -> Answer {
        let response = self.users.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, 1 << 16).await.unwrap();
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Answer { status: parts.status.as_u16(), headers: parts.headers, body }
    }

    /// `(on_hand, reserved)` of product 1, as product-service tells everybody.
    async fn stock(&self) -> (i64, i64) {
        let request = Request::get("/inventory/1").body(Body::empty()).unwrap();
        let response = self.products.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), 200);
        let bytes = to_bytes(response.into_body(), 1 << 16).await.unwrap();
        let level: Value = serde_json::from_slice(&bytes).unwrap();
        (level["on_hand"].as_i64().unwrap(), level["reserved"].as_i64().unwrap())
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}

async fn listen(context: &Context, app: App) -> (Router, String) {
    let router = service_kit::router(context, app);
    let address = service_kit::spawn_local(router.clone(), context.shutdown.clone()).await.unwrap();
    (router, format!("http://{address}"))
}

/// Sends [`LITERAL_ORDER`] as curl does with a bare `-d`.
async fn place(process: &Process) -> Value {
    let request = Request::post("/orders")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from(LITERAL_ORDER))
        .unwrap();
    process.call(request).await.is(201).body
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_literal_order_is_placed_and_paid_and_stock_moves() {
    let mut bed = Bed::sqlite().await;
    let shop = Shop::beside(&mut bed).await;
    let process = bed.start().await;
    let (on_hand, reserved) = shop.stock().await;
    assert_eq!(reserved, 0);

    let order = place(&process).await;
    let id = order["id"].as_i64().unwrap();
    assert_eq!(order["status"], "pending_payment", "{order}");
    assert_eq!(order["total"], 159.98, "the catalogue's price, twice: {order}");
    assert_eq!(shop.stock().await, (on_hand, 2), "set aside, not sold");

    let card = json!({"method": "card", "card_token": "tok_ok"});
    let paid = process.post(&format!("/orders/{id}/pay"), card).await.is(200);
    assert_eq!(paid.body["status"], "paid");
    assert_eq!(shop.stock().await, (on_hand - 2, 0), "sold");
    assert_eq!(bed.neighbours.sold(1), 0, "the fakes had no part in it");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_comes_to_nothing_gives_the_stock_back() {
    let mut bed = Bed::sqlite().await;
    let shop = Shop::beside(&mut bed).await;
    let process = bed.start().await;
    let before = shop.stock().await;

    let id = place(&process).await["id"].as_i64().unwrap();
    assert_eq!(shop.stock().await, (before.0, 2));
    process.post(&format!("/orders/{id}/cancel"), json!({})).await.is(200);
    assert_eq!(shop.stock().await, before);

    for (products, status, code) in [
        (json!([{"id": 1, "quantity": 1}, {"id": 4711, "quantity": 1}]), 404, "PRODUCT_NOT_FOUND"),
        (json!([{"id": 1, "quantity": 1}, {"id": 13, "quantity": 6}]), 409, "OUT_OF_STOCK"),
    ] {
        let body = json!({"user_id": 1, "products": products});
        assert_eq!(process.post("/orders", body).await.is(status).code(), code);
        assert_eq!(shop.stock().await, before, "{code}");
    }
}
