//! Money: paying and refunding.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use service_kit::{AppError, ErrorBody, Id, OptionalCaller};
use utoipa::ToSchema;

use super::body::OptionalJson;
use super::orders::checked_reason;
use super::view::OrderView;
use super::{Answer, Api, idempotency_key};
use crate::flow::PayOrder;
use crate::money::Cents;
use crate::payment::{CardError, DEFAULT_TOKEN, find_card};

const METHODS: [&str; 3] = ["card", "wallet", "invoice"];

/// How to pay
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
pub struct PayBody {
    /// card (default), wallet or invoice
    #[schema(example = "card")]
    pub method: Option<String>,
    /// A token of the payment gateway. Test tokens: tok_ok, tok_insufficient_funds, tok_card_expired,
    /// tok_fraud_suspected, tok_do_not_honor, tok_gateway_timeout, tok_gateway_lost, tok_gateway_error
    #[schema(example = "tok_visa")]
    pub card_token: Option<String>,
}

/// Pays an order
#[utoipa::path(post, path = "/orders/{id}/pay", params(("id" = i64, Path),
    ("Idempotency-Key" = Option<String>, Header, description = "Makes repeating the request safe")),
    request_body = PayBody,
    responses(
        (status = 200, body = OrderView),
        (status = 402, body = ErrorBody, description = "PAYMENT_DECLINED with decline_code and attempts_left"),
        (status = 409, body = ErrorBody, description = "Already paid, not payable, or a payment is under way"),
        (status = 410, body = ErrorBody, description = "RESERVATION_EXPIRED"),
        (status = 504, body = ErrorBody, description = "PAYMENT_UNKNOWN: the outcome is looked up")
    ))]
pub async fn pay(
    State(api): State<Api>,
    OptionalCaller(caller): OptionalCaller,
    Id(id): Id,
    headers: HeaderMap,
    OptionalJson(body): OptionalJson<PayBody>,
) -> Result<Response, AppError> {
    let method = checked_method(body.method.as_deref())?;
    let token = body.card_token.as_deref().unwrap_or(DEFAULT_TOKEN);
    let card = find_card(token).map_err(|error| {
        let code = match error {
            CardError::LooksLikeANumber => "CARD_NUMBER_SENT",
            CardError::Unknown => "UNKNOWN_CARD_TOKEN",
        };
        AppError::unprocessable(code, error.to_string())
            .with_details(serde_json::json!({"field": "card_token"}))
    })?;
    let order = api.order_for(caller.as_ref(), id).await?;
    let scope = format!("POST /orders/{id}/pay {}", order.user_id);
    let shop = Arc::clone(&api.shop);
    let pay = PayOrder { order_id: id, method, card, idempotency_key: idempotency_key(&headers) };
    let work = Box::pin(async move {
        let order = shop.pay_order(pay).await?;
        Answer::Ok((StatusCode::OK, None, OrderView::from(order)))
    });
    // What counts for a repetition is what is paid with, not how the body was spelt.
    api.idempotency.run(&headers, &scope, &(method, card.token), work).await
}

fn checked_method(method: Option<&str>) -> Result<&'static str, AppError> {
    let wanted = method.unwrap_or(METHODS[0]);
    METHODS
        .into_iter()
        .find(|known| *known == wanted)
        .ok_or_else(|| AppError::invalid_field("method", &format!("must be one of {}", METHODS.join(", "))))
}

/// What to give back
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
pub struct RefundBody {
    /// All that is left when missing
    #[schema(value_type = Option<f64>, example = 10.0)]
    pub amount: Option<Cents>,
    #[schema(example = "damaged")]
    pub reason: Option<String>,
}

/// The refund and the order after it
#[derive(Debug, Serialize, ToSchema)]
pub struct RefundAnswer {
    pub refund_id: String,
    #[serde(flatten)]
    pub order: OrderView,
}

/// Gives money of a paid order back
#[utoipa::path(post, path = "/orders/{id}/refund", params(("id" = i64, Path),
    ("Idempotency-Key" = Option<String>, Header, description = "Makes repeating the request safe")),
    request_body = RefundBody,
    responses(
        (status = 200, body = RefundAnswer),
        (status = 409, body = ErrorBody, description = "Not paid, or more than is left")
    ))]
pub async fn refund(
    State(api): State<Api>,
    OptionalCaller(caller): OptionalCaller,
    Id(id): Id,
    headers: HeaderMap,
    OptionalJson(body): OptionalJson<RefundBody>,
) -> Result<Response, AppError> {
    if body.amount.is_some_and(|amount| amount <= Cents::ZERO) {
        return Err(AppError::invalid_field("amount", "must be more than 0"));
    }
    let reason = checked_reason(body.reason.as_deref(), "requested_by_customer")?;
    let order = api.order_for(caller.as_ref(), id).await?;
    let scope = format!("POST /orders/{id}/refund {}", order.user_id);
    let (shop, key, amount) = (Arc::clone(&api.shop), idempotency_key(&headers), body.amount);
    let work = Box::pin(async move {
        let (order, refund_id) = shop.refund_order(id, amount, &reason, key).await?;
        Answer::Ok((StatusCode::OK, None, RefundAnswer { refund_id, order: order.into() }))
    });
    api.idempotency.run(&headers, &scope, &body, work).await
}
