//! Telling the gateway and product-service what an order's fields say they must be told. Requests do it at once;
//! whatever fails is tried again in the background until it is done.

use service_kit::{AppError, ClientError, emit, now_ms};

use super::Shop;
use crate::order::{Order, Stock};
use crate::store::{ChangeError, Record};
use crate::upstream::{Hold, HoldName, StockAnswer};

/// A sale that product-service refuses to hear of so often is undone.
const MAX_COMMIT_TRIES: i64 = 10;
/// Stock that can't be given back in so many tries comes back by itself when the reservation expires.
const MAX_RELEASE_TRIES: i64 = 12;

/// What is left of a piece of work.
enum Work {
    /// It is done (or nobody needs it any more).
    Done(Order),
    Failed(Order, String),
}

impl Shop {
    /// Does what the order needs, as far as it goes now. Never fails: what is left is tried again later.
    pub(super) async fn settle(&self, order: Order) -> Order {
        let before = order.clone();
        match self.settle_all(order).await {
            Ok(order) => order,
            Err(error) => {
                tracing::warn!(
                    target: "shop", order_id = before.id, error = error.log_text(),
                    "order {} could not be settled; background work goes on with it", before.id
                );
                before
            }
        }
    }

    /// The same with the errors of our own database. Each round ends one piece of work; there are at most a few.
    pub(super) async fn settle_all(&self, mut order: Order) -> Result<Order, AppError> {
        for _ in 0..6 {
            let work = if let Some(refund) = order.open_refund.clone() {
                self.refund_money(order, &refund).await?
            } else {
                match order.stock {
                    Stock::Committing => self.commit_stock(order).await?,
                    Stock::Releasing => self.release_stock(order).await?,
                    Stock::Returning => self.return_stock(order).await?,
                    _ => return Ok(order),
                }
            };
            order = match work {
                Work::Done(order) => order,
                Work::Failed(order, reason) => return self.postpone(order, &reason).await,
            };
        }
        Ok(order)
    }

    /// Puts the order off to a later try.
    pub(super) async fn postpone(&self, order: Order, reason: &str) -> Result<Order, AppError> {
        let now = now_ms();
        let (order, ()) = self
            .store
            .change(order.id, |order| {
                order.tries += 1;
                order.due_at = Some(self.retry_at(now, order.tries));
                Ok(((), Vec::new()))
            })
            .await?;
        let (order_id, attempt) = (order.id, order.tries);
        let wait_ms = order.due_at.unwrap_or(now) - now;
        if order.stock == Stock::Committing {
            let reservation_id = order.reservation_id.as_deref();
            emit!(
                InventoryCommitRetry { order_id, reservation_id, attempt, wait_ms, reason },
                "stock of order {order_id} could not be committed; trying again"
            );
        } else {
            tracing::warn!(
                target: "shop", order_id, attempt, wait_ms, reason,
                "order {order_id} is not settled yet; trying again"
            );
        }
        Ok(order)
    }

