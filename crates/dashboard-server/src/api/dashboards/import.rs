//! Importing a dashboard that was shared: a community's, or one exported elsewhere.

use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use super::folder_uid;
use crate::auth::Identity;
use crate::dashboards::Content;
use crate::dashboards::import::{Input, Wanted, fill};
use crate::dashboards::save::{Options, save};
use crate::error::{ApiError, JsonBody};
use crate::repo::data_sources::DataSource;
use crate::repo::users::Role;
use crate::server::App;

pub(super) fn routes() -> Router<App> {
    Router::new().route("/api/dashboards/import", post(import))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    #[serde(default)]
    dashboard: Value,
    #[serde(default)]
    overwrite: bool,
    #[serde(default)]
    folder_uid: Option<String>,
    #[serde(default)]
    folder_id: Option<i64>,
    #[serde(default)]
    inputs: Vec<Input>,
    #[serde(default)]
    plugin_id: String,
}

async fn import(
    State(app): State<App>,
    identity: Identity,
    JsonBody(body): JsonBody<Body>,
) -> Result<Json<Value>, ApiError> {
    identity.require(Role::Editor)?;
    if body.dashboard.is_null() {
        return Err(ApiError::bad_request("Dashboard must be set"));
    }
    let folder_uid = folder_uid(&app, body.folder_uid, body.folder_id).await?;
    let sources = app.store().data_sources().await?;
    let filled =
        fill(body.dashboard, |place| value(place, &body.inputs, &sources)).map_err(ApiError::bad_request)?;
    let mut content = Content::new(filled)?;
    // The id is the exporting server's.
    content.map.insert("id".to_owned(), Value::Null);
    let options = Options {
        folder_uid: &folder_uid,
        message: "Imported",
        is_overwrite: body.overwrite,
        restored_from: 0,
    };
    let saved = save(&app, &identity.user.login, content, &options).await?;
    Ok(Json(json!({
        "uid": saved.uid,
        "pluginId": body.plugin_id,
        "title": saved.title,
        "imported": true,
        "importedUri": format!("db/{}", saved.slug),
        "importedUrl": saved.url(),
        "slug": saved.slug,
        "dashboardId": saved.id,
        "folderId": 0,
        "folderUid": saved.folder_uid,
        "importedRevision": saved.version,
        "revision": saved.version,
        "description": "",
        "path": "",
        "removed": false,
    })))
}

/// What the importer sent for a place; else its default; else the only data source of its kind.
fn value(place: &Wanted, inputs: &[Input], sources: &[DataSource]) -> Result<String, String> {
    let sent = inputs.iter().find(|input| input.name == place.name && !input.value.is_empty());
    if let Some(sent) = sent {
        return Ok(sent.value.clone());
    }
    if let Some(default) = &place.value {
        return Ok(default.clone());
    }
    let mut fitting =
        sources.iter().filter(|source| place.kind == "datasource" && source.kind == place.plugin_id);
    match (fitting.next(), fitting.next()) {
        (Some(only), None) => Ok(only.uid.clone()),
        _ => Err(format!(
            "the dashboard leaves {} ({} {}) open: send its value in inputs",
            place.name, place.kind, place.plugin_id
        )),
    }
}
