//! Panels and variables that several dashboards share.

use sqlx::{FromRow, QueryBuilder, Sqlite};

use super::dashboards::Dashboard;
use super::{Result, Store};

/// A shared panel (kind 1) or variable (kind 2); `model` is JSON.
#[derive(Debug, Clone, FromRow)]
pub(crate) struct LibraryElement {
    pub(crate) id: i64,
    pub(crate) uid: String,
    pub(crate) folder_uid: String,
    pub(crate) name: String,
    pub(crate) kind: i64,
    #[sqlx(rename = "type")]
    pub(crate) panel_type: String,
    pub(crate) description: String,
    pub(crate) model: String,
    pub(crate) version: i64,
    pub(crate) created_by: i64,
    pub(crate) updated_by: i64,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
}

/// Which elements are listed.
#[derive(Debug, Default)]
pub(crate) struct ElementFilter<'a> {
    /// Part of name or description.
    pub(crate) text: &'a str,
    pub(crate) kind: Option<i64>,
    pub(crate) types: Vec<&'a str>,
    pub(crate) folder_uids: Option<Vec<&'a str>>,
    pub(crate) exclude_uid: &'a str,
    pub(crate) is_descending: bool,
}

impl Store {
    /// A part of the list by name, and how many there are altogether.
    pub(crate) async fn library_elements(
        &self,
        filter: &ElementFilter<'_>,
        limit: i64,
        offset: i64,
    ) -> Result<(Vec<LibraryElement>, i64)> {
        let mut list = QueryBuilder::new("SELECT * FROM library_elements WHERE uid <> ");
        restrict(&mut list, filter);
        list.push(" ORDER BY name COLLATE NOCASE").push(if filter.is_descending { " DESC" } else { " ASC" });
        list.push(", id LIMIT ").push_bind(limit).push(" OFFSET ").push_bind(offset);
        let found = list.build_query_as().fetch_all(&self.pool).await?;
        let mut count = QueryBuilder::new("SELECT count(*) FROM library_elements WHERE uid <> ");
        restrict(&mut count, filter);
        Ok((found, count.build_query_scalar().fetch_one(&self.pool).await?))
    }

    pub(crate) async fn library_element(&self, uid: &str) -> Result<Option<LibraryElement>> {
        Ok(sqlx::query_as("SELECT * FROM library_elements WHERE uid = ?")
            .bind(uid)
            .fetch_optional(&self.pool)
            .await?)
    }

    pub(crate) async fn library_elements_named(&self, name: &str) -> Result<Vec<LibraryElement>> {
        Ok(sqlx::query_as("SELECT * FROM library_elements WHERE name = ? ORDER BY id LIMIT 1000")
            .bind(name)
            .fetch_all(&self.pool)
            .await?)
    }

    /// Adds the element (its id does not matter); false when uid, or name in the folder, are taken.
    pub(crate) async fn add_library_element(&self, element: &LibraryElement) -> Result<bool> {
        let added = sqlx::query(
            "INSERT INTO library_elements (uid, folder_uid, name, kind, type, description, model, version, created_by,
                updated_by, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        )
        .bind(&element.uid)
        .bind(&element.folder_uid)
        .bind(&element.name)
        .bind(element.kind)
        .bind(&element.panel_type)
        .bind(&element.description)
        .bind(&element.model)
        .bind(element.version)
        .bind(element.created_by)
        .bind(element.updated_by)
        .bind(element.created_at)
        .bind(element.updated_at)
        .execute(&self.pool)
        .await?;
        Ok(added.rows_affected() > 0)
    }

    /// Writes the element over the one with its id, which must still be at `version`; false when it is not, or when
    /// uid or name are taken.
    pub(crate) async fn change_library_element(
        &self,
        element: &LibraryElement,
        version: i64,
    ) -> Result<bool> {
        let changed = sqlx::query(
            "UPDATE OR IGNORE library_elements SET uid = ?, folder_uid = ?, name = ?, type = ?, description = ?,
                model = ?, version = ?, updated_by = ?, updated_at = ? WHERE id = ? AND version = ?",
        )
        .bind(&element.uid)
        .bind(&element.folder_uid)
        .bind(&element.name)
        .bind(&element.panel_type)
        .bind(&element.description)
        .bind(&element.model)
        .bind(element.version)
        .bind(element.updated_by)
        .bind(element.updated_at)
        .bind(element.id)
        .bind(version)
        .execute(&self.pool)
        .await?;
        Ok(changed.rows_affected() > 0)
    }

    pub(crate) async fn delete_library_element(&self, id: i64) -> Result<()> {
        sqlx::query("DELETE FROM library_elements WHERE id = ?").bind(id).execute(&self.pool).await?;
        Ok(())
    }

    /// Dashboards with a panel that is this element.
    pub(crate) async fn dashboards_with_element(&self, uid: &str) -> Result<Vec<Dashboard>> {
        let ids: Vec<i64> = sqlx::query_scalar(
            "SELECT id FROM dashboards WHERE instr(data, ?1) > 0 AND EXISTS
                (SELECT 1 FROM json_tree(data) AS node WHERE node.key = 'uid' AND node.atom = ?1
                 AND node.path LIKE '%.libraryPanel') ORDER BY id LIMIT 1000",
        )
        .bind(uid)
        .fetch_all(&self.pool)
        .await?;
        let mut found = Vec::with_capacity(ids.len());
        for id in ids {
            found.extend(self.dashboard_by_id(id).await?);
        }
        Ok(found)
    }
}

fn restrict(query: &mut QueryBuilder<Sqlite>, filter: &ElementFilter<'_>) {
    query.push_bind(filter.exclude_uid.to_owned());
    if !filter.text.is_empty() {
        query.push(" AND (instr(lower(name), lower(").push_bind(filter.text.to_owned()).push(")) > 0");
        query.push(" OR instr(lower(description), lower(").push_bind(filter.text.to_owned()).push(")) > 0)");
    }
    if let Some(kind) = filter.kind {
        query.push(" AND kind = ").push_bind(kind);
    }
    if !filter.types.is_empty() {
        one_of(query, "type", &filter.types);
    }
    if let Some(folders) = &filter.folder_uids {
        one_of(query, "folder_uid", folders);
    }
}

fn one_of(query: &mut QueryBuilder<Sqlite>, column: &str, values: &[&str]) {
    query.push(" AND ").push(column).push(" IN (");
    let mut list = query.separated(", ");
    for value in values {
        list.push_bind((*value).to_owned());
    }
    query.push(")");
}
