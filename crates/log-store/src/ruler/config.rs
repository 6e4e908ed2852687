//! `ruler` and `ruler_storage` of Loki's configuration file.
//!
//! The sections hold what the file says; [`Settings`](settings::Settings) is what is in force.

pub(super) mod settings;

use std::collections::BTreeMap;

use runtime::{HumanDuration, config_section};

use super::secret::Secret;

config_section! {
    RulerSection {
        external_url: String,
        datasource_uid: String,
        external_labels: BTreeMap<String, String>,
        evaluation_interval: HumanDuration,
        poll_interval: HumanDuration,
        storage: StorageSection,
        alertmanager_url: String,
        notification_queue_capacity: usize,
        notification_timeout: HumanDuration,
        alertmanager_client: AlertmanagerClient,
        for_outage_tolerance: HumanDuration,
        resend_delay: HumanDuration,
        enable_api: bool,
        enabled_tenants: String,
        disabled_tenants: String,
        remote_write: RemoteWriteSection,
    } known {
        ruler_client, rule_path, enable_alertmanager_discovery, alertmanager_refresh_interval, enable_alertmanager_v2,
        alert_relabel_configs, for_grace_period, enable_sharding, sharding_strategy, sharding_algo, search_pending_for,
        ring, flush_period, query_stats_enabled, disable_rule_group_label, wal, wal_cleaner, evaluation,
    }
}

config_section! {
    /// `ruler.storage`
    StorageSection {
        #[serde(rename = "type")]
        kind: String,
        local: LocalSection,
    } known { azure, alibabacloud, gcs, s3, bos, swift, cos, }
}

config_section! {
    /// `ruler_storage`
    RulerStorageSection {
        backend: String,
        local: LocalSection,
    } known {
        s3, gcs, azure, swift, cos, bos, oss, filesystem, alibabacloud, storage_prefix, supported_backends,
    }
}

config_section! {
    LocalSection {
        directory: String,
    } known {}
}

config_section! {
    AlertmanagerClient {
        basic_auth_username: String,
        basic_auth_password: Secret,
        #[serde(rename = "type")]
        kind: String,
        credentials: Secret,
        credentials_file: String,
    } known {
        tls_cert_path, tls_key_path, tls_ca_path, tls_server_name, tls_insecure_skip_verify, tls_cipher_suites,
        tls_min_version,
    }
}

config_section! {
    RemoteWriteSection {
        enabled: bool,
        client: RemoteClientSection,
        clients: BTreeMap<String, RemoteClientSection>,
        add_org_id_header: bool,
    } known { config_refresh_period, }
}

config_section! {
    RemoteClientSection {
        url: String,
        remote_timeout: HumanDuration,
        headers: BTreeMap<String, Secret>,
        basic_auth: BasicAuth,
        authorization: Authorization,
        bearer_token: Secret,
        bearer_token_file: String,
        queue_config: QueueSection,
    } known {
        name, write_relabel_configs, tls_config, proxy_url, no_proxy, proxy_from_environment, proxy_connect_header,
        follow_redirects, enable_http2, http_headers, oauth2, sigv4, azuread, google_iam, metadata_config,
        send_exemplars, send_native_histograms, protobuf_message, round_robin_dns,
    }
}

config_section! {
    QueueSection {
        capacity: usize,
        max_samples_per_send: usize,
        min_backoff: HumanDuration,
        max_backoff: HumanDuration,
    } known { max_shards, min_shards, batch_send_deadline, retry_on_http_429, sample_age_limit, }
}

config_section! {
    BasicAuth {
        username: String,
        username_file: String,
        password: Secret,
        password_file: String,
    } known {}
}

config_section! {
    Authorization {
        #[serde(rename = "type")]
        kind: String,
        credentials: Secret,
        credentials_file: String,
    } known {}
}

impl RulerSection {
    /// Every secret in it, for hiding them where the file is shown.
    pub(crate) fn secrets(&self) -> Vec<&Secret> {
        let mut secrets = Vec::new();
        if let Some(client) = &self.alertmanager_client {
            secrets.extend(client.basic_auth_password.iter().chain(&client.credentials));
        }
        let remote = self.remote_write.iter();
        for client in remote
            .flat_map(|remote| remote.client.iter().chain(remote.clients.iter().flat_map(BTreeMap::values)))
        {
            secrets.extend(client.headers.iter().flat_map(BTreeMap::values).chain(&client.bearer_token));
            secrets.extend(client.basic_auth.iter().filter_map(|auth| auth.password.as_ref()));
            secrets.extend(client.authorization.iter().filter_map(|auth| auth.credentials.as_ref()));
        }
        secrets
    }
}
