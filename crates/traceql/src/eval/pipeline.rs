//! Stages over the spans of one trace.

use super::EvalError;
use super::compile::{ScalarStep, Sets, Step};
use super::context::Context;
use super::output::{OwnedValue, owned};
use crate::data::Spans;
use crate::syntax::{AggregateOp, Relation, SpansetOp};
use crate::test::compare;
use crate::value::Value;

/// Spans that are together, in order.
#[derive(Debug, Clone, Default)]
pub(crate) struct Group {
    pub spans: Vec<usize>,
    pub attributes: Vec<(String, OwnedValue)>,
}

impl Group {
    pub(crate) fn of(spans: Vec<usize>) -> Self {
        Self { spans, attributes: Vec::new() }
    }

    fn note(&mut self, label: &str, value: OwnedValue) {
        self.attributes.retain(|(known, _)| known != label);
        self.attributes.push((label.to_owned(), value));
    }
}

type Groups = Result<Vec<Group>, EvalError>;

impl<T: Spans + ?Sized> Context<'_, T> {
    /// Runs stages over all spans; groups without spans are left out.
    pub(crate) fn run(&self, steps: &[Step]) -> Groups {
        self.run_on(steps, vec![Group::of((0..self.spans.len()).collect())])
    }

    /// Runs stages over some groups.
    pub(crate) fn run_on(&self, steps: &[Step], input: Vec<Group>) -> Groups {
        let mut groups = input;
        for step in steps {
            groups = match step {
                Step::Sets(sets) => self.sets(sets, groups)?,
                Step::Scalar(scalar) => self.scalar(scalar, groups),
                Step::By { key, label } => {
                    let mut split = Vec::new();
                    for group in groups {
                        self.split(&group, &|span| key.value(self, span), label, &mut split);
                    }
                    split
                }
                Step::Coalesce => vec![Group::of(united(&groups))],
            };
            groups.retain(|group| !group.spans.is_empty());
            if groups.is_empty() {
                break;
            }
        }
        Ok(groups)
    }

    fn sets(&self, sets: &Sets, mut groups: Vec<Group>) -> Groups {
        match sets {
            Sets::Filter(code, _) => {
                groups.iter_mut().for_each(|group| group.spans.retain(|span| code.holds(self, *span)));
                Ok(groups)
            }
            Sets::Pipeline(steps) => self.run_on(steps, groups),
            Sets::Scalar(scalar) => Ok(self.scalar(scalar, groups)),
            Sets::Operation(op, left, right) => {
                let mut found = Vec::new();
                for group in groups {
                    let left = self.sets(left, vec![group.clone()])?;
                    let mut right = self.sets(right, vec![group])?;
                    let mut left = left;
                    left.retain(|group| !group.spans.is_empty());
                    right.retain(|group| !group.spans.is_empty());
                    if op.is_structural() && (left.len() > 1 || right.len() > 1) {
                        return Err(EvalError::SeveralSets);
                    }
                    found.push(Group::of(self.operation(*op, &united(&left), &united(&right))));
                }
                Ok(found)
            }
        }
    }

    fn operation(&self, op: SpansetOp, left: &[usize], right: &[usize]) -> Vec<usize> {
        match op {
            SpansetOp::And if left.is_empty() || right.is_empty() => Vec::new(),
            SpansetOp::And | SpansetOp::Or => merged(left, right),
            SpansetOp::Related(relation) => self.related(relation, left, right, true),
            SpansetOp::Unrelated(relation) => self.related(relation, left, right, false),
            SpansetOp::Union(relation) => {
                let right_side = self.related(relation, left, right, true);
                let left_side = self.related(inverse(relation), right, left, true);
                merged(&left_side, &right_side)
            }
        }
    }

    /// Those of `right` that stand in a relation to some span of `left`, or those that don't.
    fn related(&self, relation: Relation, left: &[usize], right: &[usize], wanted: bool) -> Vec<usize> {
        let Some(tree) = self.facts.as_ref().and_then(|facts| facts.tree.as_ref()) else { return Vec::new() };
        let mut set = vec![false; self.spans.len()];
        left.iter().for_each(|span| set[*span] = true);
        let found = tree.related(relation, &set);
        right.iter().copied().filter(|span| found[*span] == wanted).collect()
    }

    /// Splits a group by the values of an expression.
    fn split<'s>(
        &'s self,
        group: &Group,
        key: &dyn Fn(usize) -> Value<'s>,
        label: &str,
        out: &mut Vec<Group>,
    ) {
        let first = out.len();
        let mut keys: Vec<Value<'s>> = Vec::new();
        for &span in &group.spans {
            let value = key(span);
            let at = keys.iter().position(|known| same(*known, value)).unwrap_or_else(|| {
                keys.push(value);
                let mut part = Group { spans: Vec::new(), attributes: group.attributes.clone() };
                let shown = match owned(value) {
                    OwnedValue::Nil => OwnedValue::Str("nil".to_owned()),
                    value => value,
                };
                part.note(label, shown);
                out.push(part);
                keys.len() - 1
            });
            out[first + at].spans.push(span);
        }
    }

    fn scalar(&self, step: &ScalarStep, mut groups: Vec<Group>) -> Vec<Group> {
        groups.retain_mut(|group| {
            let value = match &step.value {
                None => Value::Int(group.spans.len() as i64),
                Some(code) => {
                    aggregate(step.aggregate, group.spans.iter().map(|span| code.value(self, *span)))
                }
            };
            let keeps = compare(value, step.threshold.value(), step.op);
            if keeps {
                group.note(&step.label, owned(value));
            }
            keeps
        });
        groups
    }
}

