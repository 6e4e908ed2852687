//! What order-service asks product-service: names and prices, and stock that is held, sold or given back.

use std::time::Duration;

use http::{Method, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};
use service_kit::{AppError, Authenticator, ClientError, ClientResponse, ServiceClient};

use crate::money::Cents;
use crate::order::Order;

/// Product-service holds stock no longer than this.
pub const LONGEST_HOLD: Duration = Duration::from_secs(3600);

/// A product as the catalogue lists it now.
#[derive(Debug, Clone, Deserialize)]
pub struct Listing {
    pub id: i64,
    pub name: String,
    pub category: String,
    pub price: Cents,
    pub currency: String,
}

/// How an attempt to hold stock ended.
#[derive(Debug)]
pub enum Hold {
    Held {
        reservation_id: String,
    },
    /// Not enough of something; the details say of what.
    OutOfStock(Value),
    /// A product has left the catalogue since it was priced.
    UnknownProduct(Value),
    /// Surely nothing is held.
    Refused(ClientError),
    /// Something may be held: the request went out and no usable answer came.
    InDoubt(ClientError),
}

/// How telling product-service about a reservation ended.
#[derive(Debug)]
pub enum StockAnswer {
    Done,
    /// The reservation is not there any more.
    Gone,
    /// It was sold before.
    AlreadySold,
    Failed(ClientError),
}

/// The client.
#[derive(Debug, Clone)]
pub struct Products {
    client: ServiceClient,
    authenticator: Authenticator,
}

#[derive(Debug, Deserialize)]
struct Reservation {
    reservation_id: String,
}

#[derive(Debug, Deserialize)]
struct Listings {
    items: Vec<Listing>,
}

/// Under which name an order asks for stock. A reservation that is over does not come back under its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HoldName {
    First,
    /// After the first reservation was lost although the order is paid.
    Again,
}

impl HoldName {
    fn of(self, order_id: i64) -> Value {
        match self {
            Self::First => order_id.into(),
            Self::Again => format!("{order_id}-again").into(),
        }
    }
}

impl Products {
    pub fn new(client: ServiceClient, authenticator: Authenticator) -> Self {
        Self { client, authenticator }
    }

    /// Listings of `ids` (at most 100, ascending) in the same order; the first id that does not exist as an error.
    pub async fn listings(&self, ids: &[i64]) -> Result<Result<Vec<Listing>, i64>, ClientError> {
        let list = ids.iter().map(i64::to_string).collect::<Vec<_>>().join(",");
        let path = format!("/products?ids={list}&limit=100");
        let mut found: Listings = self.client.request(Method::GET, "/products", path).send().await?.json()?;
        let mut listings = Vec::with_capacity(ids.len());
        for id in ids {
            let Some(place) = found.items.iter().position(|listing| listing.id == *id) else {
                return Ok(Err(*id));
            };
            listings.push(found.items.swap_remove(place));
        }
        Ok(Ok(listings))
    }

    /// Holds the order's stock. Asking again under the same name gives the same reservation.
    pub async fn reserve(&self, order: &Order, name: HoldName, ttl: Duration) -> Result<Hold, AppError> {
        let items: Vec<Value> = order
            .items
            .iter()
            .map(|item| json!({"product_id": item.product_id, "quantity": item.quantity}))
            .collect();
        let ttl_s = ttl.as_secs().clamp(1, LONGEST_HOLD.as_secs());
        let body = json!({"order_id": name.of(order.id), "items": items, "ttl_s": ttl_s});
        let answer = self.post("/inventory/reserve", "/inventory/reserve".to_owned(), &body).await?;
        Ok(match answer.and_then(|response| response.json::<Reservation>()) {
            Ok(reservation) => Hold::Held { reservation_id: reservation.reservation_id },
            Err(error) => refused_hold(error),
        })
    }

    /// Gives back whatever the order may have reserved, and refuses a request to reserve that is still on its way.
    pub async fn release_order(&self, order_id: i64, reason: &str) -> Result<StockAnswer, AppError> {
        let path = format!("/inventory/orders/{order_id}/release");
        let body = json!({"reason": reason});
        self.post("/inventory/orders/{order_id}/release", path, &body).await.map(released)
    }

    /// Turns a reservation into a sale.
    pub async fn commit(&self, reservation_id: &str) -> Result<StockAnswer, AppError> {
        let path = format!("/inventory/reservations/{reservation_id}/commit");
        let answer = self.post("/inventory/reservations/{id}/commit", path, &json!({})).await?;
        Ok(match answer {
            Ok(_) => StockAnswer::Done,
            Err(error) => match error.answer() {
                Some((StatusCode::NOT_FOUND | StatusCode::CONFLICT | StatusCode::GONE, _)) => {
                    StockAnswer::Gone
                }
                _ => StockAnswer::Failed(error),
            },
        })
    }

    /// Gives a reservation back.
    pub async fn release(&self, reservation_id: &str, reason: &str) -> Result<StockAnswer, AppError> {
        let path = format!("/inventory/reservations/{reservation_id}/release");
        let body = json!({"reason": reason});
        self.post("/inventory/reservations/{id}/release", path, &body).await.map(released)
    }

    /// Puts sold pieces back on the shelf. The key makes a repetition harmless.
    pub async fn restock(&self, product_id: i64, quantity: u32, key: &str) -> Result<StockAnswer, AppError> {
        let token = self.authenticator.service_token(crate::SERVICE.name)?;
        let answer = self
            .client
            .request(Method::POST, "/inventory/{id}/restock", format!("/inventory/{product_id}/restock"))
            .bearer(&token)
            .header(http::HeaderName::from_static("idempotency-key"), key)
            .repeatable()
            .json(&json!({"quantity": quantity}))
            .send()
            .await;
        Ok(match answer {
            Ok(_) => StockAnswer::Done,
            Err(error) if error.is_status(StatusCode::NOT_FOUND) => StockAnswer::Gone,
            Err(error) => StockAnswer::Failed(error),
        })
    }

    async fn post(
        &self,
        template: &'static str,
        path: String,
        body: &Value,
    ) -> Result<Result<ClientResponse, ClientError>, AppError> {
        let token = self.authenticator.service_token(crate::SERVICE.name)?;
        let request = self.client.request(Method::POST, template, path).bearer(&token);
        Ok(request.repeatable().json(body).send().await)
    }
}

fn refused_hold(error: ClientError) -> Hold {
    match error {
        ClientError::Status { status: StatusCode::CONFLICT, code, details, .. } if code == "OUT_OF_STOCK" => {
            Hold::OutOfStock(*details)
        }
        ClientError::Status { status: StatusCode::NOT_FOUND, details, .. } => Hold::UnknownProduct(*details),
        error if is_in_doubt(&error) => Hold::InDoubt(error),
        error => Hold::Refused(error),
    }
}

fn released(answer: Result<ClientResponse, ClientError>) -> StockAnswer {
    match answer {
        Ok(_) => StockAnswer::Done,
        Err(error) => match error.answer() {
            Some((StatusCode::NOT_FOUND | StatusCode::GONE, _)) => StockAnswer::Gone,
            Some((StatusCode::CONFLICT, _)) => StockAnswer::AlreadySold,
            _ => StockAnswer::Failed(error),
        },
    }
}

/// Whether the other side may have done what was asked all the same.
fn is_in_doubt(error: &ClientError) -> bool {
    match error {
        ClientError::CircuitOpen { .. } => false,
        ClientError::Status { status, .. } => status.is_server_error(),
        _ => true,
    }
}
