//! The end of a reservation: sold, given back, or expired.

use http::StatusCode;
use opentelemetry::trace::{SpanContext, SpanId, TraceFlags, TraceId, TraceState};
use service_kit::{AppError, Tx, emit, now_ms};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

use super::{Reservation, Status};
use crate::state::Products;

/// Expired reservations that one round takes care of.
const MAX_BATCH: i64 = 100;

/// How a reservation is to end.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Closing<'a> {
    /// The stock is sold.
    Commit,
    /// The stock is for sale again.
    Release { reason: &'a str },
}

impl Closing<'_> {
    fn status(self) -> Status {
        match self {
            Self::Commit => Status::Committed,
            Self::Release { .. } => Status::Released,
        }
    }
}

/// Ends the reservation with this id. Doing it again changes nothing.
pub(crate) async fn close(
    products: &Products,
    id: &str,
    closing: Closing<'_>,
) -> Result<Reservation, AppError> {
    let mut tx = products.database.begin().await?;
    let reservation = Reservation::by_id(&mut tx, id).await?.ok_or_else(|| {
        AppError::not_found("RESERVATION_NOT_FOUND", "there is no reservation with this id")
    })?;
    finish(products, tx, reservation, closing).await
}

/// Releases whatever the order has reserved. When there is nothing, a mark is left, so that a request to reserve that
/// is still on its way comes too late. `None` then.
pub(crate) async fn close_order(
    products: &Products,
    order_id: &str,
    reason: &str,
) -> Result<Option<Reservation>, AppError> {
    let mut tx = products.database.begin().await?;
    let now = now_ms();
    let marked = tx
        .query(
            "INSERT INTO reservations (id, order_id, status, reason, expires_ms, created_ms, closed_ms) \
             VALUES ($1, $2, $3, $4, $5, $5, $5) ON CONFLICT (order_id) DO NOTHING",
        )
        .bind(uuid::Uuid::new_v4().to_string())
        .bind(order_id)
        .bind(Status::Released.name())
        .bind(reason)
        .bind(now)
        .execute()
        .await?;
    if marked == 1 {
        tx.commit().await?;
        return Ok(None);
    }
    let reservation = Reservation::by_order(&mut tx, order_id)
        .await?
        .ok_or_else(|| AppError::internal("a reservation vanished"))?;
    finish(products, tx, reservation, Closing::Release { reason }).await.map(Some)
}

async fn finish(
    products: &Products,
    mut tx: Tx,
    mut reservation: Reservation,
    closing: Closing<'_>,
) -> Result<Reservation, AppError> {
    let expired = reservation.status == Status::Active && reservation.expires_ms <= now_ms();
    let target = if expired { Status::Expired } else { closing.status() };
    let reason = match closing {
        Closing::Release { reason } => Some(reason),
        Closing::Commit => None,
    };
    if !change(&mut tx, &reservation, target, reason).await? {
        // Somebody else ended it before, perhaps just now.
        let now = Reservation::by_id(&mut tx, &reservation.reservation_id).await?;
        return already(now.unwrap_or(reservation), closing);
    }
    tx.commit().await?;
    reservation.status = target;
    report(products, &reservation, reason);
    if expired { already(reservation, closing) } else { Ok(reservation) }
}

/// The answer for a reservation that has ended already.
fn already(reservation: Reservation, closing: Closing<'_>) -> Result<Reservation, AppError> {
    match (closing, reservation.status) {
        (Closing::Commit, Status::Released) => {
            Err(AppError::conflict("RESERVATION_RELEASED", "the reservation was released already"))
        }
        (Closing::Commit, Status::Expired) => {
            Err(AppError::new(StatusCode::GONE, "RESERVATION_EXPIRED", "the reservation has expired"))
        }
        (Closing::Release { .. }, Status::Committed) => {
            Err(AppError::conflict("RESERVATION_COMMITTED", "the reserved stock was sold already"))
        }
        _ => Ok(reservation),
    }
}

/// Moves an active reservation to `target` and its stock with it; false when it is not active any more.
async fn change(
    tx: &mut Tx,
    reservation: &Reservation,
    target: Status,
    reason: Option<&str>,
) -> Result<bool, AppError> {
    let changed = tx
        .query("UPDATE reservations SET status = $1, reason = $2, closed_ms = $3 WHERE id = $4 AND status = 'active'")
        .bind(target.name())
        .bind(reason)
        .bind(now_ms())
        .bind(reservation.reservation_id.as_str())
        .execute()
        .await?;
    if changed == 0 {
        return Ok(false);
    }
    for item in &reservation.items {
        let sold = if target == Status::Committed { item.quantity } else { 0 };
        tx.query(
            "UPDATE inventory SET reserved = reserved - $1, on_hand = on_hand - $2 WHERE product_id = $3",
        )
        .bind(item.quantity)
        .bind(sold)
        .bind(item.product_id)
        .execute()
        .await?;
    }
    Ok(true)
}

fn report(products: &Products, reservation: &Reservation, reason: Option<&str>) {
    let reservation_id = reservation.reservation_id.as_str();
    let order_id = reservation.order_id.stored().unwrap_or_default();
    for item in &reservation.items {
        let (product_id, quantity) = (item.product_id, item.quantity);
        match reservation.status {
            Status::Committed => {
                products.popularity.ordered(product_id, quantity);
                emit!(
                    InventoryCommitted { reservation_id, order_id, product_id, quantity },
                    "{quantity} of product {product_id} sold to order {order_id}"
                );
            }
            Status::Expired => emit!(
                InventoryReservationExpired { reservation_id, order_id, product_id, quantity, reason = "not_paid_in_time" },
                "the reservation of order {order_id} has expired"
            ),
            Status::Released | Status::Active => emit!(
                InventoryReleased { reservation_id, order_id, product_id, quantity, reason },
                "{quantity} of product {product_id} are for sale again"
            ),
        }
    }
}

/// Ends all reservations whose time is over; returns how many.
pub(crate) async fn expire_due(products: &Products) -> Result<usize, AppError> {
    let due = products
        .database
        .query("SELECT id FROM reservations WHERE status = 'active' AND expires_ms <= $1 ORDER BY expires_ms LIMIT $2")
        .bind(now_ms())
        .bind(MAX_BATCH)
        .all()
        .await?;
    let mut expired = 0;
    for row in due {
        expired += usize::from(expire(products, &row.get::<String>("id")?).await?);
    }
    Ok(expired)
}

/// In a trace of its own (background work has no span around it), linked to the order's.
#[tracing::instrument(target = "shop", name = "expire_reservation", skip_all)]
async fn expire(products: &Products, id: &str) -> Result<bool, AppError> {
    let mut tx = products.database.begin().await?;
    let Some(mut reservation) = Reservation::by_id(&mut tx, id).await? else {
        return Ok(false);
    };
    if let Some(context) = reservation.trace_context.as_deref().and_then(parse_context) {
        tracing::Span::current().add_link(context);
    }
    if !change(&mut tx, &reservation, Status::Expired, Some("not_paid_in_time")).await? {
        return Ok(false);
    }
    tx.commit().await?;
    reservation.status = Status::Expired;
    report(products, &reservation, None);
    Ok(true)
}

fn parse_context(text: &str) -> Option<SpanContext> {
    let (trace_id, span_id) = text.split_once('-')?;
    let trace_id = TraceId::from_hex(trace_id).ok()?;
    let span_id = SpanId::from_hex(span_id).ok()?;
    Some(SpanContext::new(trace_id, span_id, TraceFlags::SAMPLED, true, TraceState::default()))
}
