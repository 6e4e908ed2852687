//! PromQL: range and instant queries, and the exemplars beside them.

mod exemplars;

use super::series::{self, Shape};
use super::{Failure, Query, ask, interval};
use crate::frames::Frame;
use crate::repo::data_sources::DataSource;
use crate::server::App;

/// How often samples come unless the source says otherwise.
const SCRAPE_MS: u64 = 15_000;

pub(super) async fn run(app: &App, source: &DataSource, query: &Query) -> Result<Vec<Frame>, Failure> {
    let Some(expr) = query.text("expr") else { return Ok(Vec::new()) };
    let configured = source.json_data.get("timeInterval").and_then(|value| value.as_str());
    let scrape_ms = configured.and_then(interval::parse_ms).unwrap_or(SCRAPE_MS);
    let least = query.text("interval").and_then(interval::parse_ms).unwrap_or(scrape_ms);
    let factor = query.number("intervalFactor").unwrap_or(1).clamp(1, 1000);
    let step_ms = interval::step_ms(query.range, query.interval_ms.max(least)).saturating_mul(factor);
    let expr = interval::fill(expr, step_ms, scrape_ms, query.range);
    let is_range =
        query.flag("range") || (!query.flag("instant") && query.text("queryType") != Some("instant"));
    let is_instant = query.flag("instant") || !is_range;
    let shape = if query.text("format") == Some("table") { Shape::Table } else { Shape::Series };
    let mut frames = Vec::new();
    if is_range {
        // On a grid, so that a refresh a second later asks for the same moments.
        let grid = |millis: i64| millis.div_euclid(step_ms as i64) * step_ms as i64;
        let seconds = |millis: i64| format!("{}", millis as f64 / 1000.0);
        let answer = ask::get(
            app,
            source,
            "/api/v1/query_range",
            &[
                ("query", expr.clone()),
                ("start", seconds(grid(query.range.from_ms))),
                ("end", seconds(grid(query.range.to_ms))),
                ("step", format!("{}", step_ms as f64 / 1000.0)),
            ],
        )
        .await?;
        frames.extend(series::frames(&answer["data"], query, shape, &expr)?);
    }
    if is_range && query.flag("exemplar") {
        frames.extend(exemplars::frame(app, source, query, &expr).await);
    }
    if is_instant {
        let time = format!("{}", query.range.to_ms as f64 / 1000.0);
        let answer =
            ask::get(app, source, "/api/v1/query", &[("query", expr.clone()), ("time", time)]).await?;
        frames.extend(series::frames(&answer["data"], query, shape, &expr)?);
    }
    Ok(frames)
}
