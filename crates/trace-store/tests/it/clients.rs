//! OpenTelemetry's SDKs for Python and JavaScript as they are published, over gRPC and HTTP.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value as Json, json};
use tokio::process::Command;

use crate::support::{Running, start};

/// A program takes seconds at most; this is for machines that are busy with other tests.
const PATIENCE: Duration = Duration::from_secs(120);

/// A folder of what `scripts/install-clients.sh` installed into the folder that cargo builds in.
fn installed(part: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let mut folders = test.ancestors().map(|folder| folder.join("clients").join(part));
    folders.find(|folder| folder.with_extension("installed").exists()).unwrap_or_else(|| {
        panic!("the clients are not installed: run `make test`, or `scripts/install-clients.sh` first")
    })
}

fn program(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/clients").join(path)
}

/// Runs a program to its end; returns what it printed.
async fn run(command: &mut Command) -> String {
    // A proxy of the machine has no business between a test and its server.
    command.env("NO_PROXY", "*").env("no_proxy", "*").kill_on_drop(true).stderr(Stdio::inherit());
    let output = tokio::time::timeout(PATIENCE, command.output()).await.expect("the client ends").unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{command:?} failed: {}\n{said}", output.status);
    said.trim().to_owned()
}

/// Runs a program of `tests/clients/python`.
pub async fn python(name: &str, arguments: &[&str]) -> String {
    let mut command = Command::new(installed("venv").join("bin/python"));
    command.env("PYTHONDONTWRITEBYTECODE", "1").env("PYTHONUTF8", "1");
    run(command.arg(program("python").join(name)).args(arguments)).await
}

fn endpoint(running: &Running, protocol: &str) -> String {
    let server = &running.server;
    let address = if protocol == "grpc" { server.otlp_grpc } else { server.otlp_http };
    format!("http://{}", address.unwrap())
}

/// Attributes by their keys.
fn attributes(owner: &Json) -> Json {
    let pairs = owner["attributes"].as_array().cloned().unwrap_or_default();
    pairs.iter().map(|pair| (pair["key"].as_str().unwrap().to_owned(), pair["value"].clone())).collect()
}

/// The trace is there as both programs make it.
async fn expect_the_order(running: &Running, trace_id: &str) {
    let answer = running.json(&format!("/api/v2/traces/{trace_id}")).await;
    let resource_spans = &answer["trace"]["resourceSpans"][0];
    assert_eq!(attributes(&resource_spans["resource"])["service.name"], json!({ "stringValue": "shop" }));
    let scope_spans = &resource_spans["scopeSpans"][0];
    assert_eq!(scope_spans["scope"]["name"], "shop.orders");
    let spans = scope_spans["spans"].as_array().unwrap();
    let named = |name: &str| spans.iter().find(|span| span["name"] == name).unwrap();
    let (order, payment) = (named("create_order"), named("process_payment"));
    assert_eq!((spans.len(), &order["kind"]), (2, &json!("SPAN_KIND_SERVER")));
    assert_eq!(attributes(order)["customer"], json!({ "stringValue": "Müller & Söhne" }));
    let items = json!({ "arrayValue": { "values": [{ "stringValue": "a" }, { "stringValue": "b" }] } });
    assert_eq!(attributes(order)["items"], items);
    assert_eq!(
        (&payment["parentSpanId"], &payment["links"][0]["spanId"]),
        (&order["spanId"], &order["spanId"])
    );
    assert_eq!(payment["status"], json!({ "message": "card expired", "code": "STATUS_CODE_ERROR" }));
    let expected = json!({ "amount": { "doubleValue": 12.5 }, "attempt": { "intValue": "2" }, "declined": { "boolValue": true } });
    assert_eq!(attributes(payment), expected);
    assert_eq!(
        (&payment["events"][0]["name"], &attributes(&payment["events"][0])["code"]),
        (&json!("declined"), &json!({ "intValue": "7" }))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn pythons_sdk_exports_over_grpc_and_http() {
    let running = start().await;
    for (protocol, compression) in [("grpc", "none"), ("grpc", "gzip"), ("http", "none"), ("http", "gzip")] {
        let trace_id = python("otel_spans.py", &[&endpoint(&running, protocol), protocol, compression]).await;
        expect_the_order(&running, &trace_id).await;
        running.server.flush().await.unwrap();
        expect_the_order(&running, &trace_id).await;
    }
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn javascripts_sdk_exports_over_grpc_and_http() {
    let running = start().await;
    let cases = [
        ("grpc", "none"),
        ("grpc", "gzip"),
        ("http/protobuf", "gzip"),
        ("http/json", "none"),
        ("http/json", "gzip"),
    ];
    for (protocol, compression) in cases {
        let mut node = Command::new("node");
        node.env("NODE_PATH", installed("node_modules"));
        node.arg(program("node/otel-spans.cjs")).args([&endpoint(&running, protocol), protocol, compression]);
        let trace_id = run(&mut node).await;
        expect_the_order(&running, &trace_id).await;
        running.server.flush().await.unwrap();
        expect_the_order(&running, &trace_id).await;
    }
    running.stop().await;
}
