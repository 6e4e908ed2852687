//! Alerts on their way to Alertmanagers, and over restarts.

use std::time::Duration;

use log_store::Clock;
use serde_json::{Value, json};

use super::{START, open};
use crate::receiver::{Receiver, eventually};

fn group(more: &str) -> String {
    format!(
        r#"name: g
interval: 10s
rules:
  - alert: Errors
    expr: sum by (app) (count_over_time({{app=~".+"}} |= "error" [1m])) > 2
    annotations: {{summary: "{{{{ $labels.app }}}} has {{{{ $value }}}} errors"}}
{more}"#
    )
}

fn ruler(alertmanagers: &str) -> String {
    format!(
        "ruler:\n  alertmanager_url: {alertmanagers}\n  external_url: http://grafana:3000\n  external_labels: {{region: eu}}\n"
    )
}

/// Seconds since the start at which the time of an alert lies.
fn second(alert: &Value, name: &str) -> f64 {
    let at: jiff::Timestamp = alert[name].as_str().unwrap().parse().unwrap();
    at.as_nanosecond() as f64 / 1e9 - START as f64
}

#[tokio::test]
async fn alerts_are_sent_when_they_fire_and_when_they_are_resolved() {
    let dir = tempfile::tempdir().unwrap();
    let clock = Clock::manual(START);
    let (mut first, mut second_one) = (Receiver::start(&[]).await, Receiver::start(&[]).await);
    let store = open(dir.path(), &clock, &ruler(&format!("{},{}/prefix", first.url, second_one.url))).await;
    store.push_errors("shop", 3, 0).await;
    store.set_group("x", &group("")).await;
    store.pass(&clock, 10).await;
    let sent = first.next().await;
    assert_eq!((sent.path.as_str(), sent.header("content-type")), ("/api/v2/alerts", "application/json"));
    let alerts = sent.json();
    let alert = &alerts[0];
    assert_eq!(alert["labels"], json!({ "alertname": "Errors", "app": "shop", "region": "eu" }));
    assert_eq!(alert["annotations"], json!({ "summary": "shop has 3 errors" }));
    assert!(alert["generatorURL"].as_str().unwrap().starts_with("http://grafana:3000/explore?left=%7B"));
    let (starts, ends) = (second(alert, "startsAt"), second(alert, "endsAt"));
    assert!((0.0..=10.0).contains(&starts) && (ends - starts - 240.0).abs() < 1e-3, "{starts} {ends}");
    let also = second_one.next().await;
    assert_eq!((also.path.as_str(), also.json()), ("/prefix/api/v2/alerts", alerts.clone()));
    // Nothing is new until the alert is sent again for being a minute old; then the lines leave the window.
    store.push_errors("shop", 3, 60).await;
    for _ in 0..7 {
        store.pass(&clock, 10).await;
    }
    let again = first.next().await.json();
    assert_eq!(second(&again[0], "startsAt"), starts);
    assert!(second(&again[0], "endsAt") > ends);
    store.pass(&clock, 60).await;
    let resolved = first.next().await.json();
    assert_eq!(resolved[0]["labels"], alert["labels"]);
    let ended = second(&resolved[0], "endsAt");
    assert!(ended > 120.0 && ended <= 140.0, "{ended}");
    store.close().await;
}

#[tokio::test]
async fn an_alertmanager_that_was_away_hears_the_latest() {
    let dir = tempfile::tempdir().unwrap();
    let clock = Clock::manual(START);
    let mut alertmanager = Receiver::start(&[503, 429, 400]).await;
    let store = open(dir.path(), &clock, &ruler(&alertmanager.url)).await;
    store.push_errors("shop", 3, 0).await;
    store.set_group("x", &group("")).await;
    store.pass(&clock, 10).await;
    // Refused for now, refused for now, refused for good.
    for status in [503, 429, 400] {
        let received = alertmanager.next().await;
        assert_eq!((received.status, received.json()[0]["labels"]["app"].as_str()), (status, Some("shop")));
    }
    // Sent again for being old.
    store.push_errors("shop", 3, 80).await;
    store.pass(&clock, 80).await;
    assert_eq!(alertmanager.next().await.status, 200);
    eventually(async || {
        let name = "loki_prometheus_notifications_sent_total";
        (store.metric(name).await == 1.0).then_some(())
    })
    .await;
    assert_eq!(store.metric("loki_prometheus_notifications_errors_total").await, 3.0);
    assert_eq!(store.metric("loki_prometheus_notifications_queue_length").await, 0.0);
    store.close().await;
}

