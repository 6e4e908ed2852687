use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::json;

use crate::support::Lab;

#[tokio::test]
async fn preferences_are_put_patched_and_checked() {
    let lab = Lab::new().await;
    let mut client = lab.admin().await;
    let all =
        json!({ "theme": "light", "timezone": "Europe/Madrid", "weekStart": "monday", "language": "es-ES" });
    let path = "/api/user/preferences";
    assert_eq!(client.call("PUT", path, Some(all)).await.message(), "Preferences updated");
    client.call("PATCH", path, Some(json!({ "theme": "dark", "unknown": 1 }))).await;
    let expected = json!({ "theme": "dark", "homeDashboardUID": "", "timezone": "Europe/Madrid",
        "weekStart": "monday", "language": "es-ES" });
    assert_eq!(client.get(path).await.json(), expected);
    client.call("PUT", path, Some(json!({ "theme": "system" }))).await;
    assert_eq!(client.get(path).await.json()["timezone"], "", "PUT replaces everything");

    for (body, word) in [
        (json!({ "theme": "pink" }), "theme"),
        (json!({ "weekStart": "doomsday" }), "weekStart"),
        (json!({ "timezone": "<script>" }), "timezone"),
        (json!({ "language": "x".repeat(65) }), "language"),
        (json!({ "theme": 7 }), "bad request data"),
        (json!([]), "bad request data"),
    ] {
        let answer = client.call("PUT", path, Some(body)).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        assert!(answer.message().contains(word), "{}", answer.text());
    }
    let org = "/api/org/preferences";
    assert_eq!(client.call("PATCH", org, Some(json!({ "theme": "light" }))).await.status, StatusCode::OK);
    assert_eq!(client.get(org).await.json()["theme"], "light");
    assert_eq!(client.get(path).await.json()["theme"], "system", "the user's own are separate");
}

#[tokio::test]
async fn the_password_is_changed_with_the_old_one() {
    let lab = Lab::new().await;
    let mut client = lab.admin().await;
    let mut other = lab.admin().await;
    let path = "/api/user/password";
    for (body, status, word) in [
        (
            json!({ "oldPassword": "wrong", "newPassword": "longer than 8" }),
            StatusCode::UNAUTHORIZED,
            "old password",
        ),
        (json!({ "oldPassword": "admin123", "newPassword": "abc" }), StatusCode::BAD_REQUEST, "too short"),
        (
            json!({ "oldPassword": "admin123", "newPassword": "x".repeat(2000) }),
            StatusCode::BAD_REQUEST,
            "too long",
        ),
        (
            json!({ "oldPassword": "admin123", "newPassword": "longer than 8", "confirmNew": "other" }),
            StatusCode::BAD_REQUEST,
            "differ",
        ),
        (json!({ "newPassword": "longer than 8" }), StatusCode::BAD_REQUEST, "oldPassword"),
    ] {
        let answer = client.call("PUT", path, Some(body)).await;
        assert_eq!(answer.status, status, "{}", answer.text());
        assert!(answer.message().contains(word), "{}", answer.text());
    }
    let body =
        json!({ "oldPassword": "admin123", "newPassword": "longer than 8", "confirmNew": "longer than 8" });
    assert_eq!(client.call("PUT", path, Some(body)).await.message(), "User password changed");
    assert_eq!(client.get("/api/user").await.status, StatusCode::OK, "this session goes on");
    assert_eq!(other.get("/api/user").await.status, StatusCode::UNAUTHORIZED, "the others end");
    assert_eq!(lab.client().log_in("admin", "admin123").await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(lab.client().log_in("admin", "longer than 8").await.status, StatusCode::OK);
}

#[tokio::test]
async fn organisations_and_settings_are_told() {
    let lab = Lab::new().await;
    let mut client = lab.admin().await;
    assert_eq!(client.get("/api/org").await.json()["name"], "Main Org.");
    assert_eq!(
        client.get("/api/user/orgs").await.json(),
        json!([{ "orgId": 1, "name": "Main Org.", "role": "Admin" }])
    );
    let settings = client.get("/api/frontend/settings").await.json();
    assert_eq!(settings["defaultDatasource"], "Loki");
    assert_eq!(settings["datasources"]["Tempo"]["url"], "/api/datasources/proxy/uid/tempo");
    assert_eq!(settings["appUrl"], "http://localhost:3000/");
}

#[tokio::test]
async fn unknown_paths_methods_and_bodies_get_clear_errors() {
    let lab = Lab::new().await;
    let mut client = lab.admin().await;
    let answer = client.get("/api/nobody/made/this").await;
    assert_eq!((answer.status, answer.message().as_str()), (StatusCode::NOT_FOUND, "Not found"));
    let answer = client.call("DELETE", "/api/user", None).await;
    assert_eq!(
        (answer.status, answer.message().as_str()),
        (StatusCode::METHOD_NOT_ALLOWED, "Method not allowed")
    );
    let huge = Request::put("/api/user/preferences").body(Body::from(vec![b' '; 6 * 1024 * 1024])).unwrap();
    assert_eq!(client.send(huge).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(client.get("/api/user/").await.status, StatusCode::OK, "a trailing slash does no harm");
}
