//! Providers of dashboards, from `dashboards/*.yaml`: which folders of files belong to which folder of the interface.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;
use serde_saphyr::{Location, Spanned};

use super::ProvisioningError;
use super::datasources::{Flag, check_org, invalid, parse_yaml};
use super::interpolate::{Lookup, expand};
use crate::dashboards::uid;

const INTERVAL_DEFAULT_SECS: u64 = 10;
const PROVIDERS_MAX: usize = 100;

/// A source of dashboards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Provider {
    pub(crate) name: String,
    /// Title of the folder; empty for the root.
    pub(crate) folder: String,
    pub(crate) folder_uid: String,
    pub(crate) is_deletion_disabled: bool,
    pub(crate) allow_ui_updates: bool,
    pub(crate) interval: Duration,
    pub(crate) files: Files,
    /// Each folder of files becomes a folder of the interface.
    pub(crate) is_folder_per_directory: bool,
}

/// Where a provider's files are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Files {
    /// A folder of files, or one file.
    Path(PathBuf),
    /// The files that are part of the binary.
    BuiltIn,
}

impl Provider {
    /// For a server that was started in an empty folder.
    pub(crate) fn built_in() -> Self {
        Self {
            name: "built-in".to_owned(),
            folder: "E-Commerce".to_owned(),
            folder_uid: "ecommerce".to_owned(),
            is_deletion_disabled: false,
            allow_ui_updates: false,
            interval: Duration::from_secs(24 * 3600),
            files: Files::BuiltIn,
            is_folder_per_directory: false,
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct File {
    api_version: Spanned<i64>,
    #[serde(default)]
    providers: Option<Vec<Entry>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Entry {
    name: Spanned<String>,
    #[serde(default)]
    org_id: Option<Spanned<i64>>,
    #[serde(default)]
    folder: Option<String>,
    #[serde(default)]
    folder_uid: Option<String>,
    #[serde(default)]
    r#type: Option<Spanned<String>>,
    #[serde(default)]
    disable_deletion: Flag,
    #[serde(default)]
    #[expect(dead_code, reason = "an old key of no effect, seen in the wild")]
    editable: Flag,
    #[serde(default)]
    update_interval_seconds: Option<u64>,
    #[serde(default)]
    allow_ui_updates: Flag,
    options: Options,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Options {
    path: Spanned<String>,
    #[serde(default)]
    folders_from_files_structure: Flag,
}

/// Reads all files. `files` are names and texts.
pub(crate) fn providers(
    files: &[(String, String)],
    lookup: &Lookup<'_>,
) -> Result<Vec<Provider>, ProvisioningError> {
    let mut providers = Vec::new();
    let mut names = BTreeSet::new();
    for (origin, text) in files {
        let file: File = parse_yaml(text, origin)?;
        if file.api_version.value != 1 {
            return Err(invalid(origin, file.api_version.referenced, "apiVersion must be 1"));
        }
        for entry in file.providers.unwrap_or_default() {
            let at = entry.name.referenced;
            let provider = provider(&entry, origin, lookup)?;
            if !names.insert(provider.name.clone()) {
                return Err(invalid(origin, at, format!("a second provider is named {:?}", provider.name)));
            }
            if providers.len() == PROVIDERS_MAX {
                return Err(invalid(origin, at, format!("more than {PROVIDERS_MAX} providers")));
            }
            providers.push(provider);
        }
    }
    Ok(providers)
}

fn provider(entry: &Entry, origin: &str, lookup: &Lookup<'_>) -> Result<Provider, ProvisioningError> {
    let at = entry.name.referenced;
    check_org(entry.org_id.as_ref(), origin)?;
    let text = |text: &str, at: Location| {
        expand(text, lookup)
            .map(|text| text.trim().to_owned())
            .map_err(|message| invalid(origin, at, message))
    };
    let name = text(&entry.name.value, at)?;
    if name.is_empty() {
        return Err(invalid(origin, at, "name is empty"));
    }
    if let Some(kind) = &entry.r#type
        && kind.value != "file"
    {
        return Err(invalid(origin, kind.referenced, "type must be file"));
    }
    let path = text(&entry.options.path.value, entry.options.path.referenced)?;
    if path.is_empty() {
        return Err(invalid(
            origin,
            entry.options.path.referenced,
            "path is empty; is the variable in it set?",
        ));
    }
    let folder = text(entry.folder.as_deref().unwrap_or_default(), at)?;
    let folder_uid = text(entry.folder_uid.as_deref().unwrap_or_default(), at)?;
    uid::check(&folder_uid).map_err(|error| invalid(origin, at, format!("folderUid: {error}")))?;
    let is_folder_per_directory = entry.options.folders_from_files_structure.0;
    if is_folder_per_directory && !(folder.is_empty() && folder_uid.is_empty()) {
        return Err(invalid(
            origin,
            at,
            "with foldersFromFilesStructure, folder and folderUid must be empty",
        ));
    }
    let secs = entry.update_interval_seconds.filter(|secs| *secs > 0).unwrap_or(INTERVAL_DEFAULT_SECS);
    Ok(Provider {
        name,
        folder: if folder == "General" { String::new() } else { folder },
        folder_uid,
        is_deletion_disabled: entry.disable_deletion.0,
        allow_ui_updates: entry.allow_ui_updates.0,
        interval: Duration::from_secs(secs.min(24 * 3600)),
        files: Files::Path(PathBuf::from(path)),
        is_folder_per_directory,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<Provider>, String> {
        let lookup = |name: &str| (name == "DASHBOARDS").then(|| "/srv/dashboards".to_owned());
        providers(&[("a.yaml".to_owned(), text.to_owned())], &lookup).map_err(|error| error.to_string())
    }

    #[test]
    fn providers_are_read() {
        let text = "apiVersion: 1\nproviders:\n  - name: shop\n    orgId: 1\n    folder: Shop\n    folderUid: shop\n    \
                    type: file\n    disableDeletion: true\n    editable: true\n    updateIntervalSeconds: 30\n    \
                    allowUiUpdates: true\n    options: {path: $DASHBOARDS/x}\n  - {name: b, options: {path: /b}}\n";
        let providers = read(text).unwrap();
        assert_eq!(providers[0].files, Files::Path(PathBuf::from("/srv/dashboards/x")));
        assert_eq!((providers[0].folder.as_str(), providers[0].interval.as_secs()), ("Shop", 30));
        assert!(providers[0].is_deletion_disabled && providers[0].allow_ui_updates);
        assert_eq!((providers[1].folder.as_str(), providers[1].interval.as_secs()), ("", 10));
    }

    #[test]
    fn mistakes_are_named_with_their_line() {
        for (entry, line, words) in [
            ("{name: a, options: {path: ''}}", 3, "path is empty"),
            ("{name: a, type: git, options: {path: /a}}", 3, "type must be file"),
            ("{name: a, optoins: {path: /a}}", 3, "optoins"),
            (
                "{name: a, folder: X, options: {path: /a, foldersFromFilesStructure: true}}",
                3,
                "must be empty",
            ),
            ("{name: a, orgId: 2, options: {path: /a}}", 3, "orgId must be 1"),
            ("{name: a, options: {path: /a}}\n  - {name: a, options: {path: /a}}", 4, "second provider"),
        ] {
            let error = read(&format!("apiVersion: 1\nproviders:\n  - {entry}\n")).unwrap_err();
            assert!(error.contains(words) && error.contains(&format!("line {line}")), "{entry}: {error}");
        }
    }
}
