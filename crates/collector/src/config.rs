//! Promtail's configuration file: every key that Promtail knows is accepted, any other is an error with its place.
//!
//! Keys that this collector has no use for are collected by [`Config::unused`], to be named once at start.

mod clients;
mod load;
mod scalars;
mod scrape;
mod stages;

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use self::clients::{Authorization, BackoffConfig, BasicAuth, ClientConfig};
pub use self::load::{load, parse};
pub use self::scalars::{Secret, Unused};
use self::scalars::{duration, or_default};
pub use self::scrape::{Action, RelabelConfig, ScrapeConfig, StaticConfig};
pub use self::stages::{
    CriConfig, DropConfig, DropSource, JsonConfig, LimitConfig, LogfmtConfig, MatchAction, MatchConfig,
    MetricAction, MetricConfig, MetricKind, MetricOptions, MultilineConfig, OutputConfig, PackConfig,
    RegexConfig, ReplaceConfig, SamplingConfig, StageConfig, TemplateConfig, TenantConfig, TimestampConfig,
    TimestampFailure,
};

/// Pushes the names of keys that are set but unused.
macro_rules! name_unused {
    ($out:ident, $prefix:expr, $config:expr, $($field:ident),+ $(,)?) => {
        $(if $config.$field.is_set() { $out.push(format!("{}{}", $prefix, stringify!($field))); })+
    };
}
pub(crate) use name_unused;

/// The whole file.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    #[serde(deserialize_with = "or_default")]
    pub server: ServerConfig,
    /// Old spelling for a single client.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client: Option<ClientConfig>,
    #[serde(deserialize_with = "or_default")]
    pub clients: Vec<ClientConfig>,
    #[serde(deserialize_with = "or_default")]
    pub positions: PositionsConfig,
    #[serde(deserialize_with = "or_default")]
    pub scrape_configs: Vec<ScrapeConfig>,
    #[serde(deserialize_with = "or_default")]
    pub limits_config: LimitsConfig,
    #[serde(deserialize_with = "or_default")]
    pub target_config: TargetConfig,
    #[serde(deserialize_with = "or_default")]
    pub global: GlobalConfig,
    #[serde(skip_serializing)]
    options: Unused,
    #[serde(skip_serializing)]
    tracing: Unused,
    #[serde(skip_serializing)]
    wal: Unused,
}

impl Config {
    /// Keys that are set but have no effect here.
    pub fn unused(&self) -> Vec<String> {
        let mut names = Vec::new();
        name_unused!(names, "", self, options, tracing, wal);
        self.server.name_unused(&mut names);
        for client in &self.clients {
            client.name_unused(&mut names);
        }
        for scrape in &self.scrape_configs {
            scrape.name_unused(&mut names);
        }
        names.sort_unstable();
        names.dedup();
        names
    }
}

/// `server`: where the collector's own pages are served.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct ServerConfig {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http_listen_address: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http_listen_port: Option<u16>,
    /// No listener at all.
    pub disable: bool,
    #[serde(skip_serializing)]
    enable_runtime_reload: Unused,
    #[serde(skip_serializing)]
    external_url: Unused,
    #[serde(skip_serializing)]
    graceful_shutdown_timeout: Unused,
    #[serde(skip_serializing)]
    grpc_listen_address: Unused,
    #[serde(skip_serializing)]
    grpc_listen_port: Unused,
    #[serde(skip_serializing)]
    grpc_server_max_concurrent_streams: Unused,
    #[serde(skip_serializing)]
    grpc_server_max_recv_msg_size: Unused,
    #[serde(skip_serializing)]
    grpc_server_max_send_msg_size: Unused,
    #[serde(skip_serializing)]
    health_check_target: Unused,
    #[serde(skip_serializing)]
    http_path_prefix: Unused,
    #[serde(skip_serializing)]
    http_server_idle_timeout: Unused,
    #[serde(skip_serializing)]
    http_server_read_timeout: Unused,
    #[serde(skip_serializing)]
    http_server_write_timeout: Unused,
    #[serde(skip_serializing)]
    log_format: Unused,
    #[serde(skip_serializing)]
    log_level: Unused,
    #[serde(skip_serializing)]
    profiling_enabled: Unused,
    #[serde(skip_serializing)]
    register_instrumentation: Unused,
    #[serde(skip_serializing)]
    reload: Unused,
}

impl ServerConfig {
    fn name_unused(&self, names: &mut Vec<String>) {
        name_unused!(
            names,
            "server.",
            self,
            enable_runtime_reload,
            external_url,
            graceful_shutdown_timeout,
            grpc_listen_address,
            grpc_listen_port,
            grpc_server_max_concurrent_streams,
            grpc_server_max_recv_msg_size,
            grpc_server_max_send_msg_size,
            health_check_target,
            http_path_prefix,
            http_server_idle_timeout,
            http_server_read_timeout,
            http_server_write_timeout,
            log_format,
            log_level,
            profiling_enabled,
            register_instrumentation,
            reload,
        );
    }
}

/// `positions`: where the collector remembers how far each file was acknowledged.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct PositionsConfig {
    /// Default: `collector/positions.yaml` below the data folder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filename: Option<PathBuf>,
    #[serde(with = "duration")]
    pub sync_period: Duration,
    /// Start from nothing, rather than not at all, when the file is damaged.
    pub ignore_invalid_yaml: bool,
}

impl Default for PositionsConfig {
    fn default() -> Self {
        Self { filename: None, sync_period: Duration::from_secs(10), ignore_invalid_yaml: false }
    }
}

/// `limits_config`: bounds on lines.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct LimitsConfig {
    /// Whether reading is slowed to `readline_rate` lines a second.
    pub readline_rate_enabled: bool,
    pub readline_rate: f64,
    pub readline_burst: u64,
    /// Above the rate, drop lines rather than wait.
    pub readline_rate_drop: bool,
    /// Streams a client may have open; 0 is no limit.
    pub max_streams: u64,
    /// Longest line in bytes; 0 means [`crate::MAX_LINE_BYTES`].
    #[serde(deserialize_with = "scalars::bytes")]
    pub max_line_size: u64,
    /// Cut longer lines instead of dropping them.
    pub max_line_size_truncate: bool,
}

impl Default for LimitsConfig {
    fn default() -> Self {
        Self {
            readline_rate_enabled: false,
            readline_rate: 10_000.0,
            readline_burst: 10_000,
            readline_rate_drop: true,
            max_streams: 0,
            max_line_size: 0,
            max_line_size_truncate: false,
        }
    }
}

/// `target_config`: how often globs are evaluated in full. Folders that change are noticed sooner.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct TargetConfig {
    #[serde(with = "duration")]
    pub sync_period: Duration,
}

impl Default for TargetConfig {
    fn default() -> Self {
        Self { sync_period: Duration::from_secs(10) }
    }
}

/// `global`.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct GlobalConfig {
    pub file_watch_config: FileWatchConfig,
}

/// How often files are looked at: the shorter interval while lines arrive, the longer one when idle.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct FileWatchConfig {
    #[serde(with = "duration")]
    pub min_poll_frequency: Duration,
    #[serde(with = "duration")]
    pub max_poll_frequency: Duration,
}

impl Default for FileWatchConfig {
    fn default() -> Self {
        Self {
            min_poll_frequency: Duration::from_millis(250),
            max_poll_frequency: Duration::from_millis(250),
        }
    }
}
