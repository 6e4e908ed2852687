//! Tokens of service accounts: found by their hash, never shown again.

use sqlx::FromRow;

use super::{Result, Store};

/// How old the noted time of the last use may be before it is written again.
const USE_NOTED_EVERY_SECS: i64 = 60;

/// A token without its hash.
#[derive(Debug, Clone, FromRow)]
pub(crate) struct Token {
    pub(crate) id: i64,
    pub(crate) account_id: i64,
    pub(crate) name: String,
    pub(crate) created_at: i64,
    pub(crate) expires_at: Option<i64>,
    pub(crate) last_used_at: Option<i64>,
}

impl Token {
    pub(crate) fn is_expired(&self, now: i64) -> bool {
        self.expires_at.is_some_and(|expires| expires <= now)
    }
}

const COLUMNS: &str =
    "SELECT id, account_id, name, created_at, expires_at, last_used_at FROM service_account_tokens";

impl Store {
    pub(crate) async fn token_by_hash(&self, hash: &str) -> Result<Option<Token>> {
        let text = format!("{COLUMNS} WHERE token_hash = ?");
        Ok(sqlx::query_as(sqlx::AssertSqlSafe(text)).bind(hash).fetch_optional(&self.pool).await?)
    }

    pub(crate) async fn tokens_of(&self, account_id: i64) -> Result<Vec<Token>> {
        let text = format!("{COLUMNS} WHERE account_id = ? ORDER BY name");
        Ok(sqlx::query_as(sqlx::AssertSqlSafe(text)).bind(account_id).fetch_all(&self.pool).await?)
    }

    /// How many tokens each of all accounts has.
    pub(crate) async fn token_counts(&self) -> Result<std::collections::HashMap<i64, i64>> {
        let rows: Vec<(i64, i64)> =
            sqlx::query_as("SELECT account_id, count(*) FROM service_account_tokens GROUP BY account_id")
                .fetch_all(&self.pool)
                .await?;
        Ok(rows.into_iter().collect())
    }

    /// Adds a token; `None` when the name is taken.
    pub(crate) async fn add_token(
        &self,
        account_id: i64,
        name: &str,
        hash: &str,
        expires_at: Option<i64>,
        now: i64,
    ) -> Result<Option<i64>> {
        let added = sqlx::query(
            "INSERT INTO service_account_tokens (account_id, name, token_hash, created_at, expires_at)
             VALUES (?, ?, ?, ?, ?) ON CONFLICT (name) DO NOTHING",
        )
        .bind(account_id)
        .bind(name)
        .bind(hash)
        .bind(now)
        .bind(expires_at)
        .execute(&self.pool)
        .await?;
        Ok((added.rows_affected() > 0).then(|| added.last_insert_rowid()))
    }

    /// Whether the account had this token.
    pub(crate) async fn delete_token(&self, account_id: i64, id: i64) -> Result<bool> {
        let deleted = sqlx::query("DELETE FROM service_account_tokens WHERE id = ? AND account_id = ?")
            .bind(id)
            .bind(account_id)
            .execute(&self.pool)
            .await?;
        Ok(deleted.rows_affected() > 0)
    }

    /// Notes that a token was used, at most once a minute.
    pub(crate) async fn note_token_use(&self, token: &Token, now: i64) -> Result<()> {
        if token.last_used_at.is_some_and(|at| now < at + USE_NOTED_EVERY_SECS) {
            return Ok(());
        }
        sqlx::query("UPDATE service_account_tokens SET last_used_at = ? WHERE id = ?")
            .bind(now)
            .bind(token.id)
            .execute(&self.pool)
            .await?;
        Ok(())
    }
}
