//! What queries are made of.

mod field;
mod metrics;
mod spans;

pub use field::{BinaryOp, FieldExpr, UnaryOp};
pub use metrics::{CompareArgs, MetricExpr, MetricFunction, MetricOp, MetricQuery, MetricStage, MetricValue};
pub use spans::{
    Aggregate, AggregateOp, Pipeline, Relation, ScalarExpr, ScalarFilter, SpansetOp, Spansets, Stage,
};

use crate::test::Static;

/// A whole query.
#[derive(Debug, Clone, PartialEq)]
pub struct Expr {
    pub body: Body,
    /// `with (name=value, …)`
    pub hints: Vec<(Box<str>, Static)>,
}

/// What a query asks for.
#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    /// Spans of traces.
    Spans(Pipeline),
    /// Numbers over time.
    Metrics(MetricExpr),
}
