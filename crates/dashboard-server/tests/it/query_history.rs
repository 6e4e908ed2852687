use std::time::Duration;

use axum::http::StatusCode;
use serde_json::json;

use crate::support::Lab;

#[tokio::test]
async fn everyone_has_a_history_of_their_own() {
    let lab = Lab::new().await;
    let mut vera = lab.user("vera", "Viewer").await;
    for expr in ["{a=\"1\"}", "{b=\"2\"}"] {
        let body = json!({ "datasourceUid": "loki", "queries": [{ "refId": "A", "expr": expr }] });
        assert_eq!(vera.call("POST", "/api/query-history", Some(body)).await.status, StatusCode::OK);
        lab.clock.advance(Duration::from_secs(1));
    }
    let list = vera.get("/api/query-history?datasourceUid=loki").await.json()["result"].clone();
    assert_eq!(
        (&list["totalCount"], &list["queryHistory"][0]["queries"][0]["expr"]),
        (&json!(2), &json!("{b=\"2\"}"))
    );
    let oldest =
        vera.get("/api/query-history?sort=time-asc&limit=1").await.json()["result"]["queryHistory"].clone();
    let uid = oldest[0]["uid"].as_str().unwrap().to_owned();
    let starred = vera.call("POST", &format!("/api/query-history/star/{uid}"), None).await.json();
    assert_eq!(starred["result"]["starred"], true);
    let noted = vera
        .call("PATCH", &format!("/api/query-history/{uid}"), Some(json!({ "comment": "the slow one" })))
        .await;
    assert_eq!(noted.json()["result"]["comment"], "the slow one");
    for (query, expected) in [
        ("onlyStarred=true", 1),
        ("searchString=SLOW", 1),
        ("datasourceUid=tempo", 0),
        ("from=9999999999", 0),
    ] {
        let found = vera.get(&format!("/api/query-history?{query}")).await.json();
        assert_eq!(found["result"]["totalCount"], expected, "{query}");
    }
    let mut other = lab.user("other", "Viewer").await;
    assert_eq!(other.get("/api/query-history").await.json()["result"]["totalCount"], 0);
    assert_eq!(
        other.call("DELETE", &format!("/api/query-history/{uid}"), None).await.status,
        StatusCode::NOT_FOUND
    );
    vera.call("DELETE", &format!("/api/query-history/star/{uid}"), None).await;
    assert_eq!(
        vera.call("DELETE", &format!("/api/query-history/{uid}"), None).await.message(),
        "Query deleted"
    );
    for body in [json!({}), json!({ "queries": [] }), json!({ "queries": ["x".repeat(200_000)] })] {
        assert_eq!(vera.call("POST", "/api/query-history", Some(body)).await.status, StatusCode::BAD_REQUEST);
    }
}
