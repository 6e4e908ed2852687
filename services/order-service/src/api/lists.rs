//! Lists of orders: a customer's own, and all of them for administrators.
#![expect(unused_qualifications, reason = "the macro that describes addresses writes full paths")]

use axum::extract::{Path, State};
use serde::Deserialize;
use service_kit::{AppError, Caller, ErrorBody, Json, OptionalCaller, Page, PageParams, Params};
use utoipa::IntoParams;

use super::Api;
use super::orders::parse_status;
use super::view::OrderSummary;
use crate::store::Filter;

/// Which orders, and which page
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ListParams {
    /// Only orders with this status
    pub status: Option<String>,
    /// Only orders placed at this instant (RFC 3339) or later
    pub from: Option<String>,
    /// Only orders placed before this instant (RFC 3339)
    pub to: Option<String>,
    /// Page number, from 1
    pub page: Option<i64>,
    /// Orders a page, 1 to 100 (default 20)
    pub limit: Option<i64>,
}

impl ListParams {
    fn filter(&self, user_id: Option<i64>) -> Result<Filter, AppError> {
        let status = self.status.as_deref().filter(|text| !text.is_empty());
        let status = status.map(|text| parse_status("status", text)).transpose();
        Ok(Filter {
            user_id,
            status: status
                .map_err(|error| AppError::bad_request("INVALID_PARAMETER", error.message.clone()))?,
            from: self.from.as_deref().map(|text| instant("from", text)).transpose()?,
            to: self.to.as_deref().map(|text| instant("to", text)).transpose()?,
        })
    }
}

fn instant(name: &str, text: &str) -> Result<i64, AppError> {
    let parsed = text.parse::<jiff::Timestamp>().map(jiff::Timestamp::as_millisecond);
    parsed.map_err(|_| AppError::bad_parameter(name, "must be an instant such as 2026-11-24T08:00:00Z"))
}

/// The orders of one customer, newest first
#[utoipa::path(get, path = "/orders/user/{user_id}", params(("user_id" = i64, Path), ListParams),
    responses((status = 200, body = Page<OrderSummary>), (status = 403, body = ErrorBody)))]
pub async fn of_user(
    State(api): State<Api>,
    OptionalCaller(caller): OptionalCaller,
    Path(user_id): Path<String>,
    Params(params): Params<ListParams>,
) -> Result<Json<Page<OrderSummary>>, AppError> {
    let user_id = user_id
        .parse::<i64>()
        .map_err(|_| AppError::bad_request("INVALID_ID", "the user id in the path must be a whole number"))?;
    api.may_act_for(caller.as_ref(), user_id)?;
    page(&api, &params, Some(user_id)).await
}

/// All orders, newest first (administrators)
#[utoipa::path(get, path = "/orders", params(ListParams),
    responses((status = 200, body = Page<OrderSummary>), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody)))]
pub async fn all(
    State(api): State<Api>,
    caller: Caller,
    Params(params): Params<ListParams>,
) -> Result<Json<Page<OrderSummary>>, AppError> {
    caller.must_be_admin_or_service()?;
    page(&api, &params, None).await
}

async fn page(
    api: &Api,
    params: &ListParams,
    user_id: Option<i64>,
) -> Result<Json<Page<OrderSummary>>, AppError> {
    let filter = params.filter(user_id)?;
    let (page, limit, offset) = PageParams { page: params.page, limit: params.limit }.checked()?;
    let (rows, total) = api.shop.store.list(&filter, limit, offset).await?;
    let items = rows.into_iter().map(OrderSummary::from).collect();
    Ok(Json(Page { items, total, page, limit }))
}
