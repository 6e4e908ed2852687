//! `query logs`: lines, or a table of what LogQL counts.

use std::process::ExitCode;

use anyhow::Context as _;
use serde_json::Value;

use super::lines::{Printer, Stream, merge};
use super::store::now_ns;
use super::{Session, series, tail};
use crate::cli::{LogQuery, QueryFormat};
use crate::commands::{complain, say};

/// Runs the query.
pub async fn run(session: &Session, options: &LogQuery) -> anyhow::Result<ExitCode> {
    if options.follow {
        return tail::follow(session, options).await;
    }
    let end = now_ns();
    let start = end.saturating_sub(options.window.since.as_nanos());
    let counts = counts_something(&options.query);
    let answer = match options.window.step {
        None if counts => {
            let parameters = [("query", options.query.clone()), ("time", end.to_string())];
            session.store.get("/loki/api/v1/query", &parameters).await?
        }
        step => {
            let mut parameters = vec![
                ("query", options.query.clone()),
                ("start", start.to_string()),
                ("end", end.to_string()),
                ("limit", options.limit.to_string()),
                ("direction", "backward".to_owned()),
            ];
            if let Some(step) = step {
                parameters.push(("step", step.as_secs_f64().to_string()));
            }
            session.store.get("/loki/api/v1/query_range", &parameters).await?
        }
    };
    if options.print.format == QueryFormat::Json {
        say(&serde_json::to_string_pretty(&answer)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    show(session, options, answer)
}

fn show(session: &Session, options: &LogQuery, mut answer: Value) -> anyhow::Result<ExitCode> {
    let data = &mut answer["data"];
    if data["resultType"] != "streams" {
        let found = series::from_prometheus(data);
        return series::show(&found, options.print.format, session.style);
    }
    let streams: Vec<Stream> =
        serde_json::from_value(data["result"].take()).context("the log store's answer is not understood")?;
    let entries = merge(streams, true);
    if entries.is_empty() {
        complain("no lines; --since 24h looks further back")?;
    }
    Printer::new(options.print.format, session.style).print(&entries)?;
    Ok(ExitCode::SUCCESS)
}

/// Whether the query counts rather than shows lines: those begin with their selector, perhaps in parentheses.
fn counts_something(query: &str) -> bool {
    !query
        .trim_start_matches(|character: char| character.is_whitespace() || character == '(')
        .starts_with('{')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_that_count_are_told_from_those_that_show() {
        for (query, expected) in [
            (r#"{a="b"} | json"#, false),
            (r#" ( {a="b"} )"#, false),
            (r#"sum by (x) (count_over_time({a="b"}[5m]))"#, true),
            ("vector(1)", true),
            ("1 + 1", true),
        ] {
            assert_eq!(counts_something(query), expected, "{query}");
        }
    }
}
