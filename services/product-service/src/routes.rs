//! The HTTP interface.

mod admin;
#[expect(unused_qualifications, reason = "what `utoipa::path` makes of `params(…)` names its types in full")]
mod catalog;
mod inventory;
mod reservations;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};
use service_kit::{BearerAuth, ErrorBody};
use utoipa::OpenApi;

use crate::state::Products;

#[derive(OpenApi)]
#[openapi(
    info(title = "product-service", description = "Catalogue, search, inventory and reservations of the shop"),
    modifiers(&BearerAuth),
    components(schemas(ErrorBody)),
    paths(
        catalog::list, catalog::search, catalog::trending, catalog::product, catalog::related, catalog::categories,
        admin::create, admin::replace, admin::withdraw,
        inventory::list, inventory::level, inventory::restock,
        reservations::reserve, reservations::commit, reservations::release, reservations::release_order,
    )
)]
struct Document;

/// All routes and their description.
pub(crate) fn all(products: Arc<Products>) -> (Router, utoipa::openapi::OpenApi) {
    let router = Router::new()
        .route("/products", get(catalog::list).post(admin::create))
        .route("/products/search", get(catalog::search))
        .route("/products/trending", get(catalog::trending))
        .route("/products/{id}", get(catalog::product).put(admin::replace).delete(admin::withdraw))
        .route("/products/{id}/related", get(catalog::related))
        .route("/categories", get(catalog::categories))
        .route("/inventory", get(inventory::list))
        .route("/inventory/{id}", get(inventory::level))
        .route("/inventory/{id}/restock", post(inventory::restock))
        .route("/inventory/reserve", post(reservations::reserve))
        .route("/inventory/reservations/{id}/commit", post(reservations::commit))
        .route("/inventory/reservations/{id}/release", post(reservations::release))
        .route("/inventory/orders/{order_id}/release", post(reservations::release_order))
        .with_state(products);
    (router, Document::openapi())
}
