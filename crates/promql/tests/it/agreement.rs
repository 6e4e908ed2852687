//! The same expressions, asked of Prometheus and evaluated here.

use std::collections::BTreeMap;
use std::sync::Arc;

use promql::{Answer, Dialect, Limits, Query, SampleSeries};
use serde_json::Value as Json;

use crate::expressions::{DIALECTS_DIFFER, EXPRESSIONS};
use crate::prometheus::Prometheus;
use crate::samples::{START, STEP, Samples, samples};

/// Values of a series by time in milliseconds.
type Rows = BTreeMap<BTreeMap<String, String>, BTreeMap<i64, f64>>;

/// Times of instant queries: on a sample, between two, near the beginning, after the end.
const INSTANTS: [i64; 5] = [
    START + 100 * STEP,
    START + 150 * STEP + 7_001,
    START + 3 * STEP + 1,
    START + 205 * STEP + 13,
    START + 62 * STEP,
];
/// Start, end and step of range queries.
const RANGES: [(i64, i64, i64); 2] =
    [(START + 10 * STEP + 1_234, START + 190 * STEP, 47_000), (START, START + 230 * STEP, 10 * STEP)];
/// Between samples and apart from round times, both dialects answer the same.
const UNEVEN: i64 = START + 150 * STEP + 7_001;

fn labels_of(json: &Json) -> BTreeMap<String, String> {
    let pairs = json.as_object().into_iter().flatten();
    pairs.map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned())).collect()
}

fn sample_of(json: &Json) -> (i64, f64) {
    let time = (json[0].as_f64().unwrap() * 1000.0).round() as i64;
    (time, json[1].as_str().unwrap().parse().unwrap())
}

fn theirs(data: &Json) -> Rows {
    let result = &data["result"];
    if data["resultType"] == "scalar" {
        return Rows::from([(BTreeMap::new(), BTreeMap::from([sample_of(result)]))]);
    }
    let series = |json: &Json| {
        let list = json["values"].as_array().cloned().unwrap_or_else(|| vec![json["value"].clone()]);
        (labels_of(&json["metric"]), list.iter().map(sample_of).collect())
    };
    result.as_array().unwrap().iter().map(series).collect()
}

fn ours(list: Vec<SampleSeries>) -> Rows {
    let series = |series: SampleSeries| {
        let labels = series.labels.iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
        (labels.collect(), series.times.into_iter().zip(series.values).collect())
    };
    list.into_iter().map(series).collect()
}

fn ours_at(answer: Answer, at: i64) -> Rows {
    let one = |labels, value| SampleSeries { labels, times: vec![at], values: vec![value] };
    ours(match answer {
        Answer::Scalar(value) => vec![one(promql::Labels::default(), value)],
        Answer::Vector(list) => list.into_iter().map(|(labels, value)| one(labels, value)).collect(),
        Answer::Matrix(list) => list,
        Answer::Text(text) => panic!("{text}"),
    })
}

/// What differs, if anything does.
fn difference(ours: &Rows, theirs: &Rows) -> Option<String> {
    if !ours.keys().eq(theirs.keys()) {
        return Some(format!("series differ:\n  ours   {:?}\n  theirs {:?}", ours.keys(), theirs.keys()));
    }
    for (labels, expected) in theirs {
        let found = &ours[labels];
        if !found.keys().eq(expected.keys()) {
            return Some(format!(
                "times of {labels:?}:\n  ours   {:?}\n  theirs {:?}",
                found.keys(),
                expected.keys()
            ));
        }
        for (time, value) in expected {
            if !near(found[time], *value) {
                return Some(format!("{labels:?} at {time}: ours {} theirs {value}", found[time]));
            }
        }
    }
    None
}

fn near(a: f64, b: f64) -> bool {
    a == b || (a.is_nan() && b.is_nan()) || (a - b).abs() <= 1e-9 * a.abs().max(b.abs()).max(1e-6)
}

