//! The store against a naive model: random requests, sealing and restarts in between.

use std::collections::BTreeMap;

use model::TraceId;
use proptest::prelude::*;
use protocols::otlp::{ExportTraceServiceRequest, ResourceSpans, ScopeSpans, Span, Status};

use crate::batch::FoundSpan;
use crate::batch::testing::{request, sorted, spans_of};
use crate::ingest::{Encoding, export};
use crate::query::Guard;
use crate::query::search::{Condition, Conditions, SearchQuery, Selection, search};
use crate::query::trace::trace_by_id;
use crate::store::{Store, StoreOptions};
use prost::Message as _;

#[derive(Debug, Clone)]
enum Action {
    Export(ExportTraceServiceRequest),
    /// A client that got no answer sends again.
    ExportTwice(ExportTraceServiceRequest),
    Seal,
    Restart,
}

fn action() -> impl Strategy<Value = Action> {
    prop_oneof![
        4 => request().prop_map(Action::Export),
        1 => request().prop_map(Action::ExportTwice),
        1 => Just(Action::Seal),
        1 => Just(Action::Restart),
    ]
}

/// All spans by trace; equal spans once.
#[derive(Debug, Default)]
struct Model(BTreeMap<Vec<u8>, Vec<FoundSpan>>);

impl Model {
    fn add(&mut self, request: &ExportTraceServiceRequest) {
        for span in spans_of(&request.resource_spans) {
            let spans = self.0.entry(span.span.trace_id.clone()).or_default();
            if !spans.contains(&span) {
                spans.push(span);
            }
        }
    }

    /// Ids of traces that have a span with this name, newest first.
    fn with_name(&self, name: &str) -> Vec<Vec<u8>> {
        let matching = self.0.iter().filter(|(_, spans)| spans.iter().any(|span| span.span.name == name));
        let start = |spans: &[FoundSpan]| spans.iter().map(|span| span.span.start_time_unix_nano).min();
        let mut found: Vec<_> =
            matching.map(|(id, spans)| (std::cmp::Reverse(start(spans)), id.clone())).collect();
        found.sort();
        found.into_iter().map(|(_, id)| id).collect()
    }
}

async fn send(store: &std::sync::Arc<Store>, request: &ExportTraceServiceRequest) {
    let answer = export(store, request.encode_to_vec().into(), Encoding::Protobuf).await.unwrap();
    assert_eq!(answer.partial_success, None);
}

async fn check(store: &std::sync::Arc<Store>, model: &Model) {
    let guard = Guard::new(store.query_limits.timeout);
    for id in 0..6u8 {
        let mut wire = [0; 16];
        wire[15] = id;
        let found = trace_by_id(store, TraceId(wire), &guard).await.unwrap();
        let spans = spans_of(&found.resource_spans);
        let expected = without_shared_ids(model.0.get(&wire[..]).cloned().unwrap_or_default());
        if let Some(expected) = expected {
            assert_eq!(spans, sorted(expected), "trace {id}");
        }
    }
    for limit in [1, 3, 10] {
        let query = SearchQuery {
            selection: Selection::Tags(Conditions::new(vec![Condition::Name("GET".into())]).unwrap()),
            min_duration: None,
            max_duration: None,
            start_secs: 0,
            end_secs: i64::from(u32::MAX),
            limit,
        };
        let found = search(store, query, &guard).await.unwrap();
        let ids: Vec<Vec<u8>> = found.traces.iter().map(|trace| trace.summary.trace_id.0.to_vec()).collect();
        let mut expected = model.with_name("GET");
        expected.truncate(limit);
        assert_eq!(ids, expected, "limit {limit}");
    }
}

/// `None` where the answer renames spans: a client and a server span share an id.
fn without_shared_ids(spans: Vec<FoundSpan>) -> Option<Vec<FoundSpan>> {
    let has =
        |id: &[u8], kind: i32| spans.iter().any(|found| found.span.span_id == id && found.span.kind == kind);
    let shared = spans.iter().any(|found| has(&found.span.span_id, 2) && has(&found.span.span_id, 3));
    (!shared).then_some(spans)
}

async fn play(actions: Vec<Action>) {
    let dir = tempfile::tempdir().unwrap();
    let mut store = Store::open(StoreOptions::new(dir.path())).await.unwrap();
    let mut model = Model::default();
    for action in actions {
        match action {
            Action::Export(request) => {
                send(&store, &request).await;
                model.add(&request);
            }
            Action::ExportTwice(request) => {
                send(&store, &request).await;
                send(&store, &request).await;
                model.add(&request);
            }
            Action::Seal => store.engine.flush().await.unwrap(),
            Action::Restart => {
                store.engine.close().await;
                drop(store);
                store = Store::open(StoreOptions::new(dir.path())).await.unwrap();
            }
        }
        check(&store, &model).await;
    }
    store.engine.close().await;
}

fn span(trace: u8, name: &str, start_secs: u64) -> ExportTraceServiceRequest {
    let mut trace_id = vec![0; 16];
    trace_id[15] = trace;
    let start_time_unix_nano = start_secs * 1_000_000_000;
    let span = Span {
        trace_id,
        span_id: vec![trace, 0, 0, 0, 0, 0, 0, u8::from(name == "GET")],
        name: name.to_owned(),
        start_time_unix_nano,
        end_time_unix_nano: start_time_unix_nano + 1,
        status: Some(Status::default()),
        ..Span::default()
    };
    let scope_spans = vec![ScopeSpans { spans: vec![span], ..ScopeSpans::default() }];
    ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans { scope_spans, ..ResourceSpans::default() }],
    }
}

/// What a trace's newest span says of its age is only a bound: the rest of it may be hours older.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_trace_that_began_long_before_its_newest_span_does_not_push_out_a_newer_one() {
    const HOUR: u64 = 3600;
    let noon = 498_660 * HOUR;
    play(vec![
        Action::Export(span(4, "http.url", noon)),
        Action::Export(span(4, "GET", noon + 2 * HOUR)),
        Action::Export(span(5, "GET", noon + 1)),
        Action::Seal,
    ])
    .await;
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn the_store_answers_as_a_naive_one(actions in prop::collection::vec(action(), 1..7)) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(play(actions));
    }
}
