//! Queries of panels against stand-ins for the three kinds of sources.

use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::{Value, json};

use crate::support::{Client, Lab, nowhere, upstream};

/// What the stand-in was asked, as pairs.
fn parameters(request: &Request) -> Vec<(String, String)> {
    let query = request.uri().query().unwrap_or_default();
    url::form_urlencoded::parse(query.as_bytes()).into_owned().collect()
}

fn of(request: &Request, name: &str) -> String {
    parameters(request).into_iter().find(|(key, _)| key == name).map(|(_, value)| value).unwrap_or_default()
}

async fn loki(request: Request) -> Response {
    let expr = of(&request, "query");
    if expr == "broken" {
        return (StatusCode::BAD_REQUEST, "parse error at line 1, col 1: no").into_response();
    }
    let data = if expr.starts_with('{') {
        json!({ "resultType": "streams", "result": [
            { "stream": { "service_name": "a" }, "values": [["1700000000000000001", "one"], ["1700000000000000001", "one"]] },
            { "stream": { "service_name": "b" }, "values": [["1700000001000000000", "two"]] },
        ] })
    } else {
        // The step and the query as they came, so that the test sees them.
        json!({ "resultType": "matrix", "result": [
            { "metric": { "service": of(&request, "step"), "expr": expr }, "values": [[1700000000, "1"], [1700000060.5, "NaN"]] },
        ] })
    };
    axum::Json(json!({ "status": "success", "data": data })).into_response()
}

async fn prometheus(request: Request) -> Response {
    let data = match request.uri().path() {
        "/prometheus/api/v1/query" => json!({ "resultType": "vector", "result": [
            { "metric": { "client": "shop", "server": "db" }, "value": [1700000000, "+Inf"] },
            { "metric": { "client": "web", "zone": "z" }, "value": [1700000000, "2"] },
        ] }),
        _ => json!({ "resultType": "matrix", "result": [
            { "metric": { "__name__": "up" }, "values": [[1700000000, of(&request, "start")], [1700000015, of(&request, "step")]] },
        ] }),
    };
    axum::Json(json!({ "status": "success", "data": data })).into_response()
}

async fn tempo(request: Request) -> Response {
    let span = json!({
        "traceId": "AAAAAAAAAAAAAAAAAAAAAQ==", "spanId": "AAAAAAAAAAI=", "name": "create_order", "kind": "SPAN_KIND_SERVER",
        "startTimeUnixNano": "1700000000000000000", "endTimeUnixNano": "1700000000250000000",
        "status": { "code": "STATUS_CODE_ERROR", "message": "no stock" },
        "attributes": [{ "key": "http.status", "value": { "intValue": "500" } }],
        "events": [{ "name": "exception", "timeUnixNano": "1700000000100000000", "attributes": [] }],
    });
    axum::Json(match request.uri().path() {
        "/api/search" => json!({ "traces": [
            { "traceID": "1", "rootServiceName": of(&request, "q"), "rootTraceName": "old", "startTimeUnixNano": "1700000000000000000", "durationMs": 5 },
            { "traceID": "2", "rootServiceName": "shop", "rootTraceName": "new", "startTimeUnixNano": "1700000009000000000", "durationMs": 7,
              "spanSets": [{ "spans": [{ "spanID": "9", "startTimeUnixNano": "1700000009000000001", "durationNanos": "12",
                "attributes": [{ "key": "http.route", "value": { "stringValue": "/x" } }] }], "matched": 1 }] },
        ] }),
        "/api/metrics/query_range" => json!({ "series": [
            { "labels": [{ "key": "name", "value": { "stringValue": "login" } }], "samples": [{ "timestampMs": "1700000000000", "value": 2 }, { "timestampMs": "1700000060000" }] },
        ] }),
        "/api/v2/traces/00000000000000000000000000000001" => json!({ "trace": { "resourceSpans": [
            { "resource": { "attributes": [{ "key": "service.name", "value": { "stringValue": "shop" } }] },
              "scopeSpans": [{ "scope": { "name": "lib" }, "spans": [span] }] },
        ] } }),
        _ => json!({}),
    })
    .into_response()
}

async fn client() -> (Lab, Client) {
    let loki = upstream(Router::new().fallback(get(loki))).await;
    let prometheus = upstream(Router::new().fallback(get(prometheus))).await + "/prometheus";
    let tempo = upstream(Router::new().fallback(get(tempo))).await;
    let variables = [("LOKI_URL", loki.as_str()), ("PROMETHEUS_URL", &prometheus), ("TEMPO_URL", &tempo)];
    let lab = Lab::with(variables).await;
    let client = lab.admin().await;
    (lab, client)
}

