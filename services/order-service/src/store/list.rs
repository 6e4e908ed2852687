//! Lists of orders, newest first.

use service_kit::{Database, DatabaseError, Query};
use sqlx::AssertSqlSafe;

use super::Store;
use crate::money::Cents;
use crate::order::Status;

/// Which orders a list shows.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub user_id: Option<i64>,
    pub status: Option<Status>,
    /// Created at this instant or later.
    pub from: Option<i64>,
    /// Created before this instant.
    pub to: Option<i64>,
}

/// An order in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderRow {
    pub id: i64,
    pub user_id: i64,
    pub status: String,
    pub currency: String,
    pub total: Cents,
    pub refunded: Cents,
    pub created_at: i64,
    pub updated_at: i64,
}

impl Filter {
    fn conditions(&self) -> String {
        let columns = [
            (self.user_id.is_some(), "user_id ="),
            (self.status.is_some(), "status ="),
            (self.from.is_some(), "created_ms >="),
            (self.to.is_some(), "created_ms <"),
        ];
        let mut text = String::from("1 = 1");
        for (number, (_, column)) in columns.iter().filter(|(given, _)| *given).enumerate() {
            text.push_str(&format!(" AND {column} ${}", number + 1));
        }
        text
    }

    fn count(&self) -> usize {
        [self.user_id.is_some(), self.status.is_some(), self.from.is_some(), self.to.is_some()]
            .iter()
            .filter(|given| **given)
            .count()
    }

    fn query<'a>(&self, database: &'a Database, sql: String) -> Query<'a> {
        let mut query = database.query(AssertSqlSafe(sql));
        if let Some(user_id) = self.user_id {
            query = query.bind(user_id);
        }
        if let Some(status) = self.status {
            query = query.bind(status.as_str());
        }
        for instant in [self.from, self.to].into_iter().flatten() {
            query = query.bind(instant);
        }
        query
    }
}

impl Store {
    /// One page of the orders that match, and how many match in all.
    pub async fn list(
        &self,
        filter: &Filter,
        limit: i64,
        offset: i64,
    ) -> Result<(Vec<OrderRow>, i64), DatabaseError> {
        let conditions = filter.conditions();
        let count = format!("SELECT CAST(COUNT(*) AS BIGINT) AS total FROM orders WHERE {conditions}");
        let total = filter.query(&self.database, count).one().await?.get("total")?;
        let next = filter.count() + 1;
        let page = format!(
            "SELECT id, user_id, status, currency, total_cents, refunded_cents, created_ms, updated_ms \
             FROM orders WHERE {conditions} ORDER BY id DESC LIMIT ${next} OFFSET ${}",
            next + 1
        );
        let rows = filter.query(&self.database, page).bind(limit).bind(offset).all().await?;
        let orders = rows
            .iter()
            .map(|row| {
                Ok(OrderRow {
                    id: row.get("id")?,
                    user_id: row.get("user_id")?,
                    status: row.get("status")?,
                    currency: row.get("currency")?,
                    total: Cents(row.get("total_cents")?),
                    refunded: Cents(row.get("refunded_cents")?),
                    created_at: row.get("created_ms")?,
                    updated_at: row.get("updated_ms")?,
                })
            })
            .collect::<Result<Vec<_>, DatabaseError>>()?;
        Ok((orders, total))
    }
}
