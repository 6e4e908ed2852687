//! Spans in plain structs, for tests.

use traceql::{Field, Intrinsic, Kind, Scope, Spans, Status, Trace, Value};

#[derive(Debug, Clone, Default)]
pub struct Span {
    pub id: [u8; 8],
    pub parent: [u8; 8],
    pub start: i64,
    pub duration: i64,
    pub name: &'static str,
    pub attributes: Vec<(&'static str, Value<'static>)>,
    pub events: Vec<&'static str>,
}

pub struct Memory<'f> {
    pub fields: &'f [Field],
    pub spans: Vec<Span>,
}

impl Spans for Memory<'_> {
    fn len(&self) -> usize {
        self.spans.len()
    }
    fn start(&self, span: usize) -> i64 {
        self.spans[span].start
    }
    fn duration(&self, span: usize) -> i64 {
        self.spans[span].duration
    }
    fn trace_id(&self, _span: usize) -> &[u8] {
        &[1; 16]
    }
    fn span_id(&self, span: usize) -> &[u8] {
        &self.spans[span].id
    }
    fn parent_id(&self, span: usize) -> &[u8] {
        &self.spans[span].parent
    }
    fn value(&self, field: usize, span: usize) -> Value<'_> {
        let span = &self.spans[span];
        match &self.fields[field] {
            Field::Intrinsic(Intrinsic::Name) => Value::Str(span.name),
            Field::Intrinsic(Intrinsic::Status) => Value::Status(Status::Unset),
            Field::Intrinsic(Intrinsic::Kind) => Value::Kind(Kind::Internal),
            Field::Attribute { name, .. } => span
                .attributes
                .iter()
                .find(|(key, _)| *key == &**name)
                .map_or(Value::Nil, |(_, value)| *value),
            Field::Intrinsic(_) => Value::Nil,
        }
    }
    fn trace_state(&self, _span: usize) -> &str {
        ""
    }
    fn events(&self, span: usize) -> usize {
        self.spans[span].events.len()
    }
    fn event_value(&self, _field: usize, span: usize, event: usize) -> Value<'_> {
        Value::Str(self.spans[span].events[event])
    }
    fn links(&self, _span: usize) -> usize {
        0
    }
    fn link_value(&self, _field: usize, _span: usize, _link: usize) -> Value<'_> {
        Value::Nil
    }
    fn for_each_attribute(&self, span: usize, visit: &mut dyn FnMut(Scope, &str, Value<'_>)) {
        for (key, value) in &self.spans[span].attributes {
            visit(Scope::Span, key, *value);
        }
    }
}

impl Trace for Memory<'_> {
    fn is_server(&self, _span: usize) -> bool {
        false
    }
    fn is_root(&self, span: usize) -> bool {
        self.spans[span].parent == [0; 8]
    }
    fn root_name(&self) -> &str {
        "root"
    }
    fn root_service(&self) -> &str {
        "shop"
    }
}
