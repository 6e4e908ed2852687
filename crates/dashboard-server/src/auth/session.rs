//! Sessions: begun by a login, carried by a cookie, renewed every few minutes, ended by a logout or by time.
//!
//! A token is replaced when it is older than the rotation interval. The one before it stays valid for a moment, because
//! requests under way still carry it, and until the new one was seen, because the answer that brought it may have been
//! lost. A login never continues a session that a request brought along.

use super::token;
use crate::error::ApiError;
use crate::repo::sessions::SessionRow;
use crate::repo::users::User;
use crate::server::App;

/// How long after a rotation the token before it is still accepted.
const GRACE_SECS: i64 = 30;

/// A token for the client and the time of its rotation.
#[derive(Debug)]
pub(crate) struct Issued {
    pub(crate) token: String,
    pub(crate) rotate_at: i64,
}

/// A session that a token opened.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) user: User,
    pub(crate) session_id: i64,
    /// A new token, when it was time for one.
    pub(crate) renewed: Option<Issued>,
}

/// When a rotation happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rotate {
    WhenDue,
    Now,
}

/// Begins a session.
pub(crate) async fn begin(
    app: &App,
    user: &User,
    user_agent: &str,
    address: &str,
) -> Result<Issued, ApiError> {
    let now = app.clock().now();
    let sessions = &app.settings().sessions;
    app.store()
        .end_expired_sessions(now - secs(sessions.max_lifetime), now - secs(sessions.max_inactive))
        .await?;
    let token = token::session_token();
    app.store().add_session(user.id, &token::hash(&token), user_agent, address, now).await?;
    Ok(issued(app, token, now))
}

/// The session of a token, if it is alive and its user may still log in.
pub(crate) async fn open(app: &App, presented: &str, rotate: Rotate) -> Result<Option<Opened>, ApiError> {
    let hash = token::hash(presented);
    let Some(session) = app.store().session_by_token(&hash).await? else {
        return Ok(None);
    };
    let now = app.clock().now();
    if !is_alive(app, &session, now) {
        return Ok(None);
    }
    let Some(user) = app.store().user(session.user_id).await?.filter(|user| !user.is_disabled) else {
        return Ok(None);
    };
    if session.is_current && !session.is_token_seen {
        app.store().mark_token_seen(session.id).await?;
    }
    let session = SessionRow { is_token_seen: session.is_token_seen || session.is_current, ..session };
    let renewed = if is_due(app, &session, now, rotate) {
        let token = token::session_token();
        let is_ours = app.store().rotate_session(&session, &hash, &token::hash(&token), now).await?;
        is_ours.then(|| issued(app, token, now))
    } else {
        None
    };
    Ok(Some(Opened { user, session_id: session.id, renewed }))
}

/// Ends the session of a token, if there is one.
pub(crate) async fn end(app: &App, presented: &str) -> Result<(), ApiError> {
    if let Some(session) = app.store().session_by_token(&token::hash(presented)).await? {
        app.store().end_session(session.user_id, session.id).await?;
    }
    Ok(())
}

fn is_alive(app: &App, session: &SessionRow, now: i64) -> bool {
    let settings = &app.settings().sessions;
    let is_in_time = now < session.created_at + secs(settings.max_lifetime)
        && now < session.rotated_at + secs(settings.max_inactive);
    let is_token_valid =
        session.is_current || !session.is_token_seen || now < session.rotated_at + GRACE_SECS;
    is_in_time && is_token_valid
}

fn is_due(app: &App, session: &SessionRow, now: i64, rotate: Rotate) -> bool {
    if session.is_current {
        return rotate == Rotate::Now || now >= session.rotated_at + secs(app.settings().sessions.rotation);
    }
    // The client never got the newer token: after the moment of grace, give it another.
    !session.is_token_seen && now >= session.rotated_at + GRACE_SECS
}

fn issued(app: &App, token: String, now: i64) -> Issued {
    Issued { token, rotate_at: now + secs(app.settings().sessions.rotation) }
}

fn secs(duration: std::time::Duration) -> i64 {
    i64::try_from(duration.as_secs()).unwrap_or(i64::MAX / 4)
}
