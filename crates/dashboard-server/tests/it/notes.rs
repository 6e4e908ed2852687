//! Annotations and short URLs.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::support::{Client, Lab};

async fn texts(client: &mut Client, query: &str) -> Vec<String> {
    let found = client.get(&format!("/api/annotations?{query}")).await.json();
    found.as_array().unwrap().iter().map(|note| note["text"].as_str().unwrap().to_owned()).collect()
}

async fn add(client: &mut Client, note: Value) -> i64 {
    let answer = client.call("POST", "/api/annotations", Some(note)).await;
    assert_eq!(answer.message(), "Annotation added", "{}", answer.text());
    answer.json()["id"].as_i64().unwrap()
}

#[tokio::test]
async fn annotations_are_found_by_time_place_and_tags() {
    let lab = Lab::new().await;
    let mut client = lab.admin().await;
    let board = json!({ "dashboard": { "title": "Board", "uid": "board", "panels": [] } });
    assert_eq!(client.call("POST", "/api/dashboards/db", Some(board)).await.status, StatusCode::OK);
    add(&mut client, json!({ "text": "early", "time": 1000, "tags": ["deploy"] })).await;
    add(&mut client, json!({ "text": "long", "time": 3000, "timeEnd": 2000, "tags": ["deploy", "shop"] }))
        .await;
    let id =
        add(&mut client, json!({ "text": "on panel", "time": 9000, "dashboardUID": "board", "panelId": 4 }))
            .await;
    for (query, expected) in [
        ("", vec!["on panel", "long", "early"]),
        ("from=1500&to=2500", vec!["long"]),
        ("from=4000", vec!["on panel"]),
        ("tags=deploy&tags=shop", vec!["long"]),
        ("tags=shop&tags=none&matchAny=true", vec!["long"]),
        ("dashboardUID=board&panelId=4", vec!["on panel"]),
        ("limit=1", vec!["on panel"]),
        ("type=alert", vec![]),
        ("tags=' OR 1=1 --", vec![]),
    ] {
        assert_eq!(texts(&mut client, &query.replace(' ', "%20")).await, expected, "{query}");
    }
    let path = format!("/api/annotations/{id}");
    assert_eq!(
        client.call("PATCH", &path, Some(json!({ "text": "moved", "time": 9500 }))).await.message(),
        "Annotation patched"
    );
    let note = client.get(&path).await.json();
    assert_eq!(
        (&note["text"], &note["time"], &note["timeEnd"]),
        (&json!("moved"), &json!(9500), &json!(9500))
    );
    assert_eq!(client.call("PUT", &path, Some(json!({ "time": 1 }))).await.message(), "Annotation updated");
    assert_eq!(client.get(&path).await.json()["text"], "");
    // With its dashboard a note goes, too.
    assert_eq!(client.call("DELETE", "/api/dashboards/uid/board", None).await.status, StatusCode::OK);
    assert_eq!(client.get(&path).await.status, StatusCode::NOT_FOUND);
    for (note, status) in [
        (json!({ "time": 1 }), 400),
        (json!({ "text": " " }), 400),
        (json!({ "text": "x", "dashboardUID": "none" }), 404),
        (json!({ "text": "x", "tags": vec!["t"; 101] }), 400),
    ] {
        assert_eq!(
            client.call("POST", "/api/annotations", Some(note.clone())).await.status.as_u16(),
            status,
            "{note}"
        );
    }
    lab.set_role("Viewer").await;
    assert_eq!(
        client.call("POST", "/api/annotations", Some(json!({ "text": "x" }))).await.status,
        StatusCode::FORBIDDEN
    );
    assert_eq!(texts(&mut client, "").await, ["long", "early"]);
}

#[tokio::test]
async fn short_urls_lead_back() {
    let lab = Lab::new().await;
    let mut client = lab.admin().await;
    let path = "d/abc/board?from=now-1h&var-x=%7By%7D";
    let shorten = |path: &str| Some(json!({ "path": path }));
    let first = client.call("POST", "/api/short-urls", shorten(path)).await.json();
    let again = client.call("POST", "/api/short-urls", shorten(path)).await.json();
    assert_eq!(first["uid"], again["uid"]);
    let uid = first["uid"].as_str().unwrap();
    assert!(first["url"].as_str().unwrap().ends_with(&format!("/goto/{uid}?orgId=1")), "{first}");
    let answer = client.get(&format!("/goto/{uid}")).await;
    assert_eq!(
        (answer.status, answer.header("location")),
        (StatusCode::SEE_OTHER, "/d/abc/board?from=now-1h&var-x=%7By%7D")
    );
    assert_eq!(client.get("/goto/nothing").await.status, StatusCode::NOT_FOUND);
    assert_eq!(
        client.call("POST", "/api/short-urls", shorten("//evil.example")).await.status,
        StatusCode::BAD_REQUEST
    );
    assert_eq!(lab.client().get(&format!("/goto/{uid}")).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn graphite_tags_and_whole_panels() {
    let lab = Lab::without_dashboards().await;
    let mut editor = lab.user("ed", "Editor").await;
    for tags in [json!("deploy shop"), json!(["deploy"])] {
        let body = json!({ "what": "v2", "when": 1_700_000_000, "data": "details", "tags": tags });
        let added = editor.call("POST", "/api/annotations/graphite", Some(body)).await;
        assert_eq!(added.message(), "Graphite annotation added");
    }
    let found = editor.get("/api/annotations?tags=shop").await.json();
    assert_eq!(
        (&found[0]["text"], &found[0]["time"]),
        (&json!("v2\ndetails"), &json!(1_700_000_000_000_i64))
    );
    let tags = editor.get("/api/annotations/tags?tag=dep").await.json();
    assert_eq!(tags, json!({ "result": { "tags": [{ "tag": "deploy", "count": 2 }] } }));
    for body in [json!({}), json!({ "what": "x", "tags": 1 })] {
        assert_eq!(editor.call("POST", "/api/annotations/graphite", Some(body)).await.status.as_u16(), 400);
    }
    editor
        .call("POST", "/api/dashboards/db", Some(json!({ "dashboard": { "title": "D", "uid": "d" } })))
        .await;
    for panel in [1, 1, 2] {
        let body = json!({ "dashboardUID": "d", "panelId": panel, "text": "note" });
        editor.call("POST", "/api/annotations", Some(body)).await;
    }
    let body = json!({ "dashboardUID": "d", "panelId": 1 });
    assert_eq!(
        editor.call("POST", "/api/annotations/mass-delete", Some(body)).await.message(),
        "Annotations deleted"
    );
    let left = editor.get("/api/annotations?dashboardUID=d").await.json();
    assert_eq!((left.as_array().unwrap().len(), &left[0]["panelId"]), (1, &json!(2)));
    assert_eq!(
        editor.call("POST", "/api/annotations/mass-delete", Some(json!({}))).await.status.as_u16(),
        400
    );
    let user = left[0]["userId"].as_i64().unwrap();
    assert_eq!(
        editor.get(&format!("/api/annotations?userId={user}")).await.json().as_array().unwrap().len(),
        3
    );
    assert_eq!(editor.get("/api/annotations?userId=999").await.json(), json!([]));
}
