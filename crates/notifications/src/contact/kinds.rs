//! The kinds of contact points: what each needs, and which of its settings are secrets.

use serde_json::{Map, Value};

use super::settings::check_url;
use super::{ContactError, Settings};

/// What stands for a secret in answers.
pub const REDACTED: &str = "[REDACTED]";

/// A kind of contact point.
#[derive(Debug)]
pub struct Kind {
    pub name: &'static str,
    /// Settings that answers of the API never show. A dot goes into an object.
    pub secrets: &'static [&'static str],
    /// One of each of these must be set.
    required: &'static [&'static [&'static str]],
    /// Of `required`, what is an address.
    urls: &'static [&'static str],
}

const KINDS: &[Kind] = &[
    Kind {
        name: "webhook",
        secrets: &[
            "password",
            "authorization_credentials",
            "hmacConfig.secret",
            "tlsConfig.caCertificate",
            "tlsConfig.clientCertificate",
            "tlsConfig.clientKey",
        ],
        required: &[&["url"]],
        urls: &["url"],
    },
    Kind { name: "email", secrets: &[], required: &[&["addresses"]], urls: &[] },
    Kind {
        name: "slack",
        secrets: &["url", "token"],
        required: &[&["url", "token"]],
        urls: &["url", "endpointUrl"],
    },
    Kind { name: "discord", secrets: &["url"], required: &[&["url"]], urls: &["url"] },
    Kind { name: "teams", secrets: &["url"], required: &[&["url"]], urls: &["url"] },
    Kind { name: "telegram", secrets: &["bottoken"], required: &[&["bottoken"], &["chatid"]], urls: &[] },
    Kind {
        name: "pagerduty",
        secrets: &["integrationKey"],
        required: &[&["integrationKey"]],
        urls: &["url"],
    },
    Kind {
        name: "prometheus-alertmanager",
        secrets: &["basicAuthPassword"],
        required: &[&["url"]],
        urls: &[],
    },
    // Kept and given back, so that files and clients of Grafana work; delivery says that it can't be done here.
    Kind { name: "dingding", secrets: &["url"], required: &[], urls: &[] },
    Kind { name: "googlechat", secrets: &["url"], required: &[], urls: &[] },
    Kind { name: "jira", secrets: &["password", "api_token"], required: &[], urls: &[] },
    Kind { name: "kafka", secrets: &["password"], required: &[], urls: &[] },
    Kind { name: "line", secrets: &["token"], required: &[], urls: &[] },
    Kind { name: "mqtt", secrets: &["password"], required: &[], urls: &[] },
    Kind { name: "oncall", secrets: &["password", "authorization_credentials"], required: &[], urls: &[] },
    Kind { name: "opsgenie", secrets: &["apiKey"], required: &[], urls: &[] },
    Kind { name: "pushover", secrets: &["apiToken", "userKey"], required: &[], urls: &[] },
    Kind { name: "sensugo", secrets: &["apikey"], required: &[], urls: &[] },
    Kind { name: "sns", secrets: &["sigv4.access_key", "sigv4.secret_key"], required: &[], urls: &[] },
    Kind { name: "threema", secrets: &["api_secret"], required: &[], urls: &[] },
    Kind { name: "victorops", secrets: &["url"], required: &[], urls: &[] },
    Kind { name: "webex", secrets: &["bot_token"], required: &[], urls: &[] },
    Kind { name: "wecom", secrets: &["url", "secret"], required: &[], urls: &[] },
];

impl Kind {
    pub fn find(name: &str) -> Result<&'static Self, ContactError> {
        KINDS.iter().find(|kind| kind.name == name).ok_or_else(|| ContactError::Kind(name.to_owned()))
    }

    /// Whether nothing says where to: files may name variables that nobody set.
    pub(super) fn is_unset(&self, settings: Settings<'_>) -> bool {
        let is_missing = |names: &&[&str]| names.iter().all(|name| settings.text(name).is_none());
        !self.required.is_empty() && self.required.iter().all(is_missing)
    }

    pub(super) fn check(&self, settings: Settings<'_>) -> Result<(), ContactError> {
        for names in self.required {
            if names.iter().all(|name| settings.text(name).is_none()) {
                return Err(ContactError::Missing(names[0]));
            }
        }
        for name in self.urls {
            if let Some(text) = settings.text(name) {
                check_url(name, text.trim())?;
            }
        }
        if self.name == "webhook" {
            settings.number("maxAlerts")?;
            let is_basic = settings.text("username").is_some() || settings.text("password").is_some();
            if is_basic && settings.text("authorization_credentials").is_some() {
                let problem = "either basic authentication or an authorization header".to_owned();
                return Err(ContactError::Field { name: "authorization_credentials", problem });
            }
        }
        Ok(())
    }

    /// The settings with every secret replaced.
    #[must_use]
    pub fn redact(&self, settings: &Map<String, Value>) -> Map<String, Value> {
        let mut shown = settings.clone();
        for name in self.secrets {
            if let Some(secret) = slot(&mut shown, name)
                && secret.as_str().is_some_and(|text| !text.is_empty())
            {
                *secret = Value::from(REDACTED);
            }
        }
        shown
    }

    /// Puts the secrets that are known where `settings` shows that they were not changed.
    pub fn restore(&self, settings: &mut Map<String, Value>, known: &Map<String, Value>) {
        for name in self.secrets {
            if let Some(secret) = slot(settings, name)
                && secret.as_str() == Some(REDACTED)
            {
                *secret = Settings(known).value(name).cloned().unwrap_or(Value::Null);
            }
        }
    }

    /// The secrets that are set.
    pub fn set_secrets<'a>(
        &'a self,
        settings: &'a Map<String, Value>,
    ) -> impl Iterator<Item = &'static str> + 'a {
        self.secrets.iter().copied().filter(|name| Settings(settings).text(name).is_some())
    }
}

fn slot<'a>(settings: &'a mut Map<String, Value>, name: &str) -> Option<&'a mut Value> {
    let mut parts = name.split('.');
    let first = settings.get_mut(parts.next()?)?;
    parts.try_fold(first, |value, part| value.get_mut(part))
}
