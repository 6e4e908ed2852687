//! Dashboards and their versions.

use serde_json::{Map, Value};
use sqlx::FromRow;
use sqlx::sqlite::SqliteConnection;

use super::{ORG_ID, Result, Store, StoreError};

/// How many versions of a dashboard are kept.
const VERSIONS_MAX: i64 = 20;

/// What is known of a dashboard without its content.
#[derive(Debug, Clone, FromRow)]
pub(crate) struct Dashboard {
    pub(crate) id: i64,
    pub(crate) uid: String,
    pub(crate) folder_uid: String,
    pub(crate) title: String,
    pub(crate) slug: String,
    tags: String,
    pub(crate) version: i64,
    pub(crate) created_by: String,
    pub(crate) updated_by: String,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
    /// Name of the provider when a file provisions this dashboard.
    pub(crate) provider: String,
    pub(crate) provisioned_file: String,
    pub(crate) provisioned_hash: String,
    pub(crate) allow_ui_updates: bool,
}

const COLUMNS: &str = "id, uid, folder_uid, title, slug, tags, version, created_by, updated_by, created_at, \
                       updated_at, provider, provisioned_file, provisioned_hash, allow_ui_updates";

impl Dashboard {
    pub(crate) fn is_provisioned(&self) -> bool {
        !self.provider.is_empty()
    }

    pub(crate) fn tags(&self) -> Vec<String> {
        serde_json::from_str(&self.tags).unwrap_or_default()
    }

    /// Where the interface shows it.
    pub(crate) fn url(&self) -> String {
        format!("/d/{}/{}", self.uid, self.slug)
    }
}

/// A dashboard to be written.
#[derive(Debug)]
pub(crate) struct Save<'a> {
    /// Id and version of the row to replace; none for a new dashboard.
    pub(crate) existing: Option<(i64, i64)>,
    pub(crate) uid: &'a str,
    pub(crate) folder_uid: &'a str,
    pub(crate) title: &'a str,
    pub(crate) slug: &'a str,
    pub(crate) tags: &'a [String],
    pub(crate) dashboard: Map<String, Value>,
    pub(crate) message: &'a str,
    pub(crate) by: &'a str,
    pub(crate) restored_from: i64,
    /// Set when a file is the origin; a save by a user leaves what is known about the file.
    pub(crate) origin: Option<Origin<'a>>,
}

/// The file behind a provisioned dashboard.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Origin<'a> {
    pub(crate) provider: &'a str,
    pub(crate) file: &'a str,
    pub(crate) hash: &'a str,
    pub(crate) allow_ui_updates: bool,
}

/// What a save led to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Saved {
    pub(crate) id: i64,
    pub(crate) version: i64,
}

/// A version without its content.
#[derive(Debug, Clone, FromRow)]
pub(crate) struct Version {
    pub(crate) id: i64,
    pub(crate) version: i64,
    pub(crate) parent_version: i64,
    pub(crate) restored_from: i64,
    pub(crate) message: String,
    pub(crate) created_by: String,
    pub(crate) created_at: i64,
}

impl Store {
    /// All dashboards by title.
    pub(crate) async fn dashboards(&self) -> Result<Vec<Dashboard>> {
        let text =
            format!("SELECT {COLUMNS} FROM dashboards WHERE org_id = ? ORDER BY title COLLATE NOCASE, id");
        Ok(sqlx::query_as(sqlx::AssertSqlSafe(text)).bind(ORG_ID).fetch_all(&self.pool).await?)
    }

    pub(crate) async fn dashboard(&self, uid: &str) -> Result<Option<Dashboard>> {
        let text = format!("SELECT {COLUMNS} FROM dashboards WHERE org_id = ? AND uid = ?");
        Ok(sqlx::query_as(sqlx::AssertSqlSafe(text))
            .bind(ORG_ID)
            .bind(uid)
            .fetch_optional(&self.pool)
            .await?)
    }

