//! Changing the catalogue: administrators only.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use service_kit::{AppError, Caller, ErrorBody, Id, Json, emit, now_ms};

use crate::catalog::{Draft, Product, not_found};
use crate::state::Products;

/// Add a product
#[utoipa::path(post, path = "/products", tag = "catalogue", security(("bearer" = [])), request_body = Draft,
    responses((status = 201, body = Product), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 409, description = "The SKU is taken", body = ErrorBody), (status = 422, body = ErrorBody)))]
#[tracing::instrument(target = "shop", name = "create_product", skip_all)]
pub(crate) async fn create(
    State(products): State<Arc<Products>>,
    caller: Caller,
    Json(draft): Json<Draft>,
) -> Result<Response, AppError> {
    caller.must_be_admin()?;
    let price_cents = draft.check()?;
    let mut tx = products.database.begin().await?;
    let id = draft.insert(&mut tx, price_cents).await?;
    tx.commit().await?;
    emit!(ProductCreated { product_id = id }, "product {id} added");
    let product = Product::by_id(&products.database, id).await?;
    let location = [(header::LOCATION, format!("/products/{id}"))];
    Ok((StatusCode::CREATED, location, Json(product)).into_response())
}

/// Replace a product's data; its stock stays
#[utoipa::path(put, path = "/products/{id}", tag = "catalogue", security(("bearer" = [])), params(("id" = i64, Path)),
    request_body = Draft,
    responses((status = 200, body = Product), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody), (status = 409, body = ErrorBody), (status = 422, body = ErrorBody)))]
#[tracing::instrument(target = "shop", name = "update_product", skip_all)]
pub(crate) async fn replace(
    State(products): State<Arc<Products>>,
    Id(id): Id,
    caller: Caller,
    Json(draft): Json<Draft>,
) -> Result<Json<Product>, AppError> {
    caller.must_be_admin()?;
    if draft.stock.is_some() {
        return Err(AppError::invalid_field(
            "stock",
            "can only be given for new products; use POST /inventory/{id}/restock",
        ));
    }
    draft.update(&products.database, id, draft.check()?).await?;
    emit!(ProductUpdated { product_id = id }, "product {id} changed");
    Ok(Json(Product::by_id(&products.database, id).await?))
}

/// Take a product out of the catalogue; orders that have it keep it
#[utoipa::path(delete, path = "/products/{id}", tag = "catalogue", security(("bearer" = [])), params(("id" = i64, Path)),
    responses((status = 204), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
#[tracing::instrument(target = "shop", name = "delete_product", skip_all)]
pub(crate) async fn withdraw(
    State(products): State<Arc<Products>>,
    Id(id): Id,
    caller: Caller,
) -> Result<StatusCode, AppError> {
    caller.must_be_admin()?;
    let sql = "UPDATE products SET active = 0, updated_ms = $1 WHERE id = $2 AND active = 1";
    if products.database.query(sql).bind(now_ms()).bind(id).execute().await? == 0 {
        return Err(not_found(id));
    }
    emit!(ProductDeleted { product_id = id }, "product {id} left the catalogue");
    Ok(StatusCode::NO_CONTENT)
}
