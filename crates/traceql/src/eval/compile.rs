//! A checked tree becomes something to run: fields by index, regular expressions compiled, views of fields decided.

use std::sync::Arc;

use super::expr::Code;
use super::view::View;
use crate::error::Error;
use crate::field::{Field, Intrinsic, Level, Scope};
use crate::syntax::{
    AggregateOp, BinaryOp, FieldExpr, Pipeline, ScalarExpr, ScalarFilter, SpansetOp, Spansets, Stage,
    UnaryOp, regex_text,
};
use crate::test::{Compare, Static, Test};

/// Where a field's values come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    Stored,
    /// `span.name`: the attribute, or else the span's name, whose field this is.
    SpanName {
        name: usize,
    },
    Duration,
    SpanId,
    ParentId,
    TraceId,
    TraceDuration,
    RootName,
    RootService,
    ChildCount,
    SetLeft,
    SetRight,
    SetParent,
}

fn source(field: &Field) -> Source {
    let Field::Intrinsic(intrinsic) = field else { return Source::Stored };
    match intrinsic {
        Intrinsic::Duration => Source::Duration,
        Intrinsic::SpanId => Source::SpanId,
        Intrinsic::ParentId => Source::ParentId,
        Intrinsic::TraceId => Source::TraceId,
        Intrinsic::TraceDuration => Source::TraceDuration,
        Intrinsic::RootName => Source::RootName,
        Intrinsic::RootService => Source::RootService,
        Intrinsic::ChildCount => Source::ChildCount,
        Intrinsic::NestedSetLeft => Source::SetLeft,
        Intrinsic::NestedSetRight => Source::SetRight,
        Intrinsic::NestedSetParent => Source::SetParent,
        _ => Source::Stored,
    }
}

/// What all parts of a query share.
#[derive(Debug, Clone, Default)]
pub(crate) struct Plan {
    pub fields: Vec<Field>,
    pub sources: Vec<Source>,
    pub levels: Vec<Level>,
    pub views: Vec<View>,
    /// What one and the same event or link must meet; set when the query is one filter of conditions joined by `&&`.
    pub joint: Vec<(usize, Test)>,
    pub needs_tree: bool,
}

/// Stages, compiled.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    Sets(Sets),
    Scalar(ScalarStep),
    By { key: Code, label: Box<str> },
    Coalesce,
}

#[derive(Debug, Clone)]
pub(crate) enum Sets {
    /// With the filter's number among all filters.
    Filter(Code, usize),
    Operation(SpansetOp, Box<Sets>, Box<Sets>),
    Pipeline(Vec<Step>),
    Scalar(Box<ScalarStep>),
}

#[derive(Debug, Clone)]
pub(crate) struct ScalarStep {
    pub aggregate: AggregateOp,
    pub value: Option<Code>,
    pub op: Compare,
    pub threshold: Static,
    pub label: Box<str>,
}

/// Builds a [`Plan`] while it compiles.
#[derive(Debug, Default)]
pub(crate) struct Compiler {
    pub plan: Plan,
    /// The filters, in the order in which they are compiled.
    pub filters: Vec<FieldExpr>,
    /// Behind `select`, nothing new is seen, only shown.
    late: bool,
}

impl Compiler {
    pub(crate) fn field(&mut self, field: &Field) -> usize {
        if let Some(at) = self.plan.fields.iter().position(|known| known == field) {
            return at;
        }
        let at = self.plan.fields.len();
        self.plan.fields.push(field.clone());
        self.plan.sources.push(source(field));
        self.plan.levels.push(field.level());
        self.plan.views.push(View::default());
        self.plan.needs_tree |= matches!(
            self.plan.sources[at],
            Source::ChildCount | Source::SetLeft | Source::SetRight | Source::SetParent
        );
        if matches!(field, Field::Attribute { scope: Scope::Span, name } if &**name == "name") {
            let name = self.field(&Field::Intrinsic(Intrinsic::Name));
            self.plan.sources[at] = Source::SpanName { name };
        }
        at
    }

    /// A field whose values are all seen.
    pub(crate) fn seen_field(&mut self, field: &Field) -> usize {
        let at = self.field(field);
        self.use_all(at);
        at
    }

