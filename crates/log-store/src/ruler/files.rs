//! Where rules are kept.
//!
//! Two places, laid out alike: a folder per tenant with a file per namespace, `groups: […]` in each. The configured folder
//! belongs to the operator and is only read. The store's own folder takes what clients send to the API. Where both have a
//! namespace, the operator's counts.
//!
//! When no tenants are asked for, YAML files may also lie in the configured folder itself.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use model::TenantId;

use super::parse::{MAX_BYTES, RuleError};
use super::spec::{FileYaml, GroupSpec, GroupYaml};

mod names;
mod reading;

use reading::Reader;

/// Files of one tenant that are read at most.
const MAX_FILES: usize = 10_000;

/// What is in force for a namespace of a tenant.
#[derive(Debug, Clone)]
pub(crate) struct Namespace {
    pub groups: Arc<Vec<Arc<GroupSpec>>>,
    /// Whether clients may change it.
    pub editable: bool,
}

/// Namespaces by tenant and name.
pub(crate) type Namespaces = BTreeMap<TenantId, BTreeMap<String, Namespace>>;

/// Everything that was found.
#[derive(Debug, Default)]
pub(crate) struct Loaded {
    pub namespaces: Namespaces,
    /// By tenant, for files that could not be read or understood.
    pub problems: Vec<(TenantId, String)>,
}

/// Why a change was not made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ChangeError {
    #[error("{0}")]
    BadName(String),
    #[error("namespace {0} is kept in a file that only the operator of this server can change")]
    ReadOnly(String),
    #[error("group does not exist")]
    NoGroup,
    #[error("group namespace does not exist")]
    NoNamespace,
    #[error("{0}")]
    Limit(String),
    #[error("{0}")]
    Internal(String),
    #[error("the rules of namespace {0} cannot be read, so they are not overwritten: {1}")]
    Unreadable(String, RuleError),
    #[error("{}: {source}", path.display())]
    Io { path: PathBuf, source: io::Error },
}

/// How much a tenant may have; zero is without limit.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct RuleLimits {
    pub rules_per_group: usize,
    pub groups_per_tenant: usize,
}

impl RuleLimits {
    fn check(self, groups: usize, rules: usize) -> Result<(), ChangeError> {
        let over = |limit: usize, found: usize| limit > 0 && found > limit;
        if over(self.rules_per_group, rules) {
            let limit = self.rules_per_group;
            return Err(ChangeError::Limit(format!(
                "per-user rules per rule group limit (limit: {limit} actual: {rules}) exceeded"
            )));
        }
        if over(self.groups_per_tenant, groups) {
            let limit = self.groups_per_tenant;
            return Err(ChangeError::Limit(format!(
                "per-user rule groups limit (limit: {limit} actual: {groups}) exceeded"
            )));
        }
        Ok(())
    }
}

/// The folders, and what was read from them last.
#[derive(Debug)]
pub(crate) struct RuleFiles {
    provisioned: Option<PathBuf>,
    managed: PathBuf,
    /// Whose files may lie in the configured folder itself.
    default_tenant: Option<TenantId>,
    limits: RuleLimits,
    reader: Reader,
}

impl RuleFiles {
    pub(crate) fn new(
        provisioned: Option<PathBuf>,
        managed: PathBuf,
        default_tenant: Option<TenantId>,
        limits: RuleLimits,
    ) -> Self {
        Self { provisioned, managed, default_tenant, limits, reader: Reader::default() }
    }

    /// Looks at all files; those that have not changed are not read again.
    pub(crate) fn load(&mut self) -> Loaded {
        let mut loaded = Loaded::default();
        self.reader.begin();
        let managed = self.managed.clone();
        self.tenants(&managed, true, &mut loaded);
        if let Some(provisioned) = self.provisioned.clone() {
            if let Some(tenant) = self.default_tenant.clone() {
                self.folder(&provisioned, &tenant, is_yaml, false, &mut loaded);
            }
            self.tenants(&provisioned, false, &mut loaded);
        }
        self.reader.forget_missing();
        loaded
    }

    fn tenants(&mut self, folder: &Path, editable: bool, loaded: &mut Loaded) {
        for (name, path) in names::entries(folder) {
            if path.is_dir()
                && let Ok(tenant) = TenantId::new(&name)
            {
                self.folder(&path, &tenant, |_| true, editable, loaded);
            }
        }
    }

    fn folder(
        &mut self,
        folder: &Path,
        tenant: &TenantId,
        wanted: fn(&str) -> bool,
        editable: bool,
        loaded: &mut Loaded,
    ) {
        let files = names::entries(folder).into_iter().filter(|(name, path)| wanted(name) && path.is_file());
        for (name, path) in files.take(MAX_FILES) {
            let (groups, problem) = self.reader.read(&path);
            loaded.problems.extend(problem.map(|problem| (tenant.clone(), problem)));
            if let Some(groups) = groups {
                let namespaces = loaded.namespaces.entry(tenant.clone()).or_default();
                namespaces.insert(names::decode(&name), Namespace { groups, editable });
            }
        }
    }

