//! Numbers over time from the spans that pipelines select.
//!
//! Every thread of a store fills a [`Part`]; [`Metrics::finish`] adds them up, whatever their order, and applies what
//! the query does with finished series.

mod accumulate;
mod axis;
mod columns;
mod contrast;
mod finish;
mod math;
mod part;
mod series;

use std::collections::BTreeSet;

pub use axis::TimeAxis;
pub use columns::Offer;
pub use part::Part;
pub use series::{Exemplar, Series};

use crate::conditions::Conditions;
use crate::data::{Spans, Trace};
use crate::error::Error;
use crate::eval::{Code, Compiler, Context, EvalError, Plan, Sets, Step};
use crate::field::{Field, Intrinsic};
use crate::syntax::{Body, CompareArgs, Expr, MetricExpr, MetricFunction, MetricQuery, MetricValue};
use crate::test::Static;

/// A parsed, checked and compiled query for metrics.
#[derive(Debug, Clone)]
pub struct Metrics {
    plan: Plan,
    leaves: Vec<Leaf>,
    expr: MetricExpr,
    conditions: Conditions,
    axis: TimeAxis,
    exemplars: usize,
    /// Spans count as many times as the sampler that kept them says.
    extrapolates: bool,
}

/// One function of a query.
#[derive(Debug, Clone)]
pub(crate) struct Leaf {
    steps: Vec<Step>,
    function: MetricFunction,
    value: Option<usize>,
    /// Values are nanoseconds that are shown as seconds.
    in_seconds: bool,
    quantiles: Vec<f64>,
    by: Vec<usize>,
    compare: Option<Compared>,
}

/// What `compare` compares.
#[derive(Debug, Clone)]
pub(crate) struct Compared {
    selection: Code,
    args: CompareArgs,
    /// Fields that the filters before it test.
    tested: Vec<usize>,
}

impl Metrics {
    /// Reads a query. `exemplars` is how many of them the answer may have; a hint in the query decides over it.
    pub fn parse(text: &str, axis: TimeAxis, exemplars: usize) -> Result<Self, Error> {
        Self::new(&crate::syntax::parse(text)?, axis, exemplars)
    }

    pub fn new(expr: &Expr, axis: TimeAxis, exemplars: usize) -> Result<Self, Error> {
        let Body::Metrics(metrics) = &expr.body else { return Err(Error::invalid("not a metrics query")) };
        let mut compiler = Compiler::default();
        let mut leaves = Vec::new();
        for query in metrics.queries() {
            leaves.push(leaf(&mut compiler, query)?);
        }
        compiler.join_events()?;
        let steps: Vec<&[Step]> = leaves.iter().map(|leaf| &leaf.steps[..]).collect();
        let conditions = compiler.conditions(&steps)?;
        let hint = |name: &str| expr.hints.iter().find(|(known, _)| **known == *name).map(|(_, value)| value);
        let extrapolates = hint("extrapolate") == Some(&Static::Bool(true));
        let exemplars = match expr.hints.iter().find(|(name, _)| **name == *"exemplars") {
            Some((_, Static::Bool(false))) => 0,
            Some((_, Static::Int(wanted))) => usize::try_from(*wanted).unwrap_or(0).min(exemplars),
            _ => exemplars,
        };
        Ok(Self {
            plan: compiler.plan,
            leaves,
            expr: metrics.clone(),
            conditions,
            axis,
            exemplars,
            extrapolates,
        })
    }

    /// Every field that the query needs, once; conditions and [`Spans`] name them by index.
    pub fn fields(&self) -> &[Field] {
        &self.plan.fields
    }

    /// What a store may decide before it puts traces together.
    pub fn conditions(&self) -> &Conditions {
        &self.conditions
    }

    pub fn axis(&self) -> &TimeAxis {
        &self.axis
    }

    /// Whether the query looks at every attribute, not only at [`Self::fields`].
    pub fn needs_all_attributes(&self) -> bool {
        self.leaves.iter().any(|leaf| leaf.compare.is_some())
    }

