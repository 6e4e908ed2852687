//! Stock levels.

use serde::Serialize;
use service_kit::{AppError, Database, DatabaseError, Page, PageParams, Row, now_ms};
use utoipa::ToSchema;

use crate::catalog::not_found;

const ADD: &str = "UPDATE inventory SET on_hand = on_hand + $1 WHERE product_id = $2 AND on_hand <= 1000000000 \
     AND EXISTS (SELECT 1 FROM products p WHERE p.id = $2 AND p.active = 1) \
     RETURNING product_id, on_hand, reserved, low_stock_threshold";

/// The stock of one product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Level {
    pub(crate) product_id: i64,
    /// Pieces in the warehouse
    pub(crate) on_hand: i64,
    /// Of these, set aside for orders
    pub(crate) reserved: i64,
    /// The rest, which can be ordered
    pub(crate) available: i64,
    /// More are ordered when `available` falls to this
    pub(crate) low_stock_threshold: i64,
}

impl Level {
    pub(crate) fn from_row(row: &Row) -> Result<Self, DatabaseError> {
        let (on_hand, reserved): (i64, i64) = (row.get("on_hand")?, row.get("reserved")?);
        Ok(Self {
            product_id: row.get("product_id")?,
            on_hand,
            reserved,
            available: on_hand - reserved,
            low_stock_threshold: row.get("low_stock_threshold")?,
        })
    }

    /// The stock of one product, or 404.
    pub(crate) async fn of(database: &Database, product_id: i64) -> Result<Self, AppError> {
        let row = database
            .query(
                "SELECT i.product_id, i.on_hand, i.reserved, i.low_stock_threshold FROM inventory i \
                 JOIN products p ON p.id = i.product_id WHERE i.product_id = $1 AND p.active = 1",
            )
            .bind(product_id)
            .optional()
            .await?
            .ok_or_else(|| not_found(product_id))?;
        Ok(Self::from_row(&row)?)
    }

    /// The stock of all products.
    pub(crate) async fn list(database: &Database, page: PageParams) -> Result<Page<Self>, AppError> {
        let (page, limit, offset) = page.checked()?;
        let rows = database
            .query(
                "SELECT i.product_id, i.on_hand, i.reserved, i.low_stock_threshold FROM inventory i \
                 JOIN products p ON p.id = i.product_id WHERE p.active = 1 ORDER BY i.product_id LIMIT $1 OFFSET $2",
            )
            .bind(limit)
            .bind(offset)
            .all()
            .await?;
        let total = database.query("SELECT COUNT(*) AS total FROM products WHERE active = 1").one().await?;
        let items = rows.iter().map(Self::from_row).collect::<Result<_, _>>()?;
        Ok(Page { items, total: total.get("total")?, page, limit })
    }

    /// Adds `quantity` pieces once per `mark`: the mark stands in the same transaction, so that a repetition counts
    /// nothing twice even if the process died before it could answer.
    pub(crate) async fn add_once(
        database: &Database,
        product_id: i64,
        quantity: i64,
        mark: &str,
    ) -> Result<Self, AppError> {
        let mut tx = database.begin().await?;
        let marked = tx
            .query("INSERT INTO deliveries (mark, created_ms) VALUES ($1, $2) ON CONFLICT (mark) DO NOTHING")
            .bind(mark)
            .bind(now_ms())
            .execute()
            .await?;
        if marked == 0 {
            tx.rollback().await?;
            return Self::of(database, product_id).await;
        }
        let row = tx.query(ADD).bind(quantity).bind(product_id).optional().await?;
        let Some(row) = row else {
            tx.rollback().await?;
            return Err(Self::why_not_added(database, product_id).await);
        };
        let level = Self::from_row(&row)?;
        tx.commit().await?;
        Ok(level)
    }

    async fn why_not_added(database: &Database, product_id: i64) -> AppError {
        match Self::of(database, product_id).await {
            Ok(_) => AppError::unprocessable("WAREHOUSE_FULL", "there is no room for more of this product"),
            Err(error) => error,
        }
    }

    /// Adds `quantity` pieces.
    pub(crate) async fn add(database: &Database, product_id: i64, quantity: i64) -> Result<Self, AppError> {
        match database.query(ADD).bind(quantity).bind(product_id).optional().await? {
            Some(row) => Ok(Self::from_row(&row)?),
            None => Err(Self::why_not_added(database, product_id).await),
        }
    }
}
