//! Adding, changing and deleting data sources: for administrators, and not those that files provision.

use std::collections::BTreeMap;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{delete, post, put};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use url::Url;

use super::{details_of, find, parse_id};
use crate::auth::Identity;
use crate::dashboards::uid as uids;
use crate::datasources::secrets::sealed;
use crate::error::{ApiError, JsonBody};
use crate::repo::data_sources::write::Conflict;
use crate::repo::data_sources::{DataSource, Key};
use crate::repo::users::Role;
use crate::server::App;

type Answer = Result<Json<Value>, ApiError>;

const NAME_MAX_CHARS: usize = 190;
const TEXT_MAX_CHARS: usize = 2_000;
const JSON_DATA_MAX_BYTES: usize = 256 << 10;
const SECRETS_MAX: usize = 100;
const SECRET_MAX_BYTES: usize = 64 << 10;
const SOURCES_MAX: usize = 1_000;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/datasources", post(add))
        .route("/api/datasources/uid/{uid}", put(change_by_uid).delete(delete_by_uid))
        .route("/api/datasources/{id}", put(change_by_id).delete(delete_by_id))
        .route("/api/datasources/name/{name}", delete(delete_by_name))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    #[serde(default)]
    name: String,
    #[serde(default)]
    r#type: String,
    access: Option<String>,
    #[serde(default)]
    uid: String,
    #[serde(default)]
    url: String,
    #[serde(default)]
    user: String,
    #[serde(default)]
    database: String,
    #[serde(default)]
    basic_auth: bool,
    #[serde(default)]
    basic_auth_user: String,
    #[serde(default)]
    with_credentials: bool,
    #[serde(default)]
    is_default: bool,
    json_data: Option<Map<String, Value>>,
    secure_json_data: Option<BTreeMap<String, String>>,
    #[serde(default)]
    version: i64,
}

impl Body {
    fn check(&self) -> Result<(), ApiError> {
        let name = self.name.trim();
        if name.is_empty() || self.r#type.is_empty() {
            return Err(ApiError::bad_request("bad request data: a data source has a name and a type"));
        }
        if name.chars().count() > NAME_MAX_CHARS || self.r#type.chars().count() > NAME_MAX_CHARS {
            return Err(ApiError::bad_request(format!(
                "Datasource name is invalid, max length is {NAME_MAX_CHARS}"
            )));
        }
        let texts = [&self.url, &self.user, &self.database, &self.basic_auth_user];
        if texts.iter().any(|text| text.chars().count() > TEXT_MAX_CHARS) {
            return Err(ApiError::bad_request(format!(
                "Datasource url is invalid, max length is {TEXT_MAX_CHARS}"
            )));
        }
        if !self.uid.is_empty() && uids::check(&self.uid).is_err() {
            return Err(ApiError::bad_request("uid must be at most 40 letters, digits, '-' or '_'"));
        }
        if !matches!(self.access.as_deref(), None | Some("" | "proxy" | "direct")) {
            return Err(ApiError::bad_request("access must be proxy or direct"));
        }
        self.check_url()?;
        self.check_sizes()
    }

    fn check_url(&self) -> Result<(), ApiError> {
        if self.url.is_empty() && !matches!(self.r#type.as_str(), "loki" | "tempo" | "prometheus") {
            return Ok(());
        }
        match Url::parse(&self.url) {
            Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => Ok(()),
            _ => Err(ApiError::bad_request(format!(
                "Validation error, invalid URL: {:?} must look like http://host:port",
                crate::datasources::shown_url(&self.url)
            ))),
        }
    }

    fn check_sizes(&self) -> Result<(), ApiError> {
        let json_bytes =
            self.json_data.as_ref().map_or(0, |data| Value::from(data.clone()).to_string().len());
        if json_bytes > JSON_DATA_MAX_BYTES {
            return Err(ApiError::bad_request(format!(
                "jsonData is larger than {JSON_DATA_MAX_BYTES} bytes"
            )));
        }
        let secrets = self.secure_json_data.iter().flatten();
        if secrets.clone().count() > SECRETS_MAX
            || secrets.into_iter().any(|(name, text)| name.len() > 190 || text.len() > SECRET_MAX_BYTES)
        {
            return Err(ApiError::bad_request(format!(
                "secureJsonData has at most {SECRETS_MAX} entries of at most {SECRET_MAX_BYTES} bytes"
            )));
        }
        Ok(())
    }

    /// The source that the body describes, in the place of `before`.
    fn source(&self, before: Option<&DataSource>) -> DataSource {
        let mut secure_fields = before.map(|before| before.secure_fields.clone()).unwrap_or_default();
        for (name, text) in self.secure_json_data.iter().flatten() {
            secure_fields.retain(|known| known != name);
            if !text.is_empty() {
                secure_fields.push(name.clone());
            }
        }
        let stored = before.map_or(0, |before| before.version);
        DataSource {
            id: before.map_or(0, |before| before.id),
            uid: match (self.uid.as_str(), before) {
                ("", Some(before)) => before.uid.clone(),
                ("", None) => uids::random(),
                (given, _) => given.to_owned(),
            },
            name: self.name.trim().to_owned(),
            kind: self.r#type.clone(),
            access: self
                .access
                .clone()
                .filter(|access| !access.is_empty())
                .unwrap_or_else(|| "proxy".to_owned()),
            url: self.url.trim().to_owned(),
            user: self.user.clone(),
            database: self.database.clone(),
            is_basic_auth: self.basic_auth,
            basic_auth_user: self.basic_auth_user.clone(),
            is_with_credentials: self.with_credentials,
            is_default: self.is_default,
            json_data: self.json_data.clone().unwrap_or_default(),
            secure_fields,
            is_read_only: false,
            version: self.version.max(stored) + 1,
        }
    }
}

