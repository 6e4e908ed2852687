//! Quick ways give the same answers as slow ones: columns as rows, verdicts as whole traces, memory as segments.

use std::sync::Arc;

use ::traceql::{Metrics, Series, TimeAxis};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use prost::Message as _;
use protocols::otlp::{AnyValue, ExportTraceServiceRequest, KeyValue, ResourceSpans, Status, any_value};

use super::metrics::metrics;
use super::search::{self, SearchQuery, Selection, search};
use super::traceql::BatchSpans;
use super::*;
use crate::batch::batch_of;
use crate::batch::testing::{one_span, request};
use crate::ingest::{Encoding, export};
use crate::store::StoreOptions;

const SECOND: i64 = 1_000_000_000;
/// The times of random spans.
const FIRST: i64 = 1_795_168_800 * SECOND;
const LAST: i64 = FIRST + 6 * 3600 * SECOND;

const METRICS: [&str; 22] = [
    "{ } | rate()",
    "{ } | count_over_time() by (resource.service.name)",
    "{ status = error } | rate() by (name, resource.service.name)",
    "{ duration > 1s && kind = server } | quantile_over_time(duration, .5, .99) by (name)",
    "{ duration >= 1s || duration < 10ms } | count_over_time() by (kind)",
    r#"{ span.code >= 500 || name = "GET" } | avg_over_time(span.ratio) by (span.tier)"#,
    r#"{ !(name = "GET") } | sum_over_time(span.code) by (span.code)"#,
    "{ .a != nil } | count_over_time() by (.a)",
    "{ .tier != nil } | count_over_time() by (.tier, name, status)",
    r#"{ span.tier =~ "g.*" } | max_over_time(duration) by (span.flag)"#,
    r#"{ span.http.url !~ "G.*" } | min_over_time(duration) by (span.http.url)"#,
    r#"{ resource.host.name = "h" } | histogram_over_time(duration)"#,
    "{ resource.host.name = nil } | rate() by (resource.a)",
    r#"{ instrumentation:name != "" } | rate() by (instrumentation:version, kind, status)"#,
    "{ span.flag } | min_over_time(duration)",
    "{ duration * 2 > 1s } | rate() by (resource.GET)",
    "({ status = error } | rate() by (name)) / ({ } | rate() by (name))",
    r#"{ statusMessage != "" && span.tier = nil } | rate() by (statusMessage)"#,
    r#"{ span.name = "GET" } | rate()"#,
    r#"{ event:name = "GET" } | count_over_time()"#,
    "{ span.code != 200 && span.code <= 404 } | quantile_over_time(span.code, .9)",
    r#"{ .service.name != "shop" } | count_over_time() by (.service.name)"#,
];

