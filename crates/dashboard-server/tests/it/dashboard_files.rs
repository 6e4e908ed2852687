use axum::http::StatusCode;
use serde_json::json;

use crate::support::{Client, Lab};

const PROVIDER: &str = "apiVersion: 1\nproviders:\n  - name: shop\n    folder: Shop\n    folderUid: shop\n    type: file\n    \
                        options: {path: $FILES}\n";

/// A server whose `files` folder is provisioned by `provider`.
async fn lab(provider: &str) -> Lab {
    let lab = Lab::new().await;
    let folder = lab.data_folder().join("provisioning/dashboards");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::create_dir_all(lab.data_folder().join("files")).unwrap();
    std::fs::write(folder.join("a.yaml"), provider).unwrap();
    let files = lab.data_folder().join("files").display().to_string();
    lab.restart([("FILES", files.as_str())]).await
}

fn write(lab: &Lab, name: &str, text: &str) {
    let path = lab.data_folder().join("files").join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

async fn reload(client: &mut Client) {
    let answer = client.call("POST", "/api/admin/provisioning/dashboards/reload", None).await;
    assert_eq!((answer.status, answer.message().as_str()), (StatusCode::OK, "Dashboards config reloaded"));
}

#[tokio::test]
async fn files_appear_change_and_disappear() {
    let lab = lab(PROVIDER).await;
    let mut client = lab.admin().await;
    write(&lab, "deep/a.json", r#"{"uid":"a","title":"A","tags":["home"]}"#);
    write(&lab, "b.json", r#"{"title":"Without a uid"}"#);
    write(&lab, "notes.txt", "not a dashboard");
    reload(&mut client).await;
    let hits = client.get("/api/search?type=dash-db&folderUIDs=shop").await.json();
    assert_eq!((hits.as_array().unwrap().len(), &hits[0]["folderTitle"]), (2, &json!("Shop")));
    let meta = client.get("/api/dashboards/uid/a").await.json()["meta"].clone();
    assert_eq!((&meta["provisioned"], &meta["canSave"]), (&json!(true), &json!(false)));
    assert_eq!((&meta["provisionedExternalId"], &meta["folderUid"]), (&json!("deep/a.json"), &json!("shop")));
    assert_eq!(client.get("/api/dashboards/home").await.json()["redirectUri"], "/d/a/a");

    let body = json!({ "dashboard": { "uid": "a", "title": "Mine" }, "overwrite": true });
    let refused = client.call("POST", "/api/dashboards/db", Some(body)).await;
    assert_eq!(
        (refused.status.as_u16(), refused.message().as_str()),
        (400, "Cannot save provisioned dashboard")
    );
    let refused = client.call("DELETE", "/api/dashboards/uid/a", None).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert_eq!(client.call("DELETE", "/api/folders/shop", None).await.status, StatusCode::BAD_REQUEST);

    reload(&mut client).await;
    assert_eq!(client.get("/api/dashboards/uid/a").await.json()["meta"]["version"], 1, "nothing changed");
    write(&lab, "deep/a.json", r#"{"uid":"a","title":"A2"}"#);
    reload(&mut client).await;
    assert_eq!(client.get("/api/dashboards/uid/a").await.json()["dashboard"]["title"], "A2");
    // A file that is broken for a while keeps its dashboard.
    write(&lab, "deep/a.json", "{");
    reload(&mut client).await;
    assert_eq!(client.get("/api/dashboards/uid/a").await.json()["dashboard"]["title"], "A2");
    std::fs::remove_file(lab.data_folder().join("files/deep/a.json")).unwrap();
    reload(&mut client).await;
    assert_eq!(client.get("/api/dashboards/uid/a").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_dashboard_may_be_saved_when_its_provider_allows_it() {
    let lab =
        lab(&PROVIDER
            .replace("type: file", "allowUiUpdates: true\n    disableDeletion: true\n    type: file"))
        .await;
    let mut client = lab.admin().await;
    write(&lab, "a.json", r#"{"uid":"a","title":"A"}"#);
    reload(&mut client).await;
    let body =
        json!({ "dashboard": { "uid": "a", "title": "Mine" }, "overwrite": true, "folderUid": "shop" });
    assert_eq!(client.call("POST", "/api/dashboards/db", Some(body)).await.status, StatusCode::OK);
    reload(&mut client).await;
    assert_eq!(client.get("/api/dashboards/uid/a").await.json()["dashboard"]["title"], "Mine");
    // The file wins when it changes.
    write(&lab, "a.json", r#"{"uid":"a","title":"From the file"}"#);
    reload(&mut client).await;
    assert_eq!(client.get("/api/dashboards/uid/a").await.json()["dashboard"]["title"], "From the file");
    std::fs::remove_file(lab.data_folder().join("files/a.json")).unwrap();
    reload(&mut client).await;
    assert_eq!(client.get("/api/dashboards/uid/a").await.json()["meta"]["provisioned"], false);
}

#[tokio::test]
async fn folders_may_come_from_the_files_structure() {
    let provider = "apiVersion: 1\nproviders:\n  - name: x\n    options: {path: $FILES, foldersFromFilesStructure: true}\n";
    let lab = lab(provider).await;
    let mut client = lab.admin().await;
    write(&lab, "Payments/a.json", r#"{"uid":"a","title":"A"}"#);
    write(&lab, "b.json", r#"{"uid":"b","title":"B"}"#);
    reload(&mut client).await;
    assert_eq!(client.get("/api/dashboards/uid/a").await.json()["meta"]["folderTitle"], "Payments");
    assert_eq!(client.get("/api/dashboards/uid/b").await.json()["meta"]["folderUid"], "");
}

#[tokio::test]
async fn only_the_servers_administrator_reloads_and_mistakes_are_the_answer() {
    let lab = lab(PROVIDER).await;
    let mut client = lab.admin().await;
    let yaml = lab.data_folder().join("provisioning/dashboards/a.yaml");
    std::fs::write(yaml, "apiVersion: 1\nproviders: [{name: a}]\n").unwrap();
    let answer = client.call("POST", "/api/admin/provisioning/dashboards/reload", None).await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(
        answer.message().contains("a.yaml") && answer.message().contains("options"),
        "{}",
        answer.message()
    );
    let data = client.call("POST", "/api/admin/provisioning/datasources/reload", None).await;
    assert_eq!(data.message(), "Datasources config reloaded");
    assert_eq!(
        client.call("POST", "/api/admin/provisioning/x/reload", None).await.status,
        StatusCode::NOT_FOUND
    );
    let anonymous = lab.client().call("POST", "/api/admin/provisioning/dashboards/reload", None).await;
    assert_eq!(anonymous.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn dashboards_of_a_provider_that_is_gone_go_too() {
    let lab = lab(PROVIDER).await;
    let mut client = lab.admin().await;
    write(&lab, "a.json", r#"{"uid":"a","title":"A"}"#);
    reload(&mut client).await;
    client
        .call("POST", "/api/dashboards/db", Some(json!({ "dashboard": { "uid": "mine", "title": "Mine" } })))
        .await;
    std::fs::write(
        lab.data_folder().join("provisioning/dashboards/a.yaml"),
        "apiVersion: 1\nproviders: []\n",
    )
    .unwrap();
    reload(&mut client).await;
    assert_eq!(client.get("/api/dashboards/uid/a").await.status, StatusCode::NOT_FOUND);
    assert_eq!(client.get("/api/dashboards/uid/mine").await.status, StatusCode::OK);
}
