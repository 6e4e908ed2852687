//! Pipelines that select spans.

use super::FieldExpr;
use crate::field::Field;
use crate::test::{Compare, Static};

/// How two sets of spans of a trace are combined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Relation {
    Child,
    Parent,
    Descendant,
    Ancestor,
    Sibling,
}

/// An operator between sets of spans.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SpansetOp {
    And,
    Or,
    /// `>`, `<`, `>>`, `<<`, `~`: those of the right that have such a span on the left.
    Related(Relation),
    /// `!>` …: those of the right that have none.
    Unrelated(Relation),
    /// `&>` …: both sides of every pair.
    Union(Relation),
}

impl SpansetOp {
    /// Every operator with its symbol.
    pub const ALL: [(&'static str, Self); 17] = [
        ("&&", Self::And),
        ("||", Self::Or),
        (">", Self::Related(Relation::Child)),
        ("<", Self::Related(Relation::Parent)),
        (">>", Self::Related(Relation::Descendant)),
        ("<<", Self::Related(Relation::Ancestor)),
        ("~", Self::Related(Relation::Sibling)),
        ("!>", Self::Unrelated(Relation::Child)),
        ("!<", Self::Unrelated(Relation::Parent)),
        ("!>>", Self::Unrelated(Relation::Descendant)),
        ("!<<", Self::Unrelated(Relation::Ancestor)),
        ("!~", Self::Unrelated(Relation::Sibling)),
        ("&>", Self::Union(Relation::Child)),
        ("&<", Self::Union(Relation::Parent)),
        ("&>>", Self::Union(Relation::Descendant)),
        ("&<<", Self::Union(Relation::Ancestor)),
        ("&~", Self::Union(Relation::Sibling)),
    ];

    pub fn symbol(self) -> &'static str {
        Self::ALL.iter().find(|(_, op)| *op == self).map_or("", |(symbol, _)| symbol)
    }

    pub fn from_symbol(symbol: &str) -> Option<Self> {
        Self::ALL.iter().find(|(known, _)| *known == symbol).map(|(_, op)| *op)
    }

    /// Whether the operator needs to know which span is whose child.
    pub fn is_structural(self) -> bool {
        !matches!(self, Self::And | Self::Or)
    }
}

/// An expression that selects spans of a trace.
#[derive(Debug, Clone, PartialEq)]
pub enum Spansets {
    /// `{ … }`; without condition it is `{ true }`.
    Filter(FieldExpr),
    Operation(SpansetOp, Box<Spansets>, Box<Spansets>),
    /// A pipeline in parentheses.
    Pipeline(Pipeline),
    /// An aggregate in place of a set: all spans, if it holds.
    Scalar(ScalarFilter),
}

/// Stages one after the other.
#[derive(Debug, Clone, PartialEq)]
pub struct Pipeline {
    pub stages: Vec<Stage>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Stage {
    Spansets(Spansets),
    Scalar(ScalarFilter),
    By(FieldExpr),
    Coalesce,
    Select(Vec<Field>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AggregateOp {
    Count,
    Min,
    Max,
    Sum,
    Avg,
}

impl AggregateOp {
    const ALL: [(&'static str, Self); 5] = [
        ("count", Self::Count),
        ("min", Self::Min),
        ("max", Self::Max),
        ("sum", Self::Sum),
        ("avg", Self::Avg),
    ];

    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, op)| *op == self).map_or("", |(name, _)| name)
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(known, _)| *known == name).map(|(_, op)| *op)
    }
}

/// `count()`, `avg(duration)`, …
#[derive(Debug, Clone, PartialEq)]
pub struct Aggregate {
    pub op: AggregateOp,
    /// None for `count` only.
    pub field: Option<FieldExpr>,
}

/// A number about a set of spans.
#[derive(Debug, Clone, PartialEq)]
pub enum ScalarExpr {
    Static(Static),
    Aggregate(Aggregate),
    /// An aggregate of a pipeline of its own: read, then refused.
    Pipeline(Box<Pipeline>, Aggregate),
    Binary(super::BinaryOp, Box<ScalarExpr>, Box<ScalarExpr>),
}

/// Keeps a set of spans if a comparison holds.
#[derive(Debug, Clone, PartialEq)]
pub struct ScalarFilter {
    pub op: Compare,
    pub left: ScalarExpr,
    pub right: ScalarExpr,
}
