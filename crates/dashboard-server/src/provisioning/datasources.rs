//! `datasources/*.yaml`: the files become a plan for the database, and the secrets that stay out of it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;

use serde::Deserialize;
use serde::de::{self, DeserializeOwned, Deserializer, Visitor};
use serde_json::{Map, Value};
use serde_saphyr::{Location, Spanned};
use sha2::{Digest as _, Sha256};
use url::Url;

use super::interpolate::{Lookup, expand, expand_json};
use super::{ProvisioningError, Secrets};
use crate::repo::ORG_ID;
use crate::repo::data_sources::{DataSource, Plan};
use crate::settings::Secret;

const NAME_MAX_CHARS: usize = 190;
const UID_MAX_CHARS: usize = 40;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct File {
    api_version: Spanned<i64>,
    #[serde(default)]
    prune: Flag,
    #[serde(default)]
    delete_datasources: Option<Vec<Delete>>,
    #[serde(default)]
    datasources: Option<Vec<Source>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Delete {
    name: Spanned<String>,
    #[serde(default)]
    org_id: Option<Spanned<i64>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Source {
    name: Spanned<String>,
    r#type: Spanned<String>,
    #[serde(default)]
    access: Option<Spanned<String>>,
    #[serde(default)]
    org_id: Option<Spanned<i64>>,
    #[serde(default)]
    uid: Option<Spanned<String>>,
    #[serde(default)]
    url: Option<Spanned<String>>,
    #[serde(default)]
    user: Option<String>,
    #[serde(default)]
    database: Option<String>,
    #[serde(default)]
    basic_auth: Flag,
    #[serde(default)]
    basic_auth_user: Option<String>,
    #[serde(default)]
    with_credentials: Flag,
    #[serde(default)]
    is_default: Flag,
    #[serde(default)]
    json_data: Option<Map<String, Value>>,
    #[serde(default)]
    secure_json_data: Option<Map<String, Value>>,
    #[serde(default)]
    #[expect(dead_code, reason = "accepted so that the file works, not used yet")]
    correlations: Option<Value>,
    #[serde(default)]
    version: Option<i64>,
    #[serde(default)]
    editable: Flag,
}

/// A boolean, bare or as text: `true`, `"true"`, `1`.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Flag(pub(super) bool);

impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct FlagVisitor;
        impl Visitor<'_> for FlagVisitor {
            type Value = Flag;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("true or false")
            }
            fn visit_bool<E>(self, value: bool) -> Result<Flag, E> {
                Ok(Flag(value))
            }
            fn visit_i64<E: de::Error>(self, value: i64) -> Result<Flag, E> {
                self.visit_str(&value.to_string())
            }
            fn visit_u64<E: de::Error>(self, value: u64) -> Result<Flag, E> {
                self.visit_str(&value.to_string())
            }
            fn visit_unit<E>(self) -> Result<Flag, E> {
                Ok(Flag(false))
            }
            fn visit_str<E: de::Error>(self, value: &str) -> Result<Flag, E> {
                match value {
                    "true" | "1" => Ok(Flag(true)),
                    "false" | "0" | "" => Ok(Flag(false)),
                    other => Err(E::custom(format!("{other:?} is neither true nor false"))),
                }
            }
        }
        deserializer.deserialize_any(FlagVisitor)
    }
}

/// Reads all files as one plan. `files` are names and texts.
pub(crate) fn plan(
    files: &[(String, String)],
    lookup: &Lookup<'_>,
) -> Result<(Plan, Secrets), ProvisioningError> {
    let mut builder = Builder {
        lookup,
        plan: Plan::default(),
        secrets: HashMap::new(),
        names: BTreeSet::new(),
        uids: BTreeSet::new(),
        default: None,
    };
    for (origin, text) in files {
        builder.add_file(parse_yaml(text, origin)?, origin)?;
    }
    Ok((builder.plan, builder.secrets))
}

/// The error has line and column but, unlike other configuration errors, no lines of the file: they could hold a secret.
pub(super) fn parse_yaml<T: DeserializeOwned>(text: &str, origin: &str) -> Result<T, ProvisioningError> {
    serde_saphyr::from_str(text).map_err(|error| ProvisioningError::Syntax {
        origin: origin.to_owned(),
        message: error.without_snippet().to_string(),
    })
}

struct Builder<'a> {
    lookup: &'a Lookup<'a>,
    plan: Plan,
    secrets: Secrets,
    names: BTreeSet<String>,
    uids: BTreeSet<String>,
    default: Option<String>,
}

