//! Saving a dashboard on behalf of a user: finds out what is replaced, and refuses what would overwrite the work of others.

use axum::http::StatusCode;

use super::{Content, Invalid, slug, uid};
use crate::error::ApiError;
use crate::repo::dashboards::{Dashboard, Save};
use crate::server::App;

const MESSAGE_MAX_CHARS: usize = 500;

/// How to save.
#[derive(Debug, Default)]
pub(crate) struct Options<'a> {
    /// The folder's uid; empty for the root.
    pub(crate) folder_uid: &'a str,
    pub(crate) message: &'a str,
    /// Replace whatever version there is.
    pub(crate) is_overwrite: bool,
    /// The version this one brings back.
    pub(crate) restored_from: i64,
}

impl From<Invalid> for ApiError {
    fn from(invalid: Invalid) -> Self {
        let status = if invalid == Invalid::NoTitle { "empty-name" } else { "bad-request" };
        Self::bad_request(invalid.to_string()).with_status(status)
    }
}

/// Saves, and returns the dashboard as it is now.
pub(crate) async fn save(
    app: &App,
    login: &str,
    content: Content,
    options: &Options<'_>,
) -> Result<Dashboard, ApiError> {
    let store = app.store();
    if !options.folder_uid.is_empty() && store.folder(options.folder_uid).await?.is_none() {
        return Err(ApiError::not_found("folder not found").with_status("not-found"));
    }
    if options.message.chars().count() > MESSAGE_MAX_CHARS {
        return Err(ApiError::bad_request(format!("message is longer than {MESSAGE_MAX_CHARS} characters")));
    }
    let given_uid = content.uid()?.map(str::to_owned);
    let existing = existing(app, &content, given_uid.as_deref()).await?;
    if let Some(existing) = &existing {
        may_replace(existing, &content, options)?;
    }
    let uid = given_uid
        .or_else(|| existing.as_ref().map(|dashboard| dashboard.uid.clone()))
        .unwrap_or_else(uid::random);
    let save = Save {
        existing: existing.as_ref().map(|dashboard| (dashboard.id, dashboard.version)),
        uid: &uid,
        folder_uid: options.folder_uid,
        title: &content.title,
        slug: &slug(&content.title),
        tags: &content.tags,
        dashboard: content.map,
        message: options.message,
        by: login,
        restored_from: options.restored_from,
        origin: None,
    };
    let saved = store.save_dashboard(save, app.clock().now()).await?.ok_or_else(changed)?;
    tracing::info!(uid, version = saved.version, login, "dashboard saved");
    store.dashboard_by_id(saved.id).await?.ok_or_else(not_found)
}

/// The dashboard that the document's id or uid names.
async fn existing(app: &App, content: &Content, uid: Option<&str>) -> Result<Option<Dashboard>, ApiError> {
    let by_uid = match uid {
        Some(uid) => app.store().dashboard(uid).await?,
        None => None,
    };
    let Some(id) = content.number("id") else {
        return Ok(by_uid);
    };
    match (app.store().dashboard_by_id(id).await?, by_uid) {
        (Some(by_id), Some(by_uid)) if by_id.id != by_uid.id => Err(same_uid()),
        // An export of another server carries that server's id: the uid decides.
        (None, by_uid @ Some(_)) => Ok(by_uid),
        (None, None) => Err(not_found()),
        (by_id, _) => Ok(by_id),
    }
}

fn may_replace(existing: &Dashboard, content: &Content, options: &Options<'_>) -> Result<(), ApiError> {
    if existing.is_provisioned() && !existing.allow_ui_updates {
        return Err(ApiError::bad_request("Cannot save provisioned dashboard").with_status("bad-request"));
    }
    if options.is_overwrite {
        return Ok(());
    }
    match (content.number("version"), content.number("id")) {
        (None, None) => Err(same_uid()),
        (Some(version), _) if version == existing.version => Ok(()),
        _ => Err(changed()),
    }
}

pub(crate) fn not_found() -> ApiError {
    ApiError::not_found("Dashboard not found").with_status("not-found")
}

fn changed() -> ApiError {
    ApiError::new(StatusCode::PRECONDITION_FAILED, "The dashboard has been changed by someone else")
        .with_status("version-mismatch")
}

fn same_uid() -> ApiError {
    ApiError::new(StatusCode::PRECONDITION_FAILED, "A dashboard with the same uid already exists")
        .with_status("name-exists")
}
