//! The tree of a template.

use std::collections::BTreeMap;

use crate::template::functions::Function;
use crate::template::value::Constant;

#[derive(Debug, Clone, Default)]
pub(crate) struct Template {
    pub root: Block,
    /// By name: `{{define "x"}}`.
    pub defined: BTreeMap<String, Block>,
    /// Names of labels read at the top level.
    pub fields: Vec<String>,
    pub reads_everything: bool,
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

/// Where something stands, and its text, for error messages.
#[derive(Debug, Clone, Default)]
pub(crate) struct Place {
    pub line: usize,
    pub column: usize,
    pub text: String,
}

#[derive(Debug, Clone)]
pub(crate) enum Operand {
    Dot,
    /// `.a.b`: the first name with its slot among the template's fields.
    Field {
        slot: usize,
        path: Vec<String>,
    },
    /// `$x.a.b`; `$` has the empty name.
    Variable {
        name: String,
        path: Vec<String>,
    },
    Constant(Constant),
    Nil,
    Function(&'static Function),
    /// `(pipeline).a.b`
    Nested {
        pipeline: Box<Pipeline>,
        path: Vec<String>,
    },
}
