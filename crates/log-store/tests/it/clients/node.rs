//! winston-loki and pino-loki.

use serde_json::{Value, json};

use super::found::Expected;
use super::{Client, text};
use crate::store::Store;

fn labels(app: &str, level: &str) -> Value {
    json!({ "app": app, "env": "test", "level": level, "service_name": app })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn winston_pushes_protobuf() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).await;
    Client::node("winston.cjs", &[&store.url, "protobuf"]).finish().await;
    let labels = |level: &str| labels("winston", level);
    let mut of_region = labels("warn");
    of_region["region"] = json!("eu");
    let level = |level: &str| json!({ "detected_level": level });
    store
        .expect(
            r#"{app="winston"}"#,
            &[
                Expected::exactly(text("plain"), labels("debug"), level("debug")),
                Expected::exactly(text("unicode"), labels("info"), level("info")),
                Expected::exactly(text("lines"), of_region, level("warn")),
                Expected::with(
                    &["Error: payment declined\n    at ", ".cjs"],
                    labels("error"),
                    level("error"),
                ),
            ],
        )
        .await;
    store.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn winston_pushes_json_with_what_it_knows_as_structured_metadata() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).await;
    Client::node("winston.cjs", &[&store.url, "json"]).finish().await;
    let labels = |level: &str| labels("winston", level);
    let mut of_region = labels("warn");
    of_region["region"] = json!("eu");
    let order =
        json!({ "detected_level": "debug", "level_extracted": "debug", "order": "4711", "paid": "true" });
    let customer =
        json!({ "detected_level": "info", "level_extracted": "info", "customer": "Müller & Söhne" });
    let level = |level: &str| json!({ "detected_level": level, "level_extracted": level });
    store
        .expect(
            r#"{app="winston"}"#,
            &[
                Expected::exactly(text("plain"), labels("debug"), order),
                Expected::exactly(text("unicode"), labels("info"), customer),
                Expected::exactly(text("lines"), of_region, level("warn")),
                Expected::with(
                    &["Error: payment declined\n    at ", ".cjs"],
                    labels("error"),
                    level("error"),
                ),
            ],
        )
        .await;
    assert_eq!(store.entries(r#"{app="winston"} | order="4711""#).await.len(), 1);
    store.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pino_pushes_structured_metadata() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).await;
    Client::node("pino.cjs", &[&store.url]).finish().await;
    let labels = |level: &str| {
        let mut labels = labels("pino", level);
        labels["hostname"] = json!("shop-1");
        labels
    };
    let order =
        json!({ "detected_level": "debug", "order": "4711", "paid": "true", "items": r#"["a","b"]"# });
    let customer = json!({ "detected_level": "info", "customer": "Müller & Söhne" });
    let level = |level: &str| json!({ "detected_level": level });
    store
        .expect(
            r#"{app="pino"}"#,
            &[
                Expected::exactly(text("plain"), labels("debug"), order),
                Expected::exactly(text("unicode"), labels("info"), customer),
                Expected::exactly(text("lines"), labels("warning"), level("warn")),
                Expected::with(
                    &["Error: payment declined\n    at ", ".cjs"],
                    labels("error"),
                    level("error"),
                ),
            ],
        )
        .await;
    store.close().await;
}
