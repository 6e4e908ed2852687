use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use serde_json::json;

use crate::support::{Lab, basic};

/// Every route that there is, and some that there are not.
const PROTECTED: &[(&str, &str)] = &[
    ("GET", "/api"),
    ("GET", "/api/"),
    ("GET", "/api/user"),
    ("GET", "/api/user/orgs"),
    ("PUT", "/api/user/password"),
    ("GET", "/api/user/preferences"),
    ("PUT", "/api/user/preferences"),
    ("PATCH", "/api/user/preferences"),
    ("GET", "/api/user/auth-tokens"),
    ("POST", "/api/user/auth-tokens/rotate"),
    ("POST", "/api/user/revoke-auth-token"),
    ("GET", "/api/org"),
    ("GET", "/api/orgs"),
    ("GET", "/api/org/preferences"),
    ("PUT", "/api/org/preferences"),
    ("PATCH", "/api/org/preferences"),
    ("GET", "/api/frontend/settings"),
    ("GET", "/api/datasources"),
    ("GET", "/api/datasources/"),
    ("GET", "/api/datasources/1"),
    ("GET", "/api/datasources/1/health"),
    ("GET", "/api/datasources/uid/loki"),
    ("GET", "/api/datasources/uid/loki/health"),
    ("GET", "/api/datasources/name/Loki"),
    ("GET", "/api/datasources/id/Loki"),
    ("GET", "/api/datasources/proxy/1"),
    ("GET", "/api/datasources/proxy/1/ready"),
    ("POST", "/api/datasources/proxy/1/loki/api/v1/query"),
    ("GET", "/api/datasources/proxy/uid/loki"),
    ("GET", "/api/datasources/proxy/uid/loki/ready"),
    ("DELETE", "/api/datasources/proxy/uid/loki/x"),
    ("GET", "/api/stack/components"),
    ("GET", "/api/login/ping"),
    ("GET", "/api/nobody/made/this"),
    ("DELETE", "/api/user"),
    ("POST", "/api/health/deeper"),
    ("GET", "/apis"),
    ("GET", "/apis/dashboard.grafana.app/v1/namespaces/default/dashboards"),
];

const PUBLIC: &[(&str, &str, StatusCode)] = &[
    ("GET", "/api/health", StatusCode::OK),
    ("GET", "/api/health/", StatusCode::OK),
    ("GET", "/healthz", StatusCode::OK),
    ("GET", "/metrics", StatusCode::OK),
    ("GET", "/login", StatusCode::OK),
    ("GET", "/logout", StatusCode::FOUND),
    ("GET", "/", StatusCode::OK),
    ("GET", "/d/uid/slug", StatusCode::OK),
    ("GET", "/assets/app-1a2b.js", StatusCode::OK),
];

#[tokio::test]
async fn nothing_but_the_public_routes_answers_without_a_login() {
    let lab = Lab::new().await;
    let mut client = lab.client();
    for (method, path) in PROTECTED {
        let answer = client.call(method, path, None).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{method} {path}");
        assert_eq!(answer.message(), "Unauthorized", "{method} {path}");
    }
    for (method, path, status) in PUBLIC {
        assert_eq!(client.call(method, path, None).await.status, *status, "{method} {path}");
    }
}

#[tokio::test]
async fn credentials_that_are_none_are_refused() {
    let lab = Lab::new().await;
    let token = "f".repeat(64);
    for (name, value) in [
        ("cookie", format!("grafana_session={token}")),
        ("cookie", "grafana_session=' OR 1=1 --".to_owned()),
        ("cookie", "grafana_session=".to_owned()),
        ("authorization", "Bearer glsa_nothing".to_owned()),
        ("authorization", "Basic ".to_owned()),
        ("authorization", "Basic ####".to_owned()),
        ("authorization", basic("admin", "")),
        ("authorization", basic("", "")),
        ("authorization", basic("nobody", "admin123")),
        ("authorization", basic(&"a".repeat(5000), "admin123")),
        ("x-webauth-user", "admin".to_owned()),
    ] {
        let answer = lab.client().get_with("/api/user", &[(name, &value)]).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{name}: {value}");
    }
}

