//! The metrics generator's part of the file: what it does by default, and what the tenant's overrides say on top.

mod sections;

use std::time::Duration;

use http::header::{HeaderMap, HeaderName, HeaderValue};
use runtime::HumanDuration;

use self::sections::{BasicAuth, Processor, QueueConfig, RegistrySection, RemoteWrite};
pub(super) use self::sections::{GeneratorOverrides, MetricsGenerator};
use super::file::File;
use crate::generator::remote_write::{Receiver, basic_auth};
use crate::generator::settings::{Dimension, Settings, label_name};

impl File {
    /// What the generator does, and the texts that must not be shown.
    pub(super) fn generator(&self) -> Result<(Settings, Vec<String>), String> {
        let mut settings = Settings::default();
        let mut secrets = Vec::new();
        let empty = MetricsGenerator::default();
        let base = self.metrics_generator.as_ref().unwrap_or(&empty);
        if let Some(registry) = &base.registry {
            apply_registry(registry, &mut settings);
        }
        if let Some(slack) = base.metrics_ingestion_time_range_slack {
            settings.time_slack = slack.0;
        }
        if let Some(processor) = &base.processor {
            apply_processor(processor, &mut settings, "metrics_generator.processor")?;
        }
        if let Some(overrides) = self.defaults().and_then(|defaults| defaults.metrics_generator.as_ref()) {
            apply_overrides(overrides, &mut settings)?;
        }
        for receiver in base.storage.iter().filter_map(|storage| storage.remote_write.as_ref()).flatten() {
            settings.receivers.push(receiver.checked(&mut secrets)?);
        }
        if settings.collection_interval < Duration::from_millis(50) {
            return Err("the generator's collection_interval is shorter than 50ms".to_owned());
        }
        Ok((settings, secrets))
    }
}

fn apply_registry(registry: &RegistrySection, settings: &mut Settings) {
    if let Some(interval) = registry.collection_interval {
        settings.collection_interval = interval.0;
    }
    if let Some(stale) = registry.stale_duration {
        settings.stale = stale.0;
    }
    let labels = registry.external_labels.iter().flatten();
    settings.external_labels = labels.map(|(name, value)| (name.clone(), value.clone())).collect();
}

fn apply_overrides(overrides: &GeneratorOverrides, settings: &mut Settings) -> Result<(), String> {
    let disabled = overrides.disable_collection.unwrap_or(false);
    for name in overrides.processors.iter().flatten().filter(|_| !disabled) {
        let spans = &mut settings.spans;
        match name.as_str() {
            "service-graphs" => settings.graphs.enabled = true,
            "span-metrics" => (spans.calls, spans.latency, spans.size) = (true, true, true),
            "span-metrics-count" => spans.calls = true,
            "span-metrics-latency" => spans.latency = true,
            "span-metrics-size" => spans.size = true,
            other => {
                return Err(format!(
                    "overrides.defaults.metrics_generator.processors: {other:?} is not supported; there are service-graphs, \
                     span-metrics, span-metrics-count, span-metrics-latency, span-metrics-size"
                ));
            }
        }
    }
    if let Some(interval) = overrides.collection_interval.filter(|interval| !interval.0.is_zero()) {
        settings.collection_interval = interval.0;
    }
    if let Some(most) = overrides.max_active_series.filter(|most| *most > 0) {
        settings.max_active_series = most;
    }
    if let Some(slack) = overrides.ingestion_time_range_slack.filter(|slack| !slack.0.is_zero()) {
        settings.time_slack = slack.0;
    }
    if let Some(label) = overrides.trace_id_label_name.as_ref().filter(|label| !label.is_empty()) {
        settings.trace_id_label = label.as_str().into();
    }
    match &overrides.processor {
        Some(processor) => {
            apply_processor(processor, settings, "overrides.defaults.metrics_generator.processor")
        }
        None => Ok(()),
    }
}

