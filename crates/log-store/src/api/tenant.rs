//! Whose data a request is about.

use axum::http::{HeaderMap, StatusCode};
use model::TenantId;

use super::App;
use super::error::ApiError;

pub(crate) fn of(app: &App, headers: &HeaderMap) -> Result<TenantId, ApiError> {
    if !app.auth_enabled {
        return Ok(app.no_auth_tenant.clone());
    }
    let header = headers.get("x-scope-orgid").filter(|name| !name.is_empty());
    let header = header.ok_or_else(|| ApiError::new(StatusCode::UNAUTHORIZED, "no org id"))?;
    let name = header.to_str().map_err(|_| ApiError::bad_request("the org id is not ASCII"))?;
    TenantId::new(name).map_err(|error| ApiError::bad_request(error.to_string()))
}
