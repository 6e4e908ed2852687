//! Strict extractors: what can't be understood becomes a 4xx that names the field.

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::AppError;

/// A JSON body, in and out.
///
/// `application/json`, `*/*+json`, no content type, and the form type that curl sends with a bare `-d` are read as
/// JSON: the shop has no forms. Any other type is 415, broken JSON 400, a wrong field 422.
#[derive(Debug, Clone, Copy, Default)]
pub struct Json<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = AppError;

    async fn from_request(request: Request, state: &S) -> Result<Self, AppError> {
        check_content_type(&request)?;
        let bytes = Bytes::from_request(request, state).await.map_err(|rejection| {
            if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
                body_too_large()
            } else {
                AppError::bad_request("INVALID_BODY", "the body could not be read to its end")
            }
        })?;
        parse(&bytes).map(Self)
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

fn check_content_type(request: &Request) -> Result<(), AppError> {
    let Some(value) = request.headers().get(header::CONTENT_TYPE) else {
        return Ok(());
    };
    let text = value.to_str().unwrap_or_default();
    let essence = text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let json = essence == "application/json"
        || essence == "application/x-www-form-urlencoded"
        || (essence.starts_with("application/") && essence.ends_with("+json"));
    if json {
        return Ok(());
    }
    Err(AppError::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "UNSUPPORTED_MEDIA_TYPE",
        "send the body as JSON with Content-Type: application/json",
    ))
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, AppError> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        // Where the body may be missing (`Option`), nothing is as good as null.
        if let Ok(value) = serde_json::from_slice(b"null") {
            return Ok(value);
        }
        return Err(AppError::bad_request("INVALID_JSON", "the body is empty; send a JSON object"));
    }
    if has_null_character(bytes) {
        return Err(null_character());
    }
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let path = error.path().to_string();
        json_error(&path, error.inner())
    })?;
    deserializer.end().map_err(|error| json_error(".", &error))?;
    Ok(value)
}

/// True when a text has the character 0, which JSON can only write as an escape.
fn has_null_character(bytes: &[u8]) -> bool {
    const ESCAPE: &[u8] = b"\\u0000";
    // After an odd number of backslashes this one is itself escaped.
    let escaped = |at: usize| bytes[..at].iter().rev().take_while(|byte| **byte == b'\\').count() % 2 == 1;
    bytes.windows(ESCAPE.len()).enumerate().any(|(at, window)| window == ESCAPE && !escaped(at))
}

/// 422: PostgreSQL can't store the character 0, and no text of a shop needs it.
pub(crate) fn null_character() -> AppError {
    AppError::unprocessable("INVALID_TEXT", "texts must not have null characters")
}

fn json_error(path: &str, error: &serde_json::Error) -> AppError {
    let place = format!("line {}, column {}", error.line(), error.column());
    if !error.is_data() {
        return AppError::bad_request("INVALID_JSON", format!("the body is not valid JSON: {error}"));
    }
    let text = error.to_string();
    let reason = text.split(" at line ").next().unwrap_or(&text);
    if path == "." || path == "?" {
        return AppError::unprocessable("INVALID_FIELD", format!("the body has {reason} ({place})"));
    }
    AppError::unprocessable("INVALID_FIELD", format!("{path}: {reason} ({place})"))
        .with_details(serde_json::json!({"field": path}))
}

/// 413.
pub(crate) fn body_too_large() -> AppError {
    AppError::new(StatusCode::PAYLOAD_TOO_LARGE, "BODY_TOO_LARGE", "the body may have at most 1 MiB")
}

/// Query parameters; a value of the wrong type is 400.
#[derive(Debug, Clone, Copy, Default)]
pub struct Params<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Params<T> {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, AppError> {
        let Query(value) = Query::<T>::try_from_uri(&parts.uri).map_err(|rejection| {
            let text = rejection.body_text();
            let reason = text.rsplit_once("query string: ").map_or(text.as_str(), |(_, reason)| reason);
            AppError::bad_request("INVALID_PARAMETER", format!("query parameter {reason}"))
        })?;
        Ok(Self(value))
    }
}

