//! Text to tree and back.

mod ast;
mod check;
mod lexer;
mod parser;
mod print;
mod token;
mod types;

pub use ast::{
    Aggregate, AggregateOp, BinaryOp, Body, CompareArgs, Expr, FieldExpr, MetricExpr, MetricFunction,
    MetricOp, MetricQuery, MetricStage, MetricValue, Pipeline, Relation, ScalarExpr, ScalarFilter, SpansetOp,
    Spansets, Stage, UnaryOp,
};
pub(crate) use check::{check, regex_text};
pub use parser::{parse, parse_field, parse_unchecked};
