//! `POST /api/v2/traces/diff`: what changed between two traces.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use http::{Method, StatusCode};
use serde::Deserialize;

use super::{not_too_large, parse_id};
use crate::api::answer::json;
use crate::api::params::bad;
use crate::api::{ApiError, guarded, plain};
use crate::query::trace::diff::diff;
use crate::query::trace::{FoundTrace, trace_by_id};
use crate::store::Store;

const FORMAT: &str = "trace-patch-v0";

#[derive(Debug, Deserialize)]
struct Request {
    #[serde(default)]
    base: Side,
    #[serde(default)]
    compare: Side,
    #[serde(default)]
    format: String,
}

/// `start` and `end` of the original are a hint for where to look, which is not needed here.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Side {
    trace_id: String,
}

pub(super) async fn compare(
    State(store): State<Arc<Store>>,
    method: Method,
    body: Bytes,
) -> Result<Response, ApiError> {
    if method != Method::POST {
        return Ok(plain(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed\n"));
    }
    let request: Request =
        serde_json::from_slice(&body).map_err(|error| bad(format!("invalid request body: {error}")))?;
    if !request.format.is_empty() && request.format != FORMAT {
        let text = format!("unsupported format {:?}: this store answers with {FORMAT}", request.format);
        return Err(bad(text));
    }
    let ids = [("base", &request.base), ("compare", &request.compare)];
    for (side, asked) in ids {
        if asked.trace_id.is_empty() {
            return Err(bad(format!("{side}.traceId is required")));
        }
    }
    let (Some(base), Some(compare)) = (find(&store, ids[0]).await?, find(&store, ids[1]).await?) else {
        return Ok(plain(StatusCode::NOT_FOUND, "Not Found\n"));
    };
    if let Some(refused) = [&base, &compare].into_iter().find_map(|found| not_too_large(&store, found)) {
        return Ok(refused);
    }
    let (base_id, compare_id) = (request.base.trace_id, request.compare.trace_id);
    let compared = tokio::task::spawn_blocking(move || {
        diff((base_id, &base.resource_spans), (compare_id, &compare.resource_spans))
    });
    Ok(json(&compared.await.map_err(crate::query::QueryError::from)?))
}

async fn find(store: &Arc<Store>, (side, asked): (&str, &Side)) -> Result<Option<FoundTrace>, ApiError> {
    let id = parse_id(&asked.trace_id).map_err(|error| match error {
        ApiError::BadRequest(text) => bad(format!("invalid {side}.traceId: {text}")),
        other => other,
    })?;
    let found = guarded(store, async |guard| trace_by_id(store, id, &guard).await).await?;
    Ok(Some(found).filter(|found| !found.resource_spans.is_empty()))
}
