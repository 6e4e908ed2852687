//! The rules' configuration as it is in force: checked, with Loki's defaults.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use model::is_label_name;
use runtime::HumanDuration;

use super::{LocalSection, RemoteClientSection, RemoteWriteSection, RulerSection, RulerStorageSection};
use crate::ruler::outbound::{Credentials, Target};
use crate::ruler::secret::Secret;

/// Shorter intervals are taken for mistakes.
const MIN_INTERVAL: Duration = Duration::from_millis(100);

/// Checked configuration.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    /// Of groups that name none.
    pub evaluation_interval: Duration,
    /// Between two looks at the rule files.
    pub poll_interval: Duration,
    pub enable_api: bool,
    /// Rule files that somebody else maintains, in a folder per tenant.
    pub directory: Option<PathBuf>,
    pub alertmanagers: Vec<Target>,
    pub notification_queue_capacity: usize,
    /// Where links in alerts lead.
    pub external_url: String,
    pub datasource_uid: String,
    /// Added to every alert.
    pub external_labels: BTreeMap<String, String>,
    /// Alerts of a state older than this are not taken up again.
    pub for_outage_tolerance: Duration,
    pub resend_delay: Duration,
    /// Only these, if any are named.
    pub enabled_tenants: Vec<String>,
    pub disabled_tenants: Vec<String>,
    pub remote_write: Vec<RemoteClient>,
    /// Whether remote writes name the tenant.
    pub add_org_id_header: bool,
}

/// A receiver of samples.
#[derive(Debug, Clone)]
pub(crate) struct RemoteClient {
    pub name: String,
    pub target: Target,
    pub capacity: usize,
    pub max_samples_per_send: usize,
    pub min_backoff: Duration,
    pub max_backoff: Duration,
}

impl Settings {
    /// Checks; an error says which key is wrong, and never shows a secret.
    pub(crate) fn new(
        section: &RulerSection,
        storage: Option<&RulerStorageSection>,
        unused: &mut Vec<String>,
    ) -> Result<Self, String> {
        let seconds = |given: Option<HumanDuration>, default: u64| {
            given.map_or(Duration::from_secs(default), |given| given.0)
        };
        let interval = |key: &str, given: Option<HumanDuration>| match seconds(given, 60) {
            interval if interval < MIN_INTERVAL => Err(format!("ruler.{key} is shorter than 100ms")),
            interval => Ok(interval),
        };
        let external_labels = section.external_labels.clone().unwrap_or_default();
        if let Some(name) = external_labels.keys().find(|name| !is_label_name(name)) {
            return Err(format!("ruler.external_labels: {name:?} is not a label name"));
        }
        let remote = section.remote_write.as_ref();
        Ok(Self {
            evaluation_interval: interval("evaluation_interval", section.evaluation_interval)?,
            poll_interval: interval("poll_interval", section.poll_interval)?,
            enable_api: section.enable_api.unwrap_or(true),
            directory: directory(section, storage, unused),
            alertmanagers: alertmanagers(section)?,
            notification_queue_capacity: section.notification_queue_capacity.unwrap_or(10_000).max(1),
            external_url: section.external_url.clone().unwrap_or_default().trim_end_matches('/').to_owned(),
            datasource_uid: section.datasource_uid.clone().unwrap_or_default(),
            external_labels,
            for_outage_tolerance: seconds(section.for_outage_tolerance, 3600),
            resend_delay: seconds(section.resend_delay, 60),
            enabled_tenants: list(section.enabled_tenants.as_deref()),
            disabled_tenants: list(section.disabled_tenants.as_deref()),
            remote_write: remote.map_or(Ok(Vec::new()), remote_clients)?,
            add_org_id_header: remote.and_then(|remote| remote.add_org_id_header).unwrap_or(true),
        })
    }

    /// Whether the rules of a tenant are evaluated.
    pub(crate) fn evaluates(&self, tenant: &str) -> bool {
        let named = |list: &[String]| list.iter().any(|name| name == tenant);
        (self.enabled_tenants.is_empty() || named(&self.enabled_tenants)) && !named(&self.disabled_tenants)
    }

