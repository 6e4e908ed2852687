use axum::http::StatusCode;
use serde_json::json;

use crate::support::Lab;

#[tokio::test]
async fn playlists_are_made_read_changed_and_deleted() {
    let lab = Lab::new().await;
    let mut editor = lab.user("ed", "Editor").await;
    let items = json!([{ "type": "dashboard_by_tag", "value": "shop" }, { "type": "dashboard_by_uid", "value": "a", "title": "A" }]);
    let body = json!({ "name": "Wall", "interval": "5m", "items": items });
    let made = editor.call("POST", "/api/playlists", Some(body)).await;
    assert_eq!(made.status, StatusCode::OK);
    let path = format!("/api/playlists/{}", made.json()["uid"].as_str().unwrap());
    let read = editor.get(&path).await.json();
    assert_eq!((&read["name"], &read["interval"], &read["items"]), (&json!("Wall"), &json!("5m"), &items));
    assert_eq!(editor.get(&format!("{path}/items")).await.json(), items);
    assert_eq!(editor.get("/api/playlists?query=wa").await.json()[0]["name"], "Wall");
    let changed =
        editor.call("PUT", &path, Some(json!({ "name": "Wall 2", "interval": "30s", "items": [] }))).await;
    assert_eq!((&changed.json()["name"], &changed.json()["items"]), (&json!("Wall 2"), &json!([])));
    for body in [
        json!({}),
        json!({ "name": "x", "interval": "soon" }),
        json!({ "name": "x", "interval": "0s" }),
        json!({ "name": "x", "interval": "1m", "items": [{ "type": "film", "value": "x" }] }),
        json!({ "name": "x", "interval": "1m", "items": [{ "type": "dashboard_by_tag", "value": "" }] }),
    ] {
        assert_eq!(
            editor.call("POST", "/api/playlists", Some(body.clone())).await.status.as_u16(),
            400,
            "{body}"
        );
    }
    assert_eq!(editor.call("DELETE", &path, None).await.status, StatusCode::OK);
    assert_eq!(editor.call("DELETE", &path, None).await.message(), "Playlist not found");
}
