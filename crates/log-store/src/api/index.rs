//! `index/stats`, `index/volume` and `index/volume_range`: how much there is.

use std::collections::HashSet;
use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use model::{TimeRange, TimestampNanos};
use serde_json::{Value, json};

use super::App;
use super::error::ApiError;
use super::query::json as answer;
use super::selector::{selector, selector_or_all};
use super::tenant;
use crate::batch::Stream;
use crate::query::{Amount, Buckets, Group, GroupBy, Params, QueryError, Tally, measure, share};

const DEFAULT_LIMIT: usize = 100;

/// Streams, their pieces in heads and segments, lines and bytes.
pub(crate) async fn stats(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    params: Params,
) -> Result<Response, ApiError> {
    Ok(answer(&total(&app, &headers, &params).await?))
}

/// Where a query would be divided between workers: nowhere.
pub(crate) async fn shards(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    params: Params,
) -> Result<Response, ApiError> {
    if let Some(text) = params.get("targetBytesPerShard") {
        runtime::parse_bytes(text).map_err(|error| {
            ApiError::bad_request(format!("could not parse 'targetBytesPerShard' parameter: {error}"))
        })?;
    }
    let stats = total(&app, &headers, &params).await?;
    let shard = json!({ "bounds": { "min": 0, "max": u64::MAX }, "stats": stats });
    Ok(answer(&json!({ "shards": [shard], "statistics": {} })))
}

async fn total(app: &App, headers: &HeaderMap, params: &Params) -> Result<Value, ApiError> {
    let tenant = tenant::of(app, headers)?;
    let range = params.limited_range(TimestampNanos::now(), &app.limits)?;
    let selector = selector(params.get("query").unwrap_or_default())?;
    let mut total = Total { range, streams: HashSet::new(), chunks: 0, amount: Amount::default() };
    measure(&app.engine, &tenant, range, &selector, &mut total).await?;
    Ok(json!({
        "streams": total.streams.len(),
        "chunks": total.chunks.max(total.streams.len()),
        "bytes": total.amount.bytes.round() as u64,
        "entries": total.amount.lines.round() as u64,
    }))
}

struct Total {
    range: TimeRange,
    streams: HashSet<Box<str>>,
    chunks: usize,
    amount: Amount,
}

impl Tally for Total {
    fn add(&mut self, stream: &Arc<Stream>, first: i64, last: i64, amount: Amount) {
        // Single rows are those in memory: together they are one piece of their stream.
        self.chunks += usize::from(first < last);
        let share = share(first, last, self.range.start.0, self.range.end.0);
        self.amount.lines += amount.lines * share;
        self.amount.bytes += amount.bytes * share;
        if !self.streams.contains(&stream.text) {
            self.streams.insert(stream.text.clone());
        }
    }
}

pub(crate) async fn volume(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    params: Params,
) -> Result<Response, ApiError> {
    let range = params.limited_range(TimestampNanos::now(), &app.limits)?;
    let whole = range.end.0.saturating_sub(range.start.0);
    let (groups, _) = volumes(&app, &headers, &params, range, whole).await?;
    let series = |(metric, bytes): &(Group, Vec<u64>)| json!({ "metric": metric, "value": sample(range.end.0, bytes.iter().sum()) });
    Ok(result("vector", &groups.iter().map(series).collect::<Vec<_>>()))
}

pub(crate) async fn volume_range(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    params: Params,
) -> Result<Response, ApiError> {
    let range = params.limited_range(TimestampNanos::now(), &app.limits)?;
    let step = params.step(range)?;
    let (groups, ends) = volumes(&app, &headers, &params, range, step).await?;
    if groups.is_empty() || ends.len() == 1 {
        let series = |(metric, bytes): &(Group, Vec<u64>)| json!({ "metric": metric, "value": sample(range.end.0, bytes.iter().sum()) });
        return Ok(result("vector", &groups.iter().map(series).collect::<Vec<_>>()));
    }
    let series = |(metric, bytes): &(Group, Vec<u64>)| {
        let values = ends.iter().zip(bytes).map(|(end, bytes)| sample(*end, *bytes));
        json!({ "metric": metric, "values": values.collect::<Vec<_>>() })
    };
    Ok(result("matrix", &groups.iter().map(series).collect::<Vec<_>>()))
}

/// Bytes by group and step, and where the steps end.
async fn volumes(
    app: &App,
    headers: &HeaderMap,
    params: &Params,
    range: TimeRange,
    step_ns: i64,
) -> Result<(Vec<(Group, Vec<u64>)>, Vec<i64>), ApiError> {
    let tenant = tenant::of(app, headers)?;
    if !app.limits.volume_enabled {
        return Err(ApiError::new(StatusCode::NOT_FOUND, "not found"));
    }
    let (selector, matched) = selector_or_all(params.get("query").unwrap_or_default())?;
    let limit = match params.get("limit") {
        None | Some("0") => DEFAULT_LIMIT,
        Some(_) => params.limit()?,
    };
    let by = group_by(params, matched)?;
    let max_groups = app.limits.volume_max_series;
    let mut buckets = Buckets::new(range, step_ns, by, max_groups);
    measure(&app.engine, &tenant, range, &selector, &mut buckets).await?;
    let ends = buckets.ends();
    Ok((buckets.finish(limit)?, ends))
}

/// By the target labels, else by the labels that the selector asks about.
fn group_by(params: &Params, matched: Vec<String>) -> Result<GroupBy, QueryError> {
    let targets = params.get("targetLabels").unwrap_or_default().split(',').map(str::trim);
    let targets: Vec<String> = targets.filter(|name| !name.is_empty()).map(str::to_owned).collect();
    match params.get("aggregateBy") {
        None | Some("series") if targets.is_empty() => Ok(GroupBy::Values(matched)),
        None | Some("series") => Ok(GroupBy::Values(targets)),
        Some("labels") => Ok(GroupBy::Names(targets)),
        Some(_) => Err(QueryError::Invalid("invalid aggregation option".to_owned())),
    }
}

/// Seconds with milliseconds where there are any, and the bytes as text.
fn sample(at_ns: i64, bytes: u64) -> Value {
    let millis = at_ns / 1_000_000;
    let seconds = if millis % 1000 == 0 { json!(millis / 1000) } else { json!(millis as f64 / 1e3) };
    json!([seconds, bytes.to_string()])
}

fn result(kind: &str, series: &[Value]) -> Response {
    answer(&json!({
        "status": "success",
        "data": { "resultType": kind, "result": series, "stats": {} },
    }))
}
