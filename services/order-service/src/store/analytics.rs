//! Sums over orders. Everything is counted from an instant on: orders by when they were placed, money by when it moved.

use service_kit::{DatabaseError, Row};

use super::Store;
use crate::money::Cents;

/// The business since an instant.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// Orders taken: placed and not rejected.
    pub orders: i64,
    pub rejected: i64,
    pub paid: i64,
    pub cancelled: i64,
    pub expired: i64,
    /// Declined attempts to pay.
    pub declined: i64,
    pub payment_failures: i64,
    pub revenue: Cents,
    pub refunded: Cents,
    pub categories: Vec<CategoryShare>,
}

/// What one category sold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CategoryShare {
    pub category: String,
    pub quantity: i64,
    pub revenue: Cents,
}

/// What one product sold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopProduct {
    pub product_id: i64,
    pub name: String,
    pub quantity: i64,
    pub orders: i64,
    pub revenue: Cents,
}

/// Money of one stretch of time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevenueBucket {
    pub start: i64,
    pub orders: i64,
    pub revenue: Cents,
}

fn cents(row: &Row, column: &str) -> Result<Cents, DatabaseError> {
    Ok(Cents(row.get::<Option<i64>>(column)?.unwrap_or(0)))
}

impl Store {
    /// The business since `since`.
    pub async fn summary(&self, since: i64) -> Result<Summary, DatabaseError> {
        let mut summary = Summary { categories: self.categories(since).await?, ..Summary::default() };
        let by_status = self
            .database
            .query(
                "SELECT status, CAST(COUNT(*) AS BIGINT) AS orders FROM orders WHERE created_ms >= $1 GROUP BY status",
            )
            .bind(since)
            .all()
            .await?;
        for row in &by_status {
            let count: i64 = row.get("orders")?;
            match row.get::<String>("status")?.as_str() {
                "pending" => continue,
                "rejected" => {
                    summary.rejected = count;
                    continue;
                }
                "cancelled" => summary.cancelled = count,
                "expired" => summary.expired = count,
                _ => {}
            }
            summary.orders += count;
        }
        let money = self
            .database
            .query(
                "SELECT CAST(COUNT(*) AS BIGINT) AS paid, CAST(SUM(total_cents) AS BIGINT) AS revenue \
                 FROM orders WHERE paid_ms >= $1",
            )
            .bind(since)
            .one()
            .await?;
        summary.paid = money.get("paid")?;
        summary.revenue = cents(&money, "revenue")?;
        let back = self
            .database
            .query("SELECT CAST(SUM(amount_cents) AS BIGINT) AS refunded FROM refunds WHERE created_ms >= $1")
            .bind(since)
            .one()
            .await?;
        summary.refunded = cents(&back, "refunded")?;
        let payments = self
            .database
            .query(
                "SELECT state, CAST(COUNT(*) AS BIGINT) AS payments FROM payments WHERE created_ms >= $1 GROUP BY state",
            )
            .bind(since)
            .all()
            .await?;
        for row in &payments {
            let count: i64 = row.get("payments")?;
            match row.get::<String>("state")?.as_str() {
                "declined" => summary.declined = count,
                "failed" | "unknown" => summary.payment_failures += count,
                _ => {}
            }
        }
        Ok(summary)
    }

    async fn categories(&self, since: i64) -> Result<Vec<CategoryShare>, DatabaseError> {
        let rows = self
            .database
            .query(
                "SELECT i.category AS category, CAST(SUM(i.quantity) AS BIGINT) AS quantity, \
                 CAST(SUM(i.quantity * i.unit_price_cents) AS BIGINT) AS revenue \
                 FROM order_items i JOIN orders o ON o.id = i.order_id WHERE o.paid_ms >= $1 \
                 GROUP BY i.category ORDER BY revenue DESC, category",
            )
            .bind(since)
            .all()
            .await?;
        rows.iter()
            .map(|row| {
                Ok(CategoryShare {
                    category: row.get("category")?,
                    quantity: row.get("quantity")?,
                    revenue: cents(row, "revenue")?,
                })
            })
            .collect()
    }

    /// The products that sold best since `since`.
    pub async fn top_products(&self, since: i64, limit: i64) -> Result<Vec<TopProduct>, DatabaseError> {
        let rows = self
            .database
            .query(
                "SELECT i.product_id AS product_id, MAX(i.name) AS name, CAST(SUM(i.quantity) AS BIGINT) AS quantity, \
                 CAST(COUNT(*) AS BIGINT) AS orders, \
                 CAST(SUM(i.quantity * i.unit_price_cents) AS BIGINT) AS revenue \
                 FROM order_items i JOIN orders o ON o.id = i.order_id WHERE o.paid_ms >= $1 \
                 GROUP BY i.product_id ORDER BY quantity DESC, product_id LIMIT $2",
            )
            .bind(since)
            .bind(limit)
            .all()
            .await?;
        rows.iter()
            .map(|row| {
                Ok(TopProduct {
                    product_id: row.get("product_id")?,
                    name: row.get("name")?,
                    quantity: row.get("quantity")?,
                    orders: row.get("orders")?,
                    revenue: cents(row, "revenue")?,
                })
            })
            .collect()
    }

    /// Revenue by stretches of `bucket_ms`, from the one that holds `since` to the one that holds `until`; stretches
    /// without a sale are there too.
    pub async fn revenue(
        &self,
        since: i64,
        until: i64,
        bucket_ms: i64,
    ) -> Result<Vec<RevenueBucket>, DatabaseError> {
        let first = since.div_euclid(bucket_ms) * bucket_ms;
        let rows = self
            .database
            .query(
                "SELECT paid_ms / $1 AS bucket, CAST(COUNT(*) AS BIGINT) AS orders, \
                 CAST(SUM(total_cents) AS BIGINT) AS revenue FROM orders WHERE paid_ms >= $2 GROUP BY 1 ORDER BY 1",
            )
            .bind(bucket_ms)
            .bind(first)
            .all()
            .await?;
        let mut buckets: Vec<_> = (first..=until)
            .step_by(usize::try_from(bucket_ms).unwrap_or(usize::MAX))
            .map(|start| RevenueBucket { start, orders: 0, revenue: Cents::ZERO })
            .collect();
        for row in &rows {
            let start = row.get::<i64>("bucket")? * bucket_ms;
            if let Ok(index) = buckets.binary_search_by_key(&start, |bucket| bucket.start) {
                buckets[index].orders = row.get("orders")?;
                buckets[index].revenue = cents(row, "revenue")?;
            }
        }
        Ok(buckets)
    }
}
