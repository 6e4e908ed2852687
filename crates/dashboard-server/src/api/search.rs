//! Search: folders and dashboards by words, tags, folder, star.

use std::collections::HashMap;

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::folders;
use super::params::Params;
use crate::auth::Identity;
use crate::dashboards::slug;
use crate::error::ApiError;
use crate::repo::ORG_ID;
use crate::repo::dashboards::Dashboard;
use crate::repo::folders::Folder;
use crate::server::App;

const LIMIT_DEFAULT: i64 = 1000;
const LIMIT_MAX: i64 = 5000;

pub(super) fn routes() -> Router<App> {
    Router::new().route("/api/search", get(search)).route("/api/search/sorting", get(sorting))
}

async fn search(
    State(app): State<App>,
    identity: Identity,
    params: Params,
) -> Result<Json<Vec<Value>>, ApiError> {
    let folders = app.store().folders().await?;
    let by_uid: HashMap<&str, &Folder> = folders.iter().map(|folder| (folder.uid.as_str(), folder)).collect();
    let stars = app.store().stars(identity.user.id).await?;
    let filter = Filter::new(&params, &folders);
    let mut hits: Vec<(String, Value)> = Vec::new();
    if filter.wants_folders() {
        for folder in folders.iter().filter(|folder| filter.takes_folder(folder)) {
            hits.push((folder.title.to_lowercase(), folder_hit(folder, &by_uid)));
        }
    }
    if filter.kind != Some("dash-folder") {
        for dashboard in app.store().dashboards().await? {
            let is_starred = stars.iter().any(|(id, _)| *id == dashboard.id);
            if filter.takes(&dashboard, is_starred) {
                hits.push((dashboard.title.to_lowercase(), dashboard_hit(&dashboard, is_starred, &by_uid)));
            }
        }
    }
    match params.get("sort") {
        Some("alpha-asc") => hits.sort_by(|a, b| a.0.cmp(&b.0)),
        Some("alpha-desc") => hits.sort_by(|a, b| b.0.cmp(&a.0)),
        _ => {}
    }
    let page = params.page(LIMIT_DEFAULT, LIMIT_MAX);
    Ok(Json(page.of(hits.into_iter().map(|(_, hit)| hit)).collect()))
}

struct Filter<'a> {
    words: String,
    tags: Vec<&'a str>,
    kind: Option<&'a str>,
    uids: Vec<&'a str>,
    ids: Vec<i64>,
    /// Folders by uid; the root is the empty one. None: all.
    folders: Option<Vec<&'a str>>,
    is_starred: bool,
    /// The recycle bin, which is always empty here.
    is_deleted: bool,
}

impl<'a> Filter<'a> {
    fn new(params: &'a Params, folders: &'a [Folder]) -> Self {
        let uids = ["dashboardUIDs", "dashboardUID"].into_iter().flat_map(|name| params.all(name));
        let mut within: Vec<&str> = params
            .all("folderUIDs")
            .chain(params.all("folderUids"))
            .flat_map(|uids| uids.split(','))
            .map(|uid| if uid == "general" { "" } else { uid })
            .collect();
        for id in params.all("folderIds").filter_map(|id| id.parse::<i64>().ok()) {
            let uid = folders.iter().find(|folder| folder.id == id).map(|folder| folder.uid.as_str());
            within.push(if id == 0 { "" } else { uid.unwrap_or("?") });
        }
        let is_within = params.has("folderUIDs") || params.has("folderUids") || params.has("folderIds");
        if is_within && within.is_empty() {
            within.push("");
        }
        Self {
            words: params.get("query").unwrap_or_default().trim().to_lowercase(),
            tags: params.all("tag").collect(),
            kind: params.get("type"),
            uids: uids.flat_map(|uids| uids.split(',')).collect(),
            ids: params.all("dashboardIds").filter_map(|id| id.parse().ok()).collect(),
            folders: is_within.then_some(within),
            is_starred: params.flag("starred"),
            is_deleted: params.flag("deleted"),
        }
    }

    fn wants_folders(&self) -> bool {
        !matches!(self.kind, Some("dash-db"))
            && self.tags.is_empty()
            && !self.is_starred
            && self.ids.is_empty()
    }

    fn is_in(&self, folder_uid: &str) -> bool {
        self.folders.as_ref().is_none_or(|folders| folders.contains(&folder_uid))
    }

    fn has_words(&self, title: &str) -> bool {
        let title = title.to_lowercase();
        self.words.split_whitespace().all(|word| title.contains(word))
    }

    fn takes_folder(&self, folder: &Folder) -> bool {
        !self.is_deleted
            && self.has_words(&folder.title)
            && self.is_in(&folder.parent_uid)
            && (self.uids.is_empty() || self.uids.contains(&folder.uid.as_str()))
    }

    fn takes(&self, dashboard: &Dashboard, is_starred: bool) -> bool {
        let has_tags = || {
            let tags = dashboard.tags();
            self.tags.iter().all(|wanted| tags.iter().any(|tag| tag == wanted))
        };
        !self.is_deleted
            && (!self.is_starred || is_starred)
            && self.has_words(&dashboard.title)
            && self.is_in(&dashboard.folder_uid)
            && (self.uids.is_empty() || self.uids.contains(&dashboard.uid.as_str()))
            && (self.ids.is_empty() || self.ids.contains(&dashboard.id))
            && (self.tags.is_empty() || has_tags())
    }
}

fn with_parent(mut hit: Value, parent: Option<&&Folder>) -> Value {
    if let (Some(map), Some(folder)) = (hit.as_object_mut(), parent) {
        map.insert("folderId".to_owned(), folder.id.into());
        map.insert("folderUid".to_owned(), folder.uid.clone().into());
        map.insert("folderTitle".to_owned(), folder.title.clone().into());
        map.insert("folderUrl".to_owned(), folders::url(folder).into());
    }
    hit
}

fn folder_hit(folder: &Folder, by_uid: &HashMap<&str, &Folder>) -> Value {
    let hit = json!({
        "id": folder.id, "orgId": ORG_ID, "uid": folder.uid, "title": folder.title,
        "uri": format!("db/{}", slug(&folder.title)), "url": folders::url(folder), "slug": "",
        "type": "dash-folder", "tags": [], "isStarred": false, "sortMeta": 0, "isDeleted": false,
    });
    with_parent(hit, by_uid.get(folder.parent_uid.as_str()))
}

fn dashboard_hit(dashboard: &Dashboard, is_starred: bool, by_uid: &HashMap<&str, &Folder>) -> Value {
    let hit = json!({
        "id": dashboard.id, "orgId": ORG_ID, "uid": dashboard.uid, "title": dashboard.title,
        "uri": format!("db/{}", dashboard.slug), "url": dashboard.url(), "slug": "",
        "type": "dash-db", "tags": dashboard.tags(), "isStarred": is_starred, "sortMeta": 0, "isDeleted": false,
    });
    with_parent(hit, by_uid.get(dashboard.folder_uid.as_str()))
}

async fn sorting() -> Json<Value> {
    Json(json!({ "sortOptions": [
        { "name": "alpha-asc", "displayName": "Alphabetically (A–Z)", "description": "By title, from A to Z", "meta": "" },
        { "name": "alpha-desc", "displayName": "Alphabetically (Z–A)", "description": "By title, from Z to A", "meta": "" },
    ] }))
}
