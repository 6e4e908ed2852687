//! Data sources: where logs and traces are asked for.

use serde_json::{Map, Value};
use sqlx::sqlite::SqliteConnection;
use sqlx::{FromRow, SqlitePool};

use super::{ORG_ID, Result, Store, StoreError};

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

    /// Makes the table agree with provisioning files, all or nothing: deletions first, then each source in turn, then
    /// (when asked for) the removal of provisioned sources that no file lists any more.
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
            sqlx::query("UPDATE data_sources SET is_default = 0 WHERE org_id = ?")
                .bind(ORG_ID)
                .execute(&mut *transaction)
                .await?;
        }
        if plan.is_prune {
            prune(&mut transaction, plan).await?;
        }
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

async fn prune(connection: &mut SqliteConnection, plan: &Plan) -> Result<()> {
    let provisioned: Vec<String> =
        sqlx::query_scalar("SELECT name FROM data_sources WHERE org_id = ? AND is_provisioned = 1")
            .bind(ORG_ID)
            .fetch_all(&mut *connection)
            .await?;
    for name in provisioned {
        if !plan.sources.iter().any(|source| source.name == name) {
            sqlx::query("DELETE FROM data_sources WHERE org_id = ? AND name = ?")
                .bind(ORG_ID)
                .bind(name)
                .execute(&mut *connection)
                .await?;
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
    let statement = match existing {
        Some(_) => {
            "UPDATE data_sources SET uid = ?1, name = ?2, type = ?3, access = ?4, url = ?5, user = ?6,
                database = ?7, basic_auth = ?8, basic_auth_user = ?9, with_credentials = ?10, is_default = ?11,
                json_data = ?12, secure_fields = ?13, read_only = ?14, version = ?15, updated_at = ?16,
                is_provisioned = 1
             WHERE org_id = ?17 AND id = ?18"
        }
        None => {
            "INSERT INTO data_sources (uid, name, type, access, url, user, database, basic_auth, basic_auth_user,
                with_credentials, is_default, json_data, secure_fields, read_only, version, updated_at, org_id, id,
                created_at, is_provisioned)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?16, 1)"
        }
    };
    let json_data = Value::Object(source.json_data.clone()).to_string();
    let secure_fields = Value::from(source.secure_fields.clone()).to_string();
    sqlx::query(statement)
        .bind(&source.uid)
        .bind(&source.name)
        .bind(&source.kind)
        .bind(&source.access)
        .bind(&source.url)
        .bind(&source.user)
        .bind(&source.database)
        .bind(source.is_basic_auth)
        .bind(&source.basic_auth_user)
        .bind(source.is_with_credentials)
        .bind(source.is_default)
        .bind(json_data)
        .bind(secure_fields)
        .bind(source.is_read_only)
        .bind(source.version)
        .bind(now)
        .bind(ORG_ID)
        .bind(existing)
        .execute(&mut *connection)
        .await?;
    Ok(())
}
