//! Answers in Prometheus' form, which Loki shares for numbers: matrix, vector, scalar.

use serde_json::{Map, Value, json};

use super::{Failure, Query, legend};
use crate::frames::{Field, Frame};

/// Labels, and times with values.
type Series = (Map<String, Value>, Vec<(i64, f64)>);

/// The shape of frames a panel wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// A frame per series.
    Series,
    /// One frame with a column per label.
    Table,
}

/// The frames of `data`, the part of an answer that has `resultType` and `result`.
pub(super) fn frames(
    data: &Value,
    query: &Query,
    shape: Shape,
    executed: &str,
) -> Result<Vec<Frame>, Failure> {
    let kind = data["resultType"].as_str().unwrap_or_default();
    let result = &data["result"];
    match kind {
        "matrix" => {
            let series =
                list(result)?.iter().map(|series| Ok((labels_of(series), points(&series["values"])?)));
            let series = series.collect::<Result<Vec<_>, Failure>>()?;
            Ok(match shape {
                Shape::Series => series
                    .into_iter()
                    .map(|(labels, points)| one(labels, &points, query, "timeseries-multi", executed))
                    .collect(),
                Shape::Table => vec![table(&series, executed)],
            })
        }
        "vector" => {
            let series =
                list(result)?.iter().map(|series| Ok((labels_of(series), vec![point(&series["value"])?])));
            let series = series.collect::<Result<Vec<_>, Failure>>()?;
            Ok(match shape {
                Shape::Series => series
                    .into_iter()
                    .map(|(labels, points)| one(labels, &points, query, "numeric-multi", executed))
                    .collect(),
                Shape::Table => vec![table(&series, executed)],
            })
        }
        "scalar" => Ok(vec![one(Map::new(), &[point(result)?], query, "numeric-multi", executed)]),
        other => Err(unreadable(&format!("a result of type {other:?}"))),
    }
}

pub(super) fn unreadable(what: &str) -> Failure {
    Failure { status: 502, message: format!("the data source answered with {what}"), is_downstream: true }
}

fn list(value: &Value) -> Result<&Vec<Value>, Failure> {
    value.as_array().ok_or_else(|| unreadable("no list of series"))
}

fn labels_of(series: &Value) -> Map<String, Value> {
    series["metric"].as_object().cloned().unwrap_or_default()
}

fn points(values: &Value) -> Result<Vec<(i64, f64)>, Failure> {
    list(values)?.iter().map(point).collect()
}

/// `[seconds, "value"]`
fn point(value: &Value) -> Result<(i64, f64), Failure> {
    let time = value.get(0).and_then(Value::as_f64);
    let number = value.get(1).and_then(Value::as_str).and_then(number);
    match (time, number) {
        (Some(time), Some(number)) => Ok(((time * 1000.0).round() as i64, number)),
        _ => Err(unreadable("a point that has no time and value")),
    }
}

fn number(text: &str) -> Option<f64> {
    match text {
        "+Inf" => Some(f64::INFINITY),
        "-Inf" => Some(f64::NEG_INFINITY),
        text => text.parse().ok(),
    }
}

fn one(
    labels: Map<String, Value>,
    points: &[(i64, f64)],
    query: &Query,
    kind: &str,
    executed: &str,
) -> Frame {
    let name = legend::name(query.text("legendFormat"), &labels);
    let shown = name.clone().unwrap_or_else(|| legend::series(&labels));
    let mut value = Field::numbers("Value", points.iter().map(|(_, value)| *value)).with_labels(labels);
    if let Some(name) = name {
        value = value.with_config("displayNameFromDS", Value::from(name));
    }
    let mut frame = Frame::new(vec![Field::times("Time", points.iter().map(|(time, _)| *time)), value])
        .with_meta("type", kind)
        .with_meta("typeVersion", json!([0, 1]))
        .with_meta("executedQueryString", executed);
    frame.name = Some(shown);
    frame
}

/// Rows of all series: time, one column per label, value.
fn table(series: &[Series], executed: &str) -> Frame {
    let mut names: Vec<&String> = series.iter().flat_map(|(labels, _)| labels.keys()).collect();
    names.sort_unstable();
    names.dedup();
    let rows = || series.iter().flat_map(|(labels, points)| points.iter().map(move |point| (labels, point)));
    let mut fields = vec![Field::times("Time", rows().map(|(_, (time, _))| *time))];
    for name in names {
        let texts = rows().map(|(labels, _)| labels.get(name).and_then(Value::as_str).unwrap_or_default());
        fields.push(Field::strings(name, texts).with_config("filterable", Value::Bool(true)));
    }
    fields.push(Field::numbers("Value", rows().map(|(_, (_, value))| *value)));
    Frame::new(fields)
        .with_meta("type", "table")
        .with_meta("preferredVisualisationType", "table")
        .with_meta("executedQueryString", executed)
}
