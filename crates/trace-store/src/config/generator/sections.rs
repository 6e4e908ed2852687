//! The file's sections about the generator: keys in use with their types, and keys that Tempo knows.

use std::collections::BTreeMap;

use runtime::{HumanDuration, config_section};

config_section! {
    MetricsGenerator {
        processor: Processor,
        registry: RegistrySection,
        storage: Storage,
        metrics_ingestion_time_range_slack: HumanDuration,
    } known { ring, traces_storage, query_timeout, override_ring_key, codec, disable_local_blocks, disable_grpc, instance_id, assigned_partitions, ingest_concurrency, consume_from_kafka, limiter_type, }
}

config_section! {
    Processor {
        service_graphs: ServiceGraphsSection,
        span_metrics: SpanMetricsSection,
    } known { host_info, local_blocks, }
}

config_section! {
    ServiceGraphsSection {
        wait: HumanDuration,
        max_items: usize,
        histogram_buckets: Vec<f64>,
        dimensions: Vec<String>,
        peer_attributes: Vec<String>,
        database_name_attributes: Vec<String>,
        enable_client_server_prefix: bool,
        enable_messaging_system_latency_histogram: bool,
        enable_virtual_node_label: bool,
    } known { workers, span_multiplier_key, filter_policies, histogram_override, enable_connection_info, }
}

config_section! {
    SpanMetricsSection {
        histogram_buckets: Vec<f64>,
        intrinsic_dimensions: IntrinsicDimensions,
        dimensions: Vec<String>,
        enable_target_info: bool,
        enable_instance_label: bool,
    } known {
        dimension_mappings, target_info_excluded_dimensions, filter_policies, span_multiplier_key, subprocessors,
        histogram_override,
    }
}

config_section! {
    IntrinsicDimensions {
        service: bool,
        span_name: bool,
        span_kind: bool,
        status_code: bool,
        status_message: bool,
    } known {}
}

config_section! {
    RegistrySection {
        collection_interval: HumanDuration,
        stale_duration: HumanDuration,
        external_labels: BTreeMap<String, String>,
    } known { inject_tenant_id_as, max_label_name_length, max_label_value_length, }
}

config_section! {
    Storage {
        remote_write: Vec<RemoteWrite>,
    } known { path, wal, remote_write_flush_deadline, remote_write_add_org_id_header, remote_write_remove_org_id_header, }
}

config_section! {
    RemoteWrite {
        url: String,
        headers: BTreeMap<String, String>,
        basic_auth: BasicAuth,
        remote_timeout: HumanDuration,
        queue_config: QueueConfig,
    } known { name, send_exemplars, send_native_histograms, metadata_config, follow_redirects, round_robin_dns, protobuf_message, }
}

config_section! {
    BasicAuth {
        username: String,
        password: String,
        password_file: String,
    } known {}
}

config_section! {
    QueueConfig {
        capacity: usize,
        max_samples_per_send: usize,
        min_backoff: HumanDuration,
        max_backoff: HumanDuration,
    } known { max_shards, min_shards, batch_send_deadline, retry_on_http_429, sample_age_limit, }
}

config_section! {
    GeneratorOverrides {
        processors: Vec<String>,
        collection_interval: HumanDuration,
        max_active_series: usize,
        ingestion_time_range_slack: HumanDuration,
        trace_id_label_name: String,
        disable_collection: bool,
        processor: Processor,
    } known {
        ring_size, generate_native_histograms, native_histogram_bucket_factor, native_histogram_max_bucket_number,
        native_histogram_min_reset_duration, remote_write_headers, forwarder, max_active_entities,
        max_cardinality_per_label, span_name_sanitization, drain_sanitizer, }
}
