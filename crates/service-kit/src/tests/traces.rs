//! One trace through two services and a database.

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request};
use axum::routing::get;
use opentelemetry::trace::{SpanKind, Status};
use runtime::CancellationToken;
use serde_json::json;
use tower::ServiceExt as _;

use crate::http::Limits;
use crate::server::surround;
use crate::telemetry::recorder::{Recorder, attribute};
use crate::{
    AppError, ClientConfig, Database, DatabaseArgs, Durability, Id, Json, Migration, Secret, ServiceClient,
    emit, spawn_local,
};

const TABLE: Migration =
    Migration { version: 1, name: "things", sql: "CREATE TABLE things (id {{id}}, name TEXT NOT NULL)" };

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const PARENT: &str = "b7ad6b7169203331";

#[tokio::test]
async fn spans_of_two_services_make_one_trace() {
    let recorder = Recorder::start();
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("things.db").display());
    let args = DatabaseArgs { database_url: Some(Secret::new(url)) };
    let database = Database::open(&args, "back", Durability::ProcessCrash, &[TABLE]).await.unwrap();

    let shutdown = CancellationToken::new();
    let back = Router::new().route("/names/{id}", get(async move |Id(id): Id| name(&database, id).await));
    let address = spawn_local(surround(back, Limits::default()), shutdown.clone()).await.unwrap();
    let client = ServiceClient::new("back", &format!("http://{address}"), ClientConfig::default()).unwrap();
    let front = Router::new().route("/things/{id}", get(async move |Id(id): Id| thing(&client, id).await));
    let front = surround(front, Limits::default());

    let request = Request::get("/things/5?full=yes")
        .header("host", "shop.example:8080")
        .header("traceparent", format!("00-{TRACE}-{PARENT}-01"))
        .header("baggage", "session.id=visit-1,synthetic=true")
        .body(Body::empty())
        .unwrap();
    let response = front.oneshot(request).await.unwrap();
    assert_eq!(
        (response.status().as_u16(), &response.headers()["x-trace-id"]),
        (404, &TRACE.parse().unwrap())
    );
    shutdown.cancel();
    // The other server's span may end a moment after its answer has come.
    let all_ended = async {
        while recorder.spans().len() < 5 {
            tokio::task::yield_now().await;
        }
    };
    let waited = tokio::time::timeout(Duration::from_secs(10), all_ended).await;
    let names: Vec<_> = recorder.spans().iter().map(|span| span.name.clone()).collect();
    assert!(waited.is_ok(), "only these have ended: {names:?}");
    check_spans(&recorder);
    check_line(&recorder);
}

async fn thing(client: &ServiceClient, id: i64) -> Result<Json<serde_json::Value>, AppError> {
    emit!(ProductViewed { product_id = id, price = 2.5 }, "thing {id} viewed");
    let answer = client.request(Method::GET, "/names/{id}", format!("/names/{id}")).send().await;
    match answer {
        Ok(answer) => Ok(Json(answer.json()?)),
        Err(error) if error.is_status(http::StatusCode::NOT_FOUND) => {
            Err(AppError::not_found("THING_NOT_FOUND", "no such thing"))
        }
        Err(error) => Err(error.into()),
    }
}

#[tracing::instrument(target = "shop", name = "find_name", skip_all)]
async fn name(database: &Database, id: i64) -> Result<Json<serde_json::Value>, AppError> {
    let row = database.query("SELECT name FROM things WHERE id = $1").bind(id).optional().await?;
    let row = row.ok_or_else(|| AppError::not_found("NAME_NOT_FOUND", "no such name"))?;
    Ok(Json(json!({"name": row.get::<String>("name")?})))
}

fn check_spans(recorder: &Recorder) {
    let front = recorder.span("GET /things/{id}");
    let spans = recorder.spans();
    let named = |name: &str, kind: SpanKind| {
        spans.iter().find(|span| span.name == name && span.span_kind == kind).unwrap().clone()
    };
    let (call, back) =
        (named("GET /names/{id}", SpanKind::Client), named("GET /names/{id}", SpanKind::Server));
    let (find, query) = (recorder.span("find_name"), recorder.span("SELECT things"));
    assert_eq!((spans.len(), query.span_kind.clone()), (5, SpanKind::Client));
    for (span, parent) in [
        (&front, PARENT.to_owned()),
        (&call, front.span_context.span_id().to_string()),
        (&back, call.span_context.span_id().to_string()),
        (&find, back.span_context.span_id().to_string()),
        (&query, find.span_context.span_id().to_string()),
    ] {
        assert_eq!(span.span_context.trace_id().to_string(), TRACE, "{}", span.name);
        assert_eq!(span.parent_span_id.to_string(), parent, "{}", span.name);
    }
    // 404 is an error for who calls, not for who answers.
    assert!(matches!(call.status, Status::Error { .. }));
    assert_eq!((&front.status, &back.status), (&Status::Unset, &Status::Unset));
    for (span, name, value) in [
        (&front, "http.request.method", "GET"),
        (&front, "http.route", "/things/{id}"),
        (&front, "http.response.status_code", "404"),
        (&front, "url.path", "/things/5"),
        (&front, "url.query", "full=yes"),
        (&front, "url.scheme", "http"),
        (&front, "server.address", "shop.example"),
        (&front, "server.port", "8080"),
        (&front, "session.id", "visit-1"),
        (&front, "user_agent.synthetic.type", "test"),
        (&back, "session.id", "visit-1"),
        (&back, "client.address", "127.0.0.1"),
        (&back, "network.protocol.version", "1.1"),
        (&call, "url.template", "/names/{id}"),
        (&call, "server.address", "127.0.0.1"),
        (&call, "peer.service", "back"),
        (&call, "error.type", "404"),
        (&query, "db.system.name", "sqlite"),
        (&query, "db.namespace", "things.db"),
        (&query, "db.collection.name", "things"),
        (&query, "db.operation.name", "SELECT"),
        (&query, "db.query.text", "SELECT name FROM things WHERE id = $1"),
    ] {
        assert_eq!(attribute(span, name), value, "{} {name}", span.name);
    }
    assert!(attribute(&call, "url.full").ends_with("/names/5"));
    for old in ["http.method", "http.status_code", "http.url", "http.target", "db.system", "db.statement"] {
        assert!(spans.iter().all(|span| attribute(span, old).is_empty()), "{old}");
    }
}

fn check_line(recorder: &Recorder) {
    let front = recorder.span("GET /things/{id}");
    let line = &recorder.lines("product.viewed")[0];
    assert_eq!((&line["product_id"], &line["price"]), (&json!(5), &json!(2.5)));
    assert_eq!((&line["message"], &line["level"]), (&json!("thing 5 viewed"), &json!("info")));
    assert_eq!((&line["session_id"], &line["synthetic"]), (&json!("visit-1"), &json!(true)));
    assert_eq!((&line["trace_id"], &line["service"]), (&json!(TRACE), &json!("test-service")));
    assert_eq!(line["span_id"], front.span_context.span_id().to_string());
    assert_eq!(line["request_id"].as_str().unwrap().len(), 32);
}
