//! Pricing the items of an order.

use service_kit::{AppError, ClientError, Fault};
use tracing::{Instrument as _, field};

use super::create::{Rejection, rejected};
use super::{Shop, note_error};
use crate::order::{Draft, Item};
use crate::upstream::Listing;

impl Shop {
    /// The items at today's prices: the client's idea of a price is never asked for.
    pub(super) async fn price_items(&self, draft: &Draft) -> Result<Vec<(Item, String)>, AppError> {
        let span = tracing::info_span!(
            target: "shop",
            "price_items",
            otel.status_code = field::Empty,
            otel.status_description = field::Empty,
            error.type = field::Empty,
            shop.order.lines = draft.lines.len() as i64,
        );
        let price = async {
            let ids: Vec<i64> = draft.lines.iter().map(|line| line.product_id).collect();
            let error = match self.listings(&ids).await {
                Ok(Ok(listings)) => return Ok(items_of(draft, listings)),
                Ok(Err(missing)) => rejected(
                    &Rejection { stage: "price_items", reason: "product_missing" },
                    AppError::not_found("PRODUCT_NOT_FOUND", format!("there is no product {missing}"))
                        .with_details(serde_json::json!({"product_id": missing})),
                ),
                Err(error) => {
                    rejected(&Rejection { stage: "price_items", reason: "dependency" }, error.into())
                }
            };
            note_error(&error);
            Err(error)
        };
        price.instrument(span).await
    }

    /// Asks for all at once, as it should be.
    async fn listings(&self, ids: &[i64]) -> Result<Result<Vec<Listing>, i64>, ClientError> {
        if self.faults.hits(Fault::NPlusOne).is_none() {
            return self.products.listings(ids).await;
        }
        let mut listings = Vec::with_capacity(ids.len());
        for id in ids {
            match self.products.listings(&[*id]).await? {
                Ok(mut one) => listings.append(&mut one),
                Err(missing) => return Ok(Err(missing)),
            }
        }
        Ok(Ok(listings))
    }
}

fn items_of(draft: &Draft, listings: Vec<Listing>) -> Vec<(Item, String)> {
    let priced = draft.lines.iter().zip(listings);
    priced
        .map(|(line, listing)| {
            let item = Item {
                product_id: line.product_id,
                name: listing.name,
                category: listing.category,
                quantity: line.quantity,
                unit_price: listing.price,
            };
            (item, listing.currency)
        })
        .collect()
}
