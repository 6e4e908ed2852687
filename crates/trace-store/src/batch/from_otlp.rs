//! An export request becomes a batch.
//!
//! The only place that knows how requests are decoded. Limits were applied before: see `ingest::limits`.

use model::{SpanId, TraceId};
use protocols::otlp::{ExportTraceServiceRequest, Span, span};

use super::{BatchBuilder, EventRow, LinkRow, Run, SpanBatch, SpanRow};

/// The rows of a request. Spans whose ids have the wrong length are left out.
pub(crate) fn batch_of(request: ExportTraceServiceRequest) -> SpanBatch {
    let mut builder = BatchBuilder::default();
    for mut resource_spans in request.resource_spans {
        let scopes = std::mem::take(&mut resource_spans.scope_spans);
        if scopes.iter().all(|scope| scope.spans.is_empty()) {
            continue;
        }
        let resource = builder.resource(&resource_spans);
        for mut scope_spans in scopes {
            let spans = std::mem::take(&mut scope_spans.spans);
            if spans.is_empty() {
                continue;
            }
            let scope = builder.scope(&scope_spans);
            for span in &spans {
                push(&mut builder, resource, scope, span);
            }
        }
    }
    builder.finish_compact()
}

fn push(builder: &mut BatchBuilder, resource: u32, scope: u32, span: &Span) {
    let (Some(trace_id), Some(span_id)) =
        (TraceId::from_slice(&span.trace_id), SpanId::from_slice(&span.span_id))
    else {
        return;
    };
    let (status, status_message) = match &span.status {
        Some(status) => (status.code, builder.text(&status.message)),
        None => Default::default(),
    };
    let row = SpanRow {
        trace_id,
        span_id,
        parent_span_id: SpanId::from_slice(&span.parent_span_id).unwrap_or_default(),
        start: span.start_time_unix_nano.cast_signed(),
        end: span.end_time_unix_nano.cast_signed(),
        name: builder.text(&span.name),
        trace_state: builder.text(&span.trace_state),
        status_message,
        kind: span.kind,
        status,
        flags: span.flags,
        resource,
        scope,
        attributes: builder.attributes(&span.attributes),
        events: events(builder, &span.events),
        links: links(builder, &span.links),
        dropped_attributes: span.dropped_attributes_count,
        dropped_events: span.dropped_events_count,
        dropped_links: span.dropped_links_count,
    };
    builder.push(row);
}

fn events(builder: &mut BatchBuilder, events: &[span::Event]) -> Run {
    let start = builder.batch.events.len() as u32;
    for event in events {
        let row = EventRow {
            time: event.time_unix_nano,
            name: builder.text(&event.name),
            attributes: builder.attributes(&event.attributes),
            dropped_attributes: event.dropped_attributes_count,
        };
        builder.batch.events.push(row);
    }
    Run { start, len: events.len() as u32 }
}

fn links(builder: &mut BatchBuilder, links: &[span::Link]) -> Run {
    let start = builder.batch.links.len() as u32;
    for link in links {
        let row = LinkRow {
            trace_id: builder.blob(&link.trace_id),
            span_id: builder.blob(&link.span_id),
            trace_state: builder.text(&link.trace_state),
            attributes: builder.attributes(&link.attributes),
            dropped_attributes: link.dropped_attributes_count,
            flags: link.flags,
        };
        builder.batch.links.push(row);
    }
    Run { start, len: links.len() as u32 }
}
