//! Whose data a request is about.

use axum::http::{HeaderMap, StatusCode};
use model::TenantId;

use super::App;
use super::error::ApiError;

/// The tenant of everybody when authentication is off, as in Loki.
const DEFAULT_TENANT: &str = "fake";

pub(crate) fn of(app: &App, headers: &HeaderMap) -> Result<TenantId, ApiError> {
    let name = if app.auth_enabled {
        let header = headers.get("x-scope-orgid").filter(|name| !name.is_empty());
        let header = header.ok_or_else(|| ApiError::new(StatusCode::UNAUTHORIZED, "no org id"))?;
        header.to_str().map_err(|_| ApiError::bad_request("the org id is not ASCII"))?
    } else {
        DEFAULT_TENANT
    };
    TenantId::new(name).map_err(|error| ApiError::bad_request(error.to_string()))
}
