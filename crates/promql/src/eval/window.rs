//! Ranges: the samples of the last minutes before each step, of a selector or a subquery.

use promql_parser::parser::{Expr, MatrixSelector, SubqueryExpr};

use super::selector::{Reference, millis};
use super::{Evaluator, Series, Steps, is_absent};
use crate::{Dialect, Error, Labels, SampleSeries, Selector, is_stale};

/// Most steps of a subquery, whatever its range.
const MAX_SUBQUERY_STEPS: usize = 1_000_000;

/// The samples of one series that lie in the range before one step; never empty.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Window<'a> {
    pub times: &'a [i64],
    pub values: &'a [f64],
    /// Where the range begins and ends, in milliseconds.
    pub start: i64,
    pub end: i64,
    /// The time of the step itself.
    pub now: i64,
}

/// Samples of all series and where the range lies at each step.
#[derive(Debug)]
pub(crate) struct Windows {
    list: Vec<SampleSeries>,
    reference: Reference,
    range: i64,
    steps: Steps,
    dialect: Dialect,
}

impl Windows {
    /// Calculates a series of each series; steps without samples have no value.
    pub(crate) fn map(
        self,
        evaluator: &mut Evaluator<'_>,
        labels: impl Fn(&Labels) -> Labels,
        calculate: impl Fn(usize, Window<'_>) -> Option<f64>,
    ) -> Result<Vec<Series>, Error> {
        evaluator.budget.spend(self.list.len().saturating_mul(self.steps.count))?;
        let mut out = Vec::with_capacity(self.list.len());
        for series in &self.list {
            evaluator.budget.check()?;
            let mut values = vec![super::ABSENT; self.steps.count];
            self.each(series, |step, window| {
                if let Some(value) = calculate(step, window) {
                    values[step] = value;
                }
            });
            let series = Series { labels: labels(&series.labels), values };
            if !series.is_empty() {
                out.push(series);
            }
        }
        Ok(out)
    }

    fn each(&self, series: &SampleSeries, mut see: impl FnMut(usize, Window<'_>)) {
        let (mut from, mut to) = (0, 0);
        for step in 0..self.steps.count {
            let now = self.steps.at(step);
            let end = self.reference.at(now);
            let start = end.saturating_sub(self.range);
            let outside = |time: &i64| match self.dialect {
                Dialect::Two => *time < start,
                Dialect::Three => *time <= start,
            };
            from += series.times[from..].partition_point(outside);
            to = to.max(from);
            to += series.times[to..].partition_point(|time| *time <= end);
            if from < to {
                let (times, values) = (&series.times[from..to], &series.values[from..to]);
                see(step, Window { times, values, start, end, now });
            }
        }
    }

    /// The samples in the range of one step.
    pub(super) fn at_step(self, asked: usize) -> Vec<SampleSeries> {
        let mut out = Vec::with_capacity(self.list.len());
        for series in &self.list {
            self.each(series, |step, window| {
                if step == asked {
                    let (times, values) = (window.times.to_vec(), window.values.to_vec());
                    out.push(SampleSeries { labels: series.labels.clone(), times, values });
                }
            });
        }
        out
    }
}

impl Evaluator<'_> {
    /// The ranges that an expression means, if it is a range selector or a subquery.
    pub(crate) fn windows(&mut self, expr: &Expr, steps: Steps) -> Result<Option<Windows>, Error> {
        match expr {
            Expr::Paren(paren) => self.windows(&paren.expr, steps),
            Expr::MatrixSelector(matrix) => self.of_selector(matrix, steps).map(Some),
            Expr::Subquery(subquery) => self.of_subquery(subquery, steps).map(Some),
            _ => Ok(None),
        }
    }

    fn of_selector(&mut self, matrix: &MatrixSelector, steps: Steps) -> Result<Windows, Error> {
        let (at, offset) = (matrix.vs.at.as_ref(), matrix.vs.offset.as_ref());
        let reference = Reference::new(at, offset, self.query_ends);
        let range = millis(matrix.range);
        let from = reference.at(steps.start).saturating_sub(range);
        let to = reference.at(steps.last());
        let mut list = self.source.select(&Selector::new(&matrix.vs), from, to, &mut self.budget)?;
        list.iter_mut().for_each(drop_markers);
        Ok(Windows { list, reference, range, steps, dialect: self.limits.dialect })
    }

    /// Steps of a subquery lie on multiples of its step, whenever the query is asked.
    fn of_subquery(&mut self, subquery: &SubqueryExpr, steps: Steps) -> Result<Windows, Error> {
        let reference = Reference::new(subquery.at.as_ref(), subquery.offset.as_ref(), self.query_ends);
        let range = millis(subquery.range);
        let step = millis(subquery.step.unwrap_or(self.limits.subquery_step)).max(1);
        let from = reference.at(steps.start).saturating_sub(range);
        let to = reference.at(steps.last());
        let mut first = from.div_euclid(step) * step;
        if first < from || (self.limits.dialect == Dialect::Three && first == from) {
            first += step;
        }
        let inner = Steps::new(first, to.max(first), step);
        if inner.count > MAX_SUBQUERY_STEPS {
            return Err(Error::execution(format!(
                "the subquery has {} steps, more than {MAX_SUBQUERY_STEPS}; give it a longer step",
                inner.count
            )));
        }
        let list = self.vector(&subquery.expr, inner)?;
        let mut list: Vec<SampleSeries> = list.into_iter().map(|series| series.samples(&inner)).collect();
        list.retain(|series| !series.times.is_empty());
        Ok(Windows { list, reference, range, steps, dialect: self.limits.dialect })
    }
}

fn drop_markers(series: &mut SampleSeries) {
    if !series.values.iter().any(|value| is_stale(*value)) {
        return;
    }
    let kept = series.times.iter().zip(&series.values).filter(|(_, value)| !is_absent(**value));
    let (times, values) = kept.map(|(time, value)| (*time, *value)).unzip();
    (series.times, series.values) = (times, values);
}