impl Builder<'_> {
    fn add_file(&mut self, file: File, origin: &str) -> Result<(), ProvisioningError> {
        if file.api_version.value != 1 {
            return Err(invalid(origin, file.api_version.referenced, "apiVersion must be 1"));
        }
        self.plan.is_prune |= file.prune.0;
        for delete in file.delete_datasources.unwrap_or_default() {
            check_org(delete.org_id.as_ref(), origin)?;
            let name = self.expand(&delete.name, origin)?;
            self.plan.delete.push(name);
        }
        for source in file.datasources.unwrap_or_default() {
            self.add_source(source, origin)?;
        }
        Ok(())
    }

    fn add_source(&mut self, source: Source, origin: &str) -> Result<(), ProvisioningError> {
        let at = source.name.referenced;
        check_org(source.org_id.as_ref(), origin)?;
        let name = self.expand(&source.name, origin)?;
        if name.is_empty() || name.chars().count() > NAME_MAX_CHARS {
            return Err(invalid(origin, at, "name must have 1 to 190 characters"));
        }
        if !self.names.insert(name.to_lowercase()) {
            return Err(invalid(origin, at, format!("a second data source is named {name:?}")));
        }
        let uid = self.uid(source.uid.as_ref(), &name, origin, at)?;
        let kind = self.expand(&source.r#type, origin)?;
        let url = self.url(source.url.as_ref(), &kind, origin, at)?;
        let access = self.access(source.access.as_ref(), origin)?;
        if source.is_default.0
            && let Some(other) = self.default.replace(name.clone())
        {
            return Err(invalid(origin, at, format!("{other:?} is already the default data source")));
        }
        let secrets = self.secrets(source.secure_json_data.unwrap_or_default(), origin, at)?;
        let text = |value: Option<String>| {
            expand(&value.unwrap_or_default(), self.lookup).map_err(|message| invalid(origin, at, message))
        };
        self.plan.sources.push(DataSource {
            id: 0,
            uid: uid.clone(),
            kind,
            access,
            url,
            user: text(source.user)?,
            database: text(source.database)?,
            is_basic_auth: source.basic_auth.0,
            basic_auth_user: text(source.basic_auth_user)?,
            is_with_credentials: source.with_credentials.0,
            is_default: source.is_default.0,
            json_data: self.json_data(source.json_data.unwrap_or_default(), origin, at)?,
            secure_fields: secrets.keys().cloned().collect(),
            is_read_only: !source.editable.0,
            version: source.version.unwrap_or(1).max(1),
            name,
        });
        if !secrets.is_empty() {
            self.secrets.insert(uid, secrets);
        }
        Ok(())
    }

    fn expand(&self, text: &Spanned<String>, origin: &str) -> Result<String, ProvisioningError> {
        expand(&text.value, self.lookup)
            .map(|text| text.trim().to_owned())
            .map_err(|message| invalid(origin, text.referenced, message))
    }

    fn uid(
        &mut self,
        uid: Option<&Spanned<String>>,
        name: &str,
        origin: &str,
        at: Location,
    ) -> Result<String, ProvisioningError> {
        let at = uid.map_or(at, |uid| uid.referenced);
        let given = uid.map(|uid| self.expand(uid, origin)).transpose()?.filter(|uid| !uid.is_empty());
        let uid = given.unwrap_or_else(|| uid_from_name(name));
        let is_plain = uid.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
        if !is_plain || uid.len() > UID_MAX_CHARS {
            return Err(invalid(origin, at, "uid must be at most 40 letters, digits, '-' or '_'"));
        }
        if !self.uids.insert(uid.clone()) {
            return Err(invalid(origin, at, format!("a second data source has the uid {uid:?}")));
        }
        Ok(uid)
    }

    fn url(
        &self,
        url: Option<&Spanned<String>>,
        kind: &str,
        origin: &str,
        at: Location,
    ) -> Result<String, ProvisioningError> {
        let text = url.map(|url| self.expand(url, origin)).transpose()?.unwrap_or_default();
        if !matches!(kind, "loki" | "tempo" | "prometheus") {
            return Ok(text);
        }
        let at = url.map_or(at, |url| url.referenced);
        if text.is_empty() {
            return Err(invalid(origin, at, "url is empty; is the variable in it set?"));
        }
        match Url::parse(&text) {
            Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => Ok(text),
            _ => Err(invalid(origin, at, "url must look like http://host:port")),
        }
    }

    fn access(&self, access: Option<&Spanned<String>>, origin: &str) -> Result<String, ProvisioningError> {
        let Some(given) = access else {
            return Ok("proxy".to_owned());
        };
        let text = self.expand(given, origin)?;
        match text.as_str() {
            "" => Ok("proxy".to_owned()),
            "proxy" | "direct" => Ok(text),
            _ => Err(invalid(origin, given.referenced, "access must be proxy or direct")),
        }
    }

    fn json_data(
        &self,
        data: Map<String, Value>,
        origin: &str,
        at: Location,
    ) -> Result<Map<String, Value>, ProvisioningError> {
        match expand_json(Value::Object(data), self.lookup) {
            Ok(Value::Object(map)) => Ok(map),
            Ok(_) => Ok(Map::new()),
            Err(message) => Err(invalid(origin, at, message)),
        }
    }

    fn secrets(
        &self,
        data: Map<String, Value>,
        origin: &str,
        at: Location,
    ) -> Result<BTreeMap<String, Secret>, ProvisioningError> {
        let mut secrets = BTreeMap::new();
        for (name, value) in self.json_data(data, origin, at)? {
            let text = match value {
                Value::String(text) => text,
                Value::Null => continue,
                other => other.to_string(),
            };
            if !text.is_empty() {
                secrets.insert(name, Secret(text));
            }
        }
        Ok(secrets)
    }
}

pub(super) fn check_org(org: Option<&Spanned<i64>>, origin: &str) -> Result<(), ProvisioningError> {
    match org {
        Some(org) if org.value != ORG_ID && org.value != 0 => {
            Err(invalid(origin, org.referenced, "orgId must be 1: there is one organisation"))
        }
        _ => Ok(()),
    }
}

pub(super) fn invalid(origin: &str, at: Location, message: impl Into<String>) -> ProvisioningError {
    ProvisioningError::Meaning {
        origin: origin.to_owned(),
        line: at.line(),
        column: at.column(),
        message: message.into(),
    }
}

/// A source without a uid gets one that stays the same as long as its name does.
fn uid_from_name(name: &str) -> String {
    let digest = hex::encode_upper(Sha256::digest(name.as_bytes()));
    format!("P{}", &digest[..16])
}

#[cfg(test)]
mod tests;
