//! Loki's configuration file, as far as it concerns this store.
//!
//! Keys that Loki knows and this store has no use for (rings, caches, object store indexes) are accepted and named once
//! at start; keys that nobody knows are errors with line and column.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use runtime::{ByteSize, ConfigError, HumanDuration, Section as _, config_section};

use crate::limits::{DeletionMode, Limits, OtlpRules, OverridesFile, Retention, StreamRetention};

/// Looked for in the working directory when no file is named.
pub const DEFAULT_PATH: &str = "infrastructure/loki/loki-config.yaml";
/// In force when there is no such file either.
const BUILT_IN: &str = include_str!("../../../infrastructure/loki/loki-config.yaml");

config_section! {
    File {
        auth_enabled: bool,
        server: Server,
        limits_config: LimitsConfig,
        compactor: Compactor,
        runtime_config: RuntimeConfig,
    } known {
        target, ballast_bytes, no_auth_tenant, shutdown_delay, common, schema_config, storage_config, ingester,
        ingester_client, ingester_rf1, distributor, querier, query_range, query_scheduler, frontend, frontend_worker,
        ruler, ruler_storage, index_gateway, table_manager, pattern_ingester, bloom_build, bloom_gateway, chunk_store_config,
        memberlist, operational_config, tracing, analytics, profiling, ui, internal_server, kafka_config,
        dataobj, block_builder, metastore, metrics_namespace, http_prefix,
    }
}

config_section! {
    Server {
        http_listen_address: String,
        http_listen_port: u16,
    } known {
        http_listen_network, http_listen_conn_limit, grpc_listen_network, grpc_listen_address, grpc_listen_port,
        grpc_listen_conn_limit, log_level, log_format, log_request_headers, log_source_ips_enabled, http_path_prefix,
        register_instrumentation, graceful_shutdown_timeout, http_server_read_timeout, http_server_write_timeout,
        http_server_idle_timeout, http_tls_config, grpc_tls_config, grpc_server_max_recv_msg_size,
        grpc_server_max_send_msg_size, grpc_server_max_concurrent_streams, http_read_header_timeout,
    }
}

config_section! {
    Compactor {
        retention_enabled: bool,
        delete_request_cancel_period: HumanDuration,
        delete_batch_size: usize,
        delete_max_interval: HumanDuration,
    } known {
        working_directory, compaction_interval, apply_retention_interval, retention_delete_delay,
        retention_delete_worker_count, retention_table_timeout, delete_request_store, delete_request_store_key_prefix,
        delete_request_store_db_type,
        max_compaction_parallelism, upload_parallelism, compactor_ring, retention_backoff_config,
    }
}

config_section! {
    LimitsConfig {
        max_line_size: ByteSize,
        max_line_size_truncate: bool,
        max_label_name_length: usize,
        max_label_value_length: usize,
        max_label_names_per_series: usize,
        reject_old_samples: bool,
        reject_old_samples_max_age: HumanDuration,
        creation_grace_period: HumanDuration,
        max_structured_metadata_size: ByteSize,
        max_structured_metadata_entries_count: usize,
        allow_structured_metadata: bool,
        discover_service_name: Vec<String>,
        discover_log_levels: bool,
        log_level_fields: Vec<String>,
        log_level_from_json_max_depth: usize,
        otlp_config: OtlpRules,
        max_entries_limit_per_query: usize,
        max_query_length: HumanDuration,
        query_timeout: HumanDuration,
        volume_enabled: bool,
        volume_max_series: usize,
        retention_period: HumanDuration,
        retention_stream: Vec<StreamRetention>,
        deletion_mode: DeletionMode,
        per_tenant_override_config: String,
        per_tenant_override_period: HumanDuration,
    } known {
        ingestion_rate_strategy, ingestion_rate_mb, ingestion_burst_size_mb, increment_duplicate_timestamp,
        use_owned_stream_count,
        max_streams_per_user, max_global_streams_per_user, per_stream_rate_limit, per_stream_rate_limit_burst,
        max_chunks_per_query, max_query_series, max_query_lookback, max_query_range, max_query_parallelism,
        tsdb_max_query_parallelism, tsdb_max_bytes_per_shard, cardinality_limit, max_streams_matchers_per_query,
        max_concurrent_tail_requests, max_cache_freshness_per_query, max_stats_cache_freshness, max_queriers_per_tenant,
        max_query_capacity, query_ready_index_num_days, split_queries_by_interval, split_metadata_queries_by_interval,
        split_instant_metric_queries_by_interval, split_recent_metadata_queries_by_interval,
        recent_metadata_query_window, split_ingester_queries_by_interval, min_sharding_lookback, max_query_bytes_read,
        max_querier_bytes_read, block_ingestion_until,
        block_ingestion_status_code, block_ingestion_policy_until, enforced_labels, policy_enforced_labels, required_labels, minimum_labels_number,
        shard_streams, blocked_queries, shard_aggregations, unordered_writes, ruler_evaluation_delay_duration,
        ruler_max_rules_per_rule_group, ruler_max_rule_groups_per_tenant, ruler_alertmanager_config,
        ruler_tenant_shard_size, ruler_remote_write_disabled, tsdb_sharding_strategy, tsdb_precompute_chunks,
        metric_aggregation_enabled, pattern_persistence_enabled, ingestion_partitions_tenant_shard_size,
    }
}