/// One id from the path. Text that is not a whole number is 400; numbers that can't be ids (0, negative, beyond 64
/// bits) are 404, as an id that nobody has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Id(pub i64);

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, AppError> {
        let Path(text) = Path::<String>::from_request_parts(parts, state).await.map_err(|_| not_an_id())?;
        parse_id(&text).map(Self)
    }
}

/// Two ids from the path, as in `/users/{id}/favorites/{product_id}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IdAndId(pub i64, pub i64);

impl<S: Send + Sync> FromRequestParts<S> for IdAndId {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, AppError> {
        let Path((first, second)) =
            Path::<(String, String)>::from_request_parts(parts, state).await.map_err(|_| not_an_id())?;
        Ok(Self(parse_id(&first)?, parse_id(&second)?))
    }
}

fn not_an_id() -> AppError {
    AppError::bad_request("INVALID_ID", "the id in the path must be a positive whole number")
}

fn parse_id(text: &str) -> Result<i64, AppError> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(not_an_id());
    }
    match text.parse::<i64>() {
        Ok(id) if id > 0 => Ok(id),
        _ => Err(AppError::not_found("NOT_FOUND", "there is nothing with this id")),
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only parsed")]
    struct Item {
        id: i64,
        quantity: u32,
    }
    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only parsed")]
    struct Order {
        items: Vec<Item>,
    }

    #[tokio::test]
    async fn bodies_are_accepted_or_refused_with_a_reason() {
        for (content_type, body, status, needle) in [
            ("application/json", r#"{"items":[{"id":1,"quantity":2}]}"#, 200, ""),
            ("application/json; charset=utf-8", r#"{"items":[]}"#, 200, ""),
            ("application/x-www-form-urlencoded", r#"{"items":[]}"#, 200, ""),
            ("application/merge-patch+json", r#"{"items":[]}"#, 200, ""),
            ("text/xml", "<a/>", 415, "JSON"),
            ("application/json", "", 400, "empty"),
            ("application/json", "{", 400, "not valid JSON"),
            ("application/json", r#"{"items":[]} x"#, 400, "not valid JSON"),
            ("application/json", "[]", 422, "invalid length 0"),
            ("application/json", r#"{"items":[{"id":"1","quantity":2}]}"#, 422, "items[0].id"),
            ("application/json", r#"{"items":[{"id":1,"quantity":-2}]}"#, 422, "items[0].quantity"),
            (
                "application/json",
                r#"{"items":[{"id":9223372036854775808,"quantity":2}]}"#,
                422,
                "items[0].id",
            ),
            ("application/json", r#"{"items":[{"id":1,"quantity":2,"x":1}]}"#, 422, "unknown field `x`"),
            ("application/json", r"{}", 422, "missing field `items`"),
            ("application/json", r#"{"items":[],"note":"a\u0000"}"#, 422, "null characters"),
            ("application/json", r#"{"items":[],"note":"a\\u0000"}"#, 200, ""),
            ("application/json", r#"{"items":[],"note":"a\\\u0000"}"#, 422, "null characters"),
        ] {
            let request =
                Request::post("/").header(header::CONTENT_TYPE, content_type).body(Body::from(body)).unwrap();
            match Json::<Order>::from_request(request, &()).await {
                Ok(_) => assert_eq!(status, 200, "{body}"),
                Err(error) => {
                    assert_eq!(error.status.as_u16(), status, "{body}: {error}");
                    assert!(error.message.contains(needle), "{body}: {error}");
                }
            }
        }
    }

    #[test]
    fn ids_in_paths() {
        for (text, expected) in [
            ("1", Ok(1)),
            ("9223372036854775807", Ok(i64::MAX)),
            ("9223372036854775808", Err(404)),
            ("99999999999999999999999999", Err(404)),
            ("0", Err(404)),
            ("-1", Err(404)),
            ("", Err(400)),
            ("-", Err(400)),
            ("1.5", Err(400)),
            ("abc", Err(400)),
            ("1;drop table users", Err(400)),
        ] {
            assert_eq!(parse_id(text).map_err(|error| error.status.as_u16()), expected, "{text}");
        }
    }
}
