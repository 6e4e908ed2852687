//! A query for spans, checked and ready to run.

use crate::conditions::Conditions;
use crate::data::{Spans, Trace};
use crate::error::Error;
use crate::eval::{Compiler, Context, EvalError, Plan, SpanSet, Step};
use crate::field::Field;
use crate::syntax::{Body, Expr};
use crate::test::Static;

/// A parsed, checked and compiled query for spans of traces.
#[derive(Debug, Clone)]
pub struct Query {
    plan: Plan,
    steps: Vec<Step>,
    conditions: Conditions,
    hints: Vec<(Box<str>, Static)>,
}

impl Query {
    /// Reads a query. Of a query for metrics, the part that selects spans.
    pub fn parse(text: &str) -> Result<Self, Error> {
        Self::new(&crate::syntax::parse(text)?)
    }

    pub fn new(expr: &Expr) -> Result<Self, Error> {
        let pipeline = match &expr.body {
            Body::Spans(pipeline) => pipeline,
            Body::Metrics(metrics) => match metrics.queries().first() {
                Some(query) => &query.pipeline,
                None => return Err(Error::invalid("the query selects no spans")),
            },
        };
        let mut compiler = Compiler::default();
        let steps = compiler.pipeline(pipeline)?;
        if let Body::Metrics(metrics) = &expr.body {
            compiler.end_pipeline();
            for field in metrics.queries().iter().flat_map(|query| &query.by) {
                compiler.seen_field(field);
            }
        }
        Self::of_steps(compiler, steps, expr.hints.clone())
    }

    fn of_steps(
        mut compiler: Compiler,
        steps: Vec<Step>,
        hints: Vec<(Box<str>, Static)>,
    ) -> Result<Self, Error> {
        compiler.join_events()?;
        let conditions = compiler.conditions(&[&steps])?;
        Ok(Self { plan: compiler.plan, steps, conditions, hints })
    }

    /// Every field that the query needs, once; conditions, [`Spans`] and results name them by index. Those for
    /// which [`Field::is_stored`] is false are never asked for by `value`.
    pub fn fields(&self) -> &[Field] {
        &self.plan.fields
    }

    /// What a store may decide before it puts traces together.
    pub fn conditions(&self) -> &Conditions {
        &self.conditions
    }

    /// The value of a hint.
    pub fn hint(&self, name: &str) -> Option<&Static> {
        self.hints.iter().find(|(known, _)| **known == *name).map(|(_, value)| value)
    }

    /// Runs the query over one trace. Of every set, the first `most` spans are described.
    pub fn evaluate<T: Trace + ?Sized>(&self, trace: &T, most: usize) -> Result<Vec<SpanSet>, EvalError> {
        let context = Context::of_trace(&self.plan, trace);
        let groups = context.run(&self.steps)?;
        let describe = |group: crate::eval::Group| SpanSet {
            matched: group.spans.len(),
            spans: group.spans.iter().take(most).map(|span| context.found(*span)).collect(),
            attributes: group.attributes,
        };
        Ok(groups.into_iter().map(describe).collect())
    }

    /// The spans that the query selects from one trace, without describing them.
    pub fn select<T: Trace + ?Sized>(&self, trace: &T) -> Result<Vec<usize>, EvalError> {
        let groups = Context::of_trace(&self.plan, trace).run(&self.steps)?;
        let mut spans: Vec<usize> = groups.into_iter().flat_map(|group| group.spans).collect();
        spans.sort_unstable();
        spans.dedup();
        Ok(spans)
    }

    /// Whether the query is one filter that every row can be asked alone.
    pub fn is_row_filter(&self) -> bool {
        matches!(&self.steps[..], [Step::Sets(crate::eval::Sets::Filter(..))])
            && !self.plan.fields.iter().any(Field::needs_trace)
    }

    /// For a query that [`Self::is_row_filter`], whether a row passes.
    pub fn accepts<T: Spans + ?Sized>(&self, rows: &T, row: usize) -> bool {
        match &self.steps[..] {
            [Step::Sets(crate::eval::Sets::Filter(code, _))] => {
                code.holds(&Context::of_rows(&self.plan, rows), row)
            }
            _ => false,
        }
    }

    /// Whether a trace's spans that do not pass the first filter never matter, so that what is left of the others can be told
    /// from them alone, wherever they are.
    pub fn is_local(&self) -> bool {
        matches!(&self.steps[..], [Step::Sets(crate::eval::Sets::Filter(..)), _, ..])
            && !self.plan.needs_tree
            && !self.plan.fields.iter().any(Field::needs_trace)
    }

    /// For a query that [`Self::is_local`], whether it selects nothing from a trace of which these rows are all that may
    /// pass the first filter.
    pub fn refutes<T: Spans + ?Sized>(&self, rows: &T, which: Vec<usize>) -> bool {
        let context = Context::of_rows(&self.plan, rows);
        context.run_on(&self.steps, vec![crate::eval::Group::of(which)]).is_ok_and(|left| left.is_empty())
    }
}
