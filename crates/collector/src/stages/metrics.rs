//! `metrics`: counters, gauges and histograms made from entries, labelled like them.

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

use crate::config::{MetricAction, MetricConfig, MetricKind};
use crate::entry::Entry;
use crate::labels::{LabelSet, is_label_name};
use crate::metrics::{Kind, Metrics, Number};
use crate::pipeline::{Context, Stage, StageEnvironment, Verdict};

/// Series of one metric at most; further label sets are not measured.
const MAX_SERIES: usize = 10_000;

const DEFAULT_BUCKETS: [f64; 11] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// See the module.
pub struct MetricsStage {
    metrics: Vec<Metric>,
}

struct Metric {
    name: String,
    help: String,
    source: String,
    kind: MetricKind,
    action: MetricAction,
    match_all: bool,
    count_entry_bytes: bool,
    value: Option<String>,
    buckets: Vec<f64>,
    max_idle: Duration,
    registry: Metrics,
    series: HashMap<LabelSet, Series>,
    swept: Option<Instant>,
}

struct Series {
    /// One number, or for a histogram its buckets, then sum and count.
    numbers: Vec<Number>,
    used: Instant,
}

impl MetricsStage {
    pub fn new(map: &BTreeMap<String, MetricConfig>, environment: &StageEnvironment) -> Result<Self, String> {
        let build =
            |(name, config): (&String, &MetricConfig)| Metric::new(name, config, &environment.metrics);
        Ok(Self { metrics: map.iter().map(build).collect::<Result<_, _>>()? })
    }
}

impl Stage for MetricsStage {
    fn process(&mut self, entry: &mut Entry, context: &mut Context) -> Verdict {
        for metric in &mut self.metrics {
            metric.observe(entry, context.now);
        }
        Verdict::Pass
    }
}

impl Metric {
    fn new(name: &str, config: &MetricConfig, registry: &Metrics) -> Result<Self, String> {
        let fail = |problem: &str| Err(format!("{name}: {problem}"));
        let options = &config.config;
        let action = match (config.kind, options.action) {
            (MetricKind::Histogram, _) => MetricAction::Set,
            (MetricKind::Counter, Some(action @ (MetricAction::Inc | MetricAction::Add))) => action,
            (MetricKind::Counter, _) => return fail("a counter's action is inc or add"),
            (MetricKind::Gauge, Some(action)) => action,
            (MetricKind::Gauge, None) => return fail("a gauge needs an action: set, inc, dec, add or sub"),
        };
        if options.match_all && options.value.is_some() {
            return fail("match_all and value exclude each other");
        }
        if options.count_entry_bytes && !(options.match_all && action == MetricAction::Add) {
            return fail("count_entry_bytes needs match_all: true and action: add");
        }
        let mut buckets = options.buckets.clone();
        if buckets.is_empty() {
            buckets.extend(DEFAULT_BUCKETS);
        }
        buckets.sort_by(f64::total_cmp);
        let full_name = format!("{}{name}", config.prefix.as_deref().unwrap_or("promtail_custom_"));
        if !is_label_name(&full_name.replace(':', "_")) {
            return fail("is not a metric name");
        }
        Ok(Self {
            name: full_name,
            help: config.description.clone(),
            source: config.source.clone().unwrap_or_else(|| name.to_owned()),
            kind: config.kind,
            action,
            match_all: options.match_all,
            count_entry_bytes: options.count_entry_bytes,
            value: options.value.clone(),
            buckets,
            max_idle: config.max_idle_duration.unwrap_or(Duration::from_secs(300)),
            registry: registry.clone(),
            series: HashMap::new(),
            swept: None,
        })
    }

    fn observe(&mut self, entry: &Entry, now: Instant) {
        let Some(amount) = self.amount(entry) else {
            return;
        };
        self.sweep(now);
        if !self.series.contains_key(&entry.labels) {
            if self.series.len() >= MAX_SERIES {
                return;
            }
            let numbers = self.numbers(&entry.labels);
            self.series.insert(entry.labels.clone(), Series { numbers, used: now });
        }
        let series = self.series.get_mut(&entry.labels).expect("inserted above");
        series.used = now;
        if self.kind == MetricKind::Histogram {
            let at = self.buckets.len();
            for (bucket, number) in self.buckets.iter().zip(&series.numbers) {
                if amount <= *bucket {
                    number.add(1.0);
                }
            }
            series.numbers[at].add(1.0);
            series.numbers[at + 1].add(amount);
            series.numbers[at + 2].add(1.0);
            return;
        }
        let number = &series.numbers[0];
        match self.action {
            MetricAction::Set => number.set(amount),
            MetricAction::Inc => number.add(1.0),
            MetricAction::Dec => number.add(-1.0),
            MetricAction::Add => number.add(amount),
            MetricAction::Sub => number.add(-amount),
        }
    }

    /// What the entry contributes; `None` when this metric is not about it.
    fn amount(&self, entry: &Entry) -> Option<f64> {
        if self.count_entry_bytes {
            return Some(entry.line.len() as f64);
        }
        if self.match_all && matches!(self.action, MetricAction::Inc | MetricAction::Dec) {
            return Some(1.0);
        }
        let value = entry.value(&self.source)?;
        let text = value.as_text()?;
        if self.value.as_ref().is_some_and(|expected| **expected != *text) {
            return None;
        }
        if self.kind != MetricKind::Histogram && matches!(self.action, MetricAction::Inc | MetricAction::Dec)
        {
            return Some(1.0);
        }
        // Durations count as seconds; a negative amount cannot be added to a counter.
        let number = value
            .as_number()
            .or_else(|| runtime::parse_duration(&text).ok().map(|duration| duration.as_secs_f64()))?;
        (self.kind != MetricKind::Counter || number >= 0.0).then_some(number)
    }

