use std::time::Duration;

use axum::http::StatusCode;

use crate::support::{Lab, START};

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(86_400);

#[tokio::test]
async fn cookies_have_their_flags() {
    let lab = Lab::new().await;
    let answer = lab.client().log_in("admin", "admin123").await;
    let cookies = answer.cookies();
    assert_eq!(cookies.len(), 2);
    assert!(cookies[0].starts_with("grafana_session="), "{cookies:?}");
    assert!(cookies[0].ends_with("; Path=/; Max-Age=2592000; SameSite=Lax; HttpOnly"), "{cookies:?}");
    let expiry = START + 600;
    assert_eq!(
        cookies[1],
        format!("grafana_session_expiry={expiry}; Path=/; Max-Age=2592000; SameSite=Lax"),
        "scripts may read the time of the next rotation"
    );

    let lab = Lab::with([
        ("GF_SERVER_ROOT_URL", "https://shop.example/"),
        ("GF_SECURITY_COOKIE_SAMESITE", "strict"),
    ]);
    for cookie in lab.await.client().log_in("admin", "admin123").await.cookies() {
        assert!(cookie.contains("; Secure") && cookie.contains("SameSite=Strict"), "{cookie}");
    }
}

#[tokio::test]
async fn logging_out_ends_the_session_on_both_sides() {
    let lab = Lab::new().await;
    let mut client = lab.admin().await;
    let mut copy = client.clone();
    let answer = client.get("/logout").await;
    assert_eq!((answer.status, answer.header("location")), (StatusCode::FOUND, "/login"));
    assert_eq!(client.cookies, []);
    let answer = copy.get("/api/user").await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert!(answer.cookies().iter().all(|line| line.contains("Max-Age=0")), "a dead cookie is taken away");
}

#[tokio::test]
async fn a_login_never_continues_a_session_it_was_given() {
    let lab = Lab::new().await;
    let mut attacker = lab.admin().await;
    let planted = attacker.token().unwrap();

    let mut victim = lab.client();
    victim.cookies = attacker.cookies.clone();
    victim.log_in("admin", "admin123").await;
    assert_ne!(victim.token().unwrap(), planted);
    assert_eq!(victim.get("/api/user").await.status, StatusCode::OK);
    assert_eq!(attacker.get("/api/user").await.status, StatusCode::UNAUTHORIZED);

    let mut chosen = lab.client();
    chosen.cookies.push(("grafana_session".to_owned(), "a".repeat(64)));
    chosen.log_in("admin", "admin123").await;
    assert_ne!(chosen.token().unwrap(), "a".repeat(64));
}

#[tokio::test]
async fn tokens_rotate_when_due_and_the_old_one_dies_after_a_moment() {
    let lab = Lab::new().await;
    let mut client = lab.admin().await;
    let first = client.token().unwrap();
    lab.clock.advance(9 * MINUTE);
    client.get("/api/user").await;
    assert_eq!(client.token().unwrap(), first, "not yet due");

    lab.clock.advance(2 * MINUTE);
    let mut slow = client.clone();
    assert_eq!(client.get("/api/user").await.status, StatusCode::OK);
    let second = client.token().unwrap();
    assert_ne!(second, first);
    assert_eq!(client.get("/api/user").await.status, StatusCode::OK);

    let late = slow.get("/api/user").await;
    assert_eq!(late.status, StatusCode::OK, "a request that was under way still passes");
    assert_eq!(late.cookies(), [] as [String; 0], "and does not rotate again");
    lab.clock.advance(MINUTE);
    assert_eq!(slow.get("/api/user").await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(client.get("/api/user").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_client_that_never_got_the_new_token_gets_another() {
    let lab = Lab::new().await;
    let mut client = lab.admin().await;
    assert_eq!(client.get("/api/user").await.status, StatusCode::OK);
    lab.clock.advance(11 * MINUTE);
    let mut lost = client.clone();
    lost.get("/api/user").await;
    lab.clock.advance(5 * MINUTE);
    let answer = client.get("/api/user").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.cookies().len(), 2);
    assert_eq!(client.get("/api/user").await.status, StatusCode::OK);
    assert_eq!(lost.get("/api/user").await.status, StatusCode::UNAUTHORIZED, "the lost token is void");
}

#[tokio::test]
async fn rotation_can_be_asked_for() {
    let lab = Lab::new().await;
    let mut client = lab.admin().await;
    let first = client.token().unwrap();
    let answer = client.call("POST", "/api/user/auth-tokens/rotate", None).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_ne!(client.token().unwrap(), first);
    assert_eq!(client.get("/api/user").await.status, StatusCode::OK);
    assert_eq!(client.get("/api/login/ping").await.message(), "Logged in");
}

#[tokio::test]
async fn sessions_end_by_disuse_and_by_age() {
    let lab = Lab::new().await;
    let mut unused = lab.admin().await;
    lab.clock.advance(7 * DAY);
    assert_eq!(unused.get("/api/user").await.status, StatusCode::UNAUTHORIZED);

    let mut busy = lab.admin().await;
    for _ in 0..29 {
        lab.clock.advance(DAY);
        assert_eq!(busy.get("/api/user").await.status, StatusCode::OK);
    }
    lab.clock.advance(DAY);
    assert_eq!(busy.get("/api/user").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn sessions_survive_a_restart() {
    let lab = Lab::new().await;
    let cookies = lab.admin().await.cookies;
    let lab = lab.restart([]).await;
    let mut client = lab.client();
    client.cookies = cookies;
    assert_eq!(client.get("/api/user").await.status, StatusCode::OK);
}

#[tokio::test]
async fn sessions_are_listed_and_can_be_revoked() {
    let lab = Lab::new().await;
    let mut first = lab.admin().await;
    let mut second = lab.admin().await;
    let list = first.get("/api/user/auth-tokens").await.json();
    let list = list.as_array().unwrap();
    assert_eq!(list.len(), 2);
    let other = list.iter().find(|session| session["isActive"] == false).unwrap()["id"].clone();
    let own = list.iter().find(|session| session["isActive"] == true).unwrap()["id"].clone();
    for (id, status) in [
        (serde_json::json!(999), StatusCode::NOT_FOUND),
        (own, StatusCode::BAD_REQUEST),
        (other, StatusCode::OK),
    ] {
        let body = serde_json::json!({ "authTokenId": id });
        let answer = first.call("POST", "/api/user/revoke-auth-token", Some(body)).await;
        assert_eq!(answer.status, status, "{}", answer.text());
    }
    assert_eq!(second.get("/api/user").await.status, StatusCode::UNAUTHORIZED);
}