    fn use_all(&mut self, field: usize) {
        let view = &mut self.plan.views[field];
        if self.late { view.selected = true } else { view.all = true }
    }

    fn use_test(&mut self, field: usize, test: Test) {
        let view = &mut self.plan.views[field];
        if self.late { view.selected = true } else { view.tests.push(test) }
    }

    /// The fields that were compared with constants so far.
    pub(crate) fn tested_fields(&self) -> Vec<usize> {
        let views = self.plan.views.iter().enumerate();
        views.filter(|(_, view)| !view.tests.is_empty()).map(|(at, _)| at).collect()
    }

    /// What follows belongs to another pipeline.
    pub(crate) fn end_pipeline(&mut self) {
        self.late = false;
    }

    pub(crate) fn pipeline(&mut self, pipeline: &Pipeline) -> Result<Vec<Step>, Error> {
        let mut steps = Vec::with_capacity(pipeline.stages.len());
        for stage in &pipeline.stages {
            steps.push(match stage {
                Stage::Spansets(spans) => Step::Sets(self.sets(spans)?),
                Stage::Scalar(filter) => Step::Scalar(self.scalar(filter)?),
                Stage::By(key) => Step::By { key: self.expr(key)?, label: format!("by({key})").into() },
                Stage::Coalesce => Step::Coalesce,
                Stage::Select(fields) => {
                    for field in fields {
                        let at = self.field(field);
                        self.plan.views[at].selected = true;
                    }
                    self.late = true;
                    continue;
                }
            });
        }
        Ok(steps)
    }

    fn sets(&mut self, spans: &Spansets) -> Result<Sets, Error> {
        Ok(match spans {
            Spansets::Filter(expr) => {
                let number = self.filters.len();
                self.filters.push(expr.clone());
                Sets::Filter(self.expr(expr)?, number)
            }
            Spansets::Operation(op, left, right) => {
                self.plan.needs_tree |= op.is_structural();
                Sets::Operation(*op, Box::new(self.sets(left)?), Box::new(self.sets(right)?))
            }
            Spansets::Pipeline(pipeline) => {
                let late = self.late;
                let steps = self.pipeline(pipeline)?;
                self.late = late;
                Sets::Pipeline(steps)
            }
            Spansets::Scalar(filter) => Sets::Scalar(Box::new(self.scalar(filter)?)),
        })
    }

    fn scalar(&mut self, filter: &ScalarFilter) -> Result<ScalarStep, Error> {
        let (ScalarExpr::Aggregate(aggregate), ScalarExpr::Static(threshold)) = (&filter.left, &filter.right)
        else {
            return Err(Error::invalid(format!("scalar filter not yet supported: {filter}")));
        };
        let value = aggregate.field.as_ref().map(|field| self.expr(field)).transpose()?;
        Ok(ScalarStep {
            aggregate: aggregate.op,
            value,
            op: filter.op,
            threshold: threshold.clone(),
            label: aggregate.to_string().into(),
        })
    }

    pub(crate) fn expr(&mut self, expr: &FieldExpr) -> Result<Code, Error> {
        Ok(match expr {
            FieldExpr::Static(value) => Code::Constant(value.clone()),
            FieldExpr::Field(field) => Code::Field(self.seen_field(field)),
            FieldExpr::Parent(_) => return Err(Error::invalid("parent not yet supported")),
            FieldExpr::Unary(UnaryOp::Not, inner) => Code::Not(Box::new(self.expr(inner)?)),
            FieldExpr::Unary(UnaryOp::Minus, inner) => Code::Minus(Box::new(self.expr(inner)?)),
            FieldExpr::Binary(op, left, right) => return self.binary(*op, left, right),
        })
    }

