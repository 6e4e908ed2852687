//! The history of a user's queries in Explore.

use axum::extract::{Path, State};
use axum::routing::{get, patch, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use super::params::Params;
use crate::auth::Identity;
use crate::dashboards::uid as uids;
use crate::error::{ApiError, JsonBody};
use crate::repo::StoreError;
use crate::repo::query_history::{HistoryFilter, PastQuery};
use crate::server::App;

type Answer = Result<Json<Value>, ApiError>;

/// Queries of one user that are kept, besides starred ones, and for how long.
const KEPT_MAX: i64 = 1_000;
const KEPT_SECS: i64 = 14 * 86_400;
const STARRED_MAX: i64 = 1_000;
const QUERIES_MAX_BYTES: usize = 128 << 10;
const COMMENT_MAX_CHARS: usize = 2_000;
const UID_MAX_CHARS: usize = 40;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/query-history", get(list).post(add))
        .route("/api/query-history/{uid}", patch(comment).delete(remove))
        .route("/api/query-history/star/{uid}", post(star).delete(unstar))
}

fn describe(query: &PastQuery) -> Result<Value, ApiError> {
    let queries: Value = serde_json::from_str(&query.queries)
        .map_err(|source| StoreError::Decode { column: "queries", source })?;
    Ok(json!({
        "uid": query.uid,
        "datasourceUid": query.data_source_uid,
        "createdBy": query.user_id,
        "createdAt": query.created_at,
        "comment": query.comment,
        "starred": query.is_starred,
        "queries": queries,
    }))
}

async fn list(State(app): State<App>, identity: Identity, params: Params) -> Answer {
    let page = params.page(100, KEPT_MAX);
    let filter = HistoryFilter {
        user_id: identity.user.id,
        data_source_uids: params.all("datasourceUid").take(100).collect(),
        text: params.get("searchString").unwrap_or_default(),
        is_starred_only: params.flag("onlyStarred"),
        from: params.number("from"),
        to: params.number("to"),
        is_oldest_first: params.get("sort") == Some("time-asc"),
    };
    let (found, total) = app.store().query_history(&filter, page.limit, page.offset()).await?;
    let described = found.iter().map(describe).collect::<Result<Vec<_>, _>>()?;
    Ok(Json(json!({ "result": {
        "totalCount": total, "page": page.number, "perPage": page.limit, "queryHistory": described,
    } })))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    #[serde(default)]
    datasource_uid: String,
    #[serde(default)]
    queries: Value,
}

async fn add(State(app): State<App>, identity: Identity, JsonBody(body): JsonBody<Body>) -> Answer {
    if body.queries.as_array().is_none_or(Vec::is_empty) {
        return Err(ApiError::bad_request("bad request data: queries is a list of queries"));
    }
    let queries = body.queries.to_string();
    if queries.len() > QUERIES_MAX_BYTES || body.datasource_uid.chars().count() > UID_MAX_CHARS {
        return Err(ApiError::bad_request(format!(
            "queries take at most {QUERIES_MAX_BYTES} bytes, a data source's uid {UID_MAX_CHARS} characters"
        )));
    }
    let now = app.clock().now();
    let query = PastQuery {
        id: 0,
        uid: uids::random(),
        user_id: identity.user.id,
        data_source_uid: body.datasource_uid,
        created_at: now,
        comment: String::new(),
        is_starred: false,
        queries,
    };
    app.store().add_past_query(&query, KEPT_MAX, now - KEPT_SECS).await?;
    Ok(Json(json!({ "result": describe(&query)? })))
}

async fn find(app: &App, identity: &Identity, uid: &str) -> Result<PastQuery, ApiError> {
    let found = app.store().past_query(identity.user.id, uid).await?;
    found.ok_or_else(|| ApiError::not_found("query in query history not found"))
}

#[derive(Deserialize)]
struct Comment {
    #[serde(default)]
    comment: String,
}

async fn comment(
    State(app): State<App>,
    identity: Identity,
    Path(uid): Path<String>,
    JsonBody(body): JsonBody<Comment>,
) -> Answer {
    if body.comment.chars().count() > COMMENT_MAX_CHARS {
        return Err(ApiError::bad_request(format!("a comment has at most {COMMENT_MAX_CHARS} characters")));
    }
    let mut query = find(&app, &identity, &uid).await?;
    query.comment = body.comment;
    app.store().change_past_query(&query).await?;
    Ok(Json(json!({ "result": describe(&query)? })))
}

async fn star(State(app): State<App>, identity: Identity, Path(uid): Path<String>) -> Answer {
    let mut query = find(&app, &identity, &uid).await?;
    if app.store().count_starred_queries(identity.user.id).await? >= STARRED_MAX {
        return Err(ApiError::forbidden(format!("{STARRED_MAX} queries have a star: take one away first")));
    }
    query.is_starred = true;
    app.store().change_past_query(&query).await?;
    Ok(Json(json!({ "result": describe(&query)? })))
}

async fn unstar(State(app): State<App>, identity: Identity, Path(uid): Path<String>) -> Answer {
    let mut query = find(&app, &identity, &uid).await?;
    query.is_starred = false;
    app.store().change_past_query(&query).await?;
    Ok(Json(json!({ "result": describe(&query)? })))
}

async fn remove(State(app): State<App>, identity: Identity, Path(uid): Path<String>) -> Answer {
    let query = find(&app, &identity, &uid).await?;
    app.store().delete_past_query(query.id).await?;
    Ok(Json(json!({ "message": "Query deleted", "id": query.id })))
}
