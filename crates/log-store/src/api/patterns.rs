//! `patterns`: the kinds of lines that a query finds.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use logql::Expr;
use model::TimestampNanos;
use serde_json::{Value, json};

use super::App;
use super::error::ApiError;
use super::query::{context, json as answer, or_moment};
use crate::query::{Budget, FoundPattern, Params, PatternPlan, QueryError, find_patterns};

pub(crate) async fn patterns(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    params: Params,
) -> Result<Response, ApiError> {
    let started = Instant::now();
    let range = params.limited_range(TimestampNanos::now(), &app.limits)?;
    let step = params.step(range)?;
    let (budget, _cancels_when_dropped) = Budget::new(app.limits.query_timeout);
    let context = context(&app, &headers, budget)?;
    let found = match logql::parse_expr(params.query()?).map_err(QueryError::from)? {
        // Values have no patterns; Loki does not mind the question.
        Expr::Metric(_) => Vec::new(),
        Expr::Log(expr) => {
            let plan = PatternPlan::new(&expr, step).map_err(QueryError::from)?;
            find_patterns(context, plan, or_moment(range)).await?
        }
    };
    app.metrics.queried(started.elapsed());
    Ok(answer(&json!({ "status": "success", "data": found.iter().map(shown).collect::<Vec<Value>>() })))
}

fn shown(found: &FoundPattern) -> Value {
    json!({ "pattern": found.pattern, "level": found.level, "samples": found.samples })
}
