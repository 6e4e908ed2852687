//! Routes of the data-source proxy. The path behind the source's uid or id is passed on as it was sent.

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::response::Response;
use axum::routing::any;
use serde::Deserialize;

use super::data_sources::{find, parse_id};
use crate::auth::Identity;
use crate::error::ApiError;
use crate::repo::data_sources::Key;
use crate::server::App;

/// `/api/datasources/proxy/uid/{uid}` and `/api/datasources/proxy/{id}`.
const SEGMENTS_BEFORE_UID_PATH: usize = 5;
const SEGMENTS_BEFORE_ID_PATH: usize = 4;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/datasources/proxy/uid/{uid}", any(by_uid))
        .route("/api/datasources/proxy/uid/{uid}/", any(by_uid))
        .route("/api/datasources/proxy/uid/{uid}/{*path}", any(by_uid))
        .route("/api/datasources/proxy/{id}", any(by_id))
        .route("/api/datasources/proxy/{id}/", any(by_id))
        .route("/api/datasources/proxy/{id}/{*path}", any(by_id))
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
    identity: Identity,
    Path(Uid { uid }): Path<Uid>,
    request: Request,
) -> Result<Response, ApiError> {
    let source = find(&app, Key::Uid(&uid)).await?;
    crate::proxy::forward(&app, &identity, &source, SEGMENTS_BEFORE_UID_PATH, request).await
}

async fn by_id(
    State(app): State<App>,
    identity: Identity,
    Path(Id { id }): Path<Id>,
    request: Request,
) -> Result<Response, ApiError> {
    let source = find(&app, Key::Id(parse_id(&id)?)).await?;
    crate::proxy::forward(&app, &identity, &source, SEGMENTS_BEFORE_ID_PATH, request).await
}
