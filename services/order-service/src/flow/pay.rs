//! Paying. The attempt is written down before the gateway is asked, and the gateway knows it by a key of its own: after
//! a crash or a timeout the outcome is looked up, never guessed, and no attempt is charged twice.

use axum::http::StatusCode;
use service_kit::{AppError, emit, now_ms};
use tracing::{Instrument as _, Span, field};

use super::{Shop, millis, note_error, refused};
use crate::order::{MAX_ATTEMPTS, Order, Payment, Refusal, Status};
use crate::payment::{Card, Charge, GatewayError, Lookup, Outcome};
use crate::store::{PaymentRow, PaymentState, Record};

/// A checked request to pay.
#[derive(Debug, Clone)]
pub struct PayOrder {
    pub order_id: i64,
    pub method: &'static str,
    pub card: Card,
    pub idempotency_key: Option<String>,
}

impl Shop {
    /// Pays an order.
    pub async fn pay_order(&self, pay: PayOrder) -> Result<Order, AppError> {
        let span = tracing::info_span!(
            target: "shop",
            "process_payment",
            otel.status_code = field::Empty,
            otel.status_description = field::Empty,
            error.type = field::Empty,
            shop.order.id = pay.order_id,
            shop.order.amount = field::Empty,
            shop.payment.method = pay.method,
            shop.payment.attempt = field::Empty,
            shop.payment.outcome = field::Empty,
        );
        async {
            let result = self.pay(pay).await;
            if let Err(error) = &result {
                note_error(error);
            }
            result
        }
        .instrument(span)
        .await
    }

    async fn pay(&self, pay: PayOrder) -> Result<Order, AppError> {
        if let Some(key) = &pay.idempotency_key
            && let Some(earlier) = self.store.payment_by_key(pay.order_id, key).await?
            && let Some(answer) = self.paid_before(pay.order_id, earlier).await?
        {
            return Ok(answer);
        }
        let now = now_ms();
        let (order, key) = self
            .store
            .change(pay.order_id, |order| {
                let key = order.start_payment(now, self.lease_until(now))?;
                let record = Record::PaymentStarted {
                    key: key.clone(),
                    method: pay.method.to_owned(),
                    card: pay.card,
                    idempotency_key: pay.idempotency_key.clone(),
                };
                Ok((key, vec![record]))
            })
            .await?;
        Span::current().record("shop.order.amount", order.total.as_decimal());
        Span::current().record("shop.payment.attempt", order.attempts);
        let payment = self.authorize(&order, &key, pay.card).await;
        let order = self.end_payment(order.id, &key, &payment).await?;
        log_payment(&order, &pay, &payment);
        self.after_payment(order, payment).await
    }

    /// The answer to a request that comes again; nothing when it may be tried anew.
    async fn paid_before(&self, order_id: i64, earlier: PaymentRow) -> Result<Option<Order>, AppError> {
        let order = self.store.load(order_id).await?;
        match earlier.state {
            PaymentState::Authorized => Ok(Some(order)),
            PaymentState::Declined => Err(declined(&order, &earlier.decline_code.unwrap_or_default())),
            PaymentState::Started => Err(refused(&Refusal::Busy)),
            PaymentState::Unknown => Err(unknown()),
            PaymentState::Failed => Ok(None),
        }
    }

    /// Asks the gateway, and waits no longer than it may take.
    async fn authorize(&self, order: &Order, key: &str, card: Card) -> Payment {
        let span = tracing::info_span!(
            target: "shop",
            "payment.authorize",
            otel.kind = "client",
            otel.status_code = field::Empty,
            otel.status_description = field::Empty,
            error.type = field::Empty,
            server.address = "payment-gateway",
            peer.service = "payment-gateway",
            shop.order.id = order.id,
            shop.payment.amount = order.total.as_decimal(),
            shop.payment.currency = order.currency.as_str(),
            shop.payment.card.brand = card.brand,
            shop.payment.card.last4 = card.last4,
            shop.payment.outcome = field::Empty,
        );
        let charge = Charge {
            key: key.to_owned(),
            order_id: order.id,
            amount: order.total,
            currency: order.currency.clone(),
            card,
        };
        let answer = tokio::time::timeout(self.timing.payment_timeout, self.gateway.authorize(charge))
            .instrument(span.clone())
            .await;
        let (payment, error_type) = match answer {
            Ok(Ok(Outcome::Authorized { transaction_id })) => (Payment::Authorized { transaction_id }, None),
            Ok(Ok(Outcome::Declined { code })) => {
                let error_type = Some(code.clone());
                (Payment::Declined { code }, error_type)
            }
            Ok(Err(GatewayError::Failed)) => (Payment::Failed, Some("gateway_error".to_owned())),
            Ok(Err(GatewayError::Unavailable)) => (Payment::Unknown, Some("gateway_unavailable".to_owned())),
            Err(_) => (Payment::Unknown, Some("timeout".to_owned())),
        };
        span.record("shop.payment.outcome", outcome(&payment));
        if let Some(error_type) = error_type {
            span.record("otel.status_code", "ERROR");
            span.record("error.type", error_type);
        }
        payment
    }

