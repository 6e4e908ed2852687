//! `POST /api/ds/query`: the queries of a panel, each answered with data frames or its own error.

use std::collections::HashMap;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use futures::StreamExt as _;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::error::{ApiError, JsonBody};
use crate::query::{Query, parse_range, run};
use crate::repo::data_sources::{DataSource, Key};
use crate::server::App;

/// Queries of one request.
const QUERIES_MAX: usize = 100;
/// Those of one request that are under way at once.
const AT_ONCE: usize = 4;

pub(super) fn routes() -> Router<App> {
    Router::new().route("/api/ds/query", post(query))
}

#[derive(Deserialize)]
struct Body {
    #[serde(default)]
    queries: Vec<Map<String, Value>>,
    #[serde(default)]
    from: Option<Value>,
    #[serde(default)]
    to: Option<Value>,
}

async fn query(
    State(app): State<App>,
    JsonBody(body): JsonBody<Body>,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    if body.queries.is_empty() {
        return Err(ApiError::bad_request("no queries found"));
    }
    if body.queries.len() > QUERIES_MAX {
        return Err(ApiError::bad_request(format!("one request has at most {QUERIES_MAX} queries")));
    }
    let now_ms = app.clock().now().saturating_mul(1000);
    let mut asked = Vec::new();
    let mut sources: HashMap<String, DataSource> = HashMap::new();
    for model in body.queries {
        let source = source_of(&app, &model, &mut sources).await?;
        let own = model.get("timeRange");
        let (from, to) = match own {
            Some(own) => (own.get("from"), own.get("to")),
            None => (body.from.as_ref(), body.to.as_ref()),
        };
        let range = parse_range(from, to, now_ms).map_err(ApiError::bad_request)?;
        asked.push((source, Query::new(model, range)));
    }
    let asked = asked.into_iter().map(|(source, query)| {
        let app = app.clone();
        async move { answer(&app, &source, &query).await }
    });
    let mut answers = futures::stream::iter(asked).buffered(AT_ONCE);
    let (mut results, mut status) = (Map::new(), StatusCode::OK);
    while let Some((ref_id, result)) = answers.next().await {
        if result.get("error").is_some() {
            status = StatusCode::BAD_REQUEST;
        }
        results.insert(ref_id, result);
    }
    Ok((status, Json(json!({ "results": results }))))
}

async fn answer(app: &App, source: &DataSource, query: &Query) -> (String, Value) {
    let result = match run(app, source, query).await {
        Ok(frames) => {
            let frames: Vec<Value> = frames.into_iter().map(|frame| frame.into_json(&query.ref_id)).collect();
            json!({ "status": 200, "frames": frames })
        }
        Err(failure) => failure.into_json(),
    };
    (query.ref_id.clone(), result)
}

/// The source that a query names by uid, id or, as old dashboards do, by name.
async fn source_of(
    app: &App,
    model: &Map<String, Value>,
    known: &mut HashMap<String, DataSource>,
) -> Result<DataSource, ApiError> {
    let named = model.get("datasource").map_or(&Value::Null, |named| named.get("uid").unwrap_or(named));
    let number = model.get("datasourceId").and_then(Value::as_i64);
    let missing = || ApiError::not_found("Data source not found").with_status("not-found");
    let key = match (named, number) {
        (Value::String(text), _) => text.clone(),
        (_, Some(id)) => id.to_string(),
        _ => return Err(ApiError::bad_request("a query names no data source: set its datasource.uid")),
    };
    if let Some(source) = known.get(&key) {
        return Ok(source.clone());
    }
    let store = app.store();
    let found = match number.filter(|_| !named.is_string()) {
        Some(id) => store.data_source(Key::Id(id)).await?,
        None => match store.data_source(Key::Uid(&key)).await? {
            Some(found) => Some(found),
            None => store.data_source(Key::Name(&key)).await?,
        },
    };
    let source = found.ok_or_else(missing)?;
    known.insert(key, source.clone());
    Ok(source)
}
