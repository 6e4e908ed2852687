//! Exemplars: single observations, with the trace they belong to, that a panel shows beside its lines.

use serde_json::{Map, Value, json};

use super::super::{Query, ask};
use crate::frames::{Field, Frame};
use crate::repo::data_sources::DataSource;
use crate::server::App;

/// More would cover the lines.
const EXEMPLARS_MAX: usize = 1_000;

/// Labels, time in milliseconds, value.
type Exemplar = (Map<String, Value>, i64, f64);

/// One frame, or none when there are none. A source that does not know exemplars is no reason for the query to fail.
pub(super) async fn frame(app: &App, source: &DataSource, query: &Query, expr: &str) -> Option<Frame> {
    let seconds = |millis: i64| (millis as f64 / 1000.0).to_string();
    let parameters = [
        ("query", expr.to_owned()),
        ("start", seconds(query.range.from_ms)),
        ("end", seconds(query.range.to_ms)),
    ];
    let answer = match ask::get(app, source, "/api/v1/query_exemplars", &parameters).await {
        Ok(answer) => answer,
        Err(failure) => {
            tracing::debug!(data_source = source.name, reason = failure.message, "no exemplars");
            return None;
        }
    };
    let mut found: Vec<Exemplar> =
        answer["data"].as_array().into_iter().flatten().flat_map(of_series).collect();
    if found.is_empty() {
        return None;
    }
    found.sort_by_key(|(_, time, _)| *time);
    found.truncate(EXEMPLARS_MAX);
    Some(table(&found, expr))
}

fn of_series(series: &Value) -> impl Iterator<Item = Exemplar> + '_ {
    let of_series = series["seriesLabels"].as_object().cloned().unwrap_or_default();
    series["exemplars"].as_array().into_iter().flatten().filter_map(move |exemplar| {
        let time = exemplar["timestamp"].as_f64()?;
        let value = match &exemplar["value"] {
            Value::String(text) => text.parse().ok()?,
            other => other.as_f64()?,
        };
        let mut labels = of_series.clone();
        labels.extend(exemplar["labels"].as_object().cloned().unwrap_or_default());
        Some((labels, (time * 1000.0).round() as i64, value))
    })
}

fn table(found: &[Exemplar], executed: &str) -> Frame {
    let mut names: Vec<&String> = found.iter().flat_map(|(labels, ..)| labels.keys()).collect();
    names.sort_unstable();
    names.dedup();
    let mut fields = vec![
        Field::times("Time", found.iter().map(|(_, time, _)| *time)),
        Field::numbers("Value", found.iter().map(|(.., value)| *value)),
    ];
    for name in names {
        let texts =
            found.iter().map(|(labels, ..)| labels.get(name).and_then(Value::as_str).unwrap_or_default());
        fields.push(Field::strings(name, texts));
    }
    let mut frame = Frame::new(fields)
        .with_meta("dataTopic", "annotations")
        .with_meta("custom", json!({ "resultType": "exemplar" }))
        .with_meta("executedQueryString", executed);
    frame.name = Some("exemplar".to_owned());
    frame
}
