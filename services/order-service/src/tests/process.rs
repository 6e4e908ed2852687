//! The service in a runtime of its own, which can be killed and started again on the same database.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request};
use runtime::{CancellationToken, Listen};
use serde_json::Value;
use service_kit::{
    AuthArgs, Authenticator, BreakerConfig, Claims, ClientConfig, Context, Database, DatabaseArgs,
    Durability, ImperfectionArgs, Role, Secret, now_ms,
};
use tempfile::TempDir;
use tower::ServiceExt as _;

use super::fake::Neighbours;
use super::gateway::BrakedGateway;
use crate::flow::Timing;
use crate::payment::{Gateway, Simulator, SimulatorSettings};
use crate::{Args, SERVICE};

const SECRET: &str = "a secret that only these tests know";

/// A database, the neighbours, and what a process is started with.
pub struct Bed {
    pub neighbours: Arc<Neighbours>,
    pub address: String,
    pub user_address: String,
    database_url: String,
    pub timing: Timing,
    pub require_auth: bool,
    /// Failures in a row after which a neighbour is left alone.
    pub breaker_failures: u32,
    _folder: Option<TempDir>,
    shutdown: CancellationToken,
}

impl Bed {
    pub async fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("orders.db").display());
        Self::on(url, Some(folder)).await
    }

    /// On a database of its own in the server.
    pub async fn postgres(server: &testkit::Postgres, name: &str) -> Self {
        let admin = DatabaseArgs { database_url: Some(Secret::new(server.url())) };
        let admin = Database::open(&admin, "admin", Durability::ProcessCrash, &[]).await.unwrap();
        let create = format!("CREATE DATABASE {name}");
        admin.query(sqlx::AssertSqlSafe(create)).execute().await.unwrap();
        admin.close().await;
        Self::on(server.url().replace("/postgres?", &format!("/{name}?")), None).await
    }

    async fn on(database_url: String, folder: Option<TempDir>) -> Self {
        let neighbours = Neighbours::new();
        let shutdown = CancellationToken::new();
        let address = service_kit::spawn_local(neighbours.router(), shutdown.clone()).await.unwrap();
        let timing = Timing {
            payment_window: Duration::from_secs(600),
            payment_timeout: Duration::from_millis(400),
            lease: Duration::from_millis(1500),
            retry: Duration::from_millis(50),
            sweep: Duration::from_millis(30),
        };
        Self {
            neighbours,
            address: format!("http://{address}"),
            user_address: format!("http://{address}"),
            database_url,
            timing,
            require_auth: false,
            breaker_failures: 100,
            _folder: folder,
            shutdown,
        }
    }

    fn args(&self) -> Args {
        Args {
            listen: Listen { address: None },
            database: self.database_args(),
            auth: self.auth(),
            imperfection: ImperfectionArgs::off(),
            user_service_url: self.user_address.clone(),
            product_service_url: self.address.clone(),
            require_auth: self.require_auth,
            decline_rate: 0.0,
            payment_latency: Duration::ZERO,
            payment_timeout: self.timing.payment_timeout,
            payment_window: self.timing.payment_window,
        }
    }

    /// The secret that all services share.
    pub fn auth(&self) -> AuthArgs {
        AuthArgs { jwt_secret: Some(Secret::new(SECRET)) }
    }

    fn database_args(&self) -> DatabaseArgs {
        DatabaseArgs { database_url: Some(Secret::new(self.database_url.as_str())) }
    }

    /// A look into the service's database beside it.
    pub async fn database(&self) -> Database {
        Database::open(
            &self.database_args(),
            SERVICE.name,
            Durability::ProcessCrash,
            crate::store::MIGRATIONS,
        )
        .await
        .unwrap()
    }

    /// Lets the time pass that a dead request's idempotency key stays locked.
    pub async fn unlock_keys(&self) {
        let database = self.database().await;
        database.query("UPDATE idempotency_keys SET locked_until_ms = 0").execute().await.unwrap();
        database.close().await;
    }

    /// A count of rows.
    pub async fn count(&self, from: &str) -> i64 {
        let database = self.database().await;
        let sql = format!("SELECT CAST(COUNT(*) AS BIGINT) AS number FROM {from}");
        let row = database.query(sqlx::AssertSqlSafe(sql)).one().await.unwrap();
        database.close().await;
        row.get("number").unwrap()
    }

    /// Starts a process.
    pub async fn start(&self) -> Process {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let context = Context { service: SERVICE, shutdown: self.shutdown.child_token() };
        let (args, timing) = (self.args(), self.timing);
        let neighbours = Arc::clone(&self.neighbours);
        let calls = ClientConfig {
            timeout: Duration::from_millis(400),
            retries: 1,
            breaker: BreakerConfig { failures: self.breaker_failures, pause: Duration::from_secs(60) },
        };
        let build = async move {
            let gateway = |database, faults| {
                let settings = SimulatorSettings { decline_rate: 0.0, seed: 1, latency: Duration::ZERO };
                let simulator = Simulator::new(database, settings, faults);
                Arc::new(BrakedGateway { simulator, neighbours }) as Arc<dyn Gateway>
            };
            let app = crate::assemble(context.clone(), args, (timing, calls), gateway).await.unwrap();
            service_kit::router(&context, app)
        };
        let router = runtime.spawn(build).await.unwrap();
        Process { runtime: Some(runtime), router }
    }
}

