//! PromQL's functions, by name.

mod calendar;
mod histogram;
mod labels;
mod math;
pub(crate) mod moments;
mod over_time;
mod rate;
mod regression;

use promql_parser::label::MatchOp;
use promql_parser::parser::{Call, Expr, VectorSelector};

use crate::eval::{ABSENT, Evaluator, Series, Steps, Take, Value, Windows, is_absent, merged, order};
use crate::{Error, Labels, METRIC_NAME};

/// Calls a function for all steps.
pub(crate) fn call(evaluator: &mut Evaluator<'_>, call: &Call, steps: Steps) -> Result<Value, Error> {
    let args: Vec<&Expr> = call.args.args.iter().map(AsRef::as_ref).collect();
    let mut context = Context { evaluator, args, steps };
    let name = call.func.name;
    match name {
        "time" => Ok(Value::Scalar((0..steps.count).map(|step| steps.at(step) as f64 / 1000.0).collect())),
        "pi" => context.constant(std::f64::consts::PI),
        "vector" => {
            let values = context.scalar(0)?;
            Ok(Value::Vector(vec![Series { labels: Labels::default(), values }]))
        }
        "scalar" => context.only_value().map(Value::Scalar),
        "timestamp" => context.timestamps(),
        "absent" => context.absent(),
        "absent_over_time" => context.absent_over_time(),
        "sort" => context.sorted(false),
        "sort_desc" => context.sorted(true),
        "label_replace" => labels::replace(&mut context),
        "label_join" => labels::join(&mut context),
        "histogram_quantile" => histogram::quantile(&mut context),
        "histogram_fraction" => histogram::fraction(&mut context),
        // Of histograms in one sample, which this store does not have; other samples are passed over, as in Prometheus.
        "histogram_avg" | "histogram_count" | "histogram_sum" | "histogram_stddev" | "histogram_stdvar" => {
            context.vector(0)?;
            Ok(Value::Vector(Vec::new()))
        }
        _ => {
            if let Some(answer) = over_time::call(&mut context, name)? {
                return Ok(answer);
            }
            if let Some(answer) = calendar::call(&mut context, name)? {
                return Ok(answer);
            }
            math::call(&mut context, name)?
                .ok_or_else(|| Error::execution(format!("the function {name} is not supported")))
        }
    }
}

/// A call under way.
pub(crate) struct Context<'a, 'e> {
    evaluator: &'a mut Evaluator<'e>,
    args: Vec<&'a Expr>,
    steps: Steps,
}

impl Context<'_, '_> {
    fn arg(&self, at: usize) -> Result<&Expr, Error> {
        self.args.get(at).copied().ok_or_else(|| Error::execution("an argument is missing"))
    }

    fn vector(&mut self, at: usize) -> Result<Vec<Series>, Error> {
        let arg = *self.args.get(at).ok_or_else(|| Error::execution("an argument is missing"))?;
        self.evaluator.vector(arg, self.steps)
    }

    fn scalar(&mut self, at: usize) -> Result<Vec<f64>, Error> {
        let arg = *self.args.get(at).ok_or_else(|| Error::execution("an argument is missing"))?;
        self.evaluator.scalar(arg, self.steps)
    }

    fn text(&mut self, at: usize) -> Result<String, Error> {
        let arg = *self.args.get(at).ok_or_else(|| Error::execution("an argument is missing"))?;
        self.evaluator.text(arg, self.steps)
    }

    fn windows(&mut self, at: usize) -> Result<Windows, Error> {
        let arg = *self.args.get(at).ok_or_else(|| Error::execution("an argument is missing"))?;
        let windows = self.evaluator.windows(arg, self.steps)?;
        windows.ok_or_else(|| Error::execution("a range of samples is wanted here"))
    }

    fn constant(&mut self, value: f64) -> Result<Value, Error> {
        Ok(Value::Scalar(vec![value; self.steps.count]))
    }

    /// The value of the only element, NaN where there are none or several.
    fn only_value(&mut self) -> Result<Vec<f64>, Error> {
        let list = self.vector(0)?;
        let value = |step: usize| {
            let mut there = list.iter().map(|series| series.values[step]).filter(|value| !is_absent(*value));
            match (there.next(), there.next()) {
                (Some(value), None) => value,
                _ => f64::NAN,
            }
        };
        Ok((0..self.steps.count).map(value).collect())
    }

    /// Of a selector, when the samples were taken; of anything else, when it was evaluated.
    fn timestamps(&mut self) -> Result<Value, Error> {
        let steps = self.steps;
        if let Expr::VectorSelector(selector) = without_parens(self.arg(0)?) {
            let selector = selector.clone();
            let mut list = self.evaluator.instant_vector(&selector, steps, Take::Times)?;
            list.iter_mut().for_each(|series| series.labels = series.labels.without_name());
            return merged(list).map(Value::Vector);
        }
        let list = self.vector(0)?;
        let times = |series: Series| series.mapped_by_step(|step, _| steps.at(step) as f64 / 1000.0);
        merged(list.into_iter().map(times).collect()).map(Value::Vector)
    }

    fn absent(&mut self) -> Result<Value, Error> {
        let list = self.vector(0)?;
        let labels = labels_of_selector(self.arg(0)?);
        let value = |step: usize| {
            let there = list.iter().any(|series| !is_absent(series.values[step]));
            if there { ABSENT } else { 1.0 }
        };
        let values = (0..self.steps.count).map(value).collect();
        Ok(Value::Vector(vec![Series { labels, values }]))
    }

    fn absent_over_time(&mut self) -> Result<Value, Error> {
        let labels = labels_of_selector(self.arg(0)?);
        let windows = self.windows(0)?;
        let list = windows.map(self.evaluator, Labels::clone, |_, _| Some(1.0))?;
        let value = |step: usize| {
            let there = list.iter().any(|series| !is_absent(series.values[step]));
            if there { ABSENT } else { 1.0 }
        };
        let values = (0..self.steps.count).map(value).collect();
        Ok(Value::Vector(vec![Series { labels, values }]))
    }

    /// Order matters for a single step only.
    fn sorted(&mut self, descending: bool) -> Result<Value, Error> {
        let mut list = self.vector(0)?;
        if self.steps.count == 1 {
            let compare = order(descending);
            list.sort_by(|a, b| compare(a.values[0], b.values[0]));
        }
        Ok(Value::Vector(list))
    }
}

fn without_parens(expr: &Expr) -> &Expr {
    match expr {
        Expr::Paren(paren) => without_parens(&paren.expr),
        other => other,
    }
}

/// The labels that something absent would have: those that its selector says by equality, each once.
fn labels_of_selector(expr: &Expr) -> Labels {
    let selector: &VectorSelector = match without_parens(expr) {
        Expr::VectorSelector(selector) => selector,
        Expr::MatrixSelector(matrix) => &matrix.vs,
        _ => return Labels::default(),
    };
    let matchers = &selector.matchers.matchers;
    let said = |name: &str| matchers.iter().filter(|matcher| matcher.name == name).count();
    let equal = matchers.iter().filter(|matcher| matches!(matcher.op, MatchOp::Equal));
    let unique = equal.filter(|matcher| matcher.name != METRIC_NAME && said(&matcher.name) == 1);
    Labels::new(unique.map(|matcher| (matcher.name.as_str(), matcher.value.as_str())))
}