    /// A folder that does not exist is looked for beside the configuration file: `/etc/loki/rules` of a container is the
    /// folder `rules` next to the very file that the container mounts as `/etc/loki/…`.
    pub(crate) fn beside(&mut self, config_file: Option<&Path>) {
        let Some(directory) = self.directory.as_ref().filter(|directory| !directory.is_dir()) else { return };
        let (Some(folder), Some(name)) = (config_file.and_then(Path::parent), directory.file_name()) else {
            return;
        };
        let near = folder.join(name);
        if near.is_dir() {
            self.directory = Some(near);
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            evaluation_interval: Duration::from_secs(60),
            poll_interval: Duration::from_secs(60),
            enable_api: true,
            directory: None,
            alertmanagers: Vec::new(),
            notification_queue_capacity: 10_000,
            external_url: String::new(),
            datasource_uid: String::new(),
            external_labels: BTreeMap::new(),
            for_outage_tolerance: Duration::from_secs(3600),
            resend_delay: Duration::from_secs(60),
            enabled_tenants: Vec::new(),
            disabled_tenants: Vec::new(),
            remote_write: Vec::new(),
            add_org_id_header: true,
        }
    }
}

fn list(text: Option<&str>) -> Vec<String> {
    let names = text.unwrap_or_default().split(',').map(str::trim);
    names.filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

/// Where rule files are; other kinds of storage are named as unused.
fn directory(
    section: &RulerSection,
    storage: Option<&RulerStorageSection>,
    unused: &mut Vec<String>,
) -> Option<PathBuf> {
    let kind = section.storage.as_ref().and_then(|storage| storage.kind.as_deref());
    let backend = storage.and_then(|storage| storage.backend.as_deref());
    for (key, kind) in [("ruler.storage.type", kind), ("ruler_storage.backend", backend)] {
        if let Some(kind) = kind.filter(|kind| !matches!(*kind, "" | "local" | "filesystem")) {
            unused.push(format!("{key} ({kind}: rules are read from local folders only)"));
        }
    }
    let path = |local: Option<&LocalSection>| local.and_then(|local| local.directory.clone());
    let old = path(section.storage.as_ref().and_then(|storage| storage.local.as_ref()));
    let new = path(storage.and_then(|storage| storage.local.as_ref()));
    new.into_iter().chain(old).find(|path| !path.is_empty()).map(PathBuf::from)
}

fn alertmanagers(section: &RulerSection) -> Result<Vec<Target>, String> {
    let timeout = section.notification_timeout.map_or(Duration::from_secs(10), |timeout| timeout.0);
    let client = section.alertmanager_client.as_ref();
    let given = |text: Option<&String>| text.filter(|text| !text.is_empty()).cloned();
    let user = given(client.and_then(|client| client.basic_auth_username.as_ref()));
    let secret = |secret: Option<&Secret>| secret.filter(|secret| !secret.reveal().is_empty()).cloned();
    let token = secret(client.and_then(|client| client.credentials.as_ref()));
    let file = given(client.and_then(|client| client.credentials_file.as_ref()));
    let credentials = if let Some(user) = user {
        let password = client.and_then(|client| client.basic_auth_password.clone()).unwrap_or_default();
        Credentials::Basic { user, password }
    } else if token.is_some() || file.is_some() {
        let kind =
            given(client.and_then(|client| client.kind.as_ref())).unwrap_or_else(|| "Bearer".to_owned());
        Credentials::Token { kind, secret: token_of(token.as_ref(), file.as_deref())? }
    } else {
        Credentials::None
    };
    let urls = list(section.alertmanager_url.as_deref());
    let target = |url: &String| {
        let target = Target::new(url, "/api/v2/alerts", timeout, credentials.clone(), &BTreeMap::new());
        target.map_err(|problem| format!("ruler.alertmanager_url: {problem}"))
    };
    urls.iter().map(target).collect()
}

fn token_of(inline: Option<&Secret>, file: Option<&str>) -> Result<Secret, String> {
    match (inline, file) {
        (Some(secret), _) => Ok(secret.clone()),
        (None, Some(path)) => Credentials::read(Path::new(path)),
        (None, None) => Ok(Secret::default()),
    }
}

fn remote_clients(section: &RemoteWriteSection) -> Result<Vec<RemoteClient>, String> {
    if !section.enabled.unwrap_or(false) {
        return Ok(Vec::new());
    }
    let old = section.client.iter().map(|client| ("default", client));
    let named = section.clients.iter().flatten().map(|(name, client)| (name.as_str(), client));
    let clients: Result<Vec<RemoteClient>, String> = old
        .chain(named)
        .map(|(name, client)| {
            remote_client(name, client)
                .map_err(|problem| format!("ruler.remote_write.clients.{name}: {problem}"))
        })
        .collect();
    match clients {
        Ok(clients) if clients.is_empty() => {
            Err("ruler.remote_write is enabled without any clients".to_owned())
        }
        clients => clients,
    }
}

fn remote_client(name: &str, section: &RemoteClientSection) -> Result<RemoteClient, String> {
    let url = section.url.as_deref().filter(|url| !url.is_empty()).ok_or("url is missing")?;
    let timeout = section.remote_timeout.map_or(Duration::from_secs(30), |timeout| timeout.0);
    let mut headers = section.headers.clone().unwrap_or_default();
    // The tenant is ours to name.
    headers.retain(|name, _| !name.eq_ignore_ascii_case("x-scope-orgid"));
    let target = Target::new(url, "", timeout, remote_credentials(section)?, &headers)?;
    let queue = section.queue_config.as_ref();
    let pause = |given: Option<HumanDuration>, default: Duration| given.map_or(default, |given| given.0);
    let min_backoff = pause(queue.and_then(|queue| queue.min_backoff), Duration::from_millis(30));
    let max_backoff = pause(queue.and_then(|queue| queue.max_backoff), Duration::from_secs(5));
    Ok(RemoteClient {
        name: name.to_owned(),
        target,
        capacity: queue.and_then(|queue| queue.capacity).unwrap_or(10_000).clamp(1, 1_000_000),
        max_samples_per_send: queue
            .and_then(|queue| queue.max_samples_per_send)
            .unwrap_or(2000)
            .clamp(1, 100_000),
        min_backoff: min_backoff.max(Duration::from_millis(1)),
        max_backoff: max_backoff.max(min_backoff),
    })
}

fn remote_credentials(section: &RemoteClientSection) -> Result<Credentials, String> {
    let ways = [
        section.basic_auth.is_some(),
        section.authorization.is_some(),
        section.bearer_token.is_some() || section.bearer_token_file.is_some(),
    ];
    if ways.into_iter().filter(|way| *way).count() > 1 {
        return Err("use at most one of basic_auth, authorization and bearer_token".to_owned());
    }
    if let Some(basic) = &section.basic_auth {
        let user = match (&basic.username, &basic.username_file) {
            (None, Some(path)) => Credentials::read(Path::new(path))?.reveal().to_owned(),
            (user, _) => user.clone().unwrap_or_default(),
        };
        let password = token_of(basic.password.as_ref(), basic.password_file.as_deref())?;
        return Ok(Credentials::Basic { user, password });
    }
    if let Some(authorization) = &section.authorization {
        let kind = authorization.kind.clone().unwrap_or_else(|| "Bearer".to_owned());
        let secret = token_of(authorization.credentials.as_ref(), authorization.credentials_file.as_deref())?;
        return Ok(Credentials::Token { kind, secret });
    }
    if section.bearer_token.is_some() || section.bearer_token_file.is_some() {
        let secret = token_of(section.bearer_token.as_ref(), section.bearer_token_file.as_deref())?;
        return Ok(Credentials::Token { kind: "Bearer".to_owned(), secret });
    }
    Ok(Credentials::None)
}

#[cfg(test)]
mod tests;
