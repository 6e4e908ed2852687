//! The business in numbers. Open to everybody while tokens are not required; a customer's token does not open it.
#![expect(unused_qualifications, reason = "the macro that describes addresses writes full paths")]

use std::time::Duration;

use axum::extract::State;
use serde::{Deserialize, Serialize};
use service_kit::{AppError, Caller, ErrorBody, Json, OptionalCaller, Params, now_ms, rfc3339};
use utoipa::{IntoParams, ToSchema};

use super::Api;
use crate::money::Cents;

const SHORTEST: Duration = Duration::from_secs(60);
const LONGEST: Duration = Duration::from_secs(90 * 24 * 3600);
/// Points of a series: more than any chart has pixels for.
const MAX_BUCKETS: u128 = 1500;

/// The stretch of time that is looked at
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct WindowParams {
    /// How far back, such as 15m, 1h (default) or 7d
    pub window: Option<String>,
    /// Length of a step of the series (default 5m)
    pub bucket: Option<String>,
    /// How many products, 1 to 100 (default 10)
    pub limit: Option<i64>,
}

impl WindowParams {
    fn window(&self) -> Result<Duration, AppError> {
        duration("window", self.window.as_deref().unwrap_or("1h"))
    }

    fn bucket(&self, window: Duration) -> Result<Duration, AppError> {
        let bucket = duration("bucket", self.bucket.as_deref().unwrap_or("5m"))?;
        if window.as_millis() / bucket.as_millis() > MAX_BUCKETS {
            return Err(AppError::bad_parameter("bucket", "is too short for the window; use a longer one"));
        }
        Ok(bucket)
    }

    fn limit(&self) -> Result<i64, AppError> {
        match self.limit.unwrap_or(10) {
            limit @ 1.. => Ok(limit.min(100)),
            _ => Err(AppError::bad_parameter("limit", "must be between 1 and 100")),
        }
    }
}

fn duration(name: &str, text: &str) -> Result<Duration, AppError> {
    runtime::parse_duration(text)
        .ok()
        .filter(|duration| (SHORTEST..=LONGEST).contains(duration))
        .ok_or_else(|| AppError::bad_parameter(name, "must be a duration between 1m and 90d, such as 1h"))
}

fn since(window: Duration) -> i64 {
    now_ms() - i64::try_from(window.as_millis()).unwrap_or(i64::MAX)
}

impl Api {
    fn may_see_analytics(&self, caller: Option<&Caller>) -> Result<(), AppError> {
        match caller {
            Some(caller) => caller.must_be_admin_or_service(),
            None => self.anonymous(),
        }
    }
}

/// Orders and money of a stretch of time
#[derive(Debug, Serialize, ToSchema)]
pub struct SummaryView {
    pub since: String,
    /// Orders taken
    pub orders: i64,
    pub rejected: i64,
    pub paid: i64,
    pub cancelled: i64,
    pub expired: i64,
    /// Payments that were declined
    pub declined: i64,
    pub payment_failures: i64,
    #[schema(value_type = f64)]
    pub revenue: Cents,
    #[schema(value_type = f64)]
    pub refunded: Cents,
    #[schema(value_type = f64)]
    pub net_revenue: Cents,
    /// Average order value: revenue for each paid order
    #[schema(value_type = f64)]
    pub aov: Cents,
    /// Share of orders that were paid
    pub conversion: f64,
    pub by_category: Vec<CategoryView>,
}

/// What a category sold, before discounts
#[derive(Debug, Serialize, ToSchema)]
pub struct CategoryView {
    pub category: String,
    pub quantity: i64,
    #[schema(value_type = f64)]
    pub revenue: Cents,
}

/// Orders and money
#[utoipa::path(get, path = "/analytics/summary", params(WindowParams),
    responses((status = 200, body = SummaryView), (status = 400, body = ErrorBody)))]
