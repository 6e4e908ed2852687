//! Setting stock aside for orders, selling it, giving it back.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use service_kit::{AppError, ErrorBody, Json, detached};
use utoipa::ToSchema;

use crate::reservations::{self, Closing, OrderId, Outcome, Reservation, ReserveRequest};
use crate::state::Products;

const MAX_REASON: usize = 200;

/// Set stock aside, all of it or nothing; asking again for the same order gives the same reservation
#[utoipa::path(post, path = "/inventory/reserve", tag = "reservations", request_body = ReserveRequest,
    responses((status = 201, body = Reservation), (status = 200, description = "It was there already", body = Reservation),
        (status = 404, description = "No such product", body = ErrorBody), (status = 409, description = "Not enough stock", body = ErrorBody),
        (status = 410, description = "The order's reservation has expired", body = ErrorBody), (status = 422, body = ErrorBody)))]
#[tracing::instrument(target = "shop", name = "reserve_inventory", skip_all, fields(shop.order.id))]
pub(crate) async fn reserve(
    State(products): State<Arc<Products>>,
    Json(request): Json<ReserveRequest>,
) -> Result<(StatusCode, Json<Reservation>), AppError> {
    tracing::Span::current().record("shop.order.id", request.order_id.stored()?);
    // To its end even if the caller hangs up: half a reservation helps nobody.
    match detached(async move { reservations::reserve(&products, &request).await }).await? {
        Outcome::Created(reservation) => Ok((StatusCode::CREATED, Json(reservation))),
        Outcome::Existing(reservation) => Ok((StatusCode::OK, Json(reservation))),
    }
}

/// Sell what was set aside
#[utoipa::path(post, path = "/inventory/reservations/{id}/commit", tag = "reservations", params(("id" = String, Path)),
    responses((status = 200, body = Reservation), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody),
        (status = 410, body = ErrorBody)))]
#[tracing::instrument(target = "shop", name = "commit_inventory", skip_all, fields(shop.reservation.id = id))]
pub(crate) async fn commit(
    State(products): State<Arc<Products>>,
    Path(id): Path<String>,
) -> Result<Json<Reservation>, AppError> {
    detached(async move { reservations::close(&products, &id, Closing::Commit).await }).await.map(Json)
}

/// Why stock is given back.
#[derive(Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Reason {
    /// Up to 200 characters
    #[serde(default)]
    reason: Option<String>,
}

impl Reason {
    fn checked(self) -> Result<String, AppError> {
        let reason = self.reason.unwrap_or_else(|| "released".to_owned());
        if reason.chars().count() > MAX_REASON || reason.chars().any(char::is_control) {
            return Err(AppError::invalid_field("reason", "may have at most 200 characters"));
        }
        Ok(reason)
    }
}

/// Give back what was set aside
#[utoipa::path(post, path = "/inventory/reservations/{id}/release", tag = "reservations", params(("id" = String, Path)),
    request_body = Option<Reason>,
    responses((status = 200, body = Reservation), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
#[tracing::instrument(target = "shop", name = "release_inventory", skip_all, fields(shop.reservation.id = id))]
pub(crate) async fn release(
    State(products): State<Arc<Products>>,
    Path(id): Path<String>,
    Json(reason): Json<Option<Reason>>,
) -> Result<Json<Reservation>, AppError> {
    let reason = reason.unwrap_or_default().checked()?;
    let work = async move { reservations::close(&products, &id, Closing::Release { reason: &reason }).await };
    detached(work).await.map(Json)
}

/// What an order has reserved.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OrderRelease {
    /// Missing when there was nothing
    reservation: Option<Reservation>,
}

/// Give back whatever an order may have reserved, and refuse a request to reserve that is still on its way
#[utoipa::path(post, path = "/inventory/orders/{order_id}/release", tag = "reservations", params(("order_id" = String, Path)),
    request_body = Option<Reason>,
    responses((status = 200, body = OrderRelease), (status = 409, description = "It was sold", body = ErrorBody), (status = 422, body = ErrorBody)))]
#[tracing::instrument(target = "shop", name = "release_inventory", skip_all, fields(shop.order.id = order_id))]
pub(crate) async fn release_order(
    State(products): State<Arc<Products>>,
    Path(order_id): Path<String>,
    Json(reason): Json<Option<Reason>>,
) -> Result<Json<OrderRelease>, AppError> {
    let reason = reason.unwrap_or_default().checked()?;
    let order_id = OrderId::Text(order_id).stored()?;
    let work = async move { reservations::close_order(&products, &order_id, &reason).await };
    let reservation = detached(work).await?;
    Ok(Json(OrderRelease { reservation }))
}
