//! The service's router and short ways to call it.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, header};
use runtime::{CancellationToken, Listen};
use serde_json::{Value, json};
use service_kit::{
    AssertSqlSafe, AuthArgs, Authenticator, Claims, Context, Database, DatabaseArgs, Durability,
    ImperfectionArgs, Role, Secret, now_ms,
};
use tower::ServiceExt as _;

use crate::state::Products;
use crate::{Args, SERVICE, schema};

const SECRET: &str = "a secret that only these tests know";

/// Everything a scenario needs.
pub struct Bed {
    /// The same database without HTTP, and without the service's background jobs.
    pub products: Arc<Products>,
    router: Router,
    shutdown: CancellationToken,
}

/// One answer.
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Value,
}

impl Bed {
    pub async fn on(database_url: String) -> Self {
        let args = Args {
            listen: Listen { address: None },
            database: DatabaseArgs { database_url: Some(Secret::new(database_url)) },
            auth: AuthArgs { jwt_secret: Some(Secret::new(SECRET)) },
            imperfection: ImperfectionArgs::off(),
            restock_interval: Duration::ZERO,
            expiry_interval: Duration::ZERO,
        };
        let shutdown = CancellationToken::new();
        let context = Context { service: SERVICE, shutdown: shutdown.clone() };
        let app = crate::build(context.clone(), args.clone()).await.unwrap();
        let router = service_kit::router(&context, app);
        let database =
            Database::open(&args.database, SERVICE.name, Durability::ProcessCrash, schema::MIGRATIONS)
                .await
                .unwrap();
        Self { products: Products::new(database, &args), router, shutdown }
    }

    /// Runs a statement beside the service.
    pub async fn change_database(&self, sql: &str) -> u64 {
        self.products.database.query(AssertSqlSafe(sql.to_owned())).execute().await.unwrap()
    }

    /// One number from the database.
    pub async fn number(&self, sql: &str) -> i64 {
        let sql = format!("SELECT CAST(({sql}) AS BIGINT) AS number");
        let row = self.products.database.query(AssertSqlSafe(sql)).one().await.unwrap();
        row.get::<Option<i64>>("number").unwrap().unwrap_or(0)
    }

    pub async fn call(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, 1 << 22).await.unwrap();
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Answer { status: parts.status.as_u16(), headers: parts.headers, body }
    }

    pub async fn send(&self, method: Method, path: &str, token: Option<&str>, body: Option<Value>) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        if let Some(token) = token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        self.call(request.body(body).unwrap()).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None, None).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(Method::POST, path, None, Some(body)).await
    }

    /// Asks for stock; items are `(product, quantity)`.
    pub async fn reserve(&self, order_id: &str, items: &[(i64, i64)]) -> Answer {
        let items: Vec<Value> =
            items.iter().map(|(id, quantity)| json!({"product_id": id, "quantity": quantity})).collect();
        self.post("/inventory/reserve", json!({"order_id": order_id, "items": items})).await
    }

    /// `(on_hand, reserved)` of a product.
    pub async fn stock(&self, id: i64) -> (i64, i64) {
        let level = self.get(&format!("/inventory/{id}")).await.is(200).body;
        (level["on_hand"].as_i64().unwrap(), level["reserved"].as_i64().unwrap())
    }
}

impl Drop for Bed {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}

impl Answer {
    /// The same, once its status is the one expected.
    #[track_caller]
    pub fn is(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.body);
        self
    }

    pub fn code(&self) -> &str {
        self.body["error"]["code"].as_str().unwrap_or_default()
    }

    /// The ids of a list's items.
    pub fn ids(&self) -> Vec<i64> {
        self.body["items"].as_array().unwrap().iter().map(|item| item["id"].as_i64().unwrap()).collect()
    }
}

/// A token of somebody with this role.
pub fn token(role: Role) -> String {
    let now = now_ms() / 1000;
    Authenticator::new(&Secret::new(SECRET))
        .sign(&Claims {
            sub: "25".to_owned(),
            email: "somebody@shop.example".to_owned(),
            role,
            iat: now,
            exp: now + 60,
            jti: "token".to_owned(),
            sid: "session".to_owned(),
        })
        .unwrap()
}
