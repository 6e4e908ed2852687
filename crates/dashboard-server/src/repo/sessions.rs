//! Sessions: a token's hash, the one before it, and when it was last replaced.

use sqlx::FromRow;

use super::{Result, Store};

/// A row of the table without the hashes.
#[derive(Debug, Clone, FromRow)]
pub(crate) struct SessionRow {
    pub(crate) id: i64,
    pub(crate) user_id: i64,
    pub(crate) user_agent: String,
    pub(crate) client_address: String,
    pub(crate) created_at: i64,
    pub(crate) rotated_at: i64,
    /// Whether the client has shown the current token.
    pub(crate) is_token_seen: bool,
    /// Whether the token that was asked for is the current one, not the one before.
    pub(crate) is_current: bool,
}

impl Store {
    pub(crate) async fn add_session(
        &self,
        user_id: i64,
        token_hash: &str,
        user_agent: &str,
        client_address: &str,
        now: i64,
    ) -> Result<i64> {
        let id = sqlx::query(
            "INSERT INTO sessions (user_id, token_hash, user_agent, client_address, created_at, rotated_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?5)",
        )
        .bind(user_id)
        .bind(token_hash)
        .bind(user_agent)
        .bind(client_address)
        .bind(now)
        .execute(&self.pool)
        .await?
        .last_insert_rowid();
        self.touch_user(user_id, now).await?;
        Ok(id)
    }

    pub(crate) async fn session_by_token(&self, token_hash: &str) -> Result<Option<SessionRow>> {
        Ok(sqlx::query_as(
            "SELECT id, user_id, user_agent, client_address, created_at, rotated_at, is_token_seen,
                    token_hash = ?1 AS is_current
             FROM sessions WHERE token_hash = ?1 OR previous_token_hash = ?1 LIMIT 1",
        )
        .bind(token_hash)
        .fetch_optional(&self.pool)
        .await?)
    }

    pub(crate) async fn sessions_of(&self, user_id: i64) -> Result<Vec<SessionRow>> {
        Ok(sqlx::query_as(
            "SELECT id, user_id, user_agent, client_address, created_at, rotated_at, is_token_seen,
                    1 AS is_current
             FROM sessions WHERE user_id = ? ORDER BY rotated_at DESC, id DESC LIMIT 100",
        )
        .bind(user_id)
        .fetch_all(&self.pool)
        .await?)
    }

    pub(crate) async fn mark_token_seen(&self, session_id: i64) -> Result<()> {
        sqlx::query("UPDATE sessions SET is_token_seen = 1 WHERE id = ?")
            .bind(session_id)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Replaces the token. False when another request did so first.
    pub(crate) async fn rotate_session(
        &self,
        session: &SessionRow,
        presented_hash: &str,
        new_hash: &str,
        now: i64,
    ) -> Result<bool> {
        let changed = sqlx::query(
            "UPDATE sessions SET token_hash = ?1, previous_token_hash = ?2, is_token_seen = 0, rotated_at = ?3
             WHERE id = ?4 AND (token_hash = ?2 OR previous_token_hash = ?2) AND rotated_at = ?5
               AND is_token_seen = ?6",
        )
        .bind(new_hash)
        .bind(presented_hash)
        .bind(now)
        .bind(session.id)
        .bind(session.rotated_at)
        .bind(session.is_token_seen)
        .execute(&self.pool)
        .await?
        .rows_affected();
        if changed > 0 {
            self.touch_user(session.user_id, now).await?;
        }
        Ok(changed > 0)
    }

    /// Ends one session of the user; false when there is no such session.
    pub(crate) async fn end_session(&self, user_id: i64, session_id: i64) -> Result<bool> {
        let ended = sqlx::query("DELETE FROM sessions WHERE id = ? AND user_id = ?")
            .bind(session_id)
            .bind(user_id)
            .execute(&self.pool)
            .await?;
        Ok(ended.rows_affected() > 0)
    }

    pub(crate) async fn end_expired_sessions(&self, created_before: i64, rotated_before: i64) -> Result<()> {
        sqlx::query("DELETE FROM sessions WHERE created_at <= ? OR rotated_at <= ?")
            .bind(created_before)
            .bind(rotated_before)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    async fn touch_user(&self, user_id: i64, now: i64) -> Result<()> {
        sqlx::query("UPDATE users SET last_seen_at = ? WHERE id = ?")
            .bind(now)
            .bind(user_id)
            .execute(&self.pool)
            .await?;
        Ok(())
    }
}
