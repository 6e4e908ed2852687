//! Failed logins, kept so that a restart does not forgive them.

use super::{Result, Store};

impl Store {
    /// How many logins failed since `since`, and when the earliest of them was.
    pub(crate) async fn failed_logins(&self, login: &str, address: &str, since: i64) -> Result<(i64, i64)> {
        Ok(sqlx::query_as(
            "SELECT count(*), coalesce(min(attempted_at), 0) FROM login_attempts
             WHERE login = ? AND address = ? AND attempted_at > ?",
        )
        .bind(login)
        .bind(address)
        .bind(since)
        .fetch_one(&self.pool)
        .await?)
    }

    /// Notes a failure and drops those that no longer count.
    pub(crate) async fn note_failed_login(
        &self,
        login: &str,
        address: &str,
        now: i64,
        forget_before: i64,
    ) -> Result<()> {
        sqlx::query("DELETE FROM login_attempts WHERE attempted_at <= ?")
            .bind(forget_before)
            .execute(&self.pool)
            .await?;
        sqlx::query("INSERT INTO login_attempts (login, address, attempted_at) VALUES (?, ?, ?)")
            .bind(login)
            .bind(address)
            .bind(now)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    pub(crate) async fn forget_failed_logins(&self, login: &str, address: &str) -> Result<()> {
        sqlx::query("DELETE FROM login_attempts WHERE login = ? AND address = ?")
            .bind(login)
            .bind(address)
            .execute(&self.pool)
            .await?;
        Ok(())
    }
}