    async fn end_payment(&self, id: i64, key: &str, payment: &Payment) -> Result<Order, AppError> {
        Span::current().record("shop.payment.outcome", outcome(payment));
        let now = now_ms();
        let due = match payment {
            // The outcome is looked up soon; whoever pays is waiting for it.
            Payment::Unknown => now + millis(self.timing.retry),
            _ => self.lease_until(now),
        };
        let (order, ()) = self
            .store
            .change(id, |order| {
                if order.open_payment.as_deref() != Some(key) {
                    // Background work was faster: its lookup has settled this attempt.
                    return Ok(((), Vec::new()));
                }
                order.end_payment(payment, now, due)?;
                let record = Record::PaymentEnded { key: key.to_owned(), payment: payment.clone() };
                Ok(((), vec![record]))
            })
            .await?;
        Ok(order)
    }

    async fn after_payment(&self, order: Order, payment: Payment) -> Result<Order, AppError> {
        match payment {
            Payment::Authorized { .. } => {
                log_paid(&order);
                Ok(self.settle(order).await)
            }
            Payment::Declined { code } => {
                let order = self.settle(order).await;
                log_cancelled_by_decline(&order);
                Err(declined(&order, &code))
            }
            Payment::Failed => {
                let order = self.settle(order).await;
                log_cancelled_by_decline(&order);
                Err(AppError::new(
                    StatusCode::BAD_GATEWAY,
                    "PAYMENT_GATEWAY_ERROR",
                    "the payment gateway failed; nothing was charged, try again",
                )
                .with_details(attempts(&order)))
            }
            Payment::Unknown => Err(unknown()),
        }
    }

    /// Finds out how a payment of unknown outcome ended. `false`: the gateway does not say yet.
    pub(super) async fn reconcile(&self, order: &Order, key: &str) -> Result<bool, AppError> {
        let lookup = tokio::time::timeout(self.timing.payment_timeout, self.gateway.lookup(key)).await;
        let payment = match lookup {
            Ok(Ok(Lookup::Found(Outcome::Authorized { transaction_id }))) => {
                Payment::Authorized { transaction_id }
            }
            Ok(Ok(Lookup::Found(Outcome::Declined { code }))) => Payment::Declined { code },
            Ok(Ok(Lookup::Unknown)) => Payment::Failed,
            Ok(Err(_)) | Err(_) => return Ok(false),
        };
        let order = self.end_payment(order.id, key, &payment).await?;
        emit!(
            PaymentReconciled {
                order_id = order.id,
                user_id = order.user_id,
                amount = order.total.as_decimal(),
                attempt = order.attempts,
                outcome = outcome(&payment),
            },
            "payment {key} was found to be {}", outcome(&payment)
        );
        if order.status == Status::Paid {
            log_paid(&order);
        }
        log_cancelled_by_decline(&order);
        Ok(true)
    }
}

fn outcome(payment: &Payment) -> &'static str {
    match payment {
        Payment::Authorized { .. } => "authorized",
        Payment::Declined { .. } => "declined",
        Payment::Failed => "failed",
        Payment::Unknown => "unknown",
    }
}

fn attempts(order: &Order) -> serde_json::Value {
    serde_json::json!({"attempts_left": MAX_ATTEMPTS - order.attempts, "status": order.status})
}

fn declined(order: &Order, code: &str) -> AppError {
    let mut details = attempts(order);
    details["decline_code"] = code.into();
    let message = if order.status == Status::Cancelled {
        "the payment was declined for the last time; the order is cancelled"
    } else {
        "the payment was declined; try again with another card"
    };
    AppError::new(StatusCode::PAYMENT_REQUIRED, "PAYMENT_DECLINED", message).with_details(details)
}

fn unknown() -> AppError {
    AppError::new(
        StatusCode::GATEWAY_TIMEOUT,
        "PAYMENT_UNKNOWN",
        "the payment gateway did not answer in time; the outcome is being looked up, see GET /orders/{id}",
    )
}

fn log_payment(order: &Order, pay: &PayOrder, payment: &Payment) {
    let (order_id, user_id, attempt) = (order.id, order.user_id, order.attempts);
    let (amount, currency) = (order.total.as_decimal(), order.currency.as_str());
    let (method, brand, last4) = (pay.method, pay.card.brand, pay.card.last4);
    match payment {
        Payment::Authorized { transaction_id } => emit!(
            PaymentAuthorized {
                order_id,
                user_id,
                amount,
                currency,
                method,
                brand,
                last4,
                attempt,
                transaction_id
            },
            "payment of order {order_id} authorized"
        ),
        Payment::Declined { code } => emit!(
            PaymentDeclined { order_id, user_id, amount, currency, method, brand, last4, attempt, decline_code = code },
            "payment of order {order_id} declined: {code}"
        ),
        Payment::Failed => emit!(
            PaymentFailed { order_id, user_id, amount, currency, method, brand, last4, attempt, reason = "gateway_error" },
            "payment of order {order_id} failed"
        ),
        Payment::Unknown => emit!(
            PaymentFailed { order_id, user_id, amount, currency, method, brand, last4, attempt, reason = "gateway_timeout" },
            "payment of order {order_id}: the gateway did not answer"
        ),
    }
}

fn log_paid(order: &Order) {
    emit!(
        OrderPaid {
            order_id = order.id,
            user_id = order.user_id,
            amount = order.total.as_decimal(),
            currency = order.currency.as_str(),
            quantity = order.quantity(),
            category_top = order.top_category(),
        },
        "order {} paid", order.id
    );
}

fn log_cancelled_by_decline(order: &Order) {
    if order.status == Status::Cancelled {
        emit!(
            OrderCancelled {
                order_id = order.id,
                user_id = order.user_id,
                amount = order.total.as_decimal(),
                reason = "payment_declined",
            },
            "order {} cancelled after {} payments", order.id, order.attempts
        );
    }
}
