//! What is done with finished series: arithmetic, thresholds, the first or last few.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::part::Counted;
use super::{Leaf, Metrics, Series, finish};
use crate::eval::OwnedValue;
use crate::syntax::{MetricExpr, MetricOp, MetricStage};
use crate::test::{Compare, Static};

const NAME: &str = "__name__";

/// The series of an expression; `leaves` are its functions from left to right.
pub(super) fn evaluate<'q>(
    query: &Metrics,
    expr: &MetricExpr,
    leaves: &mut impl Iterator<Item = (Counted, &'q Leaf)>,
) -> Vec<Series> {
    match expr {
        MetricExpr::Query(_) => match leaves.next() {
            Some((counted, leaf)) => finish::series(query, leaf, counted),
            None => Vec::new(),
        },
        MetricExpr::Number(_) => Vec::new(),
        MetricExpr::Stage(inner, stage) => {
            let series = evaluate(query, inner, leaves);
            match stage {
                MetricStage::TopK(count) => ranked(series, *count, true),
                MetricStage::BottomK(count) => ranked(series, *count, false),
                MetricStage::Filter(op, threshold) => filtered(series, *op, threshold),
            }
        }
        MetricExpr::Binary(op, left, right) => match (number(left), number(right)) {
            (None, Some(number)) => scaled(evaluate(query, left, leaves), |value| apply(*op, value, number)),
            (Some(number), None) => scaled(evaluate(query, right, leaves), |value| apply(*op, number, value)),
            _ => {
                let left = evaluate(query, left, leaves);
                joined(*op, &left, &evaluate(query, right, leaves))
            }
        },
    }
}

fn number(expr: &MetricExpr) -> Option<f64> {
    match expr {
        MetricExpr::Number(value) => value.value().number(),
        _ => None,
    }
}

fn apply(op: MetricOp, a: f64, b: f64) -> f64 {
    match op {
        MetricOp::Add => a + b,
        MetricOp::Sub => a - b,
        MetricOp::Mul => a * b,
        // What cannot be divided has no value.
        MetricOp::Div if b == 0.0 => f64::NAN,
        MetricOp::Div => a / b,
    }
}

fn scaled(mut series: Vec<Series>, scale: impl Fn(f64) -> f64) -> Vec<Series> {
    for one in &mut series {
        one.values.iter_mut().for_each(|value| *value = scale(*value));
    }
    series
}

/// The labels of a series without its name; a series without any joins all.
fn key(series: &Series) -> Vec<(&str, String)> {
    let mut key: Vec<_> = series.text().into_iter().filter(|(name, _)| *name != NAME).collect();
    key.sort();
    key
}

fn name(series: &Series) -> Option<String> {
    series.labels.iter().find(|(key, _)| key == NAME).map(|(_, name)| name.to_string())
}

fn joined(op: MetricOp, left: &[Series], right: &[Series]) -> Vec<Series> {
    let by_key: BTreeMap<Vec<(&str, String)>, &Series> =
        right.iter().map(|series| (key(series), series)).collect();
    let lone = |side: &[Series]| matches!(side, [one] if key(one).is_empty());
    let mut out = Vec::new();
    if lone(right) {
        left.iter().for_each(|series| out.push(combined(op, series, &right[0], series)));
    } else if lone(left) {
        right.iter().for_each(|series| out.push(combined(op, &left[0], series, series)));
    } else {
        for series in left {
            if let Some(other) = by_key.get(&key(series)) {
                out.push(combined(op, series, other, series));
            }
        }
    }
    out
}

fn combined(op: MetricOp, left: &Series, right: &Series, labelled: &Series) -> Series {
    let mut labels: Vec<(String, OwnedValue)> =
        labelled.labels.iter().filter(|(key, _)| key != NAME).cloned().collect();
    if let (true, Some(a), Some(b)) = (labels.is_empty(), name(left), name(right)) {
        labels.push((NAME.to_owned(), OwnedValue::Str(format!("({a} {} {b})", op.symbol()))));
    }
    let values = left.values.iter().zip(&right.values).map(|(a, b)| apply(op, *a, *b)).collect();
    Series { labels, values, exemplars: [left.exemplars.clone(), right.exemplars.clone()].concat() }
}

fn filtered(mut series: Vec<Series>, op: Compare, threshold: &Static) -> Vec<Series> {
    let wanted = match threshold {
        Static::Duration(nanos) => *nanos as f64 / 1e9,
        other => other.value().number().unwrap_or(f64::NAN),
    };
    for one in &mut series {
        for value in &mut one.values {
            if !(*value).partial_cmp(&wanted).is_some_and(|order| op.accepts(order)) {
                *value = f64::NAN;
            }
        }
    }
    series.retain(Series::has_samples);
    series
}

/// Which of two equal values comes first: by labels, texts ascending, numbers descending.
fn tie_order(a: &Series, b: &Series) -> Ordering {
    let pairs = a.labels.iter().zip(&b.labels);
    let label = |((a_key, a), (b_key, b)): (&(String, OwnedValue), &(String, OwnedValue))| {
        a_key.cmp(b_key).then_with(|| match (a, b) {
            (OwnedValue::Float(a), OwnedValue::Float(b)) => b.total_cmp(a),
            _ => a.to_string().cmp(&b.to_string()),
        })
    };
    pairs.map(label).find(|order| order.is_ne()).unwrap_or_else(|| a.labels.len().cmp(&b.labels.len()))
}

/// Keeps the greatest or least `count` values at every point in time.
fn ranked(mut series: Vec<Series>, count: i64, greatest: bool) -> Vec<Series> {
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    series.sort_by(tie_order);
    let intervals = series.first().map_or(0, |one| one.values.len());
    for interval in 0..intervals {
        let mut order: Vec<usize> =
            (0..series.len()).filter(|at| !series[*at].values[interval].is_nan()).collect();
        order.sort_by(|a, b| {
            let (a, b) = (series[*a].values[interval], series[*b].values[interval]);
            if greatest { b.total_cmp(&a) } else { a.total_cmp(&b) }
        });
        // Of equal values, the first by label are kept among the greatest, the last among the least.
        if !greatest {
            let values = |at: usize| series[at].values[interval];
            order.sort_by(|a, b| values(*a).total_cmp(&values(*b)).then(b.cmp(a)));
        }
        for at in order.into_iter().skip(count) {
            series[at].values[interval] = f64::NAN;
        }
    }
    series.retain(Series::has_samples);
    series
}
