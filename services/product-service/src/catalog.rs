//! Products in the database.

use serde::{Deserialize, Serialize};
use service_kit::{AppError, Database, DatabaseError, DatabaseErrorExt as _, Row, Tx, amount, cents, now_ms};
use utoipa::ToSchema;

/// All columns that a [`Product`] is made of.
pub(crate) const COLUMNS: &str = "p.id, p.sku, p.name, p.description, p.category, p.price_cents, p.currency, \
     i.on_hand - i.reserved AS available";
/// Products for sale with their stock.
pub(crate) const TABLES: &str = "products p JOIN inventory i ON i.product_id = p.id";

/// A product for sale.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct Product {
    pub(crate) id: i64,
    pub(crate) sku: String,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) category: String,
    /// In `currency`, with cents as decimals
    pub(crate) price: f64,
    /// The same in whole cents
    pub(crate) price_cents: i64,
    pub(crate) currency: String,
    /// Pieces that can be ordered now
    pub(crate) available: i64,
    pub(crate) in_stock: bool,
}

/// A product as an administrator describes it.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Draft {
    pub(crate) sku: String,
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) description: String,
    pub(crate) category: String,
    /// In EUR, at most two decimals
    pub(crate) price: f64,
    /// Pieces in stock; only for new products
    #[serde(default)]
    pub(crate) stock: Option<i64>,
}

/// What the search looks through.
pub(crate) fn search_text(name: &str, category: &str, description: &str) -> String {
    format!("{name} {category} {description}").to_lowercase()
}

impl Product {
    pub(crate) fn from_row(row: &Row) -> Result<Self, DatabaseError> {
        let price_cents: i64 = row.get("price_cents")?;
        let available: i64 = row.get("available")?;
        Ok(Self {
            id: row.get("id")?,
            sku: row.get("sku")?,
            name: row.get("name")?,
            description: row.get("description")?,
            category: row.get("category")?,
            price: amount(price_cents),
            price_cents,
            currency: row.get("currency")?,
            available,
            in_stock: available > 0,
        })
    }

    pub(crate) fn from_rows(rows: &[Row]) -> Result<Vec<Self>, DatabaseError> {
        rows.iter().map(Self::from_row).collect()
    }

    /// The product with this id, or 404.
    pub(crate) async fn by_id(database: &Database, id: i64) -> Result<Self, AppError> {
        let row = database
            .query(
                "SELECT p.id, p.sku, p.name, p.description, p.category, p.price_cents, p.currency, \
                 i.on_hand - i.reserved AS available FROM products p JOIN inventory i ON i.product_id = p.id \
                 WHERE p.id = $1 AND p.active = 1",
            )
            .bind(id)
            .optional()
            .await?
            .ok_or_else(|| not_found(id))?;
        Ok(Self::from_row(&row)?)
    }
}

/// 404.
pub(crate) fn not_found(id: i64) -> AppError {
    AppError::not_found("PRODUCT_NOT_FOUND", format!("there is no product {id}"))
        .with_details(serde_json::json!({"product_id": id}))
}

impl Draft {
    /// The price in cents, once all fields have usable values.
    pub(crate) fn check(&self) -> Result<i64, AppError> {
        let length = |field: &str, text: &str, range: std::ops::RangeInclusive<usize>| {
            let count = text.trim().chars().count();
            if range.contains(&count) && !text.chars().any(char::is_control) {
                return Ok(());
            }
            let problem = format!("must have {} to {} characters", range.start(), range.end());
            Err(AppError::invalid_field(field, &problem))
        };
        length("sku", &self.sku, 1..=40)?;
        length("name", &self.name, 1..=120)?;
        length("description", &self.description, 0..=2000)?;
        length("category", &self.category, 2..=50)?;
        let slug = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if !self.category.bytes().all(slug) {
            return Err(AppError::invalid_field("category", "must be a name such as home-kitchen"));
        }
        if self.stock.is_some_and(|stock| !(0..=1_000_000).contains(&stock)) {
            return Err(AppError::invalid_field("stock", "must be between 0 and 1000000"));
        }
        match cents(self.price) {
            Some(price) if (1..=100_000_000).contains(&price) => Ok(price),
            _ => Err(AppError::invalid_field("price", "must be between 0.01 and 1000000")),
        }
    }

    /// Adds a product with its stock; returns its id.
    pub(crate) async fn insert(&self, tx: &mut Tx, price_cents: i64) -> Result<i64, AppError> {
        let row = tx
            .query(
                "INSERT INTO products (sku, name, description, category, price_cents, currency, active, search_text, \
                 created_ms, updated_ms) VALUES ($1, $2, $3, $4, $5, 'EUR', 1, $6, $7, $7) RETURNING id",
            )
            .bind(self.sku.trim())
            .bind(self.name.trim())
            .bind(self.description.trim())
            .bind(self.category.as_str())
            .bind(price_cents)
            .bind(search_text(&self.name, &self.category, &self.description))
            .bind(now_ms())
            .one()
            .await
            .map_err(sku_taken)?;
        let id: i64 = row.get("id")?;
        let stock = self.stock.unwrap_or(0);
        tx.query(
            "INSERT INTO inventory (product_id, on_hand, reserved, low_stock_threshold, delivery_quantity) \
             VALUES ($1, $2, 0, $3, $4)",
        )
        .bind(id)
        .bind(stock)
        .bind(stock / 10)
        .bind(stock.max(1))
        .execute()
        .await?;
        Ok(id)
    }

    /// Replaces a product's data; its stock stays.
    pub(crate) async fn update(
        &self,
        database: &Database,
        id: i64,
        price_cents: i64,
    ) -> Result<(), AppError> {
        let changed = database
            .query(
                "UPDATE products SET sku = $1, name = $2, description = $3, category = $4, price_cents = $5, \
                 search_text = $6, updated_ms = $7 WHERE id = $8 AND active = 1",
            )
            .bind(self.sku.trim())
            .bind(self.name.trim())
            .bind(self.description.trim())
            .bind(self.category.as_str())
            .bind(price_cents)
            .bind(search_text(&self.name, &self.category, &self.description))
            .bind(now_ms())
            .bind(id)
            .execute()
            .await
            .map_err(sku_taken)?;
        if changed == 0 { Err(not_found(id)) } else { Ok(()) }
    }
}

fn sku_taken(error: DatabaseError) -> AppError {
    if error.is_unique_violation() {
        AppError::conflict("SKU_TAKEN", "another product has this SKU")
    } else {
        error.into()
    }
}
