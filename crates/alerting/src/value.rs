//! What queries and expressions give: series, numbers and plain constants.

use std::collections::BTreeMap;

/// A label set.
pub type Labels = BTreeMap<String, String>;

/// Everything one node of a rule gives. Nothing at all means "no data".
pub type Values = Vec<Value>;

/// One result of a query or an expression.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Values over time.
    Series(Series),
    /// One value of one label set.
    Number(Number),
    /// A constant, which goes with every label set.
    Scalar(Option<f64>),
}

/// Values of one label set over time, oldest first.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Series {
    pub labels: Labels,
    pub points: Vec<Point>,
}

/// A moment of a series. `None` is null: nothing was measured, which is not the same as NaN.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    pub at_ms: i64,
    pub value: Option<f64>,
}

/// One value of one label set.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Number {
    pub labels: Labels,
    pub value: Option<f64>,
}

impl Value {
    /// The labels; a constant has none.
    #[must_use]
    pub fn labels(&self) -> &Labels {
        static NONE: Labels = Labels::new();
        match self {
            Self::Series(series) => &series.labels,
            Self::Number(number) => &number.labels,
            Self::Scalar(_) => &NONE,
        }
    }

    /// A number with labels.
    #[must_use]
    pub fn number(labels: Labels, value: Option<f64>) -> Self {
        Self::Number(Number { labels, value })
    }

    /// Applies `change` to every value in it.
    #[must_use]
    pub(crate) fn map(mut self, change: impl Fn(Option<f64>) -> Option<f64>) -> Self {
        match &mut self {
            Self::Series(series) => {
                for point in &mut series.points {
                    point.value = change(point.value);
                }
            }
            Self::Number(number) => number.value = change(number.value),
            Self::Scalar(value) => *value = change(*value),
        }
        self
    }
}

/// 1 for true, 0 for false: the only truth values there are.
pub(crate) fn truth(is_true: bool) -> f64 {
    if is_true { 1.0 } else { 0.0 }
}
