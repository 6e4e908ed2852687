//! LogQL: lines and numbers.

use std::collections::HashMap;

use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use super::series::{self, Shape, unreadable};
use super::{Failure, Query, ask, interval, whole};
use crate::frames::{Field, Frame};
use crate::repo::data_sources::DataSource;
use crate::server::App;

const LINES_DEFAULT: u64 = 1000;
const LINES_MAX: u64 = 5000;

pub(super) async fn run(app: &App, source: &DataSource, query: &Query) -> Result<Vec<Frame>, Failure> {
    let Some(expr) = query.text("expr") else { return Ok(Vec::new()) };
    let wanted = query.text("step").and_then(interval::parse_ms).unwrap_or(query.interval_ms.max(1000));
    let step_ms = interval::step_ms(query.range, wanted);
    let expr = interval::fill(expr, step_ms, 1000, query.range);
    let configured = source.json_data.get("maxLines").and_then(whole);
    let lines = query.number("maxLines").filter(|lines| *lines > 0).or(configured).unwrap_or(LINES_DEFAULT);
    let nanos = |millis: i64| format!("{millis}000000");
    let mut parameters = vec![
        ("query", expr.clone()),
        ("limit", lines.min(LINES_MAX).to_string()),
        ("direction", query.text("direction").unwrap_or("backward").to_owned()),
    ];
    let is_instant = query.text("queryType") == Some("instant") || query.flag("instant");
    let path = if is_instant {
        parameters.push(("time", nanos(query.range.to_ms)));
        "/loki/api/v1/query"
    } else {
        parameters.push(("start", nanos(query.range.from_ms)));
        parameters.push(("end", nanos(query.range.to_ms)));
        parameters.push(("step", interval::written(step_ms)));
        "/loki/api/v1/query_range"
    };
    let answer = ask::get(app, source, path, &parameters).await?;
    let data = &answer["data"];
    if data["resultType"] == "streams" {
        return Ok(vec![lines_frame(&data["result"], &expr)?]);
    }
    let shape = if query.text("format") == Some("table") { Shape::Table } else { Shape::Series };
    series::frames(data, query, shape, &expr)
}

/// All lines in one frame, the newest first as they were asked for.
fn lines_frame(streams: &Value, executed: &str) -> Result<Frame, Failure> {
    let streams = streams.as_array().ok_or_else(|| unreadable("no list of streams"))?;
    let mut rows: Vec<(i64, &str, &Value)> = Vec::new();
    for stream in streams {
        let values = stream["values"].as_array().ok_or_else(|| unreadable("a stream without lines"))?;
        for value in values {
            let time = value.get(0).and_then(Value::as_str).and_then(|time| time.parse().ok());
            let line = value.get(1).and_then(Value::as_str);
            let (Some(time), Some(line)) = (time, line) else {
                return Err(unreadable("a line that has no time and text"));
            };
            rows.push((time, line, &stream["stream"]));
        }
    }
    rows.sort_by_key(|(time, ..)| std::cmp::Reverse(*time));
    let times: Vec<i64> = rows.iter().map(|(time, ..)| *time).collect();
    let types = |labels: &Value| {
        let names = labels.as_object().into_iter().flat_map(Map::keys);
        Value::Object(names.map(|name| (name.clone(), Value::from("I"))).collect())
    };
    let mut seen = HashMap::new();
    let ids: Vec<String> = rows.iter().map(|row| identifier(row, &mut seen)).collect();
    let frame = Frame::new(vec![
        Field::json("labels", rows.iter().map(|(_, _, labels)| (*labels).clone()).collect()),
        Field::nanos("Time", &times),
        Field::strings("Line", rows.iter().map(|(_, line, _)| *line)),
        Field::strings("tsNs", times.iter().map(ToString::to_string)),
        Field::json("labelTypes", rows.iter().map(|(_, _, labels)| types(labels)).collect()),
        Field::strings("id", ids),
    ]);
    Ok(frame
        .with_meta("typeVersion", json!([0, 0]))
        .with_meta("custom", json!({ "frameType": "LabeledTimeValues" }))
        .with_meta("preferredVisualisationType", "logs")
        .with_meta("executedQueryString", executed))
}

/// The same line keeps its name from one refresh to the next; equal lines are numbered.
fn identifier((time, line, labels): &(i64, &str, &Value), seen: &mut HashMap<String, u32>) -> String {
    let mut hash = Sha256::new();
    hash.update(time.to_le_bytes());
    hash.update(line.as_bytes());
    hash.update(labels.to_string().as_bytes());
    let id = format!("{time}_{}", hex::encode(&hash.finalize()[..8]));
    let count = seen.entry(id.clone()).or_insert(0);
    *count += 1;
    if *count == 1 { id } else { format!("{id}_{}", *count - 1) }
}
