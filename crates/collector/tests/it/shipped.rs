//! The configuration that ships with the stack, and the collector's pages.

use collector::{Collector, Mode, config};

use crate::lab::Lab;

/// The shipped file with its variables set.
fn shipped(lab: &Lab) -> config::Config {
    let text = include_str!("../../../../infrastructure/promtail/promtail-config.yaml")
        .replace("${MONITORING_STACK_LOGS:-./data/logs}", &lab.path("logs").display().to_string())
        .replace("${MONITORING_STACK_DATA:-./data}", &lab.path("data").display().to_string())
        .replace("${LOKI_URL:-http://127.0.0.1:3100}/loki/api/v1/push", &lab.loki.url())
        .replace("batchwait: 1s", "batchwait: 20ms");
    config::parse(&text, "promtail-config.yaml").unwrap()
}

#[tokio::test]
async fn lines_of_the_shop_get_labels_time_and_metadata() {
    let lab = Lab::new().await;
    std::fs::create_dir(lab.path("logs")).unwrap();
    let json = r#"{"timestamp":"2026-11-24T08:00:00.123456Z","level":"info","service":"order-service","event":"order_created","message":"order created","trace_id":"0af7651916cd43dd8448eb211c80319c","span_id":"b7ad6b7169203331"}"#;
    let renamed = r#"{"timestamp":"2026-11-24T08:00:01Z","level":"warn","service":"custom","message":"x"}"#;
    lab.append(
        "logs/order-service.log",
        format!("{json}\nthread 'main' panicked at src/main.rs:1:1:\n{renamed}\n"),
    );
    let config = shipped(&lab);
    assert!(config.unused().is_empty(), "{:?}", config.unused());
    let collector = Collector::start(&config, None, Mode::Send).await.unwrap();
    let mut entries = lab.loki.wait_for(3).await;
    entries.sort_by_key(|entry| entry.timestamp_ns);
    let filename = lab.path("logs/order-service.log").display().to_string();
    let order = entries.iter().find(|entry| entry.line == json).unwrap();
    assert_eq!(
        order.labels,
        format!(r#"{{filename="{filename}", job="ecommerce", level="info", service_name="order-service"}}"#)
    );
    assert_eq!(order.timestamp_ns, 1_795_507_200_123_456_000);
    assert_eq!(
        order.metadata,
        ["event=order_created", "span_id=b7ad6b7169203331", "trace_id=0af7651916cd43dd8448eb211c80319c"]
    );
    let panicked = entries.iter().find(|entry| entry.line.starts_with("thread")).unwrap();
    assert_eq!(
        panicked.labels,
        format!(r#"{{filename="{filename}", job="ecommerce", service_name="order-service"}}"#)
    );
    assert_eq!(panicked.timestamp_ns, order.timestamp_ns + 1, "close to the line before it");
    let custom = entries.iter().find(|entry| entry.line == renamed).unwrap();
    assert!(custom.labels.contains(r#"service_name="custom""#), "{}", custom.labels);
    collector.stop().await.unwrap();
    assert!(lab.path("data/collector/positions.yaml").is_file());
}

#[tokio::test]
async fn pages_show_what_goes_on() {
    let mut lab = Lab::new().await;
    lab.append("a.log", "1\n");
    lab.client = "basic_auth: {username: u, password: hush}".to_owned();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let collector = Collector::start(&lab.config(), Some(listener), Mode::Send).await.unwrap();
    lab.expect_lines(&["1"]).await;
    let address = collector.address.unwrap();
    let http =
        reqwest::Client::builder().no_proxy().timeout(std::time::Duration::from_secs(5)).build().unwrap();
    let get = async |path: &str| {
        let response = http.get(format!("http://{address}{path}")).send().await.unwrap();
        assert_eq!(response.status(), 200, "{path}");
        response.text().await.unwrap()
    };
    assert_eq!(get("/ready").await, "Ready\n");
    let metrics = get("/metrics").await;
    for name in [
        "promtail_sent_entries_total{",
        "promtail_read_lines_total{",
        "promtail_files_active_total 1",
        "promtail_targets_active_total 1",
        "promtail_request_duration_seconds_count{",
    ] {
        assert!(metrics.contains(name), "{name} in {metrics}");
    }
    assert!(get("/").await.contains("a.log"));
    assert!(get("/api/v1/targets").await.contains("a.log"));
    let config = get("/config").await;
    assert!(config.contains("batchwait") && !config.contains("hush"), "{config}");
    collector.stop().await.unwrap();
}

#[tokio::test]
async fn mistakes_are_found_before_anything_starts() {
    let lab = Lab::new().await;
    for (yaml, problem) in [
        ("scrape_configs: []", "no clients"),
        (
            "clients: [{url: http://127.0.0.1:1/}]\nscrape_configs: [{job_name: j, static_configs: [{labels: {a: b}}]}]",
            "__path__",
        ),
        (
            "clients: [{url: http://127.0.0.1:1/}]\nscrape_configs: [{job_name: j, pipeline_stages: [{regex: {expression: '('}}]}]",
            "job \"j\"",
        ),
        ("clients: [{url: http://127.0.0.1:1/, headers: {'a b': c}}]", "header name"),
    ] {
        let text = format!("positions: {{filename: '{}'}}\n{yaml}\n", lab.path("p.yaml").display());
        let config = config::parse(&text, "test").unwrap();
        let error = format!("{:#}", Collector::start(&config, None, Mode::Send).await.unwrap_err());
        assert!(error.contains(problem), "{yaml}: {error}");
    }
}
