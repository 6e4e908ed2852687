//! Rows of a batch as columns of values.

use ahash::AHashMap;
use protocols::otlp::{AnyValue, any_value};
use traceql::{Array, Field, Intrinsic, Kind, Scope, Spans, Status, Trace, Value};

use super::fields::{Place, SERVICE_NAME};
use crate::batch::{BlobId, Run, SpanBatch, SpanRow, StringId, Value as Stored, any_value_of};
use crate::query::summary::is_root;

/// Some rows of a batch.
pub(crate) struct BatchSpans<'a> {
    batch: &'a SpanBatch,
    rows: Vec<u32>,
    places: Vec<Place>,
    /// Lists that fields may refer to.
    arrays: AHashMap<BlobId, Array>,
}

impl<'a> BatchSpans<'a> {
    /// All rows.
    pub(crate) fn of_batch(batch: &'a SpanBatch, fields: &[Field]) -> Self {
        Self::of_rows(batch, (0..batch.rows.len() as u32).collect(), fields, false)
    }

    /// Some rows; with `all_attributes`, also attributes that no field names.
    pub(crate) fn of_rows(
        batch: &'a SpanBatch,
        rows: Vec<u32>,
        fields: &[Field],
        all_attributes: bool,
    ) -> Self {
        let places: Vec<Place> = fields.iter().map(|field| Place::of(field, batch)).collect();
        let wanted: Vec<StringId> = places.iter().filter_map(|place| place.key()).collect();
        let mut spans = Self { batch, rows, places, arrays: AHashMap::new() };
        if all_attributes || !wanted.is_empty() {
            spans.read_arrays(|key| all_attributes || wanted.contains(&key));
        }
        spans
    }

    /// The same for other rows of the same batch.
    pub(crate) fn set_rows(&mut self, rows: &[u32]) {
        self.rows.clear();
        self.rows.extend_from_slice(rows);
    }

    fn read_arrays(&mut self, wanted: impl Fn(StringId) -> bool) {
        let attributes = &self.batch.attributes;
        for (key, value) in attributes.keys.iter().zip(&attributes.values) {
            if let Stored::Other(blob) = value
                && wanted(*key)
                && let Some(array) = array_of(any_value_of(self.batch, *value))
            {
                self.arrays.insert(*blob, array);
            }
        }
    }

    /// Where the values of each field are.
    pub(super) fn places(&self) -> &[Place] {
        &self.places
    }

    pub(crate) fn row(&self, span: usize) -> &'a SpanRow {
        &self.batch.rows[self.rows[span] as usize]
    }

    fn find(&self, run: Run, key: StringId) -> Value<'_> {
        let found = self.batch.attributes.of(run).find(|(known, _)| *known == key);
        found.map_or(Value::Nil, |(_, value)| self.convert(value))
    }

    fn convert(&self, value: Stored) -> Value<'_> {
        match value {
            Stored::Empty => Value::Nil,
            Stored::String(id) => Value::Str(self.batch.text(id)),
            Stored::Int(number) => Value::Int(number),
            Stored::Double(number) => Value::Float(number),
            Stored::Bool(value) => Value::Bool(value),
            Stored::Other(blob) => self.arrays.get(&blob).map_or(Value::Nil, Value::Array),
        }
    }

    fn service(&self, row: &SpanRow, key: Option<StringId>, any: bool) -> Value<'_> {
        let Some(key) = key else { return Value::Str("") };
        let own = if any { self.find(row.attributes, key) } else { Value::Nil };
        let value = if own.is_nil() { self.find(self.batch.resource(row).attributes, key) } else { own };
        match value {
            Value::Nil => Value::Str(""),
            Value::Str(_) => value,
            _ if any => value,
            _ => Value::Str(""),
        }
    }

    fn intrinsic(&self, row: &SpanRow, intrinsic: Intrinsic) -> Value<'_> {
        let text = |id| Value::Str(self.batch.text(id));
        match intrinsic {
            Intrinsic::Name => text(row.name),
            Intrinsic::Status => Value::Status(Status::from_otlp(row.status)),
            Intrinsic::StatusMessage => text(row.status_message),
            Intrinsic::Kind => Value::Kind(Kind::from_otlp(row.kind)),
            Intrinsic::InstrumentationName => text(self.batch.scope(row).name),
            Intrinsic::InstrumentationVersion => text(self.batch.scope(row).version),
            _ => Value::Nil,
        }
    }
}

/// Lists of scalars of one type; other values are unknown to TraceQL.
fn array_of(value: AnyValue) -> Option<Array> {
    let Some(any_value::Value::ArrayValue(list)) = value.value else { return None };
    let values: Vec<any_value::Value> =
        list.values.into_iter().map(|value| value.value).collect::<Option<_>>()?;
    Some(match values.first()? {
        any_value::Value::StringValue(_) => Array::Strings(each(values, |value| {
            if let any_value::Value::StringValue(text) = value { Some(text.into()) } else { None }
        })?),
        any_value::Value::IntValue(_) => Array::Ints(each(values, |value| {
            if let any_value::Value::IntValue(number) = value { Some(number) } else { None }
        })?),
        any_value::Value::DoubleValue(_) => Array::Floats(each(values, |value| {
            if let any_value::Value::DoubleValue(number) = value { Some(number) } else { None }
        })?),
        any_value::Value::BoolValue(_) => Array::Bools(each(values, |value| {
            if let any_value::Value::BoolValue(value) = value { Some(value) } else { None }
        })?),
        _ => return None,
    })
}

fn each<T>(values: Vec<any_value::Value>, pick: impl Fn(any_value::Value) -> Option<T>) -> Option<Vec<T>> {
    values.into_iter().map(pick).collect()
}

