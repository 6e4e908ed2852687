//! Numbers over time.

use super::{FieldExpr, Pipeline};
use crate::field::Field;
use crate::test::{Compare, Static};

/// What a function over time is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MetricFunction {
    Rate,
    CountOverTime,
    MinOverTime,
    MaxOverTime,
    AvgOverTime,
    SumOverTime,
    QuantileOverTime,
    HistogramOverTime,
    Compare,
}

impl MetricFunction {
    const ALL: [(&'static str, Self); 9] = [
        ("rate", Self::Rate),
        ("count_over_time", Self::CountOverTime),
        ("min_over_time", Self::MinOverTime),
        ("max_over_time", Self::MaxOverTime),
        ("avg_over_time", Self::AvgOverTime),
        ("sum_over_time", Self::SumOverTime),
        ("quantile_over_time", Self::QuantileOverTime),
        ("histogram_over_time", Self::HistogramOverTime),
        ("compare", Self::Compare),
    ];

    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, function)| *function == self).map_or("", |(name, _)| name)
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(known, _)| *known == name).map(|(_, function)| *function)
    }
}

/// What a function is applied to.
#[derive(Debug, Clone, PartialEq)]
pub enum MetricValue {
    /// Spans are counted.
    Spans,
    Field(Field),
    Quantiles(Field, Vec<Static>),
    Compare(Box<CompareArgs>),
}

/// Arguments of `compare`.
#[derive(Debug, Clone, PartialEq)]
pub struct CompareArgs {
    pub selection: FieldExpr,
    /// Values shown per attribute.
    pub top: Option<i64>,
    /// Nanoseconds since the Unix epoch between which the selection is looked for.
    pub window: Option<(i64, i64)>,
}

/// A function over the spans that a pipeline selects.
#[derive(Debug, Clone, PartialEq)]
pub struct MetricQuery {
    pub pipeline: Pipeline,
    pub function: MetricFunction,
    pub value: MetricValue,
    pub by: Vec<Field>,
}

/// What is done with finished series.
#[derive(Debug, Clone, PartialEq)]
pub enum MetricStage {
    TopK(i64),
    BottomK(i64),
    Filter(Compare, Static),
}

/// Arithmetic between series.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MetricOp {
    Add,
    Sub,
    Mul,
    Div,
}

impl MetricOp {
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Sub => "-",
            Self::Mul => "*",
            Self::Div => "/",
        }
    }

    pub fn from_symbol(symbol: &str) -> Option<Self> {
        [Self::Add, Self::Sub, Self::Mul, Self::Div].into_iter().find(|op| op.symbol() == symbol)
    }
}

#[derive(Debug, Clone, PartialEq)]
pub enum MetricExpr {
    Query(Box<MetricQuery>),
    Number(Static),
    Binary(MetricOp, Box<MetricExpr>, Box<MetricExpr>),
    Stage(Box<MetricExpr>, MetricStage),
}

impl MetricExpr {
    /// The functions of the expression, from left to right.
    pub fn queries(&self) -> Vec<&MetricQuery> {
        match self {
            Self::Query(query) => vec![query],
            Self::Number(_) => Vec::new(),
            Self::Binary(_, left, right) => [left.queries(), right.queries()].concat(),
            Self::Stage(inner, _) => inner.queries(),
        }
    }
}
