//! What happens between the services: placing, paying, cancelling, refunding, and finishing what was left half done.

mod background;
mod change;
mod create;
mod hold;
mod pay;
mod price;
mod settle;

use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use opentelemetry::trace::TraceContextExt as _;
use service_kit::{AppError, Faults};
use tokio::sync::Notify;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

use crate::order::{MAX_ATTEMPTS, Refusal};
use crate::payment::Gateway;
use crate::store::Store;
use crate::upstream::{Products, Users};

pub use pay::PayOrder;

/// Times that flows keep to.
#[derive(Debug, Clone, Copy)]
pub struct Timing {
    /// How long stock is held for a customer who has not paid.
    pub payment_window: Duration,
    /// How long the gateway may take to answer.
    pub payment_timeout: Duration,
    /// How long a request has an order for itself before background work takes over.
    pub lease: Duration,
    /// First pause before work that failed is tried again; it doubles with each failure.
    pub retry: Duration,
    /// Pause between two looks for orders that are due.
    pub sweep: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            payment_window: Duration::from_secs(15 * 60),
            payment_timeout: Duration::from_secs(2),
            lease: Duration::from_secs(30),
            retry: Duration::from_secs(2),
            sweep: Duration::from_secs(2),
        }
    }
}

/// Everything that flows need.
pub struct Shop {
    pub store: Store,
    pub users: Users,
    pub products: Products,
    pub gateway: Arc<dyn Gateway>,
    pub faults: Faults,
    pub timing: Timing,
    /// Wakes background work.
    pub wake: Notify,
}

impl std::fmt::Debug for Shop {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Shop").field("timing", &self.timing).finish_non_exhaustive()
    }
}

impl Shop {
    fn lease_until(&self, now: i64) -> i64 {
        now + millis(self.timing.lease)
    }

    /// When work that failed `tries` times is tried again: the pause doubles, up to a minute.
    fn retry_at(&self, now: i64, tries: i64) -> i64 {
        let doublings = u32::try_from(tries - 1).unwrap_or(0).min(16);
        let pause = self.timing.retry.saturating_mul(2u32.pow(doublings)).min(Duration::from_secs(60));
        now + millis(pause)
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// The current span in the form of a `traceparent` header; empty when nothing is traced.
fn traceparent() -> String {
    let context = Span::current().context();
    let span = context.span();
    let ids = span.span_context();
    if ids.is_valid() {
        format!("00-{}-{}-{:02x}", ids.trace_id(), ids.span_id(), ids.trace_flags().to_u8())
    } else {
        String::new()
    }
}

/// Marks the current span as failed when the answer is our fault or a dependency's.
fn note_error(error: &AppError) {
    let span = Span::current();
    span.record("error.type", error.code.as_ref());
    if error.status.is_server_error() {
        span.record("otel.status_code", "ERROR");
        span.record("otel.status_description", error.message.as_str());
    }
}

/// The answer to a change that is not possible now.
pub fn refused(refusal: &Refusal) -> AppError {
    let message = refusal.to_string();
    match refusal {
        Refusal::Transition { from, to, allowed } => AppError::conflict("INVALID_TRANSITION", message)
            .with_details(serde_json::json!({"from": from, "to": to, "allowed": allowed})),
        Refusal::NotPayable(status) => AppError::conflict("NOT_PAYABLE", message)
            .with_details(serde_json::json!({"status": status, "max_attempts": MAX_ATTEMPTS})),
        Refusal::AlreadyPaid => AppError::conflict("ALREADY_PAID", message),
        Refusal::Overdue => AppError::new(StatusCode::GONE, "RESERVATION_EXPIRED", message),
        Refusal::Busy => AppError::conflict("ORDER_BUSY", message).with_retry_after(1),
        Refusal::NotCancellable(status) => {
            AppError::conflict("NOT_CANCELLABLE", message).with_details(serde_json::json!({"status": status}))
        }
        Refusal::NotRefundable(status) => {
            AppError::conflict("NOT_REFUNDABLE", message).with_details(serde_json::json!({"status": status}))
        }
        Refusal::OverRefund { refundable } => AppError::conflict("OVER_REFUND", message)
            .with_details(serde_json::json!({"refundable": refundable})),
    }
}
