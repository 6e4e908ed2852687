//! Expressions over one span. From loose to tight: `&& ||` (one level), comparisons, `+ -`, `!`, `* / %`, `^` (to the
//! right), `-`.

use super::Parser;
use crate::error::Error;
use crate::field::{Field, Intrinsic};
use crate::syntax::ast::{BinaryOp, FieldExpr, UnaryOp};
use crate::syntax::token::{Token, is_reserved};
use crate::test::{Compare, Static};
use crate::value::Status;

impl Parser<'_> {
    pub(super) fn field_expr(&mut self) -> Result<FieldExpr, Error> {
        self.nested(|parser| {
            let mut left = parser.comparison()?;
            loop {
                let op = match parser.peek() {
                    Token::Symbol("&&") => BinaryOp::And,
                    Token::Symbol("||") => BinaryOp::Or,
                    _ => return Ok(left),
                };
                parser.advance();
                parser.count_operator()?;
                left = FieldExpr::binary(op, left, parser.comparison()?);
            }
        })
    }

    /// One comparison, or an expression without any.
    pub(super) fn comparison(&mut self) -> Result<FieldExpr, Error> {
        let mut left = self.sum()?;
        while let Some(op) = self.comparison_op() {
            self.advance();
            self.count_operator()?;
            let right = self.sum()?;
            left = shorthand(op, left, right);
        }
        Ok(left)
    }

    fn comparison_op(&self) -> Option<BinaryOp> {
        let Token::Symbol(symbol) = self.peek() else { return None };
        match *symbol {
            "=~" => Some(BinaryOp::Match),
            "!~" => Some(BinaryOp::NotMatch),
            symbol => Compare::from_symbol(symbol).map(BinaryOp::Compare),
        }
    }

    fn sum(&mut self) -> Result<FieldExpr, Error> {
        let mut left = self.negation()?;
        loop {
            let op = match self.peek() {
                Token::Symbol("+") => BinaryOp::Add,
                Token::Symbol("-") => BinaryOp::Sub,
                _ => return Ok(left),
            };
            self.advance();
            self.count_operator()?;
            left = FieldExpr::binary(op, left, self.negation()?);
        }
    }

    fn negation(&mut self) -> Result<FieldExpr, Error> {
        if !self.take("!") {
            return self.product();
        }
        let inner = self.nested(Self::negation)?;
        Ok(FieldExpr::Unary(UnaryOp::Not, Box::new(inner)))
    }

    fn product(&mut self) -> Result<FieldExpr, Error> {
        let mut left = self.power()?;
        loop {
            let op = match self.peek() {
                Token::Symbol("*") => BinaryOp::Mul,
                Token::Symbol("/") => BinaryOp::Div,
                Token::Symbol("%") => BinaryOp::Mod,
                _ => return Ok(left),
            };
            self.advance();
            self.count_operator()?;
            // `a * !b` is read, so that it is refused for what it means.
            let right = if self.at_symbol("!") { self.negation()? } else { self.power()? };
            left = FieldExpr::binary(op, left, right);
        }
    }

    fn power(&mut self) -> Result<FieldExpr, Error> {
        let base = self.operand()?;
        if !self.take("^") {
            return Ok(base);
        }
        self.count_operator()?;
        let exponent = self.nested(Self::power)?;
        Ok(FieldExpr::binary(BinaryOp::Pow, base, exponent))
    }

    fn operand(&mut self) -> Result<FieldExpr, Error> {
        let expr = match self.peek() {
            Token::Static(value) => FieldExpr::Static(value.clone()),
            Token::Field(field) => FieldExpr::Field(field.clone()),
            Token::Parent(name) => FieldExpr::Parent(name.clone()),
            Token::Word(word) if !is_reserved(word) => {
                return Err(self.error(format!("unknown identifier: {word}")));
            }
            Token::Symbol("(") => {
                self.advance();
                let inner = self.field_expr()?;
                self.expect(")")?;
                return Ok(inner);
            }
            Token::Symbol("-") => {
                self.advance();
                let inner = self.nested(Self::operand)?;
                return Ok(negated(inner));
            }
            Token::Symbol(_) | Token::Word(_) | Token::End => return Err(self.unexpected()),
        };
        self.advance();
        Ok(expr)
    }
}

/// A minus before a number is part of it.
fn negated(inner: FieldExpr) -> FieldExpr {
    match inner {
        FieldExpr::Static(Static::Int(number)) => FieldExpr::Static(Static::Int(number.wrapping_neg())),
        FieldExpr::Static(Static::Float(number)) => FieldExpr::Static(Static::Float(-number)),
        FieldExpr::Static(Static::Duration(nanos)) => {
            FieldExpr::Static(Static::Duration(nanos.wrapping_neg()))
        }
        other => FieldExpr::Unary(UnaryOp::Minus, Box::new(other)),
    }
}

/// Builds a comparison. `error = true` is read as `status = error`, as the guides of this project write it.
fn shorthand(op: BinaryOp, left: FieldExpr, right: FieldExpr) -> FieldExpr {
    let is_error = |expr: &FieldExpr| matches!(expr, FieldExpr::Static(Static::Status(Status::Error)));
    if let (
        true,
        FieldExpr::Static(Static::Bool(wanted)),
        BinaryOp::Compare(compare @ (Compare::Eq | Compare::Ne)),
    ) = (is_error(&left), &right, op)
    {
        let compare = if *wanted == (compare == Compare::Eq) { Compare::Eq } else { Compare::Ne };
        let status = FieldExpr::Field(Field::Intrinsic(Intrinsic::Status));
        return FieldExpr::binary(BinaryOp::Compare(compare), status, left);
    }
    FieldExpr::binary(op, left, right)
}
