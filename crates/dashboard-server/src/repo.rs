//! The database: users, sessions, preferences, data sources, dashboards. SQLite in one file; one submodule per group of tables.

pub(crate) mod annotations;
pub(crate) mod attempts;
pub(crate) mod dashboards;
pub(crate) mod data_sources;
pub(crate) mod folders;
pub(crate) mod library_elements;
pub(crate) mod members;
pub(crate) mod playlists;
pub(crate) mod preferences;
pub(crate) mod query_history;
pub(crate) mod secrets;
pub(crate) mod sessions;
pub(crate) mod short_urls;
pub(crate) mod snapshots;
pub(crate) mod stars;
pub(crate) mod stats;
pub(crate) mod tokens;
pub(crate) mod users;

use std::path::Path;
use std::time::Duration;

use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};

/// The one organisation.
pub(crate) const ORG_ID: i64 = 1;
pub(crate) const ORG_NAME: &str = "Main Org.";

const FILE_NAME: &str = "dashboard-server.db";

/// Why the database did not answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum StoreError {
    #[error("query: {0}")]
    Query(#[from] sqlx::Error),
    #[error("schema: {0}")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    #[error("{path}: {source}")]
    File { path: String, source: std::io::Error },
    #[error("stored value of {column}: {source}")]
    Decode { column: &'static str, source: serde_json::Error },
}

pub(crate) type Result<T> = std::result::Result<T, StoreError>;

/// An open database.
#[derive(Debug, Clone)]
pub(crate) struct Store {
    pool: SqlitePool,
}

impl Store {
    /// Opens the database in `folder` (created when missing, readable by the owner only) and brings its tables up to date.
    pub(crate) async fn open(folder: &Path, now: i64) -> Result<Self> {
        let path = folder.join(FILE_NAME);
        private_file(folder, &path)
            .map_err(|source| StoreError::File { path: path.display().to_string(), source })?;
        let options = SqliteConnectOptions::new()
            .filename(&path)
            .create_if_missing(true)
            .foreign_keys(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Normal)
            .busy_timeout(Duration::from_secs(5))
            .statement_cache_capacity(50)
            .pragma("cache_size", "-512");
        let pool = SqlitePoolOptions::new()
            .max_connections(2)
            .acquire_timeout(Duration::from_secs(10))
            .connect_with(options)
            .await?;
        sqlx::migrate!().run(&pool).await?;
        sqlx::query(
            "INSERT INTO orgs (id, name, created_at, updated_at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
        )
        .bind(ORG_ID)
        .bind(ORG_NAME)
        .bind(now)
        .bind(now)
        .execute(&pool)
        .await?;
        Ok(Self { pool })
    }

    /// Whether the database answers.
    pub(crate) async fn is_alive(&self) -> bool {
        sqlx::query("SELECT 1").execute(&self.pool).await.is_ok()
    }

    pub(crate) async fn close(&self) {
        self.pool.close().await;
    }

    pub(crate) async fn fact(&self, name: &str) -> Result<Option<String>> {
        Ok(sqlx::query_scalar("SELECT value FROM server_facts WHERE name = ?")
            .bind(name)
            .fetch_optional(&self.pool)
            .await?)
    }

    pub(crate) async fn set_fact(&self, name: &str, value: &str) -> Result<()> {
        sqlx::query("INSERT INTO server_facts (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value")
            .bind(name)
            .bind(value)
            .execute(&self.pool)
            .await?;
        Ok(())
    }
}

/// Password hashes are in the file, so only its owner may read it. SQLite gives its companions the same mode.
fn private_file(folder: &Path, path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
    std::fs::create_dir_all(folder)?;
    let file = std::fs::OpenOptions::new().append(true).create(true).mode(0o600).open(path)?;
    file.set_permissions(std::fs::Permissions::from_mode(0o600))
}
