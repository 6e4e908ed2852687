//! Finished series.

use std::cmp::Ordering;

use crate::eval::OwnedValue;

/// A span that stands for a value.
#[derive(Debug, Clone, PartialEq)]
pub struct Exemplar {
    pub labels: Vec<(String, OwnedValue)>,
    pub value: f64,
    /// Nanoseconds since the Unix epoch.
    pub time: i64,
}

/// Values over time.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    pub labels: Vec<(String, OwnedValue)>,
    /// One for each interval; NaN where there is none.
    pub values: Vec<f64>,
    pub exemplars: Vec<Exemplar>,
}

impl Series {
    pub(crate) fn has_samples(&self) -> bool {
        self.values.iter().any(|value| !value.is_nan())
    }

    /// By number of labels, then by their texts.
    pub(crate) fn order(&self, other: &Self) -> Ordering {
        self.labels.len().cmp(&other.labels.len()).then_with(|| self.text().cmp(&other.text()))
    }

    pub(crate) fn text(&self) -> Vec<(&str, String)> {
        self.labels.iter().map(|(key, value)| (key.as_str(), value.to_string())).collect()
    }
}
