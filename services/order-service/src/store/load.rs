//! Reading orders.

use service_kit::{DatabaseError, Row};

use super::{ChangeError, Store};
use crate::money::Cents;
use crate::order::{Fulfilment, Item, Order, Status, Stock};

/// One line of an order's history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryEntry {
    pub from: Option<String>,
    pub to: String,
    pub reason: Option<String>,
    pub trace_id: String,
    pub at: i64,
}

impl Store {
    /// The order with this id.
    pub async fn load(&self, id: i64) -> Result<Order, ChangeError> {
        let row = self.database.query("SELECT * FROM orders WHERE id = $1").bind(id).optional().await?;
        let row = row.ok_or(ChangeError::NotFound)?;
        let items = self.items(id).await?;
        order_of(&row, items)
    }

    /// The order that a request with this key placed earlier.
    pub async fn find_by_key(&self, user_id: i64, key: &str) -> Result<Option<Order>, ChangeError> {
        let row = self
            .database
            .query("SELECT id FROM orders WHERE user_id = $1 AND idempotency_key = $2")
            .bind(user_id)
            .bind(key)
            .optional()
            .await?;
        match row {
            Some(row) => self.load(row.get("id")?).await.map(Some),
            None => Ok(None),
        }
    }

    /// Orders that background work should look at, the longest waiting first.
    pub async fn due(&self, now: i64, limit: i64) -> Result<Vec<i64>, DatabaseError> {
        let rows = self
            .database
            .query("SELECT id FROM orders WHERE due_ms <= $1 ORDER BY due_ms LIMIT $2")
            .bind(now)
            .bind(limit)
            .all()
            .await?;
        rows.iter().map(|row| row.get("id")).collect()
    }

    /// What happened to an order, oldest first.
    pub async fn history(&self, id: i64) -> Result<Vec<HistoryEntry>, DatabaseError> {
        let rows = self
            .database
            .query("SELECT * FROM order_history WHERE order_id = $1 ORDER BY id")
            .bind(id)
            .all()
            .await?;
        rows.iter()
            .map(|row| {
                Ok(HistoryEntry {
                    from: row.get("from_status")?,
                    to: row.get("to_status")?,
                    reason: row.get("reason")?,
                    trace_id: row.get("trace_id")?,
                    at: row.get("at_ms")?,
                })
            })
            .collect()
    }

    async fn items(&self, order_id: i64) -> Result<Vec<Item>, DatabaseError> {
        let rows = self
            .database
            .query("SELECT * FROM order_items WHERE order_id = $1 ORDER BY product_id")
            .bind(order_id)
            .all()
            .await?;
        rows.iter()
            .map(|row| {
                Ok(Item {
                    product_id: row.get("product_id")?,
                    name: row.get("name")?,
                    category: row.get("category")?,
                    quantity: u32::try_from(row.get::<i64>("quantity")?).unwrap_or(0),
                    unit_price: Cents(row.get("unit_price_cents")?),
                })
            })
            .collect()
    }
}

fn order_of(row: &Row, items: Vec<Item>) -> Result<Order, ChangeError> {
    let id = row.get("id")?;
    let corrupt = |column| move || ChangeError::Corrupt { id, column };
    let status = Status::parse(&row.get::<String>("status")?).ok_or_else(corrupt("status"))?;
    let fulfilment =
        Fulfilment::parse(&row.get::<String>("fulfilment")?).ok_or_else(corrupt("fulfilment"))?;
    let stock = Stock::parse(&row.get::<String>("stock")?).ok_or_else(corrupt("stock"))?;
    let address = row.get::<Option<String>>("shipping_address")?;
    let address = address.map(|text| serde_json::from_str(&text)).transpose();
    Ok(Order {
        id,
        user_id: row.get("user_id")?,
        status,
        fulfilment,
        items,
        currency: row.get("currency")?,
        subtotal: Cents(row.get("subtotal_cents")?),
        discount: Cents(row.get("discount_cents")?),
        total: Cents(row.get("total_cents")?),
        refunded: Cents(row.get("refunded_cents")?),
        coupon: row.get("coupon")?,
        shipping_address: address.map_err(|_| corrupt("shipping_address")())?,
        idempotency_key: row.get("idempotency_key")?,
        attempts: row.get("attempts")?,
        open_payment: row.get("open_payment")?,
        transaction_id: row.get("transaction_id")?,
        open_refund: row.get("open_refund")?,
        stock,
        reservation_id: row.get("reservation_id")?,
        stock_reason: row.get("stock_reason")?,
        tries: row.get("tries")?,
        due_at: row.get("due_ms")?,
        expires_at: row.get("expires_ms")?,
        traceparent: row.get("traceparent")?,
        created_at: row.get("created_ms")?,
        updated_at: row.get("updated_ms")?,
        paid_at: row.get("paid_ms")?,
        version: row.get("version")?,
        moves: Vec::new(),
    })
}
