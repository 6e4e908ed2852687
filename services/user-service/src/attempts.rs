//! Wrong passwords are counted by address, known or not: a lock must not tell whether there is an account.

use service_kit::{AppError, now_ms};
use sha2::{Digest as _, Sha256};

use crate::state::Users;

/// This many wrong passwords in a row lock the address.
const MAX_FAILURES: i64 = 5;
/// Failures further apart than this are not "in a row".
pub(crate) const FORGET_AFTER_MS: i64 = 15 * 60 * 1000;

/// A name for an address that tells nothing about it, for counting and for log lines.
pub(crate) fn email_hash(email: &str) -> String {
    hex::encode(&Sha256::digest(email.as_bytes())[..8])
}

/// 429 while the address is locked.
pub(crate) async fn check_lock(users: &Users, email_hash: &str) -> Result<(), AppError> {
    let row = users
        .database
        .query("SELECT locked_until_ms FROM login_attempts WHERE email_hash = $1")
        .bind(email_hash)
        .optional()
        .await?;
    let locked_until = row.map(|row| row.get::<i64>("locked_until_ms")).transpose()?.unwrap_or(0);
    let wait_ms = locked_until - now_ms();
    if wait_ms <= 0 {
        return Ok(());
    }
    Err(AppError::new(
        http::StatusCode::TOO_MANY_REQUESTS,
        "TOO_MANY_ATTEMPTS",
        "too many wrong passwords; wait before the next attempt",
    )
    .with_retry_after(wait_ms.unsigned_abs().div_ceil(1000)))
}

/// Counts a wrong password; the fifth in a row locks the address and starts the count anew.
pub(crate) async fn count_failure(users: &Users, email_hash: &str) -> Result<(), AppError> {
    let now = now_ms();
    let row = users
        .database
        .query(
            "INSERT INTO login_attempts (email_hash, failures, locked_until_ms, last_ms) VALUES ($1, 1, 0, $2) \
             ON CONFLICT (email_hash) DO UPDATE SET last_ms = $2, failures = CASE \
             WHEN login_attempts.last_ms < $3 THEN 1 ELSE login_attempts.failures + 1 END RETURNING failures",
        )
        .bind(email_hash)
        .bind(now)
        .bind(now - FORGET_AFTER_MS)
        .one()
        .await?;
    if row.get::<i64>("failures")? >= MAX_FAILURES {
        users
            .database
            .query("UPDATE login_attempts SET failures = 0, locked_until_ms = $1 WHERE email_hash = $2")
            .bind(now + users.login_lock.as_millis() as i64)
            .bind(email_hash)
            .execute()
            .await?;
    }
    Ok(())
}

/// Forgets the failures of an address after the right password.
pub(crate) async fn forget(users: &Users, email_hash: &str) -> Result<(), AppError> {
    users
        .database
        .query("DELETE FROM login_attempts WHERE email_hash = $1")
        .bind(email_hash)
        .execute()
        .await?;
    Ok(())
}
