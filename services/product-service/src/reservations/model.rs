//! What a reservation is.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use service_kit::{AppError, DatabaseError, Row, Tx, rfc3339};
use utoipa::ToSchema;

const MAX_ITEMS: usize = 100;
const MAX_QUANTITY: i64 = 10_000;
const MAX_TTL_S: i64 = 3600;
pub(crate) const DEFAULT_TTL_S: i64 = 120;

/// The order's id: a number or a text, as order-service likes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum OrderId {
    Number(i64),
    Text(String),
}

impl OrderId {
    /// As it is stored, if it is usable.
    pub(crate) fn stored(&self) -> Result<String, AppError> {
        match self {
            Self::Number(number) => Ok(number.to_string()),
            Self::Text(text)
                if (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic()) =>
            {
                Ok(text.clone())
            }
            Self::Text(_) => Err(AppError::invalid_field("order_id", "must have 1 to 64 visible characters")),
        }
    }

    fn from_stored(text: String) -> Self {
        match text.parse::<i64>() {
            Ok(number) if number.to_string() == text => Self::Number(number),
            _ => Self::Text(text),
        }
    }
}

/// So many pieces of a product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Item {
    pub(crate) product_id: i64,
    pub(crate) quantity: i64,
}

/// What to set aside.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReserveRequest {
    pub(crate) order_id: OrderId,
    /// 1 to 100 products; the same product twice counts together
    pub(crate) items: Vec<Item>,
    /// Seconds until the stock is for sale again, 1 to 3600 (default 120)
    #[serde(default)]
    pub(crate) ttl_s: Option<i64>,
}

impl ReserveRequest {
    /// The items by ascending product id, each product once, and the time to live.
    pub(crate) fn check(&self) -> Result<(Vec<Item>, i64), AppError> {
        let ttl_s = self.ttl_s.unwrap_or(DEFAULT_TTL_S);
        if !(1..=MAX_TTL_S).contains(&ttl_s) {
            return Err(AppError::invalid_field("ttl_s", "must be between 1 and 3600"));
        }
        if !(1..=MAX_ITEMS).contains(&self.items.len()) {
            return Err(AppError::invalid_field("items", "must have 1 to 100 entries"));
        }
        let mut merged: BTreeMap<i64, i64> = BTreeMap::new();
        for (index, item) in self.items.iter().enumerate() {
            let quantity = merged.entry(item.product_id).or_default();
            *quantity = quantity.saturating_add(item.quantity);
            if !(1..=MAX_QUANTITY).contains(&item.quantity) || *quantity > MAX_QUANTITY {
                let field = format!("items[{index}].quantity");
                return Err(AppError::invalid_field(&field, "must be between 1 and 10000"));
            }
        }
        let items = merged.into_iter().map(|(product_id, quantity)| Item { product_id, quantity }).collect();
        Ok((items, ttl_s))
    }
}

/// Where a reservation is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Status {
    Active,
    Committed,
    Released,
    Expired,
}

impl Status {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Committed => "committed",
            Self::Released => "released",
            Self::Expired => "expired",
        }
    }

    fn from_name(name: &str) -> Self {
        match name {
            "committed" => Self::Committed,
            "released" => Self::Released,
            "expired" => Self::Expired,
            _ => Self::Active,
        }
    }
}

/// A reservation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Reservation {
    pub(crate) reservation_id: String,
    pub(crate) order_id: OrderId,
    pub(crate) status: Status,
    pub(crate) items: Vec<Item>,
    pub(crate) expires_at: String,
    #[serde(skip)]
    pub(crate) expires_ms: i64,
    #[serde(skip)]
    pub(crate) trace_context: Option<String>,
}

impl Reservation {
    pub(super) async fn by_id(tx: &mut Tx, id: &str) -> Result<Option<Self>, AppError> {
        let row = tx
            .query("SELECT id, order_id, status, trace_context, expires_ms FROM reservations WHERE id = $1")
            .bind(id)
            .optional()
            .await?;
        Self::with_items(tx, row).await
    }

    pub(super) async fn by_order(tx: &mut Tx, order_id: &str) -> Result<Option<Self>, AppError> {
        let row = tx
            .query("SELECT id, order_id, status, trace_context, expires_ms FROM reservations WHERE order_id = $1")
            .bind(order_id)
            .optional()
            .await?;
        Self::with_items(tx, row).await
    }

    async fn with_items(tx: &mut Tx, row: Option<Row>) -> Result<Option<Self>, AppError> {
        let Some(row) = row else { return Ok(None) };
        let id: String = row.get("id")?;
        let rows = tx
            .query(
                "SELECT product_id, quantity FROM reservation_items WHERE reservation_id = $1 ORDER BY product_id",
            )
            .bind(id.as_str())
            .all()
            .await?;
        let item = |row: &Row| -> Result<Item, DatabaseError> {
            Ok(Item { product_id: row.get("product_id")?, quantity: row.get("quantity")? })
        };
        let expires_ms = row.get("expires_ms")?;
        Ok(Some(Self {
            reservation_id: id,
            order_id: OrderId::from_stored(row.get("order_id")?),
            status: Status::from_name(&row.get::<String>("status")?),
            items: rows.iter().map(item).collect::<Result<_, _>>()?,
            expires_at: rfc3339(expires_ms),
            expires_ms,
            trace_context: row.get("trace_context")?,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(items: &[(i64, i64)], ttl_s: Option<i64>) -> ReserveRequest {
        let items = items.iter().map(|&(product_id, quantity)| Item { product_id, quantity }).collect();
        ReserveRequest { order_id: OrderId::Number(1), items, ttl_s }
    }

    #[test]
    fn items_are_merged_and_sorted() {
        let (items, ttl_s) = request(&[(3, 1), (1, 2), (3, 4)], None).check().unwrap();
        assert_eq!(items, [Item { product_id: 1, quantity: 2 }, Item { product_id: 3, quantity: 5 }]);
        assert_eq!(ttl_s, DEFAULT_TTL_S);
    }

    #[test]
    fn nonsense_is_refused() {
        for (request, field) in [
            (request(&[], None), "items"),
            (request(&[(1, 1); 101], None), "items"),
            (request(&[(1, 0)], None), "items[0].quantity"),
            (request(&[(1, 1), (2, -1)], None), "items[1].quantity"),
            (request(&[(1, i64::MAX)], None), "items[0].quantity"),
            (request(&[(1, 9000), (1, 9000)], None), "items[1].quantity"),
            (request(&[(1, 1)], Some(0)), "ttl_s"),
            (request(&[(1, 1)], Some(i64::MAX)), "ttl_s"),
        ] {
            let error = request.check().unwrap_err();
            assert_eq!((error.status.as_u16(), error.details["field"].as_str()), (422, Some(field)));
        }
    }

    #[test]
    fn order_ids_keep_their_form() {
        for id in [OrderId::Number(7), OrderId::Text("ord_01".to_owned()), OrderId::Text("007".to_owned())] {
            assert_eq!(OrderId::from_stored(id.stored().unwrap()), id);
        }
        for bad in ["", "a b", &"x".repeat(65)] {
            assert!(OrderId::Text(bad.to_owned()).stored().is_err(), "{bad}");
        }
    }
}
