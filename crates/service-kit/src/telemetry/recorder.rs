//! Telemetry of tests: spans and lines are kept to be looked at.

use std::sync::Arc;
use std::time::Duration;

use opentelemetry::Context;
use opentelemetry::propagation::TextMapCompositePropagator;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::propagation::{BaggagePropagator, TraceContextPropagator};
use opentelemetry_sdk::trace::{SdkTracerProvider, Span, SpanData, SpanProcessor};
use parking_lot::Mutex;
use serde_json::Value;
use tracing::subscriber::DefaultGuard;

/// What was recorded since the start, on the current thread.
pub(crate) struct Recorder {
    spans: Kept<SpanData>,
    lines: Kept<String>,
    _provider: SdkTracerProvider,
    _guard: DefaultGuard,
}

type Kept<T> = Arc<Mutex<Vec<T>>>;

impl Recorder {
    /// Records what the current thread does.
    pub(crate) fn start() -> Self {
        let (spans, lines) = (Kept::default(), Kept::default());
        let provider = SdkTracerProvider::builder().with_span_processor(Keep(Arc::clone(&spans))).build();
        opentelemetry::global::set_text_map_propagator(TextMapCompositePropagator::new(vec![
            Box::new(TraceContextPropagator::new()),
            Box::new(BaggagePropagator::new()),
        ]));
        let sink = Arc::clone(&lines);
        let sink = Box::new(move |line: &str| sink.lock().push(line.to_owned()));
        let subscriber = super::subscriber(&provider, "test-service", sink);
        let guard = tracing::subscriber::set_default(subscriber);
        Self { spans, lines, _provider: provider, _guard: guard }
    }

    /// Finished spans, the earliest ended first.
    pub(crate) fn spans(&self) -> Vec<SpanData> {
        self.spans.lock().clone()
    }

    /// The only finished span with this name.
    pub(crate) fn span(&self, name: &str) -> SpanData {
        let spans = self.spans();
        let mut found = spans.iter().filter(|span| span.name == name);
        let names: Vec<_> = spans.iter().map(|span| span.name.as_ref()).collect();
        let span = found.next().unwrap_or_else(|| panic!("no span {name} among {names:?}"));
        assert!(found.next().is_none(), "several spans {name} among {names:?}");
        span.clone()
    }

    /// Lines with this event.
    pub(crate) fn lines(&self, event: &str) -> Vec<Value> {
        let lines = self.lines.lock();
        let lines = lines.iter().map(|line| serde_json::from_str::<Value>(line).unwrap());
        lines.filter(|line| line["event"] == event).collect()
    }
}

/// An attribute as text; empty when it is missing.
pub(crate) fn attribute(span: &SpanData, name: &str) -> String {
    let found = span.attributes.iter().find(|attribute| attribute.key.as_str() == name);
    found.map(|attribute| attribute.value.to_string()).unwrap_or_default()
}

#[derive(Debug)]
struct Keep(Kept<SpanData>);

impl SpanProcessor for Keep {
    fn on_start(&self, _span: &mut Span, _context: &Context) {}
    fn on_end(&self, span: SpanData) {
        self.0.lock().push(span);
    }
    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }
    fn shutdown_with_timeout(&self, _timeout: Duration) -> OTelSdkResult {
        Ok(())
    }
}