fn compare(found: Result<Rows, promql::Error>, expected: Result<Json, String>) -> Option<String> {
    match (found, expected) {
        (Ok(found), Ok(expected)) => difference(&found, &theirs(&expected)),
        (Err(_), Err(_)) => None,
        (Ok(_), Err(error)) => Some(format!("theirs is an error: {error}")),
        (Err(error), Ok(_)) => Some(format!("ours is an error: {error}")),
    }
}

fn limits(dialect: Dialect) -> Limits {
    Limits { dialect, ..Limits::default() }
}

async fn check_instant(
    prometheus: &Prometheus,
    samples: &Samples,
    text: &str,
    at: i64,
    dialect: Dialect,
) -> Option<String> {
    let params = [("query", text.to_owned()), ("time", format!("{:.3}", at as f64 / 1000.0))];
    let expected = prometheus.ask("/api/v1/query", &params).await;
    let found = Query::parse(text)
        .and_then(|query| promql::instant(samples, &query, at, &limits(dialect), Arc::default()));
    compare(found.map(|answer| ours_at(answer, at)), expected)
        .map(|text| format!("at {at} ({dialect:?}): {text}"))
}

async fn check_range(
    prometheus: &Prometheus,
    samples: &Samples,
    text: &str,
    (start, end, step): (i64, i64, i64),
) -> Option<String> {
    let seconds = |millis: i64| format!("{:.3}", millis as f64 / 1000.0);
    let params = [
        ("query", text.to_owned()),
        ("start", seconds(start)),
        ("end", seconds(end)),
        ("step", seconds(step)),
    ];
    let expected = prometheus.ask("/api/v1/query_range", &params).await;
    let found = Query::parse(text).and_then(|query| {
        if !query.has_steps() {
            return Err(promql::Error::Execution("no steps".to_owned()));
        }
        promql::range(samples, &query, (start, end, step), &limits(Dialect::Two), Arc::default())
    });
    compare(found.map(ours), expected).map(|text| format!("from {start} to {end} by {step}: {text}"))
}

#[tokio::test]
async fn every_expression_is_answered_as_by_prometheus() {
    let samples = samples();
    let prometheus = Prometheus::start(&samples.0).await;
    let mut problems = Vec::new();
    let mut answered = 0;
    for text in EXPRESSIONS {
        let mut found = Vec::new();
        for at in INSTANTS {
            found.extend(check_instant(&prometheus, &samples, text, at, Dialect::Two).await);
        }
        if !DIALECTS_DIFFER.contains(text) {
            found.extend(check_instant(&prometheus, &samples, text, UNEVEN, Dialect::Three).await);
        }
        for range in RANGES {
            found.extend(check_range(&prometheus, &samples, text, range).await);
        }
        answered += usize::from(found.is_empty());
        problems.extend(found.into_iter().map(|problem| format!("{text}\n  {problem}")));
    }
    assert!(problems.is_empty(), "{answered} of {} agree; {}", EXPRESSIONS.len(), problems.join("\n"));
}

#[tokio::test]
async fn the_order_of_sorted_answers_is_prometheus_order() {
    let samples = samples();
    let prometheus = Prometheus::start(&samples.0).await;
    for text in [
        "sort(requests_total)",
        "sort_desc(temperature)",
        "topk(3, requests_total)",
        "bottomk(2, temperature)",
    ] {
        let at = INSTANTS[1];
        let params = [("query", text.to_owned()), ("time", format!("{:.3}", at as f64 / 1000.0))];
        let expected = prometheus.ask("/api/v1/query", &params).await.unwrap();
        let expected: Vec<_> =
            expected["result"].as_array().unwrap().iter().map(|one| labels_of(&one["metric"])).collect();
        let query = Query::parse(text).unwrap();
        let answer = promql::instant(&samples, &query, at, &limits(Dialect::Two), Arc::default()).unwrap();
        let Answer::Vector(list) = answer else { panic!("{text}") };
        let found: Vec<BTreeMap<String, String>> = list
            .iter()
            .map(|(labels, _)| {
                labels.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
            })
            .collect();
        assert_eq!(found, expected, "{text}");
    }
}
