//! A service from start to end.

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use anyhow::Context as _;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, Request};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Extension, Router, middleware};
use runtime::{CancellationToken, Listen};
use tower::ServiceExt as _;
use utoipa::OpenApi as _;
use utoipa::openapi::OpenApi;

use crate::fault::{self, FaultsDoc};
use crate::health::{self, Monitor};
use crate::http::{Limits, MAX_BODY_BYTES, Scaffold, observe};
use crate::{AppError, Authenticator, Database, Faults, Json, ServiceClient, Telemetry, TelemetryOptions};

/// What a service is called and where it listens unless told otherwise.
#[derive(Debug, Clone, Copy)]
pub struct Service {
    /// Its name, also the name of its data folder.
    pub name: &'static str,
    /// Its version.
    pub version: &'static str,
    /// Its usual port.
    pub port: u16,
}

/// What building an [`App`] may use.
#[derive(Debug, Clone)]
pub struct Context {
    /// The service being built.
    pub service: Service,
    /// Cancelled when the service is to end; background tasks watch it.
    pub shutdown: CancellationToken,
}

/// A service's insides.
pub struct App {
    /// The business routes.
    pub routes: Router,
    /// Their description, served as `/openapi.json`.
    pub openapi: OpenApi,
    /// Checks tokens, if the service takes any.
    pub authenticator: Option<Authenticator>,
    /// The database, watched by `/health` and closed at the end.
    pub database: Option<Database>,
    /// Services without which this one is not ready.
    pub required: Vec<ServiceClient>,
    /// Services without which it does less.
    pub optional: Vec<ServiceClient>,
    /// What can be made to go wrong; needs an authenticator.
    pub faults: Option<Faults>,
}

impl std::fmt::Debug for App {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("App").field("routes", &self.routes).finish_non_exhaustive()
    }
}

impl App {
    /// An app with routes and nothing else.
    pub fn new(routes: Router, openapi: OpenApi) -> Self {
        Self {
            routes,
            openapi,
            authenticator: None,
            database: None,
            required: Vec::new(),
            optional: Vec::new(),
            faults: None,
        }
    }
}

/// The full router of `app`: its routes with `/health`, `/ready`, `/openapi.json`, limits, spans and standard errors.
/// Starts the tasks that watch its dependencies.
pub fn router(context: &Context, app: App) -> Router {
    let monitor = Monitor {
        service: std::env::var("SERVICE_NAME").unwrap_or_else(|_| context.service.name.to_owned()),
        version: context.service.version,
        started: Instant::now(),
        required: app.required,
        optional: app.optional,
        database: app.database,
        seen: Arc::default(),
        shutdown: context.shutdown.clone(),
    };
    monitor.watch();
    let mut openapi = app.openapi;
    let mut routes = app.routes.merge(health::routes(monitor));
    if let Some(faults) = &app.faults {
        openapi.merge(FaultsDoc::openapi());
        routes = routes.merge(fault::routes(faults.clone()));
        fault::start_strain(faults, &context.shutdown);
    }
    let openapi = Arc::new(openapi);
    routes = routes
        .route("/openapi.json", get(move || async move { Json(openapi.clone()) }))
        .fallback(unknown_address);
    if let Some(authenticator) = app.authenticator {
        routes = routes.layer(Extension(authenticator));
    }
    if let Some(faults) = app.faults {
        routes = routes.layer(middleware::from_fn_with_state(faults, fault::disturb));
    }
    surround(routes, Limits::default())
}

/// Puts span, line, ids, limits and standard errors around `routes`.
pub(crate) fn surround(routes: Router, limits: Limits) -> Router {
    routes
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(middleware::from_fn_with_state(Scaffold { limits }, observe))
}

async fn unknown_address(request: Request) -> AppError {
    AppError::not_found(
        "UNKNOWN_ADDRESS",
        format!(
            "there is nothing at {}; /openapi.json lists what there is",
            request.uri().path().chars().take(200).collect::<String>()
        ),
    )
}

/// Runs a service: telemetry, listener, `build`, requests, orderly end. While `build` opens and migrates the database
/// the service already answers `/health`; `/ready` and everything else are 503 until it is done.
pub async fn run<B, F>(
    service: Service,
    listen: &Listen,
    shutdown: CancellationToken,
    build: B,
) -> anyhow::Result<()>
where
    B: FnOnce(Context) -> F,
    F: Future<Output = anyhow::Result<App>>,
{
    let telemetry = Telemetry::init(&TelemetryOptions::from_env(service.name, service.version))
        .context("set up telemetry")?;
    let result = serve(service, listen, shutdown, build).await;
    if let Err(error) = &result {
        tracing::error!(error = format!("{error:#}"), "{} ends with an error", service.name);
    }
    telemetry.shutdown().await;
    result
}

async fn serve<B, F>(
    service: Service,
    listen: &Listen,
    shutdown: CancellationToken,
    build: B,
) -> anyhow::Result<()>
where
    B: FnOnce(Context) -> F,
    F: Future<Output = anyhow::Result<App>>,
{
    let listener = runtime::bind(listen.or_port(service.port), service.name).await?;
    let built = Arc::new(OnceLock::new());
    // The server outlives `shutdown` only to finish requests; it ends early when building fails.
    let server_end = shutdown.child_token();
    let server =
        tokio::spawn(runtime::serve_http(listener, gate(service, built.clone()), server_end.clone()));
    let context = Context { service, shutdown: shutdown.clone() };
    let app = tokio::select! {
        app = build(context.clone()) => app,
        () = shutdown.cancelled() => {
            return server.await.context("HTTP server")?;
        }
    };
    let app = match app {
        Ok(app) => app,
        Err(error) => {
            server_end.cancel();
            return Err(error);
        }
    };
    let database = app.database.clone();
    // Empty until now: this is the only place that sets it.
    drop(built.set(router(&context, app)));
    tracing::info!(version = service.version, "ready");
    let result = server.await.context("HTTP server")?;
    if let Some(database) = database {
        database.close().await;
    }
    result
}

/// Answers with the real router once there is one.
fn gate(service: Service, built: Arc<OnceLock<Router>>) -> Router {
    Router::new().fallback(move |request: Request<Body>| {
        let built = built.get().cloned();
        async move {
            match built {
                Some(router) => match router.oneshot(request).await {
                    Ok(response) => response,
                    Err(never) => unreachable(never),
                },
                None => starting(service, &request),
            }
        }
    })
}

fn unreachable(never: Infallible) -> Response {
    match never {}
}

fn starting(service: Service, request: &Request) -> Response {
    if request.uri().path() == "/health" {
        return Json(serde_json::json!({
            "status": "starting", "service": service.name, "version": service.version, "uptime_s": 0,
            "dependencies": {},
        }))
        .into_response();
    }
    AppError::unavailable("STARTING", "the service is starting", 1).into_response()
}

/// Serves `router` on a port of the system's choice until `shutdown`: for tests that need a real server.
pub async fn spawn_local(router: Router, shutdown: CancellationToken) -> anyhow::Result<SocketAddr> {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = listener.local_addr()?;
    tokio::spawn(runtime::serve_http(listener, router, shutdown));
    Ok(address)
}
