use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use serde_json::json;

use crate::support::{Lab, nowhere, upstream};

#[tokio::test]
async fn data_sources_are_found_by_every_name_they_have() {
    let lab = Lab::with([("TEMPO_URL", "http://tempo:3200")]).await;
    let mut client = lab.admin().await;
    let list = client.get("/api/datasources").await.json();
    let names: Vec<_> =
        list.as_array().unwrap().iter().map(|source| source["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["Loki", "Prometheus", "Tempo"]);
    let loki = &list[0];
    assert_eq!((loki["uid"].as_str(), loki["type"].as_str()), (Some("loki"), Some("loki")));
    assert_eq!(
        (loki["url"].as_str(), loki["typeName"].as_str()),
        (Some("http://127.0.0.1:3100"), Some("Loki"))
    );
    assert_eq!((loki["isDefault"].as_bool(), loki["readOnly"].as_bool()), (Some(true), Some(true)));
    assert_eq!(list[1]["url"], "http://tempo:3200/prometheus");
    assert_eq!(list[2]["url"], "http://tempo:3200");

    let id = loki["id"].as_i64().unwrap();
    for path in ["uid/loki".to_owned(), "name/Loki".to_owned(), id.to_string()] {
        let source = client.get(&format!("/api/datasources/{path}")).await.json();
        assert_eq!(source["name"], "Loki", "{path}");
        assert_eq!(source["secureJsonFields"], json!({}));
        assert_eq!(source["jsonData"]["derivedFields"][0]["datasourceUid"], "tempo");
    }
    assert_eq!(client.get("/api/datasources/id/Loki").await.json(), json!({ "id": id }));
    for path in
        ["uid/none", "name/none", "999", "id/none", "uid/none/health", "999/health", "proxy/uid/none/x"]
    {
        let answer = client.get(&format!("/api/datasources/{path}")).await;
        assert_eq!(
            (answer.status, answer.message().as_str()),
            (StatusCode::NOT_FOUND, "Data source not found"),
            "{path}"
        );
    }
    assert_eq!(client.get("/api/datasources/abc").await.status, StatusCode::BAD_REQUEST);
    assert_eq!(client.get("/api/datasources/proxy/abc/x").await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn health_asks_the_data_source() {
    let plain_logs = Router::new()
        .route("/loki/api/v1/query", get(|| async { (StatusCode::BAD_REQUEST, "parse error") }))
        .route("/loki/api/v1/labels", get(|| async { r#"{"status":"success","data":[]}"# }));
    let loki = upstream(plain_logs).await;
    let tempo = upstream(Router::new().route("/api/echo", get(|| async { "echo\n" }))).await;
    let lab = Lab::with([("LOKI_URL", loki.as_str()), ("TEMPO_URL", &tempo)]).await;
    let mut client = lab.admin().await;
    for (uid, message) in
        [("loki", "Data source successfully connected."), ("tempo", "Data source is working")]
    {
        let answer = client.get(&format!("/api/datasources/uid/{uid}/health")).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        assert_eq!(answer.json(), json!({ "status": "OK", "message": message }));
    }
}

#[tokio::test]
async fn health_says_what_is_wrong() {
    let broken =
        upstream(Router::new().fallback(|| async { (StatusCode::INTERNAL_SERVER_ERROR, "disk full") })).await;
    let dead = nowhere().await;
    let lab = Lab::with([("LOKI_URL", broken.as_str()), ("TEMPO_URL", &dead)]).await;
    let mut client = lab.admin().await;
    for (uid, words) in [("loki", "answered 500"), ("tempo", "cannot be reached")] {
        let answer = client.get(&format!("/api/datasources/uid/{uid}/health")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        assert_eq!(answer.json()["status"], "ERROR");
        assert!(answer.message().contains(words), "{}", answer.text());
    }
}
