//! Cancelling, refunding, and moving an order along.

use service_kit::{AppError, emit, now_ms};
use tracing::{Instrument as _, field};

use super::{Shop, note_error};
use crate::money::Cents;
use crate::order::{Order, Status};
use crate::store::Record;

pub(super) fn new_refund_id() -> String {
    format!("rf_{}", uuid::Uuid::new_v4().simple())
}

macro_rules! order_span {
    ($name:literal, $id:expr) => {
        tracing::info_span!(
            target: "shop",
            $name,
            otel.status_code = field::Empty,
            otel.status_description = field::Empty,
            error.type = field::Empty,
            shop.order.id = $id,
        )
    };
}

impl Shop {
    /// Cancels an order that is not shipped; money and stock go back. Cancelling twice is cancelling once.
    pub async fn cancel_order(&self, id: i64, reason: &str) -> Result<Order, AppError> {
        let cancel = async {
            let refund_id = new_refund_id();
            let now = now_ms();
            let changed = self
                .store
                .change(id, |order| {
                    if order.status == Status::Cancelled {
                        return Ok((None, Vec::new()));
                    }
                    let from = order.status;
                    let amount = order.cancel(reason, &refund_id, now, self.lease_until(now))?;
                    let refund = (amount > Cents::ZERO).then(|| Record::RefundStarted {
                        id: refund_id.clone(),
                        amount,
                        reason: reason.to_owned(),
                        idempotency_key: None,
                    });
                    Ok((Some(from), refund.into_iter().collect()))
                })
                .await;
            let (order, from) = changed.map_err(AppError::from).inspect_err(note_error)?;
            let Some(from) = from else {
                return Ok(order);
            };
            emit!(
                OrderCancelled {
                    order_id = order.id,
                    user_id = order.user_id,
                    amount = order.total.as_decimal(),
                    from = from.as_str(),
                    reason,
                },
                "order {} cancelled", order.id
            );
            Ok(self.settle(order).await)
        };
        cancel.instrument(order_span!("cancel_order", id)).await
    }

    /// Gives money of a paid order back: `amount`, or all that is left.
    pub async fn refund_order(
        &self,
        id: i64,
        amount: Option<Cents>,
        reason: &str,
        idempotency_key: Option<String>,
    ) -> Result<(Order, String), AppError> {
        let refund = async {
            if let Some(key) = &idempotency_key
                && let Some(earlier) = self.store.refund_by_key(id, key).await?
            {
                return Ok((self.store.load(id).await?, earlier.id));
            }
            let refund_id = new_refund_id();
            let now = now_ms();
            let changed = self
                .store
                .change(id, |order| {
                    let amount =
                        order.start_refund(amount, &refund_id, reason, now, self.lease_until(now))?;
                    let record = Record::RefundStarted {
                        id: refund_id.clone(),
                        amount,
                        reason: reason.to_owned(),
                        idempotency_key: idempotency_key.clone(),
                    };
                    Ok(((), vec![record]))
                })
                .await;
            let (order, ()) = changed.map_err(AppError::from).inspect_err(note_error)?;
            Ok((self.settle(order).await, refund_id))
        };
        refund.instrument(order_span!("refund_order", id)).await
    }

    /// An operator moves an order to `to`.
    pub async fn set_status(&self, id: i64, to: Status) -> Result<Order, AppError> {
        if to == Status::Cancelled {
            return self.cancel_order(id, "cancelled_by_operator").await;
        }
        let update = async {
            let now = now_ms();
            let changed = self
                .store
                .change(id, |order| {
                    let from = order.status;
                    order.fulfil(to, now)?;
                    Ok((from, Vec::new()))
                })
                .await;
            let (order, from) = changed.map_err(AppError::from).inspect_err(note_error)?;
            emit!(
                OrderStatusChanged {
                    order_id = order.id,
                    user_id = order.user_id,
                    from = from.as_str(),
                    to = to.as_str(),
                    amount = order.total.as_decimal(),
                },
                "order {} is {} now", order.id, to.as_str()
            );
            Ok(order)
        };
        update.instrument(order_span!("update_order_status", id)).await
    }
}
