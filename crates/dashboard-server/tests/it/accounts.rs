//! Users, as administrators manage them.

use axum::http::StatusCode;
use serde_json::json;

use crate::support::{Lab, basic};

#[tokio::test]
async fn users_are_added_found_changed_and_deleted() {
    let lab = Lab::new().await;
    let mut admin = lab.admin().await;
    let body = json!({ "name": "Ann", "email": "ann@shop.example", "login": "ann", "password": "first", "OrgId": 1 });
    let added = admin.call("POST", "/api/admin/users", Some(body.clone())).await;
    assert_eq!((added.status.as_u16(), added.message().as_str()), (200, "User created"));
    let id = added.json()["id"].as_i64().unwrap();
    let twice = admin.call("POST", "/api/admin/users", Some(body)).await;
    assert_eq!(twice.status, StatusCode::PRECONDITION_FAILED);
    assert!(twice.message().contains("already exists"));

    for path in [format!("/api/users/{id}"), "/api/users/lookup?loginOrEmail=ann@shop.example".to_owned()] {
        let user = admin.get(&path).await.json();
        assert_eq!(
            (&user["login"], &user["name"], &user["isGrafanaAdmin"]),
            (&json!("ann"), &json!("Ann"), &json!(false))
        );
    }
    assert_eq!(admin.get("/api/users/lookup?loginOrEmail=nobody").await.status, StatusCode::NOT_FOUND);
    let list = admin.get("/api/users?query=AN").await.json();
    assert_eq!((list.as_array().unwrap().len(), &list[0]["login"]), (1, &json!("ann")));
    let page = admin.get("/api/users/search?perpage=1&page=2").await.json();
    assert_eq!((&page["totalCount"], &page["users"][0]["login"]), (&json!(2), &json!("ann")));
    let members = admin.get("/api/org/users").await.json();
    assert_eq!((&members[1]["login"], &members[1]["role"]), (&json!("ann"), &json!("Viewer")));
    assert_eq!(admin.get(&format!("/api/users/{id}/orgs")).await.json()[0]["role"], "Viewer");

    let change = json!({ "login": "anna", "email": "ann@shop.example", "name": "Anna" });
    assert_eq!(admin.call("PUT", &format!("/api/users/{id}"), Some(change)).await.message(), "User updated");
    let taken = admin.call("PUT", &format!("/api/users/{id}"), Some(json!({ "login": "ADMIN" }))).await;
    assert_eq!(taken.status, StatusCode::PRECONDITION_FAILED);
    let role = admin.call("PATCH", &format!("/api/org/users/{id}"), Some(json!({ "role": "Editor" }))).await;
    assert_eq!(role.message(), "Organization user updated");
    assert_eq!(
        lab.with_credentials(&basic("anna", "first")).get("/api/user").await.json()["orgRole"],
        "Editor"
    );
    assert_eq!(admin.call("DELETE", &format!("/api/admin/users/{id}"), None).await.message(), "User deleted");
    assert_eq!(admin.get(&format!("/api/users/{id}")).await.message(), "user not found");
}