async fn add(State(app): State<App>, identity: Identity, JsonBody(body): JsonBody<Body>) -> Answer {
    identity.require(Role::Admin)?;
    body.check()?;
    if app.store().data_sources().await?.len() >= SOURCES_MAX {
        return Err(ApiError::forbidden(format!(
            "there are {SOURCES_MAX} data sources, and no more can be added"
        )));
    }
    let source = body.source(None);
    let secrets = seal(&app, &body)?;
    let added = app.store().add_data_source(&source, &secrets, app.clock().now()).await?;
    let id = added.map_err(refused)?;
    app.reload_own_secrets().await?;
    tracing::info!(name = source.name, by = identity.user.login, "data source added");
    written(&app, &identity, id, "Datasource added").await
}

async fn change_by_uid(
    State(app): State<App>,
    identity: Identity,
    Path(uid): Path<String>,
    JsonBody(body): JsonBody<Body>,
) -> Answer {
    identity.require(Role::Admin)?;
    change(&app, &identity, &find(&app, Key::Uid(&uid)).await?, body).await
}

async fn change_by_id(
    State(app): State<App>,
    identity: Identity,
    Path(id): Path<String>,
    JsonBody(body): JsonBody<Body>,
) -> Answer {
    identity.require(Role::Admin)?;
    change(&app, &identity, &find(&app, Key::Id(parse_id(&id)?)).await?, body).await
}

async fn change(app: &App, identity: &Identity, before: &DataSource, body: Body) -> Answer {
    if before.is_read_only {
        return Err(ApiError::forbidden("Cannot update read-only data source"));
    }
    body.check()?;
    if body.version > 0 && body.version < before.version {
        return Err(refused(Conflict::Version));
    }
    let source = body.source(Some(before));
    let secrets = seal(app, &body)?;
    let changed =
        app.store().change_data_source(&source, &secrets, before.version, app.clock().now()).await?;
    changed.map_err(refused)?;
    app.reload_own_secrets().await?;
    tracing::info!(name = source.name, by = identity.user.login, "data source changed");
    written(app, identity, source.id, "Datasource updated").await
}

fn seal(app: &App, body: &Body) -> Result<Vec<crate::repo::secrets::SecretChange>, ApiError> {
    sealed(app.vault(), &body.secure_json_data.clone().unwrap_or_default()).map_err(|error| {
        tracing::error!(error = format!("{error:#}"), "secrets not stored");
        ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "Internal server error")
    })
}

fn refused(conflict: Conflict) -> ApiError {
    ApiError::conflict(match conflict {
        Conflict::Name => "data source with the same name already exists",
        Conflict::Uid => "data source with the same uid already exists",
        Conflict::Version => {
            "Datasource has already been updated by someone else. Please reload and try again"
        }
    })
}

async fn written(app: &App, identity: &Identity, id: i64, message: &str) -> Answer {
    let source = find(app, Key::Id(id)).await?;
    Ok(Json(json!({
        "datasource": details_of(&source, identity), "id": id, "message": message, "name": source.name,
    })))
}

async fn delete_by_uid(State(app): State<App>, identity: Identity, Path(uid): Path<String>) -> Answer {
    identity.require(Role::Admin)?;
    remove(&app, &identity, &find(&app, Key::Uid(&uid)).await?).await
}

async fn delete_by_id(State(app): State<App>, identity: Identity, Path(id): Path<String>) -> Answer {
    identity.require(Role::Admin)?;
    remove(&app, &identity, &find(&app, Key::Id(parse_id(&id)?)).await?).await
}

async fn delete_by_name(State(app): State<App>, identity: Identity, Path(name): Path<String>) -> Answer {
    identity.require(Role::Admin)?;
    remove(&app, &identity, &find(&app, Key::Name(&name)).await?).await
}

async fn remove(app: &App, identity: &Identity, source: &DataSource) -> Answer {
    if source.is_read_only {
        return Err(ApiError::forbidden("Cannot delete read-only data source"));
    }
    app.store().delete_data_source(source.id).await?;
    app.reload_own_secrets().await?;
    tracing::info!(name = source.name, by = identity.user.login, "data source deleted");
    Ok(Json(json!({ "id": source.id, "message": "Data source deleted" })))
}
