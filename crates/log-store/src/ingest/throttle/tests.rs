use std::time::Duration;

use super::*;
use crate::batch::tests::{batch, plain};

fn push(rows: &[(&str, usize)]) -> Accepted {
    let rows: Vec<_> =
        rows.iter().map(|(labels, bytes)| ((*labels).to_owned(), 1, "x".repeat(*bytes), vec![])).collect();
    Accepted { batch: batch(&rows), refused: Refused::default(), packed: None }
}

fn tenant() -> TenantId {
    TenantId::new("fake").unwrap()
}

#[test]
fn a_tenants_bytes_come_back_with_time() {
    let limits = IngestLimits { rate: Some(Rate { per_second: 100, burst: 150 }), ..IngestLimits::default() };
    let throttle = Throttle::default();
    let start = Instant::now();
    for (millis, bytes, fine) in [
        (0, 150, true),
        (0, 1, false),
        (500, 51, false),
        (500, 50, true),
        (9000, 151, false),
        (9000, 150, true),
    ] {
        let now = start + Duration::from_millis(millis);
        let admitted = throttle.admit(&limits, &tenant(), push(&[(r#"{a="1"}"#, bytes)]), now);
        assert_eq!(admitted.is_ok(), fine, "{millis} {bytes}");
        if let Err(error) = admitted {
            let expected = format!(
                "ingestion rate limit exceeded for user fake (limit: 100 bytes/sec) while attempting to ingest '1' lines totaling '{bytes}' bytes"
            );
            assert!(error.to_string().starts_with(&expected), "{error}");
        }
    }
    let other = TenantId::new("other").unwrap();
    assert!(throttle.admit(&limits, &other, push(&[(r#"{a="1"}"#, 150)]), start).is_ok());
}

#[test]
fn one_fast_stream_does_not_hold_up_the_others() {
    let stream_rate = Some(Rate { per_second: 3 << 20, burst: 100 });
    let limits = IngestLimits { stream_rate, ..IngestLimits::default() };
    let rows = [(r#"{a="1"}"#, 60), (r#"{a="2"}"#, 60), (r#"{a="1"}"#, 60)];
    let admitted = Throttle::default().admit(&limits, &tenant(), push(&rows), Instant::now()).unwrap();
    assert_eq!(plain(&admitted.batch).iter().map(|row| row.0.as_str()).collect::<Vec<_>>(), [r#"{a="2"}"#]);
    assert_eq!((admitted.refused.entries, admitted.refused.limited), (2, true));
    let text = admitted.refused.text();
    assert!(
        text.starts_with(r#"Per stream rate limit exceeded (limit: 3MB/sec) while attempting to ingest for stream '{a="1"}' totaling 120B"#),
        "{text}"
    );
}

#[test]
fn streams_are_limited_until_others_have_been_quiet() {
    let limits = IngestLimits { max_streams: Some(2), ..IngestLimits::default() };
    let throttle = Throttle::default();
    let start = Instant::now();
    let kept = |labels: &[&str], now| {
        let rows: Vec<_> = labels.iter().map(|labels| (*labels, 1)).collect();
        let admitted = throttle.admit(&limits, &tenant(), push(&rows), now).unwrap();
        (admitted.batch.len(), admitted.refused.text())
    };
    let (streams, text) = kept(&[r#"{a="1"}"#, r#"{a="2"}"#, r#"{a="3"}"#], start);
    assert_eq!(streams, 2);
    assert!(
        text.starts_with(r#"maximum active stream limit exceeded when trying to create stream {a="3"}"#),
        "{text}"
    );
    let later = start + IngestLimits::STREAM_IDLE;
    assert_eq!(kept(&[r#"{a="2"}"#], later - Duration::from_secs(1)).0, 1);
    assert_eq!(kept(&[r#"{a="4"}"#, r#"{a="5"}"#], later).0, 1, "stream 1 has been quiet, stream 2 has not");
}

#[test]
fn without_limits_nothing_is_remembered() {
    let throttle = Throttle::default();
    throttle.admit(&IngestLimits::default(), &tenant(), push(&[(r#"{a="1"}"#, 1)]), Instant::now()).unwrap();
    assert!(throttle.tenants.lock().is_empty());
}

#[test]
fn sizes_are_short() {
    for (bytes, text) in
        [(0, "0B"), (3 << 20, "3MB"), (1536 << 10, "1536KB"), (1025, "1025B"), (1 << 31, "2GB")]
    {
        assert_eq!(short(bytes), text);
    }
}
