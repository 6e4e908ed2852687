use super::*;

#[test]
fn the_shipped_file_is_what_is_built_in() {
    let config = Config::built_in().unwrap();
    assert_eq!(
        (config.http_port, config.otlp_grpc_port, config.otlp_http_port),
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
    assert_eq!((config.otlp_grpc_port, config.otlp_http_port), (Some(4317), Some(4318)));
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
        Config::parse(&text, "x.yaml").map(|config| (config.otlp_grpc_port, config.otlp_http_port))
    };
    assert_eq!(receivers("        grpc:\n").unwrap(), (Some(4317), None));
    assert_eq!(receivers("        http: {endpoint: 'localhost:14318'}\n").unwrap(), (None, Some(14318)));
    assert_eq!(receivers("        grpc: {}\n        http:\n").unwrap(), (Some(4317), Some(4318)));
    let error = receivers("        grpc: {endpoint: localhost}\n").unwrap_err().to_string();
    assert!(error.contains("has no port"), "{error}");
    let error = Config::parse("distributor: {receivers: {zipkin: {}}}", "x.yaml").unwrap_err().to_string();
    assert!(error.contains("no otlp protocol"), "{error}");
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
    read: {left_pad_trace_ids: false}
";
    let config = Config::parse(text, "x.yaml").unwrap();
    assert_eq!((config.ingest.grpc_request_bytes, config.ingest.attribute_bytes), (1000, 100));
    assert_eq!(config.query.timeout, Duration::from_secs(5));
    assert_eq!((config.query.trace_bytes, config.query.pad_trace_ids), (5000, false));
    assert_eq!(config.retention, Some(Duration::from_secs(24 * 3600)));
    let forever = Config::parse("backend_worker: {compaction: {block_retention: 0s}}", "x.yaml").unwrap();
    assert_eq!(forever.retention, None);
}
