//! Planning and evaluating metric queries.

use ahash::AHashMap;

use crate::error::ParseError;
use crate::eval::binary::Binary;
use crate::eval::collect::LeafPart;
use crate::eval::error::EvalError;
use crate::eval::labels::LabelSet;
use crate::eval::leaf::Leaf;
use crate::eval::node::{Limited, Moment, Node, Replace, Vector};
use crate::eval::parts::Store;
use crate::eval::result::{Sample, Series, Value};
use crate::eval::table::{LabelId, LabelTable};
use crate::eval::time::TimeAxis;
use crate::eval::vector::Aggregation;
use crate::syntax::{Grouping, MatchOp, MetricExpr, RangeAggregation, RangeOp, VectorAggregation, VectorOp};

/// Bounds of an evaluation.
#[derive(Debug, Clone, Copy)]
pub struct MetricOptions {
    /// Series of the result, and of inner results that nothing reduces (`max_query_series`).
    pub max_series: usize,
    /// Series that one leaf may hold while it reads.
    pub max_inner_series: usize,
}

impl Default for MetricOptions {
    fn default() -> Self {
        Self { max_series: 500, max_inner_series: 500_000 }
    }
}

/// A metric query, ready to be evaluated at the moments of an axis.
#[derive(Debug, Clone)]
pub struct MetricPlan {
    expr: MetricExpr,
    axis: TimeAxis,
    options: MetricOptions,
    leaves: Vec<Leaf>,
}

impl MetricPlan {
    pub fn new(expr: &MetricExpr, axis: TimeAxis, options: MetricOptions) -> Result<Self, ParseError> {
        let mut leaves = Vec::new();
        collect_leaves(expr, axis, options, &mut leaves)?;
        Ok(Self { expr: expr.clone(), axis, options, leaves })
    }

    /// The places where lines are read, in the order in which their parts are expected.
    pub fn leaves(&self) -> &[Leaf] {
        &self.leaves
    }

    pub fn axis(&self) -> TimeAxis {
        self.axis
    }

    /// The value of the query; `parts` holds what each leaf's collectors have gathered.
    pub fn evaluate(&self, parts: Vec<Vec<LeafPart>>) -> Result<Value, EvalError> {
        let mut table = LabelTable::default();
        let mut moments = Vec::with_capacity(self.leaves.len());
        let mut parts = parts.into_iter();
        for leaf in &self.leaves {
            moments.push(Some(leaf_moments(leaf, parts.next().unwrap_or_default(), self.axis, &mut table)?));
        }
        let mut builder = Builder { axis: self.axis, options: self.options, moments: moments.into_iter() };
        let root = builder.node(&self.expr, Reduced::No)?;
        self.run(root, &mut table)
    }

    fn run(&self, mut root: Node, table: &mut LabelTable) -> Result<Value, EvalError> {
        if !self.axis.is_range() {
            let timestamp = self.axis.first();
            return match root.at(0, table)? {
                Moment::Scalar(value) => Ok(Value::Scalar { timestamp, value }),
                Moment::Vector(vector) => self.instant(vector, timestamp, table),
            };
        }
        let mut places: AHashMap<LabelId, usize> = AHashMap::new();
        let mut series: Vec<Series> = Vec::new();
        for moment in 0..self.axis.count() {
            let timestamp = self.axis.at(moment);
            for (labels, value) in root.vector_at(moment, table)? {
                let at = *places.entry(labels).or_insert_with(|| {
                    series.push(Series { labels: table.get(labels).clone(), points: Vec::new() });
                    series.len() - 1
                });
                series[at].points.push((timestamp, value));
            }
            if series.len() > self.options.max_series {
                return Err(EvalError::TooManySeries { limit: self.options.max_series });
            }
        }
        series.sort_by(|left, right| left.labels.cmp(&right.labels));
        Ok(Value::Matrix(series))
    }

    fn instant(&self, vector: Vector, timestamp: i64, table: &LabelTable) -> Result<Value, EvalError> {
        if vector.len() > self.options.max_series {
            return Err(EvalError::TooManySeries { limit: self.options.max_series });
        }
        let sample =
            |(labels, value): (LabelId, f64)| Sample { labels: table.get(labels).clone(), timestamp, value };
        let mut samples: Vec<Sample> = vector.into_iter().map(sample).collect();
        // Whoever sorts by value wants to see it.
        if !sorts(&self.expr) {
            samples.sort_by(|left, right| left.labels.cmp(&right.labels));
        }
        Ok(Value::Vector(samples))
    }
}

fn sorts(expr: &MetricExpr) -> bool {
    match expr {
        MetricExpr::Vector(vector) => {
            matches!(vector.op, VectorOp::Sort | VectorOp::SortDesc) || sorts(&vector.inner)
        }
        MetricExpr::Binary(binary) => sorts(&binary.left) || sorts(&binary.right),
        MetricExpr::LabelReplace(replace) => sorts(&replace.inner),
        MetricExpr::Range(_) | MetricExpr::VectorOf(_) | MetricExpr::Number(_) => false,
    }
}

/// The grouping that a `sum` can hand down to what it sums: adding up early gives the same total.
fn handed_down(vector: &VectorAggregation) -> Option<(&RangeAggregation, Grouping)> {
    let MetricExpr::Range(range) = &vector.inner else { return None };
    let additive = matches!(
        range.op,
        RangeOp::Bytes | RangeOp::BytesRate | RangeOp::Sum | RangeOp::Rate | RangeOp::Count
    );
    let possible = vector.op == VectorOp::Sum && additive && range.grouping.is_none();
    possible.then(|| (&**range, vector.grouping.clone().unwrap_or_default()))
}

