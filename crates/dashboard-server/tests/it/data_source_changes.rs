//! Data sources that are added, changed and deleted through the API.

use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::support::{Client, Lab, upstream};

fn loki(url: &str) -> Value {
    json!({
        "name": "Other Loki", "type": "loki", "url": url, "access": "proxy", "basicAuth": true, "basicAuthUser": "reader",
        "jsonData": { "maxLines": 10, "httpHeaderName1": "X-Token" },
        "secureJsonData": { "basicAuthPassword": "hunter2hunter2", "httpHeaderValue1": "open-sesame" },
    })
}

/// A source that says which credentials arrived.
async fn echo() -> String {
    let router = Router::new().fallback(|request: Request| async move {
        let header =
            |name: &str| request.headers().get(name).map_or("", |value| value.to_str().unwrap()).to_owned();
        format!("{} {} {}", request.uri(), header("authorization"), header("x-token"))
    });
    upstream(router).await
}

async fn add(admin: &mut Client, body: Value) -> Value {
    let answer = admin.call("POST", "/api/datasources", Some(body)).await;
    assert_eq!((answer.status, answer.message().as_str()), (StatusCode::OK, "Datasource added"));
    answer.json()
}

#[tokio::test]
async fn sources_are_added_used_changed_and_deleted() {
    let lab = Lab::new().await;
    let mut admin = lab.admin().await;
    let added = add(&mut admin, loki(&echo().await)).await;
    let source = &added["datasource"];
    let (id, uid) = (added["id"].as_i64().unwrap(), source["uid"].as_str().unwrap().to_owned());
    assert_eq!((&source["readOnly"], &source["version"]), (&json!(false), &json!(1)));
    assert_eq!(source["secureJsonFields"], json!({ "basicAuthPassword": true, "httpHeaderValue1": true }));
    let proxied = admin.get(&format!("/api/datasources/proxy/uid/{uid}/ready")).await.text();
    assert_eq!(proxied, "/ready Basic cmVhZGVyOmh1bnRlcjJodW50ZXIy open-sesame");
    let labels = admin.get(&format!("/api/datasources/uid/{uid}/resources/labels?start=1&end=2")).await;
    assert!(labels.text().starts_with("/loki/api/v1/labels?start=1&end=2 "), "{}", labels.text());
    let values = admin.get(&format!("/api/datasources/{id}/resources/label/level/values")).await;
    assert!(values.text().starts_with("/loki/api/v1/label/level/values "), "{}", values.text());

    // Secrets that are not sent stay; empty ones go.
    let mut changed = loki(&echo().await);
    changed["name"] = json!("Renamed");
    changed["version"] = json!(1);
    changed["secureJsonData"] = json!({ "httpHeaderValue1": "" });
    let answer = admin.call("PUT", &format!("/api/datasources/uid/{uid}"), Some(changed.clone())).await;
    assert_eq!((answer.status, answer.message().as_str()), (StatusCode::OK, "Datasource updated"));
    assert_eq!(answer.json()["datasource"]["secureJsonFields"], json!({ "basicAuthPassword": true }));
    assert_eq!(
        (&answer.json()["name"], &answer.json()["datasource"]["version"]),
        (&json!("Renamed"), &json!(2))
    );
    let proxied = admin.get(&format!("/api/datasources/proxy/{id}/ready")).await.text();
    assert_eq!(proxied, "/ready Basic cmVhZGVyOmh1bnRlcjJodW50ZXIy ");

    let stale = admin.call("PUT", &format!("/api/datasources/{id}"), Some(changed)).await;
    assert_eq!(stale.status, StatusCode::CONFLICT);
    assert!(stale.message().contains("by someone else"), "{}", stale.text());
    let deleted = admin.call("DELETE", "/api/datasources/name/Renamed", None).await;
    assert_eq!((deleted.message().as_str(), &deleted.json()["id"]), ("Data source deleted", &json!(id)));
    assert_eq!(admin.get(&format!("/api/datasources/{id}")).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn secrets_are_sealed_and_survive_a_restart_with_the_same_key() {
    let lab = Lab::new().await;
    let url = echo().await;
    let mut body = loki(&url);
    body["uid"] = json!("other");
    let answer = lab.admin().await.call("POST", "/api/datasources", Some(body)).await;
    assert_eq!(answer.status, StatusCode::OK);
    let stored = lab.stored_bytes();
    let holds = |text: &str| stored.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(holds("Other Loki") && !holds("hunter2") && !holds("open-sesame"));
    assert!(!answer.text().contains("hunter2"));

    let lab = lab.restart([]).await;
    let path = "/api/datasources/proxy/uid/other/ready";
    assert!(lab.admin().await.get(path).await.text().ends_with("open-sesame"));
    // Another key: the source is there, its secrets have to be set again.
    let lab = lab.restart([("GF_SECURITY_SECRET_KEY", "another")]).await;
    let mut admin = lab.admin().await;
    assert_eq!(admin.get(path).await.text(), "/ready Basic cmVhZGVyOg== ");
    let body = json!({ "name": "Other Loki", "type": "loki", "url": url, "secureJsonData": { "httpHeaderValue1": "new" }, "jsonData": { "httpHeaderName1": "X-Token" } });
    assert_eq!(admin.call("PUT", "/api/datasources/uid/other", Some(body)).await.status, StatusCode::OK);
    assert!(admin.get(path).await.text().ends_with(" new"));
}

#[tokio::test]
async fn provisioned_sources_are_left_to_their_files() {
    let lab = Lab::new().await;
    let mut admin = lab.admin().await;
    let body = || Some(loki("http://elsewhere"));
    let changed = admin.call("PUT", "/api/datasources/uid/loki", body()).await;
    assert_eq!(
        (changed.status.as_u16(), changed.message().as_str()),
        (403, "Cannot update read-only data source")
    );
    for path in ["/api/datasources/uid/loki", "/api/datasources/1", "/api/datasources/name/Loki"] {
        let deleted = admin.call("DELETE", path, None).await;
        assert_eq!(
            (deleted.status.as_u16(), deleted.message().as_str()),
            (403, "Cannot delete read-only data source")
        );
    }
    drop(admin);

    // The file goes: now they can be changed and deleted, and come back with the file.
    let folder = lab.data_folder().join("provisioning/datasources");
    std::fs::create_dir_all(&folder).unwrap();
    let lab = lab.restart([]).await;
    let mut admin = lab.admin().await;
    assert_eq!(admin.get("/api/datasources/uid/loki").await.json()["readOnly"], false);
    assert_eq!(admin.call("PUT", "/api/datasources/uid/loki", body()).await.status, StatusCode::OK);
    assert_eq!(admin.call("DELETE", "/api/datasources/uid/tempo", None).await.status, StatusCode::OK);
    let file = "apiVersion: 1\ndatasources: [{name: Other Loki, uid: loki, type: loki, url: 'http://file', editable: true}]\n";
    std::fs::write(folder.join("a.yaml"), file).unwrap();
    let reloaded = admin.call("POST", "/api/admin/provisioning/datasources/reload", None).await;
    assert_eq!(reloaded.status, StatusCode::OK);
    let source = admin.get("/api/datasources/uid/loki").await.json();
    assert_eq!((&source["url"], &source["secureJsonFields"]), (&json!("http://file"), &json!({})));
    assert_eq!(
        admin.call("PUT", "/api/datasources/uid/loki", body()).await.status,
        StatusCode::OK,
        "editable"
    );
}

#[tokio::test]
async fn one_default_and_no_two_of_the_same_name() {
    let lab = Lab::new().await;
    let mut admin = lab.admin().await;
    let mut body = loki("http://x");
    body["isDefault"] = json!(true);
    add(&mut admin, body.clone()).await;
    let sources = admin.get("/api/datasources").await.json();
    let defaults: Vec<_> =
        sources.as_array().unwrap().iter().filter(|source| source["isDefault"] == true).collect();
    assert_eq!((defaults.len(), &defaults[0]["name"]), (1, &json!("Other Loki")));
    for (name, uid, message) in [("Other Loki", "", "same name"), ("Third", "tempo", "same uid")] {
        (body["name"], body["uid"]) = (json!(name), json!(uid));
        let answer = admin.call("POST", "/api/datasources", Some(body.clone())).await;
        assert_eq!(answer.status, StatusCode::CONFLICT);
        assert!(answer.message().contains(message), "{}", answer.text());
    }
    for (field, value) in [
        ("name", json!("")),
        ("name", json!("x".repeat(191))),
        ("type", json!("")),
        ("url", json!("")),
        ("url", json!("file:///etc/passwd")),
        ("uid", json!("a b")),
        ("access", json!("sideways")),
        ("secureJsonData", json!({ "x": "y".repeat(70_000) })),
        ("secureJsonData", json!({ "x": 1 })),
    ] {
        let mut body = loki("http://x");
        (body["name"], body["uid"]) = (json!("Fourth"), json!(""));
        body[field] = value;
        let answer = admin.call("POST", "/api/datasources", Some(body)).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{field}: {}", answer.text());
    }
}
