use std::time::Duration;

use axum::http::StatusCode;
use serde_json::json;

use crate::support::Lab;

#[tokio::test]
async fn snapshots_are_made_read_and_deleted() {
    let lab = Lab::new().await;
    let mut editor = lab.user("ed", "Editor").await;
    let dashboard = json!({ "title": "Now", "panels": [{ "snapshotData": [1, 2] }] });
    let body = json!({ "dashboard": dashboard, "name": "Incident 7", "expires": 3600 });
    let made = editor.call("POST", "/api/snapshots", Some(body.clone())).await.json();
    let (key, delete_key) = (made["key"].as_str().unwrap(), made["deleteKey"].as_str().unwrap());
    assert_eq!(made["url"], format!("http://localhost:3000/dashboard/snapshot/{key}"));
    assert_eq!(made["deleteUrl"], format!("http://localhost:3000/api/snapshots-delete/{delete_key}"));

    let read = editor.get(&format!("/api/snapshots/{key}")).await.json();
    assert_eq!((&read["dashboard"], &read["meta"]["isSnapshot"]), (&dashboard, &json!(true)));
    assert_eq!(lab.client().get(&format!("/api/snapshots/{key}")).await.status, StatusCode::UNAUTHORIZED);
    let mut viewer = lab.user("vera", "Viewer").await;
    assert_eq!(viewer.get(&format!("/api/snapshots/{key}")).await.status, StatusCode::OK);
    assert_eq!(viewer.get("/api/dashboard/snapshots").await.json(), json!([]), "whoever has the key");
    let list = editor.get("/api/dashboard/snapshots?query=INCIDENT").await;
    assert_eq!((&list.json()[0]["name"], list.text().contains(delete_key)), (&json!("Incident 7"), false));

    let gone = viewer.get(&format!("/api/snapshots-delete/{delete_key}")).await;
    assert!(gone.message().starts_with("Snapshot deleted"), "{}", gone.text());
    assert_eq!(editor.get(&format!("/api/snapshots/{key}")).await.status, StatusCode::NOT_FOUND);

    let made = editor.call("POST", "/api/snapshots", Some(body)).await.json();
    let path = format!("/api/snapshots/{}", made["key"].as_str().unwrap());
    lab.clock.advance(Duration::from_secs(3600));
    let mut editor = lab.client();
    editor.log_in("ed", "secreted").await;
    assert_eq!(editor.get(&path).await.message(), "Dashboard snapshot not found", "expired");
    let body = json!({ "dashboard": dashboard, "key": "a-key-of-my-own-choice" });
    editor.call("POST", "/api/snapshots", Some(body.clone())).await;
    assert_eq!(editor.call("POST", "/api/snapshots", Some(body)).await.status, StatusCode::CONFLICT);
    let deleted = editor.call("DELETE", "/api/snapshots/a-key-of-my-own-choice", None).await;
    assert_eq!(deleted.status, StatusCode::OK);
    for (body, status) in [
        (json!({}), 400),
        (json!({ "dashboard": [] }), 400),
        (json!({ "dashboard": {}, "key": "short" }), 400),
        (json!({ "dashboard": {}, "external": true }), 403),
    ] {
        assert_eq!(
            editor.call("POST", "/api/snapshots", Some(body.clone())).await.status.as_u16(),
            status,
            "{body}"
        );
    }
}
