//! The catalogue of a fresh shop, the same at every first start.

mod catalogue;

use service_kit::{Tx, seed};

use crate::catalog::search_text;
use crate::state::Products;
use catalogue::{Entry, PRODUCTS};

const _: () = assert!(PRODUCTS.len() as i64 == seed::PRODUCT_COUNT);

/// 2026-01-01T00:00:00Z.
const LISTED_MS: i64 = 1_767_225_600_000;
const HOUR_MS: i64 = 3600 * 1000;
/// Products of which there are only a few at a time, so that some orders come too late.
const LIMITED: [i64; 4] = [13, 29, 41, 58];

/// Fills an empty database.
pub(crate) async fn fill(products: &Products) -> anyhow::Result<()> {
    let mut tx = products.database.begin_exclusive("seed").await?;
    if tx.query("SELECT id FROM products LIMIT 1").optional().await?.is_some() {
        return Ok(());
    }
    for (id, entry) in (1..).zip(&PRODUCTS) {
        insert(&mut tx, id, entry).await?;
    }
    tx.restart_ids("products").await?;
    tx.commit().await?;
    tracing::info!(products = PRODUCTS.len(), "a fresh shop was filled with products");
    Ok(())
}

async fn insert(tx: &mut Tx, id: i64, entry: &Entry) -> anyhow::Result<()> {
    let sku = format!("{}-{id:04}", entry.category[..3].to_ascii_uppercase());
    tx.query(
        "INSERT INTO products (id, sku, name, description, category, price_cents, currency, active, search_text, \
         created_ms, updated_ms) VALUES ($1, $2, $3, $4, $5, $6, 'EUR', 1, $7, $8, $8)",
    )
    .bind(id)
    .bind(sku)
    .bind(entry.name)
    .bind(entry.description)
    .bind(entry.category)
    .bind(entry.price_cents)
    .bind(search_text(entry.name, entry.category, entry.description))
    .bind(LISTED_MS + id * HOUR_MS)
    .execute()
    .await?;
    let (on_hand, threshold, delivery) = stock(id);
    tx.query(
        "INSERT INTO inventory (product_id, on_hand, reserved, low_stock_threshold, delivery_quantity) \
         VALUES ($1, $2, 0, $3, $4)",
    )
    .bind(id)
    .bind(on_hand)
    .bind(threshold)
    .bind(delivery)
    .execute()
    .await?;
    Ok(())
}

/// Pieces at first, the threshold below which more are ordered, and pieces a delivery.
fn stock(id: i64) -> (i64, i64, i64) {
    if LIMITED.contains(&id) {
        return (5, 1, 5);
    }
    let pieces = 80 + id * 37 % 160;
    (pieces, 15, pieces)
}