pub async fn summary(
    State(api): State<Api>,
    OptionalCaller(caller): OptionalCaller,
    Params(params): Params<WindowParams>,
) -> Result<Json<SummaryView>, AppError> {
    api.may_see_analytics(caller.as_ref())?;
    let since = since(params.window()?);
    let summary = api.shop.store.summary(since).await?;
    let aov = if summary.paid > 0 { summary.revenue.0 / summary.paid } else { 0 };
    let conversion = if summary.orders > 0 { summary.paid as f64 / summary.orders as f64 } else { 0.0 };
    Ok(Json(SummaryView {
        since: rfc3339(since),
        orders: summary.orders,
        rejected: summary.rejected,
        paid: summary.paid,
        cancelled: summary.cancelled,
        expired: summary.expired,
        declined: summary.declined,
        payment_failures: summary.payment_failures,
        revenue: summary.revenue,
        refunded: summary.refunded,
        net_revenue: Cents(summary.revenue.0 - summary.refunded.0),
        aov: Cents(aov),
        conversion: (conversion * 1e4).round() / 1e4,
        by_category: summary
            .categories
            .into_iter()
            .map(|share| CategoryView {
                category: share.category,
                quantity: share.quantity,
                revenue: share.revenue,
            })
            .collect(),
    }))
}

/// The products that sold best
#[derive(Debug, Serialize, ToSchema)]
pub struct TopProducts {
    pub since: String,
    pub items: Vec<TopProductView>,
}

/// What a product sold, before discounts
#[derive(Debug, Serialize, ToSchema)]
pub struct TopProductView {
    pub product_id: i64,
    pub name: String,
    pub quantity: i64,
    pub orders: i64,
    #[schema(value_type = f64)]
    pub revenue: Cents,
}

/// The products that sold best
#[utoipa::path(get, path = "/analytics/top-products", params(WindowParams),
    responses((status = 200, body = TopProducts), (status = 400, body = ErrorBody)))]
pub async fn top_products(
    State(api): State<Api>,
    OptionalCaller(caller): OptionalCaller,
    Params(params): Params<WindowParams>,
) -> Result<Json<TopProducts>, AppError> {
    api.may_see_analytics(caller.as_ref())?;
    let since = since(params.window()?);
    let products = api.shop.store.top_products(since, params.limit()?).await?;
    let items = products
        .into_iter()
        .map(|product| TopProductView {
            product_id: product.product_id,
            name: product.name,
            quantity: product.quantity,
            orders: product.orders,
            revenue: product.revenue,
        })
        .collect();
    Ok(Json(TopProducts { since: rfc3339(since), items }))
}

/// Revenue over time
#[derive(Debug, Serialize, ToSchema)]
pub struct RevenueSeries {
    pub bucket_s: u64,
    pub items: Vec<RevenuePoint>,
}

/// One step of the series
#[derive(Debug, Serialize, ToSchema)]
pub struct RevenuePoint {
    pub start: String,
    pub orders: i64,
    #[schema(value_type = f64)]
    pub revenue: Cents,
}

/// Revenue over time
#[utoipa::path(get, path = "/analytics/revenue", params(WindowParams),
    responses((status = 200, body = RevenueSeries), (status = 400, body = ErrorBody)))]
pub async fn revenue(
    State(api): State<Api>,
    OptionalCaller(caller): OptionalCaller,
    Params(params): Params<WindowParams>,
) -> Result<Json<RevenueSeries>, AppError> {
    api.may_see_analytics(caller.as_ref())?;
    let window = params.window()?;
    let bucket = params.bucket(window)?;
    let bucket_ms = i64::try_from(bucket.as_millis()).unwrap_or(i64::MAX);
    let buckets = api.shop.store.revenue(since(window), now_ms(), bucket_ms).await?;
    let items = buckets
        .into_iter()
        .map(|bucket| RevenuePoint {
            start: rfc3339(bucket.start),
            orders: bucket.orders,
            revenue: bucket.revenue,
        })
        .collect();
    Ok(Json(RevenueSeries { bucket_s: bucket.as_secs(), items }))
}
