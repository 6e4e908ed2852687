//! Rows that conditions leave out would not have passed them.

use std::sync::Arc;

use prost::Message as _;
use protocols::otlp::{AnyValue, ExportTraceServiceRequest, KeyValue, any_value};
use traceql::{Clause, Compare, Condition, Intrinsic, Kind, Scope, Static, Status, Test};

use super::*;
use crate::batch::testing::one_span;
use crate::batch::{SpanBatch, Value as Stored};
use crate::columns::Columns;
use crate::ingest::{Encoding, export};
use crate::query::Guard;
use crate::query::scan::{Sources, Wanted, fold};
use crate::store::{Store, StoreOptions};

fn pair(key: &str, value: any_value::Value) -> KeyValue {
    KeyValue { key: key.into(), value: Some(AnyValue { value: Some(value) }), key_strindex: 0 }
}

/// 200 spans: even ones are of the shop, with an order of their own; every tenth failed, with a code; some are odd.
fn spans() -> ExportTraceServiceRequest {
    use any_value::Value::{BoolValue, DoubleValue, IntValue, StringValue};
    let mut request = ExportTraceServiceRequest::default();
    for at in 0..200u64 {
        let service = if at % 2 == 0 { "shop" } else { "stock" };
        let mut resource_spans = one_span(service, at);
        let span = &mut resource_spans.scope_spans[0].spans[0];
        span.kind = (at % 5) as i32;
        span.end_time_unix_nano = span.start_time_unix_nano + at * 1000;
        span.attributes.push(pair("order", StringValue(format!("o-{at}"))));
        span.attributes.push(pair("method", StringValue(if at % 3 == 0 { "GET" } else { "POST" }.into())));
        span.attributes.push(pair("total", DoubleValue(at as f64 / 2.0)));
        if at % 4 == 0 {
            span.attributes.push(pair("user", IntValue(at as i64)));
        }
        span.attributes.push(if at % 2 == 0 {
            pair("mixed", IntValue(1))
        } else {
            pair("mixed", BoolValue(true))
        });
        if at % 10 == 0 {
            span.status = Some(protocols::otlp::Status { code: 2, message: "no".into() });
        }
        if at == 77 {
            span.attributes.push(pair("rare", StringValue("once".into())));
        }
        request.resource_spans.push(resource_spans);
    }
    request
}

fn compare(op: Compare, value: Static) -> Test {
    Test::Compare { op, value, strict: false }
}

fn text(text: &str) -> Static {
    Static::Str(text.into())
}

/// Rows of segments that a condition leaves, and how many of them there would be for a store that knew all.
fn cases() -> Vec<(Field, Test, usize)> {
    let span = |name: &str| Field::attribute(Scope::Span, name);
    let is = |value| compare(Compare::Eq, value);
    let regex =
        |pattern: &str| Test::Regex { regex: Arc::new(regex::Regex::new(pattern).unwrap()), negated: false };
    vec![
        (span("order"), is(text("o-7")), 1),
        (span("order"), is(text("nope")), 0),
        (span("order"), regex("^o-1.$"), 10),
        (span("method"), is(text("GET")), 67),
        (span("method"), is(text("PUT")), 0),
        (span("method"), compare(Compare::Ne, text("GET")), 133),
        (span("total"), compare(Compare::Gt, Static::Int(90)), 19),
        (span("total"), compare(Compare::Gt, Static::Int(900)), 0),
        (span("user"), Test::Exists, 50),
        (span("user"), Test::Missing, 150),
        (span("user"), compare(Compare::Le, Static::Float(8.5)), 3),
        (span("absent"), Test::Exists, 0),
        (span("absent"), Test::Missing, 200),
        // Not in a column of their own, or not only there: all rows are left.
        (span("rare"), is(text("once")), 200),
        (span("mixed"), is(Static::Bool(true)), 200),
        (Field::attribute(Scope::Any, "order"), is(text("o-7")), 1),
        (Field::attribute(Scope::Any, "service.name"), is(text("stock")), 100),
        (Field::attribute(Scope::Resource, "service.name"), is(text("shop")), 100),
        (Field::attribute(Scope::Resource, "host.name"), is(text("h")), 200),
        (Field::attribute(Scope::Resource, "host.name"), is(text("g")), 0),
        (Field::attribute(Scope::Event, "x"), Test::Exists, 0),
        (Field::Intrinsic(Intrinsic::Status), is(Static::Status(Status::Error)), 20),
        (Field::Intrinsic(Intrinsic::Kind), is(Static::Kind(Kind::Server)), 40),
        (Field::Intrinsic(Intrinsic::Duration), compare(Compare::Ge, Static::Duration(199_000)), 1),
        (Field::Intrinsic(Intrinsic::Duration), compare(Compare::Gt, Static::Duration(199_000)), 0),
        (Field::Intrinsic(Intrinsic::Name), is(text("op")), 200),
    ]
}

async fn seen(store: &Arc<Store>, filters: Pushdown) -> Vec<String> {
    let columns = Columns { attributes: true, ..Columns::default() };
    let wanted = Wanted { columns, filters: Some(filters), ..Wanted::default() };
    let mut found = Vec::new();
    let guard = Guard::new(store.query_limits.timeout);
    let orders = |orders: &mut Vec<String>, batch: &SpanBatch, rows: crate::query::scan::RowIndices<'_>| {
        for at in rows {
            let mut attributes = batch.attributes.of(batch.rows[at].attributes);
            if let Some((_, Stored::String(id))) = attributes.find(|(key, _)| batch.text(*key) == "order") {
                orders.push(batch.text(id).to_owned());
            }
        }
    };
    let add = |orders| {
        found.extend::<Vec<String>>(orders);
        Ok(())
    };
    fold(store, &Sources::all(store), &wanted, &guard, orders, add).await.unwrap();
    found.sort();
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn segments_are_read_as_far_as_conditions_need() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(StoreOptions::new(dir.path())).await.unwrap();
    export(&store, spans().encode_to_vec().into(), Encoding::Protobuf).await.unwrap();
    store.engine.flush().await.unwrap();
    for (field, test, rows) in cases() {
        let condition = Condition { field: 0, test: test.clone() };
        let clause = Clause(vec![condition]);
        let one = Pushdown {
            fields: [field.clone()].into(),
            filters: [SpanConditions(vec![clause.clone()])].into(),
        };
        assert_eq!(seen(&store, one).await.len(), rows, "{field} {test:?}");
        // With a condition beside it that nothing meets, there is nothing; as an alternative of it, all that passes.
        let fields: Arc<[Field]> = [field, Field::attribute(Scope::Span, "method")].into();
        let never = Clause(vec![Condition { field: 1, test: compare(Compare::Eq, text("PUT")) }]);
        let both = [SpanConditions(vec![clause.clone(), never.clone()])].into();
        assert!(seen(&store, Pushdown { fields: Arc::clone(&fields), filters: both }).await.is_empty());
        let either = [SpanConditions(vec![clause]), SpanConditions(vec![never])].into();
        assert_eq!(seen(&store, Pushdown { fields, filters: either }).await.len(), rows);
    }
    store.engine.close().await;
}
