//! Numbers that TraceQL calculates: series over time, or one value each.

use serde_json::{Map, Value, json};

use super::super::series::unreadable;
use super::super::{Failure, Query, legend, whole};
use crate::frames::{Field, Frame};

/// Whether a query ends in a function over time.
pub(super) fn is_metrics(text: &str) -> bool {
    const FUNCTIONS: [&str; 9] = [
        "rate",
        "count_over_time",
        "sum_over_time",
        "min_over_time",
        "max_over_time",
        "avg_over_time",
        "quantile_over_time",
        "histogram_over_time",
        "compare",
    ];
    text.split('|').skip(1).any(|stage| {
        let stage = stage.trim_start();
        FUNCTIONS
            .iter()
            .any(|name| stage.strip_prefix(name).is_some_and(|rest| rest.trim_start().starts_with('(')))
    })
}

pub(super) fn frames(
    series: &Value,
    query: &Query,
    is_instant: bool,
    executed: &str,
) -> Result<Vec<Frame>, Failure> {
    // Nothing found is left out of the answer.
    let Some(series) = series.as_array() else { return Ok(Vec::new()) };
    series.iter().map(|series| one(series, query, is_instant, executed)).collect()
}

fn one(series: &Value, query: &Query, is_instant: bool, executed: &str) -> Result<Frame, Failure> {
    let labels = labels(&series["labels"]);
    let points: Vec<(i64, f64)> = if is_instant {
        vec![(query.range.to_ms, series["value"].as_f64().unwrap_or_default())]
    } else {
        let samples = series["samples"].as_array().map_or(&[][..], Vec::as_slice);
        samples
            .iter()
            .map(sample)
            .collect::<Option<_>>()
            .ok_or_else(|| unreadable("a sample without a time"))?
    };
    let given = legend::name(query.text("legendFormat"), &labels);
    let name = given.unwrap_or_else(|| shown(&labels));
    let value = Field::numbers("Value", points.iter().map(|(_, value)| *value))
        .with_labels(labels)
        .with_config("displayNameFromDS", Value::from(name.clone()));
    let kind = if is_instant { "numeric-multi" } else { "timeseries-multi" };
    let mut frame = Frame::new(vec![Field::times("Time", points.iter().map(|(time, _)| *time)), value])
        .with_meta("type", kind)
        .with_meta("typeVersion", json!([0, 1]))
        .with_meta("executedQueryString", executed);
    frame.name = Some(name);
    Ok(frame)
}

fn sample(sample: &Value) -> Option<(i64, f64)> {
    let time = whole(&sample["timestampMs"])?;
    // A value of 0 is left out.
    Some((time, sample["value"].as_f64().unwrap_or_default()))
}

fn labels(pairs: &Value) -> Map<String, Value> {
    let pairs = pairs.as_array().map_or(&[][..], Vec::as_slice);
    let label = |pair: &Value| {
        let name = pair["key"].as_str()?.to_owned();
        let value = match super::trace::plain(&pair["value"]) {
            Value::String(text) => text,
            other => other.to_string(),
        };
        Some((name, Value::from(value)))
    };
    pairs.iter().filter_map(label).collect()
}

/// One label speaks for itself; several are named.
fn shown(labels: &Map<String, Value>) -> String {
    let mut values = labels.values().filter_map(Value::as_str);
    match (values.next(), labels.len()) {
        (Some(only), 1) => only.to_owned(),
        _ => legend::series(labels),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_are_told_from_searches() {
        for (text, expected) in [
            ("{ } | rate() by (name)", true),
            ("{ status = error } | count_over_time( )", true),
            ("{ } | quantile_over_time (duration, .9)", true),
            ("{ } | count() > 2", false),
            ("{ name = \"rate()\" }", false),
            ("{ } | rated()", false),
        ] {
            assert_eq!(is_metrics(text), expected, "{text}");
        }
    }
}
