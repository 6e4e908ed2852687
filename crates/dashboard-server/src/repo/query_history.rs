//! Queries that a user has run, the latest so many and those with a star.

use sqlx::{FromRow, QueryBuilder, Sqlite};

use super::{Result, Store};

/// A query, or several that were run together; `queries` is JSON.
#[derive(Debug, Clone, FromRow)]
pub(crate) struct PastQuery {
    pub(crate) id: i64,
    pub(crate) uid: String,
    pub(crate) user_id: i64,
    pub(crate) data_source_uid: String,
    pub(crate) created_at: i64,
    pub(crate) comment: String,
    pub(crate) is_starred: bool,
    pub(crate) queries: String,
}

/// Which of a user's queries are listed.
#[derive(Debug, Default)]
pub(crate) struct HistoryFilter<'a> {
    pub(crate) user_id: i64,
    pub(crate) data_source_uids: Vec<&'a str>,
    /// Part of the queries or the comment.
    pub(crate) text: &'a str,
    pub(crate) is_starred_only: bool,
    pub(crate) from: Option<i64>,
    pub(crate) to: Option<i64>,
    pub(crate) is_oldest_first: bool,
}

impl Store {
    /// A part of the list, and how many there are altogether.
    pub(crate) async fn query_history(
        &self,
        filter: &HistoryFilter<'_>,
        limit: i64,
        offset: i64,
    ) -> Result<(Vec<PastQuery>, i64)> {
        let mut list = QueryBuilder::new("SELECT * FROM query_history WHERE user_id = ");
        restrict(&mut list, filter);
        let order = if filter.is_oldest_first { "created_at, id" } else { "created_at DESC, id DESC" };
        list.push(" ORDER BY ").push(order);
        list.push(" LIMIT ").push_bind(limit).push(" OFFSET ").push_bind(offset);
        let found = list.build_query_as().fetch_all(&self.pool).await?;
        let mut count = QueryBuilder::new("SELECT count(*) FROM query_history WHERE user_id = ");
        restrict(&mut count, filter);
        Ok((found, count.build_query_scalar().fetch_one(&self.pool).await?))
    }

    pub(crate) async fn past_query(&self, user_id: i64, uid: &str) -> Result<Option<PastQuery>> {
        Ok(sqlx::query_as("SELECT * FROM query_history WHERE user_id = ? AND uid = ?")
            .bind(user_id)
            .bind(uid)
            .fetch_optional(&self.pool)
            .await?)
    }

    /// Adds a query, and drops the user's oldest beyond `keep` and those before `since`; starred ones stay.
    pub(crate) async fn add_past_query(&self, query: &PastQuery, keep: i64, since: i64) -> Result<()> {
        let mut transaction = self.pool.begin().await?;
        sqlx::query(
            "INSERT INTO query_history (uid, user_id, data_source_uid, created_at, comment, is_starred, queries)
             VALUES (?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(&query.uid)
        .bind(query.user_id)
        .bind(&query.data_source_uid)
        .bind(query.created_at)
        .bind(&query.comment)
        .bind(query.is_starred)
        .bind(&query.queries)
        .execute(&mut *transaction)
        .await?;
        sqlx::query(
            "DELETE FROM query_history WHERE user_id = ?1 AND NOT is_starred AND (created_at < ?2 OR id <=
                coalesce((SELECT id FROM query_history WHERE user_id = ?1 AND NOT is_starred
                          ORDER BY id DESC LIMIT 1 OFFSET ?3), 0))",
        )
        .bind(query.user_id)
        .bind(since)
        .bind(keep)
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Writes comment and star.
    pub(crate) async fn change_past_query(&self, query: &PastQuery) -> Result<()> {
        sqlx::query("UPDATE query_history SET comment = ?, is_starred = ? WHERE id = ?")
            .bind(&query.comment)
            .bind(query.is_starred)
            .bind(query.id)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    pub(crate) async fn count_starred_queries(&self, user_id: i64) -> Result<i64> {
        Ok(sqlx::query_scalar("SELECT count(*) FROM query_history WHERE user_id = ? AND is_starred")
            .bind(user_id)
            .fetch_one(&self.pool)
            .await?)
    }

    pub(crate) async fn delete_past_query(&self, id: i64) -> Result<()> {
        sqlx::query("DELETE FROM query_history WHERE id = ?").bind(id).execute(&self.pool).await?;
        Ok(())
    }
}

fn restrict(query: &mut QueryBuilder<Sqlite>, filter: &HistoryFilter<'_>) {
    query.push_bind(filter.user_id);
    if !filter.data_source_uids.is_empty() {
        query.push(" AND data_source_uid IN (");
        let mut list = query.separated(", ");
        for uid in &filter.data_source_uids {
            list.push_bind((*uid).to_owned());
        }
        query.push(")");
    }
    if !filter.text.is_empty() {
        query.push(" AND (instr(lower(queries), lower(").push_bind(filter.text.to_owned()).push(")) > 0");
        query.push(" OR instr(lower(comment), lower(").push_bind(filter.text.to_owned()).push(")) > 0)");
    }
    if filter.is_starred_only {
        query.push(" AND is_starred");
    }
    if let Some(from) = filter.from {
        query.push(" AND created_at >= ").push_bind(from);
    }
    if let Some(to) = filter.to {
        query.push(" AND created_at <= ").push_bind(to);
    }
}
