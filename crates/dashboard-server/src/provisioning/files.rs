//! Dashboards from files: what the database holds of a provider is made to agree with the files, again and again.
//!
//! A file is applied when it is new or its content changed; between changes, a dashboard that may be saved in the
//! interface keeps what was saved there. Each mistake in a file is logged once, until it changes.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use parking_lot::Mutex;
use rust_embed::RustEmbed;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::dashboards::{Files, Provider};
use crate::dashboards::{Content, slug, uid};
use crate::repo::dashboards::{Dashboard, Origin, Save};
use crate::repo::folders::NewFolder;
use crate::repo::{Result as StoreResult, Store};

const FILE_MAX_BYTES: u64 = 5 * 1024 * 1024;
const FILES_MAX: usize = 5_000;
const DEPTH_MAX: usize = 10;

/// Mistakes that were already logged, by file.
#[derive(Debug, Default)]
pub(crate) struct Reported(Mutex<HashMap<PathBuf, String>>);

impl Reported {
    fn report(&self, path: &Path, mistake: String) {
        let mut known = self.0.lock();
        if known.get(path) != Some(&mistake) {
            tracing::error!(file = %path.display(), mistake, "dashboard file not applied");
            known.insert(path.to_owned(), mistake);
        }
    }

    fn forget(&self, path: &Path) {
        self.0.lock().remove(path);
    }
}

/// A dashboard file that can be applied.
struct Candidate {
    /// Path below the provider's folder.
    name: String,
    path: PathBuf,
    hash: String,
    text: String,
}

/// Applies one provider's files.
pub(crate) async fn apply(
    store: &Store,
    provider: &Provider,
    reported: &Reported,
    now: i64,
) -> StoreResult<()> {
    let root = match &provider.files {
        Files::Path(path) => path.clone(),
        Files::BuiltIn => PathBuf::from("built in"),
    };
    let wanted = provider.files.clone();
    let scanned = tokio::task::spawn_blocking(move || match wanted {
        Files::Path(root) => scan(&root),
        Files::BuiltIn => Ok(built_in()),
    });
    let (candidates, mistakes) = match scanned.await {
        Ok(Ok(found)) => found,
        Ok(Err(error)) => {
            // A folder that is away for a moment must not delete what it held.
            reported.report(&root, error);
            return Ok(());
        }
        Err(_stopped) => return Ok(()),
    };
    reported.forget(&root);
    let mut seen = BTreeSet::new();
    let mut broken: BTreeSet<String> = BTreeSet::new();
    for (path, mistake) in mistakes {
        broken.insert(below(&root, &path));
        reported.report(&path, mistake);
    }
    for candidate in candidates {
        match apply_file(store, provider, &candidate, &mut seen, now).await? {
            Ok(()) => reported.forget(&candidate.path),
            Err(mistake) => {
                broken.insert(candidate.name.clone());
                reported.report(&candidate.path, mistake);
            }
        }
    }
    remove_missing(store, provider, &seen, &broken).await
}

/// Dashboards whose provider no file names any more go, as in Grafana.
pub(crate) async fn remove_orphans(store: &Store, providers: &[Provider]) -> StoreResult<()> {
    for dashboard in store.dashboards().await? {
        let has_provider = providers.iter().any(|provider| provider.name == dashboard.provider);
        if dashboard.is_provisioned() && !has_provider {
            store.delete_dashboard(dashboard.id).await?;
            tracing::info!(
                uid = dashboard.uid,
                provider = dashboard.provider,
                "provider gone, dashboard deleted"
            );
        }
    }
    Ok(())
}

/// Dashboards of the provider whose file is gone. A file that is only broken for now keeps its dashboard.
async fn remove_missing(
    store: &Store,
    provider: &Provider,
    seen: &BTreeSet<String>,
    broken: &BTreeSet<String>,
) -> StoreResult<()> {
    for dashboard in store.dashboards().await? {
        let is_missing = dashboard.provider == provider.name
            && !seen.contains(&dashboard.uid)
            && !broken.contains(&dashboard.provisioned_file);
        if !is_missing {
            continue;
        }
        if provider.is_deletion_disabled {
            store.forget_dashboard_origin(dashboard.id).await?;
        } else {
            store.delete_dashboard(dashboard.id).await?;
            tracing::info!(
                uid = dashboard.uid,
                file = dashboard.provisioned_file,
                "file gone, dashboard deleted"
            );
        }
    }
    Ok(())
}

async fn apply_file(
    store: &Store,
    provider: &Provider,
    candidate: &Candidate,
    seen: &mut BTreeSet<String>,
    now: i64,
) -> StoreResult<Result<(), String>> {
    let document: Value = match serde_json::from_str(&candidate.text) {
        Ok(document) => document,
        Err(error) => return Ok(Err(format!("line {} column {}: {error}", error.line(), error.column()))),
    };
    let content = match Content::new(document) {
        Ok(content) => content,
        Err(invalid) => return Ok(Err(invalid.to_string())),
    };
    let uid = match content.uid() {
        Ok(Some(uid)) => uid.to_owned(),
        Ok(None) => derived_uid(&provider.name, &candidate.name),
        Err(invalid) => return Ok(Err(invalid.to_string())),
    };
    if !seen.insert(uid.clone()) {
        return Ok(Err(format!("another file of the provider {:?} has the uid {uid}", provider.name)));
    }
    let existing = store.dashboard(&uid).await?;
    if let Some(other) =
        existing.as_ref().filter(|known| known.is_provisioned() && known.provider != provider.name)
    {
        return Ok(Err(format!("the uid {uid} belongs to the provider {:?}", other.provider)));
    }
    let folder_uid = folder(store, provider, &candidate.name, now).await?;
    write(store, provider, candidate, content, (&uid, &folder_uid, existing.as_ref()), now).await
}

