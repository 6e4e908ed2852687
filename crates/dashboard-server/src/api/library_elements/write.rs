//! Adding, changing and deleting library elements.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{patch, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Answer, find, one};
use crate::auth::Identity;
use crate::dashboards::uid as uids;
use crate::error::{ApiError, JsonBody};
use crate::repo::library_elements::{ElementFilter, LibraryElement};
use crate::repo::users::Role;
use crate::server::App;

const NAME_MAX_CHARS: usize = 100;
const MODEL_MAX_BYTES: usize = 1 << 20;
const ELEMENTS_MAX: i64 = 5_000;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/library-elements", post(add))
        .route("/api/library-elements/{uid}", patch(change).delete(remove))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    folder_uid: Option<String>,
    #[serde(default)]
    uid: String,
    name: Option<String>,
    model: Option<Map<String, Value>>,
    kind: Option<i64>,
    #[serde(default)]
    version: i64,
}

impl Body {
    /// Puts what the body says into the element, checked.
    async fn apply(self, app: &App, element: &mut LibraryElement) -> Result<(), ApiError> {
        if let Some(folder) = self.folder_uid {
            let folder = if folder == "general" { String::new() } else { folder };
            if !folder.is_empty() && app.store().folder(&folder).await?.is_none() {
                return Err(ApiError::not_found("folder not found").with_status("not-found"));
            }
            element.folder_uid = folder;
        }
        if let Some(name) = self.name {
            element.name = name.trim().to_owned();
        }
        if element.name.is_empty() || element.name.chars().count() > NAME_MAX_CHARS {
            return Err(ApiError::bad_request(format!(
                "a library element has a name of at most {NAME_MAX_CHARS} characters"
            )));
        }
        if !self.uid.is_empty() {
            if uids::check(&self.uid).is_err() {
                return Err(ApiError::bad_request("uid contains illegal characters or is longer than 40"));
            }
            element.uid = self.uid;
        }
        if let Some(model) = self.model {
            let text = |name: &str| model.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
            element.panel_type = text("type");
            element.description = text("description");
            element.model = Value::Object(model).to_string();
        }
        if element.model.len() > MODEL_MAX_BYTES {
            return Err(ApiError::bad_request(format!("the model is larger than {MODEL_MAX_BYTES} bytes")));
        }
        Ok(())
    }
}

fn exists() -> ApiError {
    ApiError::bad_request("library element with that name or UID already exists")
}

async fn add(State(app): State<App>, identity: Identity, JsonBody(body): JsonBody<Body>) -> Answer {
    identity.require(Role::Editor)?;
    let kind = body.kind.unwrap_or(1);
    if !matches!(kind, 1 | 2) || body.model.is_none() {
        return Err(ApiError::bad_request(
            "bad request data: kind is 1 (panel) or 2 (variable), and model an object",
        ));
    }
    if app.store().library_elements(&ElementFilter::default(), 1, 0).await?.1 >= ELEMENTS_MAX {
        return Err(ApiError::forbidden(format!(
            "there are {ELEMENTS_MAX} library elements: delete some first"
        )));
    }
    let now = app.clock().now();
    let mut element = LibraryElement {
        id: 0,
        uid: uids::random(),
        folder_uid: String::new(),
        name: String::new(),
        kind,
        panel_type: String::new(),
        description: String::new(),
        model: String::new(),
        version: 1,
        created_by: identity.user.id,
        updated_by: identity.user.id,
        created_at: now,
        updated_at: now,
    };
    body.apply(&app, &mut element).await?;
    if !app.store().add_library_element(&element).await? {
        return Err(exists());
    }
    Ok(Json(json!({ "result": one(&app, find(&app, &element.uid).await?).await? })))
}

async fn change(
    State(app): State<App>,
    identity: Identity,
    Path(uid): Path<String>,
    JsonBody(body): JsonBody<Body>,
) -> Answer {
    identity.require(Role::Editor)?;
    let mut element = find(&app, &uid).await?;
    if body.kind.is_some_and(|kind| kind != element.kind) {
        return Err(ApiError::bad_request("the kind of a library element cannot be changed"));
    }
    let changed = || {
        ApiError::new(StatusCode::PRECONDITION_FAILED, "the library element has been changed by someone else")
    };
    let version = element.version;
    if body.version != version {
        return Err(changed());
    }
    body.apply(&app, &mut element).await?;
    element.version = version + 1;
    element.updated_by = identity.user.id;
    element.updated_at = app.clock().now();
    if !app.store().change_library_element(&element, version).await? {
        let is_current = app.store().library_element(&uid).await?.is_some_and(|now| now.version == version);
        return Err(if is_current { exists() } else { changed() });
    }
    Ok(Json(json!({ "result": one(&app, find(&app, &element.uid).await?).await? })))
}

async fn remove(State(app): State<App>, identity: Identity, Path(uid): Path<String>) -> Answer {
    identity.require(Role::Editor)?;
    let element = find(&app, &uid).await?;
    if !app.store().dashboards_with_element(&uid).await?.is_empty() {
        return Err(ApiError::forbidden("the library element has connections"));
    }
    app.store().delete_library_element(element.id).await?;
    Ok(Json(json!({ "id": element.id, "message": "Library element deleted" })))
}
