//! TraceQL: searches, single traces, metrics; and the service graph, which other series tell.

mod metrics;
mod search;
mod service_map;
mod trace;

use super::{Failure, Query, ask, interval};
use crate::frames::Frame;
use crate::repo::data_sources::DataSource;
use crate::server::App;

const TRACES_DEFAULT: u64 = 20;
const SPANS_DEFAULT: u64 = 3;
const TRACES_MAX: u64 = 1000;
const SPANS_MAX: u64 = 100;

pub(super) async fn run(app: &App, source: &DataSource, query: &Query) -> Result<Vec<Frame>, Failure> {
    match query.text("queryType").unwrap_or("traceql") {
        "traceql" => {
            let Some(text) = query.text("query") else { return Ok(Vec::new()) };
            match text {
                id if is_trace_id(id) => by_id(app, source, id).await,
                text if metrics::is_metrics(text) => metrics(app, source, query, text).await,
                text => searched(app, source, query, text).await,
            }
        }
        "traceId" => match query.text("query") {
            Some(id) => by_id(app, source, id).await,
            None => Ok(Vec::new()),
        },
        "traceqlSearch" | "nativeSearch" => {
            let text = search::of_filters(&query.model).map_err(Failure::senseless)?;
            searched(app, source, query, &text).await
        }
        "clear" | "upload" => Ok(Vec::new()),
        "serviceMap" => service_map::run(app, source, query).await,
        other => Err(Failure::senseless(format!("unknown query type {other}"))),
    }
}

/// Nothing but hexadecimal digits, as many as identifiers have.
fn is_trace_id(text: &str) -> bool {
    (8..=32).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The range in whole seconds, its end included.
fn seconds(query: &Query) -> [(&'static str, String); 2] {
    let end = query.range.to_ms.div_euclid(1000) + i64::from(query.range.to_ms.rem_euclid(1000) != 0);
    [("start", query.range.from_ms.div_euclid(1000).to_string()), ("end", end.to_string())]
}

async fn by_id(app: &App, source: &DataSource, id: &str) -> Result<Vec<Frame>, Failure> {
    let id = id.trim();
    if !is_trace_id(id) {
        return Err(Failure::senseless(format!("{id:?} is no trace id: it has up to 32 hexadecimal digits")));
    }
    let answer = ask::get(app, source, &format!("/api/v2/traces/{id}"), &[]).await?;
    Ok(vec![trace::frame(&answer["trace"])?])
}

async fn searched(app: &App, source: &DataSource, query: &Query, text: &str) -> Result<Vec<Frame>, Failure> {
    let bounded = |name: &str, default: u64, max: u64| query.number(name).unwrap_or(default).clamp(1, max);
    let [start, end] = seconds(query);
    let answer = ask::get(
        app,
        source,
        "/api/search",
        &[
            ("q", text.to_owned()),
            ("limit", bounded("limit", TRACES_DEFAULT, TRACES_MAX).to_string()),
            ("spss", bounded("spss", SPANS_DEFAULT, SPANS_MAX).to_string()),
            start,
            end,
        ],
    )
    .await?;
    let frame = match query.text("tableType") {
        Some("spans" | "raw") => search::spans(&answer["traces"])?,
        _ => search::traces(&answer["traces"])?,
    };
    Ok(vec![frame.with_meta("executedQueryString", text)])
}

async fn metrics(app: &App, source: &DataSource, query: &Query, text: &str) -> Result<Vec<Frame>, Failure> {
    let step = query.text("step").and_then(interval::parse_ms);
    let step_ms = step.unwrap_or_else(|| interval::step_ms(query.range, query.interval_ms.max(1000)));
    let text = interval::fill(text, step_ms, 1000, query.range);
    let [start, end] = seconds(query);
    let mut parameters = vec![("q", text.clone()), start, end];
    let is_instant = query.text("metricsQueryType") == Some("instant");
    let path = if is_instant {
        "/api/metrics/query"
    } else {
        parameters.push(("step", interval::written(step_ms)));
        "/api/metrics/query_range"
    };
    if let Some(exemplars) = query.number("exemplars") {
        parameters.push(("exemplars", exemplars.to_string()));
    }
    let answer = ask::get(app, source, path, &parameters).await?;
    metrics::frames(&answer["series"], query, is_instant, &text)
}
