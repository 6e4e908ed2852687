//! What evaluations give back.

use logql::go::GoDuration;

use super::compile::Source;
use super::context::Context;
use crate::data::Spans;
use crate::field::{Field, Intrinsic, Level};
use crate::value::{Hex, Value};

/// A value that outlives the spans it comes from.
#[derive(Debug, Clone, PartialEq)]
pub enum OwnedValue {
    Nil,
    Bool(bool),
    Int(i64),
    Float(f64),
    /// Texts, and whatever is shown as text: durations, status, kind, ids.
    Str(String),
    Array(Vec<OwnedValue>),
}

/// A span of a set.
#[derive(Debug, Clone, PartialEq)]
pub struct FoundSpan {
    /// Index among the trace's spans.
    pub span: usize,
    /// Only if the query names it.
    pub name: Option<String>,
    pub attributes: Vec<(String, OwnedValue)>,
}

/// Spans of one trace that a query found together.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SpanSet {
    /// How many there are, of which `spans` are the first.
    pub matched: usize,
    pub spans: Vec<FoundSpan>,
    pub attributes: Vec<(String, OwnedValue)>,
}

/// A value as results show it.
pub(crate) fn owned(value: Value<'_>) -> OwnedValue {
    match value {
        Value::Nil => OwnedValue::Nil,
        Value::Bool(value) => OwnedValue::Bool(value),
        Value::Int(number) => OwnedValue::Int(number),
        Value::Float(number) => OwnedValue::Float(number),
        Value::Duration(nanos) => OwnedValue::Str(GoDuration(nanos).to_string()),
        Value::Status(status) => OwnedValue::Str(status.name().to_owned()),
        Value::Kind(kind) => OwnedValue::Str(kind.name().to_owned()),
        Value::Str(text) => OwnedValue::Str(text.to_owned()),
        Value::Id(bytes) => OwnedValue::Str(Hex(bytes).to_string()),
        Value::Array(list) if list.len() == 1 => owned(list.get(0)),
        Value::Array(list) => OwnedValue::Array(list.iter().map(owned).collect()),
    }
}

/// What `select` shows of events and links where there are none.
fn absent(field: &Field) -> Value<'static> {
    match field {
        Field::Intrinsic(Intrinsic::EventName) => Value::Str(""),
        Field::Intrinsic(Intrinsic::EventTimeSinceStart) => Value::Duration(0),
        Field::Intrinsic(Intrinsic::LinkTraceId) => Value::Str(""),
        Field::Intrinsic(Intrinsic::LinkSpanId) => Value::Id(&[0; 8]),
        _ => Value::Nil,
    }
}

impl<T: Spans + ?Sized> Context<'_, T> {
    /// A span with the fields that the query names.
    pub(crate) fn found(&self, span: usize) -> FoundSpan {
        let mut found = FoundSpan { span, name: None, attributes: Vec::new() };
        for (at, field) in self.plan.fields.iter().enumerate() {
            if matches!(
                field,
                Field::Intrinsic(
                    Intrinsic::Duration
                        | Intrinsic::TraceDuration
                        | Intrinsic::RootName
                        | Intrinsic::RootService
                        | Intrinsic::TraceId
                        | Intrinsic::SpanId
                )
            ) {
                continue;
            }
            let value = self.shown(at, span);
            if *field == Field::Intrinsic(Intrinsic::Name) {
                found.name = match value {
                    OwnedValue::Str(text) => Some(text),
                    _ => found.name,
                };
                continue;
            }
            if let Source::SpanName { name } = self.plan.sources[at]
                && self.spans.value(at, span).is_nil()
            {
                if let (OwnedValue::Str(text), true) = (&value, self.plan.views[name].tests.is_empty()) {
                    found.name.get_or_insert_with(|| text.clone());
                }
                continue;
            }
            self.show(field, at, span, value, &mut found.attributes);
        }
        found
    }

    fn show(
        &self,
        field: &Field,
        at: usize,
        span: usize,
        value: OwnedValue,
        attributes: &mut Vec<(String, OwnedValue)>,
    ) {
        let name = field.short_name();
        if value != OwnedValue::Nil {
            attributes.push((name.to_owned(), value));
        } else if self.plan.views[at].missing && self.is_missing(at, span) {
            // Neither the span nor its resource has it.
            let times =
                if matches!(field, Field::Attribute { scope: crate::field::Scope::Any, .. }) { 2 } else { 1 };
            attributes.extend((0..times).map(|_| (name.to_owned(), OwnedValue::Str("nil".to_owned()))));
        }
    }

    /// What the answer shows of a field: of events and links, the last that is seen.
    fn shown(&self, field: usize, span: usize) -> OwnedValue {
        let view = &self.plan.views[field];
        let see = |value| if view.selected { value } else { view.see(value) };
        let level = self.plan.levels[field];
        let value = if view.selected && level != Level::Span && self.count(level, span) == 0 {
            absent(&self.plan.fields[field])
        } else if level == Level::Span {
            see(self.raw(field, span))
        } else {
            (0..self.count(level, span))
                .rev()
                .filter(|at| view.selected || self.is_candidate(level, span, *at))
                .map(|at| see(self.raw_at(field, span, at)))
                .find(|value| !value.is_nil())
                .unwrap_or_default()
        };
        match value {
            Value::Id(bytes) if self.plan.fields[field] == Field::Intrinsic(Intrinsic::LinkTraceId) => {
                OwnedValue::Str(Hex(bytes).to_string().trim_start_matches('0').to_owned())
            }
            Value::Array(list) if !view.selected => {
                let mut seen: Vec<OwnedValue> = view.elements(list).map(owned).collect();
                if seen.len() == 1 { seen.pop().unwrap_or(OwnedValue::Nil) } else { OwnedValue::Array(seen) }
            }
            value => owned(value),
        }
    }
}

impl std::fmt::Display for OwnedValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Nil => f.write_str("nil"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Int(number) => write!(f, "{number}"),
            Self::Float(number) => write!(f, "{number}"),
            Self::Str(text) => f.write_str(text),
            Self::Array(list) => {
                f.write_str("[")?;
                for (at, item) in list.iter().enumerate() {
                    write!(f, "{}{item}", if at > 0 { ", " } else { "" })?;
                }
                f.write_str("]")
            }
        }
    }
}
