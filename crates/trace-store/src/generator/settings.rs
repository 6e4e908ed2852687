//! What the generator does, as the configuration says.

use std::sync::Arc;
use std::time::Duration;

use super::remote_write::Receiver;

/// Everything that holds for one store.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub spans: SpanSettings,
    pub graphs: GraphSettings,
    pub collection_interval: Duration,
    /// A series without new observations ends after this time.
    pub stale: Duration,
    pub max_active_series: usize,
    /// Spans that ended earlier or will end later than this from now do not count in span metrics.
    pub time_slack: Duration,
    pub trace_id_label: Arc<str>,
    pub history_bytes: usize,
    pub history_age: Duration,
    pub receivers: Vec<Receiver>,
    /// On top of all labels, in what is sent to receivers.
    pub external_labels: Vec<(String, String)>,
}

/// An attribute that becomes a label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Dimension {
    pub attribute: String,
    pub label: String,
}

#[derive(Debug, Clone)]
pub(crate) struct SpanSettings {
    pub calls: bool,
    pub latency: bool,
    pub size: bool,
    pub target_info: bool,
    /// `instance` among the labels.
    pub instance: bool,
    pub service: bool,
    pub span_name: bool,
    pub span_kind: bool,
    pub status_code: bool,
    pub status_message: bool,
    pub dimensions: Vec<Dimension>,
    pub buckets: Vec<f64>,
}

#[derive(Debug, Clone)]
pub(crate) struct GraphSettings {
    pub enabled: bool,
    /// How long an edge waits for its other side.
    pub wait: Duration,
    pub max_items: usize,
    pub dimensions: Vec<Dimension>,
    /// Labels of dimensions say whose they are.
    pub side_prefix: bool,
    pub virtual_node_label: bool,
    pub messaging_latency: bool,
    pub peer_attributes: Vec<String>,
    pub database_attributes: Vec<String>,
    pub buckets: Vec<f64>,
}

impl Settings {
    pub(crate) fn is_enabled(&self) -> bool {
        self.graphs.enabled || self.spans.is_enabled()
    }
}

impl SpanSettings {
    pub(crate) fn is_enabled(&self) -> bool {
        self.calls || self.latency || self.size
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            spans: SpanSettings {
                calls: false,
                latency: false,
                size: false,
                target_info: false,
                instance: false,
                service: true,
                span_name: true,
                span_kind: true,
                status_code: true,
                status_message: false,
                dimensions: Vec::new(),
                buckets: doubling(0.002, 14),
            },
            graphs: GraphSettings {
                enabled: false,
                wait: Duration::from_secs(10),
                max_items: 10_000,
                dimensions: Vec::new(),
                side_prefix: false,
                virtual_node_label: false,
                messaging_latency: false,
                peer_attributes: ["peer.service", "db.name", "db.system", "db.system.name"]
                    .map(str::to_owned)
                    .to_vec(),
                database_attributes: ["db.namespace", "db.name", "db.system", "db.system.name"]
                    .map(str::to_owned)
                    .to_vec(),
                buckets: doubling(0.1, 8),
            },
            collection_interval: Duration::from_secs(15),
            stale: Duration::from_secs(15 * 60),
            max_active_series: 100_000,
            time_slack: Duration::from_secs(30),
            trace_id_label: "traceID".into(),
            history_bytes: 64 << 20,
            history_age: Duration::from_secs(24 * 3600),
            receivers: Vec::new(),
            external_labels: Vec::new(),
        }
    }
}

fn doubling(first: f64, count: i32) -> Vec<f64> {
    (0..count).map(|power| first * 2f64.powi(power)).collect()
}

/// A label name for an attribute; one that the processor uses itself gets underscores in front.
pub(crate) fn label_name(attribute: &str, taken: &[&str]) -> String {
    let fits = |c: char| if c.is_ascii_alphanumeric() || c == '_' { c } else { '_' };
    let mut name: String = attribute.chars().map(fits).collect();
    if name.starts_with(|c: char| c.is_ascii_digit()) {
        name.insert(0, '_');
    }
    if taken.contains(&name.as_str()) { format!("__{name}") } else { name }
}
