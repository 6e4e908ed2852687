//! What one push may contain, with the names and defaults of Loki's `limits_config`.

use std::time::Duration;

mod blocked;
mod ingest;
mod otlp;
mod query;
mod retention;
mod tenants;

pub use blocked::{BlockedQuery, QueryKind};
pub use ingest::{IngestLimits, Rate};
pub use otlp::{AttributeAction, AttributeRule, AttributeRules, OtlpRules};
pub use query::QueryLimits;
pub use retention::{DeletionMode, Retention, StreamRetention};
pub use tenants::OverridesFile;
pub(crate) use tenants::TenantLimits;

/// Checked limits of a tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    pub max_line_size: usize,
    pub max_line_size_truncate: bool,
    pub max_label_name_length: usize,
    pub max_label_value_length: usize,
    pub max_label_names_per_series: usize,
    pub reject_old_samples_max_age: Option<Duration>,
    pub creation_grace_period: Duration,
    pub max_structured_metadata_size: usize,
    pub max_structured_metadata_entries_count: usize,
    pub allow_structured_metadata: bool,
    pub discover_service_name: Vec<String>,
    /// Whether entries get a `detected_level`.
    pub discover_log_levels: bool,
    /// Labels, structured metadata and fields of lines that name a level, best first.
    pub log_level_fields: Vec<String>,
    /// How deep a level is looked for in JSON lines.
    pub log_level_from_json_max_depth: usize,
    /// What becomes of OpenTelemetry's attributes.
    pub otlp: OtlpRules,
    pub max_entries_limit_per_query: usize,
    pub max_query_length: Option<Duration>,
    pub query_timeout: Duration,
    pub volume_enabled: bool,
    pub volume_max_series: usize,
    pub retention_period: Option<Duration>,
    /// How far in the past rules look.
    pub ruler_evaluation_delay: Duration,
    /// Zero is without limit, here and below.
    pub ruler_max_rules_per_rule_group: usize,
    pub ruler_max_rule_groups_per_tenant: usize,
    /// How long a live tail may last.
    pub tail_max_duration: Duration,
    pub query: QueryLimits,
    pub ingest: IngestLimits,
    /// The same with its exceptions by stream and tenant.
    pub retention: Retention,
    pub deletion_mode: DeletionMode,
}

/// Where a stream's `service_name` comes from when it has none: the first of these labels that it has.
const SERVICE_NAME_LABELS: [&str; 13] = [
    "service",
    "app",
    "application",
    "app_name",
    "name",
    "app_kubernetes_io_name",
    "container",
    "container_name",
    "k8s_container_name",
    "component",
    "workload",
    "job",
    "k8s_job_name",
];

/// Fields that name the level of an entry.
const LOG_LEVEL_FIELDS: [&str; 14] = [
    "level",
    "LEVEL",
    "Level",
    "log.level",
    "severity",
    "SEVERITY",
    "Severity",
    "SeverityText",
    "lvl",
    "LVL",
    "Lvl",
    "severity_text",
    "Severity_Text",
    "SEVERITY_TEXT",
];

impl Limits {
    /// The defaults, lines kept forever: what a file that says nothing about retention means.
    pub(crate) fn keeping_all() -> Self {
        Self { retention_period: None, retention: Retention::default(), ..Self::default() }
    }
}

impl Default for Limits {
    fn default() -> Self {
        const HOUR: Duration = Duration::from_secs(3600);
        Self {
            max_line_size: 256 << 10,
            max_line_size_truncate: false,
            max_label_name_length: 1024,
            max_label_value_length: 2048,
            max_label_names_per_series: 15,
            reject_old_samples_max_age: Some(168 * HOUR),
            creation_grace_period: Duration::from_secs(600),
            max_structured_metadata_size: 64 << 10,
            max_structured_metadata_entries_count: 128,
            allow_structured_metadata: true,
            discover_log_levels: true,
            log_level_fields: LOG_LEVEL_FIELDS.map(str::to_owned).to_vec(),
            log_level_from_json_max_depth: 2,
            otlp: OtlpRules::default(),
            discover_service_name: SERVICE_NAME_LABELS.map(str::to_owned).to_vec(),
            max_entries_limit_per_query: 5000,
            max_query_length: Some(721 * HOUR),
            query_timeout: Duration::from_secs(60),
            volume_enabled: true,
            volume_max_series: 1000,
            retention_period: Some(168 * HOUR),
            ruler_evaluation_delay: Duration::ZERO,
            ruler_max_rules_per_rule_group: 0,
            ruler_max_rule_groups_per_tenant: 0,
            tail_max_duration: HOUR,
            query: QueryLimits::default(),
            ingest: IngestLimits::default(),
            retention: Retention::layered(Vec::new(), Some(168 * HOUR), &Retention::default()),
            deletion_mode: DeletionMode::default(),
        }
    }
}
