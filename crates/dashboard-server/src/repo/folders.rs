//! Folders: a tree, each folder naming its parent by uid; the root is the empty uid.

use sqlx::FromRow;

use super::{ORG_ID, Result, Store};

/// A folder.
#[derive(Debug, Clone, FromRow)]
pub(crate) struct Folder {
    pub(crate) id: i64,
    pub(crate) uid: String,
    pub(crate) title: String,
    pub(crate) description: String,
    pub(crate) parent_uid: String,
    pub(crate) version: i64,
    pub(crate) created_by: String,
    pub(crate) updated_by: String,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
}

/// A folder to be added.
#[derive(Debug)]
pub(crate) struct NewFolder<'a> {
    pub(crate) uid: &'a str,
    pub(crate) title: &'a str,
    pub(crate) description: &'a str,
    pub(crate) parent_uid: &'a str,
    pub(crate) by: &'a str,
}

impl Store {
    /// All folders by title.
    pub(crate) async fn folders(&self) -> Result<Vec<Folder>> {
        Ok(sqlx::query_as("SELECT * FROM folders WHERE org_id = ? ORDER BY title COLLATE NOCASE, id")
            .bind(ORG_ID)
            .fetch_all(&self.pool)
            .await?)
    }

    pub(crate) async fn folder(&self, uid: &str) -> Result<Option<Folder>> {
        Ok(sqlx::query_as("SELECT * FROM folders WHERE org_id = ? AND uid = ?")
            .bind(ORG_ID)
            .bind(uid)
            .fetch_optional(&self.pool)
            .await?)
    }

    pub(crate) async fn folder_by_id(&self, id: i64) -> Result<Option<Folder>> {
        Ok(sqlx::query_as("SELECT * FROM folders WHERE org_id = ? AND id = ?")
            .bind(ORG_ID)
            .bind(id)
            .fetch_optional(&self.pool)
            .await?)
    }

    pub(crate) async fn folder_by_title(&self, parent_uid: &str, title: &str) -> Result<Option<Folder>> {
        Ok(sqlx::query_as("SELECT * FROM folders WHERE org_id = ? AND parent_uid = ? AND title = ?")
            .bind(ORG_ID)
            .bind(parent_uid)
            .bind(title)
            .fetch_optional(&self.pool)
            .await?)
    }

    /// False when a folder with this uid, or this title beside it, was there first.
    pub(crate) async fn add_folder(&self, folder: &NewFolder<'_>, now: i64) -> Result<bool> {
        let added = sqlx::query(
            "INSERT INTO folders
                (org_id, uid, title, description, parent_uid, created_by, updated_by, created_at, updated_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6, ?7, ?7) ON CONFLICT DO NOTHING",
        )
        .bind(ORG_ID)
        .bind(folder.uid)
        .bind(folder.title)
        .bind(folder.description)
        .bind(folder.parent_uid)
        .bind(folder.by)
        .bind(now)
        .execute(&self.pool)
        .await?;
        Ok(added.rows_affected() > 0)
    }

    /// Writes title, description and parent; false when the folder's version is no longer that of `folder`.
    pub(crate) async fn update_folder(&self, folder: &Folder, by: &str, now: i64) -> Result<bool> {
        let updated = sqlx::query(
            "UPDATE OR IGNORE folders SET title = ?, description = ?, parent_uid = ?, updated_by = ?, updated_at = ?,
                version = version + 1
             WHERE org_id = ? AND id = ? AND version = ?",
        )
        .bind(&folder.title)
        .bind(&folder.description)
        .bind(&folder.parent_uid)
        .bind(by)
        .bind(now)
        .bind(ORG_ID)
        .bind(folder.id)
        .bind(folder.version)
        .execute(&self.pool)
        .await?;
        Ok(updated.rows_affected() > 0)
    }

    /// Deletes folders with the dashboards in them.
    pub(crate) async fn delete_folders(&self, uids: &[String]) -> Result<()> {
        let mut transaction = self.pool.begin().await?;
        for uid in uids {
            for statement in [
                "DELETE FROM dashboards WHERE org_id = ? AND folder_uid = ?",
                "DELETE FROM folders WHERE org_id = ? AND uid = ?",
            ] {
                sqlx::query(statement).bind(ORG_ID).bind(uid).execute(&mut *transaction).await?;
            }
        }
        transaction.commit().await?;
        Ok(())
    }
}
