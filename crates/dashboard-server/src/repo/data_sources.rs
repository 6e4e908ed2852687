//! Data sources: where logs and traces are asked for.

pub(crate) mod write;

use serde_json::{Map, Value};
use sqlx::sqlite::SqliteConnection;
use sqlx::{FromRow, SqlitePool};

use super::{ORG_ID, Result, Store, StoreError, secrets};

/// A data source as the API shows it. Values of secrets are elsewhere.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct DataSource {
    pub(crate) id: i64,
    pub(crate) uid: String,
    pub(crate) name: String,
    pub(crate) kind: String,
    pub(crate) access: String,
    pub(crate) url: String,
    pub(crate) user: String,
    pub(crate) database: String,
    pub(crate) is_basic_auth: bool,
    pub(crate) basic_auth_user: String,
    pub(crate) is_with_credentials: bool,
    pub(crate) is_default: bool,
    pub(crate) json_data: Map<String, Value>,
    /// Names of the secrets that are set.
    pub(crate) secure_fields: Vec<String>,
    pub(crate) is_read_only: bool,
    pub(crate) version: i64,
}

#[derive(FromRow)]
struct Row {
    id: i64,
    uid: String,
    name: String,
    #[sqlx(rename = "type")]
    kind: String,
    access: String,
    url: String,
    user: String,
    database: String,
    basic_auth: bool,
    basic_auth_user: String,
    with_credentials: bool,
    is_default: bool,
    json_data: String,
    secure_fields: String,
    read_only: bool,
    version: i64,
}

impl TryFrom<Row> for DataSource {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self> {
        let decode = |column| move |source| StoreError::Decode { column, source };
        Ok(Self {
            id: row.id,
            uid: row.uid,
            name: row.name,
            kind: row.kind,
            access: row.access,
            url: row.url,
            user: row.user,
            database: row.database,
            is_basic_auth: row.basic_auth,
            basic_auth_user: row.basic_auth_user,
            is_with_credentials: row.with_credentials,
            is_default: row.is_default,
            json_data: serde_json::from_str(&row.json_data).map_err(decode("json_data"))?,
            secure_fields: serde_json::from_str(&row.secure_fields).map_err(decode("secure_fields"))?,
            is_read_only: row.read_only,
            version: row.version,
        })
    }
}

/// How a client names a data source.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Key<'a> {
    Id(i64),
    Uid(&'a str),
    Name(&'a str),
}

impl Store {
    pub(crate) async fn data_sources(&self) -> Result<Vec<DataSource>> {
        let rows: Vec<Row> =
            sqlx::query_as("SELECT * FROM data_sources WHERE org_id = ? ORDER BY name COLLATE NOCASE")
                .bind(ORG_ID)
                .fetch_all(&self.pool)
                .await?;
        rows.into_iter().map(DataSource::try_from).collect()
    }

    pub(crate) async fn data_source(&self, key: Key<'_>) -> Result<Option<DataSource>> {
        let row = find(&self.pool, key).await?;
        row.map(DataSource::try_from).transpose()
    }

    /// Makes the table agree with provisioning files, all or nothing: deletions first, then the provisioned sources that
    /// no file lists any more (removed when asked for, else left to the administrators), then each source in turn.
    pub(crate) async fn provision(&self, plan: &Plan, now: i64) -> Result<()> {
        let mut transaction = self.pool.begin().await?;
        for name in &plan.delete {
            sqlx::query("DELETE FROM data_sources WHERE org_id = ? AND name = ?")
                .bind(ORG_ID)
                .bind(name)
                .execute(&mut *transaction)
                .await?;
        }
        if plan.sources.iter().any(|source| source.is_default) {
            write::no_default(&mut transaction).await?;
        }
        leave_or_prune(&mut transaction, plan).await?;
        for source in &plan.sources {
            upsert(&mut transaction, source, now).await?;
        }
        transaction.commit().await?;
        Ok(())
    }
}

/// What provisioning files ask for.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    /// Names of data sources to delete.
    pub(crate) delete: Vec<String>,
    /// Remove provisioned sources that are not in `sources`.
    pub(crate) is_prune: bool,
    /// Sources to add or to bring up to date; `id` is not used.
    pub(crate) sources: Vec<DataSource>,
}

async fn find(pool: &SqlitePool, key: Key<'_>) -> Result<Option<Row>> {
    let (id, uid, name) = match key {
        Key::Id(id) => (Some(id), None, None),
        Key::Uid(uid) => (None, Some(uid), None),
        Key::Name(name) => (None, None, Some(name)),
    };
    Ok(sqlx::query_as(
        "SELECT * FROM data_sources WHERE org_id = ? AND (id = ? OR uid = ? OR name = ?) LIMIT 1",
    )
    .bind(ORG_ID)
    .bind(id)
    .bind(uid)
    .bind(name)
    .fetch_optional(pool)
    .await?)
}

/// A source whose file is gone goes, too, or becomes one that can be changed and deleted: otherwise nobody ever could.
/// Its secrets went with the file.
async fn leave_or_prune(connection: &mut SqliteConnection, plan: &Plan) -> Result<()> {
    let provisioned: Vec<(i64, String, String, bool)> = sqlx::query_as(
        "SELECT id, name, uid, read_only FROM data_sources WHERE org_id = ? AND is_provisioned = 1",
    )
    .bind(ORG_ID)
    .fetch_all(&mut *connection)
    .await?;
    let is_listed = |name: &str, uid: &str| {
        plan.sources.iter().any(|source| source.name == name || (!plan.is_prune && source.uid == uid))
    };
    for (id, name, uid, was_read_only) in provisioned {
        if is_listed(&name, &uid) {
            continue;
        }
        let statement = if plan.is_prune {
            "DELETE FROM data_sources WHERE id = ?"
        } else {
            "UPDATE data_sources SET read_only = 0, secure_fields =
                (SELECT json_group_array(name) FROM data_source_secrets WHERE data_source_id = data_sources.id)
             WHERE id = ?"
        };
        sqlx::query(statement).bind(id).execute(&mut *connection).await?;
        if plan.is_prune || was_read_only {
            tracing::info!(name, is_deleted = plan.is_prune, "no file provisions this data source any more");
        }
    }
    Ok(())
}

/// Adds the source or updates the row with the same name; a row with the same uid is the same source renamed.
async fn upsert(connection: &mut SqliteConnection, source: &DataSource, now: i64) -> Result<()> {
    let existing: Option<i64> = sqlx::query_scalar(
        "SELECT id FROM data_sources WHERE org_id = ?1 AND (name = ?2 OR uid = ?3) ORDER BY name = ?2 DESC LIMIT 1",
    )
    .bind(ORG_ID)
    .bind(&source.name)
    .bind(&source.uid)
    .fetch_optional(&mut *connection)
    .await?;
    let id = write::write(&mut *connection, existing, source, true, now).await?;
    secrets::forget(connection, id).await
}
