//! Notes at moments: of a panel, a dashboard or the whole organisation.

use sqlx::{FromRow, QueryBuilder};

use super::{ORG_ID, Result, Store};

/// A note. Times are milliseconds.
#[derive(Debug, Clone, FromRow)]
pub(crate) struct Annotation {
    pub(crate) id: i64,
    pub(crate) dashboard_uid: String,
    pub(crate) panel_id: i64,
    pub(crate) user_id: i64,
    pub(crate) time_ms: i64,
    pub(crate) time_end_ms: i64,
    pub(crate) text: String,
    pub(crate) tags: String,
    pub(crate) created_ms: i64,
    pub(crate) updated_ms: i64,
}

impl Annotation {
    pub(crate) fn tags(&self) -> Vec<String> {
        serde_json::from_str(&self.tags).unwrap_or_default()
    }
}

/// Which notes are looked for.
#[derive(Debug, Default)]
pub(crate) struct Filter<'a> {
    pub(crate) from_ms: Option<i64>,
    pub(crate) to_ms: Option<i64>,
    pub(crate) dashboard_uid: Option<&'a str>,
    pub(crate) panel_id: Option<i64>,
    pub(crate) user_id: Option<i64>,
    /// All of these, or any of them.
    pub(crate) tags: Vec<&'a str>,
    pub(crate) is_any_tag: bool,
    pub(crate) limit: i64,
}

impl Store {
    /// The newest first.
    pub(crate) async fn annotations(&self, filter: &Filter<'_>) -> Result<Vec<Annotation>> {
        let mut query = QueryBuilder::new("SELECT * FROM annotations WHERE org_id = ");
        query.push_bind(ORG_ID);
        if let Some(from) = filter.from_ms {
            query.push(" AND time_end_ms >= ").push_bind(from);
        }
        if let Some(to) = filter.to_ms {
            query.push(" AND time_ms <= ").push_bind(to);
        }
        if let Some(uid) = filter.dashboard_uid {
            query.push(" AND dashboard_uid = ").push_bind(uid);
        }
        if let Some(panel) = filter.panel_id {
            query.push(" AND panel_id = ").push_bind(panel);
        }
        if let Some(user) = filter.user_id {
            query.push(" AND user_id = ").push_bind(user);
        }
        if !filter.tags.is_empty() {
            query.push(" AND (");
            for (at, tag) in filter.tags.iter().enumerate() {
                if at > 0 {
                    query.push(if filter.is_any_tag { " OR " } else { " AND " });
                }
                query.push("EXISTS (SELECT 1 FROM json_each(tags) WHERE value = ").push_bind(*tag).push(")");
            }
            query.push(")");
        }
        query.push(" ORDER BY time_ms DESC, id DESC LIMIT ").push_bind(filter.limit);
        Ok(query.build_query_as().fetch_all(&self.pool).await?)
    }

    pub(crate) async fn annotation(&self, id: i64) -> Result<Option<Annotation>> {
        Ok(sqlx::query_as("SELECT * FROM annotations WHERE org_id = ? AND id = ?")
            .bind(ORG_ID)
            .bind(id)
            .fetch_optional(&self.pool)
            .await?)
    }

    /// Adds the note (its id does not matter), and returns its id.
    pub(crate) async fn add_annotation(&self, annotation: &Annotation) -> Result<i64> {
        let added = sqlx::query(
            "INSERT INTO annotations (org_id, dashboard_uid, panel_id, user_id, time_ms, time_end_ms, text, tags,
                created_ms, updated_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(ORG_ID)
        .bind(&annotation.dashboard_uid)
        .bind(annotation.panel_id)
        .bind(annotation.user_id)
        .bind(annotation.time_ms)
        .bind(annotation.time_end_ms)
        .bind(&annotation.text)
        .bind(&annotation.tags)
        .bind(annotation.created_ms)
        .bind(annotation.updated_ms)
        .execute(&self.pool)
        .await?;
        Ok(added.last_insert_rowid())
    }

    /// Writes times, text and tags.
    pub(crate) async fn update_annotation(&self, annotation: &Annotation) -> Result<()> {
        sqlx::query(
            "UPDATE annotations SET time_ms = ?, time_end_ms = ?, text = ?, tags = ?, updated_ms = ?
             WHERE org_id = ? AND id = ?",
        )
        .bind(annotation.time_ms)
        .bind(annotation.time_end_ms)
        .bind(&annotation.text)
        .bind(&annotation.tags)
        .bind(annotation.updated_ms)
        .bind(ORG_ID)
        .bind(annotation.id)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Tags that contain a text, and how many notes have them.
    pub(crate) async fn annotation_tags(&self, text: &str, limit: i64) -> Result<Vec<(String, i64)>> {
        Ok(sqlx::query_as(
            "SELECT tag.value, count(*) FROM annotations, json_each(annotations.tags) AS tag
             WHERE org_id = ? AND instr(lower(tag.value), lower(?)) > 0 GROUP BY tag.value ORDER BY tag.value LIMIT ?",
        )
        .bind(ORG_ID)
        .bind(text)
        .bind(limit)
        .fetch_all(&self.pool)
        .await?)
    }

    /// Deletes all notes of a panel.
    pub(crate) async fn delete_panel_annotations(&self, dashboard_uid: &str, panel_id: i64) -> Result<()> {
        sqlx::query("DELETE FROM annotations WHERE org_id = ? AND dashboard_uid = ? AND panel_id = ?")
            .bind(ORG_ID)
            .bind(dashboard_uid)
            .bind(panel_id)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Whether there was one.
    pub(crate) async fn delete_annotation(&self, id: i64) -> Result<bool> {
        let deleted = sqlx::query("DELETE FROM annotations WHERE org_id = ? AND id = ?")
            .bind(ORG_ID)
            .bind(id)
            .execute(&self.pool)
            .await?;
        Ok(deleted.rows_affected() > 0)
    }
}
