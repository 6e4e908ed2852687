//! Log lines of our own processes: one JSON object a line on stdout, fields at the top level.

use std::fmt;
use std::io::Write as _;
use std::sync::OnceLock;

use jiff::Timestamp;
use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer, Registry, reload};

/// Installs JSON logging for a platform component. `RUST_LOG` sets the levels (default `info`).
pub fn init_logging(service: &str) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let (filter, handle) = reload::Layer::new(filter);
    // A second initialisation (tests start several components in one process) keeps the first.
    if tracing_subscriber::registry().with(filter).with(json_layer(service)).try_init().is_ok() {
        drop(FILTER.set(handle));
    }
}

/// The filter in force, when [`init_logging`] has installed it.
static FILTER: OnceLock<reload::Handle<EnvFilter, Registry>> = OnceLock::new();

/// Why the level cannot be changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LogLevelError {
    #[error("unrecognized log level {0:?}: expected debug, info, warn or error")]
    Unknown(String),
    #[error("the logging of this process cannot be changed")]
    Fixed,
}

/// The most detailed level that is logged.
pub fn log_level() -> String {
    let level = FILTER.get().and_then(|filter| filter.with_current(EnvFilter::max_level_hint).ok().flatten());
    level.unwrap_or(LevelFilter::INFO).to_string()
}

/// Logs everything of this level and above from now on.
pub fn set_log_level(level: &str) -> Result<(), LogLevelError> {
    if !["debug", "info", "warn", "error"].contains(&level) {
        return Err(LogLevelError::Unknown(level.to_owned()));
    }
    let filter = FILTER.get().ok_or(LogLevelError::Fixed)?;
    filter.reload(EnvFilter::new(level)).map_err(|_| LogLevelError::Fixed)
}

/// The layer behind [`init_logging`], for processes that add layers of their own.
pub fn json_layer<S: Subscriber>(service: &str) -> impl Layer<S> + use<S> {
    JsonLayer { service: service.to_owned() }
}

struct JsonLayer {
    service: String,
}

impl<S: Subscriber> Layer<S> for JsonLayer {
    fn on_event(&self, event: &Event<'_>, _context: Context<'_, S>) {
        let mut fields = Fields(Map::new());
        fields.0.insert("timestamp".to_owned(), Value::from(format!("{:.6}", Timestamp::now())));
        let level = event.metadata().level().as_str().to_ascii_lowercase();
        fields.0.insert("level".to_owned(), Value::from(level));
        fields.0.insert("service".to_owned(), Value::from(self.service.as_str()));
        event.record(&mut fields);
        let mut line = Value::Object(fields.0).to_string();
        line.push('\n');
        // A closed stdout must not stop the component.
        drop(std::io::stdout().lock().write_all(line.as_bytes()));
    }
}

struct Fields(Map<String, Value>);

impl Fields {
    fn put(&mut self, field: &Field, value: Value) {
        self.0.insert(field.name().to_owned(), value);
    }
}

impl Visit for Fields {
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
    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        let mut text = value.to_string();
        let mut source = value.source();
        while let Some(cause) = source {
            text.push_str(": ");
            text.push_str(&cause.to_string());
            source = cause.source();
        }
        self.put(field, Value::from(text));
    }
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field, Value::from(format!("{value:?}")));
    }
}