    /// Whether the query asks for trace states.
    pub fn needs_trace_state(&self) -> bool {
        self.extrapolates
    }

    /// Whether traces must be put together; otherwise rows are enough, in any order.
    pub fn needs_traces(&self) -> bool {
        let row_wise = |leaf: &Leaf| matches!(&leaf.steps[..], [Step::Sets(Sets::Filter(..))]);
        self.plan.fields.iter().any(Field::needs_trace)
            || !self.leaves.iter().all(row_wise)
            || self.needs_all_attributes()
    }

    /// An empty part.
    pub fn part(&self) -> Part {
        Part::new(self.leaves.len())
    }

    /// Adds rows of whatever traces; only for queries that do not need whole traces.
    pub fn add_rows<T: Spans + ?Sized>(
        &self,
        part: &mut Part,
        rows: &T,
        which: impl Iterator<Item = usize>,
    ) -> Result<(), EvalError> {
        let context = Context::of_rows(&self.plan, rows);
        for row in which {
            let Some(interval) = self.axis.interval(rows.start(row)) else { continue };
            for (at, leaf) in self.leaves.iter().enumerate() {
                let [Step::Sets(Sets::Filter(code, _))] = &leaf.steps[..] else { continue };
                if code.holds(&context, row) {
                    part.add(self, at, &context, row, interval)?;
                }
            }
        }
        Ok(())
    }

    /// Adds a whole trace.
    pub fn add_trace<T: Trace + ?Sized>(&self, part: &mut Part, trace: &T) -> Result<(), EvalError> {
        let context = Context::of_trace(&self.plan, trace);
        for (at, leaf) in self.leaves.iter().enumerate() {
            for group in context.run(&leaf.steps)? {
                for span in group.spans {
                    if let Some(interval) = self.axis.interval(trace.start(span)) {
                        part.add(self, at, &context, span, interval)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// The answer, from the parts of all threads.
    pub fn finish(&self, parts: Vec<Part>) -> Result<Vec<Series>, EvalError> {
        let mut whole = self.part();
        for part in parts {
            whole.merge(part, self)?;
        }
        let mut series =
            math::evaluate(self, &self.expr, &mut whole.into_leaves().into_iter().zip(&self.leaves));
        series.retain(Series::has_samples);
        series.sort_by(Series::order);
        Ok(series)
    }

    /// Names of the fields that exemplars show.
    fn exemplar_fields(&self) -> BTreeSet<usize> {
        (0..self.plan.fields.len())
            .filter(|at| self.plan.fields[*at] != Field::Intrinsic(Intrinsic::TraceId))
            .collect()
    }
}

fn leaf(compiler: &mut Compiler, query: &MetricQuery) -> Result<Leaf, Error> {
    let steps = compiler.pipeline(&query.pipeline)?;
    compiler.end_pipeline();
    let (field, quantiles) = match &query.value {
        MetricValue::Field(field) => (Some(field), Vec::new()),
        MetricValue::Quantiles(field, quantiles) => {
            (Some(field), quantiles.iter().filter_map(|quantile| quantile.value().number()).collect())
        }
        MetricValue::Spans | MetricValue::Compare(_) => (None, Vec::new()),
    };
    let compare = match &query.value {
        MetricValue::Compare(args) => {
            for intrinsic in contrast::INTRINSICS {
                compiler.seen_field(&Field::Intrinsic(intrinsic));
            }
            let tested = compiler.tested_fields();
            Some(Compared { selection: compiler.expr(&args.selection)?, args: (**args).clone(), tested })
        }
        _ => None,
    };
    Ok(Leaf {
        steps,
        function: query.function,
        value: field.map(|field| compiler.seen_field(field)),
        in_seconds: field == Some(&Field::Intrinsic(Intrinsic::Duration)),
        quantiles,
        by: query.by.iter().map(|field| compiler.seen_field(field)).collect(),
        compare,
    })
}
