//! The generator's own address: what it does, and the switch.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::extract::State;
use axum::routing::{get, post};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use service_kit::{AppError, Json};
use utoipa::{OpenApi, ToSchema};

use crate::control::Position;
use crate::engine::Engine;
use crate::self_check::{Report, SelfCheck};
use crate::shop::Target;

/// What the handlers know.
#[derive(Debug, Clone)]
pub struct ApiState {
    pub engine: Arc<Engine>,
    pub self_check: SelfCheck,
    pub started: Instant,
    pub users: u32,
}

/// The description served as `/openapi.json`.
#[derive(Debug, OpenApi)]
#[openapi(
    info(title = "traffic-generator", description = "Simulated customers that keep the shop busy."),
    paths(status, start, stop, rate),
    components(schemas(Switch, Rate))
)]
pub struct ApiDoc;

/// The routes.
pub fn routes(state: ApiState) -> Router {
    Router::new()
        .route("/status", get(status))
        .route("/control/start", post(start))
        .route("/control/stop", post(stop))
        .route("/control/rate", post(rate))
        .with_state(state)
}

#[derive(Debug, Serialize)]
struct Status {
    #[serde(flatten)]
    switch: Switch,
    users: u32,
    seed: u64,
    uptime_s: u64,
    requests_per_second: f64,
    self_check: Option<Report>,
    services: BTreeMap<&'static str, &'static str>,
    #[serde(flatten)]
    statistics: Value,
}

/// Whether traffic flows, and how fast
#[derive(Debug, Serialize, ToSchema)]
struct Switch {
    running: bool,
    /// 1 is the usual rhythm
    rate: f64,
}

impl From<Position> for Switch {
    fn from(position: Position) -> Self {
        Self { running: position.running, rate: position.rate }
    }
}

/// The rate to set
#[derive(Debug, Deserialize, ToSchema)]
struct Rate {
    /// 1 is the usual rhythm, 2 twice as fast
    #[schema(example = 2.0, minimum = 0.01, maximum = 50)]
    rate: f64,
}

/// What the generator has done so far
#[utoipa::path(get, path = "/status", responses((status = 200, description = "Counts, latencies, and the switch")))]
async fn status(State(state): State<ApiState>) -> Json<Value> {
    let uptime = state.started.elapsed().as_secs_f64();
    let sent = state.engine.stats.sent() as f64;
    let services = Target::ALL.map(|target| {
        let open = state.engine.gates.is_open(target);
        (target.name(), if open { "up" } else { "away" })
    });
    let status = Status {
        switch: state.engine.control.position().into(),
        users: state.users,
        seed: state.engine.seed,
        uptime_s: uptime as u64,
        requests_per_second: (sent / uptime.max(1.0) * 100.0).round() / 100.0,
        self_check: state.self_check.report(),
        services: services.into_iter().collect(),
        statistics: state.engine.stats.snapshot(),
    };
    Json(serde_json::to_value(status).unwrap_or_default())
}

/// Lets traffic flow
#[utoipa::path(post, path = "/control/start", responses((status = 200, body = Switch)))]
async fn start(State(state): State<ApiState>) -> Json<Switch> {
    let position = state.engine.control.set_running(true);
    tracing::info!(target: "shop", rate = position.rate, "traffic started");
    Json(position.into())
}

/// Stops traffic; scenarios under way end in good order
#[utoipa::path(post, path = "/control/stop", responses((status = 200, body = Switch)))]
async fn stop(State(state): State<ApiState>) -> Json<Switch> {
    let position = state.engine.control.set_running(false);
    tracing::info!(target: "shop", rate = position.rate, "traffic stopped");
    Json(position.into())
}

/// Changes the rate
#[utoipa::path(post, path = "/control/rate", request_body = Rate, responses(
    (status = 200, body = Switch),
    (status = 422, description = "Not a rate", body = service_kit::ErrorBody)
))]
async fn rate(State(state): State<ApiState>, Json(body): Json<Rate>) -> Result<Json<Switch>, AppError> {
    let position = state
        .engine
        .control
        .set_rate(body.rate)
        .map_err(|error| AppError::unprocessable("INVALID_FIELD", error.to_string()))?;
    tracing::info!(target: "shop", rate = position.rate, "traffic rate changed");
    Ok(Json(position.into()))
}
