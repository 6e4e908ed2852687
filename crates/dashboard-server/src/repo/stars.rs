//! Which dashboards a user has starred.

use super::{Result, Store};

impl Store {
    pub(crate) async fn star(&self, user_id: i64, dashboard_id: i64) -> Result<()> {
        sqlx::query("INSERT INTO stars (user_id, dashboard_id) VALUES (?, ?) ON CONFLICT DO NOTHING")
            .bind(user_id)
            .bind(dashboard_id)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    pub(crate) async fn unstar(&self, user_id: i64, dashboard_id: i64) -> Result<()> {
        sqlx::query("DELETE FROM stars WHERE user_id = ? AND dashboard_id = ?")
            .bind(user_id)
            .bind(dashboard_id)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Ids and uids of the user's starred dashboards.
    pub(crate) async fn stars(&self, user_id: i64) -> Result<Vec<(i64, String)>> {
        Ok(sqlx::query_as(
            "SELECT dashboards.id, dashboards.uid FROM stars JOIN dashboards ON dashboards.id = stars.dashboard_id
             WHERE stars.user_id = ? ORDER BY dashboards.id",
        )
        .bind(user_id)
        .fetch_all(&self.pool)
        .await?)
    }
}
