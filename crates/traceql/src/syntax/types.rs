//! The types of expressions, as far as they are known before there is data.

use super::ast::{BinaryOp, FieldExpr, UnaryOp};
use crate::field::{Field, Intrinsic};
use crate::test::{Compare, Static};

/// What an expression gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Type {
    /// An attribute: whatever the data holds.
    Any,
    Nil,
    Bool,
    Int,
    Float,
    Duration,
    Str,
    Status,
    Kind,
}

impl Type {
    pub(super) fn is_number(self) -> bool {
        matches!(self, Self::Int | Self::Float | Self::Duration)
    }

    /// Whether values of both may meet in one operation.
    pub(super) fn agrees_with(self, other: Self) -> bool {
        self == other
            || matches!(self, Self::Any | Self::Nil)
            || matches!(other, Self::Any | Self::Nil)
            || self.is_number() && other.is_number()
    }

    /// Whether an operator knows what to do with values of the type.
    pub(super) fn allows(self, op: BinaryOp) -> bool {
        let is_equality = matches!(op, BinaryOp::Compare(Compare::Eq | Compare::Ne));
        match self {
            Self::Any => true,
            Self::Bool => is_equality || matches!(op, BinaryOp::And | BinaryOp::Or),
            Self::Str => matches!(op, BinaryOp::Compare(_) | BinaryOp::Match | BinaryOp::NotMatch),
            Self::Int | Self::Float | Self::Duration => {
                matches!(op, BinaryOp::Compare(_)) || op.is_arithmetic()
            }
            Self::Nil | Self::Status | Self::Kind => is_equality,
        }
    }
}

pub(super) fn of_static(value: &Static) -> Type {
    match value {
        Static::Nil => Type::Nil,
        Static::Bool(_) => Type::Bool,
        Static::Int(_) => Type::Int,
        Static::Float(_) => Type::Float,
        Static::Duration(_) => Type::Duration,
        Static::Status(_) => Type::Status,
        Static::Kind(_) => Type::Kind,
        Static::Str(_) => Type::Str,
    }
}

pub(super) fn of_field(field: &Field) -> Type {
    let Field::Intrinsic(intrinsic) = field else { return Type::Any };
    match intrinsic {
        Intrinsic::Duration | Intrinsic::TraceDuration | Intrinsic::EventTimeSinceStart => Type::Duration,
        Intrinsic::Status => Type::Status,
        Intrinsic::Kind => Type::Kind,
        Intrinsic::ChildCount
        | Intrinsic::NestedSetLeft
        | Intrinsic::NestedSetRight
        | Intrinsic::NestedSetParent => Type::Int,
        _ => Type::Str,
    }
}

pub(super) fn of(expr: &FieldExpr) -> Type {
    match expr {
        FieldExpr::Static(value) => of_static(value),
        FieldExpr::Field(field) => of_field(field),
        FieldExpr::Parent(_) => Type::Any,
        FieldExpr::Unary(UnaryOp::Not, _) => Type::Bool,
        FieldExpr::Unary(UnaryOp::Minus, inner) => of(inner),
        FieldExpr::Binary(op, left, right) if op.is_arithmetic() => match of(left) {
            Type::Any => of(right),
            left => left,
        },
        FieldExpr::Binary(..) => Type::Bool,
    }
}
