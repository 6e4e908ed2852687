//! Stock levels and deliveries.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use service_kit::{AppError, Caller, ErrorBody, Id, Json, Page, PageParams, Params, emit};
use utoipa::ToSchema;

use crate::inventory::Level;
use crate::state::Products;

const MAX_DELIVERY: i64 = 100_000;

/// The stock of all products
#[utoipa::path(get, path = "/inventory", tag = "inventory", params(PageParams),
    responses((status = 200, body = Page<Level>), (status = 400, body = ErrorBody)))]
#[tracing::instrument(target = "shop", name = "list_inventory", skip_all)]
pub(crate) async fn list(
    State(products): State<Arc<Products>>,
    Params(page): Params<PageParams>,
) -> Result<Json<Page<Level>>, AppError> {
    Ok(Json(Level::list(&products.database, page).await?))
}

/// The stock of one product
#[utoipa::path(get, path = "/inventory/{id}", tag = "inventory", params(("id" = i64, Path)),
    responses((status = 200, body = Level), (status = 404, body = ErrorBody)))]
#[tracing::instrument(target = "shop", name = "check_inventory", skip_all)]
pub(crate) async fn level(
    State(products): State<Arc<Products>>,
    Id(id): Id,
) -> Result<Json<Level>, AppError> {
    Ok(Json(Level::of(&products.database, id).await?))
}

/// How many pieces arrived.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Delivery {
    /// 1 to 100000
    quantity: i64,
}

/// Put pieces on the shelf
#[utoipa::path(post, path = "/inventory/{id}/restock", tag = "inventory", security(("bearer" = [])),
    params(("id" = i64, Path), ("Idempotency-Key" = Option<String>, Header, description = "Makes repeating the request safe")),
    request_body = Delivery,
    responses((status = 200, body = Level), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody), (status = 422, body = ErrorBody)))]
#[tracing::instrument(target = "shop", name = "restock_product", skip_all)]
pub(crate) async fn restock(
    State(products): State<Arc<Products>>,
    Id(id): Id,
    caller: Caller,
    headers: HeaderMap,
    Json(delivery): Json<Delivery>,
) -> Result<Response, AppError> {
    caller.must_be_admin_or_service()?;
    let quantity = delivery.quantity;
    if !(1..=MAX_DELIVERY).contains(&quantity) {
        return Err(AppError::invalid_field("quantity", "must be between 1 and 100000"));
    }
    let scope = format!("POST /inventory/{id}/restock by {}", caller.claims.sub);
    let shop = Arc::clone(&products);
    let key = headers.get("idempotency-key").and_then(|key| key.to_str().ok());
    let mark = key.map(|key| format!("{scope}: {key}"));
    let work = async move {
        let level = match mark {
            Some(mark) => Level::add_once(&shop.database, id, quantity, &mark).await?,
            None => Level::add(&shop.database, id, quantity).await?,
        };
        let available = level.available;
        emit!(InventoryRestocked { product_id = id, quantity, available }, "{quantity} of product {id} delivered");
        Ok((StatusCode::OK, None, level))
    };
    products.idempotency.run(&headers, &scope, &delivery, work).await
}