/// Equality of keys: floating-point numbers by their bits.
fn same(a: Value<'_>, b: Value<'_>) -> bool {
    match (a, b) {
        (Value::Float(a), Value::Float(b)) => a.to_bits() == b.to_bits(),
        _ => a == b,
    }
}

fn inverse(relation: Relation) -> Relation {
    match relation {
        Relation::Child => Relation::Parent,
        Relation::Parent => Relation::Child,
        Relation::Descendant => Relation::Ancestor,
        Relation::Ancestor => Relation::Descendant,
        Relation::Sibling => Relation::Sibling,
    }
}

fn united(groups: &[Group]) -> Vec<usize> {
    match groups {
        [] => Vec::new(),
        [one] => one.spans.clone(),
        several => {
            let mut all: Vec<usize> = several.iter().flat_map(|group| group.spans.iter().copied()).collect();
            all.sort_unstable();
            all.dedup();
            all
        }
    }
}

/// The union of two ordered lists.
fn merged(left: &[usize], right: &[usize]) -> Vec<usize> {
    let mut all = [left, right].concat();
    all.sort_unstable();
    all.dedup();
    all
}

/// Where values of different kinds are compared, numbers are the smallest.
fn rank(value: Value<'_>) -> u8 {
    match value {
        Value::Nil => 0,
        Value::Int(_) | Value::Float(_) | Value::Duration(_) => 1,
        Value::Str(_) | Value::Id(_) => 2,
        Value::Bool(_) => 3,
        Value::Array(_) => 4,
        Value::Status(_) | Value::Kind(_) => 5,
    }
}

fn aggregate<'v>(op: AggregateOp, values: impl Iterator<Item = Value<'v>>) -> Value<'v> {
    match op {
        AggregateOp::Min | AggregateOp::Max => {
            let wanted =
                if op == AggregateOp::Min { std::cmp::Ordering::Less } else { std::cmp::Ordering::Greater };
            let mut best = Value::Nil;
            for value in values.filter(|value| !value.is_nil()) {
                let order = rank(value)
                    .cmp(&rank(best))
                    .then_with(|| crate::test::order(value, best).unwrap_or(std::cmp::Ordering::Equal));
                if best.is_nil() || order == wanted {
                    best = value;
                }
            }
            best
        }
        AggregateOp::Sum | AggregateOp::Avg | AggregateOp::Count => total(values, op == AggregateOp::Avg),
    }
}

/// Sum or mean of what is a number.
fn total<'v>(values: impl Iterator<Item = Value<'v>>, mean: bool) -> Value<'v> {
    let (mut count, mut exact, mut float) = (0i64, 0i64, 0.0f64);
    let (mut all_ints, mut all_durations) = (true, true);
    for value in values {
        let Some(number) = value.number() else { continue };
        count += 1;
        float += number;
        match value {
            Value::Int(number) => {
                exact = exact.wrapping_add(number);
                all_durations = false;
            }
            Value::Duration(nanos) => {
                exact = exact.wrapping_add(nanos);
                all_ints = false;
            }
            _ => (all_ints, all_durations) = (false, false),
        }
    }
    match (count, mean) {
        (0, _) => Value::Nil,
        (_, true) if all_durations => Value::Duration(exact / count),
        (_, true) => Value::Float(float / count as f64),
        _ if all_durations => Value::Duration(exact),
        _ if all_ints => Value::Int(exact),
        _ => Value::Float(float),
    }
}
