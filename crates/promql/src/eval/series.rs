//! What expressions come to: one value per step.

use hashbrown::HashMap;

use super::Steps;
use crate::{Error, Labels, SampleSeries};

/// Stands where a series has no value: a NaN that signals, which no calculation ever produces.
pub(crate) const ABSENT: f64 = f64::from_bits(0x7ff0_0000_0000_0002);

pub(crate) fn is_absent(value: f64) -> bool {
    value.to_bits() == ABSENT.to_bits()
}

/// A series with a value, or [`ABSENT`], for each step.
#[derive(Debug, Clone)]
pub(crate) struct Series {
    pub labels: Labels,
    pub values: Vec<f64>,
}

#[derive(Debug)]
pub(crate) enum Value {
    Scalar(Vec<f64>),
    Vector(Vec<Series>),
    Text(String),
}

impl Series {
    /// The series without its name, each value replaced.
    pub(crate) fn mapped(self, map: impl Fn(f64) -> f64) -> Self {
        self.mapped_by_step(|_, value| map(value))
    }

    pub(crate) fn mapped_by_step(mut self, map: impl Fn(usize, f64) -> f64) -> Self {
        for (step, value) in self.values.iter_mut().enumerate() {
            if !is_absent(*value) {
                *value = map(step, *value);
            }
        }
        Self { labels: self.labels.without_name(), values: self.values }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.values.iter().all(|value| is_absent(*value))
    }

    /// Values that are there, with their times.
    pub(crate) fn samples(self, steps: &Steps) -> SampleSeries {
        let there = |(_, value): &(usize, f64)| !is_absent(*value);
        let (times, values) = self
            .values
            .into_iter()
            .enumerate()
            .filter(there)
            .map(|(step, value)| (steps.at(step), value))
            .unzip();
        SampleSeries { labels: self.labels, times, values }
    }
}

/// Series with unique labels: those that became equal are one now, unless both have a value at some step.
pub(crate) fn merged(list: Vec<Series>) -> Result<Vec<Series>, Error> {
    let mut places: HashMap<Labels, usize, ahash::RandomState> = HashMap::default();
    let mut out: Vec<Series> = Vec::with_capacity(list.len());
    for series in list {
        match places.get(&series.labels) {
            None => {
                places.insert(series.labels.clone(), out.len());
                out.push(series);
            }
            Some(&place) => {
                for (known, value) in out[place].values.iter_mut().zip(series.values) {
                    match (is_absent(*known), is_absent(value)) {
                        (true, _) => *known = value,
                        (false, true) => {}
                        (false, false) => {
                            return Err(Error::execution(
                                "vector cannot contain metrics with the same labelset",
                            ));
                        }
                    }
                }
            }
        }
    }
    Ok(out)
}