#[tokio::test]
async fn what_waits_when_the_store_stops_still_leaves() {
    let dir = tempfile::tempdir().unwrap();
    let clock = Clock::manual(START);
    let mut alertmanager = Receiver::start(&[]).await;
    let store = open(dir.path(), &clock, &ruler(&alertmanager.url)).await;
    store.push_errors("shop", 3, 0).await;
    store.set_group("x", &group("")).await;
    store.pass(&clock, 10).await;
    store.close().await;
    assert_eq!(alertmanager.next().await.json()[0]["labels"]["app"], "shop");
}

#[tokio::test]
async fn alerts_go_on_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let clock = Clock::manual(START);
    let store = open(dir.path(), &clock, "").await;
    store.push_errors("shop", 3, 0).await;
    store.set_group("x", &group("    for: 30s\n")).await;
    let before = store.pass(&clock, 10).await;
    let alert = &before[0]["rules"][0]["alerts"][0];
    assert_eq!(alert["state"], "pending", "{before}");
    let active = second(alert, "activeAt");
    store.close().await;
    // Twenty seconds in which nobody looked.
    clock.advance(Duration::from_secs(20));
    let store = open(dir.path(), &clock, "").await;
    let after = store.rules().await;
    let alert = &after[0]["rules"][0]["alerts"][0];
    assert_eq!((alert["state"].as_str(), alert["value"].as_str()), (Some("pending"), Some("3e+00")));
    assert!((second(alert, "activeAt") - active - 20.0).abs() < 1e-3);
    store.push_errors("shop", 3, 30).await;
    let mut rules = Value::Null;
    for _ in 0..3 {
        rules = store.pass(&clock, 10).await;
    }
    assert_eq!(rules[0]["rules"][0]["state"], "firing", "{rules}");
    store.close().await;
    // A firing alert fires on, whatever `for` says.
    let store = open(dir.path(), &clock, "").await;
    assert_eq!(store.rules().await[0]["rules"][0]["state"], "firing");
    store.close().await;
    // After hours, nothing is known any more.
    clock.advance(Duration::from_secs(2 * 3600));
    let store = open(dir.path(), &clock, "").await;
    assert_eq!(store.rules().await[0]["rules"][0]["state"], "inactive");
    store.close().await;
}

#[tokio::test]
async fn rules_that_fail_say_why_and_do_not_stop_others() {
    let dir = tempfile::tempdir().unwrap();
    let clock = Clock::manual(START);
    let store = open(dir.path(), &clock, "").await;
    store.push_errors("shop", 3, 0).await;
    let failing = r#"name: g
interval: 10s
limit: 1
rules:
  - alert: Broken
    expr: sum by (app) (sum_over_time({app=~".+"} | logfmt | unwrap bytes(nosuch) | __error__="" [1m])) / on () group_right count_over_time({app=~".+"} | json [1m]) > 0
  - alert: TooMany
    expr: count by (line) (count_over_time({app=~".+"} | pattern "error <line>" [1m])) > 0
  - alert: Fine
    expr: sum(count_over_time({app=~".+"}[1m])) > 0
"#;
    store.set_group("x", failing).await;
    let rules = store.pass(&clock, 10).await;
    let rules = &rules[0]["rules"];
    assert_eq!(rules[0]["health"], "err", "{rules}");
    assert_eq!(rules[1]["lastError"], "exceeded limit of 1 with 3 alerts");
    assert_eq!((rules[2]["health"].as_str(), rules[2]["state"].as_str()), (Some("ok"), Some("firing")));
    assert_eq!(store.metric("loki_prometheus_rule_evaluations_total").await, 3.0);
    assert_eq!(store.metric("loki_prometheus_rule_evaluation_failures_total").await, 2.0);
    store.close().await;
}

#[tokio::test]
async fn the_machines_clock_will_do_as_well() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path(), &Clock::default(), "").await;
    store
        .set_group("x", "{name: g, interval: 200ms, rules: [{alert: A, expr: vector(1), for: 400ms}]}")
        .await;
    eventually(async || {
        let rules = store.rules().await;
        (rules[0]["rules"][0]["state"] == "firing").then_some(())
    })
    .await;
    store.close().await;
}
