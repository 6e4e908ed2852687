//! Finishing what is due: orders left half done by a crash, payments of unknown outcome, stock and money still to be
//! moved, and customers who did not pay in time.
//!
//! Invariant: whatever an order's fields say is to be done, its `due_at` is set, so this finds it after any crash.

use std::sync::Arc;

use futures::StreamExt as _;
use opentelemetry::trace::{SpanContext, SpanId, TraceFlags, TraceId, TraceState};
use runtime::CancellationToken;
use service_kit::{AppError, emit, now_ms};
use tracing::instrument::WithSubscriber as _;
use tracing::subscriber::NoSubscriber;
use tracing::{Instrument as _, Span, field};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

use super::{Shop, note_error};
use crate::order::{Order, Refusal, Status};
use crate::store::ChangeError;

/// Orders looked at in one round, and at the same time.
const BATCH: i64 = 50;
const AT_ONCE: usize = 4;

impl Shop {
    /// Works until `shutdown`.
    pub async fn work(self: Arc<Self>, shutdown: CancellationToken) {
        loop {
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = self.wake.notified() => {}
                () = tokio::time::sleep(self.timing.sweep) => {}
            }
            self.sweep().await;
        }
    }

    /// One round: looks at every order that is due.
    pub async fn sweep(&self) {
        // Looking for work leaves no trace; doing it does.
        let due = self.store.due(now_ms(), BATCH).with_subscriber(NoSubscriber::default()).await;
        let due = match due {
            Ok(due) => due,
            Err(error) => {
                tracing::warn!(target: "shop", error = error.to_string(), "could not look for orders that are due");
                return;
            }
        };
        let looks: Vec<_> = due.into_iter().map(|id| self.look_at(id)).collect();
        futures::stream::iter(looks).buffer_unordered(AT_ONCE).collect::<()>().await;
    }

    async fn look_at(&self, id: i64) {
        let span = tracing::info_span!(
            target: "shop",
            parent: None,
            "settle_order",
            otel.status_code = field::Empty,
            otel.status_description = field::Empty,
            error.type = field::Empty,
            shop.order.id = id,
            shop.order.status = field::Empty,
        );
        let work = async {
            match self.advance(id).await {
                Ok(order) => {
                    Span::current().record("shop.order.status", order.status.as_str());
                }
                Err(error) => {
                    note_error(&error);
                    tracing::warn!(target: "shop", order_id = id, error = error.log_text(), "order {id} has to wait");
                }
            }
        };
        work.instrument(span).await;
    }

    /// Does what is due for one order.
    async fn advance(&self, id: i64) -> Result<Order, AppError> {
        let Some(order) = self.claim(id).await? else {
            return Ok(self.store.load(id).await?);
        };
        link_to(&order);
        if order.status == Status::Pending {
            return self.resume(order).await;
        }
        if let Some(key) = order.open_payment.clone() {
            if !self.reconcile(&order, &key).await? {
                return self.postpone(order, "the payment gateway does not say how the payment ended").await;
            }
            let order = self.store.load(id).await?;
            return self.finish(order).await;
        }
        let order = if order.status.is_payable() { self.expire(order).await? } else { order };
        self.finish(order).await
    }

    /// Settles the order and, when nothing is left to do, lets it rest.
    async fn finish(&self, order: Order) -> Result<Order, AppError> {
        let order = self.settle_all(order).await?;
        let now = now_ms();
        let rest = |order: &mut Order| {
            if !order.has_work() {
                order.settle(now);
            }
            Ok(((), Vec::new()))
        };
        Ok(self.store.change(order.id, rest).await?.0)
    }

    /// Takes an order over for the length of a lease; nothing when it is not due or somebody else was faster.
    async fn claim(&self, id: i64) -> Result<Option<Order>, AppError> {
        let now = now_ms();
        let until = self.lease_until(now);
        let claimed = self
            .store
            .change(id, |order| {
                let due = order.due_at.is_some_and(|due| due <= now);
                if due {
                    order.due_at = Some(until);
                }
                Ok((due, Vec::new()))
            })
            .await;
        match claimed {
            Ok((order, due)) => Ok(due.then_some(order)),
            Err(ChangeError::Contended) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// A request wrote the order down and ended before it had the stock: go on where it stopped.
    async fn resume(&self, order: Order) -> Result<Order, AppError> {
        let id = order.id;
        match self.hold_stock(order).await {
            Ok(order) => Ok(order),
            // The order is rejected, and the rejection is logged: that is a result, too.
            Err(_) => self.finish(self.store.load(id).await?).await,
        }
    }

    async fn expire(&self, order: Order) -> Result<Order, AppError> {
        let now = now_ms();
        let (order, expired) = self
            .store
            .change(order.id, |order| {
                if order.status.is_payable() && order.is_overdue(now) {
                    order.expire(now, self.lease_until(now))?;
                    return Ok((true, Vec::new()));
                }
                order.settle(now);
                Ok::<_, Refusal>((false, Vec::new()))
            })
            .await?;
        if expired {
            emit!(
                OrderExpired { order_id = order.id, user_id = order.user_id, amount = order.total.as_decimal() },
                "order {} was not paid in time", order.id
            );
        }
        Ok(order)
    }
}

/// Links the current span to the one that placed the order.
fn link_to(order: &Order) {
    let mut parts = order.traceparent.split('-').skip(1);
    let ids = (
        parts.next().and_then(|text| TraceId::from_hex(text).ok()),
        parts.next().and_then(|text| SpanId::from_hex(text).ok()),
    );
    if let (Some(trace), Some(span)) = ids {
        Span::current().add_link(SpanContext::new(
            trace,
            span,
            TraceFlags::SAMPLED,
            true,
            TraceState::default(),
        ));
    }
}