config_section! {
    RuntimeConfig {
        file: String,
        period: HumanDuration,
    } known {}
}

/// Limits of single tenants: the file that `limits_config.per_tenant_override_config` or `runtime_config.file` names.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Overrides {
    overrides: BTreeMap<String, LimitsConfig>,
    #[serde(rename = "configs")]
    _configs: Option<serde::de::IgnoredAny>,
    #[serde(rename = "multi_kv_config")]
    _multi_kv_config: Option<serde::de::IgnoredAny>,
}

/// `base` is what holds for a tenant that sets nothing.
pub(crate) fn parse_overrides(
    text: &str,
    origin: &str,
    base: &Limits,
    retention_enabled: bool,
) -> Result<BTreeMap<String, Limits>, ConfigError> {
    let text = runtime::expand_env(text, |name| std::env::var(name).ok());
    if text.trim().is_empty() {
        return Ok(BTreeMap::new());
    }
    let file: Overrides = runtime::parse_yaml(&text, origin)?;
    let checked = |(tenant, raw)| (tenant, checked(raw, base, retention_enabled));
    Ok(file.overrides.into_iter().map(checked).collect())
}

/// What `compactor` says about deletes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeleteSettings {
    /// `retention_enabled`: without it there are neither deletes nor retention.
    pub enabled: bool,
    /// Lines are hidden at once; for this long, they stay on disk and a request can be cancelled.
    pub cancel_period: Duration,
    /// Requests of a tenant that are carried out together.
    pub batch_size: usize,
    /// The largest `max_interval` of a request.
    pub max_interval: Duration,
}

impl DeleteSettings {
    fn of(raw: &Compactor) -> Self {
        const DAY: Duration = Duration::from_secs(86_400);
        Self {
            enabled: raw.retention_enabled.unwrap_or(false),
            cancel_period: raw.delete_request_cancel_period.map_or(DAY, |period| period.0),
            batch_size: raw.delete_batch_size.unwrap_or(70).max(1),
            max_interval: raw.delete_max_interval.map_or(DAY, |interval| interval.0),
        }
    }
}

/// The configuration in force.
#[derive(Debug, Clone)]
pub struct Config {
    pub listen_host: Option<String>,
    pub listen_port: u16,
    pub auth_enabled: bool,
    pub limits: Limits,
    /// Where limits of single tenants are.
    pub overrides: Option<OverridesFile>,
    pub deletes: DeleteSettings,
    /// Keys that are set and have no effect here.
    pub unused: Vec<String>,
    /// Where it came from.
    pub origin: String,
    /// The text it was read from, variables expanded.
    pub text: String,
}

impl Config {
    /// Reads the named file, else [`DEFAULT_PATH`] if it exists, else what is built in.
    pub fn load(path: Option<&Path>) -> Result<Self, ConfigError> {
        let (text, origin) = runtime::config_text(path, Path::new(DEFAULT_PATH), BUILT_IN)?;
        Self::parse(&text, &origin)
    }

