//! Accounts in the database.

use serde::{Deserialize, Serialize};
use service_kit::{AppError, Database, DatabaseError, DatabaseErrorExt as _, Role, Row, now_ms, rfc3339};
use utoipa::ToSchema;

/// Whether an account can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Status {
    Active,
    Disabled,
}

/// One account.
#[derive(Debug, Clone)]
pub(crate) struct Account {
    pub(crate) id: i64,
    pub(crate) email: String,
    pub(crate) name: String,
    pub(crate) password_hash: String,
    pub(crate) role: Role,
    pub(crate) status: Status,
    pub(crate) created_ms: i64,
}

/// An account as its owner sees it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct PrivateUser {
    pub(crate) id: i64,
    pub(crate) email: String,
    pub(crate) name: String,
    pub(crate) role: Role,
    pub(crate) status: Status,
    pub(crate) created_at: String,
}

/// An account as everybody sees it; the address only for its owner, administrators and services.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct PublicUser {
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) status: Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) role: Option<Role>,
    pub(crate) created_at: String,
}

impl Account {
    fn from_row(row: &Row) -> Result<Self, DatabaseError> {
        Ok(Self {
            id: row.get("id")?,
            email: row.get("email")?,
            name: row.get("name")?,
            password_hash: row.get("password_hash")?,
            role: if row.get::<String>("role")? == "admin" { Role::Admin } else { Role::User },
            status: if row.get::<String>("status")? == "active" { Status::Active } else { Status::Disabled },
            created_ms: row.get("created_ms")?,
        })
    }

    pub(crate) fn private(&self) -> PrivateUser {
        PrivateUser {
            id: self.id,
            email: self.email.clone(),
            name: self.name.clone(),
            role: self.role,
            status: self.status,
            created_at: rfc3339(self.created_ms),
        }
    }

    pub(crate) fn public(&self, with_private_part: bool) -> PublicUser {
        PublicUser {
            id: self.id,
            name: self.name.clone(),
            status: self.status,
            email: with_private_part.then(|| self.email.clone()),
            role: with_private_part.then_some(self.role),
            created_at: rfc3339(self.created_ms),
        }
    }

    /// The account with this id, or 404.
    pub(crate) async fn by_id(database: &Database, id: i64) -> Result<Self, AppError> {
        let row = database
            .query("SELECT id, email, name, password_hash, role, status, created_ms FROM users WHERE id = $1")
            .bind(id)
            .optional()
            .await?
            .ok_or_else(|| AppError::not_found("USER_NOT_FOUND", format!("there is no user {id}")))?;
        Ok(Self::from_row(&row)?)
    }

    pub(crate) async fn by_email(database: &Database, email: &str) -> Result<Option<Self>, AppError> {
        let row = database
            .query(
                "SELECT id, email, name, password_hash, role, status, created_ms FROM users WHERE email = $1",
            )
            .bind(email)
            .optional()
            .await?;
        Ok(row.as_ref().map(Self::from_row).transpose()?)
    }

    /// One page of accounts, by id, and how many there are.
    pub(crate) async fn list(
        database: &Database,
        limit: i64,
        offset: i64,
    ) -> Result<(Vec<Self>, i64), AppError> {
        let rows = database
            .query(
                "SELECT id, email, name, password_hash, role, status, created_ms FROM users \
                 ORDER BY id LIMIT $1 OFFSET $2",
            )
            .bind(limit)
            .bind(offset)
            .all()
            .await?;
        let total = database.query("SELECT COUNT(*) AS total FROM users").one().await?.get("total")?;
        let accounts = rows.iter().map(Self::from_row).collect::<Result<_, _>>()?;
        Ok((accounts, total))
    }

    /// A new customer, or 409 when the address is taken.
    pub(crate) async fn create(
        database: &Database,
        email: &str,
        name: &str,
        password_hash: &str,
    ) -> Result<Self, AppError> {
        let now = now_ms();
        let row = database
            .query(
                "INSERT INTO users (email, name, password_hash, role, status, created_ms, updated_ms) \
                 VALUES ($1, $2, $3, 'user', 'active', $4, $4) \
                 RETURNING id, email, name, password_hash, role, status, created_ms",
            )
            .bind(email)
            .bind(name)
            .bind(password_hash)
            .bind(now)
            .one()
            .await
            .map_err(address_taken)?;
        Ok(Self::from_row(&row)?)
    }

    /// Stores a changed name and address.
    pub(crate) async fn save(&self, database: &Database) -> Result<(), AppError> {
        database
            .query("UPDATE users SET email = $1, name = $2, updated_ms = $3 WHERE id = $4")
            .bind(self.email.as_str())
            .bind(self.name.as_str())
            .bind(now_ms())
            .bind(self.id)
            .execute()
            .await
            .map_err(address_taken)?;
        Ok(())
    }
}

fn address_taken(error: DatabaseError) -> AppError {
    if error.is_unique_violation() {
        AppError::conflict("EMAIL_TAKEN", "there is already an account with this address; log in instead")
    } else {
        error.into()
    }
}
