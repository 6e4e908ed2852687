//! Placing orders, looking at them, moving them along, cancelling them.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use service_kit::{AppError, Caller, ErrorBody, Id, Json, OptionalCaller};
use utoipa::ToSchema;

use super::body::OptionalJson;
use super::view::{OrderDetails, OrderView};
use super::{Answer, Api, idempotency_key};
use crate::order::{CreateOrder, Status};

const MAX_REASON: usize = 200;

/// Places an order
#[utoipa::path(post, path = "/orders", request_body = CreateOrder,
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes repeating the request safe")),
    responses(
        (status = 201, body = OrderView, description = "Placed; Location leads to it"),
        (status = 404, body = ErrorBody, description = "USER_NOT_FOUND or PRODUCT_NOT_FOUND"),
        (status = 409, body = ErrorBody, description = "OUT_OF_STOCK, or a request with this key is under way"),
        (status = 422, body = ErrorBody, description = "A field has no usable value"),
        (status = 504, body = ErrorBody, description = "Another service did not answer in time; nothing is held")
    ))]
pub async fn create(
    State(api): State<Api>,
    OptionalCaller(caller): OptionalCaller,
    headers: HeaderMap,
    Json(body): Json<CreateOrder>,
) -> Result<Response, AppError> {
    let draft = body.clone().validate()?;
    api.may_act_for(caller.as_ref(), draft.user_id)?;
    let scope = format!("POST /orders {}", draft.user_id);
    let (shop, key) = (Arc::clone(&api.shop), idempotency_key(&headers));
    // On the heap: a whole order is a large future.
    let work = Box::pin(async move {
        let order = shop.create_order(draft, key).await?;
        let location = format!("/orders/{}", order.id);
        Answer::Ok((StatusCode::CREATED, Some(location), OrderView::from(order)))
    });
    api.idempotency.run(&headers, &scope, &body, work).await
}

/// Shows an order with its history
#[utoipa::path(get, path = "/orders/{id}", params(("id" = i64, Path)),
    responses((status = 200, body = OrderDetails), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn show(
    State(api): State<Api>,
    OptionalCaller(caller): OptionalCaller,
    Id(id): Id,
) -> Result<Json<OrderDetails>, AppError> {
    let order = api.order_for(caller.as_ref(), id).await?;
    OrderDetails::load(&api.shop.store, order).await.map(Json)
}

/// The status to set
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct SetStatus {
    #[schema(example = "shipped")]
    pub status: String,
}

/// Moves an order along (administrators)
#[utoipa::path(patch, path = "/orders/{id}/status", params(("id" = i64, Path)), request_body = SetStatus,
    responses(
        (status = 200, body = OrderView),
        (status = 409, body = ErrorBody, description = "INVALID_TRANSITION, with what is allowed"),
        (status = 422, body = ErrorBody, description = "Not a status")
    ))]
pub async fn set_status(
    State(api): State<Api>,
    caller: Caller,
    Id(id): Id,
    Json(body): Json<SetStatus>,
) -> Result<Json<OrderView>, AppError> {
    caller.must_be_admin_or_service()?;
    let status = parse_status("status", &body.status)?;
    let shop = Arc::clone(&api.shop);
    let order = service_kit::detached(async move { shop.set_status(id, status).await }).await?;
    Ok(Json(order.into()))
}

/// Why something is done
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
pub struct CancelOrder {
    #[schema(example = "changed_my_mind")]
    pub reason: Option<String>,
}

/// Cancels an order that is not shipped yet
#[utoipa::path(post, path = "/orders/{id}/cancel", params(("id" = i64, Path)), request_body = CancelOrder,
    responses((status = 200, body = OrderView), (status = 409, body = ErrorBody, description = "Too late")))]
pub async fn cancel(
    State(api): State<Api>,
    OptionalCaller(caller): OptionalCaller,
    Id(id): Id,
    OptionalJson(body): OptionalJson<CancelOrder>,
) -> Result<Json<OrderView>, AppError> {
    let reason = checked_reason(body.reason.as_deref(), "cancelled_by_customer")?;
    let order = api.order_for(caller.as_ref(), id).await?;
    let shop = Arc::clone(&api.shop);
    let order = service_kit::detached(async move { shop.cancel_order(order.id, &reason).await }).await?;
    Ok(Json(order.into()))
}

/// A reason short enough to keep, or the usual one.
pub(super) fn checked_reason(reason: Option<&str>, usual: &str) -> Result<String, AppError> {
    match reason.map(str::trim) {
        None | Some("") => Ok(usual.to_owned()),
        Some(text) if text.chars().count() > MAX_REASON || text.chars().any(char::is_control) => {
            Err(AppError::invalid_field(
                "reason",
                &format!("must be at most {MAX_REASON} characters on one line"),
            ))
        }
        Some(text) => Ok(text.to_owned()),
    }
}

/// The status of that name; the error lists all names.
pub(super) fn parse_status(field: &str, text: &str) -> Result<Status, AppError> {
    Status::parse(text).ok_or_else(|| {
        let names: Vec<_> = Status::ALL.iter().map(|status| status.as_str()).collect();
        AppError::invalid_field(field, &format!("must be one of {}", names.join(", ")))
    })
}
