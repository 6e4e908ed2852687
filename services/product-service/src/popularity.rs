//! What people look at and buy: counted in memory, written in batches, so that looking costs no write.

use std::collections::BTreeMap;

use parking_lot::Mutex;
use service_kit::{AppError, Database, now_ms};

use crate::catalog::{Product, not_found};

const BUCKET_MS: i64 = 60_000;
/// Counts that may wait to be written; products beyond that are not counted until the next batch.
const MAX_WAITING: usize = 10_000;
/// A bought product says as much as so many looks.
const ORDER_WEIGHT: i64 = 5;
pub(crate) const KEEP_MS: i64 = 24 * 3600 * 1000;

/// Counts that are not yet in the database, by product and minute.
#[derive(Debug, Default)]
pub(crate) struct Popularity {
    waiting: Mutex<BTreeMap<(i64, i64), Counts>>,
}

#[derive(Debug, Default, Clone, Copy)]
struct Counts {
    views: i64,
    orders: i64,
}

impl Popularity {
    pub(crate) fn viewed(&self, product_id: i64) {
        self.count(product_id, |counts| counts.views += 1);
    }

    pub(crate) fn ordered(&self, product_id: i64, quantity: i64) {
        self.count(product_id, |counts| counts.orders += quantity);
    }

    fn count(&self, product_id: i64, add: impl FnOnce(&mut Counts)) {
        let bucket = now_ms() / BUCKET_MS * BUCKET_MS;
        let mut waiting = self.waiting.lock();
        if waiting.len() < MAX_WAITING || waiting.contains_key(&(product_id, bucket)) {
            add(waiting.entry((product_id, bucket)).or_default());
        }
    }

    /// Writes what waits and forgets what is older than a day.
    pub(crate) async fn flush(&self, database: &Database) -> Result<(), AppError> {
        let waiting = std::mem::take(&mut *self.waiting.lock());
        if waiting.is_empty() {
            return Ok(());
        }
        let mut tx = database.begin().await?;
        for ((product_id, bucket_ms), counts) in waiting {
            tx.query(
                "INSERT INTO popularity (product_id, bucket_ms, views, orders) VALUES ($1, $2, $3, $4) \
                 ON CONFLICT (product_id, bucket_ms) DO UPDATE SET views = popularity.views + $3, \
                 orders = popularity.orders + $4",
            )
            .bind(product_id)
            .bind(bucket_ms)
            .bind(counts.views)
            .bind(counts.orders)
            .execute()
            .await?;
        }
        tx.query("DELETE FROM popularity WHERE bucket_ms < $1").bind(now_ms() - KEEP_MS).execute().await?;
        Ok(tx.commit().await?)
    }
}

/// The products with the highest score in the last `window_ms`: looks and purchases, each worth less the longer ago.
pub(crate) async fn trending(
    database: &Database,
    window_ms: i64,
    limit: i64,
) -> Result<Vec<(Product, f64)>, AppError> {
    let since = now_ms() - window_ms - BUCKET_MS;
    let rows = database
        .query(
            "SELECT o.product_id AS product_id, CAST(SUM((o.views + $1 * o.orders) * ((o.bucket_ms - $2) / 1000)) AS BIGINT) \
             AS score FROM popularity o JOIN products p ON p.id = o.product_id AND p.active = 1 \
             WHERE o.bucket_ms > $2 GROUP BY o.product_id ORDER BY score DESC, product_id LIMIT $3",
        )
        .bind(ORDER_WEIGHT)
        .bind(since)
        .bind(limit)
        .all()
        .await?;
    let mut products = Vec::with_capacity(rows.len());
    for row in &rows {
        let id: i64 = row.get("product_id")?;
        let score: i64 = row.get("score")?;
        // A product that was withdrawn meanwhile just isn't listed.
        match Product::by_id(database, id).await {
            Ok(product) => {
                let score = score as f64 / (window_ms as f64 / 1000.0);
                products.push((product, (score * 100.0).round() / 100.0));
            }
            Err(error) if error.code == not_found(id).code => {}
            Err(error) => return Err(error),
        }
    }
    Ok(products)
}