impl Spans for BatchSpans<'_> {
    fn len(&self) -> usize {
        self.rows.len()
    }

    fn start(&self, span: usize) -> i64 {
        self.row(span).start
    }

    fn duration(&self, span: usize) -> i64 {
        let row = self.row(span);
        row.clamped_end().saturating_sub(row.start)
    }

    fn trace_id(&self, span: usize) -> &[u8] {
        &self.row(span).trace_id.0
    }

    fn span_id(&self, span: usize) -> &[u8] {
        &self.row(span).span_id.0
    }

    fn parent_id(&self, span: usize) -> &[u8] {
        &self.row(span).parent_span_id.0
    }

    fn value(&self, field: usize, span: usize) -> Value<'_> {
        let row = self.row(span);
        match self.places[field] {
            Place::Span(key) => self.find(row.attributes, key),
            Place::Resource(key) => self.find(self.batch.resource(row).attributes, key),
            Place::Any(key) => match self.find(row.attributes, key) {
                Value::Nil => self.find(self.batch.resource(row).attributes, key),
                value => value,
            },
            Place::Service { key, any } => self.service(row, key, any),
            Place::Instrumentation(key) => self.find(self.batch.scope(row).attributes, key),
            Place::Intrinsic(intrinsic) => self.intrinsic(row, intrinsic),
            Place::Nowhere | Place::Event(_) | Place::Link(_) => Value::Nil,
        }
    }

    fn trace_state(&self, span: usize) -> &str {
        self.batch.text(self.row(span).trace_state)
    }

    fn events(&self, span: usize) -> usize {
        self.row(span).events.len as usize
    }

    fn event_value(&self, field: usize, span: usize, event: usize) -> Value<'_> {
        let row = self.row(span);
        let Some(event) = self.batch.events[row.events.range()].get(event) else { return Value::Nil };
        match self.places[field] {
            Place::Event(key) => self.find(event.attributes, key),
            Place::Intrinsic(Intrinsic::EventName) => Value::Str(self.batch.text(event.name)),
            Place::Intrinsic(Intrinsic::EventTimeSinceStart) => {
                Value::Duration(event.time.cast_signed().saturating_sub(row.start))
            }
            _ => Value::Nil,
        }
    }

    fn links(&self, span: usize) -> usize {
        self.row(span).links.len as usize
    }

    fn link_value(&self, field: usize, span: usize, link: usize) -> Value<'_> {
        let Some(link) = self.batch.links[self.row(span).links.range()].get(link) else { return Value::Nil };
        match self.places[field] {
            Place::Link(key) => self.find(link.attributes, key),
            Place::Intrinsic(Intrinsic::LinkTraceId) => Value::Id(self.batch.blobs.get(link.trace_id)),
            Place::Intrinsic(Intrinsic::LinkSpanId) => match self.batch.blobs.get(link.span_id) {
                [] => Value::Id(&[0; 8]),
                id => Value::Id(id),
            },
            _ => Value::Nil,
        }
    }

    fn for_each_attribute(&self, span: usize, visit: &mut dyn FnMut(Scope, &str, Value<'_>)) {
        let row = self.row(span);
        let resource = self.batch.resource(row);
        let mut each = |scope: Scope, run: Run| {
            for (key, value) in self.batch.attributes.of(run) {
                let key = self.batch.text(key);
                if key != SERVICE_NAME || scope != Scope::Resource {
                    visit(scope, key, self.convert(value));
                }
            }
        };
        each(Scope::Span, row.attributes);
        each(Scope::Resource, resource.attributes);
        each(Scope::Instrumentation, self.batch.scope(row).attributes);
        visit(Scope::Resource, SERVICE_NAME, Value::Str(self.batch.text(resource.service_name)));
    }
}

/// One trace.
pub(crate) struct BatchTrace<'a> {
    pub spans: BatchSpans<'a>,
    pub root_name: &'a str,
    pub root_service: &'a str,
}

impl Spans for BatchTrace<'_> {
    fn len(&self) -> usize {
        self.spans.len()
    }
    fn start(&self, span: usize) -> i64 {
        self.spans.start(span)
    }
    fn duration(&self, span: usize) -> i64 {
        self.spans.duration(span)
    }
    fn trace_id(&self, span: usize) -> &[u8] {
        self.spans.trace_id(span)
    }
    fn span_id(&self, span: usize) -> &[u8] {
        self.spans.span_id(span)
    }
    fn parent_id(&self, span: usize) -> &[u8] {
        self.spans.parent_id(span)
    }
    fn value(&self, field: usize, span: usize) -> Value<'_> {
        self.spans.value(field, span)
    }
    fn trace_state(&self, span: usize) -> &str {
        self.spans.trace_state(span)
    }
    fn events(&self, span: usize) -> usize {
        self.spans.events(span)
    }
    fn event_value(&self, field: usize, span: usize, event: usize) -> Value<'_> {
        self.spans.event_value(field, span, event)
    }
    fn links(&self, span: usize) -> usize {
        self.spans.links(span)
    }
    fn link_value(&self, field: usize, span: usize, link: usize) -> Value<'_> {
        self.spans.link_value(field, span, link)
    }
    fn for_each_attribute(&self, span: usize, visit: &mut dyn FnMut(Scope, &str, Value<'_>)) {
        self.spans.for_each_attribute(span, visit);
    }
}

impl Trace for BatchTrace<'_> {
    fn is_server(&self, span: usize) -> bool {
        Kind::from_otlp(self.spans.row(span).kind) == Kind::Server
    }

    fn is_root(&self, span: usize) -> bool {
        is_root(self.spans.batch, self.spans.row(span))
    }

    fn root_name(&self) -> &str {
        self.root_name
    }

    fn root_service(&self) -> &str {
        self.root_service
    }
}
