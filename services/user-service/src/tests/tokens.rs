//! Tokens that somebody made up, changed or stole.

use axum::body::Body;
use axum::http::{Request, header};
use service_kit::{Authenticator, Claims, Role, Secret, now_ms};

use super::bed::Bed;
use super::on_both_databases;

on_both_databases!(bad_tokens_are_refused_everywhere);

fn claims(expires_in: i64) -> Claims {
    let now = now_ms() / 1000;
    Claims {
        sub: "1".to_owned(),
        email: "ana.morales@shop.example".to_owned(),
        role: Role::Admin,
        iat: now,
        exp: now + expires_in,
        jti: "made-up".to_owned(),
        sid: "made-up".to_owned(),
    }
}

async fn bad_tokens_are_refused_everywhere(bed: &Bed) {
    let good = bed.customer(1).await;
    let parts: Vec<&str> = good.split('.').collect();
    // {"alg":"none","typ":"JWT"}
    let none = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0";
    let stranger = Authenticator::new(&Secret::new("a secret of somebody else")).sign(&claims(60)).unwrap();
    let admin = bed.authenticator.sign(&claims(60)).unwrap();
    let admin_payload = admin.split('.').nth(1).unwrap();
    let old = bed.authenticator.sign(&claims(-1)).unwrap();
    for (what, value, code) in [
        ("no signature, algorithm none", format!("Bearer {none}.{}.", parts[1]), "TOKEN_INVALID"),
        ("algorithm none", format!("Bearer {none}.{}.{}", parts[1], parts[2]), "TOKEN_INVALID"),
        ("another's payload", format!("Bearer {}.{admin_payload}.{}", parts[0], parts[2]), "TOKEN_INVALID"),
        ("another key", format!("Bearer {stranger}"), "TOKEN_INVALID"),
        ("expired", format!("Bearer {old}"), "TOKEN_EXPIRED"),
        ("another scheme", "Basic YWRtaW46YWRtaW4=".to_owned(), "TOKEN_INVALID"),
        ("no token", "Bearer ".to_owned(), "TOKEN_INVALID"),
        ("no scheme", good.clone(), "TOKEN_INVALID"),
        ("noise", "Bearer ...".to_owned(), "TOKEN_INVALID"),
        ("very long", format!("Bearer {}", "a".repeat(20_000)), "TOKEN_INVALID"),
    ] {
        for path in ["/users/me", "/users/1/favorites", "/users/1", "/users"] {
            let request =
                Request::get(path).header(header::AUTHORIZATION, value.as_str()).body(Body::empty()).unwrap();
            let answer = bed.call(request).await;
            assert_eq!((answer.status, answer.code()), (401, code), "{what}: {path}");
        }
    }
    bed.get("/users/me", Some(&good)).await.is(200);
}
