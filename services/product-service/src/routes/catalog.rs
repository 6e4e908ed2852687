//! Looking at products.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use serde::{Deserialize, Serialize};
use service_kit::{AppError, ErrorBody, Fault, Id, Json, Page, Params, emit};
use utoipa::{IntoParams, ToSchema};

use crate::catalog::Product;
use crate::filter::{ListParams, SearchParams};
use crate::popularity;
use crate::state::Products;

const MAX_TRENDING: i64 = 50;
const RELATED: i64 = 6;

/// Products, filtered, sorted, in pages
#[utoipa::path(get, path = "/products", tag = "catalogue", params(ListParams),
    responses((status = 200, body = Page<Product>), (status = 400, body = ErrorBody)))]
#[tracing::instrument(target = "shop", name = "list_products", skip_all)]
pub(crate) async fn list(
    State(products): State<Arc<Products>>,
    Params(params): Params<ListParams>,
) -> Result<Json<Page<Product>>, AppError> {
    Ok(Json(params.filter()?.fetch(&products.database, Duration::ZERO).await?))
}

/// Search by words
#[utoipa::path(get, path = "/products/search", tag = "catalogue", params(SearchParams),
    responses((status = 200, body = Page<Product>), (status = 400, body = ErrorBody)))]
#[tracing::instrument(target = "shop", name = "search_products", skip_all, fields(shop.search.query, shop.search.results))]
pub(crate) async fn search(
    State(products): State<Arc<Products>>,
    Params(params): Params<SearchParams>,
) -> Result<Json<Page<Product>>, AppError> {
    let filter = params.filter()?;
    // An index that is rebuilt now and then.
    products.imperfection.delay(0.03, Duration::from_millis(300)..Duration::from_millis(1500)).await;
    let wait = products.faults.hits(Fault::ProductSlowSearch).map_or(Duration::ZERO, |hit| hit.latency);
    let page = filter.fetch(&products.database, wait).await?;
    let (query, category, results) = (params.query()?, params.category(), page.total);
    let span = tracing::Span::current();
    span.record("shop.search.query", query);
    span.record("shop.search.results", results);
    if results == 0 {
        emit!(SearchNoResults { query, category, results }, "nothing found for {query:?}");
    } else {
        emit!(ProductSearched { query, category, results }, "{results} products found for {query:?}");
    }
    Ok(Json(page))
}

/// Over which time, and how many
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct TrendingParams {
    /// Such as 1h; at most 24h (default 1h)
    window: Option<String>,
    /// 1 to 50 (default 10)
    limit: Option<i64>,
}

/// A product and how much it is asked for.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Trending {
    #[serde(flatten)]
    product: Product,
    /// Looks and purchases of the window, recent ones counting more
    score: f64,
}

/// A list without pages.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Items<T> {
    items: Vec<T>,
}

/// What people look at and buy most at present
#[utoipa::path(get, path = "/products/trending", tag = "catalogue", params(TrendingParams),
    responses((status = 200, body = Items<Trending>), (status = 400, body = ErrorBody)))]
#[tracing::instrument(target = "shop", name = "get_trending_products", skip_all)]
pub(crate) async fn trending(
    State(products): State<Arc<Products>>,
    Params(params): Params<TrendingParams>,
) -> Result<Json<Items<Trending>>, AppError> {
    let window = runtime::parse_duration(params.window.as_deref().unwrap_or("1h"))
        .ok()
        .and_then(|window| i64::try_from(window.as_millis()).ok())
        .filter(|window| (60_000..=popularity::KEEP_MS).contains(window))
        .ok_or_else(|| AppError::bad_parameter("window", "must be a duration from 1m to 24h, such as 1h"))?;
    let limit = params.limit.unwrap_or(10);
    if limit < 1 {
        return Err(AppError::bad_parameter("limit", "must be between 1 and 50"));
    }
    products.popularity.flush(&products.database).await?;
    let found = popularity::trending(&products.database, window, limit.min(MAX_TRENDING)).await?;
    let items = found.into_iter().map(|(product, score)| Trending { product, score }).collect();
    Ok(Json(Items { items }))
}

/// One product
#[utoipa::path(get, path = "/products/{id}", tag = "catalogue", params(("id" = i64, Path)),
    responses((status = 200, body = Product), (status = 404, body = ErrorBody)))]
#[tracing::instrument(target = "shop", name = "get_product", skip_all)]
pub(crate) async fn product(
    State(products): State<Arc<Products>>,
    Id(id): Id,
) -> Result<Json<Product>, AppError> {
    let product = Product::by_id(&products.database, id).await?;
    products.popularity.viewed(id);
    let (category, price) = (product.category.as_str(), product.price);
    emit!(ProductViewed { product_id = id, category, price }, "product {id} viewed");
    Ok(Json(product))
}

/// Others of the same category
#[utoipa::path(get, path = "/products/{id}/related", tag = "catalogue", params(("id" = i64, Path)),
    responses((status = 200, body = Items<Product>), (status = 404, body = ErrorBody)))]
#[tracing::instrument(target = "shop", name = "get_related_products", skip_all)]
pub(crate) async fn related(
    State(products): State<Arc<Products>>,
    Id(id): Id,
) -> Result<Json<Items<Product>>, AppError> {
    let product = Product::by_id(&products.database, id).await?;
    let rows = products
        .database
        .query(
            "SELECT p.id, p.sku, p.name, p.description, p.category, p.price_cents, p.currency, \
             i.on_hand - i.reserved AS available FROM products p JOIN inventory i ON i.product_id = p.id \
             WHERE p.active = 1 AND p.category = $1 AND p.id <> $2 ORDER BY p.id LIMIT $3",
        )
        .bind(product.category.as_str())
        .bind(id)
        .bind(RELATED)
        .all()
        .await?;
    Ok(Json(Items { items: Product::from_rows(&rows)? }))
}

/// A category and how many products it has.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Category {
    name: String,
    products: i64,
}

/// All categories
#[utoipa::path(get, path = "/categories", tag = "catalogue", responses((status = 200, body = Items<Category>)))]
#[tracing::instrument(target = "shop", name = "list_categories", skip_all)]
pub(crate) async fn categories(
    State(products): State<Arc<Products>>,
) -> Result<Json<Items<Category>>, AppError> {
    let rows = products
        .database
        .query("SELECT category, COUNT(*) AS total FROM products WHERE active = 1 GROUP BY category ORDER BY category")
        .all()
        .await?;
    let mut items = Vec::with_capacity(rows.len());
    for row in &rows {
        items.push(Category { name: row.get("category")?, products: row.get("total")? });
    }
    Ok(Json(Items { items }))
}
