//! The people of a fresh shop.

use std::sync::Arc;

use service_kit::{Secret, Tx, seed};

use crate::state::Users;

/// All accounts were opened on this day: the same data at every first start (2026-01-01T00:00:00Z).
const OPENED_MS: i64 = 1_767_225_600_000;
const DAY_MS: i64 = 24 * 3600 * 1000;

struct Account {
    id: i64,
    email: String,
    name: String,
    role: &'static str,
    status: &'static str,
}

/// Fills an empty database with the accounts that [`seed`] describes.
pub(crate) async fn fill(users: &Arc<Users>) -> anyhow::Result<()> {
    let empty = users.database.query("SELECT id FROM users LIMIT 1").optional().await?.is_none();
    if !empty {
        return Ok(());
    }
    // One hash for all customers: their password is public anyway, and a start should not take a second longer.
    let customer_hash = users.passwords.hash(&Secret::new(seed::CUSTOMER_PASSWORD)).await?;
    let admin_hash = users.passwords.hash(&Secret::new(seed::ADMIN_PASSWORD)).await?;
    let mut tx = users.database.begin_exclusive("seed").await?;
    if tx.query("SELECT id FROM users LIMIT 1").optional().await?.is_some() {
        return Ok(());
    }
    let accounts = accounts();
    for account in &accounts {
        let hash = if account.role == "admin" { &admin_hash } else { &customer_hash };
        insert(&mut tx, account, hash).await?;
    }
    tx.restart_ids("users").await?;
    tx.commit().await?;
    tracing::info!(accounts = accounts.len(), "a fresh shop was filled with accounts");
    Ok(())
}

fn accounts() -> Vec<Account> {
    let customers = (1..).zip(seed::CUSTOMERS).filter_map(|(id, (first, last))| {
        let email = seed::customer_email(id)?;
        Some(Account { id, email, name: format!("{first} {last}"), role: "user", status: "active" })
    });
    let others = [
        Account {
            id: seed::ADMIN_ID,
            email: seed::ADMIN_EMAIL.to_owned(),
            name: "Shop Administrator".to_owned(),
            role: "admin",
            status: "active",
        },
        Account {
            id: seed::DISABLED_ID,
            email: seed::DISABLED_EMAIL.to_owned(),
            name: "Closed Account".to_owned(),
            role: "user",
            status: "disabled",
        },
    ];
    customers.chain(others).collect()
}

async fn insert(tx: &mut Tx, account: &Account, password_hash: &str) -> anyhow::Result<()> {
    let created_ms = OPENED_MS + account.id * DAY_MS;
    tx.query(
        "INSERT INTO users (id, email, name, password_hash, role, status, created_ms, updated_ms) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $7)",
    )
    .bind(account.id)
    .bind(account.email.as_str())
    .bind(account.name.as_str())
    .bind(password_hash)
    .bind(account.role)
    .bind(account.status)
    .bind(created_ms)
    .execute()
    .await?;
    // Some favourites from the start, so that the first request for them has something to show.
    for step in 0..account.id % 4 {
        let product_id = (account.id * 7 + step * 11) % seed::PRODUCT_COUNT + 1;
        tx.query("INSERT INTO favorites (user_id, product_id, created_ms) VALUES ($1, $2, $3)")
            .bind(account.id)
            .bind(product_id)
            .bind(created_ms + step)
            .execute()
            .await?;
    }
    Ok(())
}
