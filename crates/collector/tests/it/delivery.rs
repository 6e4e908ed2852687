//! A store that is slow, full, broken or gone.

use std::time::{Duration, Instant};

use crate::lab::Lab;
use crate::loki::Mood;

#[tokio::test]
async fn failures_are_repeated_until_the_store_recovers() {
    for mood in [Mood::Answer(500), Mood::Answer(503), Mood::Answer(429)] {
        let mut lab = Lab::new().await;
        lab.loki.set_mood(mood);
        lab.append("a.log", "1\n2\n");
        lab.start().await;
        lab.loki.wait_for_requests(3).await;
        lab.append("a.log", "3\n");
        lab.loki.set_mood(Mood::Accept);
        lab.expect_lines(&["1", "2", "3"]).await;
        assert!(lab.metrics().contains("promtail_batch_retries_total"));
    }
}

#[tokio::test]
async fn a_store_that_is_gone_is_waited_for() {
    let mut lab = Lab::new().await;
    lab.loki.go_away().await;
    lab.append("a.log", "1\n");
    lab.start().await;
    lab.append("a.log", "2\n");
    lab.loki.come_back().await;
    lab.expect_lines(&["1", "2"]).await;
}

#[tokio::test]
async fn a_store_that_hangs_is_asked_again() {
    let mut lab = Lab::new().await;
    lab.client = "timeout: 100ms".to_owned();
    lab.loki.set_mood(Mood::Hang);
    lab.append("a.log", "1\n");
    lab.start().await;
    lab.loki.wait_for_requests(2).await;
    lab.loki.set_mood(Mood::Accept);
    lab.expect_lines(&["1"]).await;
}

#[tokio::test]
async fn what_the_store_refuses_is_dropped_and_counted() {
    let mut lab = Lab::new().await;
    lab.loki.set_mood(Mood::Answer(400));
    lab.append("a.log", "refused\n");
    lab.start().await;
    lab.loki.wait_for_requests(1).await;
    lab.loki.set_mood(Mood::Accept);
    lab.append("a.log", "fine\n");
    lab.expect_lines(&["fine"]).await;
    let metrics = lab.metrics();
    assert!(
        metrics.lines().any(|line| line.starts_with("promtail_dropped_entries_total")
            && line.contains("ingester_error")
            && line.ends_with(" 1")),
        "{metrics}"
    );
    lab.stop().await;
    lab.start().await;
    lab.append("a.log", "more\n");
    lab.expect_lines(&["fine", "more"]).await;
}

#[tokio::test]
async fn limited_retries_and_rate_limits_give_up_when_told_to() {
    for (status, requests) in [(429, 1), (500, 2)] {
        let mut lab = Lab::new().await;
        lab.client = "drop_rate_limited_batches: true".to_owned();
        lab.backoff = "min_period: 1ms, max_retries: 2".to_owned();
        lab.loki.set_mood(Mood::Answer(status));
        lab.append("a.log", "given up\n");
        lab.start().await;
        lab.loki.wait_for_requests(requests).await;
        let is_dropped =
            |line: &str| line.starts_with("promtail_dropped_entries_total") && line.ends_with(" 1");
        let dropped = async {
            while !lab.metrics().lines().any(is_dropped) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), dropped).await.unwrap();
        assert_eq!(lab.loki.requests().len(), requests);
    }
}

#[tokio::test]
async fn requests_carry_tenant_credentials_headers_and_labels() {
    let mut lab = Lab::new().await;
    lab.client = "tenant_id: team, bearer_token: hush, headers: {X-Extra: 'yes'}, \
                  external_labels: {env: lab, job: other}"
        .to_owned();
    lab.job = "    pipeline_stages: [{match: {selector: '{job=\"test\"} |= \"special\"', stages: [{tenant: {value: vip}}]}}]".to_owned();
    lab.append("a.log", "usual\nspecial\n");
    lab.start().await;
    let entries = lab.loki.wait_for(2).await;
    let tenant_of = |line: &str| entries.iter().find(|entry| entry.line == line).unwrap().tenant.clone();
    assert_eq!(tenant_of("usual").as_deref(), Some("team"));
    assert_eq!(tenant_of("special").as_deref(), Some("vip"));
    assert!(entries[0].labels.contains(r#"env="lab""#) && entries[0].labels.contains(r#"job="test""#));
    let headers = &lab.loki.requests()[0];
    assert_eq!(headers["authorization"], "Bearer hush");
    assert_eq!(headers["x-extra"], "yes");
    assert_eq!(headers["content-type"], "application/x-protobuf");
}

#[tokio::test]
async fn stopping_is_bounded_and_loses_nothing() {
    let mut lab = Lab::new().await;
    lab.loki.set_mood(Mood::Hang);
    lab.append("a.log", "1\n2\n");
    lab.start().await;
    lab.loki.wait_for_requests(1).await;
    let began = Instant::now();
    lab.stop().await;
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    lab.loki.set_mood(Mood::Accept);
    lab.start().await;
    lab.expect_lines(&["1", "2"]).await;
}

#[tokio::test]
async fn memory_stays_bounded_while_the_store_is_away() {
    let mut lab = Lab::new().await;
    lab.client = "batchsize: 10000".to_owned();
    lab.loki.go_away().await;
    lab.append("a.log", "");
    lab.start().await;
    let line = "x".repeat(99);
    let text = format!("{line}\n").repeat(20_000);
    lab.append("a.log", &text);
    lab.rename("a.log", "gone");
    lab.append("a.log", "after\n");
    // The file is deleted while its lines are still to be sent; they are not lost, as it is held open.
    let opened = async {
        while !lab.metrics().contains("promtail_files_active_total 2") {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), opened).await.unwrap();
    std::fs::remove_file(lab.path("gone")).unwrap();
    let read: f64 = lab
        .metrics()
        .lines()
        .find_map(|l| l.strip_prefix("promtail_read_lines_total")?.split(' ').next_back()?.parse().ok())
        .unwrap_or(0.0);
    assert!(read < 10_000.0, "read {read} lines ahead of a store that is away");
    lab.loki.come_back().await;
    lab.loki.wait(|entries| entries.len() >= 20_001).await;
    assert_eq!(lab.loki.lines().last().map(String::as_str), Some("after"));
}
