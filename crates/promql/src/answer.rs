//! What a query comes to.

use crate::{Labels, SampleSeries};

/// The result of an instant query. Times are milliseconds since the epoch.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    Scalar(f64),
    Text(String),
    /// One value per series, at the time of the query; in the order that `sort` and `topk` chose.
    Vector(Vec<(Labels, f64)>),
    /// Samples as they are stored, for a range selector at the top of a query.
    Matrix(Vec<SampleSeries>),
}