    fn numbers(&self, labels: &LabelSet) -> Vec<Number> {
        let pairs: Vec<(&str, &str)> = labels.iter().collect();
        let series = |kind, suffix, pairs: &[(&str, &str)]| {
            self.registry.series(&self.name, &self.help, kind, suffix, pairs)
        };
        match self.kind {
            MetricKind::Counter => vec![series(Kind::Counter, "", &pairs)],
            MetricKind::Gauge => vec![series(Kind::Gauge, "", &pairs)],
            MetricKind::Histogram => {
                let bounds = self.bounds();
                let mut numbers = Vec::new();
                for bound in &bounds {
                    let mut pairs = pairs.clone();
                    pairs.push(("le", bound));
                    numbers.push(series(Kind::Histogram, "_bucket", &pairs));
                }
                numbers.push(series(Kind::Histogram, "_sum", &pairs));
                numbers.push(series(Kind::Histogram, "_count", &pairs));
                numbers
            }
        }
    }

    fn bounds(&self) -> Vec<String> {
        self.buckets.iter().map(f64::to_string).chain(["+Inf".to_owned()]).collect()
    }

    /// Forgets series that were idle too long; looked at once a minute.
    fn sweep(&mut self, now: Instant) {
        let due =
            self.swept.is_none_or(|last| now.saturating_duration_since(last) >= Duration::from_secs(60));
        if !due {
            return;
        }
        self.swept = Some(now);
        let (registry, name, max_idle) = (self.registry.clone(), self.name.clone(), self.max_idle);
        let bounds = self.bounds();
        let is_histogram = self.kind == MetricKind::Histogram;
        self.series.retain(|labels, series| {
            let keep = now.saturating_duration_since(series.used) < max_idle;
            if !keep {
                let pairs: Vec<(&str, &str)> = labels.iter().collect();
                for suffix in if is_histogram { &["_sum", "_count"][..] } else { &[""][..] } {
                    registry.remove(&name, suffix, &pairs);
                }
                for bound in bounds.iter().filter(|_| is_histogram) {
                    let mut pairs = pairs.clone();
                    pairs.push(("le", bound));
                    registry.remove(&name, "_bucket", &pairs);
                }
            }
            keep
        });
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::testing::{pipeline, problem};
    use super::*;
    use crate::entry::Origin;

    /// The metrics after `lines` went through a `json` stage and these metrics.
    fn measure(metrics_yaml: &str, lines: &[&str]) -> String {
        let registry = Metrics::default();
        let yaml = format!("[{{json: {{expressions: {{n: , took: }}}}}}, {{metrics: {{{metrics_yaml}}}}}]");
        let mut pipeline = pipeline(&yaml, &registry).unwrap();
        let base: Arc<LabelSet> = Arc::new([("job", "x")].into_iter().collect());
        let mut entry = Entry::default();
        for line in lines {
            entry.reset(&base, line, 0, Origin::default());
            pipeline.process(&mut entry, &mut Context::new(Instant::now()));
        }
        let text = registry.render();
        text.lines()
            .filter(|line| line.contains("promtail_custom") && !line.starts_with('#'))
            .collect::<Vec<_>>()
            .join("\n")
    }

    #[test]
    fn counters_gauges_and_histograms() {
        let lines = [r#"{"n":2,"took":"250ms"}"#, r#"{"n":3,"took":"2s"}"#, "plain"];
        for (yaml, expected) in [
            ("a: {type: Counter, config: {match_all: true, action: inc}}", "promtail_custom_a{job=\"x\"} 3"),
            ("a: {type: Counter, source: n, config: {action: add}}", "promtail_custom_a{job=\"x\"} 5"),
            (
                "a: {type: Counter, source: n, config: {action: inc, value: '2'}}",
                "promtail_custom_a{job=\"x\"} 1",
            ),
            (
                "a: {type: Counter, config: {match_all: true, count_entry_bytes: true, action: add}}",
                "promtail_custom_a{job=\"x\"} 46",
            ),
            ("n: {type: Gauge, config: {action: set}}", "promtail_custom_n{job=\"x\"} 3"),
            ("n: {type: Gauge, config: {action: sub}}", "promtail_custom_n{job=\"x\"} -5"),
            (
                "took: {type: Histogram, config: {buckets: [0.5, 1]}}",
                "promtail_custom_took_bucket{job=\"x\",le=\"+Inf\"} 2\npromtail_custom_took_bucket{job=\"x\",le=\"0.5\"} 1\n\
                 promtail_custom_took_bucket{job=\"x\",le=\"1\"} 1\npromtail_custom_took_count{job=\"x\"} 2\n\
                 promtail_custom_took_sum{job=\"x\"} 2.25",
            ),
        ] {
            assert_eq!(measure(yaml, &lines), expected, "{yaml}");
        }
    }

    #[test]
    fn options_are_checked() {
        for yaml in [
            "a: {type: Counter, config: {action: set}}",
            "a: {type: Gauge, config: {}}",
            "a: {type: Counter, config: {action: inc, match_all: true, value: x}}",
            "a-b: {type: Counter, config: {action: inc}}",
        ] {
            assert!(problem(&format!("[{{metrics: {{{yaml}}}}}]")).contains("metrics"), "{yaml}");
        }
    }
}
