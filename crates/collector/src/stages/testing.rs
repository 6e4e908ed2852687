//! Lines in, entries out: the harness of the stages' golden tests.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Instant;

use crate::config::StageConfig;
use crate::entry::{Entry, Origin};
use crate::labels::LabelSet;
use crate::metrics::Metrics;
use crate::pipeline::{Context, Expiry, Pipeline, StageEnvironment, StageError, Verdict};

/// When every line of a test is read: 2026-11-24T00:00:00Z.
pub const READ_AT_NS: i64 = 1_795_478_400_000_000_000;

/// Builds the stages of a YAML list.
pub fn pipeline(yaml: &str, metrics: &Metrics) -> Result<Pipeline, StageError> {
    let configs: Vec<StageConfig> = runtime::parse_yaml(yaml, "stages").unwrap();
    let environment = StageEnvironment { metrics: metrics.clone() };
    Pipeline::new(&configs, &environment)
}

/// Runs lines through stages. Each entry that comes out is shown as `line`, then what differs from how it began:
/// `{labels}`, `@time` (RFC 3339), `[metadata]`, `tenant=…`, separated by ` | `.
pub fn run(yaml: &str, lines: &[&str]) -> Vec<String> {
    let mut pipeline = pipeline(yaml, &Metrics::default()).unwrap();
    let mut context = Context::new(Instant::now());
    let base: Arc<LabelSet> =
        Arc::new([("filename", "/logs/app.log"), ("job", "test")].into_iter().collect());
    let mut entry = Entry::default();
    let mut out = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        let origin = Origin { source: 1, start: index as u64 };
        entry.reset(&base, line, READ_AT_NS, origin);
        if pipeline.process(&mut entry, &mut context) == Verdict::Pass {
            out.push(show(&entry, &base));
        }
    }
    while pipeline.expire(Expiry::All, &mut entry, &mut context) {
        out.push(show(&entry, &base));
    }
    out
}

/// Why stages cannot be built.
pub fn problem(yaml: &str) -> String {
    pipeline(yaml, &Metrics::default()).err().map(|error| error.to_string()).unwrap_or_default()
}

/// A table of `line → expected`, each line through fresh stages.
pub fn table(yaml: &str, cases: &[(&str, &str)]) {
    for (line, expected) in cases {
        assert_eq!(run(yaml, &[line]), expected.lines().collect::<Vec<_>>(), "{line}");
    }
}

fn show(entry: &Entry, base: &LabelSet) -> String {
    let mut text = entry.line.replace('\n', "⏎");
    if entry.labels != *base {
        let _infallible = write!(text, " | {}", entry.labels);
    }
    if entry.timestamp_ns != READ_AT_NS {
        let time = jiff::Timestamp::from_nanosecond(i128::from(entry.timestamp_ns)).unwrap();
        let _infallible = write!(text, " | @{time}");
    }
    if !entry.metadata.is_empty() {
        let pairs: Vec<_> = entry.metadata.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let _infallible = write!(text, " | [{}]", pairs.join(" "));
    }
    if let Some(tenant) = &entry.tenant {
        let _infallible = write!(text, " | tenant={tenant}");
    }
    text
}
