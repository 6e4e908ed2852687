//! Calls, durations and sizes by service, operation, kind and status: RED figures of every span.

use std::sync::Arc;

use promql::Labels;

use super::digest::{Digest, Group, ResourceDigest, SpanDigest};
use super::registry::{Kind, Metric, Registry};
use super::settings::{SpanSettings, label_name};

pub(super) const CALLS: Metric =
    Metric { name: "traces_spanmetrics_calls_total", kind: Kind::Counter, help: "Spans." };
pub(super) const LATENCY: Metric = Metric {
    name: "traces_spanmetrics_latency",
    kind: Kind::Histogram,
    help: "Durations of spans in seconds.",
};
pub(super) const SIZE: Metric =
    Metric { name: "traces_spanmetrics_size_total", kind: Kind::Counter, help: "Bytes of spans." };
pub(super) const TARGET_INFO: Metric = Metric {
    name: "traces_target_info",
    kind: Kind::Gauge,
    help: "What sends spans, with its attributes as labels.",
};

/// Labels that a dimension must not take.
pub(crate) const OWN_LABELS: [&str; 7] =
    ["service", "span_name", "span_kind", "status_code", "status_message", "job", "instance"];

/// Counts the spans of a digest; how many were too old or too far ahead to count.
pub(super) fn count(
    registry: &mut Registry,
    digest: &Digest,
    settings: &SpanSettings,
    bounds: &Arc<[f64]>,
    now: i64,
    slack: i64,
) -> u64 {
    let labels: Vec<Labels> = digest.groups.iter().map(|group| labels_of(digest, group, settings)).collect();
    if settings.target_info {
        digest.resources.iter().for_each(|resource| target_info(registry, resource, now));
    }
    let mut by_group: Vec<Vec<&SpanDigest>> = vec![Vec::new(); digest.groups.len()];
    let mut left_out = 0;
    for span in &digest.spans {
        let ended = i64::try_from(span.end / 1_000_000).unwrap_or(i64::MAX);
        match ended.abs_diff(now) > slack.unsigned_abs() {
            true => left_out += 1,
            false => by_group[span.group as usize].push(span),
        }
    }
    for (spans, labels) in by_group.iter().zip(&labels).filter(|(spans, _)| !spans.is_empty()) {
        if settings.calls {
            registry.add(CALLS, labels, spans.len() as f64, now);
        }
        if settings.latency {
            let observations = spans.iter().map(|span| (span.seconds(), span.trace_id));
            registry.observe(LATENCY, labels, bounds, observations, now);
        }
        if settings.size {
            registry.add(SIZE, labels, spans.iter().map(|span| f64::from(span.size)).sum(), now);
        }
    }
    left_out
}

fn labels_of(digest: &Digest, group: &Group, settings: &SpanSettings) -> Labels {
    let resource = &digest.resources[group.resource as usize];
    let mut pairs: Vec<(Arc<str>, Arc<str>)> = Vec::with_capacity(8);
    let mut put = |wanted: bool, name: &str, value: &Arc<str>| {
        if wanted {
            pairs.push((name.into(), Arc::clone(value)));
        }
    };
    put(settings.service, "service", &resource.service);
    put(settings.span_name, "span_name", &group.name);
    put(settings.span_kind, "span_kind", &kind_name(group.kind).into());
    put(settings.status_code, "status_code", &status_name(group.status).into());
    if let Some(message) = &group.status_message {
        put(true, "status_message", message);
    }
    put(settings.target_info, "job", &resource.job);
    put(settings.target_info || settings.instance, "instance", &resource.instance);
    for (dimension, value) in settings.dimensions.iter().zip(&group.dimensions) {
        put(true, &dimension.label, value);
    }
    Labels::new(pairs)
}

fn target_info(registry: &mut Registry, resource: &ResourceDigest, now: i64) {
    let own = ["service.name", "service.namespace", "service.instance.id"];
    let attributes = resource.attributes.iter().filter(|(name, _)| !own.contains(&name.as_str()));
    let mut pairs: Vec<(String, String)> =
        attributes.map(|(name, value)| (label_name(name, &["job", "instance"]), value.clone())).collect();
    // Without anything to say there is no series, as in Tempo.
    if pairs.is_empty() || resource.job.is_empty() {
        return;
    }
    pairs.push(("job".to_owned(), resource.job.as_ref().to_owned()));
    pairs.push(("instance".to_owned(), resource.instance.as_ref().to_owned()));
    registry.set(TARGET_INFO, &Labels::new(pairs), 1.0, now);
}

fn kind_name(kind: i32) -> &'static str {
    match kind {
        1 => "SPAN_KIND_INTERNAL",
        2 => "SPAN_KIND_SERVER",
        3 => "SPAN_KIND_CLIENT",
        4 => "SPAN_KIND_PRODUCER",
        5 => "SPAN_KIND_CONSUMER",
        _ => "SPAN_KIND_UNSPECIFIED",
    }
}

fn status_name(status: i32) -> &'static str {
    match status {
        1 => "STATUS_CODE_OK",
        2 => "STATUS_CODE_ERROR",
        _ => "STATUS_CODE_UNSET",
    }
}
