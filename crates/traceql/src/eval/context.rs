//! What an evaluation looks at: spans, and what follows from the whole trace.

use std::cell::OnceCell;

use super::compile::{Plan, Source};
use super::tree::{NestedSets, Tree};
use crate::data::{Spans, Trace};
use crate::field::Level;
use crate::value::Value;

/// What is known about a trace beyond its rows.
pub(crate) struct Facts<'a> {
    pub duration: i64,
    pub root_name: &'a str,
    pub root_service: &'a str,
    pub tree: Option<Tree>,
    pub sets: OnceCell<NestedSets>,
}

/// Spans in the eyes of a query.
pub(crate) struct Context<'a, T: ?Sized> {
    pub plan: &'a Plan,
    pub spans: &'a T,
    pub facts: Option<Facts<'a>>,
}

impl<'a, T: Trace + ?Sized> Context<'a, T> {
    /// A whole trace.
    pub(crate) fn of_trace(plan: &'a Plan, trace: &'a T) -> Self {
        let starts = (0..trace.len()).map(|span| trace.start(span));
        let ends = (0..trace.len()).map(|span| trace.start(span).saturating_add(trace.duration(span)));
        let duration = ends.max().unwrap_or(0).saturating_sub(starts.min().unwrap_or(0));
        let facts = Facts {
            duration,
            root_name: trace.root_name(),
            root_service: trace.root_service(),
            tree: plan.needs_tree.then(|| Tree::new(trace)),
            sets: OnceCell::new(),
        };
        Self { plan, spans: trace, facts: Some(facts) }
    }
}

impl<'a, T: Spans + ?Sized> Context<'a, T> {
    /// Rows of whatever traces: what needs whole traces is absent.
    pub(crate) fn of_rows(plan: &'a Plan, spans: &'a T) -> Self {
        Self { plan, spans, facts: None }
    }

    /// The value of a field of the span's level, seen or not.
    pub(crate) fn raw(&self, field: usize, span: usize) -> Value<'_> {
        let spans = self.spans;
        match self.plan.sources[field] {
            Source::Stored => spans.value(field, span),
            Source::SpanName { name } => match spans.value(field, span) {
                Value::Nil => spans.value(name, span),
                value => value,
            },
            Source::Duration => Value::Duration(spans.duration(span)),
            Source::SpanId => Value::Id(spans.span_id(span)),
            Source::ParentId => Value::Id(spans.parent_id(span)),
            Source::TraceId => Value::Id(spans.trace_id(span)),
            _ => self.of_facts(field, span),
        }
    }

    fn of_facts(&self, field: usize, span: usize) -> Value<'_> {
        let Some(facts) = &self.facts else { return Value::Nil };
        let set = |pick: fn(&NestedSets) -> &Vec<i64>| {
            let Some(tree) = &facts.tree else { return Value::Nil };
            pick(facts.sets.get_or_init(|| tree.nested_sets()))
                .get(span)
                .map_or(Value::Nil, |at| Value::Int(*at))
        };
        match self.plan.sources[field] {
            Source::TraceDuration => Value::Duration(facts.duration),
            Source::RootName => Value::Str(facts.root_name),
            Source::RootService => Value::Str(facts.root_service),
            Source::ChildCount => {
                let children = facts.tree.as_ref().and_then(|tree| tree.children.get(span));
                children.map_or(Value::Nil, |count| Value::Int(i64::from(*count)))
            }
            Source::SetLeft => set(|sets| &sets.left),
            Source::SetRight => set(|sets| &sets.right),
            Source::SetParent => set(|sets| &sets.parent),
            _ => Value::Nil,
        }
    }

    /// How many values of the field's level a span has.
    pub(crate) fn count(&self, level: Level, span: usize) -> usize {
        match level {
            Level::Span => 1,
            Level::Event => self.spans.events(span),
            Level::Link => self.spans.links(span),
        }
    }

    /// One of them, seen or not.
    pub(crate) fn raw_at(&self, field: usize, span: usize, at: usize) -> Value<'_> {
        match self.plan.levels[field] {
            Level::Span => self.raw(field, span),
            Level::Event => self.spans.event_value(field, span, at),
            Level::Link => self.spans.link_value(field, span, at),
        }
    }

    /// Whether an event or link meets what the query asks of one and the same event or link.
    pub(crate) fn is_candidate(&self, level: Level, span: usize, at: usize) -> bool {
        self.plan
            .joint
            .iter()
            .filter(|(field, _)| self.plan.levels[*field] == level)
            .all(|(field, test)| test.holds(self.raw_at(*field, span, at)))
    }

    /// The value that the evaluation sees: of events and links, the first that is seen.
    pub(crate) fn seen(&self, field: usize, span: usize) -> Value<'_> {
        let view = &self.plan.views[field];
        let level = self.plan.levels[field];
        if level == Level::Span {
            return view.see(self.raw(field, span));
        }
        (0..self.count(level, span))
            .filter(|at| self.is_candidate(level, span, *at))
            .map(|at| view.see(self.raw_at(field, span, at)))
            .find(|value| !value.is_nil())
            .unwrap_or_default()
    }

    /// Whether the field is absent: for events and links, whether one of them lacks it.
    pub(crate) fn is_missing(&self, field: usize, span: usize) -> bool {
        let level = self.plan.levels[field];
        if level == Level::Span {
            return self.raw(field, span).is_nil();
        }
        (0..self.count(level, span))
            .any(|at| self.is_candidate(level, span, at) && self.raw_at(field, span, at).is_nil())
    }
}
