//! One database interface for SQLite (a file per service, the default) and PostgreSQL (by `DATABASE_URL`).
//!
//! Services write their SQL once, in what both understand: `$1` parameters, `BIGINT`, `TEXT` and `DOUBLE PRECISION`
//! columns (flags are `BIGINT` 0/1, instants `BIGINT` milliseconds), `INSERT … RETURNING`, `ON CONFLICT`. Sums of
//! integers need `CAST(… AS BIGINT)`. Every statement runs in a client span named `{operation} {table}`.

mod connect;
mod migrate;
mod query;
mod sql;
mod unseen;

use std::sync::Arc;
use std::time::Duration;

use sqlx::AnyPool;
use sqlx::any::Any;
use tokio::sync::{Mutex, OwnedMutexGuard};

use crate::Secret;
use unseen::unseen;

pub use migrate::Migration;
pub use query::{Query, Row};

/// The errors of statements.
pub type DatabaseError = sqlx::Error;

/// How the database is chosen.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct DatabaseArgs {
    /// postgres://user:password@host/database, or sqlite:FILE; default: a SQLite file in the data folder
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, value_name = "URL")]
    pub database_url: Option<Secret>,
}

/// Which database it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A SQLite file of the service's own.
    Sqlite,
    /// A schema of the service's own in a PostgreSQL database.
    Postgres,
}

impl Kind {
    /// The name in `db.system.name`.
    pub fn system_name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgresql",
        }
    }
}

/// What a commit survives with SQLite (PostgreSQL decides for itself).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// A killed process: the system still has the data.
    ProcessCrash,
    /// A power cut: an fsync each commit.
    PowerLoss,
}

/// The database of one service; cheap to clone.
#[derive(Debug, Clone)]
pub struct Database {
    pool: AnyPool,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    kind: Kind,
    /// `db.namespace`: the file's name or the schema.
    namespace: String,
    /// SQLite has one writer at a time. Waiting here is fair and costs no thread, unlike its busy handler.
    writer: Arc<Mutex<()>>,
}

impl Database {
    /// Opens the database of `service`, creates what is missing and brings it up to date with `migrations`. An
    /// unreachable PostgreSQL is tried again for half a minute.
    pub async fn open(
        args: &DatabaseArgs,
        service: &str,
        durability: Durability,
        migrations: &[Migration],
    ) -> anyhow::Result<Self> {
        let database = connect::open(args, service, durability).await?;
        migrate::run(&database, migrations).await?;
        Ok(database)
    }

    /// Which database it is.
    pub fn kind(&self) -> Kind {
        self.shared.kind
    }

    /// A statement outside of a transaction.
    pub fn query(&self, sql: impl sqlx::SqlSafeStr) -> Query<'_> {
        Query::on_pool(self, sql.into_sql_str())
    }

    /// Starts a transaction that will write. It rolls back unless [`Tx::commit`] is called.
    pub async fn begin(&self) -> Result<Tx, DatabaseError> {
        let (guard, inner) = match self.shared.kind {
            Kind::Sqlite => {
                let guard = self.shared.writer.clone().lock_owned().await;
                let begin = self.pool.begin_with("BEGIN IMMEDIATE");
                (Some(guard), unseen(Kind::Sqlite, begin).await?)
            }
            Kind::Postgres => (None, self.pool.begin().await?),
        };
        Ok(Tx { inner, shared: self.shared.clone(), _writer: guard })
    }

    /// Starts a transaction that excludes all others of the same `purpose`, in this process and in others.
    pub async fn begin_exclusive(&self, purpose: &str) -> Result<Tx, DatabaseError> {
        let mut tx = self.begin().await?;
        if self.kind() == Kind::Postgres {
            tx.query("SELECT 1::BIGINT AS locked FROM pg_advisory_xact_lock(hashtext($1), hashtext(current_schema()))")
                .bind(purpose)
                .optional()
                .await?;
        }
        Ok(tx)
    }

    /// True when the database answers within half a second.
    pub async fn answers(&self) -> bool {
        let ping = sqlx::query("SELECT 1").execute(&self.pool);
        matches!(tokio::time::timeout(Duration::from_millis(500), ping).await, Ok(Ok(_)))
    }

    /// Closes all connections; SQLite then folds its log into the file.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

/// A transaction.
#[derive(Debug)]
pub struct Tx {
    inner: sqlx::Transaction<'static, Any>,
    shared: Arc<Shared>,
    // Declared last: the next writer may start when this one's connection is on its way back.
    _writer: Option<OwnedMutexGuard<()>>,
}

impl Tx {
    /// A statement in the transaction.
    pub fn query(&mut self, sql: impl sqlx::SqlSafeStr) -> Query<'_> {
        Query::on_connection(&mut self.inner, &self.shared, sql.into_sql_str())
    }

    /// Makes new ids of `table` start after the largest there is: to be called after rows with given ids came in.
    pub async fn restart_ids(&mut self, table: &'static str) -> Result<(), DatabaseError> {
        if self.shared.kind == Kind::Postgres {
            let sql = format!(
                "SELECT setval(pg_get_serial_sequence('{table}', 'id'), MAX(id)) AS next FROM {table}"
            );
            self.query(sqlx::AssertSqlSafe(sql)).optional().await?;
        }
        Ok(())
    }

    /// Makes it all happen.
    pub async fn commit(self) -> Result<(), DatabaseError> {
        unseen(self.shared.kind, self.inner.commit()).await
    }

    /// Makes nothing of it happen, now rather than when the connection is next used.
    pub async fn rollback(self) -> Result<(), DatabaseError> {
        unseen(self.shared.kind, self.inner.rollback()).await
    }
}

/// True when a statement failed because a value that must be unique is taken.
pub(crate) fn is_unique_violation(error: &DatabaseError) -> bool {
    error.as_database_error().is_some_and(sqlx::error::DatabaseError::is_unique_violation)
}

/// Questions about errors of statements.
pub trait DatabaseErrorExt {
    /// True when a value that must be unique is taken.
    fn is_unique_violation(&self) -> bool;
}

impl DatabaseErrorExt for DatabaseError {
    fn is_unique_violation(&self) -> bool {
        is_unique_violation(self)
    }
}
