//! Which values of two nodes belong together: those with the same labels, where one side's labels are part of the
//! other's, or where each side has just one value.

use std::collections::{BTreeSet, HashMap};

use crate::expression::{RESULTS_MAX, Result, error};
use crate::value::{Labels, Number, Point, Series, Value, Values};

/// Pairs that are compared one by one.
const PAIRS_MAX: usize = 4_000_000;

type Pair<'v> = (&'v Labels, &'v Value, &'v Value);

/// The pairs with the labels of the result: those of the side that has more.
pub(super) fn join<'v>(left: &'v Values, right: &'v Values) -> Result<Vec<Pair<'v>>> {
    let pairs =
        if have_same_names(left, right) { by_equality(left, right) } else { by_inclusion(left, right)? };
    if pairs.len() > RESULTS_MAX {
        return error(format!("a formula joins more than {RESULTS_MAX} pairs of series"));
    }
    if let ([a], [b], true) = (&left[..], &right[..], pairs.is_empty()) {
        return Ok(vec![(a.labels(), a, b)]);
    }
    Ok(pairs)
}

/// The usual case: both sides are grouped by the same labels, so a part of them cannot be the whole of others.
fn have_same_names(left: &Values, right: &Values) -> bool {
    let mut all = left.iter().chain(right).map(|value| value.labels().keys());
    let Some(first) = all.next() else { return true };
    all.all(|names| names.eq(first.clone()))
}

fn by_equality<'v>(left: &'v Values, right: &'v Values) -> Vec<Pair<'v>> {
    let mut known: HashMap<&Labels, Vec<&Value>> = HashMap::with_capacity(right.len());
    for value in right {
        known.entry(value.labels()).or_default().push(value);
    }
    let pairs = left.iter().flat_map(|a| {
        let labels = a.labels();
        known.get(labels).into_iter().flatten().map(move |b| (labels, a, *b))
    });
    pairs.take(RESULTS_MAX + 1).collect()
}

fn by_inclusion<'v>(left: &'v Values, right: &'v Values) -> Result<Vec<Pair<'v>>> {
    if left.len().saturating_mul(right.len()) > PAIRS_MAX {
        return error(format!(
            "a formula compares the labels of {} with those of {} series: give both sides the same labels",
            left.len(),
            right.len()
        ));
    }
    let mut pairs = Vec::new();
    for a in left {
        for b in right {
            let (a_labels, b_labels) = (a.labels(), b.labels());
            if is_part(b_labels, a_labels) {
                pairs.push((a_labels, a, b));
            } else if is_part(a_labels, b_labels) {
                pairs.push((b_labels, a, b));
            }
        }
    }
    Ok(pairs)
}

fn is_part(some: &Labels, all: &Labels) -> bool {
    some.len() <= all.len() && some.iter().all(|(name, value)| all.get(name) == Some(value))
}

/// One operation on one pair.
pub(super) fn pair(
    labels: &Labels,
    a: &Value,
    b: &Value,
    operation: impl Fn(Option<f64>, Option<f64>) -> Option<f64>,
) -> Value {
    let series = |points| Value::Series(Series { labels: labels.clone(), points });
    match (a, b) {
        (Value::Series(a), Value::Series(b)) => series(same_times(&a.points, &b.points, operation)),
        (Value::Series(a), b) => {
            let b = single(b);
            series(each(&a.points, |value| operation(value, b)))
        }
        (a, Value::Series(b)) => {
            let a = single(a);
            series(each(&b.points, |value| operation(a, value)))
        }
        (Value::Scalar(a), Value::Scalar(b)) => Value::Scalar(operation(*a, *b)),
        (a, b) => Value::Number(Number { labels: labels.clone(), value: operation(single(a), single(b)) }),
    }
}

fn single(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.value,
        Value::Scalar(value) => *value,
        Value::Series(_) => None,
    }
}

fn each(points: &[Point], change: impl Fn(Option<f64>) -> Option<f64>) -> Vec<Point> {
    points.iter().map(|point| Point { at_ms: point.at_ms, value: change(point.value) }).collect()
}

/// Moments that both series have.
fn same_times(
    a: &[Point],
    b: &[Point],
    operation: impl Fn(Option<f64>, Option<f64>) -> Option<f64>,
) -> Vec<Point> {
    let known: HashMap<i64, Option<f64>> = b.iter().map(|point| (point.at_ms, point.value)).collect();
    let mut seen = BTreeSet::new();
    let common = a.iter().filter(|point| seen.insert(point.at_ms)).filter_map(|point| {
        let other = known.get(&point.at_ms)?;
        Some(Point { at_ms: point.at_ms, value: operation(point.value, *other) })
    });
    common.collect()
}
