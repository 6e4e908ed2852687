//! `tail`: lines as they come, over a WebSocket. What is wrong with the question is said before the upgrade.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::http::HeaderMap;
use axum::response::Response;
use logql::Expr;
use model::TimestampNanos;

use super::App;
use super::error::ApiError;
use super::query::check_entries;
use super::tenant;
use crate::query::{Budget, Context, EncodingFlags, Params, QueryError, check_query, query_tags};
use crate::tail::{Asked, Shape, serve};

type Upgrade = Result<WebSocketUpgrade, WebSocketUpgradeRejection>;

/// Clients have nothing to say but pings and goodbyes.
const MAX_MESSAGE: usize = 4 << 10;
const MAX_DELAY_SECONDS: u64 = 5;

pub(crate) async fn tail(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    upgrade: Upgrade,
    params: Params,
) -> Result<Response, ApiError> {
    let flags = EncodingFlags::of(&headers);
    let shape = if flags.categorize_labels { Shape::Categorized } else { Shape::Merged };
    start(&app, &headers, upgrade, &params, shape)
}

pub(crate) async fn legacy_tail(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    upgrade: Upgrade,
    params: Params,
) -> Result<Response, ApiError> {
    start(&app, &headers, upgrade, &params.with_legacy_filter()?, Shape::Legacy)
}

fn start(
    app: &App,
    headers: &HeaderMap,
    upgrade: Upgrade,
    params: &Params,
    shape: Shape,
) -> Result<Response, ApiError> {
    let tenant = tenant::of(app, headers)?;
    let asked = asked(app, headers, params, shape)?;
    let plan = asked.plan()?;
    let upgrade = upgrade.map_err(|error| ApiError::bad_request(format!("Bad Request: {error}\n")))?;
    let limit = app.limits.query.max_concurrent_tails;
    let tails = &app.engine.schema().tails;
    let subscription =
        tails.subscribe(&tenant, plan.compiled_selector().clone(), limit).map_err(|count| {
            ApiError::bad_request(format!(
                "max concurrent tail requests limit exceeded, count > limit ({count} > {limit})"
            ))
        })?;
    let (engine, timeout) = (Arc::clone(&app.engine), app.limits.query_timeout);
    let upgrade = upgrade.max_message_size(MAX_MESSAGE).max_frame_size(MAX_MESSAGE);
    Ok(upgrade.on_upgrade(move |socket| async move {
        let (budget, _cancels_when_dropped) = Budget::new(timeout);
        serve(socket, subscription, Context { engine, tenant, budget }, plan, asked).await;
    }))
}

/// Reads and checks the parameters.
fn asked(app: &App, headers: &HeaderMap, params: &Params, shape: Shape) -> Result<Asked, ApiError> {
    let limits = &app.limits;
    let text = params.query()?;
    let expr = logql::parse_expr(text).map_err(QueryError::from)?;
    check_query(&expr, text, query_tags(headers), &limits.query)?;
    let Expr::Log(expr) = expr else {
        return Err(ApiError::bad_request("only log selector is supported: metric queries cannot be tailed"));
    };
    let limit = params.limit()?;
    check_entries(limit, limits)?;
    let now = TimestampNanos::now();
    // The start may lie ahead: then there is no backlog.
    let start = params.time("start")?.unwrap_or_else(|| now.saturating_sub(Duration::from_secs(3600)));
    let start = if start < now { params.limited_from(start, now, limits)? } else { start };
    let delay = delay(params)?;
    Ok(Asked { expr, start, limit, delay, shape, max_duration: limits.tail_max_duration })
}

fn delay(params: &Params) -> Result<Duration, ApiError> {
    let Some(text) = params.get("delay_for") else { return Ok(Duration::ZERO) };
    match text.parse::<u64>() {
        Ok(seconds @ ..=MAX_DELAY_SECONDS) => Ok(Duration::from_secs(seconds)),
        Ok(_) => Err(ApiError::bad_request(format!("delay_for can't be greater than {MAX_DELAY_SECONDS}"))),
        Err(_) => Err(ApiError::bad_request(format!(
            "delay_for is not a whole number of seconds: parsing {text:?}: invalid syntax"
        ))),
    }
}
