//! Forgets revoked tokens that have expired and old failed logins, so that their tables stay small.

use std::sync::Arc;
use std::time::Duration;

use runtime::CancellationToken;
use service_kit::{AppError, now_ms};

use crate::attempts::FORGET_AFTER_MS;
use crate::state::Users;

const INTERVAL: Duration = Duration::from_secs(600);

/// Works in the background until `shutdown`.
pub(crate) fn start(users: Arc<Users>, shutdown: CancellationToken) {
    tokio::spawn(async move {
        loop {
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = tokio::time::sleep(INTERVAL) => {}
            }
            if let Err(error) = clean(&users).await {
                tracing::warn!(error = error.log_text(), "old sessions could not be cleaned up");
            }
        }
    });
}

async fn clean(users: &Users) -> Result<(), AppError> {
    let now = now_ms();
    users.database.query("DELETE FROM revoked_tokens WHERE expires_ms < $1").bind(now).execute().await?;
    users
        .database
        .query("DELETE FROM login_attempts WHERE last_ms < $1 AND locked_until_ms < $2")
        .bind(now - FORGET_AFTER_MS)
        .bind(now)
        .execute()
        .await?;
    Ok(())
}