#[tokio::test]
async fn logging_in_with_json_and_with_a_form() {
    let lab = Lab::new().await;
    let answer = lab.client().log_in("admin", "admin123").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.message(), "Logged in");
    assert_eq!(answer.json()["redirectUrl"], "/");

    let mut client = lab.client();
    let form = Request::post("/login")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from("user=ADMIN&password=admin%3123"))
        .unwrap();
    assert_eq!(client.send(form).await.status, StatusCode::OK);
    let user = client.get("/api/user").await.json();
    assert_eq!(user["login"], "admin");
    assert_eq!(user["orgRole"], "Admin");
    assert_eq!(user["isGrafanaAdmin"], true);
    assert!(!user.to_string().contains("argon2"), "no hash is shown");
}

#[tokio::test]
async fn a_wrong_password_is_refused_without_a_cookie() {
    let lab = Lab::new().await;
    for (user, password) in [("admin", "admin124"), ("nobody", "admin123"), ("", ""), ("admin' --", "x")] {
        let answer = lab.client().log_in(user, password).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{user}");
        assert_eq!(answer.message(), "Invalid username or password");
        assert_eq!(answer.json()["messageId"], "password-auth.failed");
        assert_eq!(answer.cookies(), [] as [String; 0]);
    }
}

#[tokio::test]
async fn login_data_that_is_none_is_a_400() {
    let lab = Lab::new().await;
    for body in ["", "{", "[]", r#"{"user":"admin"}"#, r#"{"user":1,"password":"x"}"#, "user=admin"] {
        let request = Request::post("/login").body(Body::from(body)).unwrap();
        let answer = lab.client().send(request).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{body}");
        assert!(answer.message().contains("user and password"), "{body}");
    }
    let huge = Request::post("/login").body(Body::from(vec![b' '; 20_000])).unwrap();
    assert_eq!(lab.client().send(huge).await.status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn guessing_locks_the_login_for_that_address_only() {
    let lab = Lab::new().await;
    let mut guesser = lab.client();
    for _ in 0..5 {
        assert_eq!(guesser.log_in("admin", "guess").await.status, StatusCode::UNAUTHORIZED);
    }
    lab.clock.advance(Duration::from_secs(60));
    let locked = guesser.log_in("Admin", "admin123").await;
    assert_eq!(locked.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(locked.header("retry-after"), "240");
    assert!(locked.message().contains("240 s"), "{}", locked.message());
    let by_basic = guesser.get_with("/api/user", &[("authorization", &basic("admin", "admin123"))]).await;
    assert_eq!(by_basic.status, StatusCode::TOO_MANY_REQUESTS, "the guard covers every way in");

    let mut elsewhere = lab.client();
    elsewhere.address = [10, 0, 0, 7].into();
    assert_eq!(elsewhere.log_in("admin", "admin123").await.status, StatusCode::OK);

    lab.clock.advance(Duration::from_secs(240));
    assert_eq!(guesser.log_in("admin", "admin123").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_restart_does_not_forgive_guesses_and_success_does() {
    let lab = Lab::new().await;
    let mut client = lab.client();
    for _ in 0..4 {
        client.log_in("admin", "guess").await;
    }
    assert_eq!(client.log_in("admin", "admin123").await.status, StatusCode::OK);
    for _ in 0..5 {
        assert_eq!(client.log_in("admin", "guess").await.status, StatusCode::UNAUTHORIZED);
    }
    drop(client);
    let lab = lab.restart([]).await;
    assert_eq!(lab.client().log_in("admin", "admin123").await.status, StatusCode::TOO_MANY_REQUESTS);
    let lab = lab.restart([("GF_SECURITY_DISABLE_BRUTE_FORCE_LOGIN_PROTECTION", "true")]).await;
    assert_eq!(lab.client().log_in("admin", "admin123").await.status, StatusCode::OK);
}

#[tokio::test]
async fn parallel_guesses_do_not_slip_past_the_guard() {
    let lab = Lab::new().await;
    let header = basic("admin", "admin123");
    let guesses = (0..12).map(|guess| {
        let mut client = lab.client();
        let header = if guess == 11 { header.clone() } else { basic("admin", &format!("guess {guess}")) };
        async move { client.get_with("/api/user", &[("authorization", &header)]).await.status }
    });
    let statuses = futures::future::join_all(guesses).await;
    let refused = statuses.iter().filter(|status| **status == StatusCode::UNAUTHORIZED).count();
    assert_eq!(refused, 5, "{statuses:?}");
    assert_eq!(statuses[11], StatusCode::TOO_MANY_REQUESTS, "{statuses:?}");
}

#[tokio::test]
async fn basic_authentication_opens_the_api_and_can_be_turned_off() {
    let lab = Lab::new().await;
    let header = basic("admin", "admin123");
    for _ in 0..2 {
        let answer = lab.client().get_with("/api/org", &[("authorization", &header)]).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert_eq!(answer.cookies(), [] as [String; 0], "no session is begun");
    }
    let lab = Lab::with([("GF_AUTH_BASIC_ENABLED", "false")]).await;
    let answer = lab.client().get_with("/api/org", &[("authorization", &header)]).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn the_environment_sets_the_administrators_password() {
    let lab =
        Lab::with([("GF_SECURITY_ADMIN_USER", "jefa"), ("GF_SECURITY_ADMIN_PASSWORD", "tu_password")]).await;
    assert_eq!(lab.client().log_in("jefa", "tu_password").await.status, StatusCode::OK);
    assert_eq!(lab.client().log_in("jefa", "admin123").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn changing_the_variable_changes_the_password_and_ends_sessions() {
    let lab = Lab::new().await;
    let mut session = lab.admin().await;
    let token = session.token().unwrap();

    let change = json!({ "oldPassword": "admin123", "newPassword": "chosen in the UI" });
    assert_eq!(session.call("PUT", "/api/user/password", Some(change)).await.status, StatusCode::OK);
    drop(session);

    let lab = lab.restart([("GF_SECURITY_ADMIN_PASSWORD", "tu_password")]).await;
    assert_eq!(lab.client().log_in("admin", "tu_password").await.status, StatusCode::OK);
    let mut old = lab.client();
    old.cookies.push(("grafana_session".to_owned(), token));
    assert_eq!(old.get("/api/user").await.status, StatusCode::UNAUTHORIZED);

    let mut session = lab.client();
    session.log_in("admin", "tu_password").await;
    let change = json!({ "oldPassword": "tu_password", "newPassword": "chosen again" });
    assert_eq!(session.call("PUT", "/api/user/password", Some(change)).await.status, StatusCode::OK);
    drop((session, old));

    let lab = lab.restart([("GF_SECURITY_ADMIN_PASSWORD", "tu_password")]).await;
    assert_eq!(lab.client().log_in("admin", "chosen again").await.status, StatusCode::OK);
    let lab = lab.restart([]).await;
    assert_eq!(lab.client().log_in("admin", "chosen again").await.status, StatusCode::OK);
}

#[tokio::test]
async fn the_database_is_for_its_owner_and_holds_no_token_or_password() {
    use std::os::unix::fs::PermissionsExt as _;
    let lab = Lab::with([("GF_SECURITY_ADMIN_PASSWORD", "tu_password")]).await;
    let mut client = lab.client();
    client.log_in("admin", "tu_password").await;
    let token = client.token().unwrap();
    for entry in std::fs::read_dir(lab.data_folder().join("data")).unwrap() {
        let path = entry.unwrap().path();
        let mode = std::fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{}", path.display());
        let bytes = std::fs::read(&path).unwrap();
        for secret in [token.as_str(), "tu_password"] {
            let is_inside = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!is_inside, "{}", path.display());
        }
    }
}
