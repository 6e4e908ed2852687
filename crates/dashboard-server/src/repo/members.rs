//! The administration of users: lists, changes, roles. Service accounts are in the same table but in lists of their own.

use super::users::{Role, Row, User};
use super::{ORG_ID, Result, Store};

const COLUMNS: &str = "SELECT users.*, org_users.role AS role FROM users
    JOIN org_users ON org_users.user_id = users.id AND org_users.org_id = ";

/// Which users are listed.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct UserFilter<'a> {
    pub(crate) is_service_account: bool,
    /// Part of login, name or e-mail address.
    pub(crate) text: &'a str,
    pub(crate) is_disabled: Option<bool>,
    /// Accounts with at least one token that has expired by then.
    pub(crate) has_token_expired_at: Option<i64>,
}

/// What an administrator or the user changes about an account.
#[derive(Debug)]
pub(crate) struct Profile<'a> {
    pub(crate) login: &'a str,
    pub(crate) email: &'a str,
    pub(crate) name: &'a str,
}

/// Why somebody keeps a right: the last one who has it cannot lose it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Done,
    LastAdmin,
}

impl Store {
    /// One part of the list by login, and how many there are altogether.
    pub(crate) async fn users(
        &self,
        filter: &UserFilter<'_>,
        limit: i64,
        offset: i64,
    ) -> Result<(Vec<User>, i64)> {
        let mut list = sqlx::QueryBuilder::new(COLUMNS);
        list.push_bind(ORG_ID);
        restrict(&mut list, filter);
        list.push(" ORDER BY login LIMIT ").push_bind(limit).push(" OFFSET ").push_bind(offset);
        let rows: Vec<Row> = list.build_query_as().fetch_all(&self.pool).await?;
        let mut count = sqlx::QueryBuilder::new(
            "SELECT count(*) FROM users JOIN org_users ON org_users.user_id = users.id AND org_users.org_id = ",
        );
        count.push_bind(ORG_ID);
        restrict(&mut count, filter);
        let total = count.build_query_scalar().fetch_one(&self.pool).await?;
        Ok((rows.into_iter().map(Row::user).collect(), total))
    }

    /// Whether another account has this login or address.
    pub(crate) async fn is_name_taken(&self, login: &str, email: &str, but: i64) -> Result<bool> {
        let found: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM users WHERE id <> ?1 AND (login IN (?2, ?3) OR email IN (?2, ?3))",
        )
        .bind(but)
        .bind(login)
        .bind(email)
        .fetch_one(&self.pool)
        .await?;
        Ok(found > 0)
    }

    pub(crate) async fn set_profile(&self, id: i64, profile: &Profile<'_>, now: i64) -> Result<()> {
        sqlx::query("UPDATE users SET login = ?, email = ?, name = ?, updated_at = ? WHERE id = ?")
            .bind(profile.login)
            .bind(profile.email)
            .bind(profile.name)
            .bind(now)
            .bind(id)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Disabling ends the sessions, too.
    pub(crate) async fn set_disabled(&self, id: i64, is_disabled: bool, now: i64) -> Result<()> {
        let mut transaction = self.pool.begin().await?;
        sqlx::query("UPDATE users SET is_disabled = ?, updated_at = ? WHERE id = ?")
            .bind(is_disabled)
            .bind(now)
            .bind(id)
            .execute(&mut *transaction)
            .await?;
        if is_disabled {
            sqlx::query("DELETE FROM sessions WHERE user_id = ?").bind(id).execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// Makes a user an administrator of the server, or takes that away unless nobody else is one.
    pub(crate) async fn set_server_admin(&self, id: i64, is_admin: bool, now: i64) -> Result<Outcome> {
        let changed = sqlx::query(
            "UPDATE users SET is_admin = ?1, updated_at = ?2 WHERE id = ?3 AND (?1 OR EXISTS
                (SELECT 1 FROM users WHERE is_admin AND NOT is_disabled AND id <> ?3))",
        )
        .bind(is_admin)
        .bind(now)
        .bind(id)
        .execute(&self.pool)
        .await?;
        Ok(if changed.rows_affected() > 0 { Outcome::Done } else { Outcome::LastAdmin })
    }

    /// Sets the role in the organisation, which keeps at least one administrator who can log in.
    pub(crate) async fn set_role(&self, id: i64, role: Role) -> Result<Outcome> {
        let changed = sqlx::query(
            "UPDATE org_users SET role = ?1 WHERE org_id = ?2 AND user_id = ?3
             AND (?1 = 'Admin' OR (SELECT is_service_account FROM users WHERE id = ?3) OR EXISTS
                (SELECT 1 FROM org_users JOIN users ON users.id = user_id
                 WHERE org_id = ?2 AND role = 'Admin' AND user_id <> ?3 AND NOT is_service_account))",
        )
        .bind(role.as_str())
        .bind(ORG_ID)
        .bind(id)
        .execute(&self.pool)
        .await?;
        Ok(if changed.rows_affected() > 0 { Outcome::Done } else { Outcome::LastAdmin })
    }

    /// Deletes an account with everything that is only its own, unless it is the last administrator.
    pub(crate) async fn delete_user(&self, id: i64) -> Result<Outcome> {
        let mut transaction = self.pool.begin().await?;
        let deleted = sqlx::query(
            "DELETE FROM users WHERE id = ?1 AND (is_service_account OR EXISTS
                (SELECT 1 FROM org_users JOIN users AS other ON other.id = user_id
                 WHERE org_id = ?2 AND role = 'Admin' AND user_id <> ?1 AND NOT other.is_service_account))",
        )
        .bind(id)
        .bind(ORG_ID)
        .execute(&mut *transaction)
        .await?;
        sqlx::query("DELETE FROM preferences WHERE user_id = ? AND NOT EXISTS (SELECT 1 FROM users WHERE id = user_id) AND user_id > 0")
            .bind(id)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(if deleted.rows_affected() > 0 { Outcome::Done } else { Outcome::LastAdmin })
    }

    /// Ends every session of a user.
    pub(crate) async fn end_sessions(&self, user_id: i64) -> Result<()> {
        sqlx::query("DELETE FROM sessions WHERE user_id = ?").bind(user_id).execute(&self.pool).await?;
        Ok(())
    }
}

fn restrict<'a>(query: &mut sqlx::QueryBuilder<sqlx::Sqlite>, filter: &UserFilter<'a>) {
    query.push(" WHERE is_service_account = ").push_bind(filter.is_service_account);
    if !filter.text.is_empty() {
        for (at, column) in ["login", "name", "email"].into_iter().enumerate() {
            query.push(if at == 0 { " AND (" } else { " OR " });
            query.push("instr(lower(users.").push(column).push("), lower(");
            query.push_bind(filter.text.to_owned()).push(")) > 0");
        }
        query.push(")");
    }
    if let Some(is_disabled) = filter.is_disabled {
        query.push(" AND is_disabled = ").push_bind(is_disabled);
    }
    if let Some(now) = filter.has_token_expired_at {
        query.push(
            " AND EXISTS (SELECT 1 FROM service_account_tokens WHERE account_id = users.id AND expires_at <= ",
        );
        query.push_bind(now).push(")");
    }
}
