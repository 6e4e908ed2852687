//! Holding the stock of an order that is written down: the step that a request or, after a crash, background work takes.

use service_kit::{AppError, ClientError, emit, now_ms};
use tracing::{Instrument as _, field};

use super::{Shop, millis, note_error};
use crate::order::{Order, Refusal, Status};
use crate::upstream::{Hold, HoldName};

impl Shop {
    /// Asks product-service for the stock of a pending order and takes or rejects the order accordingly.
    pub(super) async fn hold_stock(&self, order: Order) -> Result<Order, AppError> {
        let span = tracing::info_span!(
            target: "shop",
            "reserve_inventory",
            otel.status_code = field::Empty,
            otel.status_description = field::Empty,
            error.type = field::Empty,
            shop.order.id = order.id,
            shop.reservation.id = field::Empty,
        );
        let window = self.timing.payment_window;
        let expires_at = now_ms() + millis(window);
        let hold = async {
            let hold = self.products.reserve(&order, HoldName::First, window).await?;
            match &hold {
                Hold::Held { reservation_id } => {
                    tracing::Span::current().record("shop.reservation.id", reservation_id.as_str());
                }
                Hold::OutOfStock(_) => {
                    tracing::Span::current().record("error.type", "OUT_OF_STOCK");
                }
                Hold::UnknownProduct(_) => {
                    tracing::Span::current().record("error.type", "PRODUCT_NOT_FOUND");
                }
                Hold::Refused(error) | Hold::InDoubt(error) => note_error(&AppError::from(error.clone())),
            }
            Ok::<_, AppError>(hold)
        };
        match hold.instrument(span).await? {
            Hold::Held { reservation_id } => self.take(order, reservation_id, expires_at).await,
            Hold::OutOfStock(details) => {
                let error =
                    AppError::conflict("OUT_OF_STOCK", "the shop does not have enough of some products");
                self.reject(order, "out_of_stock", error.with_details(details)).await
            }
            Hold::UnknownProduct(details) => {
                let error = AppError::not_found("PRODUCT_NOT_FOUND", "a product has left the catalogue");
                self.reject(order, "product_missing", error.with_details(details)).await
            }
            Hold::Refused(error) => self.reject(order, "dependency", error.into()).await,
            Hold::InDoubt(error) => self.reject_in_doubt(order, &error).await,
        }
    }

    async fn take(&self, order: Order, reservation_id: String, expires_at: i64) -> Result<Order, AppError> {
        let now = now_ms();
        let (order, taken) = self
            .store
            .change(order.id, |order| match order.status {
                Status::Pending => {
                    order.reserved(reservation_id.clone(), expires_at, now)?;
                    Ok((true, Vec::new()))
                }
                _ => Ok((false, Vec::new())),
            })
            .await?;
        if taken {
            emit!(
                OrderCreated {
                    order_id = order.id,
                    user_id = order.user_id,
                    items = order.items.len(),
                    quantity = order.quantity(),
                    amount = order.total.as_decimal(),
                    currency = order.currency.as_str(),
                    category_top = order.top_category(),
                },
                "order {} created", order.id
            );
        }
        Ok(order)
    }

    async fn reject(&self, order: Order, reason: &str, error: AppError) -> Result<Order, AppError> {
        let now = now_ms();
        self.end_pending(order.id, |order| order.rejected(reason, now)).await?;
        log_rejection(order.id, reason, &error);
        Err(error)
    }

    /// No usable answer: whatever may be held is given back in the background.
    async fn reject_in_doubt(&self, order: Order, error: &ClientError) -> Result<Order, AppError> {
        let now = now_ms();
        let reason = match error {
            ClientError::Timeout { .. } => "dependency_timeout",
            _ => "dependency",
        };
        self.end_pending(order.id, |order| order.rejected_in_doubt(reason, now, now)).await?;
        self.wake.notify_one();
        let error = AppError::from(error.clone());
        log_rejection(order.id, reason, &error);
        Err(error)
    }

    async fn end_pending(
        &self,
        id: i64,
        end: impl Fn(&mut Order) -> Result<(), Refusal>,
    ) -> Result<(), AppError> {
        self.store
            .change(id, |order| match order.status {
                Status::Pending => end(order).map(|()| ((), Vec::new())),
                _ => Ok(((), Vec::new())),
            })
            .await?;
        Ok(())
    }
}

fn log_rejection(order_id: i64, reason: &str, error: &AppError) {
    emit!(
        OrderRejected { order_id, stage = "reserve_inventory", reason, code = error.code.as_ref() },
        "order {order_id} rejected: {}", error.message
    );
}
