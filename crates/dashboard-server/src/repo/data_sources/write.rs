//! Data sources that are added, changed and deleted through the API.

use serde_json::Value;
use sqlx::sqlite::SqliteConnection;

use super::super::secrets::{self, SecretChange};
use super::super::{ORG_ID, Result, Store};
use super::DataSource;

/// Why a source is not written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Conflict {
    Name,
    Uid,
    /// Somebody else changed it meanwhile.
    Version,
}

impl Store {
    /// Adds a source (its id does not matter) and returns its id.
    pub(crate) async fn add_data_source(
        &self,
        source: &DataSource,
        secrets: &[SecretChange],
        now: i64,
    ) -> Result<std::result::Result<i64, Conflict>> {
        let mut transaction = self.pool.begin().await?;
        if let Some(conflict) = conflict(&mut transaction, source, 0).await? {
            return Ok(Err(conflict));
        }
        if source.is_default {
            no_default(&mut transaction).await?;
        }
        let id = write(&mut transaction, None, source, false, now).await?;
        secrets::apply(&mut transaction, id, secrets).await?;
        transaction.commit().await?;
        Ok(Ok(id))
    }

    /// Writes a source over the one with its id, which must still be at `version`.
    pub(crate) async fn change_data_source(
        &self,
        source: &DataSource,
        secrets: &[SecretChange],
        version: i64,
        now: i64,
    ) -> Result<std::result::Result<(), Conflict>> {
        let mut transaction = self.pool.begin().await?;
        if let Some(conflict) = conflict(&mut transaction, source, source.id).await? {
            return Ok(Err(conflict));
        }
        let locked =
            sqlx::query("UPDATE data_sources SET version = ? WHERE org_id = ? AND id = ? AND version = ?")
                .bind(source.version)
                .bind(ORG_ID)
                .bind(source.id)
                .bind(version)
                .execute(&mut *transaction)
                .await?;
        if locked.rows_affected() == 0 {
            return Ok(Err(Conflict::Version));
        }
        if source.is_default {
            no_default(&mut transaction).await?;
        }
        let provisioned: bool = sqlx::query_scalar("SELECT is_provisioned FROM data_sources WHERE id = ?")
            .bind(source.id)
            .fetch_one(&mut *transaction)
            .await?;
        write(&mut transaction, Some(source.id), source, provisioned, now).await?;
        secrets::apply(&mut transaction, source.id, secrets).await?;
        transaction.commit().await?;
        Ok(Ok(()))
    }

    pub(crate) async fn delete_data_source(&self, id: i64) -> Result<()> {
        sqlx::query("DELETE FROM data_sources WHERE org_id = ? AND id = ?")
            .bind(ORG_ID)
            .bind(id)
            .execute(&self.pool)
            .await?;
        Ok(())
    }
}

async fn conflict(
    connection: &mut SqliteConnection,
    source: &DataSource,
    but: i64,
) -> Result<Option<Conflict>> {
    let found: Option<bool> = sqlx::query_scalar(
        "SELECT name = ?2 FROM data_sources WHERE org_id = ?1 AND (name = ?2 OR uid = ?3) AND id <> ?4 LIMIT 1",
    )
    .bind(ORG_ID)
    .bind(&source.name)
    .bind(&source.uid)
    .bind(but)
    .fetch_optional(connection)
    .await?;
    Ok(found.map(|is_name| if is_name { Conflict::Name } else { Conflict::Uid }))
}

/// There is at most one default.
pub(super) async fn no_default(connection: &mut SqliteConnection) -> Result<()> {
    sqlx::query("UPDATE data_sources SET is_default = 0 WHERE org_id = ?")
        .bind(ORG_ID)
        .execute(connection)
        .await?;
    Ok(())
}

/// Writes a row over the existing one or as a new one; returns its id.
pub(super) async fn write(
    connection: &mut SqliteConnection,
    existing: Option<i64>,
    source: &DataSource,
    is_provisioned: bool,
    now: i64,
) -> Result<i64> {
    let statement = match existing {
        Some(_) => {
            "UPDATE data_sources SET uid = ?1, name = ?2, type = ?3, access = ?4, url = ?5, user = ?6,
                database = ?7, basic_auth = ?8, basic_auth_user = ?9, with_credentials = ?10, is_default = ?11,
                json_data = ?12, secure_fields = ?13, read_only = ?14, version = ?15, updated_at = ?16,
                is_provisioned = ?19
             WHERE org_id = ?17 AND id = ?18 RETURNING id"
        }
        None => {
            "INSERT INTO data_sources (uid, name, type, access, url, user, database, basic_auth, basic_auth_user,
                with_credentials, is_default, json_data, secure_fields, read_only, version, updated_at, org_id, id,
                created_at, is_provisioned)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?16, ?19)
             RETURNING id"
        }
    };
    let json_data = Value::Object(source.json_data.clone()).to_string();
    let secure_fields = Value::from(source.secure_fields.clone()).to_string();
    Ok(sqlx::query_scalar(statement)
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
        .bind(is_provisioned)
        .fetch_one(&mut *connection)
        .await?)
}
