//! Annotations beyond single ones: tags, Graphite's form, all of a panel at once.

use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::message;
use super::super::params::Params;
use super::Body;
use crate::auth::Identity;
use crate::error::{ApiError, JsonBody};
use crate::repo::annotations::Annotation;
use crate::repo::users::Role;
use crate::server::App;

type Answer = Result<Json<Value>, ApiError>;

const TAGS_DEFAULT: i64 = 100;
const TAGS_MAX: i64 = 10_000;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/annotations/tags", get(tags))
        .route("/api/annotations/graphite", post(add_graphite))
        .route("/api/annotations/mass-delete", post(mass_delete))
}

async fn tags(State(app): State<App>, params: Params) -> Answer {
    let limit = params.number("limit").filter(|limit| *limit > 0).unwrap_or(TAGS_DEFAULT).min(TAGS_MAX);
    let found = app.store().annotation_tags(params.get("tag").unwrap_or_default(), limit).await?;
    let tags: Vec<Value> = found.iter().map(|(tag, count)| json!({ "tag": tag, "count": count })).collect();
    Ok(Json(json!({ "result": { "tags": tags } })))
}

#[derive(Deserialize)]
struct Graphite {
    #[serde(default)]
    what: String,
    /// Unix seconds; now when missing.
    #[serde(default)]
    when: i64,
    #[serde(default)]
    data: String,
    /// A list, or words in one text.
    #[serde(default)]
    tags: Value,
}

async fn add_graphite(
    State(app): State<App>,
    identity: Identity,
    JsonBody(body): JsonBody<Graphite>,
) -> Answer {
    identity.require(Role::Editor)?;
    if body.what.trim().is_empty() {
        return Err(ApiError::bad_request(
            "Failed to save Graphite annotation: what field should not be empty",
        ));
    }
    let tags = match &body.tags {
        Value::Null => Vec::new(),
        Value::String(words) => words.split_whitespace().map(str::to_owned).collect(),
        Value::Array(items) if items.iter().all(Value::is_string) => {
            items.iter().filter_map(Value::as_str).map(str::to_owned).collect()
        }
        _ => {
            return Err(ApiError::bad_request(
                "Failed to save Graphite annotation: unsupported tags format, use a list of texts or one text",
            ));
        }
    };
    let text = if body.data.is_empty() { body.what } else { format!("{}\n{}", body.what, body.data) };
    let content = Body { text: Some(text), tags: Some(tags), ..Body::default() };
    content.check()?;
    let now = app.clock().now().saturating_mul(1000);
    let at = if body.when > 0 { body.when.saturating_mul(1000) } else { now };
    let mut annotation = Annotation {
        id: 0,
        dashboard_uid: String::new(),
        panel_id: 0,
        user_id: identity.user.id,
        time_ms: at,
        time_end_ms: at,
        text: String::new(),
        tags: "[]".to_owned(),
        created_ms: now,
        updated_ms: now,
    };
    content.apply(&mut annotation);
    let id = app.store().add_annotation(&annotation).await?;
    Ok(Json(json!({ "message": "Graphite annotation added", "id": id })))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct MassDelete {
    #[serde(default)]
    annotation_id: i64,
    #[serde(default, rename = "dashboardUID")]
    dashboard_uid: String,
    #[serde(default)]
    dashboard_id: i64,
    #[serde(default)]
    panel_id: i64,
}

/// One annotation, or all of a panel.
async fn mass_delete(
    State(app): State<App>,
    identity: Identity,
    JsonBody(body): JsonBody<MassDelete>,
) -> Answer {
    identity.require(Role::Editor)?;
    if body.annotation_id > 0 {
        app.store().delete_annotation(body.annotation_id).await?;
        return Ok(message("Annotations deleted"));
    }
    let uid = match (body.dashboard_uid.as_str(), body.dashboard_id) {
        ("", id) if id > 0 => match app.store().dashboard_by_id(id).await? {
            Some(dashboard) => dashboard.uid,
            None => return Err(crate::dashboards::save::not_found()),
        },
        (uid, _) => uid.to_owned(),
    };
    if uid.is_empty() || body.panel_id == 0 {
        return Err(ApiError::bad_request(
            "bad request data: name an annotationId, or a dashboardUID and a panelId",
        ));
    }
    app.store().delete_panel_annotations(&uid, body.panel_id).await?;
    Ok(message("Annotations deleted"))
}
