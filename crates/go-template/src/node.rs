//! The tree of a template.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::value::Value;

/// Blocks by name: `{{define "x"}}`.
pub(crate) type Defined = BTreeMap<String, Arc<Block>>;

/// A literal.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Constant {
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
}

impl From<&Constant> for Value {
    fn from(constant: &Constant) -> Self {
        match constant {
            Constant::Bool(value) => Self::Bool(*value),
            Constant::Int(value) => Self::Int(*value),
            Constant::Float(value) => Self::Float(*value),
            Constant::Text(text) => Self::from(text.as_str()),
        }
    }
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Block {
    pub nodes: Vec<Node>,
}

#[derive(Debug, Clone)]
pub(crate) enum Node {
    Text(String),
    /// `{{pipeline}}`
    Action(Pipeline),
    If(Branch),
    With(Branch),
    Range(Branch),
    /// `{{template "x" pipeline}}`
    Call {
        name: String,
        argument: Option<Pipeline>,
        place: Place,
    },
    Break,
    Continue,
}

#[derive(Debug, Clone)]
pub(crate) struct Branch {
    pub pipeline: Pipeline,
    pub then: Block,
    pub otherwise: Block,
}

/// `$x, $y := command | command`
#[derive(Debug, Clone)]
pub(crate) struct Pipeline {
    pub variables: Vec<String>,
    /// `=` instead of `:=`.
    pub assigns: bool,
    pub commands: Vec<Command>,
}

#[derive(Debug, Clone)]
pub(crate) struct Command {
    pub operands: Vec<Operand>,
    pub place: Place,
}

/// Where something stands, counted from 1, and its text.
#[derive(Debug, Clone, Default)]
pub(crate) struct Place {
    pub line: usize,
    pub column: usize,
    pub text: String,
}

#[derive(Debug, Clone)]
pub(crate) enum Operand {
    Dot,
    /// `.a.b`
    Field(Vec<String>),
    /// `$x.a.b`; `$` has the empty name.
    Variable {
        name: String,
        path: Vec<String>,
    },
    Constant(Constant),
    Nil,
    /// `len`, `coll.Dict`
    Function(String),
    /// `(pipeline).a.b`
    Nested {
        pipeline: Box<Pipeline>,
        path: Vec<String>,
    },
}