    pub fn parse(text: &str, origin: &str) -> Result<Self, ConfigError> {
        let text = runtime::expand_env(text, |name| std::env::var(name).ok());
        let file: File = runtime::parse_yaml(&text, origin)?;
        let mut unused = Vec::new();
        file.name_unused("", &mut unused);
        let (server, limits) = (file.server.unwrap_or_default(), file.limits_config.unwrap_or_default());
        let deletes = DeleteSettings::of(&file.compactor.unwrap_or_default());
        let overrides = overrides(&limits, file.runtime_config.unwrap_or_default());
        Ok(Self {
            listen_host: server.http_listen_address.filter(|host| !host.is_empty()),
            listen_port: server.http_listen_port.unwrap_or(3100),
            auth_enabled: file.auth_enabled.unwrap_or(true),
            limits: checked(limits, &Limits::keeping_all(), deletes.enabled),
            overrides,
            deletes,
            unused,
            origin: origin.to_owned(),
            text,
        })
    }
}

/// The file with limits of single tenants: Loki's present key for it, else the one of old.
fn overrides(limits: &LimitsConfig, runtime_config: RuntimeConfig) -> Option<OverridesFile> {
    const PERIOD: Duration = Duration::from_secs(10);
    let named = |path: Option<String>| path.filter(|path| !path.is_empty());
    let period = |period: Option<HumanDuration>| period.map_or(PERIOD, |period| period.0);
    let present = named(runtime_config.file).map(|path| (path, period(runtime_config.period)));
    let (path, period) = present.or_else(|| {
        let path = named(limits.per_tenant_override_config.clone())?;
        Some((path, period(limits.per_tenant_override_period)))
    })?;
    Some(OverridesFile { path: path.into(), period })
}

/// Zero means "no limit" for durations, as in Loki.
fn some(duration: Duration) -> Option<Duration> {
    (!duration.is_zero()).then_some(duration)
}

