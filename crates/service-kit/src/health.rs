//! `/health` (is the process alive, and how are those it needs?) and `/ready` (should it get traffic?).

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use runtime::CancellationToken;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{Database, ServiceClient};

/// Pause between two looks at a dependency that has been seen, and at one that has not.
const PROBE_INTERVAL: Duration = Duration::from_secs(10);
const FIRST_PROBE_INTERVAL: Duration = Duration::from_millis(250);

/// How another service, or the database, is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum DependencyStatus {
    /// Not asked yet
    Unknown,
    /// All is well
    Ok,
    /// It answers, but something it needs does not
    Degraded,
    /// It does not answer
    Down,
}

/// The answer of `/health`.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Health {
    /// `ok`, or `degraded` while something it needs does not answer
    pub status: &'static str,
    /// The service's name
    pub service: String,
    /// Its version
    pub version: &'static str,
    /// Seconds since its start
    pub uptime_s: u64,
    /// What it needs, and how that is
    pub dependencies: BTreeMap<String, DependencyStatus>,
}

/// The state behind both addresses.
#[derive(Debug, Clone)]
pub(crate) struct Monitor {
    pub(crate) service: String,
    pub(crate) version: &'static str,
    pub(crate) started: Instant,
    pub(crate) required: Vec<ServiceClient>,
    pub(crate) optional: Vec<ServiceClient>,
    pub(crate) database: Option<Database>,
    /// Set once all required services were seen.
    pub(crate) seen: Arc<AtomicBool>,
    pub(crate) shutdown: CancellationToken,
}

impl Monitor {
    /// Looks at the dependencies until shutdown; each has a task of its own, so that one that hangs holds up no other.
    pub(crate) fn watch(&self) {
        for client in self.required.iter().chain(&self.optional) {
            let (client, shutdown) = (client.clone(), self.shutdown.clone());
            tokio::spawn(async move {
                loop {
                    let pause = match client.probe().await {
                        DependencyStatus::Ok => PROBE_INTERVAL,
                        _ => FIRST_PROBE_INTERVAL * 4,
                    };
                    tokio::select! {
                        () = shutdown.cancelled() => return,
                        () = tokio::time::sleep(pause) => {}
                    }
                }
            });
        }
    }

    async fn health(&self) -> Health {
        let mut dependencies = BTreeMap::new();
        for client in self.required.iter().chain(&self.optional) {
            dependencies.insert(client.name().to_owned(), client.status());
        }
        if let Some(database) = &self.database {
            let status = if database.answers().await { DependencyStatus::Ok } else { DependencyStatus::Down };
            dependencies.insert("database".to_owned(), status);
        }
        // What a dependency lacks itself is its own affair as long as it answers: one service that is down must not
        // make everything look ill.
        let well = dependencies.values().all(|status| *status != DependencyStatus::Down);
        Health {
            status: if well { "ok" } else { "degraded" },
            service: self.service.clone(),
            version: self.version,
            uptime_s: self.started.elapsed().as_secs(),
            dependencies,
        }
    }

    /// Looks now rather than at the next probe: a stack that starts should be ready soon.
    async fn look_at_required(&self) -> Result<(), String> {
        for client in &self.required {
            let missing = |status| matches!(status, DependencyStatus::Unknown | DependencyStatus::Down);
            if missing(client.status()) && missing(client.probe().await) {
                return Err(format!("{} does not answer", client.name()));
            }
        }
        Ok(())
    }

    /// Ready once every required service was seen, and while the database answers. A dependency that goes away later
    /// is told by `/health` and by the answers of requests that need it; those that don't go on.
    async fn ready(&self) -> Result<(), String> {
        if self.shutdown.is_cancelled() {
            return Err("shutting down".to_owned());
        }
        if !self.seen.load(Ordering::Relaxed) {
            self.look_at_required().await?;
            self.seen.store(true, Ordering::Relaxed);
        }
        match &self.database {
            Some(database) if !database.answers().await => Err("the database does not answer".to_owned()),
            _ => Ok(()),
        }
    }
}

/// The two routes.
pub(crate) fn routes(monitor: Monitor) -> Router {
    Router::new().route("/health", get(health)).route("/ready", get(ready)).with_state(monitor)
}

async fn health(State(monitor): State<Monitor>) -> Json<Health> {
    Json(monitor.health().await)
}

async fn ready(State(monitor): State<Monitor>) -> Response {
    match monitor.ready().await {
        Ok(()) => Json(serde_json::json!({"status": "ready"})).into_response(),
        Err(reason) => not_ready(&reason),
    }
}

/// 503 with the reason.
pub(crate) fn not_ready(reason: &str) -> Response {
    crate::AppError::new(StatusCode::SERVICE_UNAVAILABLE, "NOT_READY", reason).into_response()
}