async fn write(
    store: &Store,
    provider: &Provider,
    candidate: &Candidate,
    content: Content,
    place: (&str, &str, Option<&Dashboard>),
    now: i64,
) -> StoreResult<Result<(), String>> {
    let (uid, folder_uid, existing) = place;
    let origin = Origin {
        provider: &provider.name,
        file: &candidate.name,
        hash: &candidate.hash,
        allow_ui_updates: provider.allow_ui_updates,
    };
    if let Some(known) = existing.filter(|known| known.provisioned_hash == candidate.hash) {
        let is_same = known.folder_uid == folder_uid
            && known.provisioned_file == candidate.name
            && known.allow_ui_updates == provider.allow_ui_updates;
        if !is_same {
            store.set_dashboard_origin(known.id, folder_uid, origin).await?;
        }
        return Ok(Ok(()));
    }
    let save = Save {
        existing: existing.map(|known| (known.id, known.version)),
        uid,
        folder_uid,
        title: &content.title,
        slug: &slug(&content.title),
        tags: &content.tags,
        dashboard: content.map,
        message: "",
        by: "",
        restored_from: 0,
        origin: Some(origin),
    };
    // `None`: saved by a user in this very moment; the next round decides.
    store.save_dashboard(save, now).await?;
    Ok(Ok(()))
}

/// The uid of the folder the file belongs to, made when it is missing.
async fn folder(store: &Store, provider: &Provider, name: &str, now: i64) -> StoreResult<String> {
    let title = if provider.is_folder_per_directory {
        // Only the innermost folder counts: folders made from files do not nest.
        name.rsplit('/').nth(1).unwrap_or_default()
    } else {
        provider.folder.as_str()
    };
    if title.is_empty() {
        return Ok(String::new());
    }
    if !provider.folder_uid.is_empty()
        && let Some(folder) = store.folder(&provider.folder_uid).await?
    {
        return Ok(folder.uid);
    }
    if let Some(folder) = store.folder_by_title("", title).await? {
        return Ok(folder.uid);
    }
    let uid = if provider.folder_uid.is_empty() { uid::random() } else { provider.folder_uid.clone() };
    let folder = NewFolder { uid: &uid, title, description: "", parent_uid: "", by: "" };
    store.add_folder(&folder, now).await?;
    Ok(uid)
}

/// Stays the same as long as the file keeps its name.
fn derived_uid(provider: &str, name: &str) -> String {
    let digest = hex::encode(Sha256::digest(format!("{provider}\n{name}").as_bytes()));
    format!("f{}", &digest[..31])
}

fn below(root: &Path, path: &Path) -> String {
    let rest = path.strip_prefix(root).ok().filter(|rest| !rest.as_os_str().is_empty());
    let name = rest.map_or_else(|| path.file_name().map(PathBuf::from).unwrap_or_default(), Path::to_owned);
    name.display().to_string()
}

#[derive(RustEmbed)]
#[folder = "../../infrastructure/grafana/dashboards"]
#[allow_missing = true]
struct BuiltIn;

fn built_in() -> Scanned {
    let candidates = BuiltIn::iter().filter(|name| name.ends_with(".json")).filter_map(|name| {
        let text = String::from_utf8(BuiltIn::get(&name)?.data.into_owned()).ok()?;
        let hash = hex::encode(Sha256::digest(text.as_bytes()));
        Some(Candidate { path: PathBuf::from(name.as_ref()), name: name.into_owned(), hash, text })
    });
    (candidates.collect(), Vec::new())
}

type Scanned = (Vec<Candidate>, Vec<(PathBuf, String)>);

fn scan(root: &Path) -> Result<Scanned, String> {
    let mut paths = Vec::new();
    if root.is_file() {
        paths.push(root.to_owned());
    } else {
        walk(root, 0, &mut paths).map_err(|error| error.to_string())?;
    }
    paths.sort();
    let mut scanned: Scanned = (Vec::new(), Vec::new());
    for path in paths {
        match read(root, &path) {
            Ok(candidate) => scanned.0.push(candidate),
            Err(mistake) => scanned.1.push((path, mistake)),
        }
    }
    Ok(scanned)
}

fn walk(folder: &Path, depth: usize, paths: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let is_hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if is_hidden || paths.len() >= FILES_MAX {
            continue;
        }
        if path.is_dir() {
            if depth < DEPTH_MAX {
                walk(&path, depth + 1, paths)?;
            }
        } else if path.extension().is_some_and(|extension| extension == "json") {
            paths.push(path);
        }
    }
    Ok(())
}

fn read(root: &Path, path: &Path) -> Result<Candidate, String> {
    let size = std::fs::metadata(path).map_err(|error| error.to_string())?.len();
    if size > FILE_MAX_BYTES {
        return Err(format!("larger than {FILE_MAX_BYTES} bytes"));
    }
    let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    let hash = hex::encode(Sha256::digest(text.as_bytes()));
    Ok(Candidate { name: below(root, path), path: path.to_owned(), hash, text })
}