fn collect_leaves(
    expr: &MetricExpr,
    axis: TimeAxis,
    options: MetricOptions,
    leaves: &mut Vec<Leaf>,
) -> Result<(), ParseError> {
    match expr {
        MetricExpr::Range(range) => leaves.push(Leaf::new(range, None, axis, options.max_inner_series)?),
        MetricExpr::Vector(vector) => match handed_down(vector) {
            Some((range, grouping)) => {
                leaves.push(Leaf::new(range, Some(&grouping), axis, options.max_inner_series)?);
            }
            None => collect_leaves(&vector.inner, axis, options, leaves)?,
        },
        MetricExpr::Binary(binary) => {
            collect_leaves(&binary.left, axis, options, leaves)?;
            collect_leaves(&binary.right, axis, options, leaves)?;
        }
        MetricExpr::LabelReplace(replace) => collect_leaves(&replace.inner, axis, options, leaves)?,
        MetricExpr::VectorOf(_) | MetricExpr::Number(_) => {}
    }
    Ok(())
}

/// Merges the parts of a leaf and computes its windows, by moment.
fn leaf_moments(
    leaf: &Leaf,
    parts: Vec<LeafPart>,
    axis: TimeAxis,
    table: &mut LabelTable,
) -> Result<Vec<Vector>, EvalError> {
    let mut series: Vec<LabelId> = Vec::new();
    let mut places: AHashMap<LabelId, usize> = AHashMap::new();
    let mut store = Store::new(leaf.op);
    for part in parts {
        if let Some(failed) = part.failed {
            return Err(failed);
        }
        let mut place_of = |labels: LabelSet| {
            let id = table.intern(labels);
            *places.entry(id).or_insert_with(|| {
                series.push(id);
                series.len() - 1
            })
        };
        let place: Vec<usize> = part.labels.into_iter().map(&mut place_of).collect();
        store.absorb(part.store, &place);
        if series.len() > leaf.max_series {
            return Err(EvalError::TooManyInnerSeries { limit: leaf.max_series });
        }
    }
    let divisor = match leaf.op {
        RangeOp::Rate | RangeOp::BytesRate => leaf.range as f64 / 1e9,
        _ => 1.0,
    };
    let mut moments = vec![Vector::new(); axis.count()];
    store.windows(leaf.op, leaf.param, leaf.slices, |at, moment, value| {
        moments[moment].push((series[at], value / divisor));
    });
    if leaf.op == RangeOp::Absent {
        let labels = table.intern(absent_labels(leaf));
        for moment in &mut moments {
            *moment = if moment.is_empty() { vec![(labels, 1.0)] } else { Vector::new() };
        }
    }
    Ok(moments)
}

/// What is absent: the names that have exactly one matcher, an equality.
fn absent_labels(leaf: &Leaf) -> LabelSet {
    let matchers = &leaf.selector().matchers;
    let single = |name: &str| matchers.iter().filter(|matcher| matcher.name == name).count() == 1;
    let kept = matchers.iter().filter(|matcher| matcher.op == MatchOp::Equal && single(&matcher.name));
    kept.map(|matcher| (matcher.name.as_str(), matcher.value.as_str())).collect()
}

/// Whether the node above makes few series of many, so that only its own number counts.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reduced {
    Yes,
    No,
}

struct Builder<I> {
    axis: TimeAxis,
    options: MetricOptions,
    moments: I,
}

impl<I: Iterator<Item = Option<Vec<Vector>>>> Builder<I> {
    fn leaf(&mut self) -> Node {
        Node::Leaf(self.moments.next().flatten().unwrap_or_else(|| vec![Vector::new(); self.axis.count()]))
    }

    fn limited(&self, node: Node, reduced: Reduced) -> Node {
        match reduced {
            Reduced::Yes => node,
            Reduced::No => Node::Limited(Box::new(Limited::new(node, self.options.max_series))),
        }
    }

    fn node(&mut self, expr: &MetricExpr, reduced: Reduced) -> Result<Node, EvalError> {
        Ok(match expr {
            MetricExpr::Number(value) => Node::Number(*value),
            MetricExpr::VectorOf(value) => Node::VectorOf(*value),
            MetricExpr::Range(_) => {
                let leaf = self.leaf();
                self.limited(leaf, reduced)
            }
            MetricExpr::Vector(vector) => {
                let node = self.aggregation(vector)?;
                self.limited(node, reduced)
            }
            MetricExpr::Binary(binary) => {
                let left = self.node(&binary.left, Reduced::No)?;
                let right = self.node(&binary.right, Reduced::No)?;
                Node::Binary(Box::new(Binary::new(binary, left, right)))
            }
            MetricExpr::LabelReplace(replace) => {
                let inner = self.node(&replace.inner, Reduced::No)?;
                // The expression was checked when it was parsed.
                Node::Replace(Box::new(Replace::new(replace, inner).map_err(|_| EvalError::NotUnique)?))
            }
        })
    }

    fn aggregation(&mut self, vector: &VectorAggregation) -> Result<Node, EvalError> {
        if vector.op == VectorOp::ApproxTopk && self.axis.is_range() {
            return Err(EvalError::ApproxTopkInRange);
        }
        if handed_down(vector).is_some() {
            return Ok(self.leaf());
        }
        let reduces = matches!(
            vector.op,
            VectorOp::Sum | VectorOp::Avg | VectorOp::Min | VectorOp::Max | VectorOp::Count
        ) && !vector.grouping.as_ref().is_some_and(|grouping| grouping.without);
        let inner = self.node(&vector.inner, if reduces { Reduced::Yes } else { Reduced::No })?;
        Ok(Node::Aggregation(Box::new(Aggregation::new(vector, inner))))
    }
}
