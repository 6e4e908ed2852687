//! Columns drawn from rows in memory.

use traceql::{Column, ColumnSpans, Field, Intrinsic, Kind, Scope, Spans, Status, Value};

use crate::batch::{SpanBatch, SpanRow};
use crate::query::traceql::BatchSpans;
use crate::query::traceql::fields::Place;

/// All rows of a batch.
pub(crate) struct BatchColumns<'a> {
    spans: BatchSpans<'a>,
    starts: Vec<i64>,
    durations: Vec<i64>,
    columns: Vec<Drawn>,
}

enum Drawn {
    Same,
    Codes { codes: Vec<u32>, count: usize },
    Mixed,
}

impl<'a> BatchColumns<'a> {
    pub(crate) fn new(batch: &'a SpanBatch, fields: &[Field]) -> Self {
        let spans = BatchSpans::of_batch(batch, fields);
        let columns = spans.places().iter().map(|place| drawn(batch, *place)).collect();
        let is_timed = fields.contains(&Field::Intrinsic(Intrinsic::Duration));
        let duration = |row: &SpanRow| row.clamped_end().saturating_sub(row.start);
        Self {
            starts: batch.rows.iter().map(|row| row.start).collect(),
            durations: if is_timed { batch.rows.iter().map(duration).collect() } else { Vec::new() },
            columns,
            spans,
        }
    }

    /// The same row by row.
    pub(crate) fn spans(&self) -> &BatchSpans<'a> {
        &self.spans
    }
}

fn drawn(batch: &SpanBatch, place: Place) -> Drawn {
    let of = |count: usize, code: &dyn Fn(&SpanRow) -> u32| Drawn::Codes {
        codes: batch.rows.iter().map(code).collect(),
        count,
    };
    match place {
        Place::Nowhere => Drawn::Same,
        Place::Resource(_) | Place::Service { any: false, .. } => {
            of(batch.resources.len(), &|row| row.resource)
        }
        Place::Instrumentation(_)
        | Place::Intrinsic(Intrinsic::InstrumentationName | Intrinsic::InstrumentationVersion) => {
            of(batch.scopes.len(), &|row| row.scope)
        }
        Place::Intrinsic(Intrinsic::Status) => of(3, &|row| Status::from_otlp(row.status) as u32),
        Place::Intrinsic(Intrinsic::Kind) => of(Kind::ALL.len(), &|row| Kind::from_otlp(row.kind) as u32),
        Place::Intrinsic(Intrinsic::Name) => dense(batch, |row| row.name.0),
        Place::Intrinsic(Intrinsic::StatusMessage) => dense(batch, |row| row.status_message.0),
        Place::Span(_)
        | Place::Any(_)
        | Place::Service { any: true, .. }
        | Place::Event(_)
        | Place::Link(_)
        | Place::Intrinsic(_) => Drawn::Mixed,
    }
}

/// Numbers the texts that occur: a batch has many more.
fn dense(batch: &SpanBatch, text: impl Fn(&SpanRow) -> u32) -> Drawn {
    let mut known: Vec<Option<u32>> = vec![None; batch.strings.len()];
    let mut count = 0;
    let codes = batch.rows.iter().map(|row| {
        *known[text(row) as usize].get_or_insert_with(|| {
            count += 1;
            count - 1
        })
    });
    let codes = codes.collect();
    Drawn::Codes { codes, count: count as usize }
}

impl Spans for BatchColumns<'_> {
    fn len(&self) -> usize {
        self.starts.len()
    }
    fn start(&self, span: usize) -> i64 {
        self.starts[span]
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

impl ColumnSpans for BatchColumns<'_> {
    fn starts(&self) -> &[i64] {
        &self.starts
    }

    fn durations(&self) -> &[i64] {
        &self.durations
    }

    fn column(&self, field: usize) -> Column<'_> {
        match &self.columns[field] {
            Drawn::Same => Column::Same,
            Drawn::Codes { codes, count } => Column::Codes { codes, count: *count },
            Drawn::Mixed => Column::Mixed,
        }
    }
}
