//! Expressions over the fields of one span.

use crate::field::Field;
use crate::test::{Compare, Static};

/// An operator between two expressions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BinaryOp {
    And,
    Or,
    Compare(Compare),
    /// `=~`
    Match,
    /// `!~`
    NotMatch,
    Add,
    Sub,
    Mul,
    Div,
    Mod,
    Pow,
}

impl BinaryOp {
    pub fn symbol(self) -> &'static str {
        match self {
            Self::And => "&&",
            Self::Or => "||",
            Self::Compare(op) => op.symbol(),
            Self::Match => "=~",
            Self::NotMatch => "!~",
            Self::Add => "+",
            Self::Sub => "-",
            Self::Mul => "*",
            Self::Div => "/",
            Self::Mod => "%",
            Self::Pow => "^",
        }
    }

    pub fn is_arithmetic(self) -> bool {
        matches!(self, Self::Add | Self::Sub | Self::Mul | Self::Div | Self::Mod | Self::Pow)
    }
}

/// An operator before an expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UnaryOp {
    Not,
    Minus,
}

/// An expression over one span.
#[derive(Debug, Clone, PartialEq)]
pub enum FieldExpr {
    Static(Static),
    Field(Field),
    /// `parent` or an attribute of it: read, then refused.
    Parent(Box<str>),
    Unary(UnaryOp, Box<FieldExpr>),
    Binary(BinaryOp, Box<FieldExpr>, Box<FieldExpr>),
}

impl FieldExpr {
    pub fn binary(op: BinaryOp, left: Self, right: Self) -> Self {
        Self::Binary(op, Box::new(left), Box::new(right))
    }

    /// Whether the expression depends on the span at all.
    pub fn names_span(&self) -> bool {
        match self {
            Self::Static(_) => false,
            Self::Field(_) | Self::Parent(_) => true,
            Self::Unary(_, inner) => inner.names_span(),
            Self::Binary(_, left, right) => left.names_span() || right.names_span(),
        }
    }

    /// Calls `visit` with every field.
    pub fn for_each_field(&self, visit: &mut impl FnMut(&Field)) {
        match self {
            Self::Static(_) | Self::Parent(_) => {}
            Self::Field(field) => visit(field),
            Self::Unary(_, inner) => inner.for_each_field(visit),
            Self::Binary(_, left, right) => {
                left.for_each_field(visit);
                right.for_each_field(visit);
            }
        }
    }
}
