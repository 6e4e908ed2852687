//! `/api/prom/query`: lines as they were asked for before `/loki/api/v1`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use logql::Expr;
use model::TimestampNanos;
use serde_json::{Value, json};

use super::App;
use super::error::ApiError;
use super::query::{entries, json as answer};
use crate::query::{Params, QueryError, check_query, query_tags};
use crate::tail::rfc3339;

pub(crate) async fn query(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    params: Params,
) -> Result<Response, ApiError> {
    let params = params.with_legacy_filter()?;
    let asked = params.range_query(TimestampNanos::now(), &app.limits)?;
    let expr = logql::parse_expr(&asked.query).map_err(QueryError::from)?;
    check_query(&expr, &asked.query, query_tags(&headers), &app.limits.query)?;
    let Expr::Log(expr) = expr else {
        return Err(ApiError::bad_request("legacy endpoints only support streams result type"));
    };
    let (entries, _) = entries(&app, &headers, &asked, &expr).await?;
    let streams = logql::group_streams(entries, false);
    let stream = |stream: &logql::ResultStream| {
        let entry = |entry: &logql::LogEntry| json!({ "ts": rfc3339(entry.timestamp), "line": entry.line });
        let entries: Vec<Value> = stream.entries.iter().map(entry).collect();
        json!({ "labels": stream.labels.to_string(), "entries": entries })
    };
    Ok(answer(&json!({ "streams": streams.iter().map(stream).collect::<Vec<_>>(), "stats": {} })))
}
