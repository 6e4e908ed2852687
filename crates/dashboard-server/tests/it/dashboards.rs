use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::support::{Answer, Client, Lab};

async fn save(client: &mut Client, dashboard: Value, more: Value) -> Answer {
    let mut body = json!({ "dashboard": dashboard });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    client.call("POST", "/api/dashboards/db", Some(body)).await
}

fn refusal(answer: &Answer) -> (u16, String, String) {
    let body = answer.json();
    let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
    (answer.status.as_u16(), text("status"), text("message"))
}

#[tokio::test]
async fn a_dashboard_is_saved_read_changed_and_deleted() {
    let lab = Lab::without_dashboards().await;
    let mut client = lab.admin().await;
    let answer =
        save(&mut client, json!({ "id": null, "uid": "shop", "title": "Shop ñ", "tags": ["a"] }), json!({}))
            .await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    let saved = answer.json();
    assert_eq!(
        saved,
        json!({ "folderUid": "", "id": saved["id"], "slug": "shop-n", "status": "success", "uid": "shop",
                "url": "/d/shop/shop-n", "version": 1 })
    );
    let read = client.get("/api/dashboards/uid/shop").await.json();
    assert_eq!(
        read["dashboard"],
        json!({ "id": saved["id"], "uid": "shop", "title": "Shop ñ", "tags": ["a"], "version": 1 })
    );
    assert_eq!(
        (read["meta"]["createdBy"].as_str(), read["meta"]["canSave"].as_bool()),
        (Some("admin"), Some(true))
    );

    let mut changed = read["dashboard"].clone();
    changed["title"] = "Store".into();
    let answer = save(&mut client, changed.clone(), json!({ "message": "renamed" })).await;
    assert_eq!((answer.json()["version"].as_i64(), answer.json()["slug"].as_str()), (Some(2), Some("store")));
    let stale = save(&mut client, changed.clone(), json!({})).await;
    let expected =
        (412, "version-mismatch".to_owned(), "The dashboard has been changed by someone else".to_owned());
    assert_eq!(refusal(&stale), expected);
    assert_eq!(save(&mut client, changed, json!({ "overwrite": true })).await.json()["version"], 3);

    let deleted = client.call("DELETE", "/api/dashboards/uid/shop", None).await.json();
    assert_eq!(deleted["message"], "Dashboard Store deleted");
    let gone = client.get("/api/dashboards/uid/shop").await;
    assert_eq!(refusal(&gone), (404, "not-found".to_owned(), "Dashboard not found".to_owned()));
}

