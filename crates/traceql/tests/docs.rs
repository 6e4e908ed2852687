//! What the guide shows is TraceQL.

use traceql::{Body, Metrics, Query, TimeAxis};

const GUIDE: &str = include_str!("../../../docs/traceql.md");

/// Lines of the blocks of a language.
fn blocks(language: &str) -> Vec<&'static str> {
    let mut lines = Vec::new();
    let mut is_inside = false;
    for line in GUIDE.lines() {
        match line.strip_prefix("```") {
            Some(name) => is_inside = !is_inside && name == language,
            None if is_inside && !line.is_empty() => lines.push(line),
            None => {}
        }
    }
    lines
}

fn check(text: &str) {
    let expr = traceql::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    match expr.body {
        Body::Spans(_) => drop(Query::new(&expr).unwrap_or_else(|error| panic!("{text}: {error}"))),
        Body::Metrics(_) => {
            let metrics = Metrics::new(&expr, TimeAxis::range(0, 600, 60), 10);
            drop(metrics.unwrap_or_else(|error| panic!("{text}: {error}")));
        }
    }
}

#[test]
fn every_query_of_the_guide_is_understood() {
    let queries = blocks("traceql");
    assert!(queries.len() >= 60, "{}", queries.len());
    queries.into_iter().for_each(check);
}

#[test]
fn every_query_in_a_command_of_the_guide_is_understood() {
    let commands = blocks("bash");
    let queries: Vec<&str> = commands
        .iter()
        .filter_map(|line| line.split_once("'q=")?.1.split_once('\''))
        .map(|(query, _)| query)
        .collect();
    assert_eq!(queries.len(), 4);
    queries.into_iter().for_each(check);
}

#[test]
fn shorthand_means_what_the_guide_says() {
    let rows = GUIDE.lines().skip_while(|line| *line != "## Shorthand").filter_map(|line| {
        let mut cells = line.strip_prefix("| `")?.strip_suffix("` |")?.split("` | `");
        cells.next().zip(cells.next())
    });
    let rows: Vec<_> = rows.collect();
    assert_eq!(rows.len(), 3);
    for (written, meant) in rows {
        let read = |text: &str| traceql::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(read(written).to_string(), read(meant).to_string(), "{written}");
    }
}