    pub(crate) async fn dashboard_by_id(&self, id: i64) -> Result<Option<Dashboard>> {
        let text = format!("SELECT {COLUMNS} FROM dashboards WHERE org_id = ? AND id = ?");
        Ok(sqlx::query_as(sqlx::AssertSqlSafe(text)).bind(ORG_ID).bind(id).fetch_optional(&self.pool).await?)
    }

    /// The content of a dashboard, as JSON text.
    pub(crate) async fn dashboard_data(&self, id: i64) -> Result<Option<String>> {
        Ok(sqlx::query_scalar("SELECT data FROM dashboards WHERE org_id = ? AND id = ?")
            .bind(ORG_ID)
            .bind(id)
            .fetch_optional(&self.pool)
            .await?)
    }

    /// Writes a dashboard and its new version. `None` when somebody else changed or made it meanwhile.
    pub(crate) async fn save_dashboard(&self, mut save: Save<'_>, now: i64) -> Result<Option<Saved>> {
        let mut transaction = self.pool.begin().await?;
        let parent_version = save.existing.map_or(0, |(_, version)| version);
        let version = parent_version + 1;
        let id = match save.existing {
            Some((id, _)) => id,
            None => match add_empty(&mut transaction, &save, now).await? {
                Some(id) => id,
                None => return Ok(None),
            },
        };
        let content = &mut save.dashboard;
        content.insert("id".to_owned(), Value::from(id));
        content.insert("uid".to_owned(), Value::from(save.uid));
        content.insert("version".to_owned(), Value::from(version));
        let data = serde_json::to_string(&save.dashboard)
            .map_err(|source| StoreError::Decode { column: "data", source })?;
        if !replace(&mut transaction, &save, (id, parent_version), &data, now).await? {
            return Ok(None);
        }
        add_version(&mut transaction, &save, (id, parent_version), &data, now).await?;
        transaction.commit().await?;
        Ok(Some(Saved { id, version }))
    }