/// Asks one query and returns its result.
async fn ask(client: &mut Client, mut query: Value) -> Value {
    query["refId"] = json!("A");
    let body = json!({ "queries": [query], "from": "1700000000000", "to": "1700003600000" });
    client.call("POST", "/api/ds/query?ds_type=x", Some(body)).await.json()["results"]["A"].clone()
}

fn names(frame: &Value) -> Vec<&str> {
    frame["schema"]["fields"]
        .as_array()
        .unwrap()
        .iter()
        .map(|field| field["name"].as_str().unwrap())
        .collect()
}

fn column<'f>(frame: &'f Value, name: &str) -> &'f Value {
    let at = names(frame).iter().position(|known| *known == name).unwrap();
    &frame["data"]["values"][at]
}

#[tokio::test]
async fn log_lines_come_as_one_frame() {
    let (_lab, mut client) = client().await;
    let result =
        ask(&mut client, json!({ "datasource": { "uid": "loki" }, "expr": "{service_name=~\".+\"}" })).await;
    let frame = &result["frames"][0];
    assert_eq!(names(frame), ["labels", "Time", "Line", "tsNs", "labelTypes", "id"]);
    assert_eq!(frame["schema"]["meta"]["preferredVisualisationType"], "logs");
    assert_eq!(frame["schema"]["meta"]["custom"]["frameType"], "LabeledTimeValues");
    assert_eq!(*column(frame, "Line"), json!(["two", "one", "one"]));
    assert_eq!(
        *column(frame, "tsNs"),
        json!(["1700000001000000000", "1700000000000000001", "1700000000000000001"])
    );
    assert_eq!(frame["data"]["nanos"][1], json!([0, 1, 1]));
    assert_eq!(column(frame, "labels")[0], json!({ "service_name": "b" }));
    let ids = column(frame, "id").as_array().unwrap();
    assert!(ids[1] != ids[2] && ids[2].as_str().unwrap().ends_with("_1"), "{ids:?}");
}

#[tokio::test]
async fn numbers_come_as_a_frame_per_series_with_variables_filled() {
    let (_lab, mut client) = client().await;
    let query = json!({
        "datasource": { "uid": "loki" }, "expr": "rate({a=\"b\"}[$__interval])", "intervalMs": 30000, "legendFormat": "{{service}}!",
    });
    let result = ask(&mut client, query).await;
    let frame = &result["frames"][0];
    assert_eq!(frame["schema"]["meta"]["type"], "timeseries-multi");
    assert_eq!(frame["schema"]["fields"][1]["labels"]["expr"], "rate({a=\"b\"}[30s])");
    assert_eq!(frame["schema"]["fields"][1]["config"]["displayNameFromDS"], "30s!");
    assert_eq!(frame["data"]["values"], json!([[1_700_000_000_000_i64, 1_700_000_060_500_i64], [1.0, null]]));
    assert_eq!(frame["data"]["entities"][1], json!({ "NaN": [1] }));
}

#[tokio::test]
async fn promql_is_asked_on_a_grid_and_at_instants() {
    let (_lab, mut client) = client().await;
    let source = json!({ "uid": "prometheus", "type": "prometheus" });
    let range =
        ask(&mut client, json!({ "datasource": source, "expr": "up", "range": true, "intervalMs": 1000 }))
            .await;
    // From the grid of the step, which is not below the interval of the source.
    assert_eq!(*column(&range["frames"][0], "Value"), json!([1_699_999_995.0, 15.0]));
    let table =
        ask(&mut client, json!({ "datasource": source, "expr": "x", "instant": true, "format": "table" }))
            .await;
    let frame = &table["frames"][0];
    assert_eq!(names(frame), ["Time", "client", "server", "zone", "Value"]);
    assert_eq!(*column(frame, "server"), json!(["db", ""]));
    assert_eq!(frame["data"]["entities"][4], json!({ "Inf": [0] }));
}

