//! `query_range` and `query`

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Instant;

use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use logql::{CompiledFilters, CompiledSelector};
use model::TimestampNanos;

use super::App;
use super::error::ApiError;
use super::tenant;
use crate::gojson;
use crate::query::{Budget, EncodingFlags, Entry, Params, Selection, select, streams_answer};

pub(crate) async fn query_range(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    params: Params,
) -> Result<Response, ApiError> {
    let started = Instant::now();
    let tenant = tenant::of(&app, &headers)?;
    let asked = params.range_query(TimestampNanos::now(), &app.limits)?;
    let query = logql::parse(&asked.query).map_err(crate::query::QueryError::from)?;
    let selection = Selection {
        selector: CompiledSelector::new(&query.selector).map_err(crate::query::QueryError::from)?,
        filters: CompiledFilters::new(&query.filters).map_err(crate::query::QueryError::from)?,
        range: asked.range,
        direction: asked.direction,
        limit: asked.limit,
    };
    let (budget, _cancels_when_dropped) = Budget::new(app.limits.query_timeout);
    let mut selected = select(&app.engine, &tenant, selection, budget).await?;
    thin_out(&mut selected.entries, asked.interval.as_nanos());
    let flags = EncodingFlags::parse(
        headers.get("x-loki-response-encoding-flags").and_then(|value| value.to_str().ok()),
    );
    let answer = streams_answer(&selected, flags, started.elapsed());
    app.metrics.queried(started.elapsed());
    Ok(json(&answer))
}

/// `interval`: keeps the first entry, then those at least this far from the last one kept.
fn thin_out(entries: &mut Vec<Entry>, interval_ns: u128) {
    let mut last: Option<i64> = None;
    entries.retain(|entry| {
        let keep = last.is_none_or(|last| u128::from(entry.timestamp.0.abs_diff(last)) >= interval_ns);
        if keep {
            last = Some(entry.timestamp.0);
        }
        keep
    });
}

/// Instant queries are for metrics.
pub(crate) async fn query(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    params: Params,
) -> Result<Response, ApiError> {
    tenant::of(&app, &headers)?;
    logql::parse(params.query()?).map_err(crate::query::QueryError::from)?;
    Err(ApiError::bad_request(
        "log queries are not supported as an instant query type, please change your query to a range query type",
    ))
}

pub(crate) fn json(value: &serde_json::Value) -> Response {
    let text = value.to_string();
    let text = match gojson::escaped(&text) {
        Cow::Borrowed(_) => text,
        Cow::Owned(escaped) => escaped,
    };
    ([(header::CONTENT_TYPE, "application/json; charset=UTF-8")], text).into_response()
}
