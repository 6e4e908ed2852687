//! What a request may contain.
//!
//! Ids of a wrong length make the whole request invalid, as in Tempo. Oversized parts are cut and counted, and what is
//! refused is told to the client as a partial success: nothing vanishes silently.

use protocols::otlp::{ExportTraceServiceRequest, KeyValue, Span, any_value};

use super::IngestError;
use super::rate::Rate;

/// Bounds of requests, spans and attributes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct IngestLimits {
    /// Largest gRPC message, after decompression.
    pub grpc_request_bytes: usize,
    /// Largest HTTP body, before and after decompression.
    pub http_request_bytes: usize,
    /// Keys and text values are cut to this many bytes.
    pub attribute_bytes: usize,
    /// Attributes of a resource, scope, span, event or link beyond this are dropped.
    pub attributes: usize,
    /// Events, and links, of a span beyond this are dropped.
    pub events: usize,
    /// How much may come; any amount without one.
    pub rate: Option<Rate>,
}

impl Default for IngestLimits {
    fn default() -> Self {
        Self {
            grpc_request_bytes: 16 << 20,
            http_request_bytes: 20 << 20,
            attribute_bytes: 2048,
            attributes: 1024,
            events: 1024,
            rate: None,
        }
    }
}

/// What the limits changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Applied {
    /// Spans left out because their times cannot be represented.
    pub rejected: u64,
    /// Keys and values that were cut.
    pub truncated: u64,
    /// Attributes, events and links left out.
    pub dropped: u64,
}

impl Applied {
    pub(crate) fn changed(&self) -> bool {
        *self != Self::default()
    }

    /// What to tell the client.
    pub(crate) fn message(&self) -> Option<String> {
        let mut parts = Vec::new();
        if self.rejected > 0 {
            parts.push(format!("{} spans refused: a time lies beyond the year 2262", self.rejected));
        }
        if self.truncated > 0 {
            parts.push(format!("{} attribute keys or values were too long and were cut", self.truncated));
        }
        if self.dropped > 0 {
            parts.push(format!("{} attributes, events or links beyond the limit were dropped", self.dropped));
        }
        (!parts.is_empty()).then(|| parts.join("; "))
    }
}

/// Checks ids and cuts what is too much.
pub(crate) fn apply(
    request: &mut ExportTraceServiceRequest,
    limits: &IngestLimits,
) -> Result<Applied, IngestError> {
    let mut applied = Applied::default();
    for resource_spans in &mut request.resource_spans {
        if let Some(resource) = &mut resource_spans.resource {
            let dropped = &mut resource.dropped_attributes_count;
            cut_attributes(&mut resource.attributes, dropped, limits, &mut applied);
        }
        for scope_spans in &mut resource_spans.scope_spans {
            if let Some(scope) = &mut scope_spans.scope {
                let dropped = &mut scope.dropped_attributes_count;
                cut_attributes(&mut scope.attributes, dropped, limits, &mut applied);
            }
            for span in &scope_spans.spans {
                check_ids(span)?;
            }
            let before = scope_spans.spans.len();
            scope_spans.spans.retain(has_representable_times);
            applied.rejected += (before - scope_spans.spans.len()) as u64;
            for span in &mut scope_spans.spans {
                cut_span(span, limits, &mut applied);
            }
        }
    }
    Ok(applied)
}

fn check_ids(span: &Span) -> Result<(), IngestError> {
    if span.trace_id.len() != 16 {
        let bits = span.trace_id.len() * 8;
        return Err(IngestError::Invalid(format!("trace ids must be 128 bit, received {bits} bits")));
    }
    if span.span_id.len() != 8 {
        let bits = span.span_id.len() * 8;
        return Err(IngestError::Invalid(format!("span ids must be 64 bit, received {bits} bits")));
    }
    if span.span_id.iter().all(|byte| *byte == 0) {
        return Err(IngestError::Invalid("span ids must be 64 bit and not all zero".to_owned()));
    }
    if !matches!(span.parent_span_id.len(), 0 | 8) {
        let bits = span.parent_span_id.len() * 8;
        return Err(IngestError::Invalid(format!(
            "parent span ids must be empty or 64 bit, received {bits} bits"
        )));
    }
    Ok(())
}

/// Times are kept as signed nanoseconds.
fn has_representable_times(span: &Span) -> bool {
    i64::try_from(span.start_time_unix_nano).is_ok() && i64::try_from(span.end_time_unix_nano).is_ok()
}

fn cut_span(span: &mut Span, limits: &IngestLimits, applied: &mut Applied) {
    cut_attributes(&mut span.attributes, &mut span.dropped_attributes_count, limits, applied);
    cut_list(&mut span.events, &mut span.dropped_events_count, limits.events, applied);
    cut_list(&mut span.links, &mut span.dropped_links_count, limits.events, applied);
    for event in &mut span.events {
        cut_attributes(&mut event.attributes, &mut event.dropped_attributes_count, limits, applied);
    }
    for link in &mut span.links {
        cut_attributes(&mut link.attributes, &mut link.dropped_attributes_count, limits, applied);
    }
}

fn cut_list<T>(list: &mut Vec<T>, dropped: &mut u32, limit: usize, applied: &mut Applied) {
    let excess = list.len().saturating_sub(limit);
    if excess > 0 {
        list.truncate(limit);
        *dropped = dropped.saturating_add(u32::try_from(excess).unwrap_or(u32::MAX));
        applied.dropped += excess as u64;
    }
}

fn cut_attributes(list: &mut Vec<KeyValue>, dropped: &mut u32, limits: &IngestLimits, applied: &mut Applied) {
    cut_list(list, dropped, limits.attributes, applied);
    for pair in list {
        applied.truncated += u64::from(cut_text(&mut pair.key, limits.attribute_bytes));
        if let Some(any_value::Value::StringValue(text)) =
            pair.value.as_mut().and_then(|value| value.value.as_mut())
        {
            applied.truncated += u64::from(cut_text(text, limits.attribute_bytes));
        }
    }
}

/// Cuts at a character's boundary; tells whether it had to.
fn cut_text(text: &mut String, limit: usize) -> bool {
    if text.len() <= limit {
        return false;
    }
    text.truncate(text.floor_char_boundary(limit));
    true
}

#[cfg(test)]
mod tests;
