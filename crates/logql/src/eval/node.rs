//! The tree of a plan at work: moment by moment, from the leaves up.

use crate::eval::binary::Binary;
use crate::eval::error::EvalError;
use crate::eval::table::{LabelId, LabelTable, Memo};
use crate::eval::vector::Aggregation;
use crate::gotext::regex::compile_text;
use crate::syntax::LabelReplace;
use crate::template::expand;

/// Samples of one moment.
pub(crate) type Vector = Vec<(LabelId, f64)>;

/// The value of a node at a moment.
#[derive(Debug)]
pub(crate) enum Moment {
    Scalar(f64),
    Vector(Vector),
}

#[derive(Debug)]
pub(crate) enum Node {
    /// Values by moment.
    Leaf(Vec<Vector>),
    Aggregation(Box<Aggregation>),
    Binary(Box<Binary>),
    Replace(Box<Replace>),
    VectorOf(f64),
    Number(f64),
    /// Bounds how many series the node below may have.
    Limited(Box<Limited>),
}

impl Node {
    pub(crate) fn at(&mut self, moment: usize, table: &mut LabelTable) -> Result<Moment, EvalError> {
        Ok(match self {
            Self::Leaf(moments) => Moment::Vector(std::mem::take(&mut moments[moment])),
            Self::Number(value) => Moment::Scalar(*value),
            Self::VectorOf(value) => Moment::Vector(vec![(table.intern(Default::default()), *value)]),
            Self::Aggregation(aggregation) => Moment::Vector(aggregation.at(moment, table)?),
            Self::Binary(binary) => binary.at(moment, table)?,
            Self::Replace(replace) => Moment::Vector(replace.at(moment, table)?),
            Self::Limited(limited) => Moment::Vector(limited.at(moment, table)?),
        })
    }

    /// The value as a vector: a number is one sample without labels.
    pub(crate) fn vector_at(&mut self, moment: usize, table: &mut LabelTable) -> Result<Vector, EvalError> {
        Ok(match self.at(moment, table)? {
            Moment::Vector(vector) => vector,
            Moment::Scalar(value) => vec![(table.intern(Default::default()), value)],
        })
    }
}

/// `label_replace`
#[derive(Debug)]
pub(crate) struct Replace {
    inner: Node,
    spec: LabelReplace,
    regex: regex::Regex,
    names: Vec<Option<String>>,
    memo: Memo,
}

impl Replace {
    pub(crate) fn new(spec: &LabelReplace, inner: Node) -> Result<Self, crate::ParseError> {
        let (regex, names) = compile_text(&format!("^(?:{})$", spec.regex))
            .map_err(|error| crate::ParseError::new(format!("invalid regex in label_replace: {error}")))?;
        Ok(Self { inner, spec: spec.clone(), regex, names, memo: Memo::default() })
    }

    fn at(&mut self, moment: usize, table: &mut LabelTable) -> Result<Vector, EvalError> {
        let mut vector = self.inner.vector_at(moment, table)?;
        let Self { spec, regex, names, memo, .. } = self;
        for (labels, _) in &mut vector {
            *labels = memo.get(*labels, table, |set| {
                let source = set.get(&spec.source).unwrap_or_default();
                match regex.captures(source) {
                    Some(captures) => {
                        let mut value = String::new();
                        expand(&spec.replacement, &captures, names, &mut value);
                        set.with(&spec.target, &value)
                    }
                    None => set.clone(),
                }
            });
        }
        Ok(vector)
    }
}

/// Counts the series of a node over all moments.
#[derive(Debug)]
pub(crate) struct Limited {
    pub inner: Node,
    pub limit: usize,
    seen: Vec<bool>,
    count: usize,
}

impl Limited {
    pub(crate) fn new(inner: Node, limit: usize) -> Self {
        Self { inner, limit, seen: Vec::new(), count: 0 }
    }

    fn at(&mut self, moment: usize, table: &mut LabelTable) -> Result<Vector, EvalError> {
        let vector = self.inner.vector_at(moment, table)?;
        for (labels, _) in &vector {
            if self.seen.len() <= labels.index() {
                self.seen.resize(labels.index() + 1, false);
            }
            if !std::mem::replace(&mut self.seen[labels.index()], true) {
                self.count += 1;
            }
        }
        if self.count > self.limit { Err(EvalError::TooManySeries { limit: self.limit }) } else { Ok(vector) }
    }
}
