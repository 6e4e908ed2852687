//! Provisioning: the database is made to agree with files at every start.
//!
//! The files are Grafana's. Unlike Grafana we refuse keys we don't know, with line and column, because a misspelt key
//! that is silently ignored is the commonest reason for "my setting has no effect".

mod dashboards;
pub(crate) mod datasources;
mod files;
mod interpolate;

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::time::Duration;

use self::dashboards::Provider;
use self::files::Reported;
use crate::repo::{Store, StoreError};
use crate::settings::{Environment, Provisioning, Secret, Settings};

/// The same file that `infrastructure/` holds, for a server started in an empty folder.
const BUILT_IN_DATA_SOURCES: &str =
    include_str!("../../../infrastructure/grafana/provisioning/datasources/datasources.yaml");
/// How often files are looked at when no provider says so.
const IDLE: Duration = Duration::from_secs(10);
const FILE_MAX_BYTES: u64 = 1024 * 1024;

/// Secrets of data sources: by uid, then by field. They stay in memory; the database knows their names only.
pub(crate) type Secrets = HashMap<String, BTreeMap<String, Secret>>;

/// Why provisioning files cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum ProvisioningError {
    #[error("{}: {source}", path.display())]
    Read { path: PathBuf, source: std::io::Error },
    #[error("{}: larger than {FILE_MAX_BYTES} bytes", path.display())]
    TooLarge { path: PathBuf },
    #[error("{origin}: {message}")]
    Syntax { origin: String, message: String },
    #[error("{origin}: line {line} column {column}: {message}")]
    Meaning { origin: String, line: u64, column: u64, message: String },
    #[error("provisioning: {0}")]
    Store(#[from] StoreError),
}

/// Reads the files and brings the database up to date.
pub(crate) async fn apply(
    store: &Store,
    settings: &Settings,
    now: i64,
) -> Result<Secrets, ProvisioningError> {
    let files = match &settings.provisioning {
        Provisioning::BuiltIn => {
            vec![("built-in datasources.yaml".to_owned(), BUILT_IN_DATA_SOURCES.to_owned())]
        }
        Provisioning::Folder(folder) => read_folder(&folder.join("datasources"))?,
    };
    let environment = &settings.environment;
    let (plan, secrets) = datasources::plan(&files, &|name| variable(environment, name))?;
    store.provision(&plan, now).await?;
    tracing::info!(files = files.len(), data_sources = plan.sources.len(), "data sources provisioned");
    Ok(secrets)
}

/// The providers of dashboards, and what was said about their files.
#[derive(Debug, Default)]
pub(crate) struct Dashboards {
    /// Held while files are applied, so that two rounds never mix.
    providers: tokio::sync::Mutex<Vec<Provider>>,
    reported: Reported,
}

impl Dashboards {
    /// Reads the providers anew and applies their files.
    pub(crate) async fn reload(
        &self,
        store: &Store,
        settings: &Settings,
        now: i64,
    ) -> Result<(), ProvisioningError> {
        let found = match &settings.provisioning {
            Provisioning::BuiltIn => vec![Provider::built_in()],
            Provisioning::Folder(folder) => {
                let lookup = |name: &str| dashboards_variable(&settings.environment, folder, name);
                dashboards::providers(&read_folder(&folder.join("dashboards"))?, &lookup)?
            }
        };
        let mut providers = self.providers.lock().await;
        *providers = found;
        files::remove_orphans(store, &providers).await?;
        self.apply(&providers, store, now).await
    }

    /// Looks at the files again; says when to do so next.
    pub(crate) async fn refresh(&self, store: &Store, now: i64) -> Duration {
        let providers = self.providers.lock().await;
        if let Err(error) = self.apply(&providers, store, now).await {
            tracing::error!(%error, "dashboards of files");
        }
        providers.iter().map(|provider| provider.interval).min().unwrap_or(IDLE)
    }

    async fn apply(&self, providers: &[Provider], store: &Store, now: i64) -> Result<(), ProvisioningError> {
        for provider in providers {
            files::apply(store, provider, &self.reported, now).await?;
        }
        Ok(())
    }
}

/// `DASHBOARDS_PATH` is the folder beside the provisioning files unless somebody set it.
fn dashboards_variable(environment: &Environment, provisioning: &Path, name: &str) -> Option<String> {
    environment.get(name).filter(|value| !value.is_empty()).or_else(|| {
        let beside = provisioning.parent().unwrap_or(provisioning).join("dashboards");
        (name == "DASHBOARDS_PATH").then(|| beside.display().to_string())
    })
}

/// Variables of the environment; the addresses of our own stores have a value even when nobody set one.
fn variable(environment: &Environment, name: &str) -> Option<String> {
    environment.get(name).filter(|value| !value.is_empty()).or_else(|| {
        match name {
            "LOKI_URL" => Some("http://127.0.0.1:3100".to_owned()),
            "TEMPO_URL" => Some("http://127.0.0.1:3200".to_owned()),
            // The trace store counts spans itself.
            "PROMETHEUS_URL" => {
                let tempo = variable(environment, "TEMPO_URL")?;
                Some(format!("{}/prometheus", tempo.trim_end_matches('/')))
            }
            _ => None,
        }
    })
}

/// The YAML and JSON files directly in `folder`, by name. A missing folder has none.
fn read_folder(folder: &Path) -> Result<Vec<(String, String)>, ProvisioningError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| ProvisioningError::Read { path, source }
    };
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed(folder))? {
        let path = entry.map_err(failed(folder))?.path();
        let extension = path.extension().and_then(|extension| extension.to_str());
        if matches!(extension, Some("yaml" | "yml" | "json")) && path.is_file() {
            paths.push(path);
        }
    }
    paths.sort();
    let mut files = Vec::with_capacity(paths.len());
    for path in paths {
        if std::fs::metadata(&path).map_err(failed(&path))?.len() > FILE_MAX_BYTES {
            return Err(ProvisioningError::TooLarge { path });
        }
        let text = std::fs::read_to_string(&path).map_err(failed(&path))?;
        files.push((path.display().to_string(), text));
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_file_has_both_stores() {
        let files = [("built-in".to_owned(), BUILT_IN_DATA_SOURCES.to_owned())];
        let environment = Environment::fixed([("TEMPO_URL", "http://tempo:3200")]);
        let (plan, _) = datasources::plan(&files, &|name| variable(&environment, name)).unwrap();
        let urls: Vec<_> =
            plan.sources.iter().map(|source| (source.uid.as_str(), source.url.as_str())).collect();
        assert_eq!(
            urls,
            [
                ("loki", "http://127.0.0.1:3100"),
                ("tempo", "http://tempo:3200"),
                ("prometheus", "http://tempo:3200/prometheus"),
            ]
        );
        let query = &plan.sources[1].json_data["tracesToLogsV2"]["query"];
        assert_eq!(query, r#"{${__tags}} |= "${__trace.traceId}""#);
        assert_eq!(plan.sources[0].json_data["derivedFields"][0]["url"], "${__value.raw}");
        assert!(plan.sources[0].is_default && plan.sources[0].is_read_only);
    }

    #[test]
    fn folders_are_read_in_order_and_other_files_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b.yml", "a.yaml", "c.json", "notes.txt"] {
            std::fs::write(folder.path().join(name), name).unwrap();
        }
        let texts: Vec<_> = read_folder(folder.path()).unwrap().into_iter().map(|file| file.1).collect();
        assert_eq!(texts, ["a.yaml", "b.yml", "c.json"]);
        assert!(read_folder(&folder.path().join("missing")).unwrap().is_empty());
    }
}