#[tokio::test]
async fn what_is_wrong_with_a_dashboard_is_said() {
    let lab = Lab::without_dashboards().await;
    let mut client = lab.admin().await;
    assert_eq!(
        save(&mut client, json!({ "uid": "x", "title": "X" }), json!({})).await.status,
        StatusCode::OK
    );
    for (dashboard, more, status, word) in [
        (json!({ "title": "" }), json!({}), 400, "empty-name"),
        (json!({ "title": "A", "uid": "a/b" }), json!({}), 400, "bad-request"),
        (json!({ "title": "A", "uid": "a".repeat(41) }), json!({}), 400, "bad-request"),
        (json!({ "title": "A" }), json!({ "folderUid": "none" }), 404, "not-found"),
        (json!({ "title": "A", "id": 99 }), json!({}), 404, "not-found"),
        (json!({ "title": "A", "uid": "x" }), json!({}), 412, "name-exists"),
        (json!({ "title": "A", "elements": {}, "layout": {} }), json!({}), 400, "bad-request"),
        (json!([]), json!({}), 400, "bad-request"),
    ] {
        let answer = save(&mut client, dashboard.clone(), more).await;
        let (found, state, message) = refusal(&answer);
        assert_eq!((found, state.as_str()), (status, word), "{dashboard}");
        assert!(!message.is_empty());
    }
    let huge = json!({ "title": "A", "text": "x".repeat(6 * 1024 * 1024) });
    assert_eq!(save(&mut client, huge, json!({})).await.status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn versions_are_kept_and_restored() {
    let lab = Lab::without_dashboards().await;
    let mut client = lab.admin().await;
    for number in 1..=25 {
        let dashboard = json!({ "uid": "v", "title": format!("T{number}") });
        let more = json!({ "overwrite": true, "message": format!("m{number}") });
        assert_eq!(save(&mut client, dashboard, more).await.json()["version"], number);
    }
    let list = client.get("/api/dashboards/uid/v/versions?limit=50").await.json();
    let versions = list["versions"].as_array().unwrap();
    assert_eq!(
        (versions.len(), &versions[0]["version"], &versions[0]["message"]),
        (20, &json!(25), &json!("m25"))
    );
    assert_eq!(client.get("/api/dashboards/uid/v/versions/7").await.json()["data"]["title"], "T7");
    assert_eq!(client.get("/api/dashboards/uid/v/versions/3").await.status, StatusCode::NOT_FOUND);
    let restored =
        client.call("POST", "/api/dashboards/uid/v/restore", Some(json!({ "version": 7 }))).await.json();
    assert_eq!(restored["version"], 26);
    assert_eq!(client.get("/api/dashboards/uid/v").await.json()["dashboard"]["title"], "T7");
    let newest = client.get("/api/dashboards/uid/v/versions?limit=1").await.json();
    assert_eq!(newest["versions"][0]["restoredFrom"], 7);
}

#[tokio::test]
async fn an_import_fills_in_data_sources() {
    let lab = Lab::without_dashboards().await;
    let mut client = lab.admin().await;
    let dashboard = json!({
        "__inputs": [{ "name": "DS_LOKI", "type": "datasource", "pluginId": "loki" }],
        "id": 77, "uid": "community", "title": "Community",
        "panels": [{ "datasource": { "uid": "${DS_LOKI}" } }],
    });
    let body = json!({ "dashboard": dashboard, "inputs": [{ "name": "DS_LOKI", "value": "chosen" }] });
    let answer = client.call("POST", "/api/dashboards/import", Some(body)).await;
    assert_eq!(answer.json()["importedUrl"], "/d/community/community", "{}", answer.text());
    let read = client.get("/api/dashboards/uid/community").await.json();
    assert_eq!(read["dashboard"]["panels"][0]["datasource"]["uid"], "chosen");
    // The only data source of the kind is what is meant when nothing was sent.
    let body = json!({ "dashboard": dashboard, "overwrite": true });
    assert_eq!(client.call("POST", "/api/dashboards/import", Some(body)).await.status, StatusCode::OK);
    let read = client.get("/api/dashboards/uid/community").await.json();
    assert_eq!(read["dashboard"]["panels"][0]["datasource"]["uid"], "loki");
}

#[tokio::test]
async fn folders_nest_move_and_are_deleted_with_their_content() {
    let lab = Lab::without_dashboards().await;
    let mut client = lab.admin().await;
    let mut parent = String::new();
    for uid in ["a", "b", "c", "d"] {
        let body = json!({ "uid": uid, "title": uid, "parentUid": parent });
        let answer = client.call("POST", "/api/folders", Some(body)).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        parent = uid.to_owned();
    }
    let deep = client.call("POST", "/api/folders", Some(json!({ "title": "e", "parentUid": "d" }))).await;
    assert_eq!(deep.status, StatusCode::BAD_REQUEST);
    let folder = client.get("/api/folders/c").await.json();
    assert_eq!((&folder["parentUid"], &folder["parents"][0]["uid"]), (&json!("b"), &json!("a")));
    assert_eq!(client.get("/api/folders").await.json().as_array().unwrap().len(), 1);
    for (body, status) in [
        (json!({ "title": "a" }), 409),
        (json!({ "uid": "a", "title": "other" }), 409),
        (json!({ "title": " " }), 400),
        (json!({ "title": "x", "parentUid": "none" }), 404),
    ] {
        assert_eq!(
            client.call("POST", "/api/folders", Some(body.clone())).await.status.as_u16(),
            status,
            "{body}"
        );
    }
    let inside = client.call("POST", "/api/folders/a/move", Some(json!({ "parentUid": "d" }))).await;
    assert_eq!(inside.status, StatusCode::BAD_REQUEST);
    let stale = client.call("PUT", "/api/folders/a", Some(json!({ "title": "z", "version": 9 }))).await;
    assert_eq!(refusal(&stale).1, "version-mismatch");
    let renamed =
        client.call("PUT", "/api/folders/a", Some(json!({ "title": "z", "version": 1 }))).await.json();
    assert_eq!((&renamed["title"], &renamed["version"]), (&json!("z"), &json!(2)));

    save(&mut client, json!({ "uid": "in", "title": "In" }), json!({ "folderUid": "d" })).await;
    let counts = client.get("/api/folders/a/counts").await.json();
    assert_eq!((&counts["folder"], &counts["dashboard"]), (&json!(3), &json!(1)));
    let deleted = client.call("DELETE", "/api/folders/a", None).await.json();
    assert_eq!(deleted["message"], "Folder z deleted");
    assert_eq!(client.get("/api/search").await.json(), json!([]));
}

#[tokio::test]
async fn search_finds_by_words_tags_folders_and_stars() {
    let lab = Lab::without_dashboards().await;
    let mut client = lab.admin().await;
    client.call("POST", "/api/folders", Some(json!({ "uid": "f", "title": "Shop folder" }))).await;
    for (uid, title, tags, folder) in [
        ("one", "Shop orders", vec!["x", "y"], "f"),
        ("two", "Payments", vec!["x"], ""),
        ("three", "Zebra", vec![], ""),
    ] {
        let dashboard = json!({ "uid": uid, "title": title, "tags": tags });
        assert_eq!(save(&mut client, dashboard, json!({ "folderUid": folder })).await.status, StatusCode::OK);
    }
    let starred = client.call("POST", "/api/user/stars/dashboard/uid/two", None).await;
    assert_eq!(starred.message(), "Dashboard starred!");
    for (query, expected) in [
        ("", vec!["f", "two", "one", "three"]),
        ("?query=SHOP", vec!["f", "one"]),
        ("?type=dash-db&query=shop", vec!["one"]),
        ("?type=dash-folder", vec!["f"]),
        ("?tag=x", vec!["two", "one"]),
        ("?tag=x&tag=y", vec!["one"]),
        ("?folderUIDs=f", vec!["one"]),
        ("?folderUIDs=general&type=dash-db", vec!["two", "three"]),
        ("?starred=true", vec!["two"]),
        ("?dashboardUIDs=one&dashboardUIDs=three", vec!["one", "three"]),
        ("?type=dash-db&sort=alpha-desc", vec!["three", "one", "two"]),
        ("?type=dash-db&limit=1&page=2", vec!["one"]),
    ] {
        let hits = client.get(&format!("/api/search{query}")).await.json();
        let uids: Vec<_> = hits.as_array().unwrap().iter().map(|hit| hit["uid"].as_str().unwrap()).collect();
        assert_eq!(uids, expected, "{query}");
    }
    let hit = &client.get("/api/search/?query=orders").await.json()[0];
    assert_eq!((&hit["folderUid"], &hit["url"]), (&json!("f"), &json!("/d/one/shop-orders")));
    let tags = client.get("/api/dashboards/tags").await.json();
    assert_eq!(tags, json!([{ "term": "x", "count": 2 }, { "term": "y", "count": 1 }]));
    client.call("DELETE", "/api/user/stars/dashboard/uid/two", None).await;
    assert_eq!(client.get("/api/search?starred=true").await.json(), json!([]));
}

#[tokio::test]
async fn viewers_read_and_star_but_do_not_write() {
    let lab = Lab::without_dashboards().await;
    let mut client = lab.admin().await;
    client.call("POST", "/api/folders", Some(json!({ "uid": "f", "title": "F" }))).await;
    save(&mut client, json!({ "uid": "x", "title": "X" }), json!({})).await;
    lab.set_role("Viewer").await;
    let document = json!({ "dashboard": { "title": "Y" } });
    for (method, path, body) in [
        ("POST", "/api/dashboards/db", document.clone()),
        ("POST", "/api/dashboards/import", document),
        ("DELETE", "/api/dashboards/uid/x", json!({})),
        ("POST", "/api/dashboards/uid/x/restore", json!({ "version": 1 })),
        ("POST", "/api/folders", json!({ "title": "G" })),
        ("PUT", "/api/folders/f", json!({ "title": "G", "overwrite": true })),
        ("POST", "/api/folders/f/move", json!({})),
        ("DELETE", "/api/folders/f", json!({})),
    ] {
        assert_eq!(
            client.call(method, path, Some(body)).await.status,
            StatusCode::FORBIDDEN,
            "{method} {path}"
        );
    }
    let read = client.get("/api/dashboards/uid/x").await.json();
    assert_eq!((&read["meta"]["canSave"], &read["meta"]["canEdit"]), (&json!(false), &json!(false)));
    assert_eq!(client.call("POST", "/api/user/stars/dashboard/uid/x", None).await.status, StatusCode::OK);
    let mut nobody = lab.client();
    for path in ["/api/search", "/api/dashboards/uid/x", "/api/folders", "/api/dashboards/home"] {
        assert_eq!(nobody.get(path).await.status, StatusCode::UNAUTHORIZED, "{path}");
    }
}

#[tokio::test]
async fn home_is_what_the_user_or_the_organisation_chose() {
    let lab = Lab::without_dashboards().await;
    let mut client = lab.admin().await;
    assert_eq!(client.get("/api/dashboards/home").await.json()["meta"]["isHome"], true);
    for uid in ["mine", "ours"] {
        save(&mut client, json!({ "uid": uid, "title": uid }), json!({})).await;
    }
    client.call("PATCH", "/api/org/preferences", Some(json!({ "homeDashboardUID": "ours" }))).await;
    assert_eq!(client.get("/api/dashboards/home").await.json()["redirectUri"], "/d/ours/ours");
    client.call("PATCH", "/api/user/preferences", Some(json!({ "homeDashboardUID": "mine" }))).await;
    assert_eq!(client.get("/api/dashboards/home").await.json()["redirectUri"], "/d/mine/mine");
}
