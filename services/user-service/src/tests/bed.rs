//! The service's router, the fake product-service it asks, and short ways to call it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{Query, State};
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use axum::routing::get;
use axum::{Json, Router};
use runtime::{CancellationToken, Listen};
use serde_json::{Value, json};
use service_kit::{
    AssertSqlSafe, AuthArgs, Authenticator, Context, Database, DatabaseArgs, Durability, ImperfectionArgs,
    Secret, seed,
};
use tower::ServiceExt as _;

use crate::{Args, SERVICE, schema};

/// The secret that the service under test signs with.
pub const SECRET: &str = "a secret that only these tests know";

/// Everything a scenario needs.
pub struct Bed {
    pub authenticator: Authenticator,
    router: Router,
    products_up: Arc<AtomicBool>,
    args: Args,
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
        let products_up = Arc::new(AtomicBool::new(true));
        let shutdown = CancellationToken::new();
        let products = Router::new().route("/products", get(fake_products)).with_state(products_up.clone());
        let address = service_kit::spawn_local(products, shutdown.clone()).await.unwrap();
        let args = Args {
            listen: Listen { address: None },
            database: DatabaseArgs { database_url: Some(Secret::new(database_url)) },
            auth: AuthArgs { jwt_secret: Some(Secret::new(SECRET)) },
            imperfection: ImperfectionArgs::off(),
            product_service_url: format!("http://{address}"),
            token_lifetime: Duration::from_secs(600),
            login_lock: Duration::from_secs(60),
        };
        let router = router(&args, &shutdown).await;
        let authenticator = Authenticator::new(&Secret::new(SECRET));
        Self { authenticator, router, products_up, args, shutdown }
    }

    /// The service as it is after a restart on the same database.
    pub async fn restart(&self) -> Router {
        router(&self.args, &self.shutdown).await
    }

    /// Whether product-service answers.
    pub fn products_answer(&self, up: bool) {
        self.products_up.store(up, Ordering::SeqCst);
    }

    /// A look into the service's database beside it.
    pub async fn change_database(&self, sql: String) -> u64 {
        let database =
            Database::open(&self.args.database, SERVICE.name, Durability::ProcessCrash, schema::MIGRATIONS)
                .await
                .unwrap();
        let changed = database.query(AssertSqlSafe(sql)).execute().await.unwrap();
        database.close().await;
        changed
    }

    pub async fn call(&self, request: Request<Body>) -> Answer {
        call(&self.router, request).await
    }

    pub async fn send(&self, method: Method, path: &str, token: Option<&str>, body: Option<Value>) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        if let Some(token) = token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        let body = match body {
            Some(body) => {
                request = request.header(header::CONTENT_TYPE, "application/json");
                Body::from(body.to_string())
            }
            None => Body::empty(),
        };
        self.call(request.body(body).unwrap()).await
    }

    pub async fn get(&self, path: &str, token: Option<&str>) -> Answer {
        self.send(Method::GET, path, token, None).await
    }

    pub async fn post(&self, path: &str, token: Option<&str>, body: Value) -> Answer {
        self.send(Method::POST, path, token, Some(body)).await
    }

    pub async fn login(&self, email: &str, password: &str) -> Answer {
        self.post("/auth/login", None, json!({"email": email, "password": password})).await
    }

    /// A token of the customer with this id.
    pub async fn customer(&self, id: i64) -> String {
        self.login(&seed::customer_email(id).unwrap(), seed::CUSTOMER_PASSWORD).await.is(200).token()
    }

    /// A token of the administrator.
    pub async fn admin(&self) -> String {
        self.login(seed::ADMIN_EMAIL, seed::ADMIN_PASSWORD).await.is(200).token()
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

    pub fn token(&self) -> String {
        self.body["token"].as_str().unwrap().to_owned()
    }
}

pub async fn call(router: &Router, request: Request<Body>) -> Answer {
    let response = router.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let bytes = to_bytes(body, 1 << 22).await.unwrap();
    let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
    Answer { status: parts.status.as_u16(), headers: parts.headers, body }
}

async fn router(args: &Args, shutdown: &CancellationToken) -> Router {
    let context = Context { service: SERVICE, shutdown: shutdown.clone() };
    let app = crate::build(context.clone(), args.clone()).await.unwrap();
    service_kit::router(&context, app)
}

#[derive(serde::Deserialize)]
struct Wanted {
    ids: String,
}

/// Products 1 to 60 exist.
async fn fake_products(
    State(up): State<Arc<AtomicBool>>,
    Query(wanted): Query<Wanted>,
) -> Result<Json<Value>, StatusCode> {
    if !up.load(Ordering::SeqCst) {
        return Err(StatusCode::INTERNAL_SERVER_ERROR);
    }
    let ids = wanted.ids.split(',').map(|id| id.parse::<i64>().unwrap());
    let items: Vec<Value> = ids
        .filter(|id| (1..=60).contains(id))
        .map(|id| json!({"id": id, "name": format!("Product {id}")}))
        .collect();
    Ok(Json(json!({"items": items, "total": items.len(), "page": 1, "limit": 100})))
}
