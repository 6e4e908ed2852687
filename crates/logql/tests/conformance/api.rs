//! The part of Loki's API that needs nothing but this crate and the data.

use logql::{
    Direction, EvalError, Expr, LogEntry, LogExpr, LogOptions, LogPlan, MetricExpr, MetricOptions,
    MetricPlan, Row, SampleValue, TimeAxis, Value as Result_, group_streams, parse_expr,
};
use serde_json::{Map, Value, json};

use crate::data::{Entry, Store};

/// Status and body.
pub struct Answer {
    pub status: u64,
    pub body: Value,
}

const SECOND: i64 = 1_000_000_000;

pub fn query_of(case: &Value) -> Option<&str> {
    case["params"]["query"].as_str()
}

/// The answer to a case; `None` for what is the business of a front end.
pub fn answer(store: &Store, case: &Value) -> Option<Answer> {
    let path = case["path"].as_str()?;
    let query = query_of(case)?;
    if case["method"] != "GET" {
        return None;
    }
    match path {
        "/loki/api/v1/format_query" => Some(match logql::format_query(query) {
            Ok(text) => Answer { status: 200, body: json!({"status": "success", "data": text}) },
            Err(error) => {
                Answer { status: 400, body: json!({"status": "invalid-query", "error": error.to_string()}) }
            }
        }),
        "/loki/api/v1/query_range" => range(store, case, query),
        "/loki/api/v1/query" => instant(store, case, query),
        _ => None,
    }
}

fn refused(status: u64, error: &dyn std::fmt::Display) -> Answer {
    Answer { status, body: Value::String(error.to_string()) }
}

fn success(data: &Value) -> Answer {
    Answer { status: 200, body: json!({"status": "success", "data": data}) }
}

fn failed(error: &EvalError) -> Answer {
    refused(if error.is_internal_in_loki() { 500 } else { 400 }, error)
}

fn instant(store: &Store, case: &Value, query: &str) -> Option<Answer> {
    let params = &case["params"];
    let at = time(params["time"].as_str()?)?;
    limit(params)?;
    Some(match parse_expr(query) {
        Err(error) => refused(400, &error),
        Ok(Expr::Log(_)) => refused(
            400,
            &"log queries are not supported as an instant query type, please change your query to a range query type",
        ),
        Ok(Expr::Metric(metric)) => evaluate(store, &metric, TimeAxis::instant(at)),
    })
}

fn range(store: &Store, case: &Value, query: &str) -> Option<Answer> {
    let params = &case["params"];
    let end = time(params["end"].as_str()?)?;
    let start = match (params["start"].as_str(), params["since"].as_str()) {
        (Some(start), _) => time(start)?,
        (None, Some(since)) if since.ends_with(char::is_alphabetic) => end.checked_sub(step(since)?)?,
        (None, Some(_)) => return None,
        (None, None) => return None,
    };
    let asked_step = match params["step"].as_str() {
        Some(text) => step(text)?,
        None => ((end - start) / (250 * SECOND)).max(1) * SECOND,
    };
    let limit = limit(params)?;
    let direction = match params["direction"].as_str() {
        Some("forward") => Direction::Forward,
        None | Some("backward") => Direction::Backward,
        Some(other) if other.eq_ignore_ascii_case("forward") => Direction::Forward,
        Some(other) if other.eq_ignore_ascii_case("backward") => Direction::Backward,
        Some(_) => return None,
    };
    let interval = params["interval"].as_str().map_or(Some(0), step_or_zero)?;
    let too_long = end - start > (30 * 24 + 1) * 3600 * SECOND;
    if end < start || asked_step <= 0 || (end - start) / asked_step > 11_000 || too_long {
        return None;
    }
    let categorized = case["headers"]["X-Loki-Response-Encoding-Flags"] == "categorize-labels";
    Some(match parse_expr(query) {
        Err(error) => refused(400, &error),
        Ok(Expr::Log(log)) => {
            lines(store, &log, (start, end), LogOptions { direction, limit, interval }, categorized)
        }
        Ok(Expr::Metric(metric)) => evaluate(store, &metric, TimeAxis::aligned_range(start, end, asked_step)),
    })
}

/// As the parameters spell times: seconds, nanoseconds, seconds with a fraction, RFC 3339.
fn time(text: &str) -> Option<i64> {
    if text.contains('.')
        && let Ok(seconds) = text.parse::<f64>()
    {
        return Some((seconds * 1000.0).round() as i64 * (SECOND / 1000));
    }
    if let Ok(number) = text.parse::<i64>() {
        return Some(if text.len() <= 10 { number * SECOND } else { number });
    }
    text.parse::<jiff::Timestamp>()
        .ok()
        .filter(|_| text.contains('T'))
        .and_then(|at| i64::try_from(at.as_nanosecond()).ok())
}

fn step(text: &str) -> Option<i64> {
    step_or_zero(text).filter(|step| *step > 0)
}

/// Seconds, or a duration.
fn step_or_zero(text: &str) -> Option<i64> {
    if let Ok(seconds) = text.parse::<f64>() {
        return (0.0..1e9).contains(&seconds).then_some((seconds * 1e9) as i64);
    }
    let query = format!("rate({{a=\"b\"}}[{text}])");
    match logql::parse_metric(&query).ok()? {
        MetricExpr::Range(range) => Some(range.range),
        _ => None,
    }
}

