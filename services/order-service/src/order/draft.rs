//! What a client asks for when it places an order, and the checks that need nobody else.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use service_kit::AppError;
use utoipa::ToSchema;

use super::coupon::{Coupon, find_coupon};

/// Most different products in one order.
pub const MAX_LINES: usize = 50;
/// Most pieces of one product in one order.
pub const MAX_QUANTITY: i64 = 99;
const MAX_TEXT: usize = 200;

/// The body of `POST /orders`. Prices are not in it: they come from the product service.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CreateOrder {
    #[schema(example = 1)]
    pub user_id: i64,
    pub products: Vec<CreateLine>,
    /// ISO 4217 code; only the shop's own currency is accepted
    pub currency: Option<String>,
    pub shipping_address: Option<Address>,
    #[schema(example = "WELCOME10")]
    pub coupon: Option<String>,
}

/// One product and how many of it. Repeated products are added up.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CreateLine {
    #[serde(alias = "product_id")]
    #[schema(example = 1)]
    pub id: i64,
    #[schema(example = 2)]
    pub quantity: i64,
}

/// Where the parcel goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Address {
    pub street: String,
    pub city: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub postal_code: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
}

/// An order that is right in itself. Whether its user and products exist is not known yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    pub user_id: i64,
    /// In ascending order of product, each product once.
    pub lines: Vec<DraftLine>,
    pub currency: Option<String>,
    pub shipping_address: Option<Address>,
    pub coupon: Option<Coupon>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DraftLine {
    pub product_id: i64,
    pub quantity: u32,
}

fn wrong(field: impl AsRef<str>, problem: impl AsRef<str>) -> AppError {
    AppError::invalid_field(field.as_ref(), problem.as_ref())
}

impl CreateOrder {
    /// Checks the request and merges repeated products.
    pub fn validate(self) -> Result<Draft, AppError> {
        if self.user_id < 1 {
            return Err(wrong("user_id", "must be a positive number"));
        }
        let lines = merge(&self.products)?;
        if let Some(address) = &self.shipping_address {
            address.validate()?;
        }
        let currency = self.currency.map(|text| parse_currency(&text)).transpose()?;
        let coupon = match self.coupon.as_deref().map(str::trim) {
            None | Some("") => None,
            Some(code) => Some(find_coupon(code).ok_or_else(|| wrong("coupon", "unknown coupon code"))?),
        };
        Ok(Draft { user_id: self.user_id, lines, currency, shipping_address: self.shipping_address, coupon })
    }
}

fn merge(products: &[CreateLine]) -> Result<Vec<DraftLine>, AppError> {
    if products.is_empty() {
        return Err(wrong("products", "must name at least one product"));
    }
    let mut quantities = BTreeMap::<i64, i64>::new();
    for (index, line) in products.iter().enumerate() {
        if line.id < 1 {
            return Err(wrong(format!("products[{index}].id"), "must be a positive number"));
        }
        let field = format!("products[{index}].quantity");
        if !(1..=MAX_QUANTITY).contains(&line.quantity) {
            return Err(wrong(field, format!("must be between 1 and {MAX_QUANTITY}")));
        }
        let sum = quantities.entry(line.id).or_default();
        *sum += line.quantity;
        if *sum > MAX_QUANTITY {
            return Err(wrong(field, format!("adds up to more than {MAX_QUANTITY} of product {}", line.id)));
        }
    }
    if quantities.len() > MAX_LINES {
        return Err(wrong("products", format!("at most {MAX_LINES} different products")));
    }
    Ok(quantities
        .into_iter()
        .map(|(product_id, quantity)| DraftLine { product_id, quantity: quantity as u32 })
        .collect())
}

fn parse_currency(text: &str) -> Result<String, AppError> {
    if text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        Ok(text.to_ascii_uppercase())
    } else {
        Err(wrong("currency", "must be a code of three letters, such as EUR"))
    }
}

impl Address {
    fn validate(&self) -> Result<(), AppError> {
        let optional = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".to_owned());
        for (name, value) in [
            ("street", self.street.clone()),
            ("city", self.city.clone()),
            ("postal_code", optional(&self.postal_code)),
            ("country", optional(&self.country)),
        ] {
            let field = format!("shipping_address.{name}");
            if value.trim().is_empty() {
                return Err(wrong(field, "must not be empty"));
            }
            if value.chars().count() > MAX_TEXT || value.chars().any(char::is_control) {
                return Err(wrong(field, format!("must be at most {MAX_TEXT} characters on one line")));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(json: &str) -> Result<Draft, AppError> {
        serde_json::from_str::<CreateOrder>(json).unwrap().validate()
    }

    #[test]
    fn repeated_products_are_merged() {
        let draft = parse(
            r#"{"user_id":1,"products":[{"id":7,"quantity":2},{"id":3,"quantity":1},{"product_id":7,"quantity":4}]}"#,
        )
        .unwrap();
        let lines: Vec<_> = draft.lines.iter().map(|line| (line.product_id, line.quantity)).collect();
        assert_eq!(lines, [(3, 1), (7, 6)]);
    }

    #[test]
    fn mistakes_name_their_field() {
        let many: Vec<_> = (1..=51).map(|id| format!(r#"{{"id":{id},"quantity":1}}"#)).collect();
        let many = format!(r#"{{"user_id":1,"products":[{}]}}"#, many.join(","));
        for (json, field) in [
            (r#"{"user_id":0,"products":[{"id":1,"quantity":1}]}"#, "user_id"),
            (r#"{"user_id":1,"products":[]}"#, "products"),
            (r#"{"user_id":1,"products":[{"id":1,"quantity":0}]}"#, "products[0].quantity"),
            (r#"{"user_id":1,"products":[{"id":1,"quantity":-3}]}"#, "products[0].quantity"),
            (r#"{"user_id":1,"products":[{"id":1,"quantity":9223372036854775807}]}"#, "products[0].quantity"),
            (
                r#"{"user_id":1,"products":[{"id":1,"quantity":99},{"id":1,"quantity":1}]}"#,
                "products[1].quantity",
            ),
            (r#"{"user_id":1,"products":[{"id":-1,"quantity":1}]}"#, "products[0].id"),
            (r#"{"user_id":1,"currency":"euro","products":[{"id":1,"quantity":1}]}"#, "currency"),
            (r#"{"user_id":1,"coupon":"FREE","products":[{"id":1,"quantity":1}]}"#, "coupon"),
            (
                r#"{"user_id":1,"shipping_address":{"street":"","city":"x"},"products":[{"id":1,"quantity":1}]}"#,
                "shipping_address.street",
            ),
            (many.as_str(), "products"),
        ] {
            let error = parse(json).unwrap_err();
            assert_eq!(error.details["field"], field, "{json}");
            assert_eq!(error.status, 422);
        }
    }
}
