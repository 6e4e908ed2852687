//! Deleting lines: `/loki/api/v1/delete`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use model::{TenantId, TimestampNanos};
use serde_json::{Value, json};

use super::App;
use super::error::ApiError;
use super::query::json as answer;
use super::tenant;
use crate::deletes::{CancelError, CreateError, DeleteRequest, NewRequest, Progress};
use crate::limits::DeletionMode;
use crate::query::{Params, parse_time};

/// Longer queries are refused: requests are kept, and read at each start.
const MAX_QUERY_BYTES: usize = 16 << 10;
const REQUEST_ID: HeaderName = HeaderName::from_static("x-delete-request-id");

/// From the moment this answers, queries leave the lines out.
pub(crate) async fn create(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    params: Params,
) -> Result<Response, ApiError> {
    let tenant = allowed(&app, &headers)?;
    let now = TimestampNanos::now();
    let new = request(&app, &params, now)?;
    // Writes a file and waits for the disk.
    let created = tokio::task::spawn_blocking(move || {
        app.engine.schema().deletes.create(&tenant, new, now).inspect(|id| {
            tracing::info!(tenant = tenant.as_str(), id, "lines are deleted");
        })
    });
    let id = created.await.map_err(|error| failed(&error))??;
    Ok((StatusCode::NO_CONTENT, [(REQUEST_ID, id)]).into_response())
}

pub(crate) async fn list(State(app): State<Arc<App>>, headers: HeaderMap) -> Result<Response, ApiError> {
    let tenant = allowed(&app, &headers)?;
    let list = app.engine.schema().deletes.list(&tenant);
    Ok(answer(&list.iter().map(|(request, progress)| shown(request, *progress)).collect()))
}

pub(crate) async fn cancel(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    params: Params,
) -> Result<StatusCode, ApiError> {
    let tenant = allowed(&app, &headers)?;
    let id = params.get("request_id").unwrap_or_default().to_owned();
    let force = matches!(params.get("force"), Some("true" | "1" | "t" | "T" | "TRUE" | "True"));
    let deadline = (TimestampNanos::now(), app.delete_settings.cancel_period);
    let cancelled = tokio::task::spawn_blocking(move || {
        app.engine.schema().deletes.cancel(&tenant, &id, force, deadline)
    });
    cancelled.await.map_err(|error| failed(&error))??;
    Ok(StatusCode::NO_CONTENT)
}

/// A number that changes when answers kept by a client are no longer true.
pub(crate) async fn generation(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    allowed(&app, &headers)?;
    Ok(Json(app.engine.schema().deletes.generation().to_string()).into_response())
}

fn allowed(app: &App, headers: &HeaderMap) -> Result<TenantId, ApiError> {
    let tenant = tenant::of(app, headers)?;
    if !app.delete_settings.enabled {
        return Err(ApiError::bad_request("Retention is not enabled"));
    }
    if app.tenants.of(&tenant).deletion_mode == DeletionMode::Disabled {
        return Err(ApiError::new(StatusCode::FORBIDDEN, "deletion is not available for this tenant"));
    }
    Ok(tenant)
}

fn request(app: &App, params: &Params, now: TimestampNanos) -> Result<NewRequest, ApiError> {
    let refused = |why: &str| Err(ApiError::bad_request(why));
    let Some(query) = params.get("query") else { return refused("query not set") };
    if query.len() > MAX_QUERY_BYTES {
        return refused("the query of a delete request may have at most 16 KiB");
    }
    let time = |name: &str| match params.get(name).map(parse_time) {
        Some(None) => {
            Err(ApiError::bad_request(format!("invalid {name} time: require unix seconds or RFC3339 format")))
        }
        found => Ok(found.flatten()),
    };
    let Some(start) = time("start")? else { return refused("start time not set") };
    let end = time("end")?.unwrap_or(now);
    if end > now {
        return refused("deletes in the future are not allowed");
    }
    if start >= end {
        return refused("start time can't be greater than or equal to end time");
    }
    if let Some(text) = params.get("max_interval") {
        check_interval(app, text, start, end)?;
    }
    Ok(NewRequest { query: query.to_owned(), start, end })
}

/// Requests are not split, so the interval is checked and has no further effect.
fn check_interval(app: &App, text: &str, start: TimestampNanos, end: TimestampNanos) -> Result<(), ApiError> {
    let interval = runtime::parse_duration(text).ok().filter(|interval| interval.as_secs() > 0);
    let Some(interval) = interval else {
        return Err(ApiError::bad_request("invalid max_interval: valid time units are 's', 'm', 'h'"));
    };
    let max = app.delete_settings.max_interval;
    if !max.is_zero() && interval > max {
        return Err(ApiError::bad_request(format!("max_interval can't be greater than {max:?}")));
    }
    let length = end.0.saturating_sub(start.0).cast_unsigned();
    if interval.as_nanos() > u128::from(length) {
        return Err(ApiError::bad_request(
            "max_interval can't be greater than the interval to be deleted".to_owned(),
        ));
    }
    Ok(())
}

fn shown(request: &DeleteRequest, progress: Progress) -> Value {
    json!({
        "request_id": request.id,
        "start_time": seconds(request.start),
        "end_time": seconds(request.end),
        "query": request.query,
        "status": match progress {
            Progress::Received => "received".to_owned(),
            Progress::Percent(percent) => format!("{percent}% Complete"),
            Progress::Processed => "processed".to_owned(),
        },
        "created_at": seconds(request.created),
    })
}

/// Seconds, with milliseconds where there are any.
fn seconds(at: TimestampNanos) -> Value {
    let millis = at.0.div_euclid(1_000_000);
    if millis % 1000 == 0 { json!(millis / 1000) } else { json!(millis as f64 / 1e3) }
}

fn failed(error: &tokio::task::JoinError) -> ApiError {
    ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string())
}

impl From<CreateError> for ApiError {
    fn from(error: CreateError) -> Self {
        let status = match error {
            CreateError::Query(_) => StatusCode::BAD_REQUEST,
            CreateError::TooMany => StatusCode::TOO_MANY_REQUESTS,
            CreateError::Storage(_) => StatusCode::SERVICE_UNAVAILABLE,
        };
        if status == StatusCode::SERVICE_UNAVAILABLE {
            tracing::error!(%error, "a delete request was not stored");
        }
        Self::new(status, error.to_string())
    }
}

impl From<CancelError> for ApiError {
    fn from(error: CancelError) -> Self {
        let status = match error {
            CancelError::Unknown => StatusCode::NOT_FOUND,
            CancelError::Processed | CancelError::TooLate(_) => StatusCode::BAD_REQUEST,
            CancelError::Storage(_) => StatusCode::SERVICE_UNAVAILABLE,
        };
        Self::new(status, error.to_string())
    }
}
