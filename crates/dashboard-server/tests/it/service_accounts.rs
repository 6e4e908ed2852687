use std::time::Duration;

use axum::http::StatusCode;
use serde_json::json;

use crate::support::{Lab, basic};

#[tokio::test]
async fn accounts_and_tokens_are_made_listed_used_and_deleted() {
    let lab = Lab::new().await;
    let mut admin = lab.admin().await;
    let body = json!({ "name": "Grafana MCP", "role": "Editor" });
    let added = admin.call("POST", "/api/serviceaccounts", Some(body.clone())).await;
    assert_eq!(added.status, StatusCode::CREATED);
    let account = added.json();
    assert_eq!(account["login"], "sa-1-grafana-mcp");
    assert_eq!(
        (&account["role"], &account["isDisabled"], &account["tokens"]),
        (&json!("Editor"), &json!(false), &json!(0))
    );
    let again = admin.call("POST", "/api/serviceaccounts", Some(body)).await;
    assert_eq!((again.status.as_u16(), again.message().as_str()), (400, "service account already exists"));

    let path = format!("/api/serviceaccounts/{}", account["id"]);
    let tokens = format!("{path}/tokens");
    let made = admin.call("POST", &tokens, Some(json!({ "name": "t", "secondsToLive": 600 }))).await;
    assert_eq!(made.status, StatusCode::OK);
    let key = made.json()["key"].as_str().unwrap().to_owned();
    assert!(key.starts_with("glsa_") && key.len() == 46, "{key}");
    let twice = admin.call("POST", &tokens, Some(json!({ "name": "t" }))).await;
    assert_eq!(twice.status, StatusCode::CONFLICT);

    let listed = admin.get(&tokens).await;
    assert!(!listed.text().contains(&key[5..]), "shown once");
    let listed = listed.json();
    assert_eq!((&listed[0]["name"], &listed[0]["secondsUntilExpiration"]), (&json!("t"), &json!(600)));
    assert_eq!((&listed[0]["hasExpired"], &listed[0]["lastUsedAt"]), (&json!(false), &json!(null)));

    for credentials in [format!("Bearer {key}"), format!("bearer  {key}"), basic("api_key", &key)] {
        let answer = lab.with_credentials(&credentials).get("/api/org").await;
        assert_eq!(answer.status, StatusCode::OK, "{credentials}");
        assert!(answer.cookies().is_empty(), "no session");
    }
    assert_eq!(admin.get(&tokens).await.json()[0]["lastUsedAt"], "2027-01-15T08:00:00Z");
    let found = admin.get("/api/serviceaccounts/search?query=mcp").await.json();
    assert_eq!((&found["totalCount"], &found["serviceAccounts"][0]["tokens"]), (&json!(1), &json!(1)));
    assert_eq!(admin.get("/api/users").await.json().as_array().unwrap().len(), 1, "not among the people");

    lab.clock.advance(Duration::from_secs(600));
    let expired = lab.with_credentials(&format!("Bearer {key}")).get("/api/org").await;
    assert_eq!((expired.status.as_u16(), expired.message().as_str()), (401, "Expired API key"));
    let mut admin = lab.admin().await;
    assert_eq!(admin.get(&tokens).await.json()[0]["hasExpired"], true);
    let found = admin.get("/api/serviceaccounts/search?expiredTokens=true").await.json();
    assert_eq!(found["totalCount"], 1);
    let token = format!("{tokens}/{}", made.json()["id"]);
    assert_eq!(admin.call("DELETE", &token, None).await.message(), "Service account token deleted");
    assert_eq!(admin.call("DELETE", &token, None).await.status, StatusCode::NOT_FOUND);
    assert_eq!(admin.call("DELETE", &path, None).await.message(), "Service account deleted");
    assert_eq!(admin.get(&path).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn tokens_end_with_what_they_belong_to() {
    let lab = Lab::new().await;
    let key = lab.token("robot", "Admin").await;
    let mut robot = lab.with_credentials(&format!("Bearer {key}"));
    let id = robot.get("/api/serviceaccounts/search").await.json()["serviceAccounts"][0]["id"].clone();
    let path = format!("/api/serviceaccounts/{id}");
    let mut admin = lab.admin().await;
    let change = |body| ("PATCH", path.clone(), Some(body));
    let (method, path, body) = change(json!({ "isDisabled": true, "role": "Viewer", "name": "Robot 2" }));
    let changed = admin.call(method, &path, body).await.json();
    assert_eq!(changed["message"], "Service account updated");
    assert_eq!(
        (&changed["serviceaccount"]["name"], &changed["serviceaccount"]["role"]),
        (&json!("Robot 2"), &json!("Viewer"))
    );
    let refused = robot.get("/api/org").await;
    assert_eq!((refused.status.as_u16(), refused.message().as_str()), (401, "Service account is disabled"));
    admin.call("PATCH", &path, Some(json!({ "isDisabled": false }))).await;
    assert_eq!(robot.get("/api/org").await.status, StatusCode::OK);
    assert_eq!(robot.get("/api/users").await.status, StatusCode::FORBIDDEN, "the new role counts at once");
    admin.call("DELETE", &path, None).await;
    assert_eq!(robot.get("/api/org").await.message(), "Invalid API key");
}

#[tokio::test]
async fn service_accounts_cannot_log_in() {
    let lab = Lab::new().await;
    lab.token("robot", "Admin").await;
    for password in ["", "admin123"] {
        assert_eq!(lab.client().log_in("sa-1-robot", password).await.status, StatusCode::UNAUTHORIZED);
        let answer = lab.with_credentials(&basic("sa-1-robot", password)).get("/api/user").await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    }
}

#[tokio::test]
async fn no_secret_is_stored_in_the_clear() {
    let lab = Lab::new().await;
    let key = lab.token("robot", "Viewer").await;
    let mut user = lab.user("ann", "Editor").await;
    let session = user.token().unwrap();
    let body = json!({ "dashboard": { "title": "x" }, "deleteKey": "delete-me-please-1" });
    assert_eq!(user.call("POST", "/api/snapshots", Some(body)).await.status, StatusCode::OK);
    let stored = lab.stored_bytes();
    let holds = |text: &str| stored.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(holds("sa-1-robot"), "the right files were read");
    for secret in [&key[5..37], &session, "secretann", "admin123", "delete-me-please-1"] {
        assert!(!holds(secret), "{secret}");
    }
}

#[tokio::test]
async fn nonsense_is_refused() {
    let lab = Lab::new().await;
    let mut admin = lab.admin().await;
    for body in [
        json!({}),
        json!({ "name": " " }),
        json!({ "name": "x", "role": "Owner" }),
        json!({ "name": "x".repeat(191) }),
    ] {
        assert_eq!(
            admin.call("POST", "/api/serviceaccounts", Some(body.clone())).await.status.as_u16(),
            400,
            "{body}"
        );
    }
    assert_eq!(admin.get("/api/serviceaccounts/1").await.status, StatusCode::NOT_FOUND, "a person");
    let id =
        admin.call("POST", "/api/serviceaccounts", Some(json!({ "name": "x" }))).await.json()["id"].clone();
    for body in [json!({}), json!({ "name": "a", "secondsToLive": -1 }), json!({ "name": "a\nb" })] {
        let path = format!("/api/serviceaccounts/{id}/tokens");
        assert_eq!(admin.call("POST", &path, Some(body.clone())).await.status.as_u16(), 400, "{body}");
    }
    assert_eq!(admin.get("/api/serviceaccounts/x").await.status, StatusCode::BAD_REQUEST);
}
