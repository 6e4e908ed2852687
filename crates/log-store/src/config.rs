//! Loki's configuration file, as far as it concerns this store.
//!
//! Keys that Loki knows and this store has no use for (rings, caches, object store indexes) are accepted and named once
//! at start; keys that nobody knows are errors with line and column.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use model::TenantId;
use runtime::{ConfigError, HumanDuration, Section as _, config_section};

use crate::limits::{
    BlockedQuery, DeletionMode, IngestLimits, Limits, OtlpRules, OverridesFile, QueryLimits, Retention,
    StreamRetention,
};
use crate::ruler::{self, RulerSection, RulerStorageSection};
use level::LogLevel;
use size::DataSize;

mod level;
mod size;

/// Looked for in the working directory when no file is named.
pub const DEFAULT_PATH: &str = "infrastructure/loki/loki-config.yaml";
/// The tenant of everybody when authentication is off, as in Loki.
const DEFAULT_TENANT: &str = "fake";
/// In force when there is no such file either.
const BUILT_IN: &str = include_str!("../../../infrastructure/loki/loki-config.yaml");

config_section! {
    File {
        auth_enabled: bool,
        no_auth_tenant: String,
        server: Server,
        limits_config: LimitsConfig,
        querier: Querier,
        compactor: Compactor,
        ruler: RulerSection,
        ruler_storage: RulerStorageSection,
        runtime_config: RuntimeConfig,
    } known {
        target, ballast_bytes, shutdown_delay, common, schema_config, storage_config, ingester,
        ingester_client, ingester_rf1, distributor, query_range, query_scheduler, frontend, frontend_worker,
        index_gateway, table_manager, pattern_ingester, bloom_build, bloom_gateway, chunk_store_config,
        memberlist, operational_config, tracing, analytics, profiling, ui, internal_server, kafka_config,
        dataobj, block_builder, metastore, metrics_namespace, http_prefix,
        query_engine, compactor_client, compactor_grpc_client, querier_rf1,
    }
}

