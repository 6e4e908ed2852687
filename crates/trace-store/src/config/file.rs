//! The file's sections: keys in use with their types, and keys that Tempo knows.

use std::time::Duration;

use runtime::{HumanDuration, config_section};

use super::generator::{GeneratorOverrides, MetricsGenerator};
use serde::{Deserialize as _, Deserializer};

config_section! {
    File {
        server: Server,
        distributor: Distributor,
        backend_worker: BackendWorker,
        backend_scheduler: BackendScheduler,
        query_frontend: QueryFrontend,
        querier: Querier,
        overrides: Overrides,
        metrics_generator: MetricsGenerator,
    } known {
        target, auth_enabled, multitenancy_enabled, shutdown_delay, stream_over_http_enabled, http_api_prefix,
        enable_go_runtime_metrics, span_profiling, memory, internal_server, live_store_client, ingest,
        block_builder, live_store, backend_scheduler_client, storage, memberlist, usage_report, cache,
    }
}

config_section! {
    Server {
        http_listen_port: u16,
        grpc_server_max_recv_msg_size: usize,
        grpc_listen_port: u16,
    } known {
        http_listen_network, http_listen_address, http_listen_conn_limit, grpc_listen_network, grpc_listen_address,
        grpc_listen_conn_limit, http_path_prefix, http_tls_config, grpc_tls_config,
        register_instrumentation, graceful_shutdown_timeout, http_server_read_timeout, http_server_read_header_timeout,
        http_server_write_timeout, http_server_idle_timeout, http_log_closed_connections_without_response_enabled,
        grpc_server_max_send_msg_size, grpc_server_max_concurrent_streams, grpc_server_max_connection_idle,
        grpc_server_max_connection_age, grpc_server_max_connection_age_grace, grpc_server_keepalive_time,
        grpc_server_keepalive_timeout, grpc_server_min_time_between_pings, grpc_server_ping_without_stream_allowed,
        log_format, log_level, log_source_ips_enabled, log_source_ips_full, log_source_ips_header, log_source_ips_regex,
        log_request_headers, log_request_at_info_level_enabled, log_request_exclude_headers_list, tls_cipher_suites,
        tls_min_version, proxy_protocol_enabled, cluster_validation,
    }
}

config_section! {
    Distributor {
        receivers: Receivers,
        max_attribute_bytes: usize,
    } known {
        ring, log_received_spans, log_received_traces, log_discarded_spans, metric_received_spans, forwarders, usage,
        extend_writes, retry_after_on_resource_exhausted, max_span_attr_byte, kafka_write_path_enabled, kafka_config,
        artificial_delay,
    }
}

config_section! {
    Receivers {
        otlp: Otlp,
        jaeger: Jaeger,
        #[serde(deserialize_with = "present")]
        zipkin: Option<Endpoint>,
    } known { kafka, }
}

config_section! {
    Otlp {
        protocols: Protocols,
    } known {}
}

config_section! {
    /// A protocol without settings (`grpc:`) is on with its defaults.
    Protocols {
        #[serde(deserialize_with = "present")]
        grpc: Option<Endpoint>,
        #[serde(deserialize_with = "present")]
        http: Option<Endpoint>,
    } known {}
}

config_section! {
    Jaeger {
        protocols: JaegerProtocols,
    } known { remote_sampling, }
}

config_section! {
    JaegerProtocols {
        #[serde(deserialize_with = "present")]
        grpc: Option<Endpoint>,
        #[serde(deserialize_with = "present")]
        thrift_http: Option<Endpoint>,
    } known { thrift_compact, thrift_binary, }
}

config_section! {
    Endpoint {
        endpoint: String,
        max_recv_msg_size_mib: usize,
        max_request_body_size: usize,
    } known {
        transport, tls, max_concurrent_streams, read_buffer_size, write_buffer_size, keepalive, auth, include_metadata,
        cors, traces_url_path, metrics_url_path, logs_url_path, response_headers, compression_algorithms, middlewares,
        read_timeout, read_header_timeout, write_timeout, idle_timeout, keep_alives_enabled, dialer, parse_string_tags,
    }
}

/// Tells `grpc:` (present, empty) from no key at all.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<Endpoint>>, D::Error> {
    Option::<Endpoint>::deserialize(deserializer).map(Some)
}

config_section! {
    BackendWorker {
        compaction: Compaction,
    } known { backoff, ring, poll, job_timeout, backend_scheduler_addr, override_ring_key, finish_on_shutdown_timeout, }
}

config_section! {
    BackendScheduler {
        provider: Provider,
    } known { tenant_measurement_interval, maintenance_interval, backend_flush_interval, work, local_work_path, job_timeout, max_pending_work_queue, }
}

