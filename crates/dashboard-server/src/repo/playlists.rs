//! Playlists: dashboards that are shown in turn.

use sqlx::FromRow;

use super::{Result, Store};

/// A playlist; `items` is JSON as it was sent.
#[derive(Debug, Clone, FromRow)]
pub(crate) struct Playlist {
    pub(crate) id: i64,
    pub(crate) uid: String,
    pub(crate) name: String,
    pub(crate) interval: String,
    pub(crate) items: String,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
}

impl Store {
    /// By name; those that contain the text in theirs.
    pub(crate) async fn playlists(&self, text: &str, limit: i64) -> Result<Vec<Playlist>> {
        Ok(sqlx::query_as(
            "SELECT * FROM playlists WHERE instr(lower(name), lower(?)) > 0 ORDER BY name COLLATE NOCASE, id LIMIT ?",
        )
        .bind(text)
        .bind(limit)
        .fetch_all(&self.pool)
        .await?)
    }

    pub(crate) async fn playlist(&self, uid: &str) -> Result<Option<Playlist>> {
        Ok(sqlx::query_as("SELECT * FROM playlists WHERE uid = ?")
            .bind(uid)
            .fetch_optional(&self.pool)
            .await?)
    }

    /// Adds the playlist (its id and times do not matter); false when the uid is taken.
    pub(crate) async fn add_playlist(&self, playlist: &Playlist, now: i64) -> Result<bool> {
        let added = sqlx::query(
            "INSERT INTO playlists (uid, name, interval, items, created_at, updated_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?5) ON CONFLICT DO NOTHING",
        )
        .bind(&playlist.uid)
        .bind(&playlist.name)
        .bind(&playlist.interval)
        .bind(&playlist.items)
        .bind(now)
        .execute(&self.pool)
        .await?;
        Ok(added.rows_affected() > 0)
    }

    /// Writes name, interval and items; false when there is none of this uid.
    pub(crate) async fn change_playlist(&self, playlist: &Playlist, now: i64) -> Result<bool> {
        let changed = sqlx::query(
            "UPDATE playlists SET name = ?, interval = ?, items = ?, updated_at = ? WHERE uid = ?",
        )
        .bind(&playlist.name)
        .bind(&playlist.interval)
        .bind(&playlist.items)
        .bind(now)
        .bind(&playlist.uid)
        .execute(&self.pool)
        .await?;
        Ok(changed.rows_affected() > 0)
    }

    pub(crate) async fn delete_playlist(&self, uid: &str) -> Result<bool> {
        let deleted =
            sqlx::query("DELETE FROM playlists WHERE uid = ?").bind(uid).execute(&self.pool).await?;
        Ok(deleted.rows_affected() > 0)
    }
}