fn limit(params: &Value) -> Option<usize> {
    match params["limit"].as_str() {
        None => Some(100),
        Some(text) => text.parse().ok().filter(|limit| (1..=5000).contains(limit)),
    }
}

fn row<'a>(entry: &'a Entry, metadata: &'a [(&'a str, &'a str)]) -> Row<'a> {
    Row { timestamp: entry.timestamp, line: &entry.line, metadata }
}

fn borrowed(entry: &Entry) -> Vec<(&str, &str)> {
    entry.metadata.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

fn evaluate(store: &Store, metric: &MetricExpr, axis: TimeAxis) -> Answer {
    let plan = match MetricPlan::new(metric, axis, MetricOptions::default()) {
        Ok(plan) => plan,
        Err(error) => return refused(400, &error),
    };
    let mut parts = Vec::new();
    for leaf in plan.leaves() {
        let reads = leaf.reads();
        // Two collectors, as two threads would have them.
        let mut collectors = [leaf.collector(), leaf.collector()];
        for (at, (labels, entries)) in store.iter().enumerate() {
            if !leaf.compiled_selector().matches(labels) {
                continue;
            }
            let collector = &mut collectors[at % 2];
            collector.begin_stream(labels);
            for entry in
                entries.iter().filter(|entry| reads.after < entry.timestamp && entry.timestamp <= reads.until)
            {
                if collector.push(row(entry, &borrowed(entry))).is_err() {
                    break;
                }
            }
        }
        parts.push(collectors.map(logql::Collector::finish).into());
    }
    match plan.evaluate(parts) {
        Ok(value) => success(&result(&value)),
        Err(error) => failed(&error),
    }
}

fn result(value: &Result_) -> Value {
    let seconds = |nanos: i64| json!(nanos as f64 / 1e9);
    let labels = |set: &logql::LabelSet| -> Value {
        set.iter().map(|(name, value)| (name.to_owned(), json!(value))).collect::<Map<_, _>>().into()
    };
    match value {
        Result_::Scalar { timestamp, value } => {
            json!({"resultType": "scalar", "result": [timestamp / 1_000_000, SampleValue(*value).to_string()]})
        }
        Result_::Vector(samples) => {
            let samples: Vec<Value> = samples
                .iter()
                .map(|sample| {
                    let value = SampleValue(sample.value).to_string();
                    json!({"metric": labels(&sample.labels), "value": [seconds(sample.timestamp), value]})
                })
                .collect();
            json!({"resultType": "vector", "result": samples})
        }
        Result_::Matrix(series) => {
            let series: Vec<Value> = series
                .iter()
                .map(|series| {
                    let values: Vec<Value> = series
                        .points
                        .iter()
                        .map(|(timestamp, value)| {
                            json!([seconds(*timestamp), SampleValue(*value).to_string()])
                        })
                        .collect();
                    json!({"metric": labels(&series.labels), "values": values})
                })
                .collect();
            json!({"resultType": "matrix", "result": series})
        }
    }
}

fn lines(
    store: &Store,
    log: &LogExpr,
    (start, end): (i64, i64),
    options: LogOptions,
    categorized: bool,
) -> Answer {
    // The end is excluded, but a range that is a single moment contains it.
    let end = end.max(start + 1);
    let plan = match LogPlan::new(log, options) {
        Ok(plan) => plan,
        Err(error) => return refused(400, &error),
    };
    let mut collectors = [plan.collector(), plan.collector()];
    for (at, (labels, entries)) in store.iter().enumerate() {
        if !plan.compiled_selector().matches(labels) {
            continue;
        }
        let collector = &mut collectors[at % 2];
        collector.begin_stream(labels, at as u64);
        for entry in entries.iter().filter(|entry| start <= entry.timestamp && entry.timestamp < end) {
            collector.push(row(entry, &borrowed(entry)));
        }
    }
    let entries = plan.finish(collectors.map(logql::LogCollector::finish).into());
    let streams: Vec<Value> = group_streams(entries, categorized)
        .into_iter()
        .map(|stream| {
            let labels: Map<String, Value> =
                stream.labels.iter().map(|(name, value)| (name.to_owned(), json!(value))).collect();
            let values: Vec<Value> = stream.entries.iter().map(|entry| tuple(entry, categorized)).collect();
            json!({"stream": labels, "values": values})
        })
        .collect();
    let mut data = json!({"resultType": "streams", "result": streams});
    if categorized {
        data["encodingFlags"] = json!(["categorize-labels"]);
    }
    success(&data)
}

fn tuple(entry: &LogEntry, categorized: bool) -> Value {
    let timestamp = entry.timestamp.to_string();
    if !categorized {
        return json!([timestamp, entry.line]);
    }
    let mut categories = Map::new();
    for (name, set) in [("structuredMetadata", &entry.labels.metadata), ("parsed", &entry.labels.parsed)] {
        if !set.is_empty() {
            let set: Map<String, Value> =
                set.iter().map(|(name, value)| (name.to_owned(), json!(value))).collect();
            categories.insert(name.to_owned(), set.into());
        }
    }
    json!([timestamp, entry.line, categories])
}
