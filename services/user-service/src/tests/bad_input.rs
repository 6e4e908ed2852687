//! Whatever comes in, the answer is a 4xx that says what to do.

use axum::body::Body;
use axum::http::{Request, header};

use super::bed::Bed;
use super::on_both_databases;

on_both_databases!(nonsense_is_refused_with_a_reason);

const JSON: &str = "application/json";

async fn nonsense_is_refused_with_a_reason(bed: &Bed) {
    let token = bed.customer(1).await;
    let huge = format!(r#"{{"email":"{}"}}"#, "x".repeat(2 << 20));
    let deep = "[".repeat(200_000);
    let cases: Vec<(&str, &str, &str, &str, u16)> = vec![
        ("POST", "/auth/register", JSON, "", 400),
        ("POST", "/auth/register", JSON, "{", 400),
        ("POST", "/auth/register", JSON, "email=a&password=b", 400),
        ("POST", "/auth/register", JSON, "\u{0}", 400),
        ("POST", "/auth/register", JSON, "[]", 422),
        ("POST", "/auth/register", JSON, "null", 422),
        ("POST", "/auth/register", JSON, &deep, 422),
        ("POST", "/auth/register", JSON, "{}", 422),
        ("POST", "/auth/register", JSON, r#"{"email":1,"password":"sunny day 1","name":"x"}"#, 422),
        ("POST", "/auth/register", JSON, r#"{"email":"a@b.co","password":null,"name":"x"}"#, 422),
        (
            "POST",
            "/auth/register",
            JSON,
            r#"{"email":"a@b.co","password":"sunny day 1","name":"x","role":"admin"}"#,
            422,
        ),
        ("POST", "/auth/register", JSON, r#"{"email":"nowhere","password":"sunny day 1","name":"x"}"#, 422),
        ("POST", "/auth/register", JSON, r#"{"email":"a@b.co","password":"short1","name":"x"}"#, 422),
        ("POST", "/auth/register", JSON, r#"{"email":"a@b.co","password":"sunny day 1","name":" "}"#, 422),
        (
            "POST",
            "/auth/register",
            JSON,
            r#"{"email":"a\u0000@b.co","password":"sunny day 1","name":"x"}"#,
            422,
        ),
        (
            "POST",
            "/auth/register",
            JSON,
            r#"{"email":"a@b.co","password":"sunny day 1","name":"x\u0000"}"#,
            422,
        ),
        ("POST", "/auth/register", "text/xml", "<register/>", 415),
        ("POST", "/auth/register", "multipart/form-data; boundary=x", "--x--", 415),
        ("POST", "/auth/register", JSON, &huge, 413),
        ("POST", "/auth/login", JSON, &huge, 413),
        ("POST", "/auth/login", JSON, r#"{"email":"a@b.co"}"#, 422),
        ("POST", "/auth/login", JSON, r#"{"email":["a@b.co"],"password":"x"}"#, 422),
        ("POST", "/auth/login", JSON, r#"{"email":"a\u0000b","password":"x\u0000"}"#, 422),
        ("GET", "/auth/login", JSON, "", 405),
        ("PUT", "/auth/register", JSON, "{}", 405),
        ("DELETE", "/users/1", JSON, "", 405),
        ("BREW", "/users/1", JSON, "", 405),
        ("GET", "/users/0", JSON, "", 404),
        ("GET", "/users/-5", JSON, "", 404),
        ("GET", "/users/99999999999999999999", JSON, "", 404),
        ("GET", "/users/4711", JSON, "", 404),
        ("GET", "/users/abc", JSON, "", 400),
        ("GET", "/users/1.5", JSON, "", 400),
        ("GET", "/users/%00", JSON, "", 400),
        ("GET", "/users/%ff", JSON, "", 400),
        ("GET", "/users/1'%20OR%201=1", JSON, "", 400),
        ("GET", "/users/1/validate/", JSON, "", 404),
        ("GET", "/users/abc/favorites", JSON, "", 400),
        ("GET", "/nothing", JSON, "", 404),
        ("GET", "/", JSON, "", 404),
        ("DELETE", "/users/1/favorites/abc", JSON, "", 400),
        ("DELETE", "/users/1/favorites/0", JSON, "", 404),
        ("POST", "/users/1/favorites", JSON, r#"{"product_id":"7"}"#, 422),
        ("POST", "/users/1/favorites", JSON, r#"{"product_id":9223372036854775808}"#, 422),
        ("POST", "/users/1/favorites", JSON, r#"{"product_id":1.5}"#, 422),
        ("POST", "/users/1/favorites", "text/plain", r#"{"product_id":7}"#, 415),
        ("PUT", "/users/1/preferences", JSON, r#"{"categories":"books"}"#, 422),
        ("PUT", "/users/1/preferences", JSON, r#"{"categories":[null]}"#, 422),
        ("PATCH", "/users/me", JSON, r#"{"name":5}"#, 422),
    ];
    for (method, path, content_type, body, status) in cases {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::CONTENT_TYPE, content_type)
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .body(Body::from(body.to_owned()))
            .unwrap();
        let shown: String = body.chars().take(80).collect();
        let answer = bed.call(request).await;
        assert_eq!(answer.status, status, "{method} {path} {shown}: {}", answer.body);
        assert!(!answer.code().is_empty(), "{method} {path} {shown}");
        assert!(answer.body["error"]["message"].as_str().unwrap().len() > 8, "{method} {path} {shown}");
        assert!(!answer.body["request_id"].as_str().unwrap().is_empty());
        assert_eq!(answer.headers.contains_key(header::ALLOW), status == 405, "{method} {path}");
    }
    for query in
        ["page=0", "page=-1", "page=x", "page=9223372036854775807", "limit=0", "limit=1e3", "page=1&page=2"]
    {
        let admin = bed.admin().await;
        let answer = bed.get(&format!("/users?{query}"), Some(&admin)).await;
        assert_eq!((answer.status, answer.code()), (400, "INVALID_PARAMETER"), "{query}: {}", answer.body);
    }
}
