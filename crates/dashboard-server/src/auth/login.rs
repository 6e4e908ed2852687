//! Checking a login and a password, with the guard against guessing.
//!
//! Five failures within five minutes lock a login for clients from that address, and the answer says so: a lock that
//! looks like a wrong password costs people hours.

use axum::http::StatusCode;

use super::password::PASSWORD_MAX_BYTES;
use crate::error::ApiError;
use crate::repo::users::User;
use crate::server::App;

const FAILURES_MAX: i64 = 5;
const WINDOW_SECS: i64 = 5 * 60;
const LOGIN_MAX_CHARS: usize = 190;

/// The user with this login (or e-mail address) and password.
pub(crate) async fn authenticate(
    app: &App,
    login: &str,
    password: &str,
    address: &str,
) -> Result<User, ApiError> {
    if login.is_empty() || login.chars().count() > LOGIN_MAX_CHARS || password.len() > PASSWORD_MAX_BYTES {
        return Err(wrong_credentials());
    }
    let guarded_login = login.to_lowercase();
    let store = app.store();
    // From here to the end nobody else checks a password, so the count cannot change in between.
    let turn = app.passwords().turn().await?;
    let now = app.clock().now();
    if app.settings().is_brute_force_guard_on {
        let (failures, earliest) = store.failed_logins(&guarded_login, address, now - WINDOW_SECS).await?;
        if failures >= FAILURES_MAX {
            tracing::warn!(login, address, "login locked after repeated failures");
            return Err(locked(earliest + WINDOW_SECS - now));
        }
    }
    let found = store.credentials(login).await?;
    let hash = found.as_ref().map(|(_, hash)| hash.as_str());
    let is_right = turn.verify(password, hash).await;
    match found {
        Some((user, _)) if is_right && !user.is_disabled => {
            store.forget_failed_logins(&guarded_login, address).await?;
            Ok(user)
        }
        _ => {
            tracing::warn!(login, address, "login failed");
            store.note_failed_login(&guarded_login, address, now, now - WINDOW_SECS).await?;
            Err(wrong_credentials())
        }
    }
}

fn wrong_credentials() -> ApiError {
    ApiError::new(StatusCode::UNAUTHORIZED, "Invalid username or password").with_id("password-auth.failed")
}

fn locked(wait_secs: i64) -> ApiError {
    let wait_secs = wait_secs.max(1).unsigned_abs();
    ApiError::new(
        StatusCode::TOO_MANY_REQUESTS,
        format!(
            "Too many failed logins for this user from your address: even the right password is refused now. Try \
             again in {wait_secs} s"
        ),
    )
    .with_id("password-auth.locked")
    .with_retry_after(wait_secs)
}
