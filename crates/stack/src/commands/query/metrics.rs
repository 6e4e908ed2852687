//! `query metrics`: PromQL over what the trace store counts from spans.

use std::process::ExitCode;

use super::store::now_ns;
use super::{Session, series};
use crate::cli::{MetricQuery, QueryFormat};
use crate::commands::say;

/// Runs the query. The address may be that of a Prometheus, too.
pub async fn run(session: &Session, options: &MetricQuery) -> anyhow::Result<ExitCode> {
    let base = if options.print.url.is_some() { "" } else { "/prometheus" };
    let end = now_ns() as f64 / 1e9;
    let mut parameters = vec![("query", options.query.clone())];
    let path = match options.window.step {
        None => {
            parameters.push(("time", format!("{end:.3}")));
            "query"
        }
        Some(step) => {
            parameters.push(("start", format!("{:.3}", end - options.window.since.as_secs_f64())));
            parameters.push(("end", format!("{end:.3}")));
            parameters.push(("step", step.as_secs_f64().to_string()));
            "query_range"
        }
    };
    let answer = session.store.get(&format!("{base}/api/v1/{path}"), &parameters).await?;
    if options.print.format == QueryFormat::Json {
        say(&serde_json::to_string_pretty(&answer)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    series::show(&series::from_prometheus(&answer["data"]), options.print.format, session.style)
}
