//! Placing an order: validate the user, price the items, write the order down, hold the stock.
//!
//! The order is written down before stock is touched, so that whatever stops the request afterwards, the order is known
//! and background work finishes it (see `background`).

use axum::http::StatusCode;
use rand::RngExt as _;
use service_kit::{AppError, DatabaseErrorExt as _, emit, now_ms};
use tracing::{Instrument as _, Span, field};

use super::{Shop, note_error, traceparent};
use crate::money::Cents;
use crate::order::{Draft, Fulfilment, Item, Move, Order, Status, Stock};
use crate::store::ChangeError;
use crate::upstream::UserError;

/// 2026-01-01T00:00:00Z, the start of order ids.
const EPOCH_MS: i64 = 1_767_225_600_000;

/// Why an order was not taken, for the log.
pub(super) struct Rejection {
    pub(super) stage: &'static str,
    pub(super) reason: &'static str,
}

impl Shop {
    /// Places an order. A request that comes again with its idempotency key gets the order of the first.
    pub async fn create_order(&self, draft: Draft, key: Option<String>) -> Result<Order, AppError> {
        let span = tracing::info_span!(
            target: "shop",
            "create_order",
            otel.status_code = field::Empty,
            otel.status_description = field::Empty,
            error.type = field::Empty,
            user_id = draft.user_id,
            user.id = draft.user_id.to_string(),
            shop.order.id = field::Empty,
            shop.order.lines = draft.lines.len() as i64,
            shop.order.amount = field::Empty,
            shop.order.status = field::Empty,
        );
        async {
            let result = self.place(draft, key).await;
            match &result {
                Ok(order) => {
                    Span::current().record("shop.order.status", order.status.as_str());
                }
                Err(error) => note_error(error),
            }
            result
        }
        .instrument(span)
        .await
    }

    async fn place(&self, draft: Draft, key: Option<String>) -> Result<Order, AppError> {
        if let Some(key) = &key
            && let Some(order) = self.store.find_by_key(draft.user_id, key).await?
        {
            return self.placed_before(order).await;
        }
        self.validate_user(draft.user_id).await?;
        let items = self.price_items(&draft).await?;
        let mut order = order_of(draft, items, key)?;
        order.due_at = Some(self.lease_until(order.created_at));
        let quantity = order.quantity();
        emit!(
            CheckoutStarted { items = order.items.len(), quantity, amount = order.total.as_decimal() },
            "checkout of {} for {} {}", quantity, order.total, order.currency
        );
        match self.write_down(&mut order).await? {
            Some(earlier) => self.placed_before(earlier).await,
            None => {
                Span::current().record("shop.order.id", order.id);
                Span::current().record("shop.order.amount", order.total.as_decimal());
                self.hold_stock(order).await
            }
        }
    }

    /// Stores the new order; gives back an earlier one of the same request instead, should there be one.
    async fn write_down(&self, order: &mut Order) -> Result<Option<Order>, AppError> {
        for _ in 0..5 {
            match self.store.insert(order).await {
                Ok(()) => return Ok(None),
                Err(ChangeError::Database(error)) if error.is_unique_violation() => {}
                Err(error) => return Err(error.into()),
            }
            if let Some(key) = &order.idempotency_key
                && let Some(earlier) = self.store.find_by_key(order.user_id, key).await?
            {
                return Ok(Some(earlier));
            }
            order.id = new_id(order.created_at);
        }
        Err(AppError::internal("no free order id"))
    }

    /// The answer to a request that comes again: the first one's order, finished if it was left half done.
    async fn placed_before(&self, order: Order) -> Result<Order, AppError> {
        Span::current().record("shop.order.id", order.id);
        let order = match order.status {
            Status::Pending => self.hold_stock(order).await?,
            _ => order,
        };
        if order.status == Status::Rejected {
            return Err(AppError::conflict(
                "ORDER_REJECTED",
                "the order was rejected; order again with a new Idempotency-Key",
            )
            .with_details(serde_json::json!({"order_id": order.id})));
        }
        Ok(order)
    }

