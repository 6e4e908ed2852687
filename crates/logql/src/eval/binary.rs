//! Binary operators between numbers and vectors.

use ahash::{AHashMap, AHashSet};

use crate::eval::error::EvalError;
use crate::eval::labels::LabelSet;
use crate::eval::node::{Moment, Node, Vector};
use crate::eval::table::{LabelId, LabelTable, Memo};
use crate::syntax::fold::{arithmetic, comparison};
use crate::syntax::{BinaryExpr, BinaryOp, Cardinality, Matching};

#[derive(Debug)]
pub(crate) struct Binary {
    op: BinaryOp,
    returns_bool: bool,
    matching: Matching,
    left: Node,
    right: Node,
    /// What series of both sides are matched by.
    signatures: Memo,
}

impl Binary {
    pub(crate) fn new(spec: &BinaryExpr, left: Node, right: Node) -> Self {
        Self {
            op: spec.op,
            returns_bool: spec.returns_bool,
            matching: spec.matching.clone().unwrap_or_default(),
            left,
            right,
            signatures: Memo::default(),
        }
    }

    pub(crate) fn at(&mut self, moment: usize, table: &mut LabelTable) -> Result<Moment, EvalError> {
        let left = self.left.at(moment, table)?;
        let right = self.right.at(moment, table)?;
        Ok(match (left, right) {
            (Moment::Scalar(left), Moment::Scalar(right)) => {
                Moment::Scalar(crate::syntax::fold::literals(self.op, left, right))
            }
            (Moment::Vector(vector), Moment::Scalar(number)) => {
                Moment::Vector(self.with_number(vector, |value| (value, number)))
            }
            (Moment::Scalar(number), Moment::Vector(vector)) => {
                Moment::Vector(self.with_number(vector, |value| (number, value)))
            }
            (Moment::Vector(left), Moment::Vector(right)) => Moment::Vector(match self.op {
                BinaryOp::And => self.set(left, right, table, true),
                BinaryOp::Unless => self.set(left, right, table, false),
                BinaryOp::Or => self.or(left, right, table),
                _ => self.matched(left, right, table)?,
            }),
        })
    }

    /// A comparison that filters keeps the value of the vector, on whichever side it stands.
    fn with_number(&self, vector: Vector, sides: impl Fn(f64) -> (f64, f64)) -> Vector {
        let kept = |(labels, value): (LabelId, f64)| {
            let (left, right) = sides(value);
            self.combine(left, right, value).map(|value| (labels, value))
        };
        vector.into_iter().filter_map(kept).collect()
    }

    /// The result for two values; `None` when a comparison filters it out. `kept` is what a filter lets through.
    fn combine(&self, left: f64, right: f64, kept: f64) -> Option<f64> {
        match comparison(self.op, left, right) {
            Some(holds) if self.returns_bool => Some(f64::from(u8::from(holds))),
            Some(holds) => holds.then_some(kept),
            None => arithmetic(self.op, left, right),
        }
    }

    fn signature(&mut self, labels: LabelId, table: &mut LabelTable) -> LabelId {
        let matching = &self.matching;
        self.signatures.get(labels, table, |set| set.only(&matching.labels, matching.on))
    }

    fn set(&mut self, left: Vector, right: Vector, table: &mut LabelTable, wanted: bool) -> Vector {
        let others: AHashSet<LabelId> =
            right.into_iter().map(|(labels, _)| self.signature(labels, table)).collect();
        left.into_iter()
            .filter(|(labels, _)| others.contains(&self.signature(*labels, table)) == wanted)
            .collect()
    }

    fn or(&mut self, mut left: Vector, right: Vector, table: &mut LabelTable) -> Vector {
        let present: AHashSet<LabelId> =
            left.iter().map(|(labels, _)| self.signature(*labels, table)).collect();
        left.extend(
            right.into_iter().filter(|(labels, _)| !present.contains(&self.signature(*labels, table))),
        );
        left
    }

    /// Pairs of series with the same signature.
    fn matched(&mut self, left: Vector, right: Vector, table: &mut LabelTable) -> Result<Vector, EvalError> {
        let swapped = self.matching.cardinality == Cardinality::OneToMany;
        let (many, one) = if swapped { (right, left) } else { (left, right) };
        let mut ones: AHashMap<LabelId, (LabelId, f64)> = AHashMap::with_capacity(one.len());
        for (labels, value) in one {
            if ones.insert(self.signature(labels, table), (labels, value)).is_some() {
                return Err(EvalError::ManyToMany { side: if swapped { "left" } else { "right" } });
            }
        }
        let mut result = Vector::with_capacity(many.len());
        let mut seen: AHashSet<LabelId> = AHashSet::new();
        for (labels, value) in many {
            let signature = self.signature(labels, table);
            let Some((one_labels, one_value)) = ones.get(&signature).copied() else { continue };
            let (left, right) = if swapped { (one_value, value) } else { (value, one_value) };
            let Some(value) = self.combine(left, right, left) else { continue };
            let set = self.result_labels(table.get(labels), table.get(one_labels));
            let labels = table.intern(set);
            if self.matching.cardinality == Cardinality::OneToOne {
                if !seen.insert(signature) {
                    return Err(EvalError::ManyToOne);
                }
            } else if !seen.insert(labels) {
                return Err(EvalError::NotUnique);
            }
            result.push((labels, value));
        }
        Ok(result)
    }

    fn result_labels(&self, many: &LabelSet, one: &LabelSet) -> LabelSet {
        let matching = &self.matching;
        let mut labels = match matching.cardinality {
            Cardinality::OneToOne => many.only(&matching.labels, matching.on),
            _ => many.clone(),
        };
        for name in &matching.include {
            labels = labels.with(name, one.get(name).unwrap_or_default());
        }
        labels
    }
}
