use axum::http::StatusCode;
use serde_json::json;

use crate::support::Lab;

#[tokio::test]
async fn panels_are_shared_and_kept_while_they_are_used() {
    let lab = Lab::without_dashboards().await;
    let mut editor = lab.user("ed", "Editor").await;
    let body = json!({ "name": "Orders", "uid": "orders", "kind": 1, "model": { "type": "stat", "description": "per hour", "title": "O" } });
    let made = editor.call("POST", "/api/library-elements", Some(body.clone())).await;
    assert_eq!(made.status, StatusCode::OK, "{}", made.text());
    let element = made.json()["result"].clone();
    assert_eq!(
        (&element["type"], &element["description"], &element["version"]),
        (&json!("stat"), &json!("per hour"), &json!(1))
    );
    assert_eq!(
        (&element["meta"]["createdBy"]["name"], &element["meta"]["connectedDashboards"]),
        (&json!("ed"), &json!(0))
    );
    let twice = editor.call("POST", "/api/library-elements", Some(body)).await;
    assert_eq!(
        (twice.status.as_u16(), twice.message().as_str()),
        (400, "library element with that name or UID already exists")
    );

    let panel = |uid: &str| json!({ "id": 1, "libraryPanel": { "uid": uid, "name": "Orders" } });
    let nested =
        json!({ "title": "Uses", "uid": "uses", "panels": [{ "type": "row", "panels": [panel("orders")] }] });
    editor.call("POST", "/api/dashboards/db", Some(json!({ "dashboard": nested }))).await;
    let other = json!({ "title": "Names it only", "uid": "names", "description": "orders", "panels": [] });
    editor.call("POST", "/api/dashboards/db", Some(json!({ "dashboard": other }))).await;
    let connections = editor.get("/api/library-elements/orders/connections").await.json()["result"].clone();
    assert_eq!(
        (connections.as_array().unwrap().len(), &connections[0]["connectionUid"]),
        (1, &json!("uses"))
    );
    let refused = editor.call("DELETE", "/api/library-elements/orders", None).await;
    assert_eq!(
        (refused.status.as_u16(), refused.message().as_str()),
        (403, "the library element has connections")
    );

    let change = json!({ "name": "Orders 2", "kind": 1, "version": 1, "model": { "type": "gauge" } });
    let changed = editor.call("PATCH", "/api/library-elements/orders", Some(change.clone())).await.json();
    assert_eq!((&changed["result"]["version"], &changed["result"]["type"]), (&json!(2), &json!("gauge")));
    let stale = editor.call("PATCH", "/api/library-elements/orders", Some(change)).await;
    assert_eq!(
        (stale.status.as_u16(), stale.message().as_str()),
        (412, "the library element has been changed by someone else")
    );

    let found = editor
        .get("/api/library-elements?searchString=ORDERS&kind=1&typeFilter=gauge,stat&perPage=1")
        .await
        .json();
    assert_eq!(
        (&found["result"]["totalCount"], &found["result"]["elements"][0]["meta"]["connectedDashboards"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(
        editor.get("/api/library-elements?folderFilterUIDs=elsewhere").await.json()["result"]["totalCount"],
        0
    );
    assert_eq!(
        editor.get("/api/library-elements/name/Orders%202").await.json()["result"][0]["uid"],
        "orders"
    );
    editor.call("DELETE", "/api/dashboards/uid/uses", None).await;
    assert_eq!(
        editor.call("DELETE", "/api/library-elements/orders", None).await.message(),
        "Library element deleted"
    );
    let missing = editor.get("/api/library-elements/orders").await;
    assert_eq!(
        (missing.status, missing.message().as_str()),
        (StatusCode::NOT_FOUND, "library element could not be found")
    );
    for (body, status) in [
        (json!({ "name": "x" }), 400),
        (json!({ "name": "x", "kind": 3, "model": {} }), 400),
        (json!({ "name": "", "kind": 1, "model": {} }), 400),
        (json!({ "name": "x", "kind": 1, "model": {}, "folderUid": "none" }), 404),
        (json!({ "name": "x", "kind": 1, "model": {}, "uid": "a/b" }), 400),
    ] {
        assert_eq!(
            editor.call("POST", "/api/library-elements", Some(body.clone())).await.status.as_u16(),
            status,
            "{body}"
        );
    }
}
