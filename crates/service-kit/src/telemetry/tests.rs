use std::time::Instant;

use tokio::net::TcpListener;

use super::*;

/// Starts telemetry, ends ten thousand spans, stops. Returns how long the service was held up by each.
async fn ten_thousand_spans(endpoint: String) -> (Duration, Duration, Duration) {
    let options =
        TelemetryOptions { service: "test".to_owned(), version: "1".to_owned(), endpoint: Some(endpoint) };
    let started = Instant::now();
    let telemetry = Telemetry::init(&options).unwrap();
    let init = started.elapsed();
    for number in 0..10_000 {
        let _span = tracing::info_span!(target: "shop", "work", number).entered();
    }
    let work = started.elapsed() - init;
    telemetry.shutdown().await;
    (init, work, started.elapsed() - init - work)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dead_backend_holds_nobody_up() {
    // A port that was free a moment ago.
    let address = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let (init, work, stop) = ten_thousand_spans(format!("http://{address}")).await;
    assert!(init < Duration::from_secs(1) && work < Duration::from_secs(3), "{init:?} {work:?}");
    assert!(stop < Duration::from_secs(4), "{stop:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hanging_backend_holds_nobody_up() {
    // Connections are accepted by the system, and nobody ever answers.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = silent.local_addr().unwrap();
    let (init, work, stop) = ten_thousand_spans(format!("http://{address}")).await;
    assert!(init < Duration::from_secs(1) && work < Duration::from_secs(3), "{init:?} {work:?}");
    assert!(stop < Duration::from_secs(4), "{stop:?}");
}

#[tokio::test]
async fn without_a_backend_there_are_ids_all_the_same() {
    let options = TelemetryOptions { service: "test".to_owned(), version: "1".to_owned(), endpoint: None };
    let telemetry = Telemetry::init(&options).unwrap();
    assert_eq!(current_trace_id(), "");
    {
        let _span = tracing::info_span!(target: "shop", "work").entered();
        assert_eq!(current_trace_id().len(), 32);
    }
    telemetry.shutdown().await;
}
