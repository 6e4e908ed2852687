//! Series of numbers, from whichever store, in a table.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::process::ExitCode;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use crate::cli::QueryFormat;
use crate::commands::{complain, say};
use crate::ui::{self, Align, Cell, Style};

/// One series; times in seconds since 1970.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    pub labels: BTreeMap<String, String>,
    pub points: Vec<(f64, f64)>,
}

/// What was counted.
#[derive(Debug, Clone, PartialEq)]
pub struct Counted {
    pub series: Vec<Series>,
    /// Whether there is a value for each step, rather than the present one
    pub over_time: bool,
}

/// What Prometheus' API and Loki's call `data`: a vector, a matrix or a scalar.
pub fn from_prometheus(data: &Value) -> Counted {
    let result = data["result"].as_array().cloned().unwrap_or_default();
    if data["resultType"] == "scalar" {
        let points = point(&data["result"]).into_iter().collect();
        return Counted { series: vec![Series { labels: BTreeMap::new(), points }], over_time: false };
    }
    let mut series: Vec<Series> = result
        .iter()
        .map(|one| {
            let labels = serde_json::from_value(one["metric"].clone()).unwrap_or_default();
            let many = one["values"].as_array().into_iter().flatten().filter_map(point);
            Series { labels, points: point(&one["value"]).into_iter().chain(many).collect() }
        })
        .collect();
    let over_time = data["resultType"] == "matrix";
    if !over_time {
        largest_first(&mut series);
    }
    Counted { series, over_time }
}

/// What Tempo's metrics API calls `series`.
pub fn from_tempo(answer: &Value) -> Counted {
    let list = answer["series"].as_array().cloned().unwrap_or_default();
    let mut series: Vec<Series> = list
        .iter()
        .map(|one| {
            let labels = one["labels"].as_array().into_iter().flatten();
            let labels = labels.filter_map(|label| {
                Some((label["key"].as_str()?.to_owned(), attribute_text(&label["value"])))
            });
            let samples = one["samples"].as_array().into_iter().flatten().filter_map(|sample| {
                let ms: f64 = number(&sample["timestampMs"])?;
                Some((ms / 1000.0, number(&sample["value"]).unwrap_or_default()))
            });
            let present = (!one["value"].is_null() || one["samples"].is_null())
                .then(|| (0.0, number(&one["value"]).unwrap_or_default()));
            Series { labels: labels.collect(), points: present.into_iter().chain(samples).collect() }
        })
        .collect();
    let over_time = list.iter().any(|one| !one["samples"].is_null());
    if !over_time {
        largest_first(&mut series);
    }
    Counted { series, over_time }
}

fn largest_first(series: &mut [Series]) {
    let value = |series: &Series| series.points.first().map_or(f64::NEG_INFINITY, |point| point.1);
    series.sort_by(|one, other| value(other).total_cmp(&value(one)));
}

