//! What storage may decide by itself, from the filters of a query.

use super::compile::{Compiler, Sets, Source, Step, simple_test};
use crate::conditions::{Clause, Condition, Conditions, MAX_FILTERS, SpanConditions, TraceTest};
use crate::error::Error;
use crate::syntax::{BinaryOp, FieldExpr, SpansetOp};
use crate::test::Test;

/// A filter of more clauses, or a clause of more alternatives, is not worth deciding before all of it is.
const MAX_CLAUSES: usize = 16;
const MAX_ALTERNATIVES: usize = 64;

impl Compiler {
    /// What the filters compiled so far let storage decide; `steps` say how they are combined.
    pub(crate) fn conditions(&mut self, steps: &[&[Step]]) -> Result<Conditions, Error> {
        let filters = self.filters.clone();
        let mut conditions = Vec::new();
        for filter in filters.iter().take(MAX_FILTERS) {
            conditions.push(SpanConditions(self.clauses(filter)?.unwrap_or_default()));
        }
        let tests = steps.iter().map(|steps| of_steps(steps));
        Ok(Conditions { filters: conditions, trace: any(tests.collect()) })
    }

    /// When the query is one filter of conditions joined by `&&`, one event or link must meet all those on its level.
    pub(crate) fn join_events(&mut self) -> Result<(), Error> {
        let [filter] = &self.filters[..] else { return Ok(()) };
        let filter = filter.clone();
        let mut tests = Vec::new();
        if self.conjunction(&filter, &mut tests)? {
            self.plan.joint = tests
                .into_iter()
                .filter(|(field, _)| self.plan.levels[*field] != crate::field::Level::Span)
                .collect();
        }
        Ok(())
    }

    fn conjunction(&mut self, expr: &FieldExpr, tests: &mut Vec<(usize, Test)>) -> Result<bool, Error> {
        match expr {
            FieldExpr::Binary(BinaryOp::And, left, right) => {
                Ok(self.conjunction(left, tests)? && self.conjunction(right, tests)?)
            }
            FieldExpr::Binary(op, left, right) => match simple_test(*op, left, right)? {
                Some((field, test)) => {
                    tests.push((self.field(field), test));
                    Ok(true)
                }
                None => Ok(!matches!(op, BinaryOp::Or)),
            },
            FieldExpr::Unary(..) => Ok(false),
            _ => Ok(true),
        }
    }

    /// Clauses that an expression implies; `None` when it implies nothing that storage could test.
    fn clauses(&mut self, expr: &FieldExpr) -> Result<Option<Vec<Clause>>, Error> {
        let FieldExpr::Binary(op, left, right) = expr else { return Ok(None) };
        match op {
            BinaryOp::And => {
                let (left, right) = (self.clauses(left)?, self.clauses(right)?);
                Ok(match (left, right) {
                    (Some(mut left), Some(right)) => {
                        left.extend(right);
                        left.truncate(MAX_CLAUSES);
                        Some(left)
                    }
                    (left, right) => left.or(right),
                })
            }
            BinaryOp::Or => {
                let (Some(left), Some(right)) = (self.clauses(left)?, self.clauses(right)?) else {
                    return Ok(None);
                };
                let mut clauses = Vec::new();
                for a in &left {
                    for b in &right {
                        let both: Vec<Condition> = a.0.iter().chain(&b.0).cloned().collect();
                        if both.len() <= MAX_ALTERNATIVES && clauses.len() < MAX_CLAUSES {
                            clauses.push(Clause(both));
                        }
                    }
                }
                Ok((!clauses.is_empty()).then_some(clauses))
            }
            _ => {
                let Some((field, test)) = simple_test(*op, left, right)? else { return Ok(None) };
                let at = self.field(field);
                if field.needs_trace() || matches!(test, Test::Missing) {
                    return Ok(None);
                }
                let mut alternatives = vec![Condition { field: at, test: test.clone() }];
                if let Source::SpanName { name } = self.plan.sources[at] {
                    alternatives.push(Condition { field: name, test });
                }
                Ok(Some(vec![Clause(alternatives)]))
            }
        }
    }
}

fn any(mut tests: Vec<TraceTest>) -> TraceTest {
    if tests.contains(&TraceTest::Always) || tests.is_empty() {
        return TraceTest::Always;
    }
    if tests.len() == 1 { tests.pop().unwrap_or(TraceTest::Always) } else { TraceTest::Any(tests) }
}

fn all(tests: Vec<TraceTest>) -> TraceTest {
    let mut tests: Vec<TraceTest> = tests.into_iter().filter(|test| *test != TraceTest::Always).collect();
    match tests.len() {
        0 => TraceTest::Always,
        1 => tests.pop().unwrap_or(TraceTest::Always),
        _ => TraceTest::All(tests),
    }
}

/// Every stage must leave something.
fn of_steps(steps: &[Step]) -> TraceTest {
    let tests = steps.iter().map(|step| match step {
        Step::Sets(sets) => of_sets(sets),
        Step::Scalar(_) | Step::By { .. } | Step::Coalesce => TraceTest::Always,
    });
    all(tests.collect())
}

fn of_sets(sets: &Sets) -> TraceTest {
    match sets {
        Sets::Filter(_, number) if *number < MAX_FILTERS => TraceTest::Some(*number),
        Sets::Filter(..) | Sets::Scalar(_) => TraceTest::Always,
        Sets::Pipeline(steps) => of_steps(steps),
        Sets::Operation(SpansetOp::Or, left, right) => any(vec![of_sets(left), of_sets(right)]),
        // Those of the right that have no such span on the left: the left may be empty.
        Sets::Operation(SpansetOp::Unrelated(_), _, right) => of_sets(right),
        Sets::Operation(_, left, right) => all(vec![of_sets(left), of_sets(right)]),
    }
}
