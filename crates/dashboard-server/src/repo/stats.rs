//! How much there is of everything.

use sqlx::FromRow;

use super::{ORG_ID, Result, Store};

/// Numbers of rows.
#[derive(Debug, Clone, FromRow)]
pub(crate) struct Counts {
    pub(crate) dashboards: i64,
    pub(crate) tags: i64,
    pub(crate) snapshots: i64,
    pub(crate) playlists: i64,
    pub(crate) data_sources: i64,
    pub(crate) library_elements: i64,
    pub(crate) stars: i64,
    pub(crate) users: i64,
    pub(crate) admins: i64,
    pub(crate) editors: i64,
    pub(crate) viewers: i64,
    pub(crate) active_users: i64,
    pub(crate) active_today: i64,
    pub(crate) sessions: i64,
    pub(crate) service_accounts: i64,
}

impl Store {
    /// Counts; active is who was seen since the given times.
    pub(crate) async fn counts(&self, active_since: i64, today_since: i64) -> Result<Counts> {
        Ok(sqlx::query_as(
            "WITH people AS (SELECT users.*, role FROM users JOIN org_users ON user_id = users.id
                             WHERE org_id = ?1 AND NOT is_service_account)
             SELECT (SELECT count(*) FROM dashboards) AS dashboards,
                    (SELECT count(DISTINCT tag.value) FROM dashboards, json_each(dashboards.tags) AS tag) AS tags,
                    (SELECT count(*) FROM snapshots) AS snapshots,
                    (SELECT count(*) FROM playlists) AS playlists,
                    (SELECT count(*) FROM data_sources) AS data_sources,
                    (SELECT count(*) FROM library_elements) AS library_elements,
                    (SELECT count(*) FROM stars) AS stars,
                    (SELECT count(*) FROM people) AS users,
                    (SELECT count(*) FROM people WHERE role = 'Admin') AS admins,
                    (SELECT count(*) FROM people WHERE role = 'Editor') AS editors,
                    (SELECT count(*) FROM people WHERE role = 'Viewer') AS viewers,
                    (SELECT count(*) FROM people WHERE last_seen_at > ?2) AS active_users,
                    (SELECT count(*) FROM people WHERE last_seen_at > ?3) AS active_today,
                    (SELECT count(*) FROM sessions) AS sessions,
                    (SELECT count(*) FROM users WHERE is_service_account) AS service_accounts",
        )
        .bind(ORG_ID)
        .bind(active_since)
        .bind(today_since)
        .fetch_one(&self.pool)
        .await?)
    }
}
