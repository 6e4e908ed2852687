//! `scrape_configs`: what is read, and how it is labelled before any line is seen.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::name_unused;
use super::scalars::{Unused, or_default};
use super::stages::StageConfig;

/// One job.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct ScrapeConfig {
    pub job_name: String,
    #[serde(deserialize_with = "or_default")]
    pub pipeline_stages: Vec<StageConfig>,
    #[serde(deserialize_with = "or_default")]
    pub static_configs: Vec<StaticConfig>,
    #[serde(deserialize_with = "or_default")]
    pub relabel_configs: Vec<RelabelConfig>,
    #[serde(skip_serializing)]
    encoding: Unused,
    #[serde(skip_serializing)]
    decompression: Unused,
    #[serde(skip_serializing)]
    journal: Unused,
    #[serde(skip_serializing)]
    syslog: Unused,
    #[serde(skip_serializing)]
    gcplog: Unused,
    #[serde(skip_serializing)]
    gelf: Unused,
    #[serde(skip_serializing)]
    loki_push_api: Unused,
    #[serde(skip_serializing)]
    windows_events: Unused,
    #[serde(skip_serializing)]
    kafka: Unused,
    #[serde(skip_serializing)]
    azure_event_hubs: Unused,
    #[serde(skip_serializing)]
    cloudflare: Unused,
    #[serde(skip_serializing)]
    heroku_drain: Unused,
    #[serde(skip_serializing)]
    docker_sd_configs: Unused,
    #[serde(skip_serializing)]
    dockerswarm_sd_configs: Unused,
    #[serde(skip_serializing)]
    file_sd_configs: Unused,
    #[serde(skip_serializing)]
    kubernetes_sd_configs: Unused,
    #[serde(skip_serializing)]
    consul_sd_configs: Unused,
    #[serde(skip_serializing)]
    consulagent_sd_configs: Unused,
    #[serde(skip_serializing)]
    dns_sd_configs: Unused,
    #[serde(skip_serializing)]
    ec2_sd_configs: Unused,
    #[serde(skip_serializing)]
    gce_sd_configs: Unused,
    #[serde(skip_serializing)]
    azure_sd_configs: Unused,
    #[serde(skip_serializing)]
    openstack_sd_configs: Unused,
    #[serde(skip_serializing)]
    digitalocean_sd_configs: Unused,
    #[serde(skip_serializing)]
    marathon_sd_configs: Unused,
    #[serde(skip_serializing)]
    nerve_sd_configs: Unused,
    #[serde(skip_serializing)]
    serverset_sd_configs: Unused,
    #[serde(skip_serializing)]
    triton_sd_configs: Unused,
}

impl ScrapeConfig {
    pub(super) fn name_unused(&self, names: &mut Vec<String>) {
        name_unused!(
            names,
            "scrape_configs[].",
            self,
            encoding,
            decompression,
            journal,
            syslog,
            gcplog,
            gelf,
            loki_push_api,
            windows_events,
            kafka,
            azure_event_hubs,
            cloudflare,
            heroku_drain,
            docker_sd_configs,
            dockerswarm_sd_configs,
            file_sd_configs,
            kubernetes_sd_configs,
            consul_sd_configs,
            consulagent_sd_configs,
            dns_sd_configs,
            ec2_sd_configs,
            gce_sd_configs,
            azure_sd_configs,
            openstack_sd_configs,
            digitalocean_sd_configs,
            marathon_sd_configs,
            nerve_sd_configs,
            serverset_sd_configs,
            triton_sd_configs,
        );
    }
}

/// A group of files with common labels; `__path__` holds the glob.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct StaticConfig {
    #[serde(deserialize_with = "or_default")]
    pub targets: Vec<String>,
    #[serde(deserialize_with = "or_default")]
    pub labels: BTreeMap<String, String>,
}

/// One step of relabelling.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct RelabelConfig {
    #[serde(deserialize_with = "or_default")]
    pub source_labels: Vec<String>,
    pub separator: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_label: Option<String>,
    pub regex: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub modulus: Option<u64>,
    pub replacement: String,
    pub action: Action,
}

impl Default for RelabelConfig {
    fn default() -> Self {
        Self {
            source_labels: Vec::new(),
            separator: ";".to_owned(),
            target_label: None,
            regex: "(.*)".to_owned(),
            modulus: None,
            replacement: "$1".to_owned(),
            action: Action::Replace,
        }
    }
}

/// What a relabelling step does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    Replace,
    Keep,
    Drop,
    KeepEqual,
    DropEqual,
    HashMod,
    LabelMap,
    LabelDrop,
    LabelKeep,
    Lowercase,
    Uppercase,
}
