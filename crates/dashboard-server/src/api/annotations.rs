//! Annotations: found by time, dashboard, panel and tags; written by editors.

mod bulk;

use axum::extract::{Path, State};
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use super::message;
use super::params::Params;
use crate::auth::Identity;
use crate::error::{ApiError, JsonBody};
use crate::repo::annotations::{Annotation, Filter};
use crate::repo::users::Role;
use crate::server::App;

const LIMIT_DEFAULT: i64 = 100;
const LIMIT_MAX: i64 = 10_000;
const TEXT_MAX_BYTES: usize = 64 << 10;
const TAGS_MAX: usize = 100;
const TAG_MAX_CHARS: usize = 100;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/annotations", get(find).post(add))
        .route("/api/annotations/{id}", get(read).put(replace).patch(change).delete(delete))
        .merge(bulk::routes())
}

fn describe(annotation: &Annotation) -> Value {
    json!({
        "id": annotation.id,
        "dashboardUID": annotation.dashboard_uid,
        "panelId": annotation.panel_id,
        "userId": annotation.user_id,
        "time": annotation.time_ms,
        "timeEnd": annotation.time_end_ms,
        "text": annotation.text,
        "tags": annotation.tags(),
        "created": annotation.created_ms,
        "updated": annotation.updated_ms,
        "data": {},
    })
}

async fn find(State(app): State<App>, params: Params) -> Result<Json<Value>, ApiError> {
    if params.get("type") == Some("alert") {
        return Ok(Json(json!([])));
    }
    let limit = params.number("limit").filter(|limit| *limit > 0).unwrap_or(LIMIT_DEFAULT).min(LIMIT_MAX);
    let filter = Filter {
        from_ms: params.number("from"),
        to_ms: params.number("to"),
        dashboard_uid: params.get("dashboardUID"),
        panel_id: params.number("panelId"),
        user_id: params.number("userId"),
        tags: params.all("tags").take(TAGS_MAX).collect(),
        is_any_tag: params.flag("matchAny"),
        limit,
    };
    let found = app.store().annotations(&filter).await?;
    Ok(Json(found.iter().map(describe).collect()))
}

async fn known(app: &App, id: i64) -> Result<Annotation, ApiError> {
    app.store().annotation(id).await?.ok_or_else(|| ApiError::not_found("Annotation not found"))
}

async fn read(State(app): State<App>, Path(id): Path<i64>) -> Result<Json<Value>, ApiError> {
    Ok(Json(describe(&known(&app, id).await?)))
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    #[serde(default, rename = "dashboardUID")]
    dashboard_uid: Option<String>,
    #[serde(default)]
    panel_id: Option<i64>,
    #[serde(default)]
    time: Option<i64>,
    #[serde(default)]
    time_end: Option<i64>,
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    tags: Option<Vec<String>>,
}

impl Body {
    fn check(&self) -> Result<(), ApiError> {
        if self.text.as_ref().is_some_and(|text| text.len() > TEXT_MAX_BYTES) {
            return Err(ApiError::bad_request(format!("the text is longer than {TEXT_MAX_BYTES} bytes")));
        }
        let is_long = |tag: &String| tag.chars().count() > TAG_MAX_CHARS;
        if self.tags.as_ref().is_some_and(|tags| tags.len() > TAGS_MAX || tags.iter().any(is_long)) {
            let message =
                format!("an annotation has at most {TAGS_MAX} tags of at most {TAG_MAX_CHARS} characters");
            return Err(ApiError::bad_request(message));
        }
        Ok(())
    }

    /// Puts what the body says into the note.
    fn apply(self, annotation: &mut Annotation) {
        let was_moment = annotation.time_ms == annotation.time_end_ms;
        if let Some(time) = self.time {
            annotation.time_ms = time;
        }
        match self.time_end {
            Some(end) => annotation.time_end_ms = end,
            None if was_moment => annotation.time_end_ms = annotation.time_ms,
            None => {}
        }
        if annotation.time_end_ms < annotation.time_ms {
            std::mem::swap(&mut annotation.time_ms, &mut annotation.time_end_ms);
        }
        if let Some(text) = self.text {
            annotation.text = text;
        }
        if let Some(tags) = self.tags {
            annotation.tags = Value::from(tags).to_string();
        }
    }
}

async fn add(
    State(app): State<App>,
    identity: Identity,
    JsonBody(body): JsonBody<Body>,
) -> Result<Json<Value>, ApiError> {
    identity.require(Role::Editor)?;
    body.check()?;
    if body.text.as_ref().is_none_or(|text| text.trim().is_empty()) {
        return Err(ApiError::bad_request("Failed to save annotation: text field should not be empty"));
    }
    let now = app.clock().now().saturating_mul(1000);
    let mut annotation = Annotation {
        id: 0,
        dashboard_uid: body.dashboard_uid.clone().unwrap_or_default(),
        panel_id: body.panel_id.unwrap_or_default(),
        user_id: identity.user.id,
        time_ms: now,
        time_end_ms: now,
        text: String::new(),
        tags: "[]".to_owned(),
        created_ms: now,
        updated_ms: now,
    };
    if !annotation.dashboard_uid.is_empty() {
        super::dashboards::find(&app, &annotation.dashboard_uid).await?;
    }
    body.apply(&mut annotation);
    let id = app.store().add_annotation(&annotation).await?;
    Ok(Json(json!({ "message": "Annotation added", "id": id })))
}

async fn replace(
    State(app): State<App>,
    identity: Identity,
    Path(id): Path<i64>,
    JsonBody(mut body): JsonBody<Body>,
) -> Result<Json<Value>, ApiError> {
    // What is left out of a whole annotation is empty.
    body.text.get_or_insert_default();
    body.tags.get_or_insert_default();
    write(&app, &identity, id, body).await?;
    Ok(message("Annotation updated"))
}

async fn change(
    State(app): State<App>,
    identity: Identity,
    Path(id): Path<i64>,
    JsonBody(body): JsonBody<Body>,
) -> Result<Json<Value>, ApiError> {
    write(&app, &identity, id, body).await?;
    Ok(message("Annotation patched"))
}

async fn write(app: &App, identity: &Identity, id: i64, body: Body) -> Result<(), ApiError> {
    identity.require(Role::Editor)?;
    body.check()?;
    let mut annotation = known(app, id).await?;
    body.apply(&mut annotation);
    annotation.updated_ms = app.clock().now().saturating_mul(1000);
    Ok(app.store().update_annotation(&annotation).await?)
}

async fn delete(
    State(app): State<App>,
    identity: Identity,
    Path(id): Path<i64>,
) -> Result<Json<Value>, ApiError> {
    identity.require(Role::Editor)?;
    if !app.store().delete_annotation(id).await? {
        return Err(ApiError::not_found("Annotation not found"));
    }
    Ok(message("Annotation deleted"))
}
