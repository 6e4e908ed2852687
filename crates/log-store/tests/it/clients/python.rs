//! python-logging-loki, loki-logger-handler and OpenTelemetry's SDK for Python.

use serde_json::{Value, json};

use super::found::Expected;
use super::{Client, text};
use crate::store::Store;

const TRACEBACK: [&str; 3] =
    ["order failed\nTraceback (most recent call last):\n", "common.py", "ValueError: payment declined"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn logging_loki_pushes_through_the_api_of_today_and_that_of_old() {
    for version in ["1", "0"] {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).await;
        Client::python("logging_loki_client.py", &[&store.url, version]).finish().await;
        let labels = |severity: &str| json!({ "app": "logging-loki", "env": "test", "logger": "shop.orders", "severity": severity, "service_name": "logging-loki" });
        let mut of_kind = labels("info");
        of_kind["customer_kind"] = json!("B2B");
        let level = |level: &str| json!({ "detected_level": level });
        store
            .expect(
                r#"{app="logging-loki"}"#,
                &[
                    Expected::exactly(text("plain"), labels("debug"), level("debug")),
                    Expected::exactly(text("unicode"), of_kind, level("info")),
                    Expected::exactly(text("lines"), labels("warning"), level("warn")),
                    Expected::with(&TRACEBACK, labels("error"), level("error")),
                    Expected::exactly("giving up", labels("critical"), level("critical")),
                ],
            )
            .await;
        store.close().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn loki_logger_handler_pushes_gzipped_json() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).await;
    Client::python("gzip_client.py", &[&store.url]).finish().await;
    let labels =
        |level: &str| json!({ "app": "gzip", "env": "test", "level": level, "service_name": "gzip" });
    // The line is JSON; Python's names of levels are normalised.
    let message = |text: String| [r#"{"message": "#.to_owned() + &serde_json::to_string(&text).unwrap()];
    let expected = |text: String, level: &str, detected: &str, more: Value| {
        let mut metadata = json!({ "release": "1.2.3", "detected_level": detected });
        metadata.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let [start] = message(text);
        Expected {
            only: true,
            ..Expected::with(&[&start, "\"name\": \"shop.orders\""], labels(level), metadata)
        }
    };
    let customer = json!({ "customer": "Müller & Söhne", "paid": "True" });
    let mut failed = expected("order failed".to_owned(), "ERROR", "error", json!({}));
    failed.line.push(r#"\nValueError: payment declined\n"#.to_owned());
    store
        .expect(
            r#"{app="gzip"}"#,
            &[
                expected(text("plain"), "DEBUG", "debug", json!({ "order": "4711" })),
                expected(text("unicode"), "INFO", "info", customer),
                expected(text("lines"), "WARNING", "warn", json!({})),
                failed,
            ],
        )
        .await;
    let query = r#"{app="gzip"} | json | message=~"(?s)first line.*""#;
    assert_eq!(store.entries(query).await.len(), 1);
    store.close().await;
}

/// Labels and metadata of the resource that every record has.
fn of_resource(more: &Value) -> (Value, Value) {
    let labels = json!({ "service_name": "shop", "service_namespace": "demo", "service_instance_id": "shop-1", "deployment_environment_name": "test" });
    let mut metadata = json!({ "host_name": "shop-1", "telemetry_sdk_language": "python" });
    metadata.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    (labels, metadata)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn opentelemetry_exports_plain_and_gzipped() {
    for compression in ["none", "gzip"] {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).await;
        let printed = Client::python("otel.py", &[&store.url, compression]).finish().await;
        let [trace_id, span_id, flags] = printed.split_whitespace().collect::<Vec<_>>()[..] else {
            panic!("{printed}")
        };
        let expected = |parts: &[&str], more: Value| {
            let (labels, metadata) = of_resource(&more);
            Expected::with(parts, labels, metadata)
        };
        store
            .expect(
                r#"{service_name="shop"}"#,
                &[
                    expected(
                        &[&text("plain")],
                        json!({ "detected_level": "debug", "severity_text": "DEBUG", "severity_number": "5", "order_id": "4711", "paid": "true", "weight": "0.5", "scope_name": "shop.orders" }),
                    ),
                    expected(
                        &[&text("unicode")],
                        json!({ "detected_level": "info", "severity_number": "9", "customer": "Müller & Söhne", "items": r#"["a","b"]"# }),
                    ),
                    expected(
                        &[&text("lines")],
                        json!({ "detected_level": "warn", "severity_number": "13", "trace_id": trace_id, "span_id": span_id, "flags": flags }),
                    ),
                    expected(
                        &["order failed"],
                        json!({ "detected_level": "error", "severity_number": "17", "exception_type": "ValueError", "exception_message": "payment declined" }),
                    ),
                    expected(
                        &[r#"{"event":"shutdown","ok":false,"orders":[1,2]}"#],
                        json!({ "detected_level": "fatal", "severity_number": "21", "event_name": "shop.shutdown", "reason_code": "7", "reason_text": "done", "scope_name": "shop.events", "scope_version": "1.2.3" }),
                    ),
                ],
            )
            .await;
        let failed = &store.entries(r#"{service_name="shop"} | exception_type="ValueError""#).await[0];
        assert!(failed.metadata["exception_stacktrace"].starts_with("Traceback"), "{failed:#?}");
        assert!(
            failed.metadata["exception_stacktrace"].ends_with("ValueError: payment declined\n"),
            "{failed:#?}"
        );
        store.close().await;
    }
}
