//! `/admin/faults`: for administrators and other services, as everything that changes the shop.

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, put};
use serde::{Deserialize, Serialize};
use utoipa::{OpenApi, ToSchema};

use super::switch::Position;
use super::{Fault, Faults, SettingError, Wish};
use crate::{AppError, Caller, ErrorBody, Json, rfc3339};

/// Calls to this address leave neither span nor line: they would tell a learner where to look.
pub(crate) const EXERCISE_PATH: &str = "/admin/exercise";

/// The description of the routes, merged into that of the service.
#[derive(Debug, OpenApi)]
#[openapi(paths(list, set, unset, start_exercise, end_exercise), components(schemas(Switch, Switches)))]
pub(crate) struct FaultsDoc;

/// The routes.
pub(crate) fn routes(faults: Faults) -> Router {
    Router::new()
        .route("/admin/faults", get(list))
        .route("/admin/faults/{name}", put(set).delete(unset))
        .route(EXERCISE_PATH, put(start_exercise).delete(end_exercise))
        .with_state(faults)
}

/// A fault and how it is set
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct Switch {
    name: &'static str,
    about: &'static str,
    enabled: bool,
    /// Share of the places it strikes; the default while it is off
    rate: f64,
    params: Parameters,
    since: Option<String>,
    until: Option<String>,
    /// How often it has struck since it was switched on last
    affected: u64,
}

/// What a fault knows besides its rate
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct Parameters {
    #[serde(skip_serializing_if = "Option::is_none")]
    latency_ms: Option<u64>,
}

/// The faults of a service
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Switches {
    faults: Vec<Switch>,
}

impl Switch {
    fn of(position: Position) -> Self {
        let fault = position.fault;
        let hidden = position.setting.is_some_and(|setting| setting.is_exercise);
        let setting = position.setting.filter(|_| !hidden);
        let latency_ms = |default| setting.map_or(default, |setting| setting.latency.as_millis() as u64);
        Self {
            name: fault.name(),
            about: fault.about(),
            enabled: setting.is_some(),
            rate: setting.map_or(fault.default_rate(), |setting| setting.rate),
            params: Parameters { latency_ms: fault.default_latency_ms().map(latency_ms) },
            since: setting.map(|setting| rfc3339(setting.since_ms)),
            until: setting.map(|setting| rfc3339(setting.until_ms)),
            affected: if hidden { 0 } else { position.affected },
        }
    }

    fn named(faults: &Faults, fault: Fault) -> Result<Json<Self>, AppError> {
        let position = faults.positions().find(|position| position.fault == fault);
        position.map(|position| Json(Self::of(position))).ok_or_else(|| unknown(fault.name()))
    }
}

/// How to set a fault
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Order {
    /// false switches it off
    #[serde(default = "yes")]
    enabled: bool,
    /// Above 0, up to 1
    rate: Option<f64>,
    /// Up to 10000, for faults that know a latency
    latency_ms: Option<u64>,
    /// After so many seconds it is off again: 1 to 86400 (default 600)
    duration_s: Option<u64>,
}

/// A fault that nobody is told of
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Exercise {
    fault: String,
    rate: Option<f64>,
    latency_ms: Option<u64>,
    duration_s: Option<u64>,
}

const fn yes() -> bool {
    true
}

/// The faults that this service has
#[utoipa::path(get, path = "/admin/faults", tag = "faults", security(("bearer" = [])),
    responses((status = 200, body = Switches), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody)))]
async fn list(State(faults): State<Faults>, caller: Caller) -> Result<Json<Switches>, AppError> {
    caller.must_be_admin_or_service()?;
    Ok(Json(Switches { faults: faults.positions().map(Switch::of).collect() }))
}

/// Switch a fault on or off
#[utoipa::path(put, path = "/admin/faults/{name}", tag = "faults", security(("bearer" = [])),
    params(("name" = String, Path)), request_body = Order,
    responses((status = 200, body = Switch), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody), (status = 422, body = ErrorBody)))]
async fn set(
    State(faults): State<Faults>,
    Path(name): Path<String>,
    caller: Caller,
    Json(order): Json<Order>,
) -> Result<Json<Switch>, AppError> {
    caller.must_be_admin_or_service()?;
    let fault = find(&faults, &name)?;
    let Order { enabled, rate, latency_ms, duration_s } = order;
    let wish = Wish { rate, latency_ms, duration_s, is_exercise: false };
    if enabled {
        faults.turn_on(fault, wish)?;
    } else {
        wish.check(fault)?;
        faults.turn_off(fault);
    }
    Switch::named(&faults, fault)
}

/// Switch a fault off
#[utoipa::path(delete, path = "/admin/faults/{name}", tag = "faults", security(("bearer" = [])),
    params(("name" = String, Path)),
    responses((status = 200, body = Switch), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody)))]
async fn unset(
    State(faults): State<Faults>,
    Path(name): Path<String>,
    caller: Caller,
) -> Result<Json<Switch>, AppError> {
    caller.must_be_admin_or_service()?;
    let fault = find(&faults, &name)?;
    faults.turn_off(fault);
    Switch::named(&faults, fault)
}

/// Switch a fault on without a word about it, for learners to find
#[utoipa::path(put, path = "/admin/exercise", tag = "faults", security(("bearer" = [])), request_body = Exercise,
    responses((status = 204), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody), (status = 422, body = ErrorBody)))]
async fn start_exercise(
    State(faults): State<Faults>,
    caller: Caller,
    Json(exercise): Json<Exercise>,
) -> Result<StatusCode, AppError> {
    caller.must_be_admin_or_service()?;
    let fault = find(&faults, &exercise.fault)?;
    let Exercise { rate, latency_ms, duration_s, .. } = exercise;
    faults.turn_on(fault, Wish { rate, latency_ms, duration_s, is_exercise: true })?;
    Ok(StatusCode::NO_CONTENT)
}

/// Switch off everything that was switched on for an exercise
#[utoipa::path(delete, path = "/admin/exercise", tag = "faults", security(("bearer" = [])),
    responses((status = 204), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody)))]
async fn end_exercise(State(faults): State<Faults>, caller: Caller) -> Result<StatusCode, AppError> {
    caller.must_be_admin_or_service()?;
    faults.end_exercise();
    Ok(StatusCode::NO_CONTENT)
}

fn find(faults: &Faults, name: &str) -> Result<Fault, AppError> {
    Fault::from_name(name).filter(|fault| faults.has(*fault)).ok_or_else(|| unknown(name))
}

fn unknown(name: &str) -> AppError {
    let name: String = name.chars().take(60).collect();
    AppError::not_found(
        "FAULT_NOT_FOUND",
        format!("this service has no fault {name:?}; GET /admin/faults lists those it has"),
    )
}

impl From<SettingError> for AppError {
    fn from(error: SettingError) -> Self {
        Self::unprocessable("INVALID_FIELD", error.to_string())
            .with_details(serde_json::json!({"field": error.field()}))
    }
}
