//! What the `GF_*` variables say, read in one place.
//!
//! A variable is `GF_<SECTION>_<KEY>`; with `__FILE` appended it names a file that holds the value, as container secrets
//! do. Variables of Grafana that have no meaning here are ignored, as Grafana ignores unknown ones.

use std::collections::HashMap;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use url::Url;

use crate::repo::users::Role;

const DEFAULT_PORT: u16 = 3000;
const DEFAULT_PROVISIONING: &str = "infrastructure/grafana/provisioning";

/// Where variables come from.
#[derive(Clone)]
pub struct Environment(Arc<Lookup>);

type Lookup = dyn Fn(&str) -> Option<String> + Send + Sync;

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Environment")
    }
}

impl Environment {
    /// The variables of the process.
    pub fn process() -> Self {
        Self(Arc::new(|name| std::env::var(name).ok()))
    }

    /// The given variables and no others.
    pub fn fixed<N: Into<String>, V: Into<String>>(variables: impl IntoIterator<Item = (N, V)>) -> Self {
        let variables: HashMap<String, String> =
            variables.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        Self(Arc::new(move |name| variables.get(name).cloned()))
    }

    /// The variable's value.
    pub fn get(&self, name: &str) -> Option<String> {
        (self.0)(name)
    }

    /// `GF_<name>` or the content of the file that `GF_<name>__FILE` names. Empty values count as unset.
    fn grafana(&self, name: &str) -> anyhow::Result<Option<String>> {
        let variable = format!("GF_{name}");
        if let Some(value) = self.get(&variable).filter(|value| !value.is_empty()) {
            return Ok(Some(value));
        }
        let Some(path) = self.get(&format!("{variable}__FILE")).filter(|path| !path.is_empty()) else {
            return Ok(None);
        };
        let text = std::fs::read_to_string(&path).with_context(|| format!("{variable}__FILE={path}"))?;
        Ok(Some(text.trim_end_matches(['\r', '\n']).to_owned()))
    }

    fn flag(&self, name: &str, default: bool) -> anyhow::Result<bool> {
        match self.grafana(name)?.as_deref() {
            None => Ok(default),
            Some("true" | "1" | "yes" | "on") => Ok(true),
            Some("false" | "0" | "no" | "off") => Ok(false),
            Some(other) => bail!("GF_{name}={other}: expected true or false"),
        }
    }

    fn duration(&self, name: &str, default: &str) -> anyhow::Result<Duration> {
        let text = self.grafana(name)?.unwrap_or_else(|| default.to_owned());
        runtime::parse_duration(&text).with_context(|| format!("GF_{name}"))
    }
}

/// A password or token: never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(pub(crate) String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// How sessions behave.
#[derive(Debug, Clone)]
pub struct SessionSettings {
    /// Name of the cookie.
    pub cookie_name: String,
    /// Send cookies over https only.
    pub is_cookie_secure: bool,
    /// `Lax` or `Strict`.
    pub same_site: &'static str,
    /// A session unused for so long is over.
    pub max_inactive: Duration,
    /// A session is over after so long in any case.
    pub max_lifetime: Duration,
    /// A token is replaced after so long.
    pub rotation: Duration,
}

/// Where provisioning files are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Provisioning {
    /// A folder with `datasources/*.yaml` and siblings.
    Folder(PathBuf),
    /// The files that are part of the binary.
    BuiltIn,
}