fn checked(raw: LimitsConfig, base: &Limits, retention_enabled: bool) -> Limits {
    let base = base.clone();
    let period = raw.retention_period.map(|period| period.0).filter(|_| retention_enabled);
    let streams = raw.retention_stream.filter(|_| retention_enabled).unwrap_or_default();
    let retention = Retention::layered(streams, period, &base.retention);
    let bytes = |size: Option<ByteSize>, default: usize| size.map_or(default, |size| size.0 as usize);
    let age = raw.reject_old_samples_max_age.map_or(base.reject_old_samples_max_age, |age| some(age.0));
    Limits {
        max_line_size: bytes(raw.max_line_size, base.max_line_size),
        max_line_size_truncate: raw.max_line_size_truncate.unwrap_or(base.max_line_size_truncate),
        max_label_name_length: raw.max_label_name_length.unwrap_or(base.max_label_name_length),
        max_label_value_length: raw.max_label_value_length.unwrap_or(base.max_label_value_length),
        max_label_names_per_series: raw.max_label_names_per_series.unwrap_or(base.max_label_names_per_series),
        reject_old_samples_max_age: age.filter(|_| raw.reject_old_samples.unwrap_or(true)),
        creation_grace_period: raw
            .creation_grace_period
            .map_or(base.creation_grace_period, |period| period.0),
        max_structured_metadata_size: bytes(
            raw.max_structured_metadata_size,
            base.max_structured_metadata_size,
        ),
        max_structured_metadata_entries_count: raw
            .max_structured_metadata_entries_count
            .unwrap_or(base.max_structured_metadata_entries_count),
        allow_structured_metadata: raw.allow_structured_metadata.unwrap_or(base.allow_structured_metadata),
        discover_log_levels: raw.discover_log_levels.unwrap_or(base.discover_log_levels),
        log_level_fields: raw.log_level_fields.unwrap_or(base.log_level_fields),
        log_level_from_json_max_depth: raw
            .log_level_from_json_max_depth
            .unwrap_or(base.log_level_from_json_max_depth),
        otlp: raw.otlp_config.unwrap_or(base.otlp),
        discover_service_name: raw.discover_service_name.unwrap_or(base.discover_service_name),
        max_entries_limit_per_query: raw
            .max_entries_limit_per_query
            .unwrap_or(base.max_entries_limit_per_query),
        max_query_length: raw.max_query_length.map_or(base.max_query_length, |length| some(length.0)),
        query_timeout: raw.query_timeout.map_or(base.query_timeout, |timeout| timeout.0),
        volume_enabled: raw.volume_enabled.unwrap_or(base.volume_enabled),
        volume_max_series: raw.volume_max_series.unwrap_or(base.volume_max_series),
        retention_period: period.map_or(base.retention_period, some),
        retention,
        deletion_mode: raw.deletion_mode.unwrap_or(base.deletion_mode),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_file_keeps_a_week_and_needs_no_tenant() {
        let config = Config::parse(BUILT_IN, "built-in").unwrap();
        assert_eq!(config.limits.retention_period, Some(Duration::from_secs(168 * 3600)));
        assert_eq!((config.listen_port, config.auth_enabled), (3100, false));
        assert!(config.unused.contains(&"schema_config".to_owned()), "{:?}", config.unused);
    }

    #[test]
    fn unknown_keys_are_errors_with_their_place() {
        let error = Config::parse("server:\n  http_port: 3100\n", "x.yaml").unwrap_err().to_string();
        assert!(error.contains("http_port") && error.contains("2"), "{error}");
        let error =
            Config::parse("limits_config:\n  retention_period: soon\n", "x.yaml").unwrap_err().to_string();
        assert!(error.contains("\"soon\" is not a duration"), "{error}");
    }

    #[test]
    fn retention_needs_the_compactors_switch_as_in_loki() {
        let config = |enabled: bool| {
            let text = format!(
                "compactor: {{retention_enabled: {enabled}}}\nlimits_config: {{retention_period: 24h}}\n"
            );
            Config::parse(&text, "x.yaml").unwrap().limits.retention_period
        };
        assert_eq!(config(true), Some(Duration::from_secs(24 * 3600)));
        assert_eq!(config(false), None);
    }

    #[test]
    fn deletes_and_overrides_are_taken_from_the_file() {
        let text = "compactor: {retention_enabled: true, delete_request_cancel_period: 1m, delete_batch_size: 5, delete_max_interval: 1h}\nlimits_config:\n  deletion_mode: filter-only\n  per_tenant_override_config: old.yaml\n  per_tenant_override_period: 1m\n  retention_stream: [{selector: '{a=\"b\"}', period: 24h}]\n";
        let config = Config::parse(text, "x.yaml").unwrap();
        let minute = Duration::from_secs(60);
        let expected =
            DeleteSettings { enabled: true, cancel_period: minute, batch_size: 5, max_interval: 60 * minute };
        assert_eq!(config.deletes, expected);
        assert_eq!(config.limits.deletion_mode, DeletionMode::FilterOnly);
        assert_eq!(
            (config.limits.retention.shortest(), config.limits.retention.longest()),
            (Some(1440 * minute), None)
        );
        assert_eq!(config.overrides, Some(OverridesFile { path: "old.yaml".into(), period: minute }));
        let config = Config::parse(&format!("{text}runtime_config: {{file: new.yaml}}\n"), "x.yaml").unwrap();
        assert_eq!(config.overrides, Some(OverridesFile { path: "new.yaml".into(), period: minute / 6 }));
        assert!(Config::parse("limits_config: {deletion_mode: some}\n", "x.yaml").is_err());
        let config = Config::parse("auth_enabled: true\n", "x.yaml").unwrap();
        assert_eq!((config.deletes.enabled, config.overrides), (false, None));
        assert_eq!(config.limits.retention.shortest(), None);
    }

    #[test]
    fn limits_are_taken_from_the_file() {
        let text = "auth_enabled: true\nserver: {http_listen_address: 0.0.0.0, http_listen_port: 3101}\nlimits_config:\n  max_line_size: 1KB\n  reject_old_samples: false\n  max_query_length: 0s\n  log_level_fields: [importance]\n  log_level_from_json_max_depth: 3\n  discover_log_levels: false\n";
        let config = Config::parse(text, "x.yaml").unwrap();
        assert_eq!(config.limits.max_line_size, 1000);
        assert_eq!(config.limits.reject_old_samples_max_age, None);
        assert_eq!(config.limits.max_query_length, None);
        assert_eq!(config.limits.log_level_fields, ["importance"]);
        assert_eq!(
            (config.limits.log_level_from_json_max_depth, config.limits.discover_log_levels),
            (3, false)
        );
        assert_eq!((config.listen_host.as_deref(), config.listen_port), (Some("0.0.0.0"), 3101));
        assert!(config.auth_enabled);
    }
}
