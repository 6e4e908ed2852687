//! `pipeline_stages`: each a map with one key, the stage's name.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::scalars::{Unused, duration, optional_bytes, optional_duration};

/// A stage as the file has it.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum StageConfig {
    Docker(Option<NoOptions>),
    Cri(Option<CriConfig>),
    Json(JsonConfig),
    Logfmt(LogfmtConfig),
    Regex(RegexConfig),
    Replace(ReplaceConfig),
    Multiline(MultilineConfig),
    Template(TemplateConfig),
    Timestamp(TimestampConfig),
    Output(OutputConfig),
    Labels(BTreeMap<String, Option<String>>),
    LabelDrop(Vec<String>),
    LabelAllow(Vec<String>),
    #[serde(rename = "static_labels")]
    StaticLabels(BTreeMap<String, Option<String>>),
    #[serde(rename = "structured_metadata", alias = "non_indexed_labels")]
    StructuredMetadata(BTreeMap<String, Option<String>>),
    Tenant(TenantConfig),
    Metrics(BTreeMap<String, MetricConfig>),
    Match(MatchConfig),
    Drop(DropConfig),
    Limit(LimitConfig),
    Sampling(SamplingConfig),
    Pack(PackConfig),
    Decolorize(Option<NoOptions>),
    /// Recognised, so that the refusal can say why.
    GeoIp(Unused),
    EventLogMessage(Unused),
}

/// `docker: {}` and others that take no options.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct NoOptions {}

/// Takes the container runtime's line format apart and joins what the runtime split.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct CriConfig {
    pub max_partial_lines: usize,
    #[serde(deserialize_with = "super::scalars::bytes")]
    pub max_partial_line_size: u64,
    pub max_partial_line_size_truncate: bool,
}

impl Default for CriConfig {
    fn default() -> Self {
        Self { max_partial_lines: 100, max_partial_line_size: 0, max_partial_line_size_truncate: false }
    }
}

/// Extracts from JSON.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct JsonConfig {
    /// Name → path; no path means the name.
    pub expressions: BTreeMap<String, Option<String>>,
    pub source: Option<String>,
    pub drop_malformed: bool,
}

/// Extracts from `key=value` lines.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct LogfmtConfig {
    /// Name → key; no key means the name.
    pub mapping: BTreeMap<String, Option<String>>,
    pub source: Option<String>,
}

/// Extracts the named groups of an expression.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct RegexConfig {
    pub expression: String,
    #[serde(default)]
    pub source: Option<String>,
    #[serde(default)]
    pub labels_from_groups: bool,
}

/// Replaces the groups of an expression.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ReplaceConfig {
    pub expression: String,
    #[serde(default)]
    pub source: Option<String>,
    #[serde(default)]
    pub replace: String,
}

/// Joins lines until the next first line.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct MultilineConfig {
    pub firstline: String,
    #[serde(default = "max_lines")]
    pub max_lines: usize,
    #[serde(default = "max_wait_time", with = "duration")]
    pub max_wait_time: Duration,
}

/// Sets an extracted value from a Go template.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct TemplateConfig {
    pub source: String,
    pub template: String,
}

/// Sets the entry's time.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct TimestampConfig {
    pub source: String,
    pub format: String,
    #[serde(default)]
    pub fallback_formats: Vec<String>,
    #[serde(default)]
    pub location: Option<String>,
    #[serde(default)]
    pub action_on_failure: TimestampFailure,
}

/// What becomes of an entry whose time cannot be read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum TimestampFailure {
    /// The last known time of its labels plus a nanosecond.
    #[default]
    Fudge,
    /// The time at which it was read.
    Skip,
}

/// Makes an extracted value the line.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct OutputConfig {
    pub source: String,
}

/// Chooses the tenant.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct TenantConfig {
    pub label: Option<String>,
    pub source: Option<String>,
    pub value: Option<String>,
}

/// Runs stages, or drops, for entries that a selector chooses.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct MatchConfig {
    pub selector: String,
    #[serde(default)]
    pub stages: Vec<StageConfig>,
    #[serde(default)]
    pub action: MatchAction,
    #[serde(default)]
    pub pipeline_name: Option<String>,
    #[serde(default)]
    pub drop_counter_reason: Option<String>,
}

/// What happens to chosen entries.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum MatchAction {
    #[default]
    Keep,
    Drop,
}

/// Drops entries; all conditions given must hold.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct DropConfig {
    pub source: Option<DropSource>,
    pub separator: Option<String>,
    pub expression: Option<String>,
    pub value: Option<String>,
    #[serde(with = "optional_duration", skip_serializing_if = "Option::is_none")]
    pub older_than: Option<Duration>,
    #[serde(deserialize_with = "optional_bytes", skip_serializing_if = "Option::is_none")]
    pub longer_than: Option<u64>,
    pub drop_counter_reason: Option<String>,
}

/// One name or several.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(untagged)]
pub enum DropSource {
    One(String),
    Many(Vec<String>),
}

/// Lets so many lines a second pass.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct LimitConfig {
    pub rate: f64,
    pub burst: u64,
    #[serde(default)]
    pub drop: bool,
    #[serde(default)]
    pub by_label_name: Option<String>,
    #[serde(default)]
    pub max_distinct_labels: Option<usize>,
}

/// Keeps a share of the lines.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct SamplingConfig {
    pub rate: f64,
    #[serde(default)]
    pub drop_counter_reason: Option<String>,
}

/// Moves labels into the line.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct PackConfig {
    pub labels: Vec<String>,
    pub ingest_timestamp: Option<bool>,
}

/// A metric made from entries.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct MetricConfig {
    #[serde(rename = "type")]
    pub kind: MetricKind,
    #[serde(default)]
    pub description: String,
    #[serde(default)]
    pub source: Option<String>,
    #[serde(default)]
    pub prefix: Option<String>,
    #[serde(default, with = "optional_duration", skip_serializing_if = "Option::is_none")]
    pub max_idle_duration: Option<Duration>,
    pub config: MetricOptions,
}

/// Kinds of metrics; the file may write them in any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
pub enum MetricKind {
    #[serde(alias = "counter")]
    Counter,
    #[serde(alias = "gauge")]
    Gauge,
    #[serde(alias = "histogram")]
    Histogram,
}

/// How a metric changes with an entry.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct MetricOptions {
    pub match_all: bool,
    pub count_entry_bytes: bool,
    pub value: Option<String>,
    pub action: Option<MetricAction>,
    pub buckets: Vec<f64>,
}

/// The change itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum MetricAction {
    Set,
    Inc,
    Dec,
    Add,
    Sub,
}

fn max_lines() -> usize {
    128
}

fn max_wait_time() -> Duration {
    Duration::from_secs(3)
}
