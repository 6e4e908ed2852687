//! Log lines: one JSON object a line on stdout, with the ids of the current span and what its request is about.

use std::fmt;
use std::io::Write as _;
use std::sync::OnceLock;

use jiff::Timestamp;
use opentelemetry::trace::TraceContextExt as _;
use serde_json::{Map, Value};
use tracing::dispatcher::WeakDispatch;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Dispatch, Event, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Filter};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{EnvFilter, Layer};

/// Fields of spans that all lines inside of them repeat.
const INHERITED: [&str; 4] = ["request_id", "session_id", "synthetic", "user_id"];

/// Lets all spans through and events as the filter inside says: a line needs its span's ids at any level.
pub(super) struct EventsBy(pub(super) EnvFilter);

impl<S: Subscriber> Filter<S> for EventsBy {
    fn enabled(&self, metadata: &Metadata<'_>, context: &Context<'_, S>) -> bool {
        metadata.is_span() || Filter::enabled(&self.0, metadata, context)
    }

    fn callsite_enabled(&self, metadata: &'static Metadata<'static>) -> Interest {
        if metadata.is_span() { Interest::always() } else { Filter::<S>::callsite_enabled(&self.0, metadata) }
    }
}

/// Where lines go, each with its end.
pub(super) type LineSink = Box<dyn Fn(&str) + Send + Sync>;

/// The usual place. A closed stdout must not stop a service.
pub(super) fn write_to_stdout(line: &str) {
    drop(std::io::stdout().lock().write_all(line.as_bytes()));
}

/// Writes the lines.
pub(super) struct LineLayer {
    service: String,
    sink: LineSink,
    dispatch: OnceLock<WeakDispatch>,
}

impl LineLayer {
    pub(super) fn new(service: &str, sink: LineSink) -> Self {
        Self { service: service.to_owned(), sink, dispatch: OnceLock::new() }
    }

    fn line<S>(&self, event: &Event<'_>, context: &Context<'_, S>) -> String
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        let mut fields = Map::new();
        fields.insert("timestamp".to_owned(), format!("{:.6}", Timestamp::now()).into());
        let level = event.metadata().level().as_str().to_ascii_lowercase();
        fields.insert("level".to_owned(), level.into());
        fields.insert("service".to_owned(), self.service.as_str().into());
        if let Some(span) = context.event_span(event) {
            self.put_ids(&mut fields, &span.id());
            for ancestor in span.scope().from_root() {
                if let Some(inherited) = ancestor.extensions().get::<Inherited>() {
                    for (name, value) in &inherited.0 {
                        fields.insert((*name).to_owned(), value.clone());
                    }
                }
            }
        }
        event.record(&mut Fields(&mut fields));
        let mut line = Value::Object(fields).to_string();
        line.push('\n');
        line
    }

    fn put_ids(&self, fields: &mut Map<String, Value>, id: &Id) {
        let dispatch = self.dispatch.get().and_then(WeakDispatch::upgrade);
        let context = dispatch.and_then(|dispatch| tracing_opentelemetry::get_otel_context(id, &dispatch));
        if let Some(context) = context {
            let span = context.span();
            let span_context = span.span_context();
            if span_context.is_valid() {
                fields.insert("trace_id".to_owned(), span_context.trace_id().to_string().into());
                fields.insert("span_id".to_owned(), span_context.span_id().to_string().into());
            }
        }
    }
}

impl<S> Layer<S> for LineLayer
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn on_register_dispatch(&self, dispatch: &Dispatch) {
        // Set once: a layer belongs to one subscriber.
        drop(self.dispatch.set(dispatch.downgrade()));
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut inherited = Inherited(Vec::new());
        attributes.record(&mut inherited);
        if let (false, Some(span)) = (inherited.0.is_empty(), context.span(id)) {
            span.extensions_mut().insert(inherited);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let mut recorded = Inherited(Vec::new());
        values.record(&mut recorded);
        let Some(span) = context.span(id).filter(|_| !recorded.0.is_empty()) else {
            return;
        };
        let mut extensions = span.extensions_mut();
        match extensions.get_mut::<Inherited>() {
            Some(inherited) => inherited.0.extend(recorded.0),
            None => extensions.insert(recorded),
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        (self.sink)(&self.line(event, &context));
    }
}

/// What a span passes on to the lines inside of it.
struct Inherited(Vec<(&'static str, Value)>);

/// Receives field values in their JSON form.
trait Sink {
    fn put(&mut self, field: &Field, value: Value);
}

impl Sink for Inherited {
    fn put(&mut self, field: &Field, value: Value) {
        if let Some(name) = INHERITED.iter().find(|name| **name == field.name()) {
            self.0.push((name, value));
        }
    }
}

struct Fields<'a>(&'a mut Map<String, Value>);

impl Sink for Fields<'_> {
    fn put(&mut self, field: &Field, value: Value) {
        self.0.insert(field.name().to_owned(), value);
    }
}

macro_rules! visit {
    ($($type:ty),+) => {$(
        impl Visit for $type {
            fn record_str(&mut self, field: &Field, value: &str) {
                self.put(field, Value::from(value));
            }
            fn record_i64(&mut self, field: &Field, value: i64) {
                self.put(field, Value::from(value));
            }
            fn record_u64(&mut self, field: &Field, value: u64) {
                self.put(field, Value::from(value));
            }
            fn record_f64(&mut self, field: &Field, value: f64) {
                self.put(field, Value::from(value));
            }
            fn record_bool(&mut self, field: &Field, value: bool) {
                self.put(field, Value::from(value));
            }
            fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
                self.put(field, Value::from(format!("{value:?}")));
            }
        }
    )+};
}

visit!(Inherited, Fields<'_>);
