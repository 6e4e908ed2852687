//! What the routes about accounts share: looking them up, checking names and passwords, showing them.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::auth::password::PASSWORD_MAX_BYTES;
use crate::clock::rfc3339;
use crate::error::ApiError;
use crate::repo::ORG_ID;
use crate::repo::members::{Outcome, Profile};
use crate::repo::users::{Role, User};
use crate::server::App;

const PASSWORD_MIN_CHARS: usize = 4;
const NAME_MAX_CHARS: usize = 190;

/// The person of this id, or the 404 that says there is none. Service accounts are no persons.
pub(super) async fn person(app: &App, id: i64) -> Result<User, ApiError> {
    let user = app.store().user(id).await?.filter(|user| !user.is_service_account);
    user.ok_or_else(|| ApiError::not_found("user not found").with_id("user.not-found"))
}

/// The person with this login or address.
pub(super) async fn person_named(app: &App, name: &str) -> Result<User, ApiError> {
    let found = app.store().credentials(name).await?;
    found.map(|(user, _)| user).ok_or_else(|| ApiError::not_found("user not found").with_id("user.not-found"))
}

/// A role as clients name it.
pub(super) fn role(text: &str) -> Result<Role, ApiError> {
    Role::parse(text).ok_or_else(|| ApiError::bad_request("Invalid role: use Viewer, Editor or Admin"))
}

/// Turns the refusal to lose the last administrator into an answer.
pub(super) fn done(outcome: Outcome, refusal: &'static str) -> Result<(), ApiError> {
    match outcome {
        Outcome::Done => Ok(()),
        Outcome::LastAdmin => Err(ApiError::bad_request(refusal)),
    }
}

/// Checks what the names of an account may be, and that nobody else has them.
pub(super) async fn check_profile(app: &App, profile: &Profile<'_>, id: i64) -> Result<(), ApiError> {
    for (what, text) in [("login", profile.login), ("email", profile.email), ("name", profile.name)] {
        if text.chars().count() > NAME_MAX_CHARS || text.chars().any(char::is_control) {
            return Err(ApiError::bad_request(format!(
                "{what} must have at most {NAME_MAX_CHARS} characters, none of them control characters"
            )));
        }
    }
    if app.store().is_name_taken(profile.login, profile.email, id).await? {
        return Err(ApiError::new(
            StatusCode::PRECONDITION_FAILED,
            format!("User with email '{}' or username '{}' already exists", profile.email, profile.login),
        ));
    }
    Ok(())
}

/// The hash of a new password that is neither too short nor too long.
pub(super) async fn hashed(app: &App, password: &str) -> Result<String, ApiError> {
    if password.chars().count() < PASSWORD_MIN_CHARS {
        return Err(ApiError::bad_request(format!(
            "New password is too short: use at least {PASSWORD_MIN_CHARS} characters"
        )));
    }
    if password.len() > PASSWORD_MAX_BYTES {
        return Err(ApiError::bad_request(format!(
            "New password is too long: use at most {PASSWORD_MAX_BYTES} bytes"
        )));
    }
    app.passwords().turn().await?.hash(password).await.map_err(|error| {
        tracing::error!(error = format!("{error:#}"), "password not hashed");
        ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "Internal server error")
    })
}

/// How long ago something was, in one unit: `5 minutes`.
pub(super) fn age(now: i64, then: i64) -> String {
    let secs = (now - then).max(0);
    let (number, unit) = match secs {
        ..60 => return "< 1 minute".to_owned(),
        60..3_600 => (secs / 60, "minute"),
        3_600..86_400 => (secs / 3_600, "hour"),
        86_400..31_536_000 => (secs / 86_400, "day"),
        _ => (secs / 31_536_000, "year"),
    };
    format!("{number} {unit}{}", if number == 1 { "" } else { "s" })
}

/// A user as lists of the server show it.
pub(super) fn listed(user: &User, now: i64) -> Value {
    json!({
        "id": user.id,
        "uid": user.uid,
        "name": user.name,
        "login": user.login,
        "email": user.email,
        "avatarUrl": "",
        "isAdmin": user.is_admin,
        "isDisabled": user.is_disabled,
        "isProvisioned": false,
        "lastSeenAt": rfc3339(user.last_seen_at),
        "lastSeenAtAge": age(now, user.last_seen_at),
        "authLabels": [],
    })
}

/// A user as a member of the organisation.
pub(super) fn member(user: &User, now: i64) -> Value {
    json!({
        "orgId": ORG_ID,
        "userId": user.id,
        "uid": user.uid,
        "email": user.email,
        "name": user.name,
        "avatarUrl": "",
        "login": user.login,
        "role": user.role.as_str(),
        "lastSeenAt": rfc3339(user.last_seen_at),
        "lastSeenAtAge": age(now, user.last_seen_at),
        "isDisabled": user.is_disabled,
        "isProvisioned": false,
        "isExternallySynced": false,
        "authLabels": [],
    })
}

/// A user as the API describes one alone.
pub(super) fn profile(user: &User) -> Value {
    json!({
        "id": user.id,
        "uid": user.uid,
        "email": user.email,
        "name": user.name,
        "login": user.login,
        "theme": "",
        "orgId": ORG_ID,
        "orgRole": user.role.as_str(),
        "isGrafanaAdmin": user.is_admin,
        "isDisabled": user.is_disabled,
        "isExternal": false,
        "isExternallySynced": false,
        "isGrafanaAdminExternallySynced": false,
        "authLabels": [],
        "updatedAt": rfc3339(user.updated_at),
        "createdAt": rfc3339(user.created_at),
        "avatarUrl": "",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_have_one_unit() {
        for (secs, expected) in [
            (-5, "< 1 minute"),
            (59, "< 1 minute"),
            (60, "1 minute"),
            (7_199, "1 hour"),
            (2 * 86_400, "2 days"),
            (400 * 86_400, "1 year"),
        ] {
            assert_eq!(age(1_000_000_000 + secs, 1_000_000_000), expected);
        }
    }
}
