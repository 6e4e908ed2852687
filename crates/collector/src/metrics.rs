//! Counters and gauges with Promtail's names, and their text form for Prometheus.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;

/// What a family counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Counter,
    Gauge,
    Histogram,
}

/// A number that may be shared between threads; it holds the bits of a float.
#[derive(Debug, Clone, Default)]
pub struct Number(Arc<AtomicU64>);

impl Number {
    /// Adds `amount`.
    pub fn add(&self, amount: f64) {
        self.update(|value| value + amount);
    }

    /// Adds a count.
    pub fn count(&self, amount: usize) {
        self.add(amount as f64);
    }

    /// Replaces the value.
    pub fn set(&self, value: f64) {
        self.0.store(value.to_bits(), Ordering::Relaxed);
    }

    /// The value.
    pub fn get(&self) -> f64 {
        f64::from_bits(self.0.load(Ordering::Relaxed))
    }

    fn update(&self, change: impl Fn(f64) -> f64) {
        let changed = |bits| Some(change(f64::from_bits(bits)).to_bits());
        // The closure always returns a value, so the update cannot fail.
        let _updated = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, changed);
    }
}

#[derive(Debug)]
struct Family {
    help: String,
    kind: Kind,
    /// Keyed by suffix of the name and text of the labels.
    series: BTreeMap<(&'static str, String), Number>,
}

/// The families of one collector.
#[derive(Debug, Clone, Default)]
pub struct Metrics {
    families: Arc<Mutex<BTreeMap<String, Family>>>,
}

impl Metrics {
    /// The counter `name` with `labels`, made at first use.
    pub fn counter(&self, name: &str, help: &str, labels: &[(&str, &str)]) -> Number {
        self.series(name, help, Kind::Counter, "", labels)
    }

    /// The gauge `name` with `labels`, made at first use.
    pub fn gauge(&self, name: &str, help: &str, labels: &[(&str, &str)]) -> Number {
        self.series(name, help, Kind::Gauge, "", labels)
    }

    /// Any series; histograms use the suffixes `_bucket`, `_sum` and `_count`.
    pub fn series(
        &self,
        name: &str,
        help: &str,
        kind: Kind,
        suffix: &'static str,
        labels: &[(&str, &str)],
    ) -> Number {
        let mut families = self.families.lock();
        if !families.contains_key(name) {
            let family = Family { help: help.to_owned(), kind, series: BTreeMap::new() };
            families.insert(name.to_owned(), family);
        }
        let key = (suffix, label_text(labels));
        let family = families.get_mut(name).expect("inserted above");
        family.series.entry(key).or_default().clone()
    }

    /// Forgets one series, such as that of a file which is gone.
    pub fn remove(&self, name: &str, suffix: &'static str, labels: &[(&str, &str)]) {
        if let Some(family) = self.families.lock().get_mut(name) {
            family.series.remove(&(suffix, label_text(labels)));
        }
    }

    /// Prometheus' text format.
    pub fn render(&self) -> String {
        let mut out = String::new();
        for (name, family) in self.families.lock().iter() {
            let kind = match family.kind {
                Kind::Counter => "counter",
                Kind::Gauge => "gauge",
                Kind::Histogram => "histogram",
            };
            // Writing to a String cannot fail.
            let _infallible = writeln!(out, "# HELP {name} {}\n# TYPE {name} {kind}", family.help);
            for ((suffix, labels), number) in &family.series {
                let _infallible = writeln!(out, "{name}{suffix}{labels} {}", number.get());
            }
        }
        out
    }
}

fn label_text(labels: &[(&str, &str)]) -> String {
    if labels.is_empty() {
        return String::new();
    }
    let mut out = String::from("{");
    for (index, (name, value)) in labels.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        let value = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        let _infallible = write!(out, "{name}=\"{value}\"");
    }
    out.push('}');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn renders_the_text_format() {
        let metrics = Metrics::default();
        metrics.counter("lines_total", "Lines.", &[("path", "/a\"b")]).count(3);
        metrics.counter("lines_total", "Lines.", &[("path", "/a\"b")]).add(0.5);
        metrics.gauge("active", "Active.", &[]).set(2.0);
        assert_eq!(
            metrics.render(),
            "# HELP active Active.\n# TYPE active gauge\nactive 2\n\
             # HELP lines_total Lines.\n# TYPE lines_total counter\nlines_total{path=\"/a\\\"b\"} 3.5\n"
        );
        metrics.remove("lines_total", "", &[("path", "/a\"b")]);
        assert!(!metrics.render().contains("path"));
    }
}
