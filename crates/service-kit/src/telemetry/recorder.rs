//! Telemetry of tests: spans and lines are kept to be looked at.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use opentelemetry::Context;
use opentelemetry::propagation::TextMapCompositePropagator;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::propagation::{BaggagePropagator, TraceContextPropagator};
use opentelemetry_sdk::trace::{SdkTracerProvider, Span, SpanData, SpanProcessor};
use parking_lot::Mutex;
use serde_json::Value;
use tracing::Subscriber;
use tracing::subscriber::DefaultGuard;

/// How long a span that must come is waited for.
const PATIENCE: Duration = Duration::from_secs(20);

/// What was recorded since the start.
#[derive(Debug)]
pub struct Recorder {
    spans: Kept<SpanData>,
    lines: Kept<String>,
    _provider: SdkTracerProvider,
    _guard: Option<DefaultGuard>,
}

type Kept<T> = Arc<Mutex<Vec<T>>>;

impl Recorder {
    /// Records what the current thread does.
    pub fn start() -> Self {
        let (mut recorder, subscriber) = Self::prepare();
        recorder._guard = Some(tracing::subscriber::set_default(subscriber));
        recorder
    }

    /// Records what the whole process does, for services with threads of their own. All tests of a process share it.
    pub fn of_process() -> &'static Self {
        static RECORDER: OnceLock<Recorder> = OnceLock::new();
        RECORDER.get_or_init(|| {
            let (recorder, subscriber) = Self::prepare();
            let installed = tracing::subscriber::set_global_default(subscriber);
            assert!(installed.is_ok(), "something records this process already");
            recorder
        })
    }

    // Not in a box: that would not tell the layers which subscriber they belong to.
    fn prepare() -> (Self, impl Subscriber + Send + Sync) {
        let (spans, lines) = (Kept::default(), Kept::default());
        let provider = SdkTracerProvider::builder().with_span_processor(Keep(Arc::clone(&spans))).build();
        opentelemetry::global::set_text_map_propagator(TextMapCompositePropagator::new(vec![
            Box::new(TraceContextPropagator::new()),
            Box::new(BaggagePropagator::new()),
        ]));
        let sink = Arc::clone(&lines);
        let sink = Box::new(move |line: &str| sink.lock().push(line.to_owned()));
        let subscriber = super::subscriber(&provider, "test-service", sink);
        (Self { spans, lines, _provider: provider, _guard: None }, subscriber)
    }

    /// Finished spans, the earliest ended first.
    pub fn spans(&self) -> Vec<SpanData> {
        self.spans.lock().clone()
    }

    /// Finished spans with this name.
    pub fn spans_named(&self, name: &str) -> Vec<SpanData> {
        self.spans.lock().iter().filter(|span| span.name == name).cloned().collect()
    }

    /// The only finished span with this name.
    #[track_caller]
    pub fn span(&self, name: &str) -> SpanData {
        let found = self.spans_named(name);
        let names: Vec<_> = self.spans.lock().iter().map(|span| span.name.clone()).collect();
        assert_eq!(found.len(), 1, "spans {name} among {names:?}");
        found[0].clone()
    }

    /// The first span that `wanted` accepts, once it has ended: that may be a moment after its request was answered.
    #[track_caller]
    pub fn ended<'a>(
        &'a self,
        what: &'a str,
        wanted: impl Fn(&SpanData) -> bool + 'a,
    ) -> impl Future<Output = SpanData> + 'a {
        let caller = std::panic::Location::caller();
        async move {
            let started = Instant::now();
            loop {
                let found = self.spans.lock().iter().find(|span| wanted(span)).cloned();
                if let Some(span) = found {
                    return span;
                }
                assert!(started.elapsed() < PATIENCE, "{caller}: no span: {what}");
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
    }

    /// Lines with this event.
    pub fn lines(&self, event: &str) -> Vec<Value> {
        let lines = self.lines.lock();
        let lines = lines.iter().map(|line| serde_json::from_str::<Value>(line).unwrap_or_default());
        lines.filter(|line| line["event"] == event).collect()
    }

    /// All lines.
    pub fn text(&self) -> String {
        self.lines.lock().concat()
    }
}

/// An attribute as text; empty when it is missing.
pub fn attribute(span: &SpanData, name: &str) -> String {
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
