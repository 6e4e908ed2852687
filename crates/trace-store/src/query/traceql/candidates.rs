//! The first pass: which filters of a query a row may pass.

use traceql::{Condition, Conditions, Field, Intrinsic, Level, Spans, Value};

use super::spans::BatchSpans;

/// Tests rows of one batch.
pub(crate) struct RowTests<'q> {
    fields: &'q [Field],
    conditions: &'q Conditions,
}

impl<'q> RowTests<'q> {
    pub(crate) fn new(fields: &'q [Field], conditions: &'q Conditions) -> Self {
        Self { fields, conditions }
    }

    /// One bit for each filter that a row may pass.
    pub(crate) fn met(&self, spans: &BatchSpans<'_>, span: usize) -> u64 {
        let mut met = 0;
        for (at, filter) in self.conditions.filters.iter().enumerate() {
            let passes = filter
                .0
                .iter()
                .all(|clause| clause.0.iter().any(|condition| self.holds(condition, spans, span)));
            met |= u64::from(passes) << at;
        }
        met
    }

    fn holds(&self, condition: &Condition, spans: &BatchSpans<'_>, span: usize) -> bool {
        let field = condition.field;
        match self.fields[field].level() {
            Level::Event => {
                (0..spans.events(span)).any(|at| condition.test.holds(spans.event_value(field, span, at)))
            }
            Level::Link => {
                (0..spans.links(span)).any(|at| condition.test.holds(spans.link_value(field, span, at)))
            }
            Level::Span => condition.test.holds(match &self.fields[field] {
                Field::Intrinsic(Intrinsic::Duration) => Value::Duration(spans.duration(span)),
                Field::Intrinsic(Intrinsic::SpanId) => Value::Id(spans.span_id(span)),
                Field::Intrinsic(Intrinsic::ParentId) => Value::Id(spans.parent_id(span)),
                Field::Intrinsic(Intrinsic::TraceId) => Value::Id(spans.trace_id(span)),
                _ => spans.value(field, span),
            }),
        }
    }
}
