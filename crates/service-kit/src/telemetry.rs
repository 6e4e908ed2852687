//! Traces by OTLP and log lines on stdout.
//!
//! Invariant: telemetry never gets in the way. Spans wait in a bounded queue that drops when it is full; a dead or
//! hanging backend costs spans, one warning and one line when it is back, nothing else.

mod export;
mod logs;
mod panics;
pub(crate) mod recorder;
#[cfg(test)]
mod tests;

use std::time::Duration;

use opentelemetry::trace::{TraceContextExt as _, TracerProvider as _};
use opentelemetry::{KeyValue, propagation::TextMapCompositePropagator};
use opentelemetry_otlp::{SpanExporter, WithExportConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::{BaggagePropagator, TraceContextPropagator};
use opentelemetry_sdk::trace::{
    BatchConfigBuilder, BatchSpanProcessor, Sampler, SdkTracerProvider, TracerProviderBuilder,
};
use tracing::{Level, Metadata, Span, Subscriber};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_subscriber::filter::FilterFn;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _};

use export::{Discard, Watched};
use logs::{EventsBy, LineLayer, LineSink, write_to_stdout};

const DEFAULT_ENDPOINT: &str = "http://127.0.0.1:4317";
/// Spans that may wait; a few seconds of a busy shop.
const MAX_QUEUED_SPANS: usize = 4096;
/// How long ending a process waits for spans to be sent.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(2);

/// Who sends telemetry, and where to.
#[derive(Debug, Clone)]
pub struct TelemetryOptions {
    /// `service.name`, unless `SERVICE_NAME` says otherwise.
    pub service: String,
    /// `service.version`.
    pub version: String,
    /// The backend's gRPC address; `None` keeps spans at home (ids still appear in lines and answers).
    pub endpoint: Option<String>,
}

impl TelemetryOptions {
    /// What the environment says: `SERVICE_NAME`, `OTEL_SDK_DISABLED`, `OTEL_EXPORTER_OTLP_ENDPOINT`.
    pub fn from_env(service: &str, version: &str) -> Self {
        let read = |name: &str| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
        let disabled = read("OTEL_SDK_DISABLED").is_some_and(|value| value.eq_ignore_ascii_case("true"));
        let endpoint = read("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
            .or_else(|| read("OTEL_EXPORTER_OTLP_ENDPOINT"))
            .unwrap_or_else(|| DEFAULT_ENDPOINT.to_owned());
        Self {
            service: read("SERVICE_NAME").unwrap_or_else(|| service.to_owned()),
            version: version.to_owned(),
            endpoint: (!disabled).then_some(endpoint),
        }
    }
}

/// The process's telemetry; [`shutdown`](Self::shutdown) sends what is still queued.
#[derive(Debug)]
pub struct Telemetry {
    provider: SdkTracerProvider,
}

impl Telemetry {
    /// Installs log lines, spans and propagation for the process. Call it inside the tokio runtime. A second call
    /// (tests that run several services in one process) keeps what the first installed.
    pub fn init(options: &TelemetryOptions) -> anyhow::Result<Self> {
        let provider = provider(options)?;
        opentelemetry::global::set_text_map_propagator(TextMapCompositePropagator::new(vec![
            Box::new(TraceContextPropagator::new()),
            Box::new(BaggagePropagator::new()),
        ]));
        let subscriber = subscriber(&provider, &options.service, Box::new(write_to_stdout));
        if subscriber.try_init().is_ok() {
            panics::log_panics();
        }
        Ok(Self { provider })
    }

    /// Sends queued spans, at most for [`FLUSH_TIMEOUT`].
    pub async fn shutdown(self) {
        let provider = self.provider;
        let flush = tokio::task::spawn_blocking(move || provider.shutdown_with_timeout(FLUSH_TIMEOUT));
        // What could not be sent is lost, as said above; the process ends all the same.
        drop(tokio::time::timeout(FLUSH_TIMEOUT + Duration::from_millis(500), flush).await);
    }
}

/// Lines and spans put together; `sink` takes the finished lines.
fn subscriber(
    provider: &SdkTracerProvider,
    service: &str,
    sink: LineSink,
) -> impl Subscriber + Send + Sync + use<> {
    let lines = LineLayer::new(service, sink).with_filter(EventsBy(log_filter()));
    let spans = tracing_opentelemetry::layer()
        .with_tracer(provider.tracer("shop"))
        .with_location(false)
        .with_threads(false)
        .with_target(false)
        .with_tracked_inactivity(false)
        .with_filter(FilterFn::new(exported));
    tracing_subscriber::registry().with(spans).with(lines)
}

fn provider(options: &TelemetryOptions) -> anyhow::Result<SdkTracerProvider> {
    let builder = SdkTracerProvider::builder()
        .with_resource(resource(options))
        .with_sampler(Sampler::ParentBased(Box::new(Sampler::AlwaysOn)));
    Ok(with_processor(builder, options)?.build())
}

fn with_processor(
    builder: TracerProviderBuilder,
    options: &TelemetryOptions,
) -> anyhow::Result<TracerProviderBuilder> {
    let Some(endpoint) = &options.endpoint else {
        return Ok(builder.with_span_processor(Discard));
    };
    let exporter = SpanExporter::builder()
        .with_tonic()
        .with_endpoint(endpoint.as_str())
        .with_timeout(Duration::from_secs(3))
        .build()?;
    let config = BatchConfigBuilder::default()
        .with_max_queue_size(MAX_QUEUED_SPANS)
        .with_max_export_batch_size(512)
        .with_scheduled_delay(Duration::from_secs(1))
        .build();
    let processor =
        BatchSpanProcessor::builder(Watched::new(exporter, endpoint)).with_batch_config(config).build();
    Ok(builder.with_span_processor(processor))
}

fn resource(options: &TelemetryOptions) -> Resource {
    let environment = std::env::var("DEPLOYMENT_ENVIRONMENT").unwrap_or_else(|_| "lab".to_owned());
    Resource::builder()
        .with_service_name(options.service.clone())
        .with_attributes([
            KeyValue::new("service.version", options.version.clone()),
            KeyValue::new("service.namespace", "ecommerce"),
            KeyValue::new("service.instance.id", uuid::Uuid::new_v4().to_string()),
            KeyValue::new("deployment.environment.name", environment),
            KeyValue::new("process.pid", i64::from(std::process::id())),
        ])
        .build()
}

fn log_filter() -> EnvFilter {
    EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info,sqlx=warn,opentelemetry=off"))
}

/// Our own spans become OpenTelemetry spans, and errors events of theirs; what libraries trace stays out.
fn exported(metadata: &Metadata<'_>) -> bool {
    const LIBRARIES: [&str; 8] =
        ["h2", "hyper", "tonic", "tower", "reqwest", "sqlx", "opentelemetry", "axum"];
    let root = metadata.target().split("::").next().unwrap_or_default();
    if LIBRARIES.iter().any(|library| root.starts_with(library)) {
        return false;
    }
    *metadata.level() <= if metadata.is_span() { Level::INFO } else { Level::ERROR }
}

/// The current trace's id, 32 hexadecimal digits; empty outside of a trace.
pub fn current_trace_id() -> String {
    trace_id_of(&Span::current())
}

pub(crate) fn trace_id_of(span: &Span) -> String {
    let context = span.context();
    let span_context = context.span().span_context().clone();
    if span_context.is_valid() { span_context.trace_id().to_string() } else { String::new() }
}
