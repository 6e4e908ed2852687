//! Vector aggregations: over the series of one moment.

use std::cmp::Ordering;

use ahash::AHashMap;

use crate::eval::accumulate::{Accumulator, Largest, Mean, Smallest, Spread, Total};
use crate::eval::error::EvalError;
use crate::eval::node::{Node, Vector};
use crate::eval::table::{LabelId, LabelTable, Memo};
use crate::syntax::{Grouping, VectorAggregation, VectorOp};

#[derive(Debug)]
pub(crate) struct Aggregation {
    op: VectorOp,
    limit: usize,
    grouping: Grouping,
    inner: Node,
    memo: Memo,
}

impl Aggregation {
    pub(crate) fn new(spec: &VectorAggregation, inner: Node) -> Self {
        let limit = spec.param.and_then(|param| usize::try_from(param).ok()).unwrap_or(usize::MAX);
        let grouping = spec.grouping.clone().unwrap_or_default();
        Self { op: spec.op, limit, grouping, inner, memo: Memo::default() }
    }

    pub(crate) fn at(&mut self, moment: usize, table: &mut LabelTable) -> Result<Vector, EvalError> {
        let vector = self.inner.vector_at(moment, table)?;
        Ok(match self.op {
            VectorOp::Sum => self.fold::<Total>(vector, table),
            VectorOp::Avg => self.fold::<Mean>(vector, table),
            VectorOp::Min => self.fold::<Smallest>(vector, table),
            VectorOp::Max => self.fold::<Largest>(vector, table),
            VectorOp::Stdvar => self.fold::<Spread>(vector, table),
            VectorOp::Stddev => {
                let mut variances = self.fold::<Spread>(vector, table);
                variances.iter_mut().for_each(|(_, value)| *value = value.sqrt());
                variances
            }
            VectorOp::Count => {
                let ones = vector.into_iter().map(|(labels, _)| (labels, 1.0)).collect();
                self.fold::<Total>(ones, table)
            }
            VectorOp::Topk | VectorOp::ApproxTopk => self.best(vector, table, descending),
            VectorOp::Bottomk => self.best(vector, table, ascending),
            VectorOp::Sort => sorted(vector, ascending),
            VectorOp::SortDesc => sorted(vector, descending),
        })
    }

    fn group(&mut self, labels: LabelId, table: &mut LabelTable) -> LabelId {
        let grouping = &self.grouping;
        self.memo.get(labels, table, |set| set.only(&grouping.labels, !grouping.without))
    }

    fn fold<A: Accumulator>(&mut self, vector: Vector, table: &mut LabelTable) -> Vector {
        let mut places: AHashMap<LabelId, usize> = AHashMap::new();
        let mut groups: Vec<(LabelId, A)> = Vec::new();
        for (labels, value) in vector {
            let group = self.group(labels, table);
            match places.get(&group) {
                Some(at) => groups[*at].1.add(0, value),
                None => {
                    places.insert(group, groups.len());
                    groups.push((group, A::first(0, value)));
                }
            }
        }
        groups.into_iter().map(|(labels, accumulator)| (labels, accumulator.value())).collect()
    }

    /// The first `limit` of each group in that order; equal values in the order of their labels.
    fn best(&mut self, vector: Vector, table: &mut LabelTable, order: fn(f64, f64) -> Ordering) -> Vector {
        let mut keyed: Vec<(LabelId, (LabelId, f64))> =
            vector.into_iter().map(|sample| (self.group(sample.0, table), sample)).collect();
        keyed.sort_by(|(_, left), (_, right)| {
            order(left.1, right.1).then_with(|| table.get(left.0).cmp(table.get(right.0)))
        });
        let mut taken: AHashMap<LabelId, usize> = AHashMap::new();
        keyed.retain(|(group, _)| {
            let taken = taken.entry(*group).or_default();
            *taken += 1;
            *taken <= self.limit
        });
        keyed.into_iter().map(|(_, sample)| sample).collect()
    }
}

fn sorted(mut vector: Vector, order: fn(f64, f64) -> Ordering) -> Vector {
    vector.sort_by(|left, right| order(left.1, right.1));
    vector
}

/// NaN last.
fn ascending(left: f64, right: f64) -> Ordering {
    left.partial_cmp(&right).unwrap_or_else(|| left.is_nan().cmp(&right.is_nan()))
}

/// NaN last.
fn descending(left: f64, right: f64) -> Ordering {
    right.partial_cmp(&left).unwrap_or_else(|| left.is_nan().cmp(&right.is_nan()))
}
