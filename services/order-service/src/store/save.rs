//! Writing orders.

use service_kit::{DatabaseError, Tx, current_trace_id, now_ms};
use sqlx::AssertSqlSafe;

use super::records::Record;
use super::{ChangeError, Store};
use crate::order::{Order, Status};

impl Store {
    /// Stores a new order.
    pub async fn insert(&self, order: &mut Order) -> Result<(), ChangeError> {
        let address = order.shipping_address.as_ref().map(serde_json::to_string).transpose();
        let address =
            address.map_err(|_| ChangeError::Corrupt { id: order.id, column: "shipping_address" })?;
        let mut tx = self.database.begin().await?;
        tx.query(
            "INSERT INTO orders (id, user_id, status, fulfilment, currency, subtotal_cents, discount_cents, \
             total_cents, refunded_cents, coupon, shipping_address, idempotency_key, attempts, stock, tries, \
             due_ms, traceparent, created_ms, updated_ms, version) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, $9, $10, $11, 0, $12, 0, $13, $14, $15, $15, 0)",
        )
        .bind(order.id)
        .bind(order.user_id)
        .bind(order.status.as_str())
        .bind(order.fulfilment.as_str())
        .bind(order.currency.clone())
        .bind(order.subtotal.0)
        .bind(order.discount.0)
        .bind(order.total.0)
        .bind(order.coupon.clone())
        .bind(address)
        .bind(order.idempotency_key.clone())
        .bind(order.stock.as_str())
        .bind(order.due_at)
        .bind(order.traceparent.clone())
        .bind(order.created_at)
        .execute()
        .await?;
        insert_items(&mut tx, order).await?;
        insert_moves(&mut tx, order).await?;
        tx.commit().await?;
        order.moves.clear();
        Ok(())
    }

    /// Saves a changed order with its records; `false` when the copy is outdated.
    pub(super) async fn save(&self, order: &mut Order, records: &[Record]) -> Result<bool, ChangeError> {
        let now = now_ms();
        let mut tx = self.database.begin().await?;
        let saved = tx
            .query(
                "UPDATE orders SET status = $1, fulfilment = $2, refunded_cents = $3, attempts = $4, \
                 open_payment = $5, transaction_id = $6, open_refund = $7, stock = $8, reservation_id = $9, \
                 stock_reason = $10, tries = $11, due_ms = $12, expires_ms = $13, updated_ms = $14, \
                 paid_ms = $15, version = $16 WHERE id = $17 AND version = $18",
            )
            .bind(order.status.as_str())
            .bind(order.fulfilment.as_str())
            .bind(order.refunded.0)
            .bind(order.attempts)
            .bind(order.open_payment.clone())
            .bind(order.transaction_id.clone())
            .bind(order.open_refund.clone())
            .bind(order.stock.as_str())
            .bind(order.reservation_id.clone())
            .bind(order.stock_reason.clone())
            .bind(order.tries)
            .bind(order.due_at)
            .bind(order.expires_at)
            .bind(now)
            .bind(order.paid_at)
            .bind(order.version + 1)
            .bind(order.id)
            .bind(order.version)
            .execute()
            .await?;
        if saved == 0 {
            tx.rollback().await?;
            return Ok(false);
        }
        insert_moves(&mut tx, order).await?;
        for record in records {
            record.write(&mut tx, order, now).await?;
        }
        tx.commit().await?;
        order.version += 1;
        order.updated_at = now;
        order.moves.clear();
        Ok(true)
    }
}

async fn insert_items(tx: &mut Tx, order: &Order) -> Result<(), DatabaseError> {
    let sql = format!(
        "INSERT INTO order_items (order_id, product_id, name, category, quantity, unit_price_cents) VALUES {}",
        placeholders(order.items.len(), 6)
    );
    let mut query = tx.query(AssertSqlSafe(sql));
    for item in &order.items {
        query = query
            .bind(order.id)
            .bind(item.product_id)
            .bind(item.name.clone())
            .bind(item.category.clone())
            .bind(i64::from(item.quantity))
            .bind(item.unit_price.0);
    }
    query.execute().await.map(drop)
}

async fn insert_moves(tx: &mut Tx, order: &Order) -> Result<(), DatabaseError> {
    if order.moves.is_empty() {
        return Ok(());
    }
    let sql = format!(
        "INSERT INTO order_history (order_id, from_status, to_status, reason, trace_id, at_ms) VALUES {}",
        placeholders(order.moves.len(), 6)
    );
    let trace_id = current_trace_id();
    let mut query = tx.query(AssertSqlSafe(sql));
    for step in &order.moves {
        query = query
            .bind(order.id)
            .bind(step.from.map(Status::as_str))
            .bind(step.to.as_str())
            .bind(step.reason.clone())
            .bind(trace_id.clone())
            .bind(step.at);
    }
    query.execute().await.map(drop)
}

/// `($1, $2), ($3, $4)` for two rows of two.
fn placeholders(rows: usize, columns: usize) -> String {
    let row = |index: usize| {
        let numbers: Vec<_> = (1..=columns).map(|column| format!("${}", index * columns + column)).collect();
        format!("({})", numbers.join(", "))
    };
    (0..rows).map(row).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_numbered_through() {
        assert_eq!(placeholders(2, 3), "($1, $2, $3), ($4, $5, $6)");
    }
}
