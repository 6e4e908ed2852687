//! `math`: arithmetic, comparisons and functions over other nodes, `($A - $B) / $A > 0.1`.

mod evaluate;
mod join;
mod parse;

use super::{ExpressionError, Result};
use crate::value::Values;

/// A formula, read.
#[derive(Debug, Clone, PartialEq)]
pub struct Math {
    root: Term,
}

#[derive(Debug, Clone, PartialEq)]
enum Term {
    Constant(Option<f64>),
    Variable(String),
    Negate(Box<Term>),
    Not(Box<Term>),
    Call(Function, Box<Term>),
    Binary(Operator, Box<Term>, Box<Term>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Function {
    Abs,
    Log,
    Round,
    Ceil,
    Floor,
    IsNan,
    IsInf,
    IsNull,
    IsNumber,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Or,
    And,
    Equal,
    NotEqual,
    Above,
    AtLeast,
    Below,
    AtMost,
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    Power,
}

impl Math {
    /// Reads a formula.
    pub fn parse(text: &str) -> Result<Self> {
        parse::parse(text).map(|root| Self { root }).map_err(ExpressionError)
    }

    pub(super) fn variables(&self) -> Vec<&str> {
        let mut names = Vec::new();
        self.root.collect_variables(&mut names);
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Without data in one of its variables there is none in the result.
    pub(super) fn evaluate<'v>(&self, input: &dyn Fn(&str) -> &'v Values) -> Result<Values> {
        if self.variables().iter().any(|name| input(name).is_empty()) {
            return Ok(Values::new());
        }
        self.root.evaluate(input)
    }
}

impl Term {
    fn collect_variables<'t>(&'t self, names: &mut Vec<&'t str>) {
        match self {
            Self::Constant(_) => {}
            Self::Variable(name) => names.push(name),
            Self::Negate(term) | Self::Not(term) | Self::Call(_, term) => term.collect_variables(names),
            Self::Binary(_, left, right) => {
                left.collect_variables(names);
                right.collect_variables(names);
            }
        }
    }
}