/// Everything configurable about the server.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Address to listen on.
    pub listen: SocketAddr,
    /// Where the database lives.
    pub data: PathBuf,
    /// Where provisioning files are.
    pub provisioning: Provisioning,
    /// The address users type, when it is not the one the server listens on.
    pub root_url: Option<Url>,
    /// Login of the first administrator.
    pub admin_user: String,
    /// The administrator's password, when the environment sets one.
    pub admin_password: Option<Secret>,
    /// Sessions and their cookies.
    pub sessions: SessionSettings,
    /// Whether repeated failures lock a login for a while.
    pub is_brute_force_guard_on: bool,
    /// What visitors may do who did not log in; none when they must.
    pub(crate) anonymous_role: Option<Role>,
    /// The role of users that are added without one.
    pub(crate) default_role: Role,
    /// Whether logins with a form are refused.
    pub is_login_form_off: bool,
    /// Hints in the fields of the login form: user and password.
    pub login_hints: (String, String),
    /// Language of users without a preference; empty for the browser's.
    pub default_language: String,
    /// Encrypts the secrets of data sources, when the environment sets it.
    pub secret_key: Option<Secret>,
    /// Whether APIs accept basic authentication.
    pub is_basic_auth_on: bool,
    /// Whether `/metrics` is served.
    pub is_metrics_on: bool,
    /// Whether other sites may show the interface in a frame.
    pub is_embedding_allowed: bool,
    /// Hosts besides ours whose pages may send state-changing requests.
    pub trusted_origins: Vec<String>,
    /// Theme of users without a preference.
    pub default_theme: String,
    /// Dashboard file behind `/` when nobody chose another.
    pub home_dashboard: Option<PathBuf>,
    /// Variables for provisioning files and component addresses.
    pub environment: Environment,
}

/// What the command line says; it beats the environment.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// Address to listen on.
    pub listen: Option<SocketAddr>,
    /// Folder with provisioning files.
    pub provisioning: Option<PathBuf>,
}

impl Settings {
    /// Reads the environment and checks it.
    pub fn from_environment(environment: &Environment, overrides: &Overrides) -> anyhow::Result<Self> {
        let root_url = root_url(environment)?;
        let is_https = root_url.as_ref().is_some_and(|url| url.scheme() == "https");
        Ok(Self {
            listen: listen_address(environment, overrides)?,
            data: match environment.grafana("PATHS_DATA")? {
                Some(path) => PathBuf::from(path),
                None => runtime::data_dir("dashboard-server").context("data folder")?,
            },
            provisioning: provisioning(environment, overrides)?,
            admin_user: environment.grafana("SECURITY_ADMIN_USER")?.unwrap_or_else(|| "admin".to_owned()),
            admin_password: environment.grafana("SECURITY_ADMIN_PASSWORD")?.map(Secret),
            sessions: session_settings(environment, is_https)?,
            is_brute_force_guard_on: !environment
                .flag("SECURITY_DISABLE_BRUTE_FORCE_LOGIN_PROTECTION", false)?,
            anonymous_role: anonymous_role(environment)?,
            default_role: role(environment, "USERS_AUTO_ASSIGN_ORG_ROLE")?,
            is_login_form_off: environment.flag("AUTH_DISABLE_LOGIN_FORM", false)?,
            login_hints: (
                environment.grafana("USERS_LOGIN_HINT")?.unwrap_or_default(),
                environment.grafana("USERS_PASSWORD_HINT")?.unwrap_or_default(),
            ),
            default_language: environment.grafana("USERS_DEFAULT_LANGUAGE")?.unwrap_or_default(),
            secret_key: environment.grafana("SECURITY_SECRET_KEY")?.map(Secret),
            is_basic_auth_on: environment.flag("AUTH_BASIC_ENABLED", true)?,
            is_metrics_on: environment.flag("METRICS_ENABLED", true)?,
            is_embedding_allowed: environment.flag("SECURITY_ALLOW_EMBEDDING", false)?,
            trusted_origins: environment
                .grafana("SECURITY_CSRF_TRUSTED_ORIGINS")?
                .unwrap_or_default()
                .split([' ', ','])
                .filter(|host| !host.is_empty())
                .map(str::to_ascii_lowercase)
                .collect(),
            default_theme: environment.grafana("USERS_DEFAULT_THEME")?.unwrap_or_else(|| "dark".to_owned()),
            home_dashboard: environment.grafana("DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH")?.map(PathBuf::from),
            root_url,
            environment: environment.clone(),
        })
    }

    /// The address of the interface as users type it, with a slash at the end.
    pub(crate) fn app_url(&self) -> String {
        match &self.root_url {
            Some(url) => format!("{}/", url.as_str().trim_end_matches('/')),
            None => format!("http://localhost:{}/", self.listen.port()),
        }
    }
}

