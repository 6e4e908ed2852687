//! Logging in and out, and the rotation of session tokens.

use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::json;

use super::params::Params;
use crate::auth::session::{self, Rotate};
use crate::auth::{client_address, cookies, login, user_agent};
use crate::error::{ApiError, body_bytes};
use crate::server::App;

const BODY_LIMIT_BYTES: usize = 16 * 1024;

pub(super) fn routes() -> Router<App> {
    Router::new()
        // The login page is a page of the interface.
        .route("/login", post(log_in).get(crate::web::serve))
        .route("/logout", get(log_out).post(log_out))
        .route("/api/login/ping", get(ping))
        .route("/api/user/auth-tokens/rotate", post(rotate))
        .route("/user/auth-tokens/rotate", get(rotate_and_return))
        .layer(DefaultBodyLimit::max(BODY_LIMIT_BYTES))
}

#[derive(Deserialize)]
struct Credentials {
    user: String,
    password: String,
}

/// Takes JSON or a form. A session that the request brought along ends; it is never continued.
async fn log_in(State(app): State<App>, request: Request) -> Result<Response, ApiError> {
    if app.settings().is_login_form_off {
        return Err(ApiError::unauthorized_because("Login with a form is disabled", "login-form.disabled"));
    }
    let headers = request.headers().clone();
    let address = client_address(request.extensions());
    let body = body_bytes(request, &()).await?;
    let credentials = credentials(&headers, &body)?;
    let user = login::authenticate(&app, &credentials.user, &credentials.password, &address).await?;
    end_sessions(&app, &headers).await?;
    let issued = session::begin(&app, &user, &user_agent(&headers), &address).await?;
    tracing::info!(login = user.login, address, "logged in");
    let mut response = Json(json!({ "message": "Logged in", "redirectUrl": "/" })).into_response();
    let lines = cookies::issue(&app.settings().sessions, &issued.token, issued.rotate_at);
    cookies::append(response.headers_mut(), lines);
    Ok(response)
}

fn credentials(headers: &HeaderMap, body: &[u8]) -> Result<Credentials, ApiError> {
    let wrong = || {
        ApiError::bad_request(
            "bad login data: send user and password, as JSON ({\"user\":\"…\",\"password\":\"…\"}) or as a form",
        )
    };
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if content_type.is_some_and(|value| value.starts_with("application/x-www-form-urlencoded")) {
        let mut credentials = (None, None);
        for (name, value) in url::form_urlencoded::parse(body) {
            match name.as_ref() {
                "user" => credentials.0 = Some(value.into_owned()),
                "password" => credentials.1 = Some(value.into_owned()),
                _ => {}
            }
        }
        let (Some(user), Some(password)) = credentials else {
            return Err(wrong());
        };
        return Ok(Credentials { user, password });
    }
    serde_json::from_slice(body).map_err(|_| wrong())
}

async fn log_out(State(app): State<App>, headers: HeaderMap) -> Result<Response, ApiError> {
    end_sessions(&app, &headers).await?;
    let mut response = (StatusCode::FOUND, [(header::LOCATION, "/login")]).into_response();
    cookies::append(response.headers_mut(), cookies::clear(&app.settings().sessions));
    Ok(response)
}

async fn end_sessions(app: &App, headers: &HeaderMap) -> Result<(), ApiError> {
    for token in cookies::tokens(headers, &app.settings().sessions.cookie_name) {
        session::end(app, token).await?;
    }
    Ok(())
}

async fn ping(State(app): State<App>, headers: HeaderMap) -> Result<Response, ApiError> {
    for token in cookies::tokens(&headers, &app.settings().sessions.cookie_name) {
        if session::open(&app, token, Rotate::WhenDue).await?.is_some() {
            return Ok(super::message("Logged in").into_response());
        }
    }
    Err(ApiError::unauthorized())
}

/// Replaces the token before it is due.
async fn rotate(State(app): State<App>, headers: HeaderMap) -> Result<Response, ApiError> {
    let sessions = &app.settings().sessions;
    for token in cookies::tokens(&headers, &sessions.cookie_name) {
        let Some(opened) = session::open(&app, token, Rotate::Now).await? else {
            continue;
        };
        let mut response = Json(json!({})).into_response();
        if let Some(issued) = opened.renewed {
            cookies::append(
                response.headers_mut(),
                cookies::issue(sessions, &issued.token, issued.rotate_at),
            );
        }
        return Ok(response);
    }
    let mut response = ApiError::unauthorized().into_response();
    cookies::append(response.headers_mut(), cookies::clear(sessions));
    Ok(response)
}

/// The same for a page that finds its token too old: back to where it was, or to the login.
async fn rotate_and_return(
    State(app): State<App>,
    headers: HeaderMap,
    params: Params,
) -> Result<Response, ApiError> {
    let rotated = rotate(State(app), headers).await?;
    let wanted = params.get("redirectTo").unwrap_or("/");
    // A path of this server and nothing else: `//host` and `/\\host` lead away.
    let is_ours = wanted.starts_with('/')
        && !wanted[1..].starts_with(['/', '\\'])
        && !wanted.contains(char::is_control);
    let target = match rotated.status() {
        StatusCode::OK if is_ours => wanted,
        StatusCode::OK => "/",
        _ => "/login",
    };
    let location = HeaderValue::from_str(target).unwrap_or(HeaderValue::from_static("/"));
    let mut response = StatusCode::FOUND.into_response();
    response.headers_mut().insert(header::LOCATION, location);
    for line in rotated.headers().get_all(header::SET_COOKIE) {
        response.headers_mut().append(header::SET_COOKIE, line.clone());
    }
    Ok(response)
}
