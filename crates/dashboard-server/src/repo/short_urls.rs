//! Short names of long addresses.

use super::{Result, Store};

impl Store {
    /// The name of a path: the one it has, or this new one.
    pub(crate) async fn shorten(&self, path: &str, uid: &str, now: i64) -> Result<String> {
        Ok(sqlx::query_scalar(
            "INSERT INTO short_urls (uid, path, created_at) VALUES (?, ?, ?)
             ON CONFLICT (path) DO UPDATE SET path = excluded.path RETURNING uid",
        )
        .bind(uid)
        .bind(path)
        .bind(now)
        .fetch_one(&self.pool)
        .await?)
    }

    pub(crate) async fn short_url(&self, uid: &str) -> Result<Option<String>> {
        Ok(sqlx::query_scalar("SELECT path FROM short_urls WHERE uid = ?")
            .bind(uid)
            .fetch_optional(&self.pool)
            .await?)
    }
}
