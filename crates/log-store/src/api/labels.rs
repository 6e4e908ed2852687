//! `labels`, label values and `series`

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use model::TimestampNanos;
use serde_json::{Value, json};

use super::App;
use super::error::ApiError;
use super::query::json as answer;
use super::selector::{selector, selector_or_all};
use super::tenant;
use crate::batch::Stream;
use crate::query::{Params, find_streams};

/// Selectors of one request.
const MAX_SELECTORS: usize = 32;

pub(crate) async fn labels(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    params: Params,
) -> Result<Response, ApiError> {
    let streams = find(&app, &headers, &params, &["query"]).await?;
    let names: BTreeSet<&str> =
        streams.iter().flat_map(|stream| stream.labels.iter().map(|(name, _)| name)).collect();
    Ok(answer(&list(&names)))
}

pub(crate) async fn values(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    headers: HeaderMap,
    params: Params,
) -> Result<Response, ApiError> {
    let streams = find(&app, &headers, &params, &["query"]).await?;
    let values: BTreeSet<&str> = streams.iter().filter_map(|stream| stream.labels.get(&name)).collect();
    Ok(answer(&list(&values)))
}

/// Answers of the API before `/loki/api/v1`.
pub(crate) async fn legacy_labels(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    params: Params,
) -> Result<Response, ApiError> {
    let streams = find(&app, &headers, &params, &["query"]).await?;
    let names = streams.iter().flat_map(|stream| stream.labels.iter().map(|(name, _)| name)).collect();
    Ok(answer(&legacy_list(&names)))
}

pub(crate) async fn legacy_values(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    headers: HeaderMap,
    params: Params,
) -> Result<Response, ApiError> {
    let streams = find(&app, &headers, &params, &["query"]).await?;
    let values = streams.iter().filter_map(|stream| stream.labels.get(&name)).collect();
    Ok(answer(&legacy_list(&values)))
}

fn legacy_list(items: &BTreeSet<&str>) -> Value {
    if items.is_empty() { json!({}) } else { json!({ "values": items }) }
}

pub(crate) async fn series(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    params: Params,
) -> Result<Response, ApiError> {
    let streams = find(&app, &headers, &params, &["match", "match[]"]).await?;
    let labels = |stream: &Arc<Stream>| {
        stream.labels.iter().map(|(name, value)| (name.to_owned(), json!(value))).collect()
    };
    let data: Vec<Value> = streams.iter().map(|stream| Value::Object(labels(stream))).collect();
    Ok(answer(&json!({ "status": "success", "data": data })))
}

/// An empty list is left out, as in Loki.
fn list(items: &BTreeSet<&str>) -> Value {
    if items.is_empty() {
        json!({ "status": "success" })
    } else {
        json!({ "status": "success", "data": items })
    }
}

/// Streams in the asked range that match the selectors in the parameters called `names`.
async fn find(
    app: &App,
    headers: &HeaderMap,
    params: &Params,
    names: &[&str],
) -> Result<Vec<Arc<Stream>>, ApiError> {
    let tenant = tenant::of(app, headers)?;
    let range = params.limited_range(TimestampNanos::now(), &app.limits)?;
    let mut selectors = Vec::new();
    for text in params.all(names).filter(|text| !text.is_empty()) {
        // `series` may be asked for everything.
        let parsed = if names.contains(&"match") { selector_or_all(text)?.0 } else { selector(text)? };
        selectors.push(parsed);
        if selectors.len() > MAX_SELECTORS {
            return Err(ApiError::bad_request(format!("more than {MAX_SELECTORS} selectors")));
        }
    }
    Ok(find_streams(&app.engine, &tenant, range, &selectors).await?)
}
