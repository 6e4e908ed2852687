//! Snapshots: dashboards with the data they showed, until they expire.

use sqlx::FromRow;

use super::{Result, Store};

/// A snapshot without its dashboard.
#[derive(Debug, Clone, FromRow)]
pub(crate) struct Snapshot {
    pub(crate) id: i64,
    pub(crate) key: String,
    pub(crate) name: String,
    pub(crate) user_id: i64,
    pub(crate) expires_at: i64,
    pub(crate) created_at: i64,
}

/// A snapshot to be added.
#[derive(Debug)]
pub(crate) struct NewSnapshot<'a> {
    pub(crate) key: &'a str,
    pub(crate) delete_key_hash: &'a str,
    pub(crate) name: &'a str,
    pub(crate) user_id: i64,
    pub(crate) data: &'a str,
    pub(crate) expires_at: i64,
}

impl Store {
    /// Adds a snapshot; `None` when one of the keys is taken.
    pub(crate) async fn add_snapshot(&self, snapshot: &NewSnapshot<'_>, now: i64) -> Result<Option<i64>> {
        let added = sqlx::query(
            "INSERT INTO snapshots (key, delete_key_hash, name, user_id, data, expires_at, created_at)
             VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        )
        .bind(snapshot.key)
        .bind(snapshot.delete_key_hash)
        .bind(snapshot.name)
        .bind(snapshot.user_id)
        .bind(snapshot.data)
        .bind(snapshot.expires_at)
        .bind(now)
        .execute(&self.pool)
        .await?;
        Ok((added.rows_affected() > 0).then(|| added.last_insert_rowid()))
    }

    pub(crate) async fn count_snapshots(&self) -> Result<i64> {
        Ok(sqlx::query_scalar("SELECT count(*) FROM snapshots").fetch_one(&self.pool).await?)
    }

    /// The newest first; those that contain the text in their names.
    pub(crate) async fn snapshots(&self, text: &str, now: i64, limit: i64) -> Result<Vec<Snapshot>> {
        Ok(sqlx::query_as(
            "SELECT id, key, name, user_id, expires_at, created_at FROM snapshots
             WHERE expires_at > ? AND instr(lower(name), lower(?)) > 0 ORDER BY id DESC LIMIT ?",
        )
        .bind(now)
        .bind(text)
        .bind(limit)
        .fetch_all(&self.pool)
        .await?)
    }

    /// A snapshot that has not expired, and its dashboard as JSON text.
    pub(crate) async fn snapshot(&self, key: &str, now: i64) -> Result<Option<(Snapshot, String)>> {
        let found: Option<Snapshot> = sqlx::query_as(
            "SELECT id, key, name, user_id, expires_at, created_at FROM snapshots WHERE key = ? AND expires_at > ?",
        )
        .bind(key)
        .bind(now)
        .fetch_optional(&self.pool)
        .await?;
        let Some(found) = found else {
            return Ok(None);
        };
        let data = sqlx::query_scalar("SELECT data FROM snapshots WHERE id = ?")
            .bind(found.id)
            .fetch_optional(&self.pool)
            .await?;
        Ok(data.map(|data| (found, data)))
    }

    pub(crate) async fn snapshot_by_delete_key(&self, hash: &str) -> Result<Option<Snapshot>> {
        Ok(sqlx::query_as(
            "SELECT id, key, name, user_id, expires_at, created_at FROM snapshots WHERE delete_key_hash = ?",
        )
        .bind(hash)
        .fetch_optional(&self.pool)
        .await?)
    }

    pub(crate) async fn delete_snapshot(&self, id: i64) -> Result<()> {
        sqlx::query("DELETE FROM snapshots WHERE id = ?").bind(id).execute(&self.pool).await?;
        Ok(())
    }

    pub(crate) async fn delete_expired_snapshots(&self, now: i64) -> Result<()> {
        sqlx::query("DELETE FROM snapshots WHERE expires_at <= ?").bind(now).execute(&self.pool).await?;
        Ok(())
    }
}
