//! `/api/datasources/uid/{uid}/resources/…`: what a data source's plugin is asked besides queries, such as names of labels.

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::response::Response;
use axum::routing::any;
use serde::Deserialize;

use super::data_sources::{find, parse_id};
use crate::error::ApiError;
use crate::repo::data_sources::Key;
use crate::server::App;

/// `/api/datasources/uid/{uid}/resources` and `/api/datasources/{id}/resources`.
const SEGMENTS_BEFORE_UID_PATH: usize = 5;
const SEGMENTS_BEFORE_ID_PATH: usize = 4;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/datasources/uid/{uid}/resources/{*path}", any(by_uid))
        .route("/api/datasources/{id}/resources/{*path}", any(by_id))
}

#[derive(Deserialize)]
struct Uid {
    uid: String,
}

#[derive(Deserialize)]
struct Id {
    id: String,
}

async fn by_uid(
    State(app): State<App>,
    Path(Uid { uid }): Path<Uid>,
    request: Request,
) -> Result<Response, ApiError> {
    let source = find(&app, Key::Uid(&uid)).await?;
    crate::proxy::forward_resource(&app, &source, SEGMENTS_BEFORE_UID_PATH, request).await
}

async fn by_id(
    State(app): State<App>,
    Path(Id { id }): Path<Id>,
    request: Request,
) -> Result<Response, ApiError> {
    let source = find(&app, Key::Id(parse_id(&id)?)).await?;
    crate::proxy::forward_resource(&app, &source, SEGMENTS_BEFORE_ID_PATH, request).await
}
