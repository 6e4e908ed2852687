//! What is kept per series while spans come in.

use super::Leaf;
use crate::syntax::MetricFunction;
use crate::value::Value;

/// A sum that does not lose the small parts of many.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Sum {
    total: f64,
    rest: f64,
    pub count: f64,
}

impl Sum {
    fn add(&mut self, value: f64, weight: f64) {
        self.count += weight;
        self.add_part(value * weight);
    }

    fn add_part(&mut self, value: f64) {
        let total = self.total + value;
        let lost = if self.total.abs() >= value.abs() {
            (self.total - total) + value
        } else {
            (value - total) + self.total
        };
        if lost.is_finite() {
            self.rest += lost;
        }
        self.total = total;
    }

    fn merge(&mut self, other: Self) {
        self.count += other.count;
        self.add_part(other.total);
        self.rest += other.rest;
    }

    pub(crate) fn value(&self) -> f64 {
        self.total + self.rest
    }
}

/// Counts by interval of each bucket; empty for buckets that have none.
#[derive(Debug, Clone, Default)]
pub(crate) struct Buckets(Vec<Vec<f64>>);

impl Buckets {
    #[inline]
    fn of(&mut self, bucket: u8, intervals: usize) -> &mut [f64] {
        let at = usize::from(bucket);
        if at >= self.0.len() {
            self.0.resize_with(at + 1, Vec::new);
        }
        let counts = &mut self.0[at];
        if counts.is_empty() {
            counts.resize(intervals, 0.0);
        }
        counts
    }

    /// Those that have counts, the lowest first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u8, &[f64])> {
        let filled = self.0.iter().enumerate().filter(|(_, counts)| !counts.is_empty());
        filled.map(|(bucket, counts)| (bucket as u8, counts.as_slice()))
    }
}

/// Values of one series, by interval.
#[derive(Debug, Clone)]
pub(crate) enum Values {
    Counts(Vec<f64>),
    Sums(Vec<Sum>),
    /// The least or the greatest; NaN for none.
    Extremes {
        values: Vec<f64>,
        greatest: bool,
    },
    /// Counts by the exponent of the bucket's upper bound, a power of two.
    Buckets(Buckets),
}

impl Values {
    pub(crate) fn new(function: MetricFunction, intervals: usize) -> Self {
        match function {
            MetricFunction::Rate | MetricFunction::CountOverTime | MetricFunction::Compare => {
                Self::Counts(vec![0.0; intervals])
            }
            MetricFunction::SumOverTime | MetricFunction::AvgOverTime => {
                Self::Sums(vec![Sum::default(); intervals])
            }
            MetricFunction::MinOverTime => {
                Self::Extremes { values: vec![f64::NAN; intervals], greatest: false }
            }
            MetricFunction::MaxOverTime => {
                Self::Extremes { values: vec![f64::NAN; intervals], greatest: true }
            }
            MetricFunction::QuantileOverTime | MetricFunction::HistogramOverTime => {
                Self::Buckets(Buckets::default())
            }
        }
    }

    /// Adds a sample; a span counts `weight` times.
    #[inline]
    pub(crate) fn add(&mut self, sample: Sample, weight: f64, interval: usize, intervals: usize) {
        match (self, sample) {
            (Self::Counts(counts), _) => counts[interval] += weight,
            (Self::Sums(sums), Sample::Number(number)) => sums[interval].add(number, weight),
            (Self::Extremes { values, greatest }, Sample::Number(number)) => {
                values[interval] = extreme(values[interval], number, *greatest);
            }
            (Self::Buckets(buckets), Sample::Bucket(bucket)) => {
                buckets.of(bucket, intervals)[interval] += weight;
            }
            _ => {}
        }
    }

    pub(crate) fn merge(&mut self, other: Self) {
        match (self, other) {
            (Self::Counts(mine), Self::Counts(others)) => add_counts(mine, &others),
            (Self::Sums(mine), Self::Sums(others)) => {
                mine.iter_mut().zip(others).for_each(|(a, b)| a.merge(b));
            }
            (Self::Extremes { values, greatest }, Self::Extremes { values: others, .. }) => {
                values
                    .iter_mut()
                    .zip(others)
                    .filter(|(_, b)| !b.is_nan())
                    .for_each(|(a, b)| *a = extreme(*a, b, *greatest));
            }
            (Self::Buckets(mine), Self::Buckets(others)) => {
                for (bucket, counts) in others.iter() {
                    add_counts(mine.of(bucket, counts.len()), counts);
                }
            }
            _ => {}
        }
    }
}

fn add_counts(mine: &mut [f64], others: &[f64]) {
    mine.iter_mut().zip(others).for_each(|(a, b)| *a += b);
}

fn extreme(known: f64, new: f64, greatest: bool) -> f64 {
    if known.is_nan() {
        new
    } else if greatest {
        known.max(new)
    } else {
        known.min(new)
    }
}

/// What a span adds to a series.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Sample {
    One,
    Number(f64),
    Bucket(u8),
}

impl Leaf {
    /// What a span with this value adds; nothing if the function knows no such values.
    #[inline]
    pub(crate) fn sample(&self, value: Value<'_>) -> Option<Sample> {
        match self.function {
            MetricFunction::Rate | MetricFunction::CountOverTime | MetricFunction::Compare => {
                Some(Sample::One)
            }
            MetricFunction::QuantileOverTime | MetricFunction::HistogramOverTime => match value {
                Value::Int(number) | Value::Duration(number) if number >= 2 => {
                    let bound = number.cast_unsigned().checked_next_power_of_two()?;
                    Some(Sample::Bucket(u8::try_from(bound.trailing_zeros()).unwrap_or(63)))
                }
                _ => None,
            },
            _ => value
                .number()
                .map(|number| Sample::Number(if self.in_seconds { number / 1e9 } else { number })),
        }
    }

    /// What an exemplar shows of a value.
    pub(crate) fn shown(&self, sample: Sample, value: Value<'_>) -> f64 {
        match sample {
            Sample::Number(number) => number,
            Sample::Bucket(_) => value.number().unwrap_or(f64::NAN) / if self.in_seconds { 1e9 } else { 1.0 },
            Sample::One => f64::NAN,
        }
    }

    /// The upper bound of a bucket.
    pub(crate) fn bound(&self, bucket: u8) -> f64 {
        let bound = 2f64.powi(i32::from(bucket));
        if self.in_seconds { bound / 1e9 } else { bound }
    }
}
