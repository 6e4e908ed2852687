//! Opening: which database, with which settings.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::{AnyConnection, AssertSqlSafe, ConnectOptions as _, Executor as _};

use super::{Database, DatabaseArgs, Durability, Kind, Shared};

/// A shop's service waits for its database rather than for more connections.
const MAX_CONNECTIONS: u32 = 4;
/// How long a PostgreSQL that starts at the same time as we do is waited for.
const CONNECT_PATIENCE: Duration = Duration::from_secs(30);

pub(super) async fn open(
    args: &DatabaseArgs,
    service: &str,
    durability: Durability,
) -> anyhow::Result<Database> {
    sqlx::any::install_default_drivers();
    let url = match &args.database_url {
        Some(url) if !url.expose().is_empty() => url.expose().to_owned(),
        _ => default_url(service)?,
    };
    if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        return open_postgres(&url, service).await;
    }
    let Some(file) = url.strip_prefix("sqlite:") else {
        bail!("DATABASE_URL must start with postgres:// or sqlite:");
    };
    open_sqlite(file.strip_prefix("//").unwrap_or(file), service, durability).await
}

fn default_url(service: &str) -> anyhow::Result<String> {
    let folder =
        runtime::data_dir(service).with_context(|| format!("create the data folder of {service}"))?;
    Ok(format!("sqlite:{}", folder.join(format!("{service}.db")).display()))
}

async fn open_sqlite(file: &str, service: &str, durability: Durability) -> anyhow::Result<Database> {
    let namespace = Path::new(file)
        .file_name()
        .map_or_else(|| service.to_owned(), |name| name.to_string_lossy().into_owned());
    create_private(Path::new(file)).with_context(|| format!("create the SQLite database {file}"))?;
    let escaped = file.replace('%', "%25").replace('?', "%3F").replace('#', "%23");
    let options: AnyConnectOptions =
        format!("sqlite://{escaped}?mode=rwc").parse().context("address of the SQLite file")?;
    let synchronous = match durability {
        Durability::ProcessCrash => "NORMAL",
        Durability::PowerLoss => "FULL",
    };
    // One writer, others read meanwhile; a small page cache, since the files are small.
    let settings = format!(
        "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = {synchronous}; \
         PRAGMA foreign_keys = ON; PRAGMA cache_size = -512; PRAGMA journal_size_limit = 4194304;"
    );
    let pool = pool_options(settings)
        .connect_with(options.disable_statement_logging())
        .await
        .with_context(|| format!("open the SQLite database {file}"))?;
    Ok(database(pool, Kind::Sqlite, namespace))
}

/// Creates a missing file for its user only; SQLite gives the files beside it the same rights.
fn create_private(file: &Path) -> std::io::Result<()> {
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(file) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

async fn open_postgres(url: &str, service: &str) -> anyhow::Result<Database> {
    let options: AnyConnectOptions = url.parse().context("DATABASE_URL")?;
    // A schema each keeps the tables of services apart that share a database.
    let schema = service.replace('-', "_");
    let settings = format!("SET search_path TO \"{schema}\"; SET lock_timeout = '5s'");
    let pool = pool_options(settings).connect_lazy_with(options.disable_statement_logging());
    let started = Instant::now();
    let mut pause = Duration::from_millis(100);
    loop {
        match create_schema(&pool, &schema).await {
            Ok(()) => return Ok(database(pool, Kind::Postgres, schema)),
            Err(error) if started.elapsed() < CONNECT_PATIENCE && is_temporary(&error) => {
                tracing::warn!(error = error.to_string(), "PostgreSQL does not answer yet");
            }
            Err(error) => return Err(error).context("connect to PostgreSQL (DATABASE_URL)"),
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(Duration::from_secs(2));
    }
}

fn is_temporary(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut => true,
        // 57P03: the server is starting up.
        sqlx::Error::Database(error) => error.code().as_deref() == Some("57P03"),
        _ => false,
    }
}

async fn create_schema(pool: &sqlx::AnyPool, schema: &str) -> Result<(), sqlx::Error> {
    let mut tx = pool.begin().await?;
    // Two processes that create the same schema at once would disturb each other.
    let sql = format!(
        "SELECT pg_advisory_xact_lock(hashtext('create {schema}')); CREATE SCHEMA IF NOT EXISTS \"{schema}\""
    );
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut *tx).await?;
    tx.commit().await
}

fn pool_options(settings: String) -> AnyPoolOptions {
    let settings: Arc<str> = settings.into();
    AnyPoolOptions::new()
        .min_connections(1)
        .max_connections(MAX_CONNECTIONS)
        .acquire_timeout(Duration::from_secs(5))
        .idle_timeout(Duration::from_secs(60))
        .after_connect(move |connection: &mut AnyConnection, _| {
            let settings = settings.clone();
            Box::pin(async move {
                connection.execute(sqlx::raw_sql(AssertSqlSafe(settings.to_string()))).await.map(drop)
            })
        })
}

fn database(pool: sqlx::AnyPool, kind: Kind, namespace: String) -> Database {
    Database { pool, shared: Arc::new(Shared { kind, namespace, writer: Arc::default() }) }
}
