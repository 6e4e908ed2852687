//! Library elements: panels and variables that several dashboards share.

mod write;

use std::collections::HashMap;

use axum::extract::{Path, State};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::params::Params;
use crate::clock::rfc3339;
use crate::error::ApiError;
use crate::repo::folders::Folder;
use crate::repo::library_elements::{ElementFilter, LibraryElement};
use crate::repo::{ORG_ID, StoreError};
use crate::server::App;

type Answer = Result<Json<Value>, ApiError>;

const PER_PAGE: i64 = 100;
const PER_PAGE_MAX: i64 = 1_000;
const FILTERS_MAX: usize = 100;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/library-elements", get(list))
        .route("/api/library-elements/{uid}", get(read))
        .route("/api/library-elements/{uid}/connections", get(connections))
        .route("/api/library-elements/name/{name}", get(by_name))
        .merge(write::routes())
}

async fn find(app: &App, uid: &str) -> Result<LibraryElement, ApiError> {
    let found = app.store().library_element(uid).await?;
    found.ok_or_else(|| ApiError::not_found("library element could not be found"))
}

/// What descriptions need besides the elements: names of folders and of users.
struct Names {
    folders: Vec<Folder>,
    users: HashMap<i64, String>,
}

impl Names {
    async fn of(app: &App, elements: &[LibraryElement]) -> Result<Self, ApiError> {
        let mut users = HashMap::new();
        for id in elements.iter().flat_map(|element| [element.created_by, element.updated_by]) {
            if let std::collections::hash_map::Entry::Vacant(place) = users.entry(id) {
                place.insert(app.store().user(id).await?.map(|user| user.login).unwrap_or_default());
            }
        }
        Ok(Self { folders: app.store().folders().await?, users })
    }

    fn user(&self, id: i64) -> Value {
        let login = self.users.get(&id).map_or("", String::as_str);
        json!({ "id": id, "name": login, "avatarUrl": "" })
    }
}

async fn describe(app: &App, element: &LibraryElement, names: &Names) -> Result<Value, ApiError> {
    let mut model: Value = serde_json::from_str(&element.model)
        .map_err(|source| StoreError::Decode { column: "model", source })?;
    if let Some(map) = model.as_object_mut() {
        map.insert("libraryPanel".to_owned(), json!({ "uid": element.uid, "name": element.name }));
    }
    let folder = names.folders.iter().find(|folder| folder.uid == element.folder_uid);
    let connected = app.store().dashboards_with_element(&element.uid).await?.len();
    Ok(json!({
        "id": element.id,
        "orgId": ORG_ID,
        "folderId": folder.map_or(0, |folder| folder.id),
        "folderUid": element.folder_uid,
        "uid": element.uid,
        "name": element.name,
        "kind": element.kind,
        "type": element.panel_type,
        "description": element.description,
        "model": model,
        "version": element.version,
        "meta": {
            "folderName": folder.map_or("General", |folder| folder.title.as_str()),
            "folderUid": element.folder_uid,
            "connectedDashboards": connected,
            "created": rfc3339(element.created_at),
            "updated": rfc3339(element.updated_at),
            "createdBy": names.user(element.created_by),
            "updatedBy": names.user(element.updated_by),
        },
    }))
}

async fn one(app: &App, element: LibraryElement) -> Result<Value, ApiError> {
    let elements = [element];
    let names = Names::of(app, &elements).await?;
    let [element] = elements;
    describe(app, &element, &names).await
}

async fn list(State(app): State<App>, params: Params) -> Answer {
    let page = params.page(PER_PAGE, PER_PAGE_MAX);
    let comma_separated = |name: &str| -> Vec<&str> {
        params.all(name).flat_map(|text| text.split(',')).take(FILTERS_MAX).collect()
    };
    let folders: Vec<&str> = comma_separated("folderFilterUIDs");
    let folders = folders.into_iter().map(|uid| if uid == "general" { "" } else { uid }).collect();
    let filter = ElementFilter {
        text: params.get("searchString").unwrap_or_default(),
        kind: params.number("kind").filter(|kind| matches!(kind, 1 | 2)),
        types: comma_separated("typeFilter"),
        folder_uids: params.has("folderFilterUIDs").then_some(folders),
        exclude_uid: params.get("excludeUid").unwrap_or_default(),
        is_descending: params.get("sortDirection") == Some("alpha-desc"),
    };
    let (found, total) = app.store().library_elements(&filter, page.limit, page.offset()).await?;
    let names = Names::of(&app, &found).await?;
    let mut elements = Vec::with_capacity(found.len());
    for element in &found {
        elements.push(describe(&app, element, &names).await?);
    }
    Ok(Json(json!({ "result": {
        "totalCount": total, "page": page.number, "perPage": page.limit, "elements": elements,
    } })))
}

async fn read(State(app): State<App>, Path(uid): Path<String>) -> Answer {
    Ok(Json(json!({ "result": one(&app, find(&app, &uid).await?).await? })))
}

async fn by_name(State(app): State<App>, Path(name): Path<String>) -> Answer {
    let found = app.store().library_elements_named(&name).await?;
    if found.is_empty() {
        return Err(ApiError::not_found("library element could not be found"));
    }
    let names = Names::of(&app, &found).await?;
    let mut elements = Vec::with_capacity(found.len());
    for element in &found {
        elements.push(describe(&app, element, &names).await?);
    }
    Ok(Json(json!({ "result": elements })))
}

/// The dashboards that show the element.
async fn connections(State(app): State<App>, Path(uid): Path<String>) -> Answer {
    let element = find(&app, &uid).await?;
    let dashboards = app.store().dashboards_with_element(&uid).await?;
    let connections: Vec<Value> = dashboards
        .iter()
        .map(|dashboard| {
            json!({
                "id": dashboard.id,
                "kind": 1,
                "elementId": element.id,
                "connectionId": dashboard.id,
                "connectionUid": dashboard.uid,
                "created": rfc3339(dashboard.updated_at),
                "createdBy": { "id": 0, "name": dashboard.updated_by, "avatarUrl": "" },
            })
        })
        .collect();
    Ok(Json(json!({ "result": connections })))
}
