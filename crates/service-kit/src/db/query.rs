//! Statements, their spans, and rows.

use std::future::Future;
use std::time::Duration;

use sqlx::any::{Any, AnyArguments, AnyRow};
use sqlx::{AnyConnection, AnyPool, Arguments as _, Decode, Encode, Executor, Row as _, SqlStr, Type};
use tracing::{Instrument as _, Span, field};

use super::sql::summary;
use super::unseen::unseen;
use super::{Database, DatabaseError, Kind, Shared};

/// Statements longer than this are cut in their span.
const MAX_TEXT: usize = 500;

/// A statement with its parameters, to be run by one of its methods.
pub struct Query<'a> {
    target: Target<'a>,
    shared: &'a Shared,
    sql: SqlStr,
    arguments: Result<AnyArguments, DatabaseError>,
    delay: Duration,
}

enum Target<'a> {
    Pool(&'a AnyPool),
    Connection(&'a mut AnyConnection),
}

impl std::fmt::Debug for Query<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Query").field("sql", &self.sql.as_str()).finish_non_exhaustive()
    }
}

impl<'a> Query<'a> {
    pub(super) fn on_pool(database: &'a Database, sql: SqlStr) -> Self {
        Self::new(Target::Pool(&database.pool), &database.shared, sql)
    }

    pub(super) fn on_connection(connection: &'a mut AnyConnection, shared: &'a Shared, sql: SqlStr) -> Self {
        Self::new(Target::Connection(connection), shared, sql)
    }

    fn new(target: Target<'a>, shared: &'a Shared, sql: SqlStr) -> Self {
        Self { target, shared, sql, arguments: Ok(AnyArguments::default()), delay: Duration::ZERO }
    }

    /// The next parameter.
    #[must_use]
    pub fn bind<'q, T: Encode<'q, Any> + Type<Any>>(mut self, value: T) -> Self {
        if let Ok(arguments) = &mut self.arguments
            && let Err(error) = arguments.add(value)
        {
            self.arguments = Err(DatabaseError::Encode(error));
        }
        self
    }

    /// Makes the statement take at least this long, as one does that a busy database lets wait.
    #[must_use]
    pub fn delayed(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// Runs a statement that changes something; returns how many rows.
    pub async fn execute(self) -> Result<u64, DatabaseError> {
        let (kind, span, delay) = (self.shared.kind, self.span(), self.delay);
        let query = sqlx::query_with(self.sql, self.arguments?);
        let result = match self.target {
            Target::Pool(pool) => watched(kind, span, delay, pool.execute(query)).await,
            Target::Connection(connection) => watched(kind, span, delay, connection.execute(query)).await,
        };
        Ok(result?.rows_affected())
    }

    /// All rows.
    pub async fn all(self) -> Result<Vec<Row>, DatabaseError> {
        let (kind, span, delay) = (self.shared.kind, self.span(), self.delay);
        let query = sqlx::query_with(self.sql, self.arguments?);
        let rows = match self.target {
            Target::Pool(pool) => watched(kind, span, delay, pool.fetch_all(query)).await,
            Target::Connection(connection) => watched(kind, span, delay, connection.fetch_all(query)).await,
        };
        Ok(rows?.into_iter().map(Row).collect())
    }

    /// The first row, if any.
    pub async fn optional(self) -> Result<Option<Row>, DatabaseError> {
        let (kind, span, delay) = (self.shared.kind, self.span(), self.delay);
        let query = sqlx::query_with(self.sql, self.arguments?);
        let row = match self.target {
            Target::Pool(pool) => watched(kind, span, delay, pool.fetch_optional(query)).await,
            Target::Connection(connection) => {
                watched(kind, span, delay, connection.fetch_optional(query)).await
            }
        };
        Ok(row?.map(Row))
    }

    /// The first row; an error when there is none.
    pub async fn one(self) -> Result<Row, DatabaseError> {
        self.optional().await?.ok_or(DatabaseError::RowNotFound)
    }

    fn span(&self) -> Span {
        // Housekeeping that finds nothing to do would otherwise fill the trace store with traces of one span.
        if Span::current().is_none() {
            return Span::none();
        }
        let sql = self.sql.as_str();
        let (operation, table) = summary(sql);
        let text = match sql.char_indices().nth(MAX_TEXT) {
            Some((end, _)) => &sql[..end],
            None => sql,
        };
        tracing::info_span!(
            target: "shop",
            "db_query",
            otel.name = if table.is_empty() { operation.clone() } else { format!("{operation} {table}") },
            otel.kind = "client",
            otel.status_code = field::Empty,
            otel.status_description = field::Empty,
            db.system.name = self.shared.kind.system_name(),
            db.namespace = self.shared.namespace.as_str(),
            db.operation.name = operation.as_str(),
            db.collection.name = (!table.is_empty()).then_some(table.as_str()),
            db.query.text = text,
            db.response.status_code = field::Empty,
            error.type = field::Empty,
        )
    }
}

async fn watched<T>(
    kind: Kind,
    span: Span,
    delay: Duration,
    work: impl Future<Output = Result<T, DatabaseError>>,
) -> Result<T, DatabaseError> {
    let result = async {
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
        unseen(kind, work).await
    };
    let result = result.instrument(span.clone()).await;
    if let Err(error) = &result {
        span.record("otel.status_code", "ERROR");
        span.record("otel.status_description", error.to_string());
        let code = error.as_database_error().and_then(|error| error.code());
        if let Some(code) = &code {
            span.record("db.response.status_code", code.as_ref());
        }
        span.record("error.type", code.as_deref().unwrap_or("_OTHER"));
    }
    result
}

/// One row of an answer.
pub struct Row(AnyRow);

impl std::fmt::Debug for Row {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Row")
    }
}

impl Row {
    /// The value of `column`; `Option` where it may be null.
    pub fn get<T>(&self, column: &str) -> Result<T, DatabaseError>
    where
        T: for<'r> Decode<'r, Any> + Type<Any>,
    {
        self.0.try_get(column)
    }

    /// A flag, stored as 0 or 1.
    pub fn flag(&self, column: &str) -> Result<bool, DatabaseError> {
        Ok(self.get::<i64>(column)? != 0)
    }
}
