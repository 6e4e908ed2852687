//! `compare`: how often every attribute has which value, among selected spans and among the others.

use std::collections::BTreeMap;

use super::Series;
use crate::data::Spans;
use crate::eval::{Context, OwnedValue, owned};
use crate::field::{Field, Intrinsic, Level, Scope};
use crate::value::Value;

/// Values shown per attribute, unless the query says otherwise.
const TOP: usize = 10;
/// Different values that are counted per attribute; further ones only in the total.
const MAX_VALUES: usize = 10_000;
/// Attributes that are told apart.
const MAX_ATTRIBUTES: usize = 2_000;

/// The intrinsics that are compared besides attributes.
pub(super) const INTRINSICS: [Intrinsic; 9] = [
    Intrinsic::Name,
    Intrinsic::Kind,
    Intrinsic::Status,
    Intrinsic::StatusMessage,
    Intrinsic::RootName,
    Intrinsic::RootService,
    Intrinsic::ChildCount,
    Intrinsic::InstrumentationName,
    Intrinsic::InstrumentationVersion,
];

/// Counts by interval of one value.
#[derive(Debug, Clone)]
struct Count {
    value: OwnedValue,
    by_interval: Vec<u64>,
}

#[derive(Debug, Clone, Default)]
struct Attribute {
    /// By the value's text and type.
    values: BTreeMap<String, Count>,
    total: Vec<u64>,
}

/// Both sides.
#[derive(Debug, Clone, Default)]
pub(crate) struct Contrast {
    selection: BTreeMap<String, Attribute>,
    baseline: BTreeMap<String, Attribute>,
}

impl Contrast {
    /// Counts a span.
    pub(super) fn add<T: Spans + ?Sized>(
        &mut self,
        context: &Context<'_, T>,
        span: usize,
        selected: bool,
        tested: &[usize],
        (interval, intervals): (usize, usize),
    ) {
        let side = if selected { &mut self.selection } else { &mut self.baseline };
        let mut count = |name: String, value: Value<'_>, times: u64| {
            if side.len() >= MAX_ATTRIBUTES && !side.contains_key(&name) {
                return;
            }
            side.entry(name).or_default().add(value, times, interval, intervals);
        };
        for (at, field) in context.plan.fields.iter().enumerate() {
            if matches!(field, Field::Intrinsic(intrinsic) if INTRINSICS.contains(intrinsic)) {
                count(field.to_string(), context.raw(at, span), 1);
            }
        }
        for at in tested.iter().filter(|at| context.plan.levels[**at] != Level::Span) {
            let value = context.seen(*at, span);
            if !value.is_nil() {
                count(context.plan.fields[*at].to_string(), value, 1);
            }
        }
        context.spans.for_each_attribute(span, &mut |scope, name, value| {
            // What a condition saw is there twice, as the original counts it.
            let was_tested = tested.iter().any(|at| {
                matches!(&context.plan.fields[*at], Field::Attribute { scope: asked, name: known }
                    if **known == *name && (*asked == scope || *asked == Scope::Any && scope != Scope::Instrumentation))
                    && !context.seen(*at, span).is_nil()
            });
            count(Field::attribute(scope, name).to_string(), value, 1 + u64::from(was_tested));
        });
    }

    pub(super) fn merge(&mut self, other: Self) {
        for (mine, others) in [(&mut self.selection, other.selection), (&mut self.baseline, other.baseline)] {
            for (name, attribute) in others {
                match mine.get_mut(&name) {
                    Some(known) => known.merge(attribute),
                    None => {
                        mine.insert(name, attribute);
                    }
                }
            }
        }
    }

    /// The most frequent values of every attribute, and how often it is there at all.
    pub(super) fn into_series(self, top: Option<usize>) -> Vec<Series> {
        let top = top.unwrap_or(TOP);
        let mut series = Vec::new();
        for (kind, side) in [("baseline", self.baseline), ("selection", self.selection)] {
            for (name, attribute) in side {
                let mut push = |kind: String, value: OwnedValue, counts: Vec<u64>, is_cut: bool| {
                    let mut labels = vec![("__meta_type".to_owned(), OwnedValue::Str(kind))];
                    labels.push((name.clone(), value));
                    if is_cut {
                        let text = OwnedValue::Str("__too_many_values__".to_owned());
                        labels = vec![
                            labels.swap_remove(0),
                            ("__meta_error".to_owned(), text),
                            labels.swap_remove(0),
                        ];
                    }
                    let values = counts.into_iter().map(|count| count as f64).collect();
                    series.push(Series { labels, values, exemplars: Vec::new() });
                };
                let nil = || OwnedValue::Str("nil".to_owned());
                let mut counts: Vec<Count> = attribute.values.into_values().collect();
                counts.sort_by_key(|count| std::cmp::Reverse(count.by_interval.iter().sum::<u64>()));
                if counts.len() > top {
                    push(kind.to_owned(), nil(), vec![0; attribute.total.len()], true);
                }
                for count in counts.into_iter().take(top) {
                    push(kind.to_owned(), count.value, count.by_interval, false);
                }
                push(format!("{kind}_total"), nil(), attribute.total, false);
            }
        }
        series
    }
}

impl Attribute {
    fn add(&mut self, value: Value<'_>, times: u64, interval: usize, intervals: usize) {
        if self.total.is_empty() {
            self.total = vec![0; intervals];
        }
        self.total[interval] += times;
        let value = match value {
            Value::Array(list) if list.len() > 1 => OwnedValue::Str("nil".to_owned()),
            Value::Nil => OwnedValue::Str("nil".to_owned()),
            value => owned(value),
        };
        let key = format!("{value:?}");
        if self.values.len() >= MAX_VALUES && !self.values.contains_key(&key) {
            return;
        }
        let count =
            self.values.entry(key).or_insert_with(|| Count { value, by_interval: vec![0; intervals] });
        count.by_interval[interval] += times;
    }

    fn merge(&mut self, other: Self) {
        let add =
            |mine: &mut Vec<u64>, others: &[u64]| mine.iter_mut().zip(others).for_each(|(a, b)| *a += b);
        add(&mut self.total, &other.total);
        for (key, count) in other.values {
            match self.values.get_mut(&key) {
                Some(known) => add(&mut known.by_interval, &count.by_interval),
                None => {
                    self.values.insert(key, count);
                }
            }
        }
    }
}