/// The role that a variable names, `Viewer` when it is not set.
fn role(environment: &Environment, name: &str) -> anyhow::Result<Role> {
    match environment.grafana(name)? {
        None => Ok(Role::Viewer),
        Some(text) => {
            Role::parse(&text).with_context(|| format!("GF_{name}={text}: expected Viewer, Editor or Admin"))
        }
    }
}

fn anonymous_role(environment: &Environment) -> anyhow::Result<Option<Role>> {
    let role = role(environment, "AUTH_ANONYMOUS_ORG_ROLE")?;
    Ok(environment.flag("AUTH_ANONYMOUS_ENABLED", false)?.then_some(role))
}

fn listen_address(environment: &Environment, overrides: &Overrides) -> anyhow::Result<SocketAddr> {
    if let Some(address) = overrides.listen {
        return Ok(address);
    }
    let port = match environment.grafana("SERVER_HTTP_PORT")? {
        Some(port) => port.parse().with_context(|| format!("GF_SERVER_HTTP_PORT={port}"))?,
        None => DEFAULT_PORT,
    };
    match environment.grafana("SERVER_HTTP_ADDR")? {
        Some(host) => {
            let host: IpAddr = host.parse().with_context(|| {
                format!("GF_SERVER_HTTP_ADDR={host}: expected an IP address such as 0.0.0.0")
            })?;
            Ok(SocketAddr::new(host, port))
        }
        None => Ok(runtime::default_address(port)),
    }
}

/// `GF_SERVER_ROOT_URL`, else built from `GF_SERVER_DOMAIN`. Grafana's `%(domain)s` forms mean the default.
fn root_url(environment: &Environment) -> anyhow::Result<Option<Url>> {
    let text = match environment.grafana("SERVER_ROOT_URL")?.filter(|text| !text.contains("%(")) {
        Some(text) => text,
        None => match environment.grafana("SERVER_DOMAIN")? {
            Some(domain) => {
                let port =
                    environment.grafana("SERVER_HTTP_PORT")?.unwrap_or_else(|| DEFAULT_PORT.to_string());
                format!("http://{domain}:{port}/")
            }
            None => return Ok(None),
        },
    };
    let url = Url::parse(&text).with_context(|| format!("GF_SERVER_ROOT_URL={text}"))?;
    ensure!(
        matches!(url.scheme(), "http" | "https") && url.has_host(),
        "GF_SERVER_ROOT_URL={text}: expected an address such as https://monitoring.example.org/"
    );
    Ok(Some(url))
}

fn provisioning(environment: &Environment, overrides: &Overrides) -> anyhow::Result<Provisioning> {
    let named = match &overrides.provisioning {
        Some(path) => Some(path.clone()),
        None => environment.grafana("PATHS_PROVISIONING")?.map(PathBuf::from),
    };
    if let Some(path) = named {
        ensure!(path.is_dir(), "the provisioning folder {} does not exist", path.display());
        return Ok(Provisioning::Folder(path));
    }
    let usual = PathBuf::from(DEFAULT_PROVISIONING);
    Ok(if usual.is_dir() { Provisioning::Folder(usual) } else { Provisioning::BuiltIn })
}

