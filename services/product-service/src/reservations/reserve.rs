//! Setting stock aside.

use opentelemetry::trace::TraceContextExt as _;
use serde_json::json;
use service_kit::{AppError, Fault, Tx, emit, now_ms};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

use super::{Item, Reservation, ReserveRequest, Status};
use crate::catalog::not_found;
use crate::inventory::Level;
use crate::state::Products;

/// How a reservation came about.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// By this request.
    Created(Reservation),
    /// By an earlier one of the same order.
    Existing(Reservation),
}

/// Pieces that are missing.
struct Shortage {
    item: Item,
    available: i64,
}

/// Sets stock aside for an order, all of it or nothing.
pub(crate) async fn reserve(products: &Products, request: &ReserveRequest) -> Result<Outcome, AppError> {
    let order_id = request.order_id.stored()?;
    let (items, ttl_s) = request.check()?;
    let mut tx = products.database.begin().await?;
    let id = uuid::Uuid::new_v4().to_string();
    let expires_ms = now_ms() + ttl_s * 1000;
    if !insert(&mut tx, &id, &order_id, expires_ms).await? {
        return existing(&mut tx, &order_id, &items).await.map(Outcome::Existing);
    }
    let mut levels = Vec::with_capacity(items.len());
    let mut shortages = Vec::new();
    for item in &items {
        // By product, so that what is sold out stays sold out.
        if products.faults.hits_key(Fault::StockOut, item.product_id).is_some() {
            shortages.push(Shortage { item: *item, available: 0 });
            continue;
        }
        match take(&mut tx, item).await? {
            Ok(level) => levels.push(level),
            Err(shortage) => shortages.push(shortage),
        }
    }
    if !shortages.is_empty() {
        tx.rollback().await?;
        return Err(out_of_stock(&order_id, &shortages));
    }
    for item in &items {
        tx.query("INSERT INTO reservation_items (reservation_id, product_id, quantity) VALUES ($1, $2, $3)")
            .bind(id.as_str())
            .bind(item.product_id)
            .bind(item.quantity)
            .execute()
            .await?;
    }
    let reservation = Reservation::by_id(&mut tx, &id)
        .await?
        .ok_or_else(|| AppError::internal("a reservation vanished in its own transaction"))?;
    tx.commit().await?;
    for (item, level) in items.iter().zip(&levels) {
        report(&id, &order_id, item, level);
    }
    Ok(Outcome::Created(reservation))
}

/// Adds the reservation's row; false when the order has one already. A second request of the same order waits here for
/// the first to end.
async fn insert(tx: &mut Tx, id: &str, order_id: &str, expires_ms: i64) -> Result<bool, AppError> {
    let inserted = tx
        .query(
            "INSERT INTO reservations (id, order_id, status, trace_context, expires_ms, created_ms) \
             VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (order_id) DO NOTHING",
        )
        .bind(id)
        .bind(order_id)
        .bind(Status::Active.name())
        .bind(trace_context())
        .bind(expires_ms)
        .bind(now_ms())
        .execute()
        .await?;
    Ok(inserted == 1)
}

/// The present span, for a link from the work that a later expiry causes.
fn trace_context() -> Option<String> {
    let context = tracing::Span::current().context();
    let span = context.span();
    let span_context = span.span_context();
    span_context.is_valid().then(|| format!("{}-{}", span_context.trace_id(), span_context.span_id()))
}

async fn existing(tx: &mut Tx, order_id: &str, items: &[Item]) -> Result<Reservation, AppError> {
    let reservation = Reservation::by_order(tx, order_id)
        .await?
        .ok_or_else(|| AppError::internal("a reservation vanished"))?;
    match reservation.status {
        Status::Released => {
            Err(AppError::conflict("RESERVATION_RELEASED", "the order's reservation was released already"))
        }
        Status::Expired => Err(AppError::new(
            http::StatusCode::GONE,
            "RESERVATION_EXPIRED",
            "the order's reservation has expired",
        )),
        Status::Active | Status::Committed if reservation.items != items => Err(AppError::conflict(
            "RESERVATION_EXISTS",
            "the order has a reservation of other products already",
        )),
        Status::Active | Status::Committed => Ok(reservation),
    }
}

/// Sets aside pieces of one product if there are enough: check and change are one statement.
async fn take(tx: &mut Tx, item: &Item) -> Result<Result<Level, Shortage>, AppError> {
    let row = tx
        .query(
            "UPDATE inventory SET reserved = reserved + $1 WHERE product_id = $2 AND on_hand - reserved >= $1 \
             AND EXISTS (SELECT 1 FROM products p WHERE p.id = $2 AND p.active = 1) \
             RETURNING product_id, on_hand, reserved, low_stock_threshold",
        )
        .bind(item.quantity)
        .bind(item.product_id)
        .optional()
        .await?;
    if let Some(row) = row {
        return Ok(Ok(Level::from_row(&row)?));
    }
    let row = tx
        .query(
            "SELECT i.on_hand - i.reserved AS available FROM inventory i JOIN products p ON p.id = i.product_id \
             WHERE i.product_id = $1 AND p.active = 1",
        )
        .bind(item.product_id)
        .optional()
        .await?
        .ok_or_else(|| not_found(item.product_id))?;
    Ok(Err(Shortage { item: *item, available: row.get("available")? }))
}

fn out_of_stock(order_id: &str, shortages: &[Shortage]) -> AppError {
    let mut details = Vec::with_capacity(shortages.len());
    for Shortage { item: Item { product_id, quantity }, available } in shortages {
        emit!(
            InventoryOutOfStock { order_id, product_id, quantity, available },
            "product {product_id} is sold out: {quantity} wanted, {available} available"
        );
        details.push(json!({"product_id": product_id, "requested": quantity, "available": available}));
    }
    AppError::conflict("OUT_OF_STOCK", "not enough pieces of some products").with_details(json!(details))
}

fn report(reservation_id: &str, order_id: &str, item: &Item, level: &Level) {
    let Item { product_id, quantity } = *item;
    let available = level.available;
    emit!(
        InventoryReserved { reservation_id, order_id, product_id, quantity, available },
        "{quantity} of product {product_id} reserved for order {order_id}"
    );
    let threshold = level.low_stock_threshold;
    if available <= threshold && available + quantity > threshold {
        emit!(
            InventoryLow { product_id, available, threshold },
            "product {product_id} runs low: {available} left"
        );
    }
}
