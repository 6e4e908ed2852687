//! Values of queries.

use crate::eval::labels::LabelSet;

/// What a metric query yields.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Of a range query.
    Matrix(Vec<Series>),
    /// Of an instant query.
    Vector(Vec<Sample>),
    /// Of an instant query that is just a number.
    Scalar { timestamp: i64, value: f64 },
}

#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    pub labels: LabelSet,
    /// Nanoseconds and values, in order of time.
    pub points: Vec<(i64, f64)>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    pub labels: LabelSet,
    /// Nanoseconds.
    pub timestamp: i64,
    pub value: f64,
}
