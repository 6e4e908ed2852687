//! `detected_fields` and `detected_field/{name}/values`: what the newest lines of a query have in them.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use logql::{Direction, Expr, FieldParser, LogOptions, LogPlan};
use model::{TimeRange, TimestampNanos};
use serde_json::{Value, json};

use super::App;
use super::error::ApiError;
use super::query::{check_entries, context, json as answer, or_moment};
use crate::query::{Budget, DetectedField, Params, QueryError, detect_fields, field_values};

const DEFAULT_LINES: usize = 100;
const DEFAULT_LIMIT: usize = 1000;

pub(crate) async fn fields(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    params: Params,
) -> Result<Response, ApiError> {
    let started = Instant::now();
    let asked = Asked::new(&app, &params)?;
    let (budget, _cancels_when_dropped) = Budget::new(app.limits.query_timeout);
    let context = context(&app, &headers, budget)?;
    let found = detect_fields(context, asked.plan, asked.range, asked.limit).await?;
    app.metrics.queried(started.elapsed());
    let list: Vec<Value> = found.iter().map(field).collect();
    Ok(answer(&if list.is_empty() { json!({}) } else { json!({ "fields": list, "limit": asked.limit }) }))
}

pub(crate) async fn values(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    headers: HeaderMap,
    params: Params,
) -> Result<Response, ApiError> {
    let started = Instant::now();
    let asked = Asked::new(&app, &params)?;
    let (budget, _cancels_when_dropped) = Budget::new(app.limits.query_timeout);
    let context = context(&app, &headers, budget)?;
    let found = field_values(context, asked.plan, asked.range, name, asked.limit).await?;
    app.metrics.queried(started.elapsed());
    Ok(answer(&if found.is_empty() { json!({}) } else { json!({ "values": found, "limit": asked.limit }) }))
}

/// What both take.
struct Asked {
    plan: LogPlan,
    range: TimeRange,
    /// Fields, or values.
    limit: usize,
}

impl Asked {
    fn new(app: &App, params: &Params) -> Result<Self, ApiError> {
        let range = params.limited_range(TimestampNanos::now(), &app.limits)?;
        // Of no use here, but a wrong one is refused as everywhere.
        params.step(range)?;
        let lines = params.positive("line_limit", DEFAULT_LINES)?;
        let limit = match params.get("limit") {
            Some(_) => params.positive("limit", DEFAULT_LIMIT)?,
            // As it was called at first.
            None => params.positive("field_limit", DEFAULT_LIMIT)?,
        };
        check_entries(lines, &app.limits)?;
        let Expr::Log(expr) = logql::parse_expr(params.query()?).map_err(QueryError::from)? else {
            return Err(ApiError::bad_request("only log selector is supported"));
        };
        let options = LogOptions { direction: Direction::Backward, limit: lines, interval: 0 };
        let plan = LogPlan::new(&expr, options).map_err(QueryError::from)?;
        Ok(Self { plan, range: or_moment(range), limit })
    }
}

fn field(field: &DetectedField) -> Value {
    let parsers: Vec<&str> = field.parsers.iter().copied().map(FieldParser::name).collect();
    let mut shown = json!({
        "label": field.name,
        "type": field.kind.name(),
        "cardinality": field.cardinality,
        "parsers": if parsers.is_empty() { Value::Null } else { json!(parsers) },
    });
    if let Some(path) = &field.json_path {
        shown["jsonPath"] = json!(path);
    }
    shown
}