    fn binary(&mut self, op: BinaryOp, left: &FieldExpr, right: &FieldExpr) -> Result<Code, Error> {
        if let Some((field, test)) = simple_test(op, left, right)? {
            let at = self.field(field);
            return Ok(self.tested(at, test));
        }
        let (left, right) = (Box::new(self.expr(left)?), Box::new(self.expr(right)?));
        Ok(match op {
            BinaryOp::And => Code::And(left, right),
            BinaryOp::Or => Code::Or(left, right),
            BinaryOp::Compare(op) => match (op, &*left, &*right) {
                (Compare::Ne, Code::Constant(Static::Nil), Code::Constant(_))
                | (Compare::Ne, Code::Constant(_), Code::Constant(Static::Nil)) => {
                    Code::Constant(Static::Bool(false))
                }
                (Compare::Ne, _, Code::Constant(Static::Nil)) => Code::Present(left),
                (Compare::Ne, Code::Constant(Static::Nil), _) => Code::Present(right),
                _ => Code::Compare { op, strict: false, left, right },
            },
            BinaryOp::Match | BinaryOp::NotMatch => {
                return Err(Error::invalid("a regular expression must be a text"));
            }
            arithmetic => {
                if let (Code::Constant(a), Code::Constant(b)) = (&*left, &*right)
                    && let Some(value) = super::constant(arithmetic, a, b)
                {
                    return Ok(Code::Constant(value));
                }
                Code::Arithmetic(arithmetic, left, right)
            }
        })
    }

    fn tested(&mut self, field: usize, test: Test) -> Code {
        let code = Box::new(Code::Field(field));
        match &test {
            Test::Missing => {
                self.plan.views[field].missing = true;
                return Code::Missing(field);
            }
            Test::Exists => {
                self.use_all(field);
                return Code::Present(code);
            }
            Test::Compare { .. } | Test::Regex { .. } => self.use_test(field, test.clone()),
        }
        match test {
            Test::Compare { op, value, strict } => {
                Code::Compare { op, strict, left: code, right: Box::new(Code::Constant(value)) }
            }
            Test::Regex { regex, negated } => Code::Match { value: code, regex, negated },
            Test::Exists | Test::Missing => Code::Missing(field),
        }
    }
}

/// A comparison of a field with a constant, whichever side it stands on.
pub(super) fn simple_test<'e>(
    op: BinaryOp,
    left: &'e FieldExpr,
    right: &'e FieldExpr,
) -> Result<Option<(&'e Field, Test)>, Error> {
    let is_static = |expr: &FieldExpr| matches!(expr, FieldExpr::Static(_));
    let (field, value, mirrored) = match (left, right) {
        (FieldExpr::Field(field), value) if is_static(value) || folded(value).is_some() => {
            (field, value, false)
        }
        (value, FieldExpr::Field(field)) if is_static(value) || folded(value).is_some() => {
            (field, value, true)
        }
        _ => return Ok(None),
    };
    let Some(value) = folded(value) else { return Ok(None) };
    let test = match op {
        BinaryOp::Compare(Compare::Eq) if value == Static::Nil => Test::Missing,
        BinaryOp::Compare(Compare::Ne) if value == Static::Nil => Test::Exists,
        BinaryOp::Compare(compare) => {
            let op = if mirrored { compare.mirrored() } else { compare };
            Test::Compare { op, value, strict: matches!(field, Field::Attribute { .. }) }
        }
        BinaryOp::Match | BinaryOp::NotMatch if !mirrored => {
            let Static::Str(pattern) = &value else { return Ok(None) };
            let pattern = regex_text(left, pattern);
            let regex = logql::go::compile_anchored(pattern)
                .map_err(|_| Error::invalid(format!("invalid regex: `{pattern}`")))?;
            Test::Regex { regex: Arc::new(regex), negated: op == BinaryOp::NotMatch }
        }
        _ => return Ok(None),
    };
    Ok(Some((field, test)))
}

/// The value of an expression that names no field.
fn folded(expr: &FieldExpr) -> Option<Static> {
    match expr {
        FieldExpr::Static(value) => Some(value.clone()),
        FieldExpr::Unary(UnaryOp::Minus, inner) => {
            super::constant(BinaryOp::Mul, &folded(inner)?, &Static::Int(-1))
        }
        FieldExpr::Binary(op, left, right) if op.is_arithmetic() => {
            super::constant(*op, &folded(left)?, &folded(right)?)
        }
        _ => None,
    }
}
