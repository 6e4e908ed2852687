//! `query_range` and `query`

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Instant;

use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use logql::{Expr, LogOptions, LogPlan, MetricExpr, MetricOptions, MetricPlan, TimeAxis};
use model::{TimeRange, TimestampNanos};
use serde_json::Value;

use super::App;
use super::error::ApiError;
use super::tenant;
use crate::gojson;
use crate::limits::Limits;
use crate::query::{
    Budget, Context, EncodingFlags, Params, QueryError, RangeParams, metric_answer, run_log, run_metric,
    streams_answer,
};

pub(crate) async fn query_range(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    params: Params,
) -> Result<Response, ApiError> {
    let asked = params.range_query(TimestampNanos::now(), &app.limits)?;
    match logql::parse_expr(&asked.query).map_err(QueryError::from)? {
        Expr::Log(expr) => lines(&app, &headers, &asked, &expr).await,
        Expr::Metric(expr) => {
            let axis = TimeAxis::aligned_range(asked.range.start.0, asked.range.end.0, asked.step);
            values(&app, &headers, &expr, axis).await
        }
    }
}

/// Instant queries are for metrics.
pub(crate) async fn query(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    params: Params,
) -> Result<Response, ApiError> {
    let at = params.instant(TimestampNanos::now())?;
    params.limit()?;
    match logql::parse_expr(params.query()?).map_err(QueryError::from)? {
        Expr::Log(_) => Err(ApiError::bad_request(
            "log queries are not supported as an instant query type, please change your query to a range query type",
        )),
        Expr::Metric(expr) => values(&app, &headers, &expr, TimeAxis::instant(at.0)).await,
    }
}

async fn lines(
    app: &App,
    headers: &HeaderMap,
    asked: &RangeParams,
    expr: &logql::LogExpr,
) -> Result<Response, ApiError> {
    let started = Instant::now();
    check_entries(asked.limit, &app.limits)?;
    let options = LogOptions {
        direction: asked.direction,
        limit: asked.limit,
        interval: i64::try_from(asked.interval.as_nanos()).unwrap_or(i64::MAX),
    };
    let plan = LogPlan::new(expr, options).map_err(QueryError::from)?;
    let (budget, _cancels_when_dropped) = Budget::new(app.limits.query_timeout);
    let context = context(app, headers, budget)?;
    let (entries, scanned) = run_log(context, plan, or_moment(asked.range)).await?;
    let flags = EncodingFlags::parse(
        headers.get("x-loki-response-encoding-flags").and_then(|value| value.to_str().ok()),
    );
    let answer = streams_answer(entries, &scanned, flags, started.elapsed());
    app.metrics.queried(started.elapsed());
    Ok(json(&answer))
}

/// Refuses to return more entries than the limits allow.
pub(super) fn check_entries(limit: usize, limits: &Limits) -> Result<(), ApiError> {
    let max = limits.max_entries_limit_per_query;
    if max == 0 || limit <= max {
        return Ok(());
    }
    Err(ApiError::bad_request(format!(
        "max entries limit per query exceeded, limit > max_entries_limit_per_query ({limit} > {max})"
    )))
}

async fn values(
    app: &App,
    headers: &HeaderMap,
    expr: &MetricExpr,
    axis: TimeAxis,
) -> Result<Response, ApiError> {
    let started = Instant::now();
    let plan = MetricPlan::new(expr, axis, MetricOptions::default()).map_err(QueryError::from)?;
    let (budget, _cancels_when_dropped) = Budget::new(app.limits.query_timeout);
    let (value, scanned) = run_metric(context(app, headers, budget)?, plan).await?;
    let answer = metric_answer(&value, &scanned, started.elapsed());
    app.metrics.queried(started.elapsed());
    Ok(json(&answer))
}

pub(super) fn context(app: &App, headers: &HeaderMap, budget: Budget) -> Result<Context, ApiError> {
    Ok(Context { engine: Arc::clone(&app.engine), tenant: tenant::of(app, headers)?, budget })
}

/// A range without length means its one moment, as in Loki.
pub(super) fn or_moment(range: TimeRange) -> TimeRange {
    if range.start < range.end {
        return range;
    }
    TimeRange::new(range.start, TimestampNanos(range.start.0.saturating_add(1)))
}

pub(crate) fn json(value: &Value) -> Response {
    let text = value.to_string();
    let text = match gojson::escaped(&text) {
        Cow::Borrowed(_) => text,
        Cow::Owned(escaped) => escaped,
    };
    ([(header::CONTENT_TYPE, "application/json; charset=UTF-8")], text).into_response()
}
