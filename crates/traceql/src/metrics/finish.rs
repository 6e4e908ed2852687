//! Counted values become series.

use super::accumulate::{Sum, Values};
use super::part::Counted;
use super::{Exemplar, Leaf, Metrics, Series};
use crate::eval::OwnedValue;
use crate::syntax::MetricFunction;

/// The series of one function, without exemplars of other functions.
pub(super) fn series(query: &Metrics, leaf: &Leaf, counted: Counted) -> Vec<Series> {
    let (groups, exemplars, contrast) = counted.into_parts();
    if let Some(compared) = &leaf.compare {
        return contrast.into_series(compared.args.top.and_then(|top| usize::try_from(top).ok()));
    }
    let mut exemplars: Vec<_> = exemplars.into_values().flatten().collect();
    exemplars.sort_by_key(|(id, _, exemplar)| (exemplar.time, *id));
    let mut all = Vec::new();
    for (key, grown) in groups {
        let mut labels = grown.labels;
        let own_name = labels.is_empty();
        if own_name {
            labels = vec![("__name__".to_owned(), OwnedValue::Str(leaf.function.name().to_owned()))];
        }
        let of_group =
            exemplars.iter().filter(|(_, group, _)| *group == key).map(|(_, _, exemplar)| exemplar.clone());
        let first = all.len();
        spread(query, leaf, labels, own_name, grown.values, &mut all);
        if let Some(series) = all.get_mut(first) {
            series.exemplars = of_group.collect();
            fill_counts(query, leaf, series);
        }
    }
    if all.is_empty()
        && leaf.by.is_empty()
        && matches!(leaf.function, MetricFunction::Rate | MetricFunction::CountOverTime)
    {
        let labels = vec![("__name__".to_owned(), OwnedValue::Str(leaf.function.name().to_owned()))];
        all.push(Series { labels, values: vec![0.0; query.axis.intervals()], exemplars: Vec::new() });
    }
    all
}

/// Exemplars of counts show the count.
fn fill_counts(query: &Metrics, leaf: &Leaf, series: &mut Series) {
    if leaf.value.is_some() {
        return;
    }
    for exemplar in &mut series.exemplars {
        let Exemplar { value, time, .. } = exemplar;
        *value = query.axis.interval(*time).and_then(|at| series.values.get(at).copied()).unwrap_or(0.0);
    }
}

fn spread(
    query: &Metrics,
    leaf: &Leaf,
    labels: Vec<(String, OwnedValue)>,
    own_name: bool,
    values: Values,
    out: &mut Vec<Series>,
) {
    let mut push = |labels, values| out.push(Series { labels, values, exemplars: Vec::new() });
    match values {
        Values::Counts(counts) => {
            let per = if leaf.function == MetricFunction::Rate { query.axis.step_seconds() } else { 1.0 };
            push(labels, counts.into_iter().map(|count| count / per).collect());
        }
        Values::Sums(sums) => {
            let value = |sum: Sum| match leaf.function {
                _ if sum.count == 0.0 => f64::NAN,
                MetricFunction::AvgOverTime => sum.value() / sum.count,
                _ => sum.value(),
            };
            push(labels, sums.into_iter().map(value).collect());
        }
        Values::Extremes { values, .. } => push(labels, values),
        Values::Buckets(buckets) => {
            let with = |key: &str, value: f64| {
                let mut labels = if own_name { Vec::new() } else { labels.clone() };
                labels.push((key.to_owned(), OwnedValue::Float(value)));
                labels
            };
            if leaf.function == MetricFunction::HistogramOverTime {
                for (bucket, counts) in buckets.iter() {
                    push(with("__bucket", leaf.bound(bucket)), counts.to_vec());
                }
                return;
            }
            for quantile in &leaf.quantiles {
                let at = |interval: usize| {
                    let counts = buckets.iter().map(|(bucket, counts)| (bucket, counts[interval]));
                    quantile_of(&counts.filter(|(_, count)| *count > 0.0).collect::<Vec<_>>(), *quantile)
                };
                let scale = if leaf.in_seconds { 1e9 } else { 1.0 };
                push(
                    with("p", *quantile),
                    (0..query.axis.intervals()).map(|interval| at(interval) / scale).collect(),
                );
            }
        }
    }
}

/// The value below which a share of the counted values lie, by exponential interpolation inside a bucket.
fn quantile_of(buckets: &[(u8, f64)], quantile: f64) -> f64 {
    let total: f64 = buckets.iter().map(|(_, count)| count).sum();
    if total == 0.0 {
        return 0.0;
    }
    let wanted = (total * quantile).ceil().max(1.0);
    let (mut below, mut lower) = (0.0, None);
    for (bucket, count) in buckets {
        let upper = f64::from(*bucket);
        if below + *count > wanted {
            let lower = lower.unwrap_or(upper - 1.0);
            let share = (wanted - below) / *count;
            return 2f64.powf(lower + (upper - lower) * share);
        }
        if below + *count == wanted {
            return 2f64.powf(upper);
        }
        below += *count;
        lower = Some(upper);
    }
    2f64.powf(lower.unwrap_or(0.0))
}