#[tokio::test]
async fn traceql_finds_traces_spans_numbers_and_single_traces() {
    let (_lab, mut client) = client().await;
    let query = |rest: Value| {
        let mut query = json!({ "datasource": { "uid": "tempo" }, "queryType": "traceql" });
        query.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        query
    };
    let found = ask(&mut client, query(json!({ "query": "{ status = error }" }))).await;
    let frame = &found["frames"][0];
    assert_eq!(*column(frame, "traceID"), json!(["2", "1"]));
    assert_eq!(*column(frame, "traceService"), json!(["shop", "{ status = error }"]));
    assert_eq!(*column(frame, "startTime"), json!([1_700_000_009_000_i64, 1_700_000_000_000_i64]));

    let spans = ask(&mut client, query(json!({ "query": "{ }", "tableType": "spans" }))).await;
    assert_eq!(*column(&spans["frames"][0], "http.route"), json!(["/x"]));
    assert_eq!(*column(&spans["frames"][0], "duration"), json!([12.0]));

    let numbers = ask(&mut client, query(json!({ "query": "{ } | rate() by (name)" }))).await;
    assert_eq!(numbers["frames"][0]["schema"]["name"], "login");
    assert_eq!(*column(&numbers["frames"][0], "Value"), json!([2.0, 0.0]));

    let trace = ask(&mut client, query(json!({ "query": "00000000000000000000000000000001" }))).await;
    let frame = &trace["frames"][0];
    assert_eq!(frame["schema"]["meta"]["preferredVisualisationType"], "trace");
    for (name, expected) in [
        ("traceID", json!("00000000000000000000000000000001")),
        ("spanID", json!("0000000000000002")),
        ("serviceName", json!("shop")),
        ("kind", json!("server")),
        ("statusCode", json!(2.0)),
        ("duration", json!(250.0)),
        ("tags", json!([{ "key": "http.status", "value": 500 }])),
    ] {
        assert_eq!(column(frame, name)[0], expected, "{name}");
    }
    let missing = ask(&mut client, query(json!({ "query": "00000000000000000000000000000002" }))).await;
    assert_eq!((&missing["status"], &missing["error"]), (&json!(404), &json!("trace not found")));
}

#[tokio::test]
async fn one_broken_query_leaves_the_others_their_answers() {
    let (_lab, mut client) = client().await;
    let body = json!({ "queries": [
        { "refId": "A", "datasource": { "uid": "loki" }, "expr": "broken" },
        { "refId": "B", "datasource": { "uid": "loki" }, "expr": "{a=\"b\"}" },
        { "refId": "C", "datasource": { "uid": "loki" }, "expr": "" },
    ] });
    let answer = client.call("POST", "/api/ds/query", Some(body)).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    let results = answer.json()["results"].clone();
    assert_eq!(results["A"]["error"], "parse error at line 1, col 1: no");
    assert_eq!((&results["A"]["status"], &results["A"]["errorSource"]), (&json!(400), &json!("downstream")));
    assert_eq!(results["B"]["frames"].as_array().unwrap().len(), 1);
    assert_eq!(results["C"]["frames"], json!([]));
}

#[tokio::test]
async fn requests_that_make_no_sense_are_refused() {
    let dead = nowhere().await;
    let lab = Lab::with([("LOKI_URL", dead.as_str())]).await;
    let mut client = lab.admin().await;
    let query = json!({ "refId": "A", "datasource": { "uid": "loki" }, "expr": "{a=\"b\"}" });
    for (body, status, text) in [
        (json!({}), 400, "no queries"),
        (json!({ "queries": [{ "refId": "A" }] }), 400, "names no data source"),
        (json!({ "queries": [{ "datasource": { "uid": "x" } }] }), 404, "not found"),
        (json!({ "queries": [query], "from": "x", "to": "now" }), 400, "is no time"),
        (json!({ "queries": [query], "from": "now", "to": "now-1h" }), 400, "ends before"),
        (json!({ "queries": vec![query.clone(); 101] }), 400, "at most"),
    ] {
        let answer = client.call("POST", "/api/ds/query", Some(body.clone())).await;
        assert_eq!(answer.status.as_u16(), status, "{body}");
        assert!(answer.message().contains(text), "{body}: {}", answer.text());
    }
    let answer = client.call("POST", "/api/ds/query", Some(json!({ "queries": [query] }))).await;
    let error = answer.json()["results"]["A"]["error"].as_str().unwrap().to_owned();
    assert!(error.contains("cannot be reached") && error.contains("Is it running?"), "{error}");
    let body = Some(json!({ "queries": [query] }));
    assert_eq!(lab.client().call("POST", "/api/ds/query", body).await.status, StatusCode::UNAUTHORIZED);
}
