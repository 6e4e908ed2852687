//! `query traces`: a table of traces, or of what TraceQL counts; `query trace`: one trace as a waterfall.

use std::io::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::bail;
use serde_json::Value;

use super::store::now_ns;
use super::{Session, series, spans, waterfall};
use crate::cli::{QueryFormat, TraceQuery};
use crate::commands::{complain, say};
use crate::ui::{self, Align, Cell, Style, Tone};

/// Stages that make numbers of traces.
const COUNTING: [&str; 10] = [
    "rate",
    "count_over_time",
    "sum_over_time",
    "avg_over_time",
    "min_over_time",
    "max_over_time",
    "quantile_over_time",
    "histogram_over_time",
    "compare",
    "cardinality_over_time",
];

/// Runs a search.
pub async fn run(session: &Session, options: &TraceQuery) -> anyhow::Result<ExitCode> {
    let end = now_ns() / 1_000_000_000;
    let start = end.saturating_sub(u128::from(options.window.since.as_secs()));
    let mut parameters =
        vec![("q", options.query.clone()), ("start", start.to_string()), ("end", end.to_string())];
    let counts = counts_something(&options.query);
    let path = match (counts, options.window.step) {
        (false, _) => {
            parameters.push(("limit", options.limit.to_string()));
            "/api/search"
        }
        (true, None) => "/api/metrics/query",
        (true, Some(step)) => {
            parameters.push(("step", format!("{}ms", step.as_millis())));
            "/api/metrics/query_range"
        }
    };
    let answer = session.store.get(path, &parameters).await?;
    if options.print.format == QueryFormat::Json {
        say(&serde_json::to_string_pretty(&answer)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    if counts {
        return series::show(&series::from_tempo(&answer), options.print.format, session.style);
    }
    let traces = answer["traces"].as_array().cloned().unwrap_or_default();
    if traces.is_empty() {
        complain("no traces; --since 24h looks further back")?;
    } else if options.print.format == QueryFormat::Jsonl {
        print_lines(&traces)?;
    } else {
        say(table(&traces, session.style).trim_end())?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Shows one trace.
pub async fn one(session: &Session, id: &str, format: QueryFormat) -> anyhow::Result<ExitCode> {
    let answer = session.store.find(&format!("/api/v2/traces/{id}"), &[]).await?.unwrap_or_default();
    let found = spans::of(&answer);
    if found.is_empty() {
        bail!("there is no trace {id} (spans take a second or two to arrive)");
    }
    if format == QueryFormat::Json {
        say(&serde_json::to_string_pretty(&answer)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    if format == QueryFormat::Jsonl {
        let lines: Vec<Value> = found.iter().map(spans::Span::to_json).collect();
        print_lines(&lines)?;
    } else {
        say(waterfall::draw(id, &found, session.style).trim_end())?;
    }
    Ok(ExitCode::SUCCESS)
}

fn print_lines(values: &[Value]) -> std::io::Result<()> {
    let mut stdout = std::io::BufWriter::new(std::io::stdout().lock());
    for value in values {
        writeln!(stdout, "{value}")?;
    }
    stdout.flush()
}

fn table(traces: &[Value], style: Style) -> String {
    let columns = [
        ("START", Align::Left),
        ("TRACE", Align::Left),
        ("SERVICE", Align::Left),
        ("NAME", Align::Left),
        ("DURATION", Align::Right),
        ("MATCHED", Align::Right),
    ];
    let rows: Vec<Vec<Cell>> = traces.iter().map(row).collect();
    ui::table(&columns, &rows, style)
}

fn row(trace: &Value) -> Vec<Cell> {
    let text = |name: &str| spans::printable(trace[name].as_str().unwrap_or("-"));
    let start = trace["startTimeUnixNano"].as_str().and_then(|ns| ns.parse().ok()).unwrap_or_default();
    let duration = Duration::from_millis(trace["durationMs"].as_u64().unwrap_or_default());
    let sets = trace["spanSets"].as_array().map_or(&[][..], Vec::as_slice);
    let matched: u64 = sets.iter().filter_map(|set| set["matched"].as_u64()).sum();
    vec![
        Cell::toned(Tone::Faint, spans::clock(start)),
        text("traceID").into(),
        text("rootServiceName").into(),
        text("rootTraceName").into(),
        ui::duration(duration).into(),
        matched.to_string().into(),
    ]
}

/// Whether a stage of the pipeline counts. Text in quotes is no stage.
fn counts_something(query: &str) -> bool {
    let bare = without_quotes(query);
    bare.split('|').skip(1).any(|stage| {
        let stage = stage.trim_start();
        COUNTING
            .iter()
            .any(|name| stage.strip_prefix(name).is_some_and(|rest| rest.trim_start().starts_with('(')))
    })
}

fn without_quotes(query: &str) -> String {
    let mut bare = String::new();
    let mut quote = None;
    let mut escaped = false;
    for character in query.chars() {
        match quote {
            Some(_) if escaped => escaped = false,
            Some('"') if character == '\\' => escaped = true,
            Some(open) if character == open => quote = None,
            Some(_) => {}
            None if matches!(character, '"' | '`') => quote = Some(character),
            None => bare.push(character),
        }
    }
    bare
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn queries_that_count_are_told_from_those_that_search() {
        for (query, expected) in [
            ("{}", false),
            ("{ status = error } | rate()", true),
            ("{ a = 1 || b = 2 } | count() > 2", false),
            ("{ } | quantile_over_time(duration, .9) by (name)", true),
            (r#"{ name = "x | rate()" }"#, false),
            (r#"{ name = "x\" | rate()" }"#, false),
            ("{ name = `x` } | rate () by (`y`)", true),
            ("{ rate = 1 } | select(rate)", false),
        ] {
            assert_eq!(counts_something(query), expected, "{query}");
        }
    }

    #[test]
    fn traces_are_a_table() {
        let traces = [json!({
            "traceID": "abc", "rootServiceName": "order-service", "rootTraceName": "POST /orders",
            "startTimeUnixNano": "1700000000000000000", "durationMs": 1250, "spanSets": [{"matched": 3, "spans": []}],
        })];
        let table = table(&traces, Style::PLAIN);
        let line = table.lines().nth(1).unwrap();
        assert!(line.ends_with("abc    order-service  POST /orders     1.2 s        3"), "{table}");
    }
}
