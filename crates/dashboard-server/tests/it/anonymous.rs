//! Visitors who need no login, where the server is configured so.

use axum::http::StatusCode;
use serde_json::json;

use crate::support::{Lab, basic};

const ON: (&str, &str) = ("GF_AUTH_ANONYMOUS_ENABLED", "true");

#[tokio::test]
async fn visitors_read_and_have_nothing_of_their_own() {
    let lab = Lab::with([ON]).await;
    let mut visitor = lab.client();
    for path in
        ["/api/search", "/api/datasources", "/api/org", "/api/dashboards/home", "/api/user/preferences"]
    {
        assert_eq!(visitor.get(path).await.status, StatusCode::OK, "{path}");
    }
    let user = visitor.get("/api/user").await.json();
    assert_eq!((&user["id"], &user["login"], &user["orgRole"]), (&json!(0), &json!(""), &json!("Viewer")));
    let settings = visitor.get("/api/frontend/settings").await.json();
    assert_eq!(settings["anonymousEnabled"], true);
    for (method, path) in [
        ("PUT", "/api/user/preferences"),
        ("PATCH", "/api/user/preferences"),
        ("PUT", "/api/user/password"),
        ("POST", "/api/user/stars/dashboard/uid/x"),
        ("POST", "/api/query-history"),
        ("GET", "/api/user/auth-tokens"),
    ] {
        let answer = visitor.call(method, path, Some(json!({ "theme": "light" }))).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{method} {path}");
    }
    assert_eq!(
        visitor.call("POST", "/api/folders", Some(json!({ "title": "F" }))).await.status.as_u16(),
        403
    );
    assert_eq!(
        lab.admin().await.get("/api/org/preferences").await.json()["theme"],
        "",
        "the organisation's are safe"
    );
}

#[tokio::test]
async fn visitors_have_the_configured_role_but_never_the_servers() {
    let lab =
        Lab::with([ON, ("GF_AUTH_ANONYMOUS_ORG_ROLE", "Admin"), ("GF_AUTH_DISABLE_LOGIN_FORM", "true")])
            .await;
    let mut visitor = lab.client();
    assert_eq!(
        visitor.call("POST", "/api/folders", Some(json!({ "title": "F" }))).await.status,
        StatusCode::OK
    );
    assert_eq!(visitor.get("/api/users").await.status, StatusCode::FORBIDDEN);
    assert_eq!(visitor.get("/api/admin/settings").await.status, StatusCode::FORBIDDEN);
    let refused = visitor.log_in("admin", "admin123").await;
    assert_eq!((refused.status.as_u16(), refused.message().as_str()), (401, "Login with a form is disabled"));
    assert_eq!(
        lab.with_credentials(&basic("admin", "admin123")).get("/api/users").await.status,
        StatusCode::OK
    );
}

#[tokio::test]
async fn wrong_credentials_do_not_make_a_visitor() {
    let lab = Lab::with([ON]).await;
    for credentials in [basic("admin", "wrong"), "Bearer glsa_x".to_owned(), "Digest x".to_owned()] {
        let answer = lab.with_credentials(&credentials).get("/api/org").await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{credentials}");
    }
    let mut admin = lab.client();
    admin.log_in("admin", "admin123").await;
    assert_eq!(admin.get("/api/user").await.json()["login"], "admin", "a login counts more");
}
