//! `MetricsQueryRange` and `MetricsQueryInstant`. The HTTP API answers metrics in JSON only, so that is read here.

use protocols::otlp::{AnyValue, KeyValue, any_value};
use protocols::tempo::{
    Exemplar, InstantSeries, QueryInstantResponse, QueryRangeResponse, Sample, SearchMetrics, TimeSeries,
};
use serde::Deserialize;
use serde_json::Value as Json;
use tonic::Status;

use super::Answers;
use super::inner::{Inner, Query};
use super::messages::{QueryInstantRequest, QueryRangeRequest};
use super::pieces::pieces;

const PARTIAL: &str = "PARTIAL";

/// Both answers: what one of them lacks stays empty.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Answer {
    series: Vec<Series>,
    metrics: Json,
    status: String,
    message: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Series {
    labels: Vec<Label>,
    samples: Vec<Point>,
    exemplars: Vec<Point>,
    value: Json,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Label {
    key: String,
    value: Json,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Point {
    labels: Vec<Label>,
    value: Json,
    timestamp_ms: Json,
}

pub(super) async fn range(
    inner: Inner,
    request: QueryRangeRequest,
    answers: Answers<QueryRangeResponse>,
) -> Result<(), Status> {
    let step = if request.step > 0 { format!("{}ns", request.step) } else { String::new() };
    let query = Query::default()
        .text("q", &request.query)
        .number("start", request.start)
        .number("end", request.end)
        .text("step", &step)
        .number("exemplars", request.exemplars)
        .number("maxSeries", request.max_series);
    let found: Answer = inner.json("/api/metrics/query_range", query).await?;
    let (metrics, status, message) = (metrics(&found.metrics), status(&found.status), found.message);
    let pieces = pieces(found.series.into_iter().map(time_series).collect());
    let last = pieces.len() - 1;
    for (at, series) in pieces.into_iter().enumerate() {
        let mut answer = QueryRangeResponse { series, ..QueryRangeResponse::default() };
        if at == last {
            answer =
                QueryRangeResponse { metrics: metrics.clone(), status, message: message.clone(), ..answer };
        }
        answers.send(answer).await?;
    }
    Ok(())
}

pub(super) async fn instant(
    inner: Inner,
    request: QueryInstantRequest,
    answers: Answers<QueryInstantResponse>,
) -> Result<(), Status> {
    let query =
        Query::default().text("q", &request.query).number("start", request.start).number("end", request.end);
    let found: Answer = inner.json("/api/metrics/query", query).await?;
    let (metrics, status, message) = (metrics(&found.metrics), status(&found.status), found.message);
    let series =
        |series: Series| InstantSeries { labels: key_values(series.labels), value: float(&series.value) };
    let pieces = pieces(found.series.into_iter().map(series).collect());
    let last = pieces.len() - 1;
    for (at, series) in pieces.into_iter().enumerate() {
        let mut answer = QueryInstantResponse { series, ..QueryInstantResponse::default() };
        if at == last {
            answer =
                QueryInstantResponse { metrics: metrics.clone(), status, message: message.clone(), ..answer };
        }
        answers.send(answer).await?;
    }
    Ok(())
}

fn status(text: &str) -> i32 {
    i32::from(text == PARTIAL)
}

fn time_series(series: Series) -> TimeSeries {
    let sample =
        |point: &Point| Sample { value: float(&point.value), timestamp_ms: number(&point.timestamp_ms) };
    let exemplar = |point: Point| Exemplar {
        value: float(&point.value),
        timestamp_ms: number(&point.timestamp_ms),
        labels: key_values(point.labels),
    };
    TimeSeries {
        labels: key_values(series.labels),
        samples: series.samples.iter().map(sample).collect(),
        exemplars: series.exemplars.into_iter().map(exemplar).collect(),
    }
}

/// Numbers of 64 bits are texts in protobuf's JSON.
fn number(json: &Json) -> i64 {
    json.as_i64().or_else(|| json.as_str()?.parse().ok()).unwrap_or(0)
}

/// Absent for zero, text where JSON has no number for it.
fn float(json: &Json) -> f64 {
    let named = |text: &str| match text {
        "Infinity" => f64::INFINITY,
        "-Infinity" => f64::NEG_INFINITY,
        _ => f64::NAN,
    };
    json.as_f64().or_else(|| json.as_str().map(named)).unwrap_or(0.0)
}

fn key_values(labels: Vec<Label>) -> Vec<KeyValue> {
    let pair = |label: Label| KeyValue { key: label.key, value: any_value(&label.value), key_strindex: 0 };
    labels.into_iter().map(pair).collect()
}

fn any_value(json: &Json) -> Option<AnyValue> {
    let (kind, value) = json.as_object()?.iter().next()?;
    let value = match kind.as_str() {
        "stringValue" => any_value::Value::StringValue(value.as_str()?.to_owned()),
        "intValue" => any_value::Value::IntValue(number(value)),
        "doubleValue" => any_value::Value::DoubleValue(value.as_f64()?),
        "boolValue" => any_value::Value::BoolValue(value.as_bool()?),
        _ => return None,
    };
    Some(AnyValue { value: Some(value) })
}

fn metrics(json: &Json) -> Option<SearchMetrics> {
    json.as_object()?;
    let unsigned = |name: &str| u64::try_from(number(&json[name])).unwrap_or(0);
    let small = |name: &str| u32::try_from(unsigned(name)).unwrap_or(u32::MAX);
    Some(SearchMetrics {
        inspected_traces: small("inspectedTraces"),
        inspected_bytes: unsigned("inspectedBytes"),
        total_blocks: small("totalBlocks"),
        completed_jobs: small("completedJobs"),
        total_jobs: small("totalJobs"),
        total_block_bytes: unsigned("totalBlockBytes"),
        inspected_spans: unsigned("inspectedSpans"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_json_of_the_http_api_becomes_protobuf() {
        let text = r#"{"series":[{"labels":[{"key":"a","value":{"intValue":"7"}},{"key":"b","value":{"stringValue":"x"}}],
            "samples":[{"timestampMs":"1715000000000","value":0.25},{"timestampMs":"1715000060000"},{"timestampMs":"1715000120000","value":"-Infinity"}],
            "exemplars":[{"labels":[{"key":"trace:id","value":{"stringValue":"f"}}],"value":0.5,"timestampMs":"3"}]}],
            "metrics":{"inspectedTraces":3,"inspectedBytes":"1234"},"status":"PARTIAL","message":"m"}"#;
        let answer: Answer = serde_json::from_str(text).unwrap();
        assert_eq!(status(&answer.status), 1);
        let found = metrics(&answer.metrics).unwrap();
        assert_eq!((found.inspected_traces, found.inspected_bytes), (3, 1234));
        let series = time_series(answer.series.into_iter().next().unwrap());
        assert_eq!(series.labels[0].value.as_ref().unwrap().value, Some(any_value::Value::IntValue(7)));
        assert_eq!(series.samples[0], Sample { value: 0.25, timestamp_ms: 1_715_000_000_000 });
        assert_eq!((series.samples[1].value, series.samples[2].value), (0.0, f64::NEG_INFINITY));
        assert_eq!((series.exemplars[0].value, series.exemplars[0].labels.len()), (0.5, 1));
    }
}