config_section! {
    Provider {
        compaction: CompactionProvider,
    } known { retention, redaction, work, }
}

config_section! {
    CompactionProvider {
        compaction: Compaction,
    } known { measure_interval, max_jobs_per_tenant, min_cycle_interval, backoff, min_input_blocks, max_input_blocks, max_compaction_level, }
}

config_section! {
    Compaction {
        block_retention: HumanDuration,
    } known {
        v2_in_buffer_bytes, v2_out_buffer_bytes, v2_prefetch_traces_count, compaction_window, compaction_cycle,
        max_compaction_objects, max_block_bytes, compacted_block_retention, retention_concurrency, max_time_per_tenant,
        compaction_disabled, min_input_blocks, max_input_blocks, max_compaction_level,
    }
}

config_section! {
    QueryFrontend {
        search: FrontendSearch,
    } known {
        max_outstanding_per_tenant, max_batch_size, max_retries, trace_by_id, metrics, multi_tenant_queries_enabled,
        response_consumers, weights, mcp_server, api_timeout, query_end_cutoff, max_query_expression_size_bytes, rf1_after,
        url_deny_list, log_query_request_headers, log_expected_status_codes, max_prefix_per_request, allowed_headers,
    }
}

config_section! {
    FrontendSearch {
        default_result_limit: usize,
        max_result_limit: usize,
        max_duration: HumanDuration,
        default_spans_per_span_set: usize,
        max_spans_per_span_set: usize,
    } known {
        concurrent_jobs, target_bytes_per_job, query_backend_after, query_ingesters_until, ingester_shards,
        most_recent_shards, duration_slo, throughput_bytes_slo, metadata_slo,
    }
}

config_section! {
    Querier {
        search: QuerierSearch,
    } known { trace_by_id, metrics, max_concurrent_queries, frontend_worker, query_relevant_ingesters, partition_ring, shuffle_sharding_ingesters_enabled, shuffle_sharding_ingesters_lookback_period, }
}

config_section! {
    QuerierSearch {
        query_timeout: HumanDuration,
    } known { prefer_self, external_hedge_requests_at, external_hedge_requests_up_to, external_backend, external_endpoints, google_cloud_run, }
}

config_section! {
    Overrides {
        defaults: Defaults,
    } known { per_tenant_override_config, per_tenant_override_period, user_configurable_overrides, enable_legacy_overrides, }
}

config_section! {
    Defaults {
        ingestion: Ingestion,
        read: Read,
        compaction: Compaction,
        global: Global,
        metrics_generator: GeneratorOverrides,
    } known { forwarders, storage, cost_attribution, }
}

config_section! {
    Ingestion {
        max_attribute_bytes: usize,
        rate_limit_bytes: usize,
        burst_size_bytes: usize,
    } known { rate_strategy, max_traces_per_user, max_global_traces_per_user, tenant_shard_size, retry_info_enabled, artificial_delay, }
}

config_section! {
    Read {
        max_bytes_per_tag_values_query: usize,
        left_pad_trace_ids: bool,
        max_search_duration: HumanDuration,
    } known {
        max_blocks_per_tag_values_query, max_condition_groups_per_tag_query, max_metrics_duration, unsafe_query_hints,
        metrics_spanonly_fetch,
    }
}

config_section! {
    Global {
        max_bytes_per_trace: usize,
    } known {}
}

impl File {
    fn protocols(&self) -> Option<&Protocols> {
        self.distributor.as_ref()?.receivers.as_ref()?.otlp.as_ref()?.protocols.as_ref()
    }

    pub(super) fn endpoints(&self) -> impl Iterator<Item = (&'static str, &Endpoint)> {
        let protocols = self.protocols();
        let grpc = protocols.and_then(|protocols| protocols.grpc.as_ref()?.as_ref());
        let http = protocols.and_then(|protocols| protocols.http.as_ref()?.as_ref());
        grpc.map(|grpc| ("grpc", grpc)).into_iter().chain(http.map(|http| ("http", http)))
    }

    /// The worker's retention, else the scheduler's, else the tenant's default.
    pub(super) fn retention(&self) -> Option<Duration> {
        let worker = || self.backend_worker.as_ref()?.compaction.as_ref()?.block_retention;
        let scheduler = || {
            let provider = self.backend_scheduler.as_ref()?.provider.as_ref()?;
            provider.compaction.as_ref()?.compaction.as_ref()?.block_retention
        };
        let tenant = || self.defaults()?.compaction.as_ref()?.block_retention;
        worker().or_else(scheduler).or_else(tenant).map(|period| period.0)
    }

    pub(super) fn defaults(&self) -> Option<&Defaults> {
        self.overrides.as_ref()?.defaults.as_ref()
    }
}
