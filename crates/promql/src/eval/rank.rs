//! Aggregations that look at all values of a group at once: `topk`, `bottomk`, `quantile`, `count_values`.

use std::cmp::Ordering;

use hashbrown::HashMap;

use super::aggregate::Group;
use super::{ABSENT, Evaluator, Series, Steps, is_absent};
use crate::functions::moments::quantile;
use crate::number::plain_number;
use crate::{Error, Labels};

/// NaN last, whichever way.
pub(crate) fn order(descending: bool) -> impl Fn(f64, f64) -> Ordering {
    move |a, b| match (a.is_nan(), b.is_nan()) {
        (true, true) => Ordering::Equal,
        (true, false) => Ordering::Greater,
        (false, true) => Ordering::Less,
        (false, false) if descending => b.total_cmp(&a),
        (false, false) => a.total_cmp(&b),
    }
}

/// The `counts[step]` greatest or least of each group, with all their labels. At a single step, in order.
pub(super) fn ranked(list: Vec<Series>, groups: &[Group], counts: &[f64], greatest: bool) -> Vec<Series> {
    let compare = order(greatest);
    let mut kept: Vec<Vec<f64>> = list.iter().map(|series| vec![ABSENT; series.values.len()]).collect();
    let mut sequence = Vec::new();
    for group in groups {
        for (step, &count) in counts.iter().enumerate() {
            let count = if count >= 1.0 { count.min(1e9) as usize } else { 0 };
            let value = |at: usize| list[at].values[step];
            let mut members: Vec<usize> =
                group.members.iter().copied().filter(|at| !is_absent(value(*at))).collect();
            members.sort_by(|a, b| compare(value(*a), value(*b)));
            members.truncate(count);
            for &at in &members {
                kept[at][step] = value(at);
            }
            if counts.len() == 1 {
                sequence.extend(members);
            }
        }
    }
    let mut out: Vec<Option<Series>> = list
        .into_iter()
        .zip(kept)
        .map(|(series, values)| {
            Some(Series { labels: series.labels, values }).filter(|series| !series.is_empty())
        })
        .collect();
    match counts.len() {
        1 => sequence.into_iter().filter_map(|at| out[at].take()).collect(),
        _ => out.into_iter().flatten().collect(),
    }
}

pub(super) fn quantiles(list: &[Series], groups: Vec<Group>, quantiles: &[f64]) -> Vec<Series> {
    let series = |group: Group| {
        let value = |(step, q): (usize, &f64)| {
            let mut values: Vec<f64> = group.members.iter().map(|at| list[*at].values[step]).collect();
            values.retain(|value| !is_absent(*value));
            if values.is_empty() { ABSENT } else { quantile(*q, &mut values) }
        };
        let values = quantiles.iter().enumerate().map(value).collect();
        Series { labels: group.labels, values }
    };
    groups.into_iter().map(series).collect()
}

/// A series per distinct value, which becomes a label, counting how many have it.
pub(super) fn counted_values(
    evaluator: &mut Evaluator<'_>,
    list: &[Series],
    groups: &[Group],
    label: &str,
    steps: Steps,
) -> Result<Vec<Series>, Error> {
    if !is_label_name(label) {
        return Err(Error::execution(format!("invalid label name {label:?}")));
    }
    let mut places: HashMap<(usize, u64), usize, ahash::RandomState> = HashMap::default();
    let mut by_labels: HashMap<Labels, usize, ahash::RandomState> = HashMap::default();
    let mut out: Vec<Series> = Vec::new();
    for (number, group) in groups.iter().enumerate() {
        for series in group.members.iter().map(|at| &list[*at]) {
            for (step, value) in series.values.iter().enumerate().filter(|(_, value)| !is_absent(**value)) {
                let place = match places.get(&(number, value.to_bits())) {
                    Some(place) => *place,
                    None => {
                        evaluator.budget.spend(steps.count)?;
                        let labels = group.labels.with(label, &plain_number(*value));
                        let place = *by_labels.entry(labels.clone()).or_insert_with(|| {
                            out.push(Series { labels, values: vec![ABSENT; steps.count] });
                            out.len() - 1
                        });
                        places.insert((number, value.to_bits()), place);
                        place
                    }
                };
                let count = &mut out[place].values[step];
                *count = if is_absent(*count) { 1.0 } else { *count + 1.0 };
            }
        }
    }
    Ok(out)
}

pub(crate) fn is_label_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}