    async fn refund_money(&self, order: Order, refund_id: &str) -> Result<Work, AppError> {
        let refunds = self.store.refunds(order.id).await?;
        let amount = refunds.iter().find(|refund| refund.id == refund_id).map(|refund| refund.amount);
        let transaction = order.transaction_id.clone();
        let (Some(amount), Some(transaction)) = (amount, transaction) else {
            return Err(AppError::from(ChangeError::Corrupt { id: order.id, column: "open_refund" }));
        };
        let answer = tokio::time::timeout(
            self.timing.payment_timeout,
            self.gateway.refund(refund_id, &transaction, amount),
        );
        match answer.await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => return Ok(Work::Failed(order, error.to_string())),
            Err(_) => {
                return Ok(Work::Failed(order, "the payment gateway did not answer in time".to_owned()));
            }
        }
        let now = now_ms();
        let (order, ()) = self
            .store
            .change(order.id, |order| {
                if order.open_refund.as_deref() == Some(refund_id) {
                    order.open_refund = None;
                    order.settle(now);
                }
                Ok(((), vec![Record::RefundDone { id: refund_id.to_owned() }]))
            })
            .await?;
        emit!(
            OrderRefunded {
                order_id = order.id,
                user_id = order.user_id,
                amount = amount.as_decimal(),
                currency = order.currency.as_str(),
                refund_id,
                refunded_total = order.refunded.as_decimal(),
            },
            "{amount} of order {} refunded", order.id
        );
        Ok(Work::Done(order))
    }

    async fn commit_stock(&self, order: Order) -> Result<Work, AppError> {
        let answer = match &order.reservation_id {
            Some(reservation) => self.products.commit(reservation).await?,
            None => StockAnswer::Gone,
        };
        match answer {
            StockAnswer::Done | StockAnswer::AlreadySold => {
                self.stock_is(order, Stock::Committing, Stock::Committed).await
            }
            StockAnswer::Gone => self.hold_again(order).await,
            StockAnswer::Failed(error) => self.commit_failed(order, &error).await,
        }
    }

    async fn commit_failed(&self, order: Order, error: &ClientError) -> Result<Work, AppError> {
        if order.tries + 1 < MAX_COMMIT_TRIES {
            return Ok(Work::Failed(order, error.to_string()));
        }
        self.compensate(order, "commit_failed").await
    }

    /// The customer paid, but the reservation is gone: try to get the stock once more, else undo the order.
    async fn hold_again(&self, order: Order) -> Result<Work, AppError> {
        match self.products.reserve(&order, HoldName::Again, self.timing.payment_window).await? {
            Hold::Held { reservation_id } if order.reservation_id.as_ref() != Some(&reservation_id) => {
                let (order, ()) = self
                    .store
                    .change(order.id, |order| {
                        order.reservation_id = Some(reservation_id.clone());
                        Ok(((), Vec::new()))
                    })
                    .await?;
                Ok(Work::Done(order))
            }
            Hold::InDoubt(error) | Hold::Refused(error) if order.tries + 1 < MAX_COMMIT_TRIES => {
                Ok(Work::Failed(order, error.to_string()))
            }
            _ => self.compensate(order, "out_of_stock").await,
        }
    }

    /// Undoes a paid order that can't be fulfilled.
    async fn compensate(&self, order: Order, reason: &'static str) -> Result<Work, AppError> {
        let refund_id = super::change::new_refund_id();
        let now = now_ms();
        let (order, amount) = self
            .store
            .change(order.id, |order| {
                let amount = order.cancel(reason, &refund_id, now, self.lease_until(now))?;
                let record = Record::RefundStarted {
                    id: refund_id.clone(),
                    amount,
                    reason: reason.to_owned(),
                    idempotency_key: None,
                };
                Ok((amount, vec![record]))
            })
            .await?;
        emit!(
            OrderCompensated { order_id = order.id, user_id = order.user_id, amount = amount.as_decimal(), reason },
            "order {} was paid but cannot be fulfilled: it is undone", order.id
        );
        Ok(Work::Done(order))
    }

    async fn release_stock(&self, order: Order) -> Result<Work, AppError> {
        let reason = order.stock_reason.as_deref().unwrap_or("released");
        let answer = match &order.reservation_id {
            Some(reservation) => self.products.release(reservation, reason).await?,
            // The answer to the reservation was lost: there may be one all the same.
            None => self.products.release_order(order.id, reason).await?,
        };
        match answer {
            StockAnswer::Done | StockAnswer::Gone => {
                self.stock_is(order, Stock::Releasing, Stock::Released).await
            }
            StockAnswer::AlreadySold => self.stock_is(order, Stock::Releasing, Stock::Returning).await,
            StockAnswer::Failed(error) => self.release_failed(order, &error).await,
        }
    }

    async fn release_failed(&self, order: Order, error: &ClientError) -> Result<Work, AppError> {
        if order.tries + 1 < MAX_RELEASE_TRIES {
            return Ok(Work::Failed(order, error.to_string()));
        }
        tracing::warn!(
            target: "shop", order_id = order.id, error = error.to_string(),
            "stock of order {} could not be given back; it comes back when the reservation expires", order.id
        );
        self.stock_is(order, Stock::Releasing, Stock::Released).await
    }

    async fn return_stock(&self, order: Order) -> Result<Work, AppError> {
        for item in &order.items {
            let key = format!("return-{}-{}", order.id, item.product_id);
            match self.products.restock(item.product_id, item.quantity, &key).await? {
                StockAnswer::Failed(error) if order.tries + 1 < MAX_RELEASE_TRIES => {
                    return Ok(Work::Failed(order, error.to_string()));
                }
                StockAnswer::Failed(error) => tracing::error!(
                    target: "shop", order_id = order.id, product_id = item.product_id, error = error.to_string(),
                    "{} pieces of a cancelled order could not be put back: count the shelf", item.quantity
                ),
                _ => {}
            }
        }
        self.stock_is(order, Stock::Returning, Stock::Returned).await
    }

    /// Writes down that the stock went from one state to the next, unless something else happened to it meanwhile.
    async fn stock_is(&self, order: Order, from: Stock, to: Stock) -> Result<Work, AppError> {
        let now = now_ms();
        let (order, ()) = self
            .store
            .change(order.id, |order| {
                if order.stock == from {
                    order.stock = to;
                    order.settle(now);
                }
                Ok(((), Vec::new()))
            })
            .await?;
        Ok(Work::Done(order))
    }
}