    /// Adds a group to a namespace, or puts it in the place of the one with its name.
    pub(crate) fn put(
        &mut self,
        tenant: &TenantId,
        namespace: &str,
        group: &GroupYaml,
    ) -> Result<(), ChangeError> {
        let loaded = self.load();
        let all = loaded.namespaces.get(tenant);
        let others: usize = all.map_or(0, |all| all.values().map(|namespace| namespace.groups.len()).sum());
        let mut groups = self.editable(tenant, namespace, &loaded)?.unwrap_or_default();
        let known = groups.iter().position(|known| known.name == group.name);
        self.limits.check(others + usize::from(known.is_none()), group.rules.len())?;
        match known {
            Some(at) => groups[at] = group.clone(),
            None => groups.push(group.clone()),
        }
        self.write(tenant, namespace, &groups)
    }

    /// Removes a group; the last one of a namespace takes the file with it.
    pub(crate) fn remove_group(
        &mut self,
        tenant: &TenantId,
        namespace: &str,
        group: &str,
    ) -> Result<(), ChangeError> {
        let loaded = self.load();
        let mut groups = self.editable(tenant, namespace, &loaded)?.ok_or(ChangeError::NoNamespace)?;
        let count = groups.len();
        groups.retain(|known| known.name != group);
        if groups.len() == count {
            return Err(ChangeError::NoGroup);
        }
        if groups.is_empty() {
            self.remove(tenant, namespace)
        } else {
            self.write(tenant, namespace, &groups)
        }
    }

    pub(crate) fn remove_namespace(&mut self, tenant: &TenantId, namespace: &str) -> Result<(), ChangeError> {
        let loaded = self.load();
        let known = loaded.namespaces.get(tenant).and_then(|all| all.get(namespace));
        match known {
            None if self.path(tenant, namespace)?.is_file() => self.remove(tenant, namespace),
            None => Err(ChangeError::NoNamespace),
            Some(known) if !known.editable => Err(ChangeError::ReadOnly(namespace.to_owned())),
            Some(_) => self.remove(tenant, namespace),
        }
    }

    /// The groups of a namespace that clients may change; `None` if there is none yet.
    fn editable(
        &self,
        tenant: &TenantId,
        namespace: &str,
        loaded: &Loaded,
    ) -> Result<Option<Vec<GroupYaml>>, ChangeError> {
        let known = loaded.namespaces.get(tenant).and_then(|all| all.get(namespace));
        if known.is_some_and(|known| !known.editable) {
            return Err(ChangeError::ReadOnly(namespace.to_owned()));
        }
        if let Some(error) = self.reader.failure(&self.path(tenant, namespace)?) {
            return Err(ChangeError::Unreadable(namespace.to_owned(), error.clone()));
        }
        Ok(known.map(|known| known.groups.iter().map(|group| group.yaml.clone()).collect()))
    }

    fn path(&self, tenant: &TenantId, namespace: &str) -> Result<PathBuf, ChangeError> {
        let name = names::encode(namespace).map_err(ChangeError::BadName)?;
        Ok(self.managed.join(tenant.as_str()).join(name))
    }

    fn write(&self, tenant: &TenantId, namespace: &str, groups: &[GroupYaml]) -> Result<(), ChangeError> {
        let path = self.path(tenant, namespace)?;
        let text = serde_saphyr::to_string(&FileYaml { groups: groups.iter().collect() })
            .map_err(|error| ChangeError::BadName(format!("the rules cannot be written: {error}")))?;
        if text.len() > MAX_BYTES {
            return Err(ChangeError::Limit(format!("the rules of a namespace may have {MAX_BYTES} bytes")));
        }
        write_whole(&path, text.as_bytes()).map_err(|source| ChangeError::Io { path, source })
    }

    fn remove(&self, tenant: &TenantId, namespace: &str) -> Result<(), ChangeError> {
        let path = self.path(tenant, namespace)?;
        std::fs::remove_file(&path).map_err(|source| ChangeError::Io { path, source })
    }
}

fn is_yaml(name: &str) -> bool {
    name.ends_with(".yaml") || name.ends_with(".yml")
}

/// Puts a file in its place in one step, and onto the disk.
pub(super) fn write_whole(path: &Path, content: &[u8]) -> io::Result<()> {
    use std::io::Write as _;
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    // Hidden, so that nobody takes it for a rule file.
    let temporary = folder.join(".new");
    let mut file = std::fs::File::create(&temporary)?;
    file.write_all(content)?;
    file.sync_all()?;
    std::fs::rename(&temporary, path)?;
    std::fs::File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests;
