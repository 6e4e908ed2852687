//! Users and their role in the organisation.

use sqlx::FromRow;

use super::{ORG_ID, Result, Store};

/// What a user may do, from least to most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Role {
    Viewer,
    Editor,
    Admin,
}

impl Role {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "Viewer",
            Self::Editor => "Editor",
            Self::Admin => "Admin",
        }
    }

    /// The role of this name, as the API writes it.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        [Self::Viewer, Self::Editor, Self::Admin].into_iter().find(|role| role.as_str() == text)
    }

    /// Anything unknown has the least rights.
    fn from_column(text: &str) -> Self {
        Self::parse(text).unwrap_or(Self::Viewer)
    }
}

/// A user without the password.
#[derive(Debug, Clone)]
pub(crate) struct User {
    pub(crate) id: i64,
    pub(crate) uid: String,
    pub(crate) login: String,
    pub(crate) email: String,
    pub(crate) name: String,
    pub(crate) is_admin: bool,
    pub(crate) is_disabled: bool,
    /// Programs act for it with tokens; it cannot log in.
    pub(crate) is_service_account: bool,
    pub(crate) role: Role,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
    pub(crate) last_seen_at: i64,
}

/// A user to be added.
#[derive(Debug)]
pub(crate) struct NewUser<'a> {
    pub(crate) login: &'a str,
    pub(crate) email: &'a str,
    pub(crate) name: &'a str,
    /// Empty for service accounts: no password matches.
    pub(crate) password_hash: &'a str,
    pub(crate) is_admin: bool,
    pub(crate) is_service_account: bool,
    pub(crate) role: Role,
}

#[derive(FromRow)]
pub(super) struct Row {
    id: i64,
    uid: String,
    login: String,
    email: String,
    name: String,
    password_hash: String,
    is_admin: bool,
    is_disabled: bool,
    is_service_account: bool,
    role: String,
    created_at: i64,
    updated_at: i64,
    last_seen_at: i64,
}

impl Row {
    pub(super) fn user(self) -> User {
        self.split().0
    }

    fn split(self) -> (User, String) {
        let user = User {
            id: self.id,
            uid: self.uid,
            login: self.login,
            email: self.email,
            name: self.name,
            is_admin: self.is_admin,
            is_disabled: self.is_disabled,
            is_service_account: self.is_service_account,
            role: Role::from_column(&self.role),
            created_at: self.created_at,
            updated_at: self.updated_at,
            last_seen_at: self.last_seen_at,
        };
        (user, self.password_hash)
    }
}

impl Store {
    /// The user with this login or e-mail address, and the hash of the password. Service accounts have none.
    pub(crate) async fn credentials(&self, login: &str) -> Result<Option<(User, String)>> {
        let row: Option<Row> = sqlx::query_as(
            "SELECT users.*, coalesce(org_users.role, 'Viewer') AS role FROM users
             LEFT JOIN org_users ON org_users.user_id = users.id AND org_users.org_id = ?1
             WHERE (login = ?2 OR email = ?2) AND is_service_account = 0 ORDER BY login = ?2 DESC LIMIT 1",
        )
        .bind(ORG_ID)
        .bind(login)
        .fetch_optional(&self.pool)
        .await?;
        Ok(row.map(Row::split))
    }

    pub(crate) async fn user(&self, id: i64) -> Result<Option<User>> {
        let row: Option<Row> = sqlx::query_as(
            "SELECT users.*, coalesce(org_users.role, 'Viewer') AS role FROM users
             LEFT JOIN org_users ON org_users.user_id = users.id AND org_users.org_id = ?
             WHERE users.id = ?",
        )
        .bind(ORG_ID)
        .bind(id)
        .fetch_optional(&self.pool)
        .await?;
        Ok(row.map(Row::user))
    }

    pub(crate) async fn add_user(&self, user: &NewUser<'_>, now: i64) -> Result<i64> {
        let mut transaction = self.pool.begin().await?;
        let id = sqlx::query(
            "INSERT INTO users (uid, login, email, name, password_hash, is_admin, is_service_account, created_at,
                updated_at, last_seen_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8, ?8)",
        )
        .bind(crate::auth::token::short_uid())
        .bind(user.login)
        .bind(user.email)
        .bind(user.name)
        .bind(user.password_hash)
        .bind(user.is_admin)
        .bind(user.is_service_account)
        .bind(now)
        .execute(&mut *transaction)
        .await?
        .last_insert_rowid();
        sqlx::query("INSERT INTO org_users (org_id, user_id, role) VALUES (?, ?, ?)")
            .bind(ORG_ID)
            .bind(id)
            .bind(user.role.as_str())
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(id)
    }

    /// Sets the password and ends every session of the user but `keep_session`.
    pub(crate) async fn set_password(
        &self,
        user_id: i64,
        password_hash: &str,
        keep_session: Option<i64>,
        now: i64,
    ) -> Result<()> {
        let mut transaction = self.pool.begin().await?;
        sqlx::query("UPDATE users SET password_hash = ?, updated_at = ? WHERE id = ?")
            .bind(password_hash)
            .bind(now)
            .bind(user_id)
            .execute(&mut *transaction)
            .await?;
        sqlx::query("DELETE FROM sessions WHERE user_id = ? AND id <> ?")
            .bind(user_id)
            .bind(keep_session.unwrap_or(0))
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(())
    }
}
