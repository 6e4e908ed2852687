//! Whose data a request is about.

use axum::http::{HeaderMap, StatusCode};
use model::TenantId;

use super::App;
use super::error::ApiError;

pub(crate) fn of(app: &App, headers: &HeaderMap) -> Result<TenantId, ApiError> {
    if !app.auth_enabled {
        return Ok(app.no_auth_tenant.clone());
    }
    let name = headers.get("x-scope-orgid").and_then(|value| value.to_str().ok());
    let name = name
        .filter(|name| !name.is_empty())
        .ok_or_else(|| ApiError::new(StatusCode::UNAUTHORIZED, "no org id"))?;
    TenantId::new(name).map_err(|error| ApiError::bad_request(error.to_string()))
}
