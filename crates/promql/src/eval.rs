//! Evaluation of an expression for all steps of a query.

mod aggregate;
mod binary;
mod matching;
mod rank;
mod selector;
mod series;
mod steps;
mod window;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use promql_parser::parser::{Expr, UnaryExpr};

use crate::functions;
use crate::limits::Budget;
use crate::{Answer, Dialect, Error, Labels, Limits, Query, SampleSeries, Source};

pub(crate) use rank::{is_label_name, order};
pub(crate) use selector::Take;
pub(crate) use series::{ABSENT, Series, Value, is_absent, merged};
pub(crate) use steps::Steps;
pub(crate) use window::{Window, Windows};

/// Answers `query` at one time, in milliseconds.
pub fn instant(
    source: &dyn Source,
    query: &Query,
    at: i64,
    limits: &Limits,
    cancelled: Arc<AtomicBool>,
) -> Result<Answer, Error> {
    let steps = Steps::instant(at);
    let mut evaluator = Evaluator::new(source, (at, at), limits, cancelled);
    if let Some(windows) = evaluator.windows(&query.expr, steps)? {
        return Ok(Answer::Matrix(windows.at_step(0)));
    }
    Ok(match evaluator.eval(&query.expr, steps)? {
        Value::Scalar(values) => Answer::Scalar(values[0]),
        Value::Text(text) => Answer::Text(text),
        Value::Vector(list) => Answer::Vector(
            list.into_iter()
                .map(|series| (series.labels, series.values[0]))
                .filter(|(_, value)| !is_absent(*value))
                .collect(),
        ),
    })
}

/// Answers `query` at `start`, `start + step` and so on up to `end`; series by their labels.
pub fn range(
    source: &dyn Source,
    query: &Query,
    (start, end, step): (i64, i64, i64),
    limits: &Limits,
    cancelled: Arc<AtomicBool>,
) -> Result<Vec<SampleSeries>, Error> {
    let steps = Steps::new(start, end, step);
    let mut evaluator = Evaluator::new(source, (start, end), limits, cancelled);
    let list = match evaluator.eval(&query.expr, steps)? {
        Value::Scalar(values) => vec![Series { labels: Labels::default(), values }],
        Value::Vector(list) => list,
        Value::Text(_) => {
            return Err(Error::Parse("invalid expression type \"string\" for range query".to_owned()));
        }
    };
    let mut found: Vec<SampleSeries> = list
        .into_iter()
        .map(|series| series.samples(&steps))
        .filter(|series| !series.times.is_empty())
        .collect();
    found.sort_by(|a, b| a.labels.cmp(&b.labels));
    Ok(found)
}

/// What evaluation needs everywhere.
pub(crate) struct Evaluator<'a> {
    source: &'a dyn Source,
    /// Start and end of the query itself, for `@ start()` and `@ end()` in subqueries, too.
    query_ends: (i64, i64),
    limits: &'a Limits,
    pub(crate) budget: Budget,
}

impl<'a> Evaluator<'a> {
    fn new(
        source: &'a dyn Source,
        query_ends: (i64, i64),
        limits: &'a Limits,
        cancelled: Arc<AtomicBool>,
    ) -> Self {
        Self { source, query_ends, limits, budget: Budget::new(limits, cancelled) }
    }

    pub(crate) fn dialect(&self) -> Dialect {
        self.limits.dialect
    }

    pub(crate) fn eval(&mut self, expr: &Expr, steps: Steps) -> Result<Value, Error> {
        self.budget.check()?;
        match expr {
            Expr::NumberLiteral(number) => self.constant(number.val, steps),
            Expr::StringLiteral(text) => Ok(Value::Text(text.val.clone())),
            Expr::Paren(paren) => self.eval(&paren.expr, steps),
            Expr::Unary(unary) => self.negated(unary, steps),
            Expr::VectorSelector(selector) => {
                Ok(Value::Vector(self.instant_vector(selector, steps, Take::Values)?))
            }
            Expr::Aggregate(aggregate) => self.aggregated(aggregate, steps).map(Value::Vector),
            Expr::Binary(binary) => self.combined(binary, steps),
            Expr::Call(call) => functions::call(self, call, steps),
            Expr::MatrixSelector(_) | Expr::Subquery(_) => {
                Err(Error::execution("a range of samples cannot stand here"))
            }
            Expr::Extension(_) => Err(Error::execution("this expression is not supported")),
        }
    }

    /// The values of an instant vector.
    pub(crate) fn vector(&mut self, expr: &Expr, steps: Steps) -> Result<Vec<Series>, Error> {
        match self.eval(expr, steps)? {
            Value::Vector(list) => Ok(list),
            Value::Scalar(_) | Value::Text(_) => Err(Error::execution("an instant vector is wanted here")),
        }
    }

    /// One number per step.
    pub(crate) fn scalar(&mut self, expr: &Expr, steps: Steps) -> Result<Vec<f64>, Error> {
        match self.eval(expr, steps)? {
            Value::Scalar(values) => Ok(values),
            Value::Vector(_) | Value::Text(_) => Err(Error::execution("a scalar is wanted here")),
        }
    }

    pub(crate) fn text(&mut self, expr: &Expr, steps: Steps) -> Result<String, Error> {
        match self.eval(expr, steps)? {
            Value::Text(text) => Ok(text),
            Value::Vector(_) | Value::Scalar(_) => Err(Error::execution("a string is wanted here")),
        }
    }

    fn constant(&mut self, value: f64, steps: Steps) -> Result<Value, Error> {
        self.budget.spend(steps.count)?;
        Ok(Value::Scalar(vec![value; steps.count]))
    }

    fn negated(&mut self, unary: &UnaryExpr, steps: Steps) -> Result<Value, Error> {
        match self.eval(&unary.expr, steps)? {
            Value::Scalar(values) => Ok(Value::Scalar(values.into_iter().map(|value| -value).collect())),
            Value::Vector(list) => {
                let list = list.into_iter().map(|series| series.mapped(|value| -value)).collect();
                merged(list).map(Value::Vector)
            }
            Value::Text(_) => Err(Error::execution("a string has no sign")),
        }
    }
}

#[cfg(test)]
mod tests;
