//! Quantiles and fractions of histograms in buckets.

use hashbrown::HashMap;

use super::Context;
use crate::Error;
use crate::eval::{ABSENT, Series, Value, is_absent};
use crate::{Labels, METRIC_NAME};

/// Upper bound and count of all observations up to it.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Bucket {
    bound: f64,
    count: f64,
}

/// Series that are buckets of one histogram.
struct Histogram {
    labels: Labels,
    buckets: Vec<(f64, Vec<f64>)>,
}

/// `histogram_quantile(q, buckets)`
pub(super) fn quantile(context: &mut Context<'_, '_>) -> Result<Value, Error> {
    let q = context.scalar(0)?;
    let list = context.vector(1)?;
    Ok(by_histogram(list, q.len(), |step, buckets| of_buckets(q[step], buckets)))
}

/// `histogram_fraction(lower, upper, buckets)`: the share of observations between two values.
pub(super) fn fraction(context: &mut Context<'_, '_>) -> Result<Value, Error> {
    let (lower, upper) = (context.scalar(0)?, context.scalar(1)?);
    let list = context.vector(2)?;
    Ok(by_histogram(list, lower.len(), |step, buckets| between(lower[step], upper[step], buckets)))
}

fn by_histogram(
    list: Vec<Series>,
    steps: usize,
    calculate: impl Fn(usize, &mut Vec<Bucket>) -> f64,
) -> Value {
    let series = |histogram: Histogram| {
        let value = |step: usize| {
            let bucket = |(bound, values): &(f64, Vec<f64>)| Bucket { bound: *bound, count: values[step] };
            let mut buckets: Vec<Bucket> = histogram.buckets.iter().map(bucket).collect();
            buckets.retain(|bucket| !is_absent(bucket.count));
            if buckets.is_empty() { ABSENT } else { calculate(step, &mut buckets) }
        };
        let values = (0..steps).map(value).collect();
        Series { labels: histogram.labels, values }
    };
    Value::Vector(histograms(list).into_iter().map(series).filter(|series| !series.is_empty()).collect())
}

/// Series without a readable `le` are no buckets.
fn histograms(list: Vec<Series>) -> Vec<Histogram> {
    let mut places: HashMap<Labels, usize, ahash::RandomState> = HashMap::default();
    let mut out: Vec<Histogram> = Vec::new();
    for series in list {
        let Some(bound) = parse_bound(series.labels.get("le")) else { continue };
        let labels = series.labels.filtered(|name| name != "le" && name != METRIC_NAME);
        let place = *places.entry(labels).or_insert_with_key(|labels| {
            out.push(Histogram { labels: labels.clone(), buckets: Vec::new() });
            out.len() - 1
        });
        out[place].buckets.push((bound, series.values));
    }
    out
}

fn parse_bound(text: &str) -> Option<f64> {
    match text {
        "+Inf" => Some(f64::INFINITY),
        text => text.parse().ok(),
    }
}

/// Sorted, each bound once, counts that never fall; nothing without a last bucket that holds everything.
fn tidy(buckets: &mut Vec<Bucket>) -> Option<()> {
    buckets.sort_by(|a, b| a.bound.total_cmp(&b.bound));
    buckets.last().filter(|last| last.bound == f64::INFINITY)?;
    buckets.dedup_by(|next, kept| {
        let same = next.bound == kept.bound;
        if same {
            kept.count += next.count;
        }
        same
    });
    let mut most = f64::NEG_INFINITY;
    for bucket in buckets.iter_mut() {
        most = most.max(bucket.count);
        bucket.count = most;
    }
    (buckets.len() >= 2).then_some(())
}

fn of_buckets(q: f64, buckets: &mut Vec<Bucket>) -> f64 {
    if q.is_nan() {
        return f64::NAN;
    }
    if q < 0.0 {
        return f64::NEG_INFINITY;
    }
    if q > 1.0 {
        return f64::INFINITY;
    }
    if tidy(buckets).is_none() {
        return f64::NAN;
    }
    let last = buckets.len() - 1;
    let all = buckets[last].count;
    if all == 0.0 || all.is_nan() {
        return f64::NAN;
    }
    let mut rank = q * all;
    let at = buckets[..last].partition_point(|bucket| bucket.count < rank);
    if at == last {
        return buckets[last - 1].bound;
    }
    if at == 0 && buckets[0].bound <= 0.0 {
        return buckets[0].bound;
    }
    let (mut start, end, mut count) = (0.0, buckets[at].bound, buckets[at].count);
    if at > 0 {
        start = buckets[at - 1].bound;
        count -= buckets[at - 1].count;
        rank -= buckets[at - 1].count;
    }
    start + (end - start) * (rank / count)
}

fn between(lower: f64, upper: f64, buckets: &mut Vec<Bucket>) -> f64 {
    if lower.is_nan() || upper.is_nan() || tidy(buckets).is_none() {
        return f64::NAN;
    }
    let all = buckets[buckets.len() - 1].count;
    if all == 0.0 || all.is_nan() {
        return f64::NAN;
    }
    if lower >= upper {
        return 0.0;
    }
    (rank_of(upper, buckets) - rank_of(lower, buckets)) / all
}

/// How many observations are at or below `value`, spread evenly within a bucket.
fn rank_of(value: f64, buckets: &[Bucket]) -> f64 {
    let mut below =
        Bucket { bound: if buckets[0].bound > 0.0 { 0.0 } else { f64::NEG_INFINITY }, count: 0.0 };
    for bucket in buckets {
        if value <= below.bound {
            return below.count;
        }
        if value < bucket.bound {
            if bucket.bound.is_infinite() || below.bound.is_infinite() {
                return if bucket.bound.is_infinite() { below.count } else { bucket.count };
            }
            let share = (value - below.bound) / (bucket.bound - below.bound);
            return below.count + (bucket.count - below.count) * share;
        }
        below = *bucket;
    }
    below.count
}
