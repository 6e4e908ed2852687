//! Sealed secrets of data sources.

use sqlx::sqlite::SqliteConnection;

use super::{Result, Store};

/// A secret that is set, or taken away.
#[derive(Debug)]
pub(crate) struct SecretChange {
    pub(crate) name: String,
    pub(crate) sealed: Option<String>,
}

impl Store {
    /// All sealed secrets: the source's uid, the secret's name, and what was sealed.
    pub(crate) async fn sealed_secrets(&self) -> Result<Vec<(String, String, String)>> {
        Ok(sqlx::query_as(
            "SELECT uid, data_source_secrets.name, sealed FROM data_source_secrets
             JOIN data_sources ON data_sources.id = data_source_id",
        )
        .fetch_all(&self.pool)
        .await?)
    }
}

pub(super) async fn apply(
    connection: &mut SqliteConnection,
    data_source_id: i64,
    changes: &[SecretChange],
) -> Result<()> {
    for change in changes {
        match &change.sealed {
            Some(sealed) => {
                sqlx::query(
                    "INSERT INTO data_source_secrets (data_source_id, name, sealed) VALUES (?, ?, ?)
                     ON CONFLICT (data_source_id, name) DO UPDATE SET sealed = excluded.sealed",
                )
                .bind(data_source_id)
                .bind(&change.name)
                .bind(sealed)
                .execute(&mut *connection)
                .await?;
            }
            None => {
                sqlx::query("DELETE FROM data_source_secrets WHERE data_source_id = ? AND name = ?")
                    .bind(data_source_id)
                    .bind(&change.name)
                    .execute(&mut *connection)
                    .await?;
            }
        }
    }
    Ok(())
}

/// The secrets of provisioned sources are in files: what the API set before no longer counts.
pub(super) async fn forget(connection: &mut SqliteConnection, data_source_id: i64) -> Result<()> {
    sqlx::query("DELETE FROM data_source_secrets WHERE data_source_id = ?")
        .bind(data_source_id)
        .execute(connection)
        .await?;
    Ok(())
}
