//! The HTTP side: who may do what, what comes in, what goes out.

mod analytics;
mod body;
mod lists;
mod orders;
mod payments;
mod view;

use std::sync::Arc;

use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, patch, post};
use service_kit::{AppError, Caller, Idempotency};
use utoipa::OpenApi;

use crate::flow::Shop;
use crate::order::Order;

/// What handlers know.
#[derive(Debug, Clone)]
pub struct Api {
    pub shop: Arc<Shop>,
    pub idempotency: Idempotency,
    /// Whether orders need a token at all; the sample calls have none.
    pub require_auth: bool,
}

/// The description served as `/openapi.json`.
#[derive(Debug, OpenApi)]
#[openapi(
    info(title = "order-service", description = "Orders, payments, refunds and analytics of the shop."),
    paths(
        orders::create,
        orders::show,
        orders::set_status,
        orders::cancel,
        payments::pay,
        payments::refund,
        lists::of_user,
        lists::all,
        analytics::summary,
        analytics::top_products,
        analytics::revenue,
    ),
    components(schemas(service_kit::ErrorBody))
)]
pub struct ApiDoc;

/// The routes.
pub fn routes(api: Api) -> Router {
    Router::new()
        .route("/orders", post(orders::create).get(lists::all))
        .route("/orders/{id}", get(orders::show))
        .route("/orders/{id}/pay", post(payments::pay))
        .route("/orders/{id}/status", patch(orders::set_status))
        .route("/orders/{id}/cancel", post(orders::cancel))
        .route("/orders/{id}/refund", post(payments::refund))
        .route("/orders/user/{user_id}", get(lists::of_user))
        .route("/analytics/summary", get(analytics::summary))
        .route("/analytics/top-products", get(analytics::top_products))
        .route("/analytics/revenue", get(analytics::revenue))
        .with_state(api)
}

/// Status, `Location` and body of an answer that is stored under an idempotency key.
type Answer<T> = Result<(StatusCode, Option<String>, T), AppError>;

impl Api {
    /// Whether the caller may act for `user_id`. Without a token everybody may, unless tokens are required.
    fn may_act_for(&self, caller: Option<&Caller>, user_id: i64) -> Result<(), AppError> {
        match caller {
            Some(caller) => caller.must_act_for(user_id),
            None => self.anonymous(),
        }
    }

    fn anonymous(&self) -> Result<(), AppError> {
        if self.require_auth {
            return Err(AppError::unauthorized(
                "log in at user-service and send Authorization: Bearer TOKEN",
            ));
        }
        Ok(())
    }

    /// The order, if the caller may see it.
    async fn order_for(&self, caller: Option<&Caller>, id: i64) -> Result<Order, AppError> {
        if caller.is_none() {
            self.anonymous()?;
        }
        let order = self.shop.store.load(id).await?;
        self.may_act_for(caller, order.user_id)?;
        Ok(order)
    }
}

/// The client's key for repeating a request safely. The store checks its form.
fn idempotency_key(headers: &HeaderMap) -> Option<String> {
    headers.get("idempotency-key")?.to_str().ok().map(str::to_owned)
}