    /// The file of a provisioned dashboard is what it was before, or the provider's settings changed.
    pub(crate) async fn set_dashboard_origin(
        &self,
        id: i64,
        folder_uid: &str,
        origin: Origin<'_>,
    ) -> Result<()> {
        sqlx::query(
            "UPDATE dashboards SET folder_uid = ?, provider = ?, provisioned_file = ?, provisioned_hash = ?,
                allow_ui_updates = ? WHERE org_id = ? AND id = ?",
        )
        .bind(folder_uid)
        .bind(origin.provider)
        .bind(origin.file)
        .bind(origin.hash)
        .bind(origin.allow_ui_updates)
        .bind(ORG_ID)
        .bind(id)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// A provisioned dashboard whose file is gone becomes an ordinary one.
    pub(crate) async fn forget_dashboard_origin(&self, id: i64) -> Result<()> {
        sqlx::query(
            "UPDATE dashboards SET provider = '', provisioned_file = '', provisioned_hash = '', allow_ui_updates = 1
             WHERE org_id = ? AND id = ?",
        )
        .bind(ORG_ID)
        .bind(id)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Deletes a dashboard with its versions, stars and annotations.
    pub(crate) async fn delete_dashboard(&self, id: i64) -> Result<()> {
        let mut transaction = self.pool.begin().await?;
        for statement in [
            "DELETE FROM annotations WHERE org_id = ?1 AND dashboard_uid = (SELECT uid FROM dashboards WHERE id = ?2)",
            "DELETE FROM dashboards WHERE org_id = ?1 AND id = ?2",
        ] {
            sqlx::query(statement).bind(ORG_ID).bind(id).execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// Versions from the newest on.
    pub(crate) async fn versions(&self, dashboard_id: i64, limit: i64, start: i64) -> Result<Vec<Version>> {
        Ok(sqlx::query_as(
            "SELECT id, version, parent_version, restored_from, message, created_by, created_at
             FROM dashboard_versions WHERE dashboard_id = ? ORDER BY version DESC LIMIT ? OFFSET ?",
        )
        .bind(dashboard_id)
        .bind(limit)
        .bind(start)
        .fetch_all(&self.pool)
        .await?)
    }

    /// One version and its content.
    pub(crate) async fn version(&self, dashboard_id: i64, version: i64) -> Result<Option<(Version, String)>> {
        let found: Option<Version> = sqlx::query_as(
            "SELECT id, version, parent_version, restored_from, message, created_by, created_at
             FROM dashboard_versions WHERE dashboard_id = ? AND version = ?",
        )
        .bind(dashboard_id)
        .bind(version)
        .fetch_optional(&self.pool)
        .await?;
        let Some(found) = found else {
            return Ok(None);
        };
        let data = sqlx::query_scalar("SELECT data FROM dashboard_versions WHERE id = ?")
            .bind(found.id)
            .fetch_optional(&self.pool)
            .await?;
        Ok(data.map(|data| (found, data)))
    }
}

async fn add_empty(connection: &mut SqliteConnection, save: &Save<'_>, now: i64) -> Result<Option<i64>> {
    let added = sqlx::query(
        "INSERT INTO dashboards (org_id, uid, title, slug, data, version, created_by, created_at, updated_at)
         VALUES (?1, ?2, ?3, ?4, '{}', 0, ?5, ?6, ?6) ON CONFLICT DO NOTHING",
    )
    .bind(ORG_ID)
    .bind(save.uid)
    .bind(save.title)
    .bind(save.slug)
    .bind(save.by)
    .bind(now)
    .execute(&mut *connection)
    .await?;
    Ok((added.rows_affected() > 0).then(|| added.last_insert_rowid()))
}

/// False when the row's version is not `at`'s.
async fn replace(
    connection: &mut SqliteConnection,
    save: &Save<'_>,
    at: (i64, i64),
    data: &str,
    now: i64,
) -> Result<bool> {
    let origin = save.origin;
    let updated = sqlx::query(
        "UPDATE OR IGNORE dashboards SET uid = ?1, folder_uid = ?2, title = ?3, slug = ?4, tags = ?5, data = ?6,
            version = version + 1, updated_by = ?7, updated_at = ?8, provider = coalesce(?9, provider),
            provisioned_file = coalesce(?10, provisioned_file), provisioned_hash = coalesce(?11, provisioned_hash),
            allow_ui_updates = coalesce(?12, allow_ui_updates)
         WHERE org_id = ?13 AND id = ?14 AND version = ?15",
    )
    .bind(save.uid)
    .bind(save.folder_uid)
    .bind(save.title)
    .bind(save.slug)
    .bind(Value::from(save.tags.to_vec()).to_string())
    .bind(data)
    .bind(save.by)
    .bind(now)
    .bind(origin.map(|origin| origin.provider))
    .bind(origin.map(|origin| origin.file))
    .bind(origin.map(|origin| origin.hash))
    .bind(origin.map(|origin| origin.allow_ui_updates))
    .bind(ORG_ID)
    .bind(at.0)
    .bind(at.1)
    .execute(&mut *connection)
    .await?;
    Ok(updated.rows_affected() > 0)
}

async fn add_version(
    connection: &mut SqliteConnection,
    save: &Save<'_>,
    at: (i64, i64),
    data: &str,
    now: i64,
) -> Result<()> {
    let (id, parent_version) = at;
    sqlx::query(
        "INSERT INTO dashboard_versions
            (dashboard_id, version, parent_version, restored_from, message, data, created_by, created_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(id)
    .bind(parent_version + 1)
    .bind(parent_version)
    .bind(save.restored_from)
    .bind(save.message)
    .bind(data)
    .bind(save.by)
    .bind(now)
    .execute(&mut *connection)
    .await?;
    sqlx::query("DELETE FROM dashboard_versions WHERE dashboard_id = ? AND version <= ?")
        .bind(id)
        .bind(parent_version + 1 - VERSIONS_MAX)
        .execute(&mut *connection)
        .await?;
    Ok(())
}