config_section! {
    Server {
        http_listen_address: String,
        http_listen_port: u16,
        log_level: LogLevel,
        http_path_prefix: String,
    } known {
        http_listen_network, http_listen_conn_limit, grpc_listen_network, grpc_listen_address, grpc_listen_port,
        grpc_listen_conn_limit, log_format, log_request_headers, log_source_ips_enabled,
        register_instrumentation, graceful_shutdown_timeout, http_server_read_timeout, http_server_write_timeout,
        http_server_idle_timeout, http_tls_config, grpc_tls_config, grpc_server_max_recv_msg_size,
        grpc_server_max_send_msg_size, grpc_server_max_concurrent_streams, http_read_header_timeout,
        http_server_read_header_timeout, http_log_closed_connections_without_response_enabled, proxy_protocol_enabled,
        tls_cipher_suites, tls_min_version, grpc_collect_max_streams_by_conn,
        report_grpc_codes_in_instrumentation_label_enabled, grpc_server_max_connection_idle,
        grpc_server_max_connection_age, grpc_server_max_connection_age_grace, grpc_server_keepalive_time,
        grpc_server_keepalive_timeout, grpc_server_min_time_between_pings, grpc_server_ping_without_stream_allowed,
        grpc_server_num_workers, grpc_server_stats_tracking_enabled, grpc_server_recv_buffer_pools_enabled,
        grpc_server_read_buffer_size, grpc_server_write_buffer_size, log_source_ips_full, log_source_ips_header,
        log_source_ips_regex, log_request_at_info_level_enabled, log_request_exclude_headers_list,
        trace_request_headers, trace_request_exclude_headers_list, cluster_validation, create_new_traces,
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
    Querier {
        tail_max_duration: HumanDuration,
    } known {
        max_concurrent, query_timeout, extra_query_delay, query_ingesters_within, engine, engine_v2, query_store_only,
        query_ingester_only, multi_tenant_queries_enabled, per_request_limits_enabled, query_partition_ingesters,
        dataobjects_shard_bucket_filtering_enabled, dataobjects_section_resolution_via_index_gateway_enabled,
        dataobject_metadata_cache_enabled, dataobject_metadata_cache,
    }
}

config_section! {
    LimitsConfig {
        max_line_size: DataSize,
        max_line_size_truncate: bool,
        max_label_name_length: usize,
        max_label_value_length: usize,
        max_label_names_per_series: usize,
        reject_old_samples: bool,
        reject_old_samples_max_age: HumanDuration,
        creation_grace_period: HumanDuration,
        max_structured_metadata_size: DataSize,
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
        ruler_evaluation_delay_duration: HumanDuration,
        ruler_max_rules_per_rule_group: usize,
        ruler_max_rule_groups_per_tenant: usize,
        max_query_series: usize,
        max_query_lookback: HumanDuration,
        max_query_range: HumanDuration,
        max_query_bytes_read: DataSize,
        max_streams_matchers_per_query: usize,
        max_concurrent_tail_requests: usize,
        required_labels: Vec<String>,
        minimum_labels_number: usize,
        blocked_queries: Vec<BlockedQuery>,
        ingestion_rate_mb: f64,
        ingestion_burst_size_mb: f64,
        per_stream_rate_limit: DataSize,
        per_stream_rate_limit_burst: DataSize,
        max_streams_per_user: usize,
        max_global_streams_per_user: usize,
        increment_duplicate_timestamp: bool,
        retention_stream: Vec<StreamRetention>,
        deletion_mode: DeletionMode,
        per_tenant_override_config: String,
        per_tenant_override_period: HumanDuration,
    } known {
        ingestion_rate_strategy,
        use_owned_stream_count, max_chunks_per_query, max_query_parallelism, tsdb_max_query_parallelism,
        tsdb_max_bytes_per_shard, cardinality_limit, max_cache_freshness_per_query, max_stats_cache_freshness, max_queriers_per_tenant,
        max_query_capacity, query_ready_index_num_days, split_queries_by_interval, split_metadata_queries_by_interval,
        split_instant_metric_queries_by_interval, split_recent_metadata_queries_by_interval,
        recent_metadata_query_window, split_ingester_queries_by_interval, min_sharding_lookback,
        max_querier_bytes_read, block_ingestion_until,
        block_ingestion_status_code, block_ingestion_policy_until, enforced_labels, policy_enforced_labels,
        shard_streams, shard_aggregations, unordered_writes, ruler_alertmanager_config,
        ruler_tenant_shard_size, ruler_remote_write_disabled, tsdb_sharding_strategy, tsdb_precompute_chunks,
        metric_aggregation_enabled, pattern_persistence_enabled, ingestion_partitions_tenant_shard_size,
        max_line_size_truncate_identifier, simulated_push_latency, enable_multi_variant_queries,
        discover_generic_fields, max_metadata_cache_freshness, engine_results_cache_time_bucket_interval,
        ruler_enable_wal_replay, ruler_remote_write_url, ruler_remote_write_timeout, ruler_remote_write_headers,
        ruler_remote_write_relabel_configs, ruler_remote_write_queue_capacity, ruler_remote_write_queue_min_shards,
        ruler_remote_write_queue_max_shards, ruler_remote_write_queue_max_samples_per_send,
        ruler_remote_write_queue_batch_send_deadline, ruler_remote_write_queue_min_backoff,
        ruler_remote_write_queue_max_backoff, ruler_remote_write_queue_retry_on_ratelimit,
        ruler_remote_write_sigv4_config, ruler_remote_write_config, ruler_remote_evaluation_timeout,
        ruler_remote_evaluation_max_response_size, allow_deletes, index_gateway_shard_size,
        index_gateway_max_capacity, bloom_gateway_enable_filtering, bloom_build_max_builders,
        bloom_build_task_max_retries, bloom_build_builder_response_timeout, bloom_creation_enabled,
        bloom_planning_strategy, bloom_split_series_keyspace_by, bloom_task_target_series_chunk_size,
        bloom_block_encoding, bloom_prefetch_blocks, bloom_max_block_size, bloom_max_bloom_size,
        policy_stream_mapping, pattern_ingester_tokenizable_json_fields_default,
        pattern_ingester_tokenizable_json_fields_append, pattern_ingester_tokenizable_json_fields_delete,
        pattern_persistence_granularity, pattern_rate_threshold, s3_sse_type, s3_sse_kms_key_id,
        s3_sse_kms_encryption_context, max_scan_task_parallelism, debug_engine_tasks, debug_engine_streams,
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
    let checked = |(tenant, raw)| {
        let limits = checked(raw, base, retention_enabled, &Querier::default());
        // Limits of queries and rates are the same for all tenants.
        (tenant, Limits { query: base.query.clone(), ingest: base.ingest.clone(), ..limits })
    };
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
    /// Before every path, with a slash in front and none behind; empty for none.
    pub path_prefix: String,
    pub auth_enabled: bool,
    /// Whose data it is when authentication is off.
    pub no_auth_tenant: TenantId,
    /// What is logged, when the file says so.
    pub log_level: Option<&'static str>,
    pub limits: Limits,
    pub(crate) ruler: ruler::Settings,
    /// Where limits of single tenants are.
    pub overrides: Option<OverridesFile>,
    pub deletes: DeleteSettings,
    /// Keys that are set and have no effect here.
    pub unused: Vec<String>,
    /// Where it came from.
    pub origin: String,
    /// The text it was read from, variables expanded, secrets hidden.
    pub text: String,
}

impl Config {
    /// Reads the named file, else [`DEFAULT_PATH`] if it exists, else what is built in.
    pub fn load(path: Option<&Path>) -> Result<Self, ConfigError> {
        let (text, origin) = runtime::config_text(path, Path::new(DEFAULT_PATH), BUILT_IN)?;
        let mut config = Self::parse(&text, &origin)?;
        config
            .ruler
            .beside(path.or_else(|| Path::new(DEFAULT_PATH).is_file().then(|| Path::new(DEFAULT_PATH))));
        Ok(config)
    }

    pub fn parse(text: &str, origin: &str) -> Result<Self, ConfigError> {
        let text = runtime::expand_env(text, |name| std::env::var(name).ok());
        let invalid = |message: String| ConfigError::Invalid { origin: origin.to_owned(), message };
        // Without the lines around a mistake: they may hold passwords.
        let options = serde_saphyr::options! { with_snippet: false };
        let file: File = serde_saphyr::from_str_with_options(&text, options)
            .map_err(|error| invalid(error.to_string()))?;
        let mut unused = Vec::new();
        file.name_unused("", &mut unused);
        let (server, limits) = (file.server.unwrap_or_default(), file.limits_config.unwrap_or_default());
        let ruler = file.ruler.unwrap_or_default();
        let rules =
            ruler::Settings::new(&ruler, file.ruler_storage.as_ref(), &mut unused).map_err(invalid)?;
        let no_auth_tenant = TenantId::new(file.no_auth_tenant.as_deref().unwrap_or(DEFAULT_TENANT))
            .map_err(|error| invalid(format!("no_auth_tenant: {error}")))?;
        let path_prefix = path_prefix(server.http_path_prefix.as_deref().unwrap_or_default())
            .map_err(|why| invalid(format!("server.http_path_prefix: {why}")))?;
        let deletes = DeleteSettings::of(&file.compactor.unwrap_or_default());
        let overrides = overrides(&limits, file.runtime_config.unwrap_or_default());
        Ok(Self {
            listen_host: server.http_listen_address.filter(|host| !host.is_empty()),
            listen_port: server.http_listen_port.unwrap_or(3100),
            path_prefix,
            no_auth_tenant,
            auth_enabled: file.auth_enabled.unwrap_or(true),
            ruler: rules,
            log_level: server.log_level.map(LogLevel::name),
            limits: checked(
                limits,
                &Limits::keeping_all(),
                deletes.enabled,
                &file.querier.unwrap_or_default(),
            ),
            overrides,
            deletes,
            unused,
            origin: origin.to_owned(),
            text: ruler::masked(&text, &ruler.secrets()),
        })
    }
}

/// `loki/` as `/loki`.
fn path_prefix(text: &str) -> Result<String, &'static str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/-_.~".contains(c);
    let inner = text.trim_matches('/');
    if !inner.chars().all(plain) || inner.contains("//") {
        return Err("a path of letters, digits, - _ . ~ and / is expected");
    }
    Ok(if inner.is_empty() { String::new() } else { format!("/{inner}") })
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

/// Limits as the file gives them, on top of others.
fn checked(mut raw: LimitsConfig, base: &Limits, retention_enabled: bool, querier: &Querier) -> Limits {
    let base = base.clone();
    let (query, ingest) = (QueryLimits::from_file(&mut raw), IngestLimits::from_file(&raw));
    let period = raw.retention_period.map(|period| period.0).filter(|_| retention_enabled);
    let streams = raw.retention_stream.filter(|_| retention_enabled).unwrap_or_default();
    let retention = Retention::layered(streams, period, &base.retention);
    let bytes = |size: Option<DataSize>, default: usize| size.map_or(default, |size| size.0 as usize);
    let age = raw.reject_old_samples_max_age.map_or(base.reject_old_samples_max_age, |age| some(age.0));
    Limits {
        max_line_size: match bytes(raw.max_line_size, base.max_line_size) {
            0 => usize::MAX,
            max => max,
        },
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
        ruler_evaluation_delay: raw.ruler_evaluation_delay_duration.unwrap_or_default().0,
        ruler_max_rules_per_rule_group: raw.ruler_max_rules_per_rule_group.unwrap_or(0),
        ruler_max_rule_groups_per_tenant: raw.ruler_max_rule_groups_per_tenant.unwrap_or(0),
        tail_max_duration: querier.tail_max_duration.map_or(base.tail_max_duration, |duration| duration.0),
        query,
        ingest,
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
    fn prefixes_and_tenants_are_checked() {
        for (text, prefix) in [("", ""), ("/", ""), ("loki/", "/loki"), ("/a/b-c", "/a/b-c")] {
            assert_eq!(path_prefix(text), Ok(prefix.to_owned()));
        }
        for text in ["server: {http_path_prefix: '/{a}'}", "no_auth_tenant: a/b", "server: {log_level: loud}"]
        {
            assert!(Config::parse(text, "x.yaml").is_err(), "{text}");
        }
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
        assert_eq!(config.limits.max_line_size, 1024);
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