    async fn validate_user(&self, user_id: i64) -> Result<(), AppError> {
        let span = tracing::info_span!(
            target: "shop",
            "validate_user",
            otel.status_code = field::Empty,
            otel.status_description = field::Empty,
            error.type = field::Empty,
            user.id = user_id.to_string(),
        );
        let check = async {
            let error = match self.users.validate(user_id).await {
                Ok(()) => return Ok(()),
                Err(UserError::Unknown) => rejected(
                    &Rejection { stage: "validate_user", reason: "user_invalid" },
                    AppError::not_found("USER_NOT_FOUND", format!("there is no user {user_id}"))
                        .with_details(serde_json::json!({"user_id": user_id})),
                ),
                Err(UserError::Inactive(status)) => rejected(
                    &Rejection { stage: "validate_user", reason: "user_invalid" },
                    AppError::new(
                        StatusCode::FORBIDDEN,
                        "USER_NOT_ACTIVE",
                        format!("the account is {status}: it cannot order"),
                    ),
                ),
                Err(UserError::Dependency(error)) => {
                    rejected(&Rejection { stage: "validate_user", reason: "dependency" }, error.into())
                }
                Err(UserError::Own(error)) => error,
            };
            note_error(&error);
            Err(error)
        };
        check.instrument(span).await
    }
}

pub(super) fn rejected(rejection: &Rejection, error: AppError) -> AppError {
    let Rejection { stage, reason } = rejection;
    emit!(OrderRejected { stage, reason, code = error.code.as_ref() }, "order rejected: {}", error.message);
    error
}

/// The order that the draft becomes at these prices.
fn order_of(draft: Draft, priced: Vec<(Item, String)>, key: Option<String>) -> Result<Order, AppError> {
    let currency = priced.first().map(|(_, currency)| currency.clone()).unwrap_or_default();
    let foreign = draft.currency.as_ref().is_some_and(|wanted| *wanted != currency);
    if foreign || priced.iter().any(|(_, other)| *other != currency) {
        return Err(AppError::unprocessable(
            "UNSUPPORTED_CURRENCY",
            format!("the shop sells in {currency} only"),
        )
        .with_details(serde_json::json!({"field": "currency", "supported": [currency]})));
    }
    let items: Vec<Item> = priced.into_iter().map(|(item, _)| item).collect();
    let subtotal = subtotal(&items).ok_or_else(|| {
        AppError::unprocessable(
            "ORDER_TOO_LARGE",
            format!("an order may come to {} at most", crate::money::MAX_ORDER),
        )
    })?;
    let discount = draft.coupon.map_or(Cents::ZERO, |coupon| coupon.discount(subtotal));
    let now = now_ms();
    Ok(Order {
        id: new_id(now),
        user_id: draft.user_id,
        status: Status::Pending,
        fulfilment: Fulfilment::None,
        items,
        currency,
        subtotal,
        discount,
        total: Cents(subtotal.0 - discount.0),
        refunded: Cents::ZERO,
        coupon: draft.coupon.map(|coupon| coupon.code.to_owned()),
        shipping_address: draft.shipping_address,
        idempotency_key: key,
        attempts: 0,
        open_payment: None,
        transaction_id: None,
        open_refund: None,
        stock: Stock::Reserving,
        reservation_id: None,
        stock_reason: None,
        tries: 0,
        due_at: None,
        expires_at: None,
        traceparent: traceparent(),
        created_at: now,
        updated_at: now,
        paid_at: None,
        version: 0,
        moves: vec![Move { from: None, to: Status::Pending, reason: None, at: now }],
    })
}

fn subtotal(items: &[Item]) -> Option<Cents> {
    items.iter().try_fold(Cents::ZERO, |sum, item| sum.plus(item.unit_price.times(item.quantity)?))
}

/// Ids grow with time and are never used again, even when the database is thrown away while other services keep theirs:
/// a reservation of an old order 7 must not be found for a new order 7. They stay below 2^53, which JSON's readers
/// can hold exactly.
fn new_id(now: i64) -> i64 {
    (now - EPOCH_MS).max(0) * 1000 + rand::rng().random_range(0..1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_grow_and_fit_into_json_numbers() {
        let now = now_ms();
        assert!(new_id(now + 1) > new_id(now) - 1000);
        assert!(new_id(now + 2) > new_id(now));
        let in_200_years = now + 200 * 366 * 86_400_000;
        assert!(new_id(in_200_years) < 1 << 53);
    }

    #[test]
    fn orders_too_large_to_pay_are_noticed() {
        let item = |quantity, cents| Item {
            product_id: 1,
            name: String::new(),
            category: String::new(),
            quantity,
            unit_price: Cents(cents),
        };
        assert_eq!(subtotal(&[item(2, 1999), item(1, 1)]), Some(Cents(3999)));
        assert_eq!(subtotal(&[item(99, 9_999_999_999)]), None);
        assert_eq!(subtotal(&[item(1, 9_999_999_999), item(1, 9_999_999_999)]), None);
    }
}