fn apply_processor(processor: &Processor, settings: &mut Settings, path: &str) -> Result<(), String> {
    if let Some(section) = &processor.service_graphs {
        let graphs = &mut settings.graphs;
        set(&mut graphs.wait, section.wait.map(|wait| wait.0));
        set(&mut graphs.max_items, section.max_items);
        set(&mut graphs.peer_attributes, section.peer_attributes.clone());
        set(&mut graphs.database_attributes, section.database_name_attributes.clone());
        set(&mut graphs.side_prefix, section.enable_client_server_prefix);
        set(&mut graphs.messaging_latency, section.enable_messaging_system_latency_histogram);
        set(&mut graphs.virtual_node_label, section.enable_virtual_node_label);
        set(&mut graphs.buckets, checked_buckets(section.histogram_buckets.as_ref(), path)?);
        set(
            &mut graphs.dimensions,
            dimensions(section.dimensions.as_ref(), &["client", "server", "connection_type"]),
        );
    }
    if let Some(section) = &processor.span_metrics {
        let spans = &mut settings.spans;
        set(&mut spans.target_info, section.enable_target_info);
        set(&mut spans.instance, section.enable_instance_label);
        set(&mut spans.buckets, checked_buckets(section.histogram_buckets.as_ref(), path)?);
        let own = &crate::generator::OWN_LABELS;
        set(&mut spans.dimensions, dimensions(section.dimensions.as_ref(), own));
        if let Some(intrinsic) = &section.intrinsic_dimensions {
            set(&mut spans.service, intrinsic.service);
            set(&mut spans.span_name, intrinsic.span_name);
            set(&mut spans.span_kind, intrinsic.span_kind);
            set(&mut spans.status_code, intrinsic.status_code);
            set(&mut spans.status_message, intrinsic.status_message);
        }
    }
    Ok(())
}

fn set<T>(place: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *place = value;
    }
}

fn dimensions(names: Option<&Vec<String>>, taken: &[&str]) -> Option<Vec<Dimension>> {
    let dimension = |name: &String| Dimension { attribute: name.clone(), label: label_name(name, taken) };
    names.map(|names| names.iter().map(dimension).collect())
}

/// Ascending, finite and few, since each becomes a series.
fn checked_buckets(buckets: Option<&Vec<f64>>, path: &str) -> Result<Option<Vec<f64>>, String> {
    let Some(buckets) = buckets.filter(|buckets| !buckets.is_empty()) else { return Ok(None) };
    let ascending = buckets.windows(2).all(|pair| pair[0] < pair[1]);
    if !ascending || buckets.iter().any(|bound| !bound.is_finite()) || buckets.len() > 200 {
        return Err(format!("{path}: histogram_buckets must be at most 200 ascending numbers"));
    }
    Ok(Some(buckets.clone()))
}

impl RemoteWrite {
    fn checked(&self, secrets: &mut Vec<String>) -> Result<Receiver, String> {
        const PATH: &str = "metrics_generator.storage.remote_write";
        let url = self
            .url
            .as_ref()
            .filter(|url| !url.is_empty())
            .ok_or_else(|| format!("{PATH}: url is missing"))?;
        let host = url.strip_prefix("http://").ok_or_else(|| {
            format!("{PATH}: url must begin with http://; this build has no TLS, a proxy can speak it")
        })?;
        if host.split('/').next().is_some_and(|host| host.is_empty() || host.contains('@')) {
            return Err(format!("{PATH}: url needs a host, and no user: basic_auth is the place for that"));
        }
        let mut headers = HeaderMap::new();
        for (name, value) in self.headers.iter().flatten() {
            secrets.push(value.clone());
            let name: HeaderName =
                name.parse().map_err(|_| format!("{PATH}.headers: {name:?} is not a header name"))?;
            let mut value = HeaderValue::from_str(value).map_err(|_| {
                format!("{PATH}.headers: the value of {name} holds characters that no header can")
            })?;
            value.set_sensitive(true);
            headers.insert(name, value);
        }
        if let Some(auth) = &self.basic_auth {
            let (name, value) =
                auth.header(secrets).map_err(|problem| format!("{PATH}.basic_auth: {problem}"))?;
            headers.insert(name, value);
        }
        secrets.retain(|secret| !secret.is_empty());
        let empty = QueueConfig::default();
        let queue = self.queue_config.as_ref().unwrap_or(&empty);
        let seconds = |value: Option<HumanDuration>, default: f64| {
            value.map_or(Duration::from_secs_f64(default), |value| value.0).max(Duration::from_millis(1))
        };
        Ok(Receiver {
            url: url.clone(),
            headers,
            timeout: seconds(self.remote_timeout, 30.0),
            capacity: queue.capacity.unwrap_or(200_000).max(1),
            batch: queue.max_samples_per_send.unwrap_or(2000).max(1),
            min_backoff: seconds(queue.min_backoff, 0.03),
            max_backoff: seconds(queue.max_backoff, 5.0),
        })
    }
}