#[tokio::test]
async fn passwords_and_sessions_of_others_are_in_the_administrators_hands() {
    let lab = Lab::new().await;
    let mut ann = lab.user("ann", "Viewer").await;
    let mut admin = lab.admin().await;
    let id = ann.get("/api/user").await.json()["id"].as_i64().unwrap();
    let path = format!("/api/admin/users/{id}");
    let sessions = admin.get(&format!("{path}/auth-tokens")).await.json();
    assert_eq!(sessions.as_array().unwrap().len(), 1);
    let body = json!({ "authTokenId": sessions[0]["id"] });
    let revoked = admin.call("POST", &format!("{path}/revoke-auth-token"), Some(body)).await;
    assert_eq!(revoked.message(), "User auth token revoked");
    assert_eq!(ann.get("/api/user").await.status, StatusCode::UNAUTHORIZED);

    ann.log_in("ann", "secretann").await;
    assert_eq!(admin.call("POST", &format!("{path}/logout"), None).await.message(), "User logged out");
    assert_eq!(ann.get("/api/user").await.status, StatusCode::UNAUTHORIZED);

    ann.log_in("ann", "secretann").await;
    let set = admin.call("PUT", &format!("{path}/password"), Some(json!({ "password": "another" }))).await;
    assert_eq!(set.message(), "User password updated");
    assert_eq!(ann.get("/api/user").await.status, StatusCode::UNAUTHORIZED, "sessions end with the password");
    assert_eq!(ann.log_in("ann", "secretann").await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(ann.log_in("ann", "another").await.status, StatusCode::OK);

    assert_eq!(admin.call("POST", &format!("{path}/disable"), None).await.message(), "User disabled");
    assert_eq!(ann.get("/api/user").await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(ann.log_in("ann", "another").await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(admin.call("POST", &format!("{path}/enable"), None).await.message(), "User enabled");
    assert_eq!(ann.log_in("ann", "another").await.status, StatusCode::OK);
}

#[tokio::test]
async fn the_last_administrator_stays() {
    let lab = Lab::new().await;
    let mut admin = lab.admin().await;
    for (method, path, body) in [
        ("DELETE", "/api/admin/users/1", json!({})),
        ("DELETE", "/api/org/users/1", json!({})),
        ("PATCH", "/api/org/users/1", json!({ "role": "Viewer" })),
        ("PUT", "/api/admin/users/1/permissions", json!({ "isGrafanaAdmin": false })),
        ("POST", "/api/admin/users/1/disable", json!({})),
        ("POST", "/api/admin/users/1/logout", json!({})),
    ] {
        let answer = admin.call(method, path, Some(body)).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{method} {path}: {}", answer.text());
    }
    lab.user("second", "Admin").await;
    let made =
        admin.call("PUT", "/api/admin/users/2/permissions", Some(json!({ "isGrafanaAdmin": true }))).await;
    assert_eq!(made.message(), "User permissions updated");
    let mut second = lab.client();
    second.log_in("second", "secretsecond").await;
    assert_eq!(second.call("DELETE", "/api/org/users/1", None).await.message(), "User deleted");
    assert_eq!(admin.get("/api/user").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn users_change_their_own_profile() {
    let lab = Lab::new().await;
    let mut ann = lab.user("ann", "Viewer").await;
    let body = json!({ "name": "Ann B.", "email": "ann@b.example", "login": "annb", "theme": "light" });
    assert_eq!(ann.call("PUT", "/api/user", Some(body)).await.message(), "User updated");
    let user = ann.get("/api/user").await.json();
    assert_eq!(
        (&user["login"], &user["email"], &user["name"]),
        (&json!("annb"), &json!("ann@b.example"), &json!("Ann B."))
    );
    assert_eq!(ann.call("PUT", "/api/user", Some(json!({ "login": "admin" }))).await.status.as_u16(), 412);
    assert_eq!(ann.get("/api/user/teams").await.json(), json!([]));
    assert_eq!(ann.call("POST", "/api/user/using/1", None).await.message(), "Active organization changed");
    assert_eq!(ann.call("POST", "/api/user/using/2", None).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn there_is_one_organisation() {
    let lab = Lab::new().await;
    let mut admin = lab.admin().await;
    assert_eq!(admin.get("/api/orgs/1").await.json()["name"], "Main Org.");
    assert_eq!(admin.get("/api/orgs/name/Main%20Org.").await.json()["id"], 1);
    assert_eq!(admin.get("/api/orgs/2").await.status, StatusCode::NOT_FOUND);
    assert_eq!(admin.get("/api/orgs/1/users").await.json()[0]["login"], "admin");
    assert_eq!(admin.get("/api/orgs/2/users").await.status, StatusCode::NOT_FOUND);
    let body = json!({ "loginOrEmail": "admin", "role": "Viewer" });
    let added = admin.call("POST", "/api/org/users", Some(body)).await;
    assert_eq!(
        (added.status.as_u16(), added.message().as_str()),
        (409, "User is already member of this organization")
    );
    assert_eq!(admin.get("/api/teams/search").await.json()["totalCount"], 0);
}

#[tokio::test]
async fn new_users_get_the_configured_role_and_sensible_names() {
    let lab = Lab::with([("GF_USERS_AUTO_ASSIGN_ORG_ROLE", "Editor")]).await;
    let mut admin = lab.admin().await;
    let added =
        admin.call("POST", "/api/admin/users", Some(json!({ "email": "a@b", "password": "four" }))).await;
    let user = admin.get(&format!("/api/users/{}", added.json()["id"])).await.json();
    assert_eq!((&user["login"], &user["orgRole"]), (&json!("a@b"), &json!("Editor")));
    for body in [
        json!({ "password": "four" }),
        json!({ "login": "x" }),
        json!({ "login": "x", "password": "abc" }),
        json!({ "login": "x", "password": "a".repeat(1025) }),
        json!({ "login": "x".repeat(191), "password": "four" }),
        json!({ "login": "a\u{7}", "password": "four" }),
        json!([]),
    ] {
        let answer = admin.call("POST", "/api/admin/users", Some(body.clone())).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{body}");
    }
}

#[tokio::test]
async fn figures_and_settings_are_shown_without_secrets() {
    let lab = Lab::with([
        ("GF_SECURITY_SECRET_KEY", "very-secret-key"),
        ("GF_SECURITY_ADMIN_PASSWORD", "hunter2hunter2"),
    ])
    .await;
    let mut admin = lab.client();
    admin.log_in("admin", "hunter2hunter2").await;
    let stats = admin.get("/api/admin/stats").await.json();
    assert_eq!((&stats["users"], &stats["admins"], &stats["datasources"]), (&json!(1), &json!(1), &json!(3)));
    assert!(stats["dashboards"].as_i64().unwrap() > 0 && stats["tags"].as_i64().unwrap() > 0);
    let settings = admin.get("/api/admin/settings").await;
    assert_eq!(settings.json()["security"]["admin_user"], "admin");
    assert!(!settings.text().contains("very-secret-key") && !settings.text().contains("hunter2"));
    let frontend = admin.get("/api/frontend/settings").await.json();
    assert_eq!(frontend["panels"]["timeseries"]["name"], "Time series");
    let plugins = admin.get("/api/plugins?type=datasource").await.json();
    assert_eq!((plugins.as_array().unwrap().len(), &plugins[0]["id"]), (3, &json!("loki")));
    assert_eq!(admin.get("/api/plugins/loki/settings").await.json()["enabled"], true);
    assert_eq!(admin.get("/api/plugins/nothing/settings").await.status, StatusCode::NOT_FOUND);
}
