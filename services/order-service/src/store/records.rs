//! Payments and refunds: written in the transaction that changes their order, so the two never disagree.

use service_kit::{DatabaseError, Tx};

use super::Store;
use crate::money::Cents;
use crate::order::{Order, Payment};
use crate::payment::Card;

/// A row to write with a change of an order.
#[derive(Debug, Clone)]
pub enum Record {
    PaymentStarted { key: String, method: String, card: Card, idempotency_key: Option<String> },
    PaymentEnded { key: String, payment: Payment },
    RefundStarted { id: String, amount: Cents, reason: String, idempotency_key: Option<String> },
    RefundDone { id: String },
}

/// How a payment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PaymentState {
    Started,
    Authorized,
    Declined,
    Failed,
    Unknown,
}

impl PaymentState {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::Authorized => "authorized",
            Self::Declined => "declined",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
        }
    }

    fn parse(text: &str) -> Self {
        [Self::Started, Self::Authorized, Self::Declined, Self::Failed]
            .into_iter()
            .find(|state| state.as_str() == text)
            .unwrap_or(Self::Unknown)
    }
}

/// A payment as it was recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentRow {
    pub key: String,
    pub attempt: i64,
    pub method: String,
    pub amount: Cents,
    pub state: PaymentState,
    pub decline_code: Option<String>,
    pub transaction_id: Option<String>,
}

/// A refund as it was recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefundRow {
    pub id: String,
    pub amount: Cents,
    pub reason: String,
    pub done: bool,
}

impl Record {
    pub(super) async fn write(&self, tx: &mut Tx, order: &Order, now: i64) -> Result<(), DatabaseError> {
        match self {
            Self::PaymentStarted { key, method, card, idempotency_key } => {
                tx.query(
                    "INSERT INTO payments (key, order_id, attempt, method, brand, last4, amount_cents, state, \
                     idempotency_key, created_ms, updated_ms) \
                     VALUES ($1, $2, $3, $4, $5, $6, $7, 'started', $8, $9, $9)",
                )
                .bind(key.clone())
                .bind(order.id)
                .bind(order.attempts)
                .bind(method.clone())
                .bind(card.brand)
                .bind(card.last4)
                .bind(order.total.0)
                .bind(idempotency_key.clone())
                .bind(now)
                .execute()
                .await?;
            }
            Self::PaymentEnded { key, payment } => end_payment(tx, key, payment, now).await?,
            Self::RefundStarted { id, amount, reason, idempotency_key } => {
                tx.query(
                    "INSERT INTO refunds (id, order_id, amount_cents, reason, done, idempotency_key, created_ms) \
                     VALUES ($1, $2, $3, $4, 0, $5, $6)",
                )
                .bind(id.clone())
                .bind(order.id)
                .bind(amount.0)
                .bind(reason.clone())
                .bind(idempotency_key.clone())
                .bind(now)
                .execute()
                .await?;
            }
            Self::RefundDone { id } => {
                tx.query("UPDATE refunds SET done = 1 WHERE id = $1").bind(id.clone()).execute().await?;
            }
        }
        Ok(())
    }
}

async fn end_payment(tx: &mut Tx, key: &str, payment: &Payment, now: i64) -> Result<(), DatabaseError> {
    let (state, decline_code, transaction_id) = match payment {
        Payment::Authorized { transaction_id } => {
            (PaymentState::Authorized, None, Some(transaction_id.clone()))
        }
        Payment::Declined { code } => (PaymentState::Declined, Some(code.clone()), None),
        Payment::Failed => (PaymentState::Failed, None, None),
        Payment::Unknown => (PaymentState::Unknown, None, None),
    };
    tx.query(
        "UPDATE payments SET state = $1, decline_code = $2, transaction_id = $3, updated_ms = $4 WHERE key = $5",
    )
    .bind(state.as_str())
    .bind(decline_code)
    .bind(transaction_id)
    .bind(now)
    .bind(key.to_owned())
    .execute()
    .await
    .map(drop)
}

impl Store {
    /// The payments of an order, first attempt first.
    pub async fn payments(&self, order_id: i64) -> Result<Vec<PaymentRow>, DatabaseError> {
        let rows = self
            .database
            .query("SELECT * FROM payments WHERE order_id = $1 ORDER BY attempt")
            .bind(order_id)
            .all()
            .await?;
        rows.iter().map(payment_of).collect()
    }

    /// The payment that a request with this key started earlier.
    pub async fn payment_by_key(
        &self,
        order_id: i64,
        idempotency_key: &str,
    ) -> Result<Option<PaymentRow>, DatabaseError> {
        let row = self
            .database
            .query(
                "SELECT * FROM payments WHERE order_id = $1 AND idempotency_key = $2 ORDER BY attempt DESC",
            )
            .bind(order_id)
            .bind(idempotency_key.to_owned())
            .optional()
            .await?;
        row.as_ref().map(payment_of).transpose()
    }

    /// The refunds of an order, oldest first.
    pub async fn refunds(&self, order_id: i64) -> Result<Vec<RefundRow>, DatabaseError> {
        let rows = self
            .database
            .query("SELECT * FROM refunds WHERE order_id = $1 ORDER BY created_ms, id")
            .bind(order_id)
            .all()
            .await?;
        rows.iter().map(refund_of).collect()
    }

    /// The refund that a request with this key started earlier.
    pub async fn refund_by_key(
        &self,
        order_id: i64,
        idempotency_key: &str,
    ) -> Result<Option<RefundRow>, DatabaseError> {
        let row = self
            .database
            .query("SELECT * FROM refunds WHERE order_id = $1 AND idempotency_key = $2")
            .bind(order_id)
            .bind(idempotency_key.to_owned())
            .optional()
            .await?;
        row.as_ref().map(refund_of).transpose()
    }
}

fn payment_of(row: &service_kit::Row) -> Result<PaymentRow, DatabaseError> {
    Ok(PaymentRow {
        key: row.get("key")?,
        attempt: row.get("attempt")?,
        method: row.get("method")?,
        amount: Cents(row.get("amount_cents")?),
        state: PaymentState::parse(&row.get::<String>("state")?),
        decline_code: row.get("decline_code")?,
        transaction_id: row.get("transaction_id")?,
    })
}

fn refund_of(row: &service_kit::Row) -> Result<RefundRow, DatabaseError> {
    Ok(RefundRow {
        id: row.get("id")?,
        amount: Cents(row.get("amount_cents")?),
        reason: row.get("reason")?,
        done: row.flag("done")?,
    })
}
