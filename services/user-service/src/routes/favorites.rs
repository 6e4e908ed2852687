//! Favourites: which products is our knowledge, what they are is product-service's.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{Method, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use service_kit::{AppError, ClientError, ErrorBody, Id, IdAndId, Json, emit, now_ms, rfc3339};
use utoipa::ToSchema;

use crate::accounts::Account;
use crate::session::Session;
use crate::state::Users;

/// A page of product-service, so that one call completes them all.
const MAX_FAVORITES: i64 = 100;

/// The product to add.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewFavorite {
    product_id: i64,
}

/// Favourites, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Favorites {
    user_id: i64,
    items: Vec<Favorite>,
    /// True when product-service did not answer: ids only
    partial: bool,
}

/// One favourite.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Favorite {
    product_id: i64,
    added_at: String,
    /// The product; missing when product-service does not answer, or sells it no more
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    product: Option<Value>,
}

#[derive(Deserialize)]
struct Products {
    items: Vec<Value>,
}

/// Somebody's favourites
#[utoipa::path(get, path = "/users/{id}/favorites", tag = "favorites", security(("bearer" = [])), params(("id" = i64, Path)),
    responses((status = 200, body = Favorites), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody)))]
#[tracing::instrument(target = "shop", name = "get_favorites", skip_all, fields(shop.favorites.count, shop.favorites.partial))]
pub(crate) async fn list(
    State(users): State<Arc<Users>>,
    Id(id): Id,
    session: Session,
) -> Result<Json<Favorites>, AppError> {
    session.0.must_act_for(id)?;
    Account::by_id(&users.database, id).await?;
    let rows = users
        .database
        .query(
            "SELECT product_id, created_ms FROM favorites WHERE user_id = $1 \
             ORDER BY created_ms DESC, product_id DESC LIMIT 100",
        )
        .bind(id)
        .all()
        .await?;
    let mut items = Vec::with_capacity(rows.len());
    for row in &rows {
        let added_at = rfc3339(row.get("created_ms")?);
        items.push(Favorite { product_id: row.get("product_id")?, added_at, product: None });
    }
    let ids: Vec<i64> = items.iter().map(|item| item.product_id).collect();
    let (products, partial) = match products(&users, &ids).await {
        Ok(products) => (products, false),
        Err(error) => {
            tracing::warn!(error = error.to_string(), "favourites are shown without their products");
            (Vec::new(), true)
        }
    };
    for item in &mut items {
        item.product = products.iter().find(|product| product["id"] == item.product_id).cloned();
    }
    let span = tracing::Span::current();
    span.record("shop.favorites.count", items.len() as i64);
    span.record("shop.favorites.partial", partial);
    Ok(Json(Favorites { user_id: id, items, partial }))
}

/// Asks product-service for all of `ids` in one call.
async fn products(users: &Users, ids: &[i64]) -> Result<Vec<Value>, ClientError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let list = ids.iter().map(i64::to_string).collect::<Vec<_>>().join(",");
    let path = format!("/products?ids={list}&limit={MAX_FAVORITES}");
    let answer = users.products.request(Method::GET, "/products", path).send().await?;
    Ok(answer.json::<Products>()?.items)
}

/// Add a favourite
#[utoipa::path(post, path = "/users/{id}/favorites", tag = "favorites", security(("bearer" = [])), params(("id" = i64, Path)),
    request_body = NewFavorite,
    responses((status = 201, body = NewFavorite), (status = 200, description = "It was there already", body = NewFavorite),
        (status = 404, description = "No such product", body = ErrorBody), (status = 502, body = ErrorBody),
        (status = 503, body = ErrorBody), (status = 504, body = ErrorBody)))]
#[tracing::instrument(target = "shop", name = "add_favorite", skip_all)]
pub(crate) async fn add(
    State(users): State<Arc<Users>>,
    Id(id): Id,
    session: Session,
    Json(body): Json<NewFavorite>,
) -> Result<(StatusCode, Json<NewFavorite>), AppError> {
    session.0.must_act_for(id)?;
    let product_id = body.product_id;
    Account::by_id(&users.database, id).await?;
    if product_id < 1 || products(&users, &[product_id]).await?.is_empty() {
        return Err(AppError::not_found("PRODUCT_NOT_FOUND", format!("there is no product {product_id}")));
    }
    let row = users
        .database
        .query("SELECT COUNT(*) AS total FROM favorites WHERE user_id = $1 AND product_id <> $2")
        .bind(id)
        .bind(product_id)
        .one()
        .await?;
    if row.get::<i64>("total")? >= MAX_FAVORITES {
        return Err(AppError::unprocessable(
            "TOO_MANY_FAVORITES",
            "100 favourites are the limit; remove one first",
        ));
    }
    let added = users
        .database
        .query("INSERT INTO favorites (user_id, product_id, created_ms) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING")
        .bind(id)
        .bind(product_id)
        .bind(now_ms())
        .execute()
        .await?;
    if added == 0 {
        return Ok((StatusCode::OK, Json(body)));
    }
    emit!(FavoriteAdded { user_id = id, product_id }, "user {id} likes product {product_id}");
    Ok((StatusCode::CREATED, Json(body)))
}

/// Remove a favourite
#[utoipa::path(delete, path = "/users/{id}/favorites/{product_id}", tag = "favorites", security(("bearer" = [])),
    params(("id" = i64, Path), ("product_id" = i64, Path)),
    responses((status = 204, description = "It is gone, or was never there"), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody)))]
#[tracing::instrument(target = "shop", name = "remove_favorite", skip_all)]
pub(crate) async fn remove(
    State(users): State<Arc<Users>>,
    IdAndId(id, product_id): IdAndId,
    session: Session,
) -> Result<StatusCode, AppError> {
    session.0.must_act_for(id)?;
    let removed = users
        .database
        .query("DELETE FROM favorites WHERE user_id = $1 AND product_id = $2")
        .bind(id)
        .bind(product_id)
        .execute()
        .await?;
    if removed > 0 {
        emit!(FavoriteRemoved { user_id = id, product_id }, "user {id} no longer likes product {product_id}");
    }
    Ok(StatusCode::NO_CONTENT)
}
