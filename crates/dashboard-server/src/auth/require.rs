//! The door of the API: finds out who is asking and turns away everyone else.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::session::{self, Issued, Rotate};
use super::{Identity, anonymous, api_token, client_address, cookies, login, viewers};
use crate::error::ApiError;
use crate::repo::users::Role;
use crate::server::App;

/// The user name under which a token may stand in basic credentials, for clients that know no other way.
const TOKEN_AS_PASSWORD: &str = "api_key";

/// Middleware around every route that needs a login: credentials in the request come before the session cookie.
pub(crate) async fn login(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let address = client_address(request.extensions());
    let (identity, renewed) = match identify(&app, request.headers(), &address).await {
        Ok(found) => found,
        Err(error) => return refuse(&app, request.headers(), error),
    };
    if let Err(error) = may_send(&identity, &request) {
        return error.into_response();
    }
    request.extensions_mut().insert(identity);
    let mut response = next.run(request).await;
    if let Some(issued) = renewed {
        let lines = cookies::issue(&app.settings().sessions, &issued.token, issued.rotate_at);
        cookies::append(response.headers_mut(), lines);
    }
    response
}

async fn identify(
    app: &App,
    headers: &HeaderMap,
    address: &str,
) -> Result<(Identity, Option<Issued>), ApiError> {
    if let Some(authorization) = headers.get(header::AUTHORIZATION) {
        let authorization = authorization.to_str().map_err(|_| ApiError::unauthorized())?;
        let user = match credentials(authorization).ok_or_else(ApiError::unauthorized)? {
            Credentials::Token(token) => api_token::authenticate(app, token).await?,
            Credentials::Password(login, token) if login == TOKEN_AS_PASSWORD => {
                api_token::authenticate(app, &token).await?
            }
            Credentials::Password(login, password) if app.settings().is_basic_auth_on => {
                login::authenticate(app, &login, &password, address).await?
            }
            Credentials::Password(..) => return Err(ApiError::unauthorized()),
        };
        return Ok((Identity { user, session_id: None, is_anonymous: false }, None));
    }
    for token in cookies::tokens(headers, &app.settings().sessions.cookie_name) {
        if let Some(opened) = session::open(app, token, Rotate::WhenDue).await? {
            let session_id = Some(opened.session_id);
            let identity = Identity { user: opened.user, session_id, is_anonymous: false };
            return Ok((identity, opened.renewed));
        }
    }
    anonymous::identity(app).map(|visitor| (visitor, None)).ok_or_else(ApiError::unauthorized)
}

/// What holds for all routes: viewers change nothing but their own things, and visitors have none.
fn may_send(identity: &Identity, request: &Request) -> Result<(), ApiError> {
    let (method, path) = (request.method(), request.uri().path());
    if identity.is_anonymous && !method.is_safe() && viewers::is_personal(path) {
        return Err(ApiError::unauthorized());
    }
    if identity.user.role == Role::Viewer && !identity.user.is_admin && !viewers::may_send(method, path) {
        return identity.require(Role::Editor);
    }
    Ok(())
}

enum Credentials<'a> {
    Token(&'a str),
    Password(String, String),
}

/// What `Authorization` holds, if this server understands it.
fn credentials(authorization: &str) -> Option<Credentials<'_>> {
    let (scheme, rest) = authorization.split_once(' ')?;
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(Credentials::Token(rest.trim()));
    }
    let (login, password) = basic_credentials(authorization)?;
    Some(Credentials::Password(login, password))
}

fn basic_credentials(authorization: &str) -> Option<(String, String)> {
    let (scheme, encoded) = authorization.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (login, password) = text.split_once(':')?;
    Some((login.to_owned(), password.to_owned()))
}

/// A session that is over is taken out of the browser, so that it asks for a login rather than trying again.
fn refuse(app: &App, headers: &HeaderMap, error: ApiError) -> Response {
    let is_session_over =
        error.status() == StatusCode::UNAUTHORIZED && !headers.contains_key(header::AUTHORIZATION);
    let mut response = error.into_response();
    let sessions = &app.settings().sessions;
    if is_session_over && cookies::is_present(headers, &sessions.cookie_name) {
        cookies::append(response.headers_mut(), cookies::clear(sessions));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn basic_credentials_are_decoded() {
        let pair = |login: &str, password: &str| Some((login.to_owned(), password.to_owned()));
        for (header, expected) in [
            ("Basic YWRtaW46YWRtaW4xMjM=", pair("admin", "admin123")),
            ("basic YWRtaW46YTpi", pair("admin", "a:b")),
            ("Basic YWRtaW4=", None),
            ("Basic !", None),
            ("Bearer YWRtaW46YWRtaW4xMjM=", None),
            ("Basic", None),
        ] {
            assert_eq!(basic_credentials(header), expected, "{header}");
        }
    }
}
