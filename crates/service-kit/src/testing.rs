//! For the tests of services: what a service has told, to be looked at.

pub use opentelemetry_sdk::trace::SpanData;

pub use crate::telemetry::recorder::{Recorder, attribute};

/// Whether the span is one of the trace whose id an answer's `X-Trace-Id` names.
pub fn is_of(span: &SpanData, headers: &http::HeaderMap) -> bool {
    let id = headers.get("x-trace-id").and_then(|id| id.to_str().ok());
    id.is_some_and(|id| span.span_context.trace_id().to_string() == id)
}

/// How long the span took.
pub fn took(span: &SpanData) -> std::time::Duration {
    span.end_time.duration_since(span.start_time).unwrap_or_default()
}
