//! What a user, or the organisation, prefers.

use serde::Serialize;
use sqlx::FromRow;

use super::{ORG_ID, Result, Store};

/// The user id under which the organisation's preferences are kept.
pub(crate) const OF_THE_ORG: i64 = 0;

/// Empty text means "as the level above".
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, FromRow)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Preferences {
    pub(crate) theme: String,
    #[serde(rename = "homeDashboardUID")]
    pub(crate) home_dashboard_uid: String,
    pub(crate) timezone: String,
    pub(crate) week_start: String,
    pub(crate) language: String,
}

impl Store {
    pub(crate) async fn preferences(&self, user_id: i64) -> Result<Preferences> {
        let found = sqlx::query_as(
            "SELECT theme, home_dashboard_uid, timezone, week_start, language FROM preferences
             WHERE org_id = ? AND user_id = ?",
        )
        .bind(ORG_ID)
        .bind(user_id)
        .fetch_optional(&self.pool)
        .await?;
        Ok(found.unwrap_or_default())
    }

    pub(crate) async fn set_preferences(
        &self,
        user_id: i64,
        preferences: &Preferences,
        now: i64,
    ) -> Result<()> {
        sqlx::query(
            "INSERT INTO preferences
                (org_id, user_id, theme, home_dashboard_uid, timezone, week_start, language, updated_at)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?)
             ON CONFLICT (org_id, user_id) DO UPDATE SET theme = excluded.theme,
                home_dashboard_uid = excluded.home_dashboard_uid, timezone = excluded.timezone,
                week_start = excluded.week_start, language = excluded.language, updated_at = excluded.updated_at",
        )
        .bind(ORG_ID)
        .bind(user_id)
        .bind(&preferences.theme)
        .bind(&preferences.home_dashboard_uid)
        .bind(&preferences.timezone)
        .bind(&preferences.week_start)
        .bind(&preferences.language)
        .bind(now)
        .execute(&self.pool)
        .await?;
        Ok(())
    }
}