const SEARCHES: [(&str, &str); 7] = [
    ("{ }", "| count() > 1"),
    ("{ status = error }", "| count() = 1"),
    (r#"{ name = "GET" }"#, "| avg(duration) < 1s"),
    ("{ duration > 10ms }", "| by(name) | count() > 1"),
    ("{ span.code > 200 }", "| max(span.code) >= 500 | count() < 3"),
    (r#"{ resource.service.name = "shop" }"#, r#"| { name = "GET" } | count() > 1"#),
    ("{ kind = server }", "| sum(duration) > 2s | by(span.tier) | coalesce() | count() > 1"),
];

fn pair(key: &str, value: any_value::Value) -> KeyValue {
    KeyValue { key: key.into(), value: Some(AnyValue { value: Some(value) }), key_strindex: 0 }
}

/// Spans whose attributes have columns of their own.
fn shop() -> impl Strategy<Value = ExportTraceServiceRequest> {
    use any_value::Value::{BoolValue, DoubleValue, IntValue, StringValue};
    let span = (
        (0..4u8, 0..5u8, 0..3u8, 0..3i32, 0..6i32),
        (0..LAST - FIRST, 0..3 * SECOND),
        (option::of(0..4i64), option::of(0..3usize), option::of(any::<bool>()), option::of(0..9i32)),
    );
    vec(span, 1..40).prop_map(|spans| {
        let mut request = ExportTraceServiceRequest::default();
        for (at, (ids, (start, duration), (code, tier, flag, ratio))) in spans.into_iter().enumerate() {
            let mut resource: ResourceSpans = one_span(["shop", "stock", "mail", ""][ids.0 as usize], 0);
            let span = &mut resource.scope_spans[0].spans[0];
            span.trace_id = vec![ids.1 + 1; 16];
            span.span_id = (at as u64 + 1).to_be_bytes().to_vec();
            span.name = ["GET", "POST", "pay"][ids.2 as usize].into();
            span.status = Some(Status { code: ids.3, message: String::new() });
            span.kind = ids.4;
            span.start_time_unix_nano = (FIRST + start).cast_unsigned();
            span.end_time_unix_nano = (FIRST + start + duration).cast_unsigned();
            let tiers = ["gold", "silver", "green"];
            span.attributes.extend(code.map(|code| pair("code", IntValue(200 + 100 * code))));
            span.attributes.extend(tier.map(|tier| pair("tier", StringValue(tiers[tier].into()))));
            span.attributes.extend(flag.map(|flag| pair("flag", BoolValue(flag))));
            span.attributes.extend(ratio.map(|ratio| pair("ratio", DoubleValue(f64::from(ratio) / 8.0))));
            request.resource_spans.push(resource);
        }
        request
    })
}

fn axes() -> [TimeAxis; 4] {
    [
        // Row groups begin before it and end after it.
        TimeAxis::instant(FIRST + 3 * 3600 * SECOND, FIRST + 4 * 3600 * SECOND),
        TimeAxis::range(FIRST, LAST, 600 * SECOND),
        TimeAxis::range(FIRST, LAST, 12 * 3600 * SECOND),
        TimeAxis::instant(FIRST + 1800 * SECOND, LAST),
    ]
}

/// Labels and values; sums depend in their last digits on the order of their parts.
fn rounded(series: &[Series]) -> Vec<String> {
    let text = |one: &Series| {
        let values: Vec<String> = one.values.iter().map(|value| format!("{value:.6e}")).collect();
        format!("{:?} {values:?}", one.labels)
    };
    series.iter().map(text).collect()
}

async fn check_metrics(store: &Arc<Store>, all: &ExportTraceServiceRequest) {
    let guard = Guard::new(store.query_limits.timeout);
    let batch = batch_of(all.clone());
    for text in METRICS {
        for axis in axes() {
            let query = Arc::new(Metrics::parse(text, axis, 10).unwrap());
            let mut part = query.part();
            let rows = BatchSpans::of_batch(&batch, query.fields());
            query.add_rows(&mut part, &rows, 0..batch.rows.len()).unwrap();
            let expected = query.finish(vec![part]).unwrap();
            let found = metrics(store, Arc::clone(&query), &guard).await.unwrap();
            assert_eq!(rounded(&found), rounded(&expected), "{text} {axis:?}");
            for exemplar in found.iter().flat_map(|one| &one.exemplars) {
                let id = exemplar.labels[0].1.to_string();
                let is_it = |row: &crate::batch::SpanRow| {
                    row.start == exemplar.time && hex::encode(row.trace_id.0) == id
                };
                assert!(batch.rows.iter().any(is_it), "{text}: {id}");
            }
            let count = |series: &[Series]| series.iter().map(|one| one.exemplars.len()).sum::<usize>();
            assert_eq!(count(&found) > 0, count(&expected) > 0, "{text} {axis:?}: exemplars");
        }
    }
}

async fn found(store: &Arc<Store>, text: &str) -> Vec<String> {
    let query = SearchQuery {
        selection: Selection::TraceQl(Arc::new(::traceql::Query::parse(text).unwrap()), 3),
        min_duration: None,
        max_duration: None,
        start_secs: 0,
        end_secs: i64::from(u32::MAX),
        limit: 10,
    };
    let guard = Guard::new(store.query_limits.timeout);
    let found = search(store, query, &guard).await.unwrap();
    let told = |trace: &search::FoundTrace| format!("{:?} {:?}", trace.summary.trace_id, trace.sets);
    found.traces.iter().map(told).collect()
}

/// What is judged where the spans lie, and the same written so that whole traces have to be put together.
async fn check_searches(store: &Arc<Store>) {
    for (filter, stages) in SEARCHES {
        let quick = format!("{filter} {stages}");
        let slow = format!("({filter} && {filter}) {stages}");
        assert!(::traceql::Query::parse(&quick).unwrap().is_local());
        assert!(!::traceql::Query::parse(&slow).unwrap().is_local());
        assert_eq!(found(store, &quick).await, found(store, &slow).await, "{quick}");
    }
}

async fn play(requests: Vec<ExportTraceServiceRequest>, seal_after: usize) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(StoreOptions::new(dir.path())).await.unwrap();
    let mut all = ExportTraceServiceRequest::default();
    for (at, request) in requests.into_iter().enumerate() {
        export(&store, request.encode_to_vec().into(), Encoding::Protobuf).await.unwrap();
        all.resource_spans.extend(request.resource_spans);
        if at == seal_after {
            store.engine.flush().await.unwrap();
        }
    }
    for sealed in [false, true] {
        if sealed {
            store.engine.flush().await.unwrap();
        }
        check_metrics(&store, &all).await;
        check_searches(&store).await;
    }
    store.engine.close().await;
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn quick_ways_answer_as_slow_ones(
        requests in vec(prop_oneof![3 => shop().boxed(), 1 => request().boxed()], 1..4),
        seal_after in 0..4usize,
    ) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(play(requests, seal_after));
    }
}
