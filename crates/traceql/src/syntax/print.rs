//! Tree to text: what parses to the same tree, and how results and errors call parts of queries.

use std::fmt::{self, Display, Formatter};

use logql::go::{GoDuration, Quoted};

use super::ast::{
    Aggregate, Body, Expr, FieldExpr, MetricExpr, MetricQuery, MetricStage, MetricValue, Pipeline,
    ScalarExpr, ScalarFilter, Spansets, Stage, UnaryOp,
};
use crate::test::Static;

impl Display for Static {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nil => f.write_str("nil"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Int(i64::MIN) => f.write_str("minInt"),
            Self::Int(number) => write!(f, "{number}"),
            Self::Float(number) => write!(f, "{number:?}"),
            Self::Duration(nanos) => write!(f, "{}", GoDuration(*nanos)),
            Self::Status(status) => f.write_str(status.name()),
            Self::Kind(kind) => f.write_str(kind.name()),
            Self::Str(text) if text.contains(['`', '\r']) => write!(f, "{}", Quoted(text)),
            Self::Str(text) => write!(f, "`{text}`"),
        }
    }
}

/// An operand, in parentheses where it is an operation.
struct Operand<'a>(&'a FieldExpr);

impl Display for Operand<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            FieldExpr::Binary(..) | FieldExpr::Unary(..) => write!(f, "({})", self.0),
            simple => simple.fmt(f),
        }
    }
}

impl Display for FieldExpr {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Static(value) => value.fmt(f),
            Self::Field(field) => field.fmt(f),
            Self::Parent(name) if name.is_empty() => f.write_str("parent"),
            Self::Parent(name) => write!(f, "parent.{name}"),
            Self::Unary(UnaryOp::Not, inner) => write!(f, "!{}", Operand(inner)),
            Self::Unary(UnaryOp::Minus, inner) => write!(f, "-{}", Operand(inner)),
            Self::Binary(op, left, right) => {
                write!(f, "{} {} {}", Operand(left), op.symbol(), Operand(right))
            }
        }
    }
}

struct Separated<'a, T>(&'a [T]);

impl<T: Display> Display for Separated<'_, T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (at, item) in self.0.iter().enumerate() {
            if at > 0 {
                f.write_str(", ")?;
            }
            item.fmt(f)?;
        }
        Ok(())
    }
}

struct SetOperand<'a>(&'a Spansets);

impl Display for SetOperand<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            Spansets::Operation(..) | Spansets::Scalar(_) => write!(f, "({})", self.0),
            simple => simple.fmt(f),
        }
    }
}

impl Display for Spansets {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Filter(expr) => write!(f, "{{ {expr} }}"),
            Self::Operation(op, left, right) => {
                write!(f, "{} {} {}", SetOperand(left), op.symbol(), SetOperand(right))
            }
            Self::Pipeline(pipeline) => write!(f, "({pipeline})"),
            Self::Scalar(filter) => filter.fmt(f),
        }
    }
}

impl Display for Aggregate {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.field {
            Some(field) => write!(f, "{}({field})", self.op.name()),
            None => write!(f, "{}()", self.op.name()),
        }
    }
}

impl Display for ScalarExpr {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Static(value) => value.fmt(f),
            Self::Aggregate(aggregate) => aggregate.fmt(f),
            Self::Pipeline(pipeline, aggregate) => write!(f, "({pipeline} | {aggregate})"),
            Self::Binary(op, left, right) => write!(f, "{left} {} {right}", op.symbol()),
        }
    }
}

impl Display for ScalarFilter {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.left, self.op.symbol(), self.right)
    }
}

impl Display for Stage {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Spansets(spans) => spans.fmt(f),
            Self::Scalar(filter) => filter.fmt(f),
            Self::By(key) => write!(f, "by({key})"),
            Self::Coalesce => f.write_str("coalesce()"),
            Self::Select(fields) => write!(f, "select({})", Separated(fields)),
        }
    }
}

impl Display for Pipeline {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (at, stage) in self.stages.iter().enumerate() {
            if at > 0 {
                f.write_str(" | ")?;
            }
            stage.fmt(f)?;
        }
        Ok(())
    }
}

impl Display for MetricQuery {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{} | {}(", self.pipeline, self.function.name())?;
        match &self.value {
            MetricValue::Spans => {}
            MetricValue::Field(field) => field.fmt(f)?,
            MetricValue::Quantiles(field, quantiles) => write!(f, "{field}, {}", Separated(quantiles))?,
            MetricValue::Compare(args) => {
                write!(f, "{{ {} }}", args.selection)?;
                if let Some(top) = args.top {
                    write!(f, ", {top}")?;
                }
                if let Some((start, end)) = args.window {
                    write!(f, ", {start}, {end}")?;
                }
            }
        }
        f.write_str(")")?;
        if self.by.is_empty() { Ok(()) } else { write!(f, " by ({})", Separated(&self.by)) }
    }
}

struct MetricOperand<'a>(&'a MetricExpr);

impl Display for MetricOperand<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            MetricExpr::Number(value) => value.fmt(f),
            inner => write!(f, "({inner})"),
        }
    }
}

impl Display for MetricExpr {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Query(query) => query.fmt(f),
            Self::Number(value) => value.fmt(f),
            Self::Binary(op, left, right) => {
                write!(f, "{} {} {}", MetricOperand(left), op.symbol(), MetricOperand(right))
            }
            Self::Stage(inner, stage) => write!(f, "{inner}{stage}"),
        }
    }
}

impl Display for MetricStage {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::TopK(count) => write!(f, " | topk({count})"),
            Self::BottomK(count) => write!(f, " | bottomk({count})"),
            Self::Filter(op, value) => write!(f, " {} {value}", op.symbol()),
        }
    }
}

impl Display for Expr {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.body {
            Body::Spans(pipeline) => pipeline.fmt(f)?,
            Body::Metrics(metrics) => metrics.fmt(f)?,
        }
        for (at, (name, value)) in self.hints.iter().enumerate() {
            write!(f, "{}{name}={value}", if at == 0 { " with (" } else { ", " })?;
        }
        if self.hints.is_empty() { Ok(()) } else { f.write_str(")") }
    }
}
