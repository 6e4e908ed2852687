//! From `static_configs` to globs with labels.

use std::sync::Arc;

use super::discover::{Glob, GlobError};
use crate::config::ScrapeConfig;
use crate::labels::LabelSet;
use crate::relabel::{RelabelError, Rule, relabel};

/// Files to read, and the labels their lines begin with.
#[derive(Debug)]
pub struct Target {
    pub pattern: String,
    pub glob: Glob,
    pub labels: Arc<LabelSet>,
}

/// A target as the pages show it.
#[derive(Debug, Clone, serde::Serialize)]
pub struct TargetStatus {
    pub job: String,
    pub pattern: String,
    pub labels: LabelSet,
    pub files: Vec<FileStatus>,
}

/// A file as the pages show it.
#[derive(Debug, Clone, serde::Serialize)]
pub struct FileStatus {
    pub path: String,
    pub position: u64,
    pub size: u64,
    /// Renamed or removed, and read to its end.
    pub rotated: bool,
}

/// Why a job has no targets.
#[derive(Debug, thiserror::Error)]
pub enum TargetError {
    #[error(transparent)]
    Relabel(#[from] RelabelError),
    #[error("static_configs: {0}")]
    Glob(#[from] GlobError),
    #[error("static_configs: a group has no __path__; add one, such as /var/log/*.log")]
    NoPath,
}

/// The targets of a job. Groups dropped by relabelling, or meant for another host, are left out.
pub fn targets(scrape: &ScrapeConfig, hostname: &str) -> Result<Vec<Target>, TargetError> {
    let rules = scrape.relabel_configs.iter().map(Rule::new).collect::<Result<Vec<_>, _>>()?;
    let mut targets = Vec::new();
    for group in &scrape.static_configs {
        let mut labels: LabelSet = group.labels.iter().collect();
        if let Some(address) = group.targets.first() {
            labels.insert("__address__", address);
        }
        let Some(mut labels) = relabel(labels, &rules) else {
            continue;
        };
        if labels.get("__host__").is_some_and(|host| host != hostname) {
            continue;
        }
        let pattern = labels.get("__path__").ok_or(TargetError::NoPath)?.to_owned();
        let glob = Glob::new(&pattern, labels.get("__path_exclude__"))?;
        labels.retain(|name, _| !name.starts_with("__"));
        targets.push(Target { pattern, glob, labels: Arc::new(labels) });
    }
    Ok(targets)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(yaml: &str) -> Result<Vec<String>, String> {
        let scrape: ScrapeConfig = runtime::parse_yaml(yaml, "scrape").unwrap();
        let targets = targets(&scrape, "here").map_err(|error| error.to_string())?;
        Ok(targets.iter().map(|target| format!("{} {}", target.pattern, target.labels)).collect())
    }

    #[test]
    fn groups_become_targets() {
        let yaml = "
relabel_configs:
  - {source_labels: [team], regex: b, action: drop}
  - {source_labels: [__address__], target_label: host}
static_configs:
  - {targets: [localhost], labels: {job: x, __path__: /a/*.log}}
  - {labels: {team: b, __path__: /b/*.log}}
  - {labels: {__host__: elsewhere, __path__: /c/*.log}}
  - {labels: {__host__: here, __path__: /d/*.log}}
";
        assert_eq!(check(yaml).unwrap(), ["/a/*.log {host=\"localhost\", job=\"x\"}", "/d/*.log {}"]);
    }

    #[test]
    fn a_path_is_needed() {
        assert!(check("static_configs: [{labels: {job: x}}]").unwrap_err().contains("__path__"));
    }
}
