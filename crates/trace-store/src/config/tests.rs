use super::*;

#[test]
fn the_shipped_file_is_what_is_built_in() {
    let config = Config::built_in().unwrap();
    assert_eq!(
        (config.http_port, config.receivers.otlp_grpc, config.receivers.otlp_http),
        (3200, Some(4317), Some(4318))
    );
    assert_eq!(config.retention, Some(Duration::from_secs(168 * 3600)));
    assert!(config.query.pad_trace_ids);
    assert!(config.unused.contains(&"storage".to_owned()), "{:?}", config.unused);
    assert!(!config.unused.iter().any(|key| key.contains("receivers")), "{:?}", config.unused);
}

#[test]
fn an_empty_file_means_tempos_defaults() {
    let config = Config::parse("{}", "x.yaml").unwrap();
    assert_eq!((config.receivers.otlp_grpc, config.receivers.otlp_http), (Some(4317), Some(4318)));
    assert_eq!(config.retention, Some(Duration::from_secs(336 * 3600)));
}

#[test]
fn unknown_keys_are_errors_with_their_place() {
    for (text, key, line) in [
        ("server:\n  http_port: 3200\n", "http_port", "2"),
        ("ingester:\n  max_block_duration: 5m\n", "ingester", "1"),
        ("overrides:\n  defaults:\n    read:\n      pad: true\n", "pad", "4"),
    ] {
        let error = Config::parse(text, "x.yaml").unwrap_err().to_string();
        assert!(error.starts_with("x.yaml: ") && error.contains(key) && error.contains(line), "{error}");
    }
}

#[test]
fn only_listed_receivers_are_on() {
    let receivers = |text: &str| {
        let text = format!("distributor:\n  receivers:\n    otlp:\n      protocols:\n{text}");
        Config::parse(&text, "x.yaml").map(|config| (config.receivers.otlp_grpc, config.receivers.otlp_http))
    };
    assert_eq!(receivers("        grpc:\n").unwrap(), (Some(4317), None));
    assert_eq!(receivers("        http: {endpoint: 'localhost:14318'}\n").unwrap(), (None, Some(14318)));
    assert_eq!(receivers("        grpc: {}\n        http:\n").unwrap(), (Some(4317), Some(4318)));
    let error = receivers("        grpc: {endpoint: localhost}\n").unwrap_err().to_string();
    assert!(error.contains("has no port"), "{error}");
    let error = Config::parse("distributor: {receivers: {otlp: {}}}", "x.yaml").unwrap_err().to_string();
    assert!(error.contains("has no receiver"), "{error}");
}

#[test]
fn receivers_of_other_protocols_are_on_when_listed() {
    let receivers = |text: &str| {
        Config::parse(&format!("distributor: {{receivers: {text}}}"), "x.yaml").map(|config| config.receivers)
    };
    let all = receivers("{zipkin: , jaeger: {protocols: {grpc: , thrift_http: {endpoint: 'localhost:5'}}}}")
        .unwrap();
    assert_eq!(
        (all.zipkin, all.jaeger_grpc, all.jaeger_http, all.otlp_grpc),
        (Some(9411), Some(14250), Some(5), None)
    );
    let error = receivers("{zipkin: {endpoint: here}}").unwrap_err().to_string();
    assert!(
        error.contains("distributor.receivers.zipkin.endpoint") && error.contains("has no port"),
        "{error}"
    );
    let udp = receivers("{jaeger: {protocols: {thrift_compact: {}}}}").unwrap_err().to_string();
    assert!(udp.contains("has no receiver"), "{udp}");
}

#[test]
fn limits_and_retention_come_from_where_tempo_has_them() {
    let text = "
server: {grpc_server_max_recv_msg_size: 1000}
distributor: {max_attribute_bytes: 100}
querier: {search: {query_timeout: 5s}}
overrides:
  defaults:
    compaction: {block_retention: 24h}
    global: {max_bytes_per_trace: 5000}
    ingestion: {rate_limit_bytes: 70}
    read: {left_pad_trace_ids: false}
";
    let config = Config::parse(text, "x.yaml").unwrap();
    assert_eq!((config.ingest.grpc_request_bytes, config.ingest.attribute_bytes), (1000, 100));
    assert_eq!(config.ingest.rate, Some(crate::ingest::rate::Rate { bytes_per_second: 70, burst_bytes: 70 }));
    assert_eq!(Config::parse("{}", "x.yaml").unwrap().ingest.rate, None);
    assert_eq!(config.query.timeout, Duration::from_secs(5));
    assert_eq!((config.query.trace_bytes, config.query.pad_trace_ids), (5000, false));
    assert_eq!(config.retention, Some(Duration::from_secs(24 * 3600)));
    let forever = Config::parse("backend_worker: {compaction: {block_retention: 0s}}", "x.yaml").unwrap();
    assert_eq!(forever.retention, None);
}
