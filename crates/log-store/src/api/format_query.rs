//! `format_query`: a query laid out.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::query::json as answer;
use crate::query::Params;

pub(crate) async fn format_query(params: Params) -> Response {
    match logql::format_query(params.get("query").unwrap_or_default()) {
        Ok(text) => answer(&json!({ "status": "success", "data": text })),
        Err(error) => {
            let body = json!({ "status": "invalid-query", "error": error.to_string() });
            (StatusCode::BAD_REQUEST, answer(&body)).into_response()
        }
    }
}