impl BasicAuth {
    fn header(&self, secrets: &mut Vec<String>) -> Result<(HeaderName, HeaderValue), String> {
        let password = match (&self.password, &self.password_file) {
            (Some(_), Some(_)) => return Err("password and password_file exclude each other".to_owned()),
            (Some(password), None) => password.clone(),
            (None, Some(file)) => {
                let text = std::fs::read_to_string(file).map_err(|error| format!("{file}: {error}"))?;
                text.trim().to_owned()
            }
            (None, None) => String::new(),
        };
        secrets.push(password.clone());
        basic_auth(self.username.as_deref().unwrap_or_default(), &password)
            .ok_or_else(|| "it holds characters that no header can".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use crate::config::Config;

    #[test]
    fn processors_buckets_and_receivers() {
        let text = "
metrics_generator:
  registry: {collection_interval: 5s, external_labels: {source: tempo}}
  processor:
    service_graphs: {wait: 3s, dimensions: [http.method]}
    span_metrics: {dimensions: [service, http.route], histogram_buckets: [0.1, 1]}
  storage:
    path: /var/tempo/generator
    remote_write:
      - url: http://prometheus:9090/api/v1/write
        basic_auth: {username: me, password: hush-hush}
overrides:
  defaults:
    metrics_generator:
      processors: [service-graphs, span-metrics-count]
      processor: {span_metrics: {histogram_buckets: [0.5]}}
";
        let config = Config::parse(text, "x.yaml").unwrap();
        let settings = &config.generator;
        assert!(settings.graphs.enabled && settings.spans.calls && !settings.spans.latency);
        let labels: Vec<_> =
            settings.spans.dimensions.iter().map(|dimension| dimension.label.as_str()).collect();
        assert_eq!(labels, ["__service", "http_route"]);
        assert_eq!(settings.spans.buckets, [0.5]);
        assert_eq!((settings.graphs.wait.as_secs(), settings.collection_interval.as_secs()), (3, 5));
        assert_eq!(settings.receivers.len(), 1);
        assert!(!format!("{config:?}").contains("hush-hush"));
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (text, part) in [
            ("metrics_generator: {processor: {span_metrics: {buckets: []}}}", "buckets"),
            ("metrics_generator: {processor: {span_metrics: {histogram_buckets: [2, 1]}}}", "ascending"),
            ("metrics_generator: {storage: {remote_write: [{url: 'https://x'}]}}", "http://"),
            ("metrics_generator: {storage: {remote_write: [{}]}}", "url is missing"),
            ("overrides: {defaults: {metrics_generator: {processors: [local-blocks]}}}", "local-blocks"),
            ("metrics_generator: {registry: {collection_interval: 0s}}", "collection_interval"),
        ] {
            let error = Config::parse(text, "x.yaml").unwrap_err().to_string();
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}