fn point(value: &Value) -> Option<(f64, f64)> {
    let pair = value.as_array().filter(|pair| pair.len() == 2)?;
    Some((number(&pair[0])?, number(&pair[1])?))
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

/// The value of an attribute in OTLP's JSON.
pub fn attribute_text(value: &Value) -> String {
    let inner = value.as_object().and_then(|object| object.values().next()).unwrap_or(value);
    match inner {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Prints the series.
pub fn show(counted: &Counted, format: QueryFormat, style: Style) -> anyhow::Result<ExitCode> {
    if counted.series.is_empty() {
        complain("nothing was counted")?;
        return Ok(ExitCode::SUCCESS);
    }
    if format == QueryFormat::Text {
        say(table(counted, style).trim_end())?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut stdout = std::io::BufWriter::new(std::io::stdout().lock());
    for one in &counted.series {
        for (time, value) in &one.points {
            let time = (*time > 0.0).then_some(time);
            // JSON has no NaN: such values are text, as in the stores' own answers.
            let value = if value.is_finite() { json!(value) } else { json!(value.to_string()) };
            writeln!(stdout, "{}", json!({"labels": one.labels, "time": time, "value": value}))?;
        }
    }
    stdout.flush()?;
    Ok(ExitCode::SUCCESS)
}

fn table(counted: &Counted, style: Style) -> String {
    let Counted { series, over_time: dated } = counted;
    let names: BTreeSet<&str> = series.iter().flat_map(|one| one.labels.keys().map(String::as_str)).collect();
    let mut columns: Vec<(&str, Align)> = Vec::new();
    if *dated {
        columns.push(("TIME", Align::Left));
    }
    columns.extend(names.iter().map(|name| (*name, Align::Left)));
    columns.push(("VALUE", Align::Right));
    let mut lines: Vec<(f64, Vec<Cell>)> = Vec::new();
    for one in series {
        for (time, value) in &one.points {
            let mut row: Vec<Cell> = dated.then(|| clock(*time).into()).into_iter().collect();
            row.extend(
                names.iter().map(|name| Cell::from(one.labels.get(*name).map_or("-", String::as_str))),
            );
            row.push(short(*value).into());
            lines.push((if *dated { *time } else { 0.0 }, row));
        }
    }
    lines.sort_by(|one, other| one.0.total_cmp(&other.0));
    let rows: Vec<Vec<Cell>> = lines.into_iter().map(|(_, row)| row).collect();
    ui::table(&columns, &rows, style)
}

fn clock(seconds: f64) -> String {
    match Timestamp::from_millisecond((seconds * 1000.0) as i64) {
        Ok(time) => time.to_zoned_datetime(TimeZone::system()).strftime("%H:%M:%S").to_string(),
        Err(_) => seconds.to_string(),
    }
}

/// Whole numbers as they are, others with four digits that matter.
pub fn short(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    if value == value.trunc() && value.abs() < 1e15 || !value.is_finite() {
        return value.to_string();
    }
    let digits = (3 - value.abs().log10().floor() as i64).clamp(0, 12);
    let text = format!("{value:.*}", usize::try_from(digits).unwrap_or(0));
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_of_all_stores_become_tables() {
        let vector = json!({"resultType": "vector", "result": [
            {"metric": {"event": "a"}, "value": [1.0, "2"]},
            {"metric": {"event": "b", "x": "y"}, "value": [1.0, "10.25"]},
        ]});
        let table = table(&from_prometheus(&vector), Style::PLAIN);
        assert_eq!(table, "event  x  VALUE\nb      y  10.25\na      -      2\n");
        let matrix = json!({"resultType": "matrix", "result": [
            {"metric": {"s": "u"}, "values": [[0, "1"], [60, "2"]]},
            {"metric": {"s": "v"}, "values": [[0, "NaN"]]},
        ]});
        let table = super::table(&from_prometheus(&matrix), Style::PLAIN);
        let lines: Vec<&str> = table.lines().collect();
        assert_eq!(lines[0], "TIME      s  VALUE");
        assert!(
            lines[1].ends_with("u      1")
                && lines[2].ends_with("v    NaN")
                && lines[3].ends_with("u      2"),
            "{table}"
        );
        let tempo = json!({"series": [
            {"labels": [{"key": "name", "value": {"stringValue": "GET"}}], "value": 0.12345},
            {"labels": [{"key": "name", "value": {"intValue": "7"}}], "value": 3},
        ]});
        let table = super::table(&from_tempo(&tempo), Style::PLAIN);
        assert_eq!(table, "name   VALUE\n7          3\nGET   0.1235\n");
        let range = json!({"series": [{"labels": [], "samples": [{"timestampMs": "1000", "value": 2}, {"timestampMs": "2000"}]}]});
        assert_eq!(from_tempo(&range).series[0].points, [(1.0, 2.0), (2.0, 0.0)]);
        let scalar = json!({"resultType": "scalar", "result": [5, "1.5"]});
        assert_eq!(from_prometheus(&scalar).series[0].points, [(5.0, 1.5)]);
    }

    #[test]
    fn numbers_are_short() {
        for (value, expected) in [
            (0.0, "0"),
            (12.0, "12"),
            (0.012_345_6, "0.01235"),
            (1234.5678, "1235"),
            (99.5, "99.5"),
            (f64::NAN, "NaN"),
            (f64::INFINITY, "inf"),
            (-0.5, "-0.5"),
        ] {
            assert_eq!(short(value), expected);
        }
    }
}