fn session_settings(environment: &Environment, is_https: bool) -> anyhow::Result<SessionSettings> {
    let minutes = environment.grafana("AUTH_TOKEN_ROTATION_INTERVAL_MINUTES")?;
    let minutes: u64 = match minutes {
        Some(text) => {
            text.parse().with_context(|| format!("GF_AUTH_TOKEN_ROTATION_INTERVAL_MINUTES={text}"))?
        }
        None => 10,
    };
    ensure!(minutes > 0, "GF_AUTH_TOKEN_ROTATION_INTERVAL_MINUTES: expected at least 1");
    let cookie_name =
        environment.grafana("AUTH_LOGIN_COOKIE_NAME")?.unwrap_or_else(|| "grafana_session".to_owned());
    ensure!(
        cookie_name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte)),
        "GF_AUTH_LOGIN_COOKIE_NAME={cookie_name}: only letters, digits, '_', '-' and '.'"
    );
    Ok(SessionSettings {
        cookie_name,
        is_cookie_secure: environment.flag("SECURITY_COOKIE_SECURE", is_https)? || is_https,
        same_site: match environment.grafana("SECURITY_COOKIE_SAMESITE")?.as_deref() {
            None | Some("lax") => "Lax",
            Some("strict") => "Strict",
            Some(other) => bail!("GF_SECURITY_COOKIE_SAMESITE={other}: expected lax or strict"),
        },
        max_inactive: environment.duration("AUTH_LOGIN_MAXIMUM_INACTIVE_LIFETIME_DURATION", "7d")?,
        max_lifetime: environment.duration("AUTH_LOGIN_MAXIMUM_LIFETIME_DURATION", "30d")?,
        rotation: Duration::from_secs(minutes * 60),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<const N: usize>(variables: [(&str, &str); N]) -> anyhow::Result<Settings> {
        let folder = tempfile::tempdir().unwrap();
        let environment = Environment::fixed(variables);
        let data = folder.path().to_str().unwrap().to_owned();
        let with_data = Environment(Arc::new(move |name| match name {
            "GF_PATHS_DATA" => Some(data.clone()),
            name => environment.get(name),
        }));
        Settings::from_environment(&with_data, &Overrides::default())
    }

    #[test]
    fn defaults_are_those_of_the_usual_installation() {
        let settings = read([]).unwrap();
        assert_eq!(settings.listen.port(), 3000);
        assert_eq!(settings.admin_user, "admin");
        assert_eq!(settings.admin_password, None);
        assert_eq!(settings.sessions.cookie_name, "grafana_session");
        assert!(!settings.sessions.is_cookie_secure);
        assert_eq!(settings.app_url(), "http://localhost:3000/");
    }

    #[test]
    fn variables_are_understood() {
        let settings = read([
            ("GF_SERVER_HTTP_PORT", "3999"),
            ("GF_SERVER_HTTP_ADDR", "0.0.0.0"),
            ("GF_SERVER_ROOT_URL", "https://shop.example/grafana"),
            ("GF_SECURITY_ADMIN_PASSWORD", "tu_password"),
            ("GF_AUTH_LOGIN_MAXIMUM_LIFETIME_DURATION", "2d"),
            ("GF_SECURITY_CSRF_TRUSTED_ORIGINS", "a.example, B.example"),
            ("GF_NOBODY_KNOWS_THIS", "1"),
        ])
        .unwrap();
        assert_eq!(settings.listen.to_string(), "0.0.0.0:3999");
        assert_eq!(settings.app_url(), "https://shop.example/grafana/");
        assert!(settings.sessions.is_cookie_secure);
        assert_eq!(settings.sessions.max_lifetime, Duration::from_secs(2 * 86_400));
        assert_eq!(settings.trusted_origins, ["a.example", "b.example"]);
        assert!(!format!("{settings:?}").contains("tu_password"));
    }

    #[test]
    fn mistakes_name_the_variable() {
        for (name, value) in [
            ("GF_SERVER_HTTP_PORT", "http"),
            ("GF_SERVER_HTTP_ADDR", "localhost:3000"),
            ("GF_SERVER_ROOT_URL", "ftp://x/"),
            ("GF_AUTH_BASIC_ENABLED", "maybe"),
            ("GF_AUTH_ANONYMOUS_ORG_ROLE", "Owner"),
            ("GF_USERS_AUTO_ASSIGN_ORG_ROLE", "viewer"),
            ("GF_SECURITY_COOKIE_SAMESITE", "none"),
            ("GF_AUTH_LOGIN_COOKIE_NAME", "a;b"),
            ("GF_SECURITY_ADMIN_PASSWORD__FILE", "/does/not/exist"),
        ] {
            let error = format!("{:#}", read([(name, value)]).unwrap_err());
            assert!(error.contains(name), "{name}: {error}");
        }
    }

    #[test]
    fn secrets_may_come_from_files() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "from a file\n").unwrap();
        let settings = read([("GF_SECURITY_ADMIN_PASSWORD__FILE", file.path().to_str().unwrap())]).unwrap();
        assert_eq!(settings.admin_password, Some(Secret("from a file".to_owned())));
    }
}
