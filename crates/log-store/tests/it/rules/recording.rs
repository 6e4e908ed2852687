//! Recorded series on their way to Prometheus' remote write.

use log_store::Clock;
use prost::Message as _;
use protocols::prometheus::{TimeSeries, WriteRequest};

use super::{START, open};
use crate::receiver::{Received, Receiver};

fn series(received: &Received) -> Vec<TimeSeries> {
    let message = snap::raw::Decoder::new().decompress_vec(&received.body).unwrap();
    WriteRequest::decode(&message[..]).unwrap().timeseries
}

fn shown(series: &[TimeSeries]) -> Vec<String> {
    let one = |series: &TimeSeries| {
        let labels = series.labels.iter().map(|label| format!("{}={}", label.name, label.value));
        format!("{} {}", labels.collect::<Vec<_>>().join(","), series.samples[0].value)
    };
    series.iter().map(one).collect()
}

const GROUP: &str = r#"name: g
interval: 10s
rules:
  - record: app:errors:count30s
    expr: sum by (app) (count_over_time({app=~".+"} |= "error" [30s]))
    labels: {source: logs}
"#;

fn ruler(url: &str) -> String {
    format!(
        "ruler:
  remote_write:
    enabled: true
    clients:
      main:
        url: {url}/api/v1/write
        basic_auth: {{username: me, password: hush}}
        headers: {{X-Extra: more}}
        queue_config: {{min_backoff: 1ms, max_backoff: 10ms}}
"
    )
}

#[tokio::test]
async fn series_are_written_until_they_end() {
    let dir = tempfile::tempdir().unwrap();
    let clock = Clock::manual(START);
    let mut receiver = Receiver::start(&[503]).await;
    let store = open(dir.path(), &clock, &ruler(&receiver.url)).await;
    store.push_errors("shop", 3, 0).await;
    store.push_errors("users", 2, 25).await;
    store.set_group("x", GROUP).await;
    store.pass(&clock, 10).await;
    let refused = receiver.next().await;
    let received = receiver.next().await;
    assert_eq!((refused.status, received.status, refused.body == received.body), (503, 200, true));
    assert_eq!(received.path, "/api/v1/write");
    for (name, value) in [
        ("content-encoding", "snappy"),
        ("content-type", "application/x-protobuf"),
        ("x-prometheus-remote-write-version", "0.1.0"),
        ("x-scope-orgid", "fake"),
        ("authorization", "Basic bWU6aHVzaA=="),
        ("x-extra", "more"),
    ] {
        assert_eq!(received.header(name), value, "{name}");
    }
    let written = series(&received);
    assert_eq!(shown(&written), ["__name__=app:errors:count30s,app=shop,source=logs 3"]);
    let at = written[0].samples[0].timestamp;
    assert!((START * 1000..=(START + 10) * 1000).contains(&at), "{at}");
    // Later the shop's lines are out of the window: its series ends, once.
    store.pass(&clock, 40).await;
    let written = series(&receiver.next().await);
    let users = "__name__=app:errors:count30s,app=users,source=logs 2";
    assert_eq!(shown(&written), [users, "__name__=app:errors:count30s,app=shop,source=logs NaN"]);
    assert_eq!(written[1].samples[0].value.to_bits(), 0x7ff0_0000_0000_0002);
    // A rule that goes takes its series with it.
    let (status, _) = store.send(reqwest::Method::DELETE, "/loki/api/v1/rules/x", "").await;
    assert_eq!(status, 202);
    assert_eq!(shown(&series(&receiver.next().await)), [users.replace(" 2", " NaN")]);
    store.close().await;
}

#[tokio::test]
async fn alerts_are_written_as_series() {
    let dir = tempfile::tempdir().unwrap();
    let clock = Clock::manual(START);
    let mut receiver = Receiver::start(&[]).await;
    let store = open(dir.path(), &clock, &ruler(&receiver.url)).await;
    store.set_group("x", "{name: g, interval: 10s, rules: [{alert: A, expr: vector(1)}]}").await;
    store.pass(&clock, 10).await;
    let written = shown(&series(&receiver.next().await));
    assert!(written[0].starts_with("__name__=ALERTS_FOR_STATE,alertname=A 17000000"), "{written:?}");
    assert_eq!(written[1], "__name__=ALERTS,alertname=A,alertstate=firing 1");
    store.close().await;
}
