//! What the service does by itself: deliveries, expiry, and writing down what is popular.

use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use runtime::CancellationToken;
use service_kit::{AppError, emit, now_ms};

use crate::Args;
use crate::inventory::Level;
use crate::reservations::expire_due;
use crate::state::Products;

const FLUSH_INTERVAL: Duration = Duration::from_secs(5);
const CLEAN_INTERVAL: Duration = Duration::from_secs(600);
/// Ended reservations are kept for questions, then forgotten.
const KEEP_RESERVATIONS_MS: i64 = 7 * 24 * 3600 * 1000;
/// A delivery comes with this probability each round, so that things are sold out for a while.
const DELIVERY_RATE: f64 = 0.5;

/// Starts all tasks; they end with `shutdown`.
pub(crate) fn start(products: &Arc<Products>, args: &Args, shutdown: &CancellationToken) {
    let task = |interval, what, work| every(Arc::clone(products), interval, shutdown.clone(), what, work);
    task(args.expiry_interval, "expire reservations", |products| {
        Box::pin(async move { expire_due(&products).await.map(drop) })
    });
    task(FLUSH_INTERVAL, "write down what is popular", |products| {
        Box::pin(async move { products.popularity.flush(&products.database).await })
    });
    task(CLEAN_INTERVAL, "forget old reservations", |products| {
        Box::pin(async move { forget_old(&products).await })
    });
    task(args.restock_interval, "restock", |products| Box::pin(async move { restock(&products).await }));
}

type Work = fn(Arc<Products>) -> BoxFuture<'static, Result<(), AppError>>;

/// Runs `work` again and again; an error is reported and the next round tries again. No interval, no work.
fn every(
    products: Arc<Products>,
    interval: Duration,
    shutdown: CancellationToken,
    what: &'static str,
    work: Work,
) {
    if interval.is_zero() {
        return;
    }
    tokio::spawn(async move {
        loop {
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = tokio::time::sleep(interval) => {}
            }
            if let Err(error) = work(Arc::clone(&products)).await {
                tracing::warn!(error = error.log_text(), "could not {what}");
            }
        }
    });
}

async fn forget_old(products: &Products) -> Result<(), AppError> {
    let before = now_ms() - KEEP_RESERVATIONS_MS;
    // Items go with their reservation.
    let sql = "DELETE FROM reservations WHERE status <> 'active' AND closed_ms < $1";
    products.database.query(sql).bind(before).execute().await?;
    products.database.query("DELETE FROM deliveries WHERE created_ms < $1").bind(before).execute().await?;
    Ok(())
}

/// Brings some of the products that run low a delivery.
pub(crate) async fn restock(products: &Products) -> Result<(), AppError> {
    let sql = "SELECT i.product_id, i.delivery_quantity FROM inventory i JOIN products p ON p.id = i.product_id \
               WHERE p.active = 1 AND i.on_hand - i.reserved <= i.low_stock_threshold ORDER BY i.product_id";
    for row in products.database.query(sql).all().await? {
        let product_id: i64 = row.get("product_id")?;
        let quantity: i64 = row.get("delivery_quantity")?;
        if !products.imperfection.is_on() || products.imperfection.happens(DELIVERY_RATE) {
            deliver(products, product_id, quantity).await?;
        }
    }
    Ok(())
}

/// In a trace of its own.
#[tracing::instrument(target = "shop", name = "restock", skip_all, fields(shop.product.id = product_id))]
async fn deliver(products: &Products, product_id: i64, quantity: i64) -> Result<(), AppError> {
    match Level::add(&products.database, product_id, quantity).await {
        Ok(level) => {
            let available = level.available;
            emit!(
                InventoryRestocked { product_id, quantity, available },
                "{quantity} of product {product_id} delivered"
            );
            Ok(())
        }
        // A product that was withdrawn meanwhile, or a full warehouse.
        Err(error) if error.status.is_client_error() => Ok(()),
        Err(error) => Err(error),
    }
}
