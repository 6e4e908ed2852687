//! From a file to a configuration that makes sense as a whole.

use std::collections::BTreeSet;
use std::path::Path;

use runtime::ConfigError;

use super::Config;

/// Loads a file; `${NAME:-default}` is expanded.
pub fn load(path: &Path) -> Result<Config, ConfigError> {
    let text = std::fs::read_to_string(path)
        .map_err(|source| ConfigError::Read { path: path.to_owned(), source })?;
    parse(&text, &path.display().to_string())
}

/// Parses the text of a file called `origin`.
pub fn parse(text: &str, origin: &str) -> Result<Config, ConfigError> {
    let expanded = runtime::expand_env(text, |name| {
        // `${1}` is a group of a regular expression (relabelling, replacing), not the environment's business.
        let is_group = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit());
        is_group.then(|| format!("${{{name}}}")).or_else(|| std::env::var(name).ok())
    });
    // Without the lines around the mistake: they may hold passwords.
    let options = serde_saphyr::options! { with_snippet: false };
    let mut config: Config = serde_saphyr::from_str_with_options(&expanded, options)
        .map_err(|error| ConfigError::Invalid { origin: origin.to_owned(), message: error.to_string() })?;
    config.clients.extend(config.client.take());
    check(&config).map_err(|message| ConfigError::Invalid { origin: origin.to_owned(), message })?;
    Ok(config)
}

fn check(config: &Config) -> Result<(), String> {
    let mut names = BTreeSet::new();
    for scrape in &config.scrape_configs {
        if !names.insert(scrape.job_name.as_str()) {
            return Err(format!(
                "scrape_configs: job_name {:?} is used twice; give each job a name of its own",
                scrape.job_name
            ));
        }
    }
    for client in &config.clients {
        check_client(client).map_err(|message| format!("clients: {}: {message}", client.url))?;
    }
    let watch = &config.global.file_watch_config;
    if watch.min_poll_frequency.is_zero() || watch.max_poll_frequency < watch.min_poll_frequency {
        return Err(
            "global.file_watch_config: min_poll_frequency must be above 0 and at most max_poll_frequency"
                .to_owned(),
        );
    }
    Ok(())
}

fn check_client(client: &super::ClientConfig) -> Result<(), String> {
    if client.url.scheme() != "http" {
        return Err(format!(
            "{}:// is not supported by this build; use http://, through a proxy that speaks TLS if need be",
            client.url.scheme()
        ));
    }
    if client.batchsize == 0 || client.batchwait.is_zero() || client.timeout.is_zero() {
        return Err("batchsize, batchwait and timeout must be above 0".to_owned());
    }
    let ways = [
        client.basic_auth.is_some(),
        client.bearer_token.is_some(),
        client.bearer_token_file.is_some(),
        client.authorization.is_some(),
    ];
    if ways.into_iter().filter(|set| *set).count() > 1 {
        return Err(
            "use at most one of basic_auth, bearer_token, bearer_token_file and authorization".to_owned()
        );
    }
    if let Some(name) = client.external_labels.keys().find(|name| !crate::labels::is_label_name(name)) {
        return Err(format!("external_labels: {name:?} is not a label name"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::config::StageConfig;

    #[test]
    fn a_file_for_promtail_is_understood() {
        let text = r#"
server:
  http_listen_port: 9081
  grpc_listen_port: 0
  log_level: info
positions: {filename: /tmp/positions.yaml, sync_period: 5s}
limits_config:
clients:
  - url: http://loki:3100/loki/api/v1/push
    batchwait: 500ms
    backoff_config: {max_retries: 3}
    basic_auth: {username: me, password: hush}
    tls_config: {insecure_skip_verify: true}
scrape_configs:
  - job_name: system
    pipeline_stages:
      - docker: {}
      - cri:
      - decolorize:
      - geoip: {db: x, source: ip}
      - json: {expressions: {level: , msg: log.message}}
      - labels: {level: , app: application}
      - match:
          selector: '{app="x"}'
          stages:
            - regex: {expression: "(?P<a>.*)$"}
      - drop: {source: [a, b], longer_than: 8kb, older_than: 24h}
      - metrics: {lines: {type: Counter, config: {match_all: true, action: inc}}}
    relabel_configs:
      - {source_labels: [a], regex: (.*), target_label: b, replacement: "${1}:x$1"}
      - {action: labelmap, regex: __meta_(.+)}
    static_configs:
      - targets: [localhost]
        labels: {job: varlogs, __path__: /var/log/*.log}
  - job_name: journal
    journal: {max_age: 12h}
"#;
        let config = parse(text, "promtail.yaml").unwrap();
        assert_eq!(config.server.http_listen_port, Some(9081));
        assert_eq!(config.positions.sync_period, Duration::from_secs(5));
        assert_eq!(config.clients[0].batchwait, Duration::from_millis(500));
        let job = &config.scrape_configs[0];
        assert_eq!(job.pipeline_stages.len(), 9);
        assert!(
            matches!(&job.pipeline_stages[4], StageConfig::Json(json) if json.expressions["level"].is_none())
        );
        assert_eq!(job.relabel_configs[0].replacement, "${1}:x$1");
        let unused = config.unused();
        for key in [
            "clients[].tls_config",
            "scrape_configs[].journal",
            "server.grpc_listen_port",
            "server.log_level",
        ] {
            assert!(unused.iter().any(|name| name == key), "{key} in {unused:?}");
        }
        let shown = serde_saphyr::to_string(&config).unwrap();
        assert!(!shown.contains("hush") && shown.contains("<secret>"), "{shown}");
    }

    #[test]
    fn mistakes_are_named_with_their_place() {
        for (text, expected) in [
            ("servr: {}\n", "servr"),
            ("server:\n  http_listen_prt: 1\n", "http_listen_prt"),
            ("clients:\n  - ulr: http://x\n", "ulr"),
            ("scrape_configs:\n  - job_name: a\n    pipeline_stages:\n      - jsn: {}\n", "jsn"),
            (
                "scrape_configs:\n  - job_name: a\n    pipeline_stages:\n      - json: {expresions: {}}\n",
                "expresions",
            ),
            ("scrape_configs: [{job_name: a}, {job_name: a}]\n", "used twice"),
            ("clients: [{url: https://x/}]\n", "not supported"),
            ("clients: [{url: http://x/, bearer_token: a, basic_auth: {username: b}}]\n", "at most one"),
            ("positions: {sync_period: often}\n", "often"),
        ] {
            let error = parse(text, "p.yaml").unwrap_err().to_string();
            assert!(error.starts_with("p.yaml") && error.contains(expected), "{text}: {error}");
        }
        let text = "clients:\n  - url: http://x/\n    bearer_token: hush\n    ulr: y\n";
        let error = parse(text, "p.yaml").unwrap_err().to_string();
        assert!(error.contains("line 4") && !error.contains("hush"), "{error}");
    }
}
