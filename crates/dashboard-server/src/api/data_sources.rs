//! Data sources: which there are, and whether they answer.

mod write;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Map, Value, json};

use crate::auth::Identity;
use crate::datasources::{health, kind_name};
use crate::error::ApiError;
use crate::repo::ORG_ID;
use crate::repo::data_sources::{DataSource, Key};
use crate::repo::users::Role;
use crate::server::App;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/datasources", get(list))
        .route("/api/datasources/{id}", get(by_id))
        .route("/api/datasources/uid/{uid}", get(by_uid))
        .route("/api/datasources/uid/{uid}/health", get(health_by_uid))
        .route("/api/datasources/{id}/health", get(health_by_id))
        .route("/api/datasources/name/{name}", get(by_name))
        .route("/api/datasources/id/{name}", get(id_by_name))
        .merge(write::routes())
}

/// The source a client named, or the 404 that says so.
pub(super) async fn find(app: &App, key: Key<'_>) -> Result<DataSource, ApiError> {
    app.store().data_source(key).await?.ok_or_else(|| ApiError::not_found("Data source not found"))
}

/// A numeric id, as old clients use.
pub(super) fn parse_id(text: &str) -> Result<i64, ApiError> {
    text.parse().map_err(|_| ApiError::bad_request("id is invalid: a data source's id is a number"))
}

async fn list(State(app): State<App>, identity: Identity) -> Result<Json<Value>, ApiError> {
    let sources = app.store().data_sources().await?;
    Ok(Json(sources.iter().map(|source| Value::Object(summary(source, &identity))).collect()))
}

async fn by_id(
    State(app): State<App>,
    identity: Identity,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    Ok(details(&find(&app, Key::Id(parse_id(&id)?)).await?, &identity))
}

async fn by_uid(
    State(app): State<App>,
    identity: Identity,
    Path(uid): Path<String>,
) -> Result<Json<Value>, ApiError> {
    Ok(details(&find(&app, Key::Uid(&uid)).await?, &identity))
}

async fn by_name(
    State(app): State<App>,
    identity: Identity,
    Path(name): Path<String>,
) -> Result<Json<Value>, ApiError> {
    Ok(details(&find(&app, Key::Name(&name)).await?, &identity))
}

async fn id_by_name(State(app): State<App>, Path(name): Path<String>) -> Result<Json<Value>, ApiError> {
    Ok(Json(json!({ "id": find(&app, Key::Name(&name)).await?.id })))
}

async fn health_by_uid(
    State(app): State<App>,
    Path(uid): Path<String>,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    Ok(health_of(&app, &find(&app, Key::Uid(&uid)).await?).await)
}

async fn health_by_id(
    State(app): State<App>,
    Path(id): Path<String>,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    Ok(health_of(&app, &find(&app, Key::Id(parse_id(&id)?)).await?).await)
}

async fn health_of(app: &App, source: &DataSource) -> (StatusCode, Json<Value>) {
    let health = health::check(app, source).await;
    if health.is_well {
        (StatusCode::OK, Json(json!({ "message": health.message, "status": "OK" })))
    } else {
        let body = json!({ "message": health.message, "status": "ERROR", "details": {} });
        (StatusCode::BAD_REQUEST, Json(body))
    }
}

/// What lists show. Addresses and accounts are for administrators; a user's queries go through the proxy.
fn summary(source: &DataSource, identity: &Identity) -> Map<String, Value> {
    let private =
        |text: &str| if identity.user.role == Role::Admin { text.to_owned() } else { String::new() };
    let fields = [
        ("id", json!(source.id)),
        ("uid", json!(source.uid)),
        ("orgId", json!(ORG_ID)),
        ("name", json!(source.name)),
        ("type", json!(source.kind)),
        ("typeName", json!(kind_name(&source.kind))),
        ("typeLogoUrl", json!("")),
        ("access", json!(source.access)),
        ("url", json!(private(&source.url))),
        ("user", json!(private(&source.user))),
        ("database", json!(source.database)),
        ("basicAuth", json!(source.is_basic_auth)),
        ("isDefault", json!(source.is_default)),
        ("jsonData", Value::Object(source.json_data.clone())),
        ("readOnly", json!(source.is_read_only)),
    ];
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn details(source: &DataSource, identity: &Identity) -> Json<Value> {
    Json(details_of(source, identity))
}

fn details_of(source: &DataSource, identity: &Identity) -> Value {
    let mut fields = summary(source, identity);
    let secure: Map<String, Value> =
        source.secure_fields.iter().map(|name| (name.clone(), Value::Bool(true))).collect();
    let is_admin = identity.user.role == Role::Admin;
    let basic_auth_user = if is_admin { source.basic_auth_user.as_str() } else { "" };
    fields.insert("basicAuthUser".to_owned(), json!(basic_auth_user));
    fields.insert("withCredentials".to_owned(), json!(source.is_with_credentials));
    fields.insert("secureJsonFields".to_owned(), Value::Object(secure));
    fields.insert("version".to_owned(), json!(source.version));
    fields.insert("apiVersion".to_owned(), json!(""));
    Value::Object(fields)
}
