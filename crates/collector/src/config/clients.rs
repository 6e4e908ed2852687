//! `clients`: where batches go.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use url::Url;

use super::name_unused;
use super::scalars::{Secret, Unused, duration};

/// One store to push to.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ClientConfig {
    /// Such as `http://127.0.0.1:3100/loki/api/v1/push`.
    pub url: Url,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Longest time an entry waits for others.
    #[serde(default = "second", with = "duration")]
    pub batchwait: Duration,
    /// Bytes of lines in a batch.
    #[serde(default = "mebibyte", deserialize_with = "super::scalars::bytes")]
    pub batchsize: u64,
    #[serde(default)]
    pub backoff_config: BackoffConfig,
    /// Labels added to each stream that doesn't have them.
    #[serde(default)]
    pub external_labels: BTreeMap<String, String>,
    /// For one request.
    #[serde(default = "ten_seconds", with = "duration")]
    pub timeout: Duration,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant_id: Option<String>,
    #[serde(default)]
    pub headers: BTreeMap<String, Secret>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub basic_auth: Option<BasicAuth>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bearer_token: Option<Secret>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bearer_token_file: Option<PathBuf>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorization: Option<Authorization>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proxy_url: Option<Url>,
    #[serde(default = "yes")]
    pub follow_redirects: bool,
    /// Give up on a batch that the store refuses for its rate, rather than wait.
    #[serde(default)]
    pub drop_rate_limited_batches: bool,
    #[serde(default, skip_serializing)]
    oauth2: Unused,
    #[serde(default, skip_serializing)]
    tls_config: Unused,
    #[serde(default, skip_serializing)]
    enable_http2: Unused,
    #[serde(default, skip_serializing)]
    stream_lag_labels: Unused,
}

impl ClientConfig {
    /// A client with defaults.
    pub fn new(url: Url) -> Self {
        Self {
            url,
            name: None,
            batchwait: second(),
            batchsize: mebibyte(),
            backoff_config: BackoffConfig::default(),
            external_labels: BTreeMap::new(),
            timeout: ten_seconds(),
            tenant_id: None,
            headers: BTreeMap::new(),
            basic_auth: None,
            bearer_token: None,
            bearer_token_file: None,
            authorization: None,
            proxy_url: None,
            follow_redirects: true,
            drop_rate_limited_batches: false,
            oauth2: Unused::default(),
            tls_config: Unused::default(),
            enable_http2: Unused::default(),
            stream_lag_labels: Unused::default(),
        }
    }

    pub(super) fn name_unused(&self, names: &mut Vec<String>) {
        name_unused!(names, "clients[].", self, oauth2, tls_config, enable_http2, stream_lag_labels);
    }
}

/// How long to wait between attempts.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct BackoffConfig {
    #[serde(with = "duration")]
    pub min_period: Duration,
    #[serde(with = "duration")]
    pub max_period: Duration,
    /// Attempts before a batch is given up; 0, the default here, is never.
    pub max_retries: u32,
}

impl Default for BackoffConfig {
    fn default() -> Self {
        Self { min_period: Duration::from_millis(500), max_period: Duration::from_secs(30), max_retries: 0 }
    }
}

/// User and password.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct BasicAuth {
    pub username: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username_file: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password: Option<Secret>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password_file: Option<PathBuf>,
}

/// An `Authorization` header of any type.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Authorization {
    #[serde(rename = "type", default = "bearer")]
    pub kind: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credentials: Option<Secret>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credentials_file: Option<PathBuf>,
}

fn second() -> Duration {
    Duration::from_secs(1)
}

fn ten_seconds() -> Duration {
    Duration::from_secs(10)
}

fn mebibyte() -> u64 {
    1 << 20
}

fn yes() -> bool {
    true
}

fn bearer() -> String {
    "Bearer".to_owned()
}