impl Drop for Bed {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}

/// An answer.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Value,
}

impl Answer {
    pub fn code(&self) -> &str {
        self.body["error"]["code"].as_str().unwrap_or_default()
    }

    #[track_caller]
    pub fn is(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.body);
        self
    }

    pub fn id(&self) -> i64 {
        self.body["id"].as_i64().unwrap()
    }
}

/// A running service.
pub struct Process {
    runtime: Option<tokio::runtime::Runtime>,
    router: Router,
}

impl Process {
    /// The handle of a call; it fails when the process is killed meanwhile.
    pub fn begin(&self, request: Request<Body>) -> tokio::task::JoinHandle<Answer> {
        let router = self.router.clone();
        self.runtime.as_ref().unwrap().spawn(async move {
            let response = router.oneshot(request).await.unwrap();
            let (parts, body) = response.into_parts();
            let bytes = to_bytes(body, 1 << 22).await.unwrap();
            let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
            Answer { status: parts.status.as_u16(), headers: parts.headers, body }
        })
    }

    pub async fn call(&self, request: Request<Body>) -> Answer {
        self.begin(request).await.unwrap()
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.call(Request::get(path).body(Body::empty()).unwrap()).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.call(post(path, &body)).await
    }

    /// The order's status.
    pub async fn status(&self, id: i64) -> String {
        let order = self.get(&format!("/orders/{id}")).await.is(200);
        order.body["status"].as_str().unwrap().to_owned()
    }

    /// Ends the process as `kill -9` does: whatever it does stops where it is.
    pub fn kill(mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// A `POST` as curl sends it with a bare `-d`.
pub fn post(path: &str, body: &Value) -> Request<Body> {
    Request::post(path)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from(body.to_string()))
        .unwrap()
}

/// The same with an idempotency key.
pub fn post_with_key(path: &str, body: &Value, key: &str) -> Request<Body> {
    let mut request = post(path, body);
    request.headers_mut().insert("idempotency-key", key.parse().unwrap());
    request
}

/// The same with a token.
pub fn with_token(mut request: Request<Body>, token: &str) -> Request<Body> {
    request.headers_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
    request
}

/// A token of a user.
pub fn token(user_id: i64, role: Role) -> String {
    let now = now_ms() / 1000;
    let claims = Claims {
        sub: user_id.to_string(),
        email: "someone@shop.example".to_owned(),
        role,
        iat: now,
        exp: now + 600,
        jti: "t".to_owned(),
        sid: "s".to_owned(),
    };
    Authenticator::new(&Secret::new(SECRET)).sign(&claims).unwrap()
}

/// Waits until `probe` holds: background work has no event to wait for.
#[track_caller]
pub fn eventually(what: &'static str, mut probe: impl AsyncFnMut() -> bool) -> impl Future<Output = ()> {
    let caller = std::panic::Location::caller();
    async move {
        let started = Instant::now();
        while !probe().await {
            assert!(started.elapsed() < Duration::from_secs(20), "{caller}: never: {what}");
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
    }
}

/// The order of the documentation.
pub fn sample() -> Value {
    serde_json::json!({"user_id": 1, "products": [{"id": 1, "quantity": 2}]})
}
